"""Roles: those of Kubernetes itself, shortened, those of charts, and over-wide ones of the company."""

from __future__ import annotations

from typing import Any, NamedTuple

from make.company import CLUSTER_CREATED
from make.incident import DEPLOYER_ROLE
from make.kube import Object, make

RBAC = "rbac.authorization.k8s.io"
BOOTSTRAPPED: dict[str, Any] = {
    "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
    "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
}
"""Marks of what the API server makes by itself."""


def rule(groups: str, resources: str, verbs: str, **more: Any) -> dict[str, Any]:
    """Rule from words; ``core`` stands for the core group."""
    return {
        "apiGroups": ["" if group == "core" else group for group in groups.split()],
        "resources": resources.split(),
        "verbs": verbs.split(),
    } | more


READ = "get list watch"
WRITE = "create delete deletecollection patch update"
ALL = f"{READ} {WRITE}"
_TENANT_READ = [
    rule("core", "configmaps endpoints events persistentvolumeclaims pods pods/log services serviceaccounts", READ),
    rule("apps", "daemonsets deployments replicasets statefulsets", READ),
    rule("batch", "cronjobs jobs", READ),
    rule("networking.k8s.io", "ingresses networkpolicies", READ),
]
_TENANT_WRITE = [
    rule("core", "secrets", READ),
    rule("core", "pods/attach pods/exec pods/portforward", "get create"),
    rule("core", "configmaps persistentvolumeclaims pods secrets services serviceaccounts", WRITE),
    rule("core", "serviceaccounts", "impersonate"),
    rule("apps", "daemonsets deployments replicasets statefulsets", WRITE),
    rule("batch", "cronjobs jobs", WRITE),
    rule("networking.k8s.io", "ingresses networkpolicies", WRITE),
]
_ANY = [rule("*", "*", "*"), {"nonResourceURLs": ["*"], "verbs": ["*"]}]

DEFAULT_ROLES: dict[str, list[dict[str, Any]]] = {
    "cluster-admin": _ANY,
    "admin": [*_TENANT_READ, *_TENANT_WRITE, rule(RBAC, "rolebindings roles", ALL)],
    "edit": [*_TENANT_READ, *_TENANT_WRITE],
    "view": _TENANT_READ,
    "system:basic-user": [rule("authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews", "create")],
    "system:discovery": [
        {"nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/version"], "verbs": ["get"]}
    ],
    "system:public-info-viewer": [{"nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version"], "verbs": ["get"]}],
    "system:controller:cronjob-controller": [rule("batch", "cronjobs cronjobs/status jobs", ALL)],
    "system:kube-controller-manager": [rule("core", "serviceaccounts/token", "create"), rule("*", "*", "list watch")],
}


class Role(NamedTuple):
    """A role that the company or one of its charts brought."""

    name: str
    rules: list[dict[str, Any]]
    made: str
    by: str
    namespace: str | None = None


