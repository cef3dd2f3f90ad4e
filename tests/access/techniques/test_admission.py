"""Techniques through admission control, through controllers that act for others, and over the network."""

from __future__ import annotations

import pytest
from msgspec import structs

from demarc.access.techniques import View, access_graph
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.inventory.build import build
from demarc.model.evidence import GapReason
from demarc.model.inventory import DirectoryEntry
from demarc.testing import a_config_map, a_custom_resource_definition, a_namespace, an_object
from tests.access.given import a_snapshot, user
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
    runs,
    with_volume,
)

WEBHOOKS = "mutatingwebhookconfigurations"
GROUP = "admissionregistration.k8s.io"
ESO = "external-secrets.io"
LABELS = {"app": "app"}


def a_service(name: str = "app", kind: str = "ClusterIP", **more) -> Object:
    spec = {
        "type": kind,
        "selector": LABELS,
        "ports": [{"port": 443, "targetPort": 8443}],
        **(more.pop("spec", None) or {}),
    }
    return an_object("v1", "Service", name, namespace="shop", spec=spec, **more)


def a_balancer(**more) -> Object:
    return a_service(kind="LoadBalancer", status={"loadBalancer": {"ingress": [{"hostname": "lb.example"}]}}, **more)


def a_hook(resources: list[str], groups=("",)) -> Object:
    rule = {"operations": ["CREATE"], "apiGroups": list(groups), "apiVersions": ["*"], "resources": resources}
    one = {"name": "h.example", "clientConfig": {"service": {"name": "app", "namespace": "shop"}}, "rules": [rule]}
    return an_object(f"{GROUP}/v1", "MutatingWebhookConfiguration", "hook", webhooks=[one])


def a_store(**spec) -> Object:
    return an_object(f"{ESO}/v1", "ClusterSecretStore", "vault", spec=spec)


def a_policy(name: str = "deny", namespace: str = "shop", **spec) -> Object:
    return an_object(
        "networking.k8s.io/v1", "NetworkPolicy", name, namespace=namespace, spec={"podSelector": {}, **spec}
    )


