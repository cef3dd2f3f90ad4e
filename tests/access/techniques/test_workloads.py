"""Techniques that change or enter what runs, or what it relies on."""

from __future__ import annotations

import pytest

from demarc.model.evidence import GapReason
from demarc.testing import a_config_map, a_deployment, a_namespace, a_node, a_secret, an_object
from tests.access.given import group
from tests.access.techniques.support import (
    ADMISSION,
    BASE,
    GRANT,
    LOCAL,
    POD,
    Case,
    Object,
    box,
    can,
    check,
    hops_of,
    may,
    privileged,
    runs,
)

KUBEADM = (*(item for item in BASE if item["kind"] != "Node"), a_node("n1"))
EVERY_POD = [{"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "scope": "*"}]


def a_webhook(kind: str = "ValidatingWebhookConfiguration", name: str = "guard", **more) -> Object:
    one = {"name": f"{name}.example", "clientConfig": {"url": "https://guard.example"}, "rules": EVERY_POD, **more}
    return an_object(ADMISSION, kind, name, webhooks=[one])


def a_policy(actions=("Deny",), resources=EVERY_POD) -> tuple[Object, ...]:
    spec = {"matchConstraints": {"resourceRules": resources}, "validations": [{"expression": "true"}]}
    binding = {"policyName": "p", "validationActions": list(actions)}
    return (
        an_object(ADMISSION, "ValidatingAdmissionPolicy", "p", spec=spec),
        an_object(ADMISSION, "ValidatingAdmissionPolicyBinding", "p", spec=binding),
    )


CREATE = may(can("create", "pods"), namespace="shop")
OVER = {"phase": "Succeeded"}
CREATE_CLOSED = may(can("create", "pods"), namespace="closed")
CLOSED = "grant RoleBinding closed/given"
SERVICE = an_object("v1", "Service", "api", namespace="shop", spec={"selector": {"app": "app"}})
LOADED = box(envFrom=[{"configMapRef": {"name": "settings"}}])

CASES = (
    Case("POD_CREATE", CREATE, f"{LOCAL} -> identity ServiceAccount shop/*"),
    Case("POD_CREATE", CREATE, f"{LOCAL} -> secret shop/*"),
    Case("POD_CREATE", CREATE, f"{LOCAL} -> node *"),
    Case("POD_CREATE", CREATE_CLOSED, f"{CLOSED} -> identity ServiceAccount closed/*", absent=f"{CLOSED} -> node *"),
    Case("POD_CREATE", CREATE_CLOSED, f"{CLOSED} -> node *", unknown="exempts", base=KUBEADM),
    Case("POD_CREATE", CREATE, f"{LOCAL} -> node *", unknown="own default", base=KUBEADM),
    Case("POD_CREATE", may(can("get", "pods")), absent=f"{GRANT} -> identity ServiceAccount */*"),
    Case("POD_CREATE", (*CREATE, a_webhook()), f"{LOCAL} -> node *", unknown="webhook guard.example may stop it"),
    Case(
        "POD_CREATE",
        (*CREATE, a_webhook(objectSelector={"matchLabels": {"check": "yes"}})),
        f"{LOCAL} -> identity ServiceAccount shop/*",
    ),
    Case(
        "POD_CREATE",
        (*CREATE, a_webhook(namespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": "closed"}})),
        f"{LOCAL} -> identity ServiceAccount shop/*",
    ),
    Case("POD_CREATE", (*CREATE, a_webhook("MutatingWebhookConfiguration")), f"{LOCAL} -> secret shop/*"),
    Case("POD_CREATE", (*CREATE, *a_policy()), f"{LOCAL} -> secret shop/*", unknown="ValidatingAdmissionPolicy p"),
    Case("POD_CREATE", (*CREATE, *a_policy(("Audit",))), f"{LOCAL} -> secret shop/*"),
    Case(
        "WORKLOAD_CREATE",
        may(can("create", "cronjobs", "batch"), namespace="shop"),
        f"{LOCAL} -> identity ServiceAccount shop/*",
    ),
    Case("WORKLOAD_CREATE", may(can("create", "cronjobs", "apps"), namespace="shop")),
    Case("WORKLOAD_CREATE", may(can("create", "jobs", "batch"), namespace="closed"), absent=f"{CLOSED} -> node *"),
    Case(
        "WORKLOAD_CREATE",
        (*may(can("create", "jobs", "batch"), namespace="shop"), *a_policy()),
        f"{LOCAL} -> identity ServiceAccount shop/*",
        unknown="may stop it",
    ),
    Case(
        "WORKLOAD_PATCH",
        (*may(can("patch", "deployments", "apps", "api"), namespace="shop"), a_deployment("api")),
        f"{LOCAL} -> identity ServiceAccount shop/*",
    ),
    Case("WORKLOAD_PATCH", (*may(can("patch", "deployments", "apps", "api"), namespace="shop"), a_deployment("other"))),
    Case("WORKLOAD_PATCH", may(can("patch", "deployments", "apps"))),
    Case("IMAGE_REPLACE", (*may(can("patch", "pods")), runs()), f"{GRANT} -> workload */*"),
    Case("IMAGE_REPLACE", (*may(can("patch", "pods", "", "app"), namespace="shop"), runs()), f"{LOCAL} -> {POD}"),
    Case("IMAGE_REPLACE", may(can("patch", "pods"))),
    Case("IMAGE_REPLACE", (*may(can("patch", "pods/status")), runs())),
    Case(
        "POD_EXEC",
        (*may(can("create", "pods/exec"), can("get", "pods"), namespace="shop"), runs()),
        f"{LOCAL} -> workload shop/*",
    ),
    Case(
        "POD_EXEC",
        (*may(can("get", "pods/exec"), can("list", "pods"), namespace="shop"), runs()),
        f"{LOCAL} -> workload shop/*",
    ),
    Case(
        "POD_EXEC",
        (*may(can("create", "pods/exec"), namespace="shop"), runs()),
        f"{LOCAL} -> workload shop/*",
        unknown="names of pods",
    ),
    Case("POD_EXEC", (*may(can("create", "pods/attach,pods"), namespace="shop"), runs())),
    Case("POD_EXEC", may(can("create", "pods/exec"), can("get", "pods"), namespace="closed")),
    Case(
        "POD_ATTACH",
        (*may(can("create", "pods/attach")), runs(containers=[box(stdin=True)])),
        f"{GRANT} -> {POD}",
    ),
    Case("POD_ATTACH", (*may(can("create", "pods/attach")), runs())),
    Case("POD_ATTACH", (*may(can("create", "pods/attach")), runs(containers=[box(stdin=True)], status=OVER))),
    Case("POD_ATTACH", (*may(can("create", "pods/portforward")), runs()), f"{GRANT} -> workload */*", unknown="ports"),
    Case("DEBUG_CONTAINER", (*may(can("patch", "pods/ephemeralcontainers")), runs()), f"{GRANT} -> node n1"),
    Case(
        "DEBUG_CONTAINER",
        (*may(can("patch", "pods/ephemeralcontainers"), namespace="closed"), runs(namespace="closed")),
        f"{CLOSED} -> workload closed/*",
        absent=f"{CLOSED} -> node n1",
    ),
    Case("DEBUG_CONTAINER", (*may(can("patch", "pods")), runs())),
    Case("KUBELET_PROXY", may(can("get", "nodes/proxy")), f"{GRANT} -> workload */*"),
    Case("KUBELET_PROXY", may(can("get", "nodes/proxy", "", "n1")), f"{GRANT} -> workload */* on n1"),
    Case("KUBELET_PROXY", may(can("get", "nodes"))),
    Case("KUBELET_PROXY", may(can("get", "nodes/proxy"), namespace="shop")),
    Case("DRAIN_STEAL", (*may(can("delete", "pods"), can("patch", "nodes")), runs()), f"{GRANT} -> workload */*"),
    Case("DRAIN_STEAL", (*may(can("delete", "pods")), runs())),
    Case("PV_HOSTPATH", may(can("create", "persistentvolumes,pods")), f"{GRANT} -> node *"),
    Case("PV_HOSTPATH", may(can("create", "persistentvolumes"))),
    Case("PV_HOSTPATH", may(can("create", "persistentvolumes,pods"), namespace="shop")),
    Case(
        "PV_HOSTPATH",
        (*may(can("create", "persistentvolumes,pods")), *a_policy(resources=[{**EVERY_POD[0], "resources": ["*"]}])),
        f"{GRANT} -> node *",
        unknown="may stop it",
    ),
    Case("PSA_DOWNGRADE", may(can("patch", "namespaces"), can("create", "pods")), f"{GRANT} -> node *"),
    Case("PSA_DOWNGRADE", may(can("patch", "namespaces", "", "shop"), can("create", "pods"))),
    Case(
        "PSA_DOWNGRADE",
        may(can("patch", "namespaces"), can("create", "pods"), namespace="closed"),
        f"{CLOSED} -> node *",
    ),
    Case("PSA_DOWNGRADE", may(can("patch", "namespaces"), can("create", "pods"), namespace="shop")),
    Case("SERVICE_HIJACK", (*may(can("patch", "services")), SERVICE), f"{GRANT} -> endpoint traffic for */*"),
    Case(
        "SERVICE_HIJACK",
        (*may(can("patch", "services", "", "api"), namespace="shop"), SERVICE),
        f"{LOCAL} -> endpoint traffic for shop/api",
    ),
    Case("SERVICE_HIJACK", may(can("patch", "services"))),
    Case("SERVICE_HIJACK", (*may(can("get", "services")), SERVICE)),
    Case(
        "DNS_TAMPER",
        (
            *may(can("update", "configmaps", "", "coredns"), namespace="kube-system"),
            a_config_map("coredns", "kube-system"),
        ),
        "grant RoleBinding kube-system/given -> endpoint names that pods look up",
    ),
    Case("DNS_TAMPER", (*may(can("update", "configmaps")), a_config_map("coredns", "shop"))),
    Case(
        "DNS_TAMPER",
        may(can("update", "configmaps")),
        f"{GRANT} -> endpoint names that pods look up",
        unknown="whether ConfigMap",
        gaps=(("configmaps", GapReason.FORBIDDEN),),
    ),
    Case(
        "CONFIG_TAMPER",
        (*may(can("patch", "configmaps", "", "settings")), a_config_map()),
        f"{GRANT} -> config shop/settings",
    ),
    Case(
        "CONFIG_TAMPER",
        (a_config_map(), runs(containers=[LOADED])),
        f"config shop/settings -> {POD}",
        unknown="cannot be seen",
    ),
    Case("CONFIG_TAMPER", (*may(can("get", "configmaps")), a_config_map(), runs())),
)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.technique}-{number}" for number, case in enumerate(CASES)])
def test_technique(case):
    check(case)


def test_driving_pods_away_needs_a_node():
    hops = hops_of(*may(can("delete", "pods"), can("patch", "nodes")), runs())
    (steal,) = [hop for hop in hops if hop.technique == "DRAIN_STEAL"]
    assert [str(need) for need in steal.needs] == ["node at least one node"]
    assert any(str(hop.source) == "node n1" and hop.target == steal.needs[0] for hop in hops)


def test_one_namespace_without_a_guard_is_enough_for_certainty_and_the_others_are_told_apart():
    guard = a_webhook(namespaceSelector={"matchLabels": {"guarded": "yes"}})
    hops = hops_of(*may(can("create", "pods")), guard, a_namespace("watched", labels={"guarded": "yes"}))
    found = {
        str(hop.target): hop.unknown
        for hop in hops
        if hop.technique == "POD_CREATE" and hop.source.name.endswith("given")
    }
    assert found["node *"] == ""
    assert found["identity ServiceAccount shop/*"] == ""
    assert "may stop it" in found["identity ServiceAccount watched/*"]
    assert "identity ServiceAccount */*" not in found


def test_grants_to_many_stay_linear():
    people = [may(can("create", "pods,secrets"), who=group(f"g{number}"), name=f"r{number}") for number in range(30)]
    secrets = [a_secret(f"s{number}") for number in range(200)]
    hops = hops_of(*(item for one in people for item in one), *secrets)
    assert len(hops) < 200 + 30 * 12 + 200


def test_a_privileged_workload_with_no_pods_lets_nobody_out():
    assert not [hop for hop in hops_of(a_deployment("api", containers=[privileged()])) if hop.technique == "PRIV_MOUNT"]
