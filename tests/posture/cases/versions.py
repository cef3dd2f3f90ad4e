"""Cases of checks of versions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.testing import a_deployment, a_namespace, a_node
from tests.posture.clouds import AKS, GKE, SELF, a_gke, an_agent_pool, an_aks, an_eks
from tests.posture.given import EKS, Case, Object

VIOLATED, HOLDS, UNKNOWN, NOT = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
STANDARD = {"supportType": "STANDARD"}
POOL = ("Pool general",)


def _at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def _node(version: str) -> Object:
    return a_node("n1", provider_id="aws:///eu-west-1a/i-0a1b2c3d4e5f60718", kubelet_version=version, labels=EKS)


def _group(release: str) -> Object:
    return {
        "nodegroup": {
            "nodegroupName": "general",
            "clusterName": "prod",
            "releaseVersion": release,
            "amiType": "AL2023_x86_64_STANDARD",
            "nodegroupArn": "arn:aws:eks:eu-west-1:111122223333:nodegroup/prod/general/x",
        }
    }


def _addon(name: str = "kube-proxy", **more: Any) -> Object:
    body = {
        "addonName": name,
        "clusterName": "prod",
        "status": "ACTIVE",
        "addonVersion": "v1.33.5-eksbuild.1",
        "health": {"issues": []},
        "addonArn": f"arn:aws:eks:eu-west-1:111122223333:addon/prod/{name}/x",
        **more,
    }
    return {"addon": body}


LIST = {"addons": ["kube-proxy"]}
COREDNS = a_deployment(
    "coredns", "kube-system", image="602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/coredns:v1.12.1-eksbuild.2"
)
CLUSTER = ("Cluster prod",)

CASES = (
    Case(
        "DM-MCP-003", VIOLATED, documents=(an_eks(version="1.29"),), on=CLUSTER, says="out of support since 2026-03-23"
    ),
    Case("DM-MCP-003", VIOLATED, documents=(an_eks(version="1.24"),), on=CLUSTER, about="older than any that is known"),
    Case("DM-MCP-003", VIOLATED, documents=(an_eks(version="1.32"),), on=CLUSTER, says="in extended support"),
    Case(
        "DM-MCP-003",
        VIOLATED,
        documents=(an_eks(version="1.32", upgradePolicy=STANDARD),),
        on=CLUSTER,
        says="out of support",
        about="without the extension the standard end counts",
    ),
    Case("DM-MCP-003", VIOLATED, documents=(an_eks(version="1.31"),), on=CLUSTER, says="ends on 2026-11-26"),
    Case("DM-MCP-003", HOLDS, documents=(an_eks(version="1.35"),), says="supported until 2027-03-27"),
    Case("DM-MCP-003", UNKNOWN, documents=(an_eks(version="1.39"),), says="is not known"),
    Case("DM-MCP-003", UNKNOWN, documents=(an_aks(),), base=AKS, says="no calendar of aks"),
    Case("DM-MCP-003", UNKNOWN, base=(a_namespace("shop"),), says="version of the control plane was not seen"),
    Case(
        "DM-MCP-003",
        VIOLATED,
        documents=(a_gke(currentMasterVersion="1.32.9-gke.1"),),
        base=GKE,
        on=CLUSTER,
        at=_at(2026, 5, 1),
        about="GKE",
    ),
    Case(
        "DM-MCP-004",
        VIOLATED,
        (_node("v1.31.7-eks-1"),),
        documents=(an_eks(),),
        on=POOL,
        says="2 minor versions behind",
    ),
    Case(
        "DM-MCP-004",
        VIOLATED,
        (_node("v1.28.1-eks-1"),),
        documents=(an_eks(),),
        on=POOL,
        says="further than Kubernetes allows",
    ),
    Case("DM-MCP-004", VIOLATED, documents=(an_eks(), _group("1.33.5-20260501")), on=POOL, says="207 days ago"),
    Case("DM-MCP-004", HOLDS, documents=(an_eks(), _group("1.33.5-20261101"))),
    Case(
        "DM-MCP-004",
        VIOLATED,
        base=AKS,
        on=POOL,
        says="is of 2026-05-10",
        documents=(
            an_aks(agentPoolProfiles=[an_agent_pool(nodeImageVersion="AKSUbuntu-2204gen2containerd-202605.10.0")]),
        ),
    ),
    Case("DM-MCP-004", UNKNOWN, says="the version of the control plane was not seen"),
    Case("DM-MCP-004", UNKNOWN, documents=(an_eks(),), gaps=(("nodes", GapReason.FORBIDDEN),)),
    Case(
        "DM-MCP-005",
        VIOLATED,
        documents=(an_eks(), _addon(addonVersion="v1.31.2-eksbuild.3")),
        on=("Record eks.addon/kube-proxy",),
    ),
    Case(
        "DM-MCP-005",
        VIOLATED,
        on=("Record eks.addon/kube-proxy",),
        says="somebody changed what EKS manages",
        documents=(an_eks(), _addon(status="DEGRADED", health={"issues": [{"code": "ConfigurationConflict"}]})),
    ),
    Case(
        "DM-MCP-005",
        VIOLATED,
        (COREDNS,),
        documents=(an_eks(), _addon()),
        on=("Component coredns",),
        says="beside the add-ons",
    ),
    Case(
        "DM-MCP-005",
        HOLDS,
        (COREDNS,),
        documents=(an_eks(), _addon(), _addon("coredns", addonVersion="v1.12.1-eksbuild.2")),
    ),
    Case("DM-MCP-005", UNKNOWN, documents=(an_eks(),), says="add-ons were not given"),
    Case("DM-MCP-005", NOT, base=SELF),
)