APP = runs(labels=LABELS, containers=[box(ports=[{"containerPort": 8443}])])
OTHER = runs("other", "closed", labels={"app": "other"})
CALICO = runs("calico", "kube-system", image="docker.io/calico/node:v3.29.0")
DENY_IN = a_policy(policyTypes=["Ingress"])
POLICY = an_object(ADMISSION, "ValidatingAdmissionPolicyBinding", "p", spec={"policyName": "p"})
WORKFLOWS = runs("controller", "kube-system", image="quay.io/argoproj/workflow-controller:v3.6.0")
PROJECTED = {"projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}
HOOK = "webhook MutatingWebhookConfiguration/hook"
HUB = "endpoint pods that no NetworkPolicy closes"

CASES = (
    Case("WEBHOOK_EDIT", may(can("patch", WEBHOOKS, GROUP)), f"{GRANT} -> identity ServiceAccount */*"),
    Case("WEBHOOK_EDIT", may(can("create", "validatingwebhookconfigurations", GROUP)), f"{GRANT} -> secret */*"),
    Case("WEBHOOK_EDIT", may(can("patch", WEBHOOKS, GROUP, "gone"))),
    Case("WEBHOOK_EDIT", may(can("patch", WEBHOOKS, GROUP), namespace="shop")),
    Case("WEBHOOK_BACKEND", (APP, a_service(), a_hook(["pods"])), f"{POD} -> {HOOK}"),
    Case("WEBHOOK_BACKEND", (APP, a_service(), a_hook(["pods"])), f"{HOOK} -> identity ServiceAccount */*"),
    Case("WEBHOOK_BACKEND", (APP, a_service(), a_hook(["services"])), absent=f"{HOOK} -> identity ServiceAccount */*"),
    Case("WEBHOOK_BACKEND", (APP, a_hook(["pods"]))),
    Case(
        "POLICY_EXEMPT",
        (*may(can("delete", "validatingadmissionpolicybindings", GROUP)), POLICY),
        f"{GRANT} -> webhook ValidatingAdmissionPolicyBinding/p",
    ),
    Case("POLICY_EXEMPT", may(can("delete", "validatingadmissionpolicybindings", GROUP))),
    Case(
        "POLICY_EXEMPT",
        (
            *may(can("create", "policyexceptions", "kyverno.io")),
            a_custom_resource_definition("kyverno.io", "policyexceptions", "PolicyException"),
        ),
        f"{GRANT} -> webhook policies of kyverno.io",
    ),
    Case(
        "OPERATOR_DEPUTY",
        (*may(can("create", "workflows", "argoproj.io"), namespace="shop"), WORKFLOWS),
        f"{LOCAL} -> identity ServiceAccount shop/*",
    ),
    Case("OPERATOR_DEPUTY", may(can("create", "workflows", "argoproj.io"))),
    Case(
        "OPERATOR_DEPUTY",
        (
            *may(can("create", "clusters", "postgresql.cnpg.io")),
            runs("cnpg", "kube-system", image="ghcr.io/cloudnative-pg/cloudnative-pg:1.27"),
        ),
        f"{GRANT} -> identity ServiceAccount kube-system/default",
        unknown="how far the operator",
    ),
    Case(
        "EXTERNAL_SECRET_PULL",
        (*may(can("create", "externalsecrets", ESO), can("get", "secrets"), namespace="shop"), a_store()),
        f"{LOCAL} -> outside items of ClusterSecretStore vault",
    ),
    Case(
        "EXTERNAL_SECRET_PULL",
        (
            *may(can("create", "externalsecrets", ESO), can("get", "secrets"), namespace="shop"),
            a_store(conditions=[{"namespaces": ["closed"]}]),
        ),
    ),
    Case("EXTERNAL_SECRET_PULL", (*may(can("create", "externalsecrets", ESO)), a_store())),
    Case(
        "CERT_ISSUE",
        (
            *may(can("create", "certificates", "cert-manager.io")),
            an_object("cert-manager.io/v1", "ClusterIssuer", "ca", spec={}),
        ),
        f"{GRANT} -> credential certificates of ClusterIssuer ca",
        unknown="as proof",
    ),
    Case("CERT_ISSUE", may(can("create", "certificates", "cert-manager.io"))),
    Case(
        "APISERVICE_TAKEOVER",
        may(can("patch", "apiservices", "apiregistration.k8s.io")),
        f"{GRANT} -> endpoint requests for any API group",
    ),
    Case("APISERVICE_TAKEOVER", may(can("get", "apiservices", "apiregistration.k8s.io"))),
    # Network.
    Case("EXPOSED", (APP, a_balancer()), f"endpoint shop/Service/app -> {POD}"),
    Case("EXPOSED", (APP, a_balancer()), "outside internet -> endpoint shop/Service/app"),
    Case("EXPOSED", (APP, a_service())),
    Case(
        "EXPOSED",
        (APP, a_balancer(annotations={"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"})),
    ),
    Case("EXPOSED", (APP, a_balancer(spec={"loadBalancerSourceRanges": ["192.0.2.0/24"]}))),
    Case(
        "EXPOSED", (APP, a_service(kind="NodePort")), "outside internet -> endpoint shop/Service/app", unknown="nodes"
    ),
    Case("EXPOSED", (runs(labels={"app": "x"}), a_balancer())),
    Case(
        "EXPOSED",
        (APP, a_balancer(), CALICO, DENY_IN),
        f"endpoint shop/Service/app -> {POD}",
        unknown="NetworkPolicy denies it but",
    ),
    Case("REACHES", (APP, OTHER), f"{HUB} -> {POD}"),
    Case("REACHES", (APP, OTHER, CALICO, DENY_IN), absent=f"{HUB} -> {POD}"),
    Case(
        "REACHES",
        (APP, OTHER, DENY_IN),
        "workload closed/Pod/other -> endpoint closed pods, past NetworkPolicies that nothing enforces",
        unknown="nothing that enforces",
    ),
    Case(
        "REACHES",
        (APP,),
        f"{POD} -> {HUB}",
        unknown="not all seen",
        gaps=(("networkpolicies.networking.k8s.io", GapReason.FORBIDDEN),),
    ),
    Case(
        "MGMT_UI",
        (
            {**with_volume(PROJECTED), "metadata": {"name": "argocd-server", "namespace": "shop", "labels": LABELS}},
            a_balancer(),
        ),
        "endpoint shop/Service/app -> identity ServiceAccount shop/default",
        unknown="login",
    ),
    Case("MGMT_UI", (APP, a_balancer())),
)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.technique}-{number}" for number, case in enumerate(CASES)])
def test_technique(case):
    check(case)


def reach(*objects) -> set[tuple[str, str]]:
    """Pairs of workloads of which the one may for certain talk to the other."""
    hops = [hop for hop in hops_of(*objects) if hop.technique == "REACHES" and not hop.unknown]
    into = {(hop.source.name, hop.target.name) for hop in hops if hop.source.name.count("/") == 2}
    out = {(hop.source.name, hop.target.name) for hop in hops if hop.target.name.count("/") == 2}
    return {(one, other) for one, hub in into for middle, other in out if hub == middle and one != other}