ROLES = (
    Role(
        DEPLOYER_ROLE,
        [
            rule("core", "configmaps pods secrets serviceaccounts services", ALL),
            rule("core", "pods/exec pods/log", "create get"),
            rule("core", "serviceaccounts/token", "create"),
            rule("core", "events", "get list delete deletecollection"),
            rule("apps", "deployments replicasets statefulsets", ALL),
            rule("batch", "cronjobs jobs", ALL),
        ],
        "2025-06-12T19:48:30Z",
        "kubectl-client-side-apply",
    ),
    Role(
        "mcp-tools",
        [
            rule("core", "configmaps events namespaces pods pods/log services", READ),
            rule("apps", "deployments statefulsets", f"{READ} patch"),
            rule("core", "pods/exec", "create get"),
        ],
        "2026-06-15T09:29:00Z",
        "argocd-controller",
    ),
    Role("node-reader", [rule("core", "nodes", READ)], "2024-08-09T13:12:00Z", "kubectl-create"),
    Role(
        "access-auditor",
        [
            rule(RBAC, "clusterrolebindings clusterroles rolebindings roles", READ),
            rule("core", "serviceaccounts", READ),
        ],
        "2025-03-03T08:00:00Z",
        "argocd-controller",
    ),
    Role(
        "on-call",
        [
            rule("core", "pods/exec pods/portforward", "create get"),
            rule("core", "pods pods/log events nodes", READ),
            rule("core", "groups", "impersonate", resourceNames=["fk:developers"]),
            rule("core", "users", "impersonate"),
        ],
        "2024-09-01T07:00:00Z",
        "argocd-controller",
    ),
    Role("argocd-application-controller", _ANY, "2024-03-12T08:14:30Z", "kubectl-client-side-apply"),
    Role(
        "argocd-server",
        [rule("*", "*", "delete get patch"), rule("core", "pods/log", "get")],
        "2024-03-12T08:14:30Z",
        "kubectl-client-side-apply",
    ),
    Role(
        "cert-manager",
        [
            rule("cert-manager.io", "certificates certificaterequests issuers clusterissuers", "get list update watch"),
            rule("core", "secrets", "create delete get list patch update watch"),
        ],
        "2024-03-12T08:45:00Z",
        "argocd-controller",
    ),
    Role(
        "external-secrets",
        [
            rule("external-secrets.io", "*", READ),
            rule("core", "secrets", "create delete get list patch update watch"),
            rule("core", "serviceaccounts/token", "create"),
        ],
        "2024-03-13T07:05:00Z",
        "argocd-controller",
    ),
    Role(
        "ingress-nginx",
        [
            rule("core", "configmaps endpoints nodes pods secrets services", "get list watch"),
            rule("networking.k8s.io", "ingresses ingressclasses", READ),
            rule("networking.k8s.io", "ingresses/status", "update"),
        ],
        "2024-03-12T09:21:02Z",
        "helm",
    ),
    Role(
        "kyverno:admission-controller",
        [
            rule("*", "*", READ),
            rule("admissionregistration.k8s.io", "mutatingwebhookconfigurations validatingwebhookconfigurations", ALL),
        ],
        "2025-02-11T10:04:00Z",
        "helm",
    ),
    Role("falco", [rule("core", "nodes namespaces pods", READ)], "2025-04-08T06:40:00Z", "argocd-controller"),
    Role(
        "fluent-bit",
        [rule("core", "namespaces pods nodes nodes/proxy", READ)],
        "2024-03-13T10:30:00Z",
        "kubectl-client-side-apply",
    ),
    Role(
        "prometheus-server",
        [
            rule("core", "endpoints nodes nodes/metrics nodes/proxy pods services", READ),
            {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
        ],
        "2024-03-13T09:11:20Z",
        "helm",
    ),
    Role(
        "cluster-autoscaler",
        [rule("core", "nodes pods", "get list update watch"), rule("core", "pods/eviction", "create")],
        "2024-03-14T06:50:11Z",
        "helm",
    ),
    Role("aws-node", [rule("core", "namespaces nodes pods", READ)], CLUSTER_CREATED, "eks"),
    Role("eks:addon-manager", [rule("*", "*", "create get list patch update watch")], CLUSTER_CREATED, "eks"),
    Role(
        "team-developer",
        [*_TENANT_READ, rule("core", "pods/exec pods/portforward", "create get")],
        "2024-03-19T08:30:00Z",
        "argocd-controller",
        "booking",
    ),
    Role(
        "team-developer",
        [*_TENANT_READ, rule("core", "secrets", "get list")],
        "2024-03-20T08:30:00Z",
        "argocd-controller",
        "quotes",
    ),
    Role(
        "ledger-reader",
        [rule("core", "secrets", "get", resourceNames=["ledger-db"])],
        "2024-03-26T10:40:00Z",
        "argocd-controller",
        "data",
    ),
)


def objects() -> list[Object]:
    """All roles."""
    found = [
        make(f"{RBAC}/v1", "ClusterRole", name, made=CLUSTER_CREATED, by="kube-apiserver", rules=rules, **BOOTSTRAPPED)
        for name, rules in DEFAULT_ROLES.items()
    ]
    for own in ROLES:
        kind = "Role" if own.namespace else "ClusterRole"
        found.append(make(f"{RBAC}/v1", kind, own.name, own.namespace, made=own.made, by=own.by, rules=own.rules))
    return found
