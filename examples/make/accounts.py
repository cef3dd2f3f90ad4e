"""Service accounts, each namespace's default one included, and the cloud roles that they name."""

from __future__ import annotations

from typing import Any

from make.company import role
from make.kube import Object, make
from make.namespaces import PLATFORM, TENANTS

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


def objects() -> list[Object]:
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
