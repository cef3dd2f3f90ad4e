"""Everything in the example that names something names what is there, apart from what is broken on purpose."""

import csv
import json

import pytest

from tests.examples.story import EXAMPLE, answer, events, objects, of, place, places, template, truth

GONE_ACCOUNTS = {"delivery/jenkins"}
GONE_ROLES = {"customs/broker-support"}
GONE_SECRETS = {"quotes/quotes-tls", "customs/portal-tls", "cert-manager/internal-ca"}
GONE_BACKENDS = {"customs/portal"}
IDLE_SERVICES = {"default/kubernetes"}
GONE_CLOUD_ROLES = {"fjordkite-tracking-ingest"}
TRUSTED_BUT_GONE = {"booking/rate-sync-v1"}
ASSOCIATED_BUT_GONE = {"yard/optimizer"}
"""What is broken on purpose. The README of the examples tells why."""


def test_names_are_unique_within_a_kind():
    seen = [(item["apiVersion"], item["kind"], place(item)) for item in objects()]
    assert len(seen) == len(set(seen))


def test_uids_are_unique():
    uids = [item["metadata"]["uid"] for item in objects()]
    assert len(uids) == len(set(uids))


def test_namespaced_objects_lie_in_namespaces_that_are_there():
    used = {item["metadata"]["namespace"] for item in objects() if "namespace" in item["metadata"]}
    assert used <= places("Namespace")


def test_owners_are_there_with_the_uid_that_is_named():
    uids = {item["metadata"]["uid"] for item in objects()}
    for item in objects():
        for owner in item["metadata"].get("ownerReferences", ()):
            assert owner["uid"] in uids, place(item)


def test_every_object_says_who_wrote_it():
    for item in objects():
        assert item["metadata"]["managedFields"], place(item)


def test_workloads_use_accounts_that_are_there():
    for item in objects():
        spec = template(item)
        if spec:
            account = f"{item['metadata']['namespace']}/{spec.get('serviceAccountName', 'default')}"
            assert account in places("ServiceAccount"), place(item)


def test_pods_run_on_nodes_that_are_there_and_bear_the_addresses_of_their_pool():
    for pod in of("Pod"):
        assert pod["spec"]["nodeName"] in places("Node")


def secrets_named(item):
    spec = template(item) or {}
    for container in spec.get("containers", ()):
        for variable in container.get("env", ()):
            wanted = variable.get("valueFrom", {}).get("secretKeyRef")
            if wanted:
                yield wanted["name"], wanted["key"]
    for volume in spec.get("volumes", ()):
        if "secret" in volume:
            yield volume["secret"]["secretName"], None
    for login in spec.get("imagePullSecrets", ()):
        yield login["name"], None


def test_workloads_name_secrets_and_keys_that_are_there():
    held = {place(item): item["data"] for item in of("Secret")}
    for item in objects():
        for name, key in secrets_named(item):
            where = f"{item['metadata']['namespace']}/{name}"
            assert where in held, place(item)
            assert key is None or key in held[where]


def test_the_secrets_of_ingresses_and_issuers_are_there_but_for_the_listed():
    wanted = {
        f"{item['metadata']['namespace']}/{tls['secretName']}"
        for item in of("Ingress")
        for tls in item["spec"].get("tls", ())
    }
    wanted |= {f"cert-manager/{item['spec']['ca']['secretName']}" for item in of("ClusterIssuer")}
    assert wanted - places("Secret") == GONE_SECRETS