def selected(name: str) -> Object:
    return {"podSelector": {"matchLabels": {"app": name}}}


PODS = tuple(runs(name, labels={"app": name}) for name in ("a", "b", "c"))


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ((), "ab ac ba bc ca cb"),
        ((a_policy(policyTypes=["Ingress"], **selected("a")),), "ab ac bc cb"),
        ((a_policy(policyTypes=["Ingress"], ingress=[{"from": [selected("b")]}], **selected("a")),), "ab ac ba bc cb"),
        ((a_policy(policyTypes=["Egress"], egress=[{"to": [selected("b")]}], **selected("a")),), "ab ba bc ca cb"),
        (
            (
                a_policy(policyTypes=["Ingress", "Egress"]),
                a_policy("in", policyTypes=["Ingress"], ingress=[{"from": [selected("a")]}], **selected("b")),
                a_policy("out", policyTypes=["Egress"], egress=[{"to": [selected("b")]}], **selected("a")),
            ),
            "ab",
        ),
        (
            (
                a_policy(policyTypes=["Ingress", "Egress"]),
                a_policy("in", policyTypes=["Ingress"], ingress=[{"from": [selected("a")]}], **selected("b")),
            ),
            "",
        ),
        ((a_policy(policyTypes=["Ingress"], ingress=[{}]),), "ab ac ba bc ca cb"),
        ((a_policy(policyTypes=["Ingress"], ingress=[{"from": [{"namespaceSelector": {}}]}]),), "ab ac ba bc ca cb"),
        (
            (
                a_policy(
                    policyTypes=["Ingress"], ingress=[{"from": [{"namespaceSelector": {"matchLabels": {"x": "y"}}}]}]
                ),
            ),
            "",
        ),
        ((a_policy(policyTypes=["Ingress"], ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]),), ""),
    ],
)
def test_pods_reach_each_other_as_policies_of_both_ends_allow(policies, expected):
    found = reach(*PODS, CALICO, *policies)
    letters = {"".join(name.rpartition("/")[2] for name in pair) for pair in found}
    assert {pair for pair in letters if len(pair) == 2} == set(expected.split())


def test_ports_of_a_rule_that_the_other_end_does_not_have_let_nothing_through():
    ports = [{"protocol": "TCP", "port": 53}]
    rule = a_policy(policyTypes=["Egress"], egress=[{"ports": ports}], podSelector={"matchLabels": {"app": "other"}})
    blocked = hops_of(APP, runs("other", labels={"app": "other"}), CALICO, rule)
    assert ("shop/Pod/other", "shop/Pod/app") not in {
        (hop.source.name, other.target.name)
        for hop in blocked
        for other in blocked
        if hop.technique == other.technique == "REACHES" and hop.target == other.source and not hop.unknown
    }


def directory(*entries: DirectoryEntry, objects=()):
    snapshot = a_snapshot(*BASE, *objects)
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    graph = access_graph(View(snapshot, structs.replace(inventory, directory=entries)))
    hops = (graph.hop(edge) for edge in range(len(graph.arrays)))
    return [f"{hop.source} -> {hop.target}" for hop in hops if hop.technique == "LEAVER_ACCESS"]


@pytest.mark.parametrize(
    ("active", "bound_as", "expected"),
    [
        (False, "oidc:Jane@Example.com", ["person jane -> identity User oidc:Jane@Example.com"]),
        (True, "jane@example.com", []),
        (None, "jane@example.com", []),
        (False, "other@example.com", []),
        (False, "system:jane@example.com", []),
    ],
)
def test_leaver_access(active, bound_as, expected):
    jane = DirectoryEntry(id="jane", aliases=("jane", "jane@example.com"), active=active, person=True)
    assert directory(jane, objects=may(can("get", "pods"), who=user(bound_as))) == expected


def test_leavers_in_groups_that_bindings_name():
    jane = DirectoryEntry(id="jane", aliases=("jane",), active=False, person=True)
    devs = DirectoryEntry(id="g1", aliases=("devs",), active=None, person=False, members=("jane",))
    group = {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "devs"}
    assert directory(jane, devs, objects=may(can("get", "pods"), who=group)) == ["person jane -> identity Group devs"]


def test_settings_that_every_namespace_has_are_no_way_in():
    reads = box(envFrom=[{"configMapRef": {"name": "kube-root-ca.crt"}}])
    hops = hops_of(a_config_map("kube-root-ca.crt"), runs(containers=[reads]), a_namespace("x"))
    assert not [hop for hop in hops if hop.technique == "CONFIG_TAMPER"]
