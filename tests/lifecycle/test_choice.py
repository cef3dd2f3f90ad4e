"""Which way is chosen for which credential, from a snapshot to a plan."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from demarc.access import Authorizer
from demarc.lifecycle.cadence import longest_gap
from demarc.lifecycle.consumers import credentials
from demarc.lifecycle.credential import Credential
from demarc.lifecycle.plan import Blocked, Phase, Plan, read_plan, written
from demarc.lifecycle.power import power_of
from demarc.lifecycle.show import plan_lines
from demarc.lifecycle.wishes import Wish, Wishes, read_wishes
from demarc.model.errors import DemarcError
from demarc.model.evidence import Gap, GapReason
from demarc.testing import (
    Object,
    a_cluster_role_binding,
    a_config_map,
    a_container,
    a_custom_resource_definition,
    a_deployment,
    a_pod,
    a_secret,
    a_service_account,
    a_subject,
    a_workload,
    an_object,
)
from demarc.testing.controllers import CertificateController
from tests.lifecycle.ground import Ground
from tests.lifecycle.scenarios import ACCOUNT, SCENARIOS, TOKEN, _token_ground, consumer
from tests.nhi.given import a_snapshot

ARGO = {"argocd.argoproj.io/tracking-id": "shop:/Secret:shop/database"}


def plan(*objects: Object, wish: Wish | None = None, key: str = "shop/database", **more: Any) -> Plan:
    wishes = Wishes(credentials=(wish,) if wish else ())
    return Ground(objects).plan(key, wishes=wishes, **more)


def labelled(**labels: str) -> dict[str, str]:
    return {name.replace("__", "/").replace("_", "."): value for name, value in labels.items()}


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"annotations": ARGO}, "argo-cd"),
        ({"labels": {"argocd.argoproj.io/instance": "shop"}}, "argo-cd"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}}, "flux"),
        ({"annotations": {"meta.helm.sh/release-name": "shop"}}, "helm"),
        ({"annotations": {"sealedsecrets.bitnami.com/managed": "true"}}, "sealed-secrets"),
    ],
)
def test_what_a_repository_keeps_becomes_a_pull_request(more, kind):
    made = plan(a_secret(values={"password": "tr0ub4dor"}, **more), consumer())
    (change,) = made.changes
    assert made.rotations == ()
    assert kind in change.why
    assert "Deployment/shop/app" in change.content
    assert ("kubeseal" in change.content) is (kind == "sealed-secrets")
    assert ("sh.helm.release.v1.shop" in change.content) is (kind == "helm")
    assert "tr0ub4dor" not in written(made).decode()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"labels": {"app.kubernetes.io/managed-by": "hashicorp-vso"}}, "vault-secrets-operator"),
        ({"labels": {"secrets-store.csi.k8s.io/managed": "true"}}, "secrets-store-csi"),
        ({"annotations": {"replicator.v1.mittwald.de/replicate-from": "a/b"}}, "copier"),
        ({"owner": an_object("shop.example/v1", "Database", "db", namespace="shop")}, "operator"),
        ({}, "who issues this value"),
        ({"type": "kubernetes.io/tls", "values": {"tls.crt": "a", "tls.key": "b"}}, "who signs this certificate"),
        ({"values": {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}}, "IAM user"),
    ],
)
def test_without_a_safe_way_it_says_why_and_what_to_do(more, says):
    (blocked,) = plan(a_secret(**more)).blocked
    assert says in blocked.why
    assert blocked.todo


def test_an_authority_is_refused_with_who_trusts_it_and_what_is_not_in_sight():
    scenario = SCENARIOS["own-ca"]()
    ground = scenario.ground
    held = ground.value("ca", "tls.crt")
    bundle = base64.b64encode(held.encode()).decode()
    client = {"caBundle": bundle, "service": {"name": "web", "namespace": "shop"}}
    hook = an_object(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "policies",
        webhooks=[{"name": "p.example", "clientConfig": client}],
    )
    secret = a_secret("ca", type="kubernetes.io/tls", values={"tls.crt": held, "tls.key": "k"})
    leaf = a_secret("web", type="kubernetes.io/tls", values={"tls.crt": ground.value("web", "tls.crt"), "tls.key": "k"})

    def blocked_of(key: str, *objects: Object) -> Blocked:
        # Of a dump: from a live cluster nothing but metadata of Secrets comes, and the run finds it out.
        chosen = [one for one in credentials(a_snapshot(*objects)) if one.key == key]
        (found,) = ground.plan_for(chosen).blocked
        return found

    bundle_map = a_config_map("trust", data={"ca.pem": f"# ours\n{held}"})
    mounted = a_secret("client", values={"ca.crt": held, "token": "t"})
    blocked = blocked_of("shop/ca", secret, leaf, hook, bundle_map, mounted)
    assert "ConfigMap shop/trust" in blocked.why
    assert "Secret shop/client" in blocked.why
    assert "shop/web" in blocked.why
    assert "ValidatingWebhookConfiguration policies" in blocked.why
    assert "Not in sight: copies of its certificate in images" in blocked.why
    assert blocked.todo.index("beside the old one") < blocked.todo.index("sign shop/web anew")
    assert "no caBundle, ConfigMap or Secret that trusts it" in blocked_of("shop/ca", secret).why
    assert "certificate authority" not in blocked_of("shop/web", leaf, hook).why


def test_a_strategy_that_would_fight_an_operator_is_refused():
    secret = a_secret(labels={"reconcile.external-secrets.io/managed": "true"})
    wish = Wish(secret="shop/database", strategy="generated")
    (blocked,) = plan(secret, wish=wish).blocked
    assert "generated would write what external-secrets keeps" in blocked.why


@pytest.mark.parametrize(
    ("strategy", "settings", "says"),
    [
        ("postgresql", {}, "needs the settings host, database, roles, admin_secret"),
        ("magic", {}, "no strategy 'magic'"),
        ("generated", {"bytes": "4"}, "too short"),
        ("aws-access-key", {"user": "u"}, "no AWS access key"),
    ],
)
def test_settings_that_do_not_fit_are_told(strategy, settings, says):
    wish = Wish(secret="shop/database", strategy=strategy, settings=settings)
    (blocked,) = plan(a_secret(), wish=wish).blocked
    assert says in blocked.why


def mounted(account: str = "robot", **mount: Any) -> Object:
    container = a_container(volumeMounts=[{"name": "t", "mountPath": "/t", **mount}])
    spec = {"volumes": [{"name": "t", "secret": {"secretName": "robot-token"}}]}
    return a_deployment("app", containers=[container], service_account=account, pod_spec=spec)


@pytest.mark.parametrize(
    ("consumers", "labels", "strategy"),
    [
        ([mounted()], {}, "projected-token"),
        ([mounted(account="other"), a_service_account("other")], {}, "bound-token"),
        ([mounted(subPath="token")], {}, "bound-token"),
        ([], {}, "retire"),
        ([], {"kubernetes.io/legacy-token-last-used": "2025-06-01"}, "retire"),
        ([], {"kubernetes.io/legacy-token-last-used": "2026-02-28"}, "bound-token"),
        (
            [],
            {
                "kubernetes.io/legacy-token-last-used": "2026-02-28",
                "kubernetes.io/legacy-token-invalid-since": "2026-03-01",
            },
            "retire",
        ),
    ],
)
def test_the_way_of_a_legacy_token(consumers, labels, strategy):
    ground, _ = _token_ground(*consumers)
    resource = ground.cluster.store.resource("Secret")
    patch = {"metadata": {"labels": labels}}
    ground.cluster.verbs.patch(
        resource, "shop", "robot-token", content_type="application/merge-patch+json", patch=patch
    )
    (rotation,) = ground.plan("shop/robot-token").rotations
    assert rotation.strategy == strategy
    assert (rotation.by_hand == ("External/unknown",)) is (strategy == "bound-token" and not consumers)


def test_a_token_whose_uses_nobody_notes_is_never_called_unused():
    secret = a_secret("robot-token", values={}, type=TOKEN, annotations=ACCOUNT)
    (rotation,) = Ground([a_service_account("robot"), secret]).plan("shop/robot-token").rotations
    assert rotation.strategy == "bound-token"


def test_a_mounted_token_of_a_workload_that_a_repository_keeps_is_changed_there():
    ground, _ = _token_ground({**mounted(), "metadata": {**mounted()["metadata"], "annotations": ARGO}})
    (blocked,) = ground.plan("shop/robot-token").blocked
    assert "kept by argo-cd" in blocked.why


def test_consumers_are_found_wherever_they_refer_from():
    tls = {"tls": [{"secretName": "database"}]}
    pod = {"volumes": [{"name": "p", "projected": {"sources": [{"secret": {"name": "database"}}]}}]}
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}}]
    cron = {"containers": [a_container(env=env)]}
    spec = {"schedule": "0 3 * * 0", "jobTemplate": {"spec": {"template": {"spec": cron}}}}
    objects = [
        consumer(replicas=0),
        a_workload("StatefulSet", "set", pod_spec=pod),
        an_object("batch/v1", "CronJob", "weekly", namespace="shop", spec=spec),
        a_pod("bare", pod_spec={"imagePullSecrets": [{"name": "database"}]}),
        a_service_account("default", imagePullSecrets=[{"name": "database"}]),
        an_object("networking.k8s.io/v1", "Ingress", "web", namespace="shop", spec=tls),
        a_secret(),
    ]
    found = {one.key: one for one in _only(Ground(objects)).consumers}
    assert {key: one.uses for key, one in found.items()} == {
        "CronJob/shop/weekly": ("env",),
        "Deployment/shop/app": ("accountPull", "envFrom"),
        "Ingress/shop/web": ("tls",),
        "Pod/shop/bare": ("imagePullSecrets",),
        "ServiceAccount/shop/default": ("imagePullSecrets",),
        "StatefulSet/shop/set": ("accountPull", "projected"),
    }
    assert (found["Deployment/shop/app"].replicas, found["CronJob/shop/weekly"].every) == (0, 7 * 86400)


def test_what_a_custom_kind_makes_is_counted_and_is_for_a_person():
    rollout = an_object("argoproj.io/v1alpha1", "Rollout", "app", namespace="shop")
    container = a_container(envFrom=[{"secretRef": {"name": "database"}}])
    made = a_workload("ReplicaSet", "app-1", containers=[container], owner=rollout)
    wish = Wish(secret="shop/database", strategy="generated")
    (rotation,) = plan(made, a_secret(), wish=wish).rotations
    assert rotation.by_hand == ("ReplicaSet/shop/app-1",)


def test_a_custom_resource_that_names_it_is_for_a_person():
    spec = {"auth": {"passwordSecretRef": {"name": "database", "key": "password"}}}
    queue = an_object("mq.example/v1", "Queue", "orders", namespace="shop", spec=spec)
    wish = Wish(secret="shop/database", strategy="generated")
    (rotation,) = plan(queue, a_secret(), wish=wish).rotations
    assert rotation.by_hand == ("Queue/shop/orders",)
    elsewhere = an_object("mq.example/v1", "Queue", "orders", namespace="other", spec=spec)
    assert plan(elsewhere, a_secret(), wish=wish).rotations[0].by_hand == ()


def test_a_product_that_nobody_knows_is_a_consumer_by_what_its_schema_says():
    login = {"type": "string", "description": "Name of the Secret with the login, in any namespace."}
    fields = {"login": login, "loginNamespace": {"type": "string"}, "note": {"type": "string"}}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    kind = a_custom_resource_definition("mq.example", "queues", "Queue")
    kind["spec"]["versions"][0]["schema"] = {"openAPIV3Schema": schema}
    spec = {"login": "database", "loginNamespace": "shop"}
    queue = an_object("mq.example/v1", "Queue", "orders", namespace="mq", spec=spec)
    wish = Wish(secret="shop/database", strategy="generated")
    made = plan(kind, queue, a_secret(), wish=wish)
    assert made.rotations[0].by_hand == ("Queue/mq/orders",)
    assert "Queue/mq/orders (spec.login, as its schema says)" in "\n".join(plan_lines(made))
    assert not any("schemas" in says for says in made.unseen)
    blind = plan(queue, a_secret(), wish=wish)
    assert blind.rotations[0].by_hand == ()
    assert any("the schemas of Queue.mq.example" in says for says in blind.unseen)


def test_workloads_that_follow_their_account_come_after_it():
    config = {".dockerconfigjson": '{"auths": {"registry.example": {}}}'}
    objects = [
        a_deployment("plain", replicas=1),
        a_deployment("own", replicas=5, pod_spec={"imagePullSecrets": [{"name": "database"}]}),
        a_deployment("elsewhere", pod_spec={"imagePullSecrets": [{"name": "other"}]}),
        a_service_account("default", imagePullSecrets=[{"name": "database"}]),
        a_secret(values=config, type="kubernetes.io/dockerconfigjson"),
    ]
    wish = Wish(secret="shop/database", strategy="command", settings={"command": "x"})
    (rotation,) = plan(*objects, wish=wish).rotations
    rolls = [step.consumer for step in rotation.steps if step.phase is Phase.ROLL]
    assert rolls == ["Deployment/shop/own", "ServiceAccount/shop/default", "Deployment/shop/plain"]
    assert "Deployment/shop/plain" not in rotation.follow_up[0]


def _only(ground: Ground) -> Credential:
    return next(one for one in credentials(ground.snapshot()) if one.key == "shop/database")


def test_what_cannot_be_changed_is_for_a_person_and_the_quiet_window_covers_every_schedule():
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}}]
    cron = {"containers": [a_container(env=env)]}
    spec = {"schedule": "0 3 1 * *", "jobTemplate": {"spec": {"template": {"spec": cron}}}}
    bare = a_pod("bare", containers=[a_container(env=env)])
    objects = [an_object("batch/v1", "CronJob", "monthly", namespace="shop", spec=spec), bare, consumer(), a_secret()]
    wish = Wish(secret="shop/database", strategy="generated", quiet="1h")
    (rotation,) = plan(*objects, wish=wish).rotations
    assert rotation.by_hand == ("Pod/shop/bare",)
    assert rotation.quiet >= 31 * 86400
    rolls = [step.consumer for step in rotation.steps if step.phase is Phase.ROLL]
    assert rolls == ["Deployment/shop/app", "CronJob/shop/monthly", "Pod/shop/bare"]


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ("*/5 * * * *", 1),
        ("0 * * * *", 1),
        ("30 2 * * *", 24),
        ("0 0 * * 1", 168),
        ("0 0 1 * *", 31 * 24),
        ("0 0 1 1 *", 366 * 24),
        ("@daily", 24),
        ("TZ=UTC @weekly", 168),
        ("nonsense", 31 * 24),
    ],
)
def test_how_long_a_schedule_can_be_silent(schedule, hours):
    assert longest_gap(schedule) == hours * 3600


def test_the_same_value_elsewhere_is_named():
    objects = [a_secret(values={"password": "shared-value"}), a_secret("copy", values={"other": "shared-value"})]
    wish = Wish(secret="shop/database", strategy="generated")
    (rotation,) = plan(*objects, wish=wish).rotations
    # A live collection never sees values, so it cannot tell; a dump does.
    assert rotation.credential.copies in ((), ("shop/copy",))


def test_what_could_not_be_seen_is_part_of_the_plan():
    gaps = (Gap(what="cronjobs.batch", reason=GapReason.FORBIDDEN), Gap(what="nodes", reason=GapReason.FORBIDDEN))
    made = plan(a_secret(), wish=Wish(secret="shop/database", strategy="generated"), gaps=gaps)
    assert made.unseen[0] == "cronjobs.batch could not be seen (forbidden): a consumer may be missing"
    assert not any("nodes" in says for says in made.unseen)


def test_a_powerful_token_needs_two_people():
    admin = a_cluster_role_binding(subjects=[a_subject("ServiceAccount", "robot", "shop")])
    role = an_object(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        "cluster-admin",
        rules=[{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
    )
    ground, _ = _token_ground(admin, role)
    snapshot = ground.snapshot()
    token = next(one for one in credentials(snapshot) if one.name == "robot-token")
    power = power_of(token, Authorizer(snapshot))
    assert "may read every Secret of the cluster" in power
    (rotation,) = ground.plan("shop/robot-token", power=power).rotations
    assert (rotation.approvals, rotation.high_power) == (2, True)


def test_a_plan_reads_as_it_was_written(tmp_path):
    certificate = an_object(
        "cert-manager.io/v1", "Certificate", "web", namespace="shop", spec={"secretName": "web", "commonName": "w"}
    )
    ground = Ground([consumer(), a_secret(), certificate], controllers=[CertificateController()])
    made = ground.plan(
        "shop/database", "shop/web", wishes=Wishes(credentials=(Wish(secret="shop/database", strategy="generated"),))
    )
    path = tmp_path / "plan.yaml"
    path.write_bytes(written(made))
    assert read_plan(path).plan == made
    assert made.digest in path.read_text()


@pytest.mark.parametrize(
    "text",
    ["credentials: 3", "other: x", "credentials: [{strategy: x}]", "a: [", "credentials: [{secret: a/b, typo: 1}]"],
)
def test_a_file_of_settings_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    with pytest.raises(DemarcError):
        read_wishes(path)
