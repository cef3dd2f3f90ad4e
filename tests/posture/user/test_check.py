"""Users' checks over clusters: which objects they match, what they say of them, and what is unknown."""

from __future__ import annotations

from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.testing import a_container, a_deployment, a_namespace, a_pod, a_secret, a_service_account, an_object
from tests.posture.user.given import examined, policy, read

LABELLED = policy("has(object.metadata.labels) && 'team' in object.metadata.labels")
PODS = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["pods"]}]


def objects(answer):
    return [str(one.object) for one in answer.found]


def test_violated_holds_and_nothing_to_look_at():
    answer = examined(LABELLED, a_deployment("bare"), a_deployment("good", labels={"team": "a"}))
    assert answer.outcome is Outcome.VIOLATED
    assert objects(answer) == ["Deployment shop/bare"]
    assert answer.looked_at == 2
    assert examined(LABELLED, a_deployment(labels={"team": "a"})).outcome is Outcome.HOLDS
    assert examined(LABELLED).outcome is Outcome.UNKNOWN


def test_a_missing_field_is_unknown_for_that_object_and_violated_wins():
    limited = policy("object.spec.replicas <= 3")
    unsaid = a_deployment("unsaid")
    del unsaid["spec"]["replicas"]
    answer = examined(limited, unsaid)
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.unseen[0].what == "Deployment shop/unsaid"
    assert answer.unseen[0].why == "the field replicas is not there"
    both = examined(limited, unsaid, a_deployment("many", replicas=9))
    assert both.outcome is Outcome.VIOLATED
    assert both.unseen


def test_a_list_that_was_not_seen_leaves_it_unknown():
    answer = examined(LABELLED, a_deployment(labels={"team": "a"}), gaps=(("deployments.apps", GapReason.FORBIDDEN),))
    assert answer.outcome is Outcome.UNKNOWN
    assert "deployments.apps were not all seen" in answer.unseen[0].why


def test_a_pod_is_its_controller_once():
    owner = an_object("apps/v1", "ReplicaSet", "web-5f", namespace="shop", owner=a_deployment("web"))
    pods = [a_pod(f"web-5f-{number}", owner=owner) for number in range(3)]
    rule = policy("object.spec.containers.all(c, c.image.startsWith('trusted/'))", rules=PODS)
    assert set(objects(examined(rule, a_deployment("web"), owner, *pods))) == {"Deployment shop/web"}


def test_messages_and_variables_say_the_particulars():
    found = read(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {
                "name": "images",
                "annotations": {"demarc.dev/duty": "supply.image-provenance", "demarc.dev/severity": "high"},
            },
            "spec": {
                "matchConstraints": {"resourceRules": PODS},
                "variables": [
                    {"name": "foreign", "expression": "object.spec.containers.filter(c, !c.image.startsWith('ours/'))"}
                ],
                "validations": [
                    {
                        "expression": "variables.foreign.size() == 0",
                        "messageExpression": "'from elsewhere: ' + variables.foreign.map(c, c.name).join(', ')",
                    }
                ],
            },
        }
    ).policies[0]
    pod = a_pod("p", containers=[a_container("a", "ours/x:1"), a_container("b", "else/y:1")])
    assert examined(found, pod).found[0].says == "Pod shop/p: from elsewhere: b"


def test_a_variable_that_is_not_known_says_why():
    rule = policy("variables.team == 'a'", variables=[{"name": "team", "expression": "object.metadata.labels.team"}])
    answer = examined(rule, a_deployment(labels={"x": "y"}))
    assert answer.unseen[0].why == "the variable team is not known: the field team is not there"


def test_selectors_conditions_names_and_exclusions_narrow_it():
    def hit(**more):
        given = policy("false", **more)
        return objects(examined(given, a_deployment("a", labels={"tier": "web"}), a_deployment("b"))) if given else []

    assert hit(constraints={"objectSelector": {"matchLabels": {"tier": "web"}}}) == ["Deployment shop/a"]
    assert hit(matchConditions=[{"name": "b", "expression": "object.metadata.name == 'b'"}]) == ["Deployment shop/b"]
    excluded = [{"apiGroups": ["apps"], "resources": ["deployments"], "operations": ["*"], "resourceNames": ["a"]}]
    assert hit(constraints={"excludeResourceRules": excluded}) == ["Deployment shop/b"]
    assert hit(constraints={"namespaceSelector": {"matchLabels": {"env": "prod"}}}) == []


def test_a_namespace_selector_needs_labels_of_the_namespace():
    given = policy("false", constraints={"namespaceSelector": {"matchLabels": {"env": "prod"}}})
    prod = a_namespace("shop", labels={"env": "prod"})
    assert objects(examined(given, prod, a_deployment("a"))) == ["Deployment shop/a"]
    answer = examined(given, a_deployment("a", "elsewhere"))
    assert answer.outcome is Outcome.UNKNOWN
    assert "labels of namespace elsewhere were not seen" in answer.unseen[0].why


def test_namespace_object_is_there_for_expressions():
    given = policy("namespaceObject.metadata.labels.team == 'a'")
    assert examined(given, a_namespace("shop", labels={"team": "a"}), a_deployment("x")).outcome is Outcome.HOLDS


def test_custom_kinds_and_other_groups_are_matched_by_their_resource():
    rules = [{"apiGroups": ["kafka.strimzi.io"], "apiVersions": ["*"], "operations": ["*"], "resources": ["kafkas"]}]
    given = policy("object.spec.tls", rules=rules)
    kafka = an_object("kafka.strimzi.io/v1", "Kafka", "k", namespace="shop", spec={"tls": False})
    answer = examined(given, kafka)
    assert objects(answer) == ["Kafka shop/k"]
    assert str(answer.found[0].scope) == "namespace:shop"


def test_identities_have_their_own_scope():
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["serviceaccounts"]}]
    given = policy("object.?automountServiceAccountToken.orValue(true) == false", rules=rules)
    answer = examined(given, a_service_account("bot"))
    assert str(answer.found[0].scope) == "identity:shop/ServiceAccount/bot"


def test_values_of_secrets_are_taken_out_before_an_expression_sees_them():
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["secrets"]}]
    given = policy("false", rules=rules)
    telling = read(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {
                "name": "tell",
                "annotations": {"demarc.dev/duty": "secret.storage", "demarc.dev/severity": "low"},
            },
            "spec": {
                "matchConstraints": {"resourceRules": rules},
                "validations": [{"expression": "false", "messageExpression": "string(object.data.password)"}],
            },
        }
    ).policies[0]
    secret = a_secret("db", values={"password": "correct-horse-battery"})
    for one in (given, telling):
        said = str(examined(one, secret))
        assert "correct-horse-battery" not in said
        assert "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5" not in said
