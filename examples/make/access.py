"""Service accounts, roles and bindings: ordinary ones, over-wide ones, and bindings that point at nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

from make.company import CLUSTER_CREATED, role
from make.incident import DEPLOYER_BINDING, DEPLOYER_ROLE
from make.kube import Object, make
from make.namespaces import PLATFORM, TENANTS

RBAC = "rbac.authorization.k8s.io"
IRSA = "eks.amazonaws.com/role-arn"

ACCOUNTS: dict[str, tuple[str, ...]] = {
    "argocd": ("argocd-application-controller", "argocd-repo-server", "argocd-server"),
    "assistant": ("mcp-kubernetes", "shipment-assistant"),
    "booking": ("booking-api", "booking-web", "rate-sync"),
    "cert-manager": ("cert-manager",),
    "customs": ("declarations",),
    "data": ("lake-exporter", "ledger-db"),
    "delivery": ("quotes-deployer",),
    "edi": ("edi-gateway",),
    "external-secrets": ("external-secrets",),
    "falco": ("falco",),
    "ingress-nginx": ("ingress-nginx",),
    "kube-system": (
        "aws-node",
        "cluster-autoscaler",
        "coredns",
        "cronjob-controller",
        "ebs-csi-controller-sa",
        "ebs-csi-node-sa",
        "kube-proxy",
        "metrics-server",
    ),
    "kyverno": ("kyverno-admission-controller",),
    "logging": ("fluent-bit",),
    "monitoring": ("prometheus-server",),
    "quotes": ("quotes",),
    "tracking": ("ingest", "tracking-api"),
    "yard": ("optimizer-old",),
}
CLOUD_ROLES = {
    ("data", "lake-exporter"): "fjordkite-lake-exporter",
    ("external-secrets", "external-secrets"): "fjordkite-external-secrets",
    ("kube-system", "cluster-autoscaler"): "fjordkite-cluster-autoscaler",
    ("booking", "rate-sync"): "fjordkite-rate-sync",
    ("tracking", "ingest"): "fjordkite-tracking-ingest",
}
"""Roles named by annotation. The last no longer exists, and fjordkite-rate-sync trusts another account's name."""
WRITERS = {
    "argocd": "kubectl-client-side-apply",
    "ingress-nginx": "helm",
    "kube-system": "eks",
    "kyverno": "helm",
    "logging": "kubectl-client-side-apply",
    "monitoring": "helm",
    "quotes": "helm",
    "yard": "kubectl-create",
    "delivery": "kubectl-create",
}


def accounts() -> list[Object]:
    """All service accounts, each namespace's default one included."""
    spaces = {name: made for name, (made, _) in (TENANTS | PLATFORM).items()}
    found = [
        make("v1", "ServiceAccount", "default", name, made=made, by="kube-controller-manager")
        for name, made in spaces.items()
    ]
    for namespace, names in ACCOUNTS.items():
        for name in names:
            annotations = {IRSA: role(CLOUD_ROLES[namespace, name])} if (namespace, name) in CLOUD_ROLES else None
            more: dict[str, Any] = {}
            if name == "edi-gateway":
                more["imagePullSecrets"] = [{"name": "registry-login"}]
            found.append(
                make(
                    "v1",
                    "ServiceAccount",
                    name,
                    namespace,
                    made=spaces[namespace],
                    by=WRITERS.get(namespace, "argocd-controller"),
                    annotations=annotations,
                    **more,
                )
            )
    return found


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
DEFAULT_BINDINGS = {
    "cluster-admin": ("cluster-admin", "system:masters"),
    "system:basic-user": ("system:basic-user", "system:authenticated"),
    "system:discovery": ("system:discovery", "system:authenticated"),
    "system:public-info-viewer": ("system:public-info-viewer", "system:authenticated system:unauthenticated"),
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


def _default_roles() -> list[Object]:
    marks = {
        "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
        "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
    }
    found = [
        make(f"{RBAC}/v1", "ClusterRole", name, made=CLUSTER_CREATED, by="kube-apiserver", rules=rules, **marks)
        for name, rules in DEFAULT_ROLES.items()
    ]
    for name, (granted, groups) in DEFAULT_BINDINGS.items():
        found.append(
            make(
                f"{RBAC}/v1",
                "ClusterRoleBinding",
                name,
                made=CLUSTER_CREATED,
                by="kube-apiserver",
                roleRef={"apiGroup": RBAC, "kind": "ClusterRole", "name": granted},
                subjects=[subject(f"Group:{group}") for group in groups.split()],
                **marks,
            )
        )
    return found


def objects() -> list[Object]:
    """Service accounts, roles and bindings."""
    found = accounts() + _default_roles()
    for own in ROLES:
        kind = "Role" if own.namespace else "ClusterRole"
        found.append(make(f"{RBAC}/v1", kind, own.name, own.namespace, made=own.made, by=own.by, rules=own.rules))
    for grant in BINDINGS:
        found.append(
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
        )
    return found
