"""Namespaces with the labels that name their owners, right, stale or missing, and their quotas."""

from __future__ import annotations

from make.company import CLUSTER_CREATED
from make.kube import Object, make

BASELINE = {"pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/enforce-version": "latest"}
WARN = {"pod-security.kubernetes.io/warn": "restricted"}

TENANTS: dict[str, tuple[str, dict[str, str]]] = {
    "booking": ("2024-03-19T08:01:12Z", {"team": "booking", "tier": "customer-facing"} | BASELINE),
    "quotes": ("2024-03-19T08:02:30Z", {"team": "quotes", "tier": "customer-facing"} | BASELINE),
    "tracking": ("2024-05-06T11:40:02Z", {"team": "tracking", "tier": "customer-facing"} | WARN),
    "customs": ("2024-06-03T07:30:45Z", {"team": "customs", "tier": "internal"} | WARN),
    "yard": ("2024-04-22T13:15:27Z", {"team": "yard", "tier": "internal"}),
    "edi": ("2024-04-02T09:20:11Z", {"team": "booking", "tier": "partners"} | BASELINE),
    "data": ("2024-03-26T10:10:10Z", {"owner": "elena.petrescu", "tier": "internal"} | WARN),
    "assistant": ("2026-06-15T09:00:36Z", {"tier": "customer-facing"}),
    "delivery": ("2024-03-14T12:00:05Z", {"team": "platform", "tier": "platform"}),
}
PLATFORM: dict[str, tuple[str, dict[str, str]]] = {
    "default": (CLUSTER_CREATED, {}),
    "kube-node-lease": (CLUSTER_CREATED, {}),
    "kube-public": (CLUSTER_CREATED, {}),
    "kube-system": (CLUSTER_CREATED, {}),
    "argocd": ("2024-03-12T08:11:51Z", {"team": "platform"}),
    "cert-manager": ("2024-03-12T08:44:19Z", {"team": "platform"}),
    "external-secrets": ("2024-03-13T07:02:40Z", {"team": "platform"}),
    "falco": ("2025-04-08T06:35:14Z", {"team": "security"}),
    "ingress-nginx": ("2024-03-12T09:20:00Z", {"team": "platform"}),
    "kyverno": ("2025-02-11T10:00:31Z", {"team": "platform"}),
    "logging": ("2024-03-13T10:27:59Z", {"team": "platform"}),
    "monitoring": ("2024-03-13T09:05:08Z", {"team": "platform"}),
}


def _writer(name: str) -> str:
    if name in {"default", "kube-node-lease", "kube-public", "kube-system"}:
        return "kube-apiserver"
    return "argocd-controller" if name in TENANTS and name != "yard" else "kubectl-create"


def objects() -> list[Object]:
    """All namespaces, quotas and limit ranges."""
    spaces = [
        make(
            "v1",
            "Namespace",
            name,
            made=made,
            by=_writer(name),
            labels={"kubernetes.io/metadata.name": name} | labels,
            spec={"finalizers": ["kubernetes"]},
            status={"phase": "Active"},
        )
        for name, (made, labels) in (TENANTS | PLATFORM).items()
    ]
    quotas = [
        make(
            "v1",
            "ResourceQuota",
            "team",
            name,
            made=TENANTS[name][0],
            by="argocd-controller",
            spec={"hard": {"limits.memory": "24Gi", "pods": "40", "requests.cpu": "12"}},
            status={"hard": {"limits.memory": "24Gi", "pods": "40", "requests.cpu": "12"}, "used": {"pods": "4"}},
        )
        for name in ("booking", "quotes", "tracking")
    ]
    return [*spaces, *quotas]
