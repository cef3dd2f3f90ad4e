"""Bindings: ordinary ones, one that grants far too much, and some that point at nobody or nothing."""

from __future__ import annotations

from typing import NamedTuple

from make.company import CLUSTER_CREATED
from make.incident import DEPLOYER_BINDING, DEPLOYER_ROLE
from make.kube import Object, make
from make.roles import BOOTSTRAPPED, RBAC

DEFAULT_BINDINGS = {
    "cluster-admin": ("cluster-admin", "system:masters"),
    "system:basic-user": ("system:basic-user", "system:authenticated"),
    "system:discovery": ("system:discovery", "system:authenticated"),
    "system:public-info-viewer": ("system:public-info-viewer", "system:authenticated system:unauthenticated"),
}


class Binding(NamedTuple):
    """A binding; subjects are ``Group:name``, ``User:name`` or ``ServiceAccount:namespace/name``."""

    name: str
    role: str
    subjects: str
    made: str
    by: str
    namespace: str | None = None
    role_kind: str = "ClusterRole"


BINDINGS = (
    Binding("platform-admins", "cluster-admin", "Group:fk:platform", "2024-03-12T07:30:00Z", "argocd-controller"),
    Binding("developers-view", "view", "Group:fk:developers", "2024-03-19T08:31:00Z", "argocd-controller"),
    Binding("auditors", "access-auditor", "Group:fk:auditors", "2025-03-03T08:00:00Z", "argocd-controller"),
    Binding("auditors-view", "view", "Group:fk:auditors", "2025-03-03T08:00:00Z", "argocd-controller"),
    Binding("on-call", "on-call", "Group:fk:on-call", "2024-09-01T07:00:00Z", "argocd-controller"),
    Binding(
        "everyone-reads-nodes", "node-reader", "Group:system:authenticated", "2024-08-09T13:14:00Z", "kubectl-create"
    ),
    Binding(
        DEPLOYER_BINDING,
        DEPLOYER_ROLE,
        "ServiceAccount:delivery/quotes-deployer",
        "2025-06-12T19:49:11Z",
        "kubectl-create",
    ),
    Binding(
        "jenkins-admin", "cluster-admin", "ServiceAccount:delivery/jenkins", "2024-03-15T10:00:00Z", "kubectl-create"
    ),
    Binding(
        "mcp-tools", "mcp-tools", "ServiceAccount:assistant/mcp-kubernetes", "2026-06-15T09:29:00Z", "argocd-controller"
    ),
    Binding(
        "argocd-application-controller",
        "argocd-application-controller",
        "ServiceAccount:argocd/argocd-application-controller",
        "2024-03-12T08:14:30Z",
        "kubectl-client-side-apply",
    ),
    Binding(
        "argocd-server",
        "argocd-server",
        "ServiceAccount:argocd/argocd-server",
        "2024-03-12T08:14:30Z",
        "kubectl-client-side-apply",
    ),
    Binding(
        "cert-manager",
        "cert-manager",
        "ServiceAccount:cert-manager/cert-manager",
        "2024-03-12T08:45:00Z",
        "argocd-controller",
    ),
    Binding(
        "external-secrets",
        "external-secrets",
        "ServiceAccount:external-secrets/external-secrets",
        "2024-03-13T07:05:00Z",
        "argocd-controller",
    ),
    Binding(
        "ingress-nginx", "ingress-nginx", "ServiceAccount:ingress-nginx/ingress-nginx", "2024-03-12T09:21:02Z", "helm"
    ),
    Binding(
        "kyverno:admission-controller",
        "kyverno:admission-controller",
        "ServiceAccount:kyverno/kyverno-admission-controller",
        "2025-02-11T10:04:00Z",
        "helm",
    ),
    Binding("falco", "falco", "ServiceAccount:falco/falco", "2025-04-08T06:40:00Z", "argocd-controller"),
    Binding(
        "fluent-bit",
        "fluent-bit",
        "ServiceAccount:logging/fluent-bit",
        "2024-03-13T10:30:00Z",
        "kubectl-client-side-apply",
    ),
    Binding(
        "prometheus-server",
        "prometheus-server",
        "ServiceAccount:monitoring/prometheus-server",
        "2024-03-13T09:11:20Z",
        "helm",
    ),
    Binding(
        "cluster-autoscaler",
        "cluster-autoscaler",
        "ServiceAccount:kube-system/cluster-autoscaler",
        "2024-03-14T06:50:11Z",
        "helm",
    ),
    Binding("aws-node", "aws-node", "ServiceAccount:kube-system/aws-node", CLUSTER_CREATED, "eks"),
    Binding("eks:addon-manager", "eks:addon-manager", "User:eks:addon-manager", CLUSTER_CREATED, "eks"),
    Binding(
        "system:kube-controller-manager",
        "system:kube-controller-manager",
        "User:system:kube-controller-manager",
        CLUSTER_CREATED,
        "kube-apiserver",
    ),
    Binding(
        "system:controller:cronjob-controller",
        "system:controller:cronjob-controller",
        "ServiceAccount:kube-system/cronjob-controller",
        CLUSTER_CREATED,
        "kube-apiserver",
    ),
    Binding(
        "booking-developers",
        "team-developer",
        "Group:fk:booking",
        "2024-03-19T08:30:00Z",
        "argocd-controller",
        "booking",
        "Role",
    ),
    Binding(
        "booking-pipeline",
        "edit",
        "User:fjordkite-github-booking",
        "2025-09-02T12:00:00Z",
        "argocd-controller",
        "booking",
    ),
    Binding(
        "quotes-developers",
        "team-developer",
        "Group:fk:quotes",
        "2024-03-20T08:30:00Z",
        "argocd-controller",
        "quotes",
        "Role",
    ),
    Binding(
        "quotes-deployer",
        "edit",
        "ServiceAccount:delivery/quotes-deployer",
        "2024-03-20T08:35:00Z",
        "kubectl-create",
        "quotes",
    ),
    Binding(
        "tracking-developers", "edit", "Group:fk:tracking", "2024-05-06T11:45:00Z", "argocd-controller", "tracking"
    ),
    Binding(
        "data-owner",
        "admin",
        "User:elena.petrescu@fjordkite.example",
        "2024-03-26T10:15:00Z",
        "argocd-controller",
        "data",
    ),
    Binding(
        "ingest-writes-ledger",
        "edit",
        "ServiceAccount:tracking/ingest",
        "2025-02-20T15:30:00Z",
        "kubectl-create",
        "data",
    ),
    Binding(
        "ledger-db",
        "ledger-reader",
        "ServiceAccount:data/ledger-db",
        "2024-03-26T10:40:00Z",
        "argocd-controller",
        "data",
        "Role",
    ),
    Binding(
        "broker-support",
        "broker-support",
        "Group:harbour-lane-support",
        "2024-11-21T09:00:00Z",
        "kubectl-create",
        "customs",
        "Role",
    ),
    Binding(
        "yard-ops", "admin", "User:piotr.zielinski@fjordkite.example", "2024-04-22T13:20:00Z", "kubectl-create", "yard"
    ),
    Binding("default-edits", "edit", "ServiceAccount:yard/default", "2024-04-22T13:41:00Z", "kubectl-create", "yard"),
)


def subject(text: str) -> dict[str, str]:
    """Subject of a binding from its short form."""
    kind, _, name = text.partition(":")
    if kind == "ServiceAccount":
        namespace, _, name = name.partition("/")
        return {"kind": kind, "name": name, "namespace": namespace}
    return {"apiGroup": RBAC, "kind": kind, "name": name}


def objects() -> list[Object]:
    """All bindings."""
    found = [
        make(
            f"{RBAC}/v1",
            "ClusterRoleBinding",
            name,
            made=CLUSTER_CREATED,
            by="kube-apiserver",
            roleRef={"apiGroup": RBAC, "kind": "ClusterRole", "name": granted},
            subjects=[subject(f"Group:{group}") for group in groups.split()],
            **BOOTSTRAPPED,
        )
        for name, (granted, groups) in DEFAULT_BINDINGS.items()
    ]
    found.extend(
        make(
            f"{RBAC}/v1",
            "RoleBinding" if grant.namespace else "ClusterRoleBinding",
            grant.name,
            grant.namespace,
            made=grant.made,
            by=grant.by,
            roleRef={"apiGroup": RBAC, "kind": grant.role_kind, "name": grant.role},
            subjects=[subject(grant.subjects)],
        )
        for grant in BINDINGS
    )
    return found