def test_the_backends_of_ingresses_and_webhooks_are_there_but_for_the_listed():
    wanted = {
        f"{item['metadata']['namespace']}/{path['backend']['service']['name']}"
        for item in of("Ingress")
        for rule in item["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for item in of(kind):
            for hook in item["webhooks"]:
                backend = hook["clientConfig"].get("service")
                if backend:
                    wanted.add(f"{backend['namespace']}/{backend['name']}")
    assert wanted - places("Service") == GONE_BACKENDS


def test_services_select_pods():
    pods = [(pod["metadata"]["namespace"], pod["metadata"]["labels"].items()) for pod in of("Pod")]
    idle = {
        place(item)
        for item in of("Service")
        if not any(
            space == item["metadata"]["namespace"] and item["spec"]["selector"].items() <= labels
            for space, labels in pods
        )
    }
    assert idle == IDLE_SERVICES


def test_bindings_point_at_roles_that_are_there_but_for_the_listed():
    gone = set()
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for item in of(kind):
            role = item["roleRef"]
            name = f"{item['metadata']['namespace']}/{role['name']}" if role["kind"] == "Role" else role["name"]
            if name not in places(role["kind"]):
                gone.add(name)
    assert gone == GONE_ROLES


def test_bindings_name_accounts_that_are_there_but_for_the_listed():
    named = {
        f"{subject['namespace']}/{subject['name']}"
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for item in of(kind)
        for subject in item["subjects"]
        if subject["kind"] == "ServiceAccount"
    }
    assert named - places("ServiceAccount") == GONE_ACCOUNTS


def roles():
    return {
        path.stem.removeprefix("iam-get-role-") for path in (EXAMPLE / "cloud").glob("iam-get-role-fjordkite-*.json")
    }


def test_accounts_name_cloud_roles_that_are_there_but_for_the_listed():
    named = {
        item["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].rpartition("/")[2]
        for item in of("ServiceAccount")
        if "eks.amazonaws.com/role-arn" in item["metadata"].get("annotations", {})
    }
    assert named - roles() == GONE_CLOUD_ROLES


def test_cloud_roles_trust_accounts_that_are_there_but_for_the_listed():
    trusted = set()
    for name in roles():
        for statement in answer(f"cloud/iam-get-role-{name}")["Role"]["AssumeRolePolicyDocument"]["Statement"]:
            for key, value in statement.get("Condition", {}).get("StringEquals", {}).items():
                if key.endswith(":sub"):
                    trusted.add(value.removeprefix("system:serviceaccount:").replace(":", "/"))
    assert trusted - places("ServiceAccount") == TRUSTED_BUT_GONE


def test_pod_identity_associations_name_accounts_that_are_there_but_for_the_listed():
    found = answer("cloud/eks-list-pod-identity-associations")["associations"]
    named = {f"{item['namespace']}/{item['serviceAccount']}" for item in found}
    assert named - places("ServiceAccount") == ASSOCIATED_BUT_GONE


@pytest.mark.parametrize(
    ("listing", "key", "prefix"),
    [
        ("eks-list-nodegroups", "nodegroups", "eks-describe-nodegroup-"),
        ("eks-list-addons", "addons", "eks-describe-addon-"),
        ("eks-list-fargate-profiles", "fargateProfileNames", "eks-describe-fargate-profile-"),
    ],
)
def test_what_the_cloud_lists_it_describes(listing, key, prefix):
    described = {path.stem.removeprefix(prefix) for path in (EXAMPLE / "cloud").glob(f"{prefix}*.json")}
    assert set(answer(f"cloud/{listing}")[key]) == described


def test_every_access_entry_that_is_listed_is_described():
    described = {
        json.loads(path.read_text())["accessEntry"]["principalArn"]
        for path in (EXAMPLE / "cloud").glob("eks-describe-access-entry-*.json")
    }
    assert set(answer("cloud/eks-list-access-entries")["accessEntries"]) == described


def test_the_directory_knows_every_member_of_the_register_and_who_has_left():
    users = {user["UserName"]: user["UserStatus"] for user in answer("directory/identitystore-list-users")["Users"]}
    rows = list(csv.DictReader((EXAMPLE / "register" / "memberships.csv").read_text().splitlines()))
    assert {f"{row['person']}@fjordkite.example" for row in rows} <= set(users)
    assert [name for name, status in users.items() if status == "DISABLED"] == ["piotr.zielinski@fjordkite.example"]


def test_the_register_loads_without_an_error_and_warns_of_what_is_wrong_on_purpose():
    from demarc.catalog.duties import duties, pairs
    from demarc.model.time import instant
    from demarc.register import load

    known = [getattr(duty, "id", duty) for duty in duties()]
    parts = {pair.component for pair in pairs()}
    loaded = load(EXAMPLE / "register", duties=known, parts=parts, now=instant("2026-11-18T14:30:00Z"))
    assert [str(problem) for problem in (*loaded.errors, *loaded.blanks)] == []
    assert len(loaded.warnings) == 2


def test_no_value_looks_like_a_live_credential():
    live = ("ghp_", "github_pat_", "xoxb-", "sk_live_", "sk-ant-", "PRIVATE KEY-----", "hooks.slack.com")
    for path in EXAMPLE.rglob("*"):
        if path.is_file() and path.suffix != ".gz":
            text = path.read_text()
            assert not [mark for mark in live if mark in text], path.name
    for secret in of("Secret"):
        assert secret["data"], place(secret)


def test_audit_events_have_the_fields_of_the_format_and_are_ordered_as_logged():
    required = {"kind", "apiVersion", "level", "auditID", "stage", "requestURI", "verb", "user", "sourceIPs"}
    assert all(required <= set(event) for event in events())
    times = [event["stageTimestamp"] for event in events()]
    assert times == sorted(times)
    assert 1_200 <= len(times) <= 3_000


def test_a_request_leaves_one_audit_id():
    stages: dict[str, list[str]] = {}
    for event in events():
        stages.setdefault(event["auditID"], []).append(event["stage"])
    assert all(
        found in (["ResponseComplete"], ["ResponseStarted"], ["ResponseStarted", "ResponseComplete"])
        for found in stages.values()
    )


def test_reasons_name_bindings_that_are_in_the_dump():
    bindings = {f'ClusterRoleBinding "{place(item)}"' for item in of("ClusterRoleBinding")}
    bindings |= {'RoleBinding "{}/{}"'.format(*reversed(place(item).split("/"))) for item in of("RoleBinding")}
    for event in events():
        reason = event.get("annotations", {}).get("authorization.k8s.io/reason", "")
        if reason:
            assert reason.removeprefix("RBAC: allowed by ").partition(" of ")[0] in bindings


def test_callers_are_accounts_nodes_and_people_that_are_known():
    uids = {
        f"system:serviceaccount:{place(item).replace('/', ':')}": item["metadata"]["uid"]
        for item in of("ServiceAccount")
    }
    for event in events():
        name = event["user"].get("username", "")
        if name.startswith("system:serviceaccount:"):
            assert event["user"]["uid"] == uids[name]


def test_pods_that_call_are_in_the_dump_with_their_uid():
    uids = {item["metadata"]["uid"] for item in of("Pod")}
    for event in events():
        for uid in event["user"].get("extra", {}).get("authentication.kubernetes.io/pod-uid", ()):
            assert uid in uids


def test_every_step_of_the_intrusion_that_was_logged_is_in_the_trail():
    logged = {event["auditID"] for event in events()}
    for step in truth()["steps"] + truth()["look_alikes"]:
        assert set(step["auditIDs"]) <= logged
        assert step["auditIDs"] or step.get("seen")


def test_nothing_else_came_from_the_intruders_addresses():
    told = {audit_id for step in truth()["steps"] for audit_id in step["auditIDs"]}
    theirs = {event["auditID"] for event in events() if set(event["sourceIPs"]) & set(truth()["addresses"])}
    assert len(theirs - told) == 1, "a list of nodes, which the steps leave out"


def test_tokens_that_the_intruder_minted_are_used_under_the_id_that_was_issued():
    issued = {
        event["annotations"]["authentication.kubernetes.io/issued-credential-id"]
        for event in events()
        if event.get("annotations", {}).get("authentication.kubernetes.io/issued-credential-id")
    }
    used = {
        credential
        for event in events()
        for credential in event["user"].get("extra", {}).get("authentication.kubernetes.io/credential-id", ())
        if "kube-system" not in event["user"]["username"]
    }
    assert used <= issued


def test_what_the_intruder_left_is_in_the_dump():
    for left in truth()["left_behind"]:
        kind, _, name = left.partition(" ")
        assert name in places(kind)


def test_secrets_that_must_be_rotated_are_in_the_dump():
    assert set(truth()["read_by_list"]) <= places("Secret")


def test_the_duties_of_the_steps_are_in_the_catalogue():
    from demarc.catalog.duties import duties

    known = {getattr(duty, "id", duty) for duty in duties()}
    assert {step["duty"] for step in truth()["steps"]} <= known
