"""Nodes as each provider makes them."""

from __future__ import annotations

from typing import Any

from demarc.testing import a_node

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"


def eks_node(name: str = "ip-10-0-0-1", instance: str = "i-0aa", **labels: str) -> dict[str, Any]:
    return a_node(
        name,
        provider_id=f"aws:///eu-west-1a/{instance}",
        kubelet_version="v1.32.1-eks-5d632ec",
        os_image="Amazon Linux 2023",
        labels={key.replace("__", "/").replace("_", "-"): value for key, value in labels.items()},
    )


def labelled(node: dict[str, Any], **labels: str) -> dict[str, Any]:
    node["metadata"].setdefault("labels", {}).update(labels)
    return node


def managed(name: str = "ip-10-0-0-1", group: str = "general") -> dict[str, Any]:
    return labelled(eks_node(name), **{"eks.amazonaws.com/nodegroup": group})


def fargate(name: str = "fargate-ip-10-0-0-9") -> dict[str, Any]:
    node = eks_node(name, f"1234-5678/{name}")
    return labelled(node, **{"eks.amazonaws.com/compute-type": "fargate"})


def auto(name: str = "i-0auto") -> dict[str, Any]:
    node = labelled(
        eks_node(name, name),
        **{"eks.amazonaws.com/compute-type": "auto", "karpenter.sh/nodepool": "general-purpose"},
    )
    node["status"]["nodeInfo"]["osImage"] = "Bottlerocket (EKS Auto, Standard) 2026.1.1 (aws-k8s-1.32-standard)"
    return node


def hybrid(name: str = "mi-0hyb") -> dict[str, Any]:
    return a_node(name, provider_id=f"eks-hybrid:///eu-west-1/prod/{name}", kubelet_version="v1.32.1-eks-5d632ec")


def gke(name: str = "gke-prod-pool-1-abc", pool: str = "pool-1") -> dict[str, Any]:
    return a_node(
        name,
        provider_id=f"gce://acme-prod/europe-west1-b/{name}",
        kubelet_version="v1.33.4-gke.1172000",
        labels={"cloud.google.com/gke-nodepool": pool},
    )


def aks(name: str = "aks-sys-1-vmss000000", pool: str = "sys") -> dict[str, Any]:
    group = "mc_acme_prod_westeurope"
    machine = f"Microsoft.Compute/virtualMachineScaleSets/aks-{pool}-1-vmss/virtualMachines/0"
    return a_node(
        name,
        provider_id=f"azure://{SUBSCRIPTION}/resourceGroups/{group}/providers/{machine}",
        kubelet_version="v1.33.2",
        labels={"kubernetes.azure.com/agentpool": pool, "kubernetes.azure.com/cluster": "MC_acme_prod_westeurope"},
    )


def openshift(name: str, *roles: str, cloud: str = "aws:///eu-west-1a/i-0x") -> dict[str, Any]:
    return a_node(
        name,
        provider_id=cloud,
        kubelet_version="v1.31.4",
        os_image="Red Hat Enterprise Linux CoreOS",
        labels={"node.openshift.io/os_id": "rhcos", **{f"node-role.kubernetes.io/{role}": "" for role in roles}},
    )


def infrastructure(
    topology: str, *, address: str = "", tags: dict[str, str] | None = None, platform: str = "AWS"
) -> dict[str, Any]:
    resource_tags = [{"key": key, "value": value} for key, value in (tags or {}).items()]
    return {
        "apiVersion": "config.openshift.io/v1",
        "kind": "Infrastructure",
        "metadata": {"name": "cluster"},
        "status": {
            "controlPlaneTopology": topology,
            "platform": platform,
            "infrastructureName": "shop-x7k2p",
            "apiServerURL": address,
            "platformStatus": {"aws": {"region": "eu-west-1", "resourceTags": resource_tags}},
        },
    }


def cluster_version() -> dict[str, Any]:
    return {"apiVersion": "config.openshift.io/v1", "kind": "ClusterVersion", "metadata": {"name": "version"}}
