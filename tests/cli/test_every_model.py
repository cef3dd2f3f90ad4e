"""Each of the twelve models, from what a user would have at hand, to a full matrix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from demarc.catalog.duties import duties
from demarc.cli.main import run
from demarc.testing import a_list, a_namespace, a_node

EKS = {
    "cluster": {
        "name": "prod",
        "version": "1.33",
        "platformVersion": "eks.9",
        "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
    }
}
AUTO = {
    "cluster": {
        **EKS["cluster"],
        "computeConfig": {"enabled": True},
        "storageConfig": {"blockStorage": {"enabled": True}},
        "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": True}},
    }
}
GKE = {
    "name": "prod",
    "location": "europe-west1",
    "currentMasterVersion": "1.33.4-gke.1036000",
    "selfLink": "https://container.googleapis.com/v1/projects/acme/locations/europe-west1/clusters/prod",
    "nodePools": [{"name": "main", "management": {"autoUpgrade": True}, "config": {}}],
}
AKS = {
    "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/prod",
    "name": "prod",
    "type": "Microsoft.ContainerService/ManagedClusters",
    "location": "westeurope",
    "kubernetesVersion": "1.33.1",
    "nodeResourceGroup": "MC_g_prod_westeurope",
    "agentPoolProfiles": [{"name": "system", "mode": "System", "count": 3}],
    "sku": {"name": "Base", "tier": "Standard"},
}
ROSA = {
    "kind": "Cluster",
    "id": "2abc",
    "href": "/api/clusters_mgmt/v1/clusters/2abc",
    "name": "prod",
    "openshift_version": "4.19.3",
    "product": {"id": "rosa"},
    "cloud_provider": {"id": "aws"},
    "region": {"id": "eu-west-1"},
    "hypershift": {"enabled": False},
    "aws": {"sts": {"role_arn": "arn:aws:iam::111122223333:role/installer"}},
}


def node(name: str, provider_id: str, version: str, **labels: str) -> dict[str, Any]:
    found = a_node(name, labels=labels)
    found["spec"] = {**found.get("spec", {}), "providerID": provider_id}
    found.setdefault("status", {})["nodeInfo"] = {"kubeletVersion": version}
    return found


def eks_node(**labels: str) -> dict[str, Any]:
    return node("n1", "aws:///eu-west-1a/i-0123456789abcdef0", "v1.33.1-eks-5d632ec", **labels)


CASES: dict[str, tuple[str, str, list[Any]]] = {
    "eks managed": ("eks", "managed_node_groups", [EKS, a_list([eks_node(**{"eks.amazonaws.com/nodegroup": "g"})])]),
    "eks managed, dump only": (
        "eks",
        "managed_node_groups",
        [a_list([eks_node(**{"eks.amazonaws.com/nodegroup": "g"})])],
    ),
    "eks self-managed": ("eks", "self_managed_nodes", [EKS, a_list([eks_node()])]),
    "eks fargate": (
        "eks",
        "fargate",
        [
            EKS,
            a_list(
                [
                    node(
                        "fargate-ip-10-0-1-1.eu-west-1.compute.internal",
                        "aws:///eu-west-1a/abc/fargate-ip-10-0-1-1.eu-west-1.compute.internal",
                        "v1.33.1-eks-5d632ec",
                        **{"eks.amazonaws.com/compute-type": "fargate"},
                    )
                ]
            ),
        ],
    ),
    "eks auto mode": (
        "eks",
        "auto_mode",
        [AUTO, a_list([eks_node(**{"eks.amazonaws.com/compute-type": "auto", "karpenter.sh/nodepool": "general"})])],
    ),
    "eks hybrid": (
        "eks",
        "hybrid_nodes",
        [
            {
                "cluster": {
                    **EKS["cluster"],
                    "remoteNetworkConfig": {"remoteNodeNetworks": [{"cidrs": ["10.9.0.0/16"]}]},
                }
            },
            a_list(
                [
                    node(
                        "mi-1",
                        "eks-hybrid:///eu-west-1/prod/mi-1",
                        "v1.33.1-eks-5d632ec",
                        **{"eks.amazonaws.com/compute-type": "hybrid"},
                    )
                ]
            ),
        ],
    ),
    "gke standard": ("gke", "standard", [GKE]),
    "gke autopilot": ("gke", "autopilot", [{**GKE, "autopilot": {"enabled": True}}]),
    "aks standard": ("aks", "standard", [AKS]),
    "aks automatic": ("aks", "automatic", [{**AKS, "sku": {"name": "Automatic", "tier": "Standard"}}]),
    "rosa classic": ("rosa", "classic", [ROSA]),
    "rosa hcp": ("rosa", "hcp", [{**ROSA, "hypershift": {"enabled": True}}]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_full_matrix_with_a_basis_in_every_row(name, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    provider, model, documents = CASES[name]
    paths: list[Path] = []
    for number, document in enumerate([*documents, a_list([a_namespace("shop")])]):
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(json.dumps(document))
    assert run(["assess", *map(str, paths), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["cluster"]["provider"], found["cluster"]["identified"]) == (provider, True)
    assert found["models"] == [model]
    assert {row["duty"] for row in found["matrix"]} == set(duties())
    for row in found["matrix"]:
        settled = row["basis"] is not None and (row["basis"]["source"] or row["basis"]["kind"] == "inference")
        assert settled or row["status"] in ("uncovered", "ambiguous"), row["id"]


def test_eks_anywhere_is_told_from_its_own_objects(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    objects = [
        node("m1", "vsphere://4210-aa", "v1.33.1-eks-5d632ec"),
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "clusters.anywhere.eks.amazonaws.com"},
            "spec": {"group": "anywhere.eks.amazonaws.com", "names": {"kind": "Cluster", "plural": "clusters"}},
        },
    ]
    path = tmp_path / "dump.json"
    path.write_text(json.dumps(a_list(objects)))
    assert run(["assess", str(path), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["cluster"]["provider"], found["models"]) == ("eks", ["eks_anywhere"])
    assert {row["duty"] for row in found["matrix"]} == set(duties())
