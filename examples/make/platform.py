"""What runs in the cluster for the cluster: EKS add-ons, charts, Argo CD applications and plain manifests."""

from __future__ import annotations

from typing import Any

from make.company import CLUSTER_CREATED, EKS_IMAGES
from make.kube import Object
from make.nodes import BATCH, GENERAL
from make.workloads import Workload

EVERY_NODE = GENERAL + BATCH
ADDONS_UPDATED = "2026-09-15T06:30:21Z"


def _host(name: str, path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"hostPath": {"path": path, "type": ""}, "name": name}, {"mountPath": path, "name": name}


def _with_host_path(name: str, path: str, *, writable: bool = True, **pod: Any) -> dict[str, Any]:
    volume, mount = _host(name, path)
    return {
        "container": {"volumeMounts": [mount if writable else mount | {"readOnly": True}]},
        "pod": {"volumes": [volume]} | pod,
    }


def _addon(name: str, image: str, **more: Any) -> Workload:
    labels = {"app.kubernetes.io/instance": name, "eks.amazonaws.com/component": name}
    return Workload(
        name,
        "kube-system",
        f"{EKS_IMAGES}/{image}",
        made=CLUSTER_CREATED,
        rolled=ADDONS_UPDATED,
        by="eks",
        labels=labels,
        **more,
    )


def addons() -> list[Object]:
    """What EKS's add-on API installed and EKS's field manager wrote."""
    privileged = {"securityContext": {"privileged": True}}
    network = _with_host_path("cni-bin-dir", "/opt/cni/bin", hostNetwork=True, priorityClassName="system-node-critical")
    network["container"] |= {"securityContext": {"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}}}
    proxy = _with_host_path("xtables-lock", "/run/xtables.lock", hostNetwork=True)
    proxy["container"] |= privileged
    csi = _with_host_path("kubelet-dir", "/var/lib/kubelet")
    csi["container"] |= privileged
    return [
        *_addon(
            "aws-node", "amazon-k8s-cni:v1.20.3-eksbuild.1", account="aws-node", on=EVERY_NODE, **network
        ).daemonset(),
        *_addon(
            "kube-proxy", "kube-proxy:v1.33.3-eksbuild.6", account="kube-proxy", on=EVERY_NODE, **proxy
        ).daemonset(),
        *_addon("coredns", "coredns:v1.12.3-eksbuild.1", account="coredns", replicas=2).deployment(),
        *_addon(
            "eks-pod-identity-agent",
            "eks-pod-identity-agent:v0.1.33",
            on=EVERY_NODE,
            pod={"hostNetwork": True, "automountServiceAccountToken": False},
        ).daemonset(),
        *_addon("ebs-csi-controller", "aws-ebs-csi-driver:v1.48.0", account="ebs-csi-controller-sa").deployment(),
        *_addon(
            "ebs-csi-node", "aws-ebs-csi-driver:v1.48.0", account="ebs-csi-node-sa", on=EVERY_NODE, **csi
        ).daemonset(),
        *_addon("metrics-server", "metrics-server:v0.8.0-eksbuild.2", account="metrics-server").deployment(),
    ]


def charts() -> list[Object]:
    """What the platform team installed with Helm by hand."""
    ingress = Workload(
        "ingress-nginx-controller",
        "ingress-nginx",
        "registry.k8s.io/ingress-nginx/controller:v1.11.3",
        made="2024-03-12T09:21:02Z",
        rolled="2024-11-05T07:12:44Z",
        by="helm",
        account="ingress-nginx",
        replicas=2,
        labels={"app.kubernetes.io/version": "1.11.3", "helm.sh/chart": "ingress-nginx-4.11.3"},
        container={
            "name": "controller",
            "args": ["/nginx-ingress-controller", "--enable-annotation-validation=false"],
            "ports": [
                {"containerPort": 443, "name": "https", "protocol": "TCP"},
                {"containerPort": 8443, "name": "webhook", "protocol": "TCP"},
            ],
        },
    )
    kyverno = Workload(
        "kyverno-admission-controller",
        "kyverno",
        "ghcr.io/kyverno/kyverno:v1.13.4",
        made="2025-02-11T10:04:00Z",
        by="helm",
        account="kyverno-admission-controller",
        labels={"app.kubernetes.io/version": "v1.13.4", "helm.sh/chart": "kyverno-3.3.7"},
    )
    prometheus = Workload(
        "prometheus-server",
        "monitoring",
        "quay.io/prometheus/prometheus:v3.5.0",
        made="2024-03-13T09:11:20Z",
        rolled="2026-08-20T09:41:00Z",
        by="helm",
        account="prometheus-server",
        labels={"helm.sh/chart": "prometheus-27.30.0"},
    )
    autoscaler = Workload(
        "cluster-autoscaler",
        "kube-system",
        "registry.k8s.io/autoscaling/cluster-autoscaler:v1.32.1",
        made="2024-03-14T06:50:11Z",
        rolled="2025-11-19T12:40:00Z",
        by="helm",
        account="cluster-autoscaler",
        labels={"helm.sh/chart": "cluster-autoscaler-9.46.6"},
    )
    return [item for chart in (ingress, kyverno, prometheus, autoscaler) for item in chart.deployment()]


def gitops() -> list[Object]:
    """Argo CD itself, applied by hand once, and what it applies from the configuration repository."""
    argo = "quay.io/argoproj/argocd:v3.1.8"
    by_hand: dict[str, Any] = {
        "made": "2024-03-12T08:14:30Z",
        "rolled": "2026-10-07T08:25:00Z",
        "by": "kubectl-client-side-apply",
    }
    secrets = Workload(
        "external-secrets",
        "external-secrets",
        "ghcr.io/external-secrets/external-secrets:v0.20.1",
        made="2024-03-13T07:05:00Z",
        rolled="2026-09-29T11:12:13Z",
        account="external-secrets",
    )
    certificates = Workload(
        "cert-manager",
        "cert-manager",
        "quay.io/jetstack/cert-manager-controller:v1.18.2",
        made="2024-03-12T08:45:00Z",
        rolled="2026-08-04T08:00:00Z",
        account="cert-manager",
    )
    sensor = _with_host_path("proc-fs", "/proc", writable=False)
    sensor["container"] |= {"securityContext": {"privileged": True}}
    falco = Workload(
        "falco",
        "falco",
        "docker.io/falcosecurity/falco:0.41.3",
        made="2025-04-08T06:40:00Z",
        account="falco",
        on=GENERAL,
        **sensor,
    )
    return [
        *Workload("argocd-server", "argocd", argo, account="argocd-server", **by_hand).deployment(),
        *Workload("argocd-repo-server", "argocd", argo, account="argocd-repo-server", **by_hand).deployment(),
        *Workload(
            "argocd-application-controller", "argocd", argo, account="argocd-application-controller", **by_hand
        ).statefulset(),
        *secrets.deployment(),
        *certificates.deployment(),
        *falco.daemonset(),
    ]


def manifests() -> list[Object]:
    """What somebody applied with kubectl and nobody has looked at since."""
    logs = _with_host_path("varlog", "/var/log")
    agent = Workload(
        "fluent-bit",
        "logging",
        "public.ecr.aws/aws-observability/aws-for-fluent-bit:2.32.2",
        made="2024-03-13T10:30:00Z",
        by="kubectl-client-side-apply",
        account="fluent-bit",
        on=EVERY_NODE,
        **logs,
    )
    return agent.daemonset()


def objects() -> list[Object]:
    """Everything that runs for the cluster."""
    return [*addons(), *charts(), *gitops(), *manifests()]
