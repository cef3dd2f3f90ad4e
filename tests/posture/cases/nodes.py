"""Cases of checks of nodes."""

from __future__ import annotations

from typing import Any

from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.testing import a_namespace, a_node
from tests.posture.clouds import AKS, GKE, ROSA, SELF, a_gke, a_gke_pool, a_rosa, an_agent_pool, an_aks, an_eks
from tests.posture.given import EKS, Case, Object

VIOLATED, HOLDS, UNKNOWN, NOT = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
POOL = ("Pool general",)
GROUP = ("Record eks.nodegroup/general",)
GKE_POOL = ("Record gke.nodePool/general",)
AKS_POOL = ("Record aks.agentPool/general",)


def _node(*addresses: tuple[str, str]) -> Object:
    found = [{"type": kind, "address": address} for kind, address in addresses]
    status = {"addresses": found, "nodeInfo": {"kubeletVersion": "v1.33.5-eks-1"}}
    return a_node(
        "n1",
        provider_id="aws:///eu-west-1a/i-0a1b2c3d4e5f60718",
        kubelet_version="v1.33.5-eks-1",
        labels=EKS,
        status=status,
    )


def _group(**more: Any) -> Object:
    body = {
        "nodegroupName": "general",
        "clusterName": "prod",
        "amiType": "BOTTLEROCKET_x86_64",
        "nodeRepairConfig": {"enabled": True},
        "nodegroupArn": "arn:aws:eks:eu-west-1:111122223333:nodegroup/prod/general/x",
        "launchTemplate": {"id": "lt-1", "version": "2"},
        **more,
    }
    return {"nodegroup": body}


def _template(**options: Any) -> Object:
    version = {
        "LaunchTemplateId": "lt-1",
        "LaunchTemplateName": "general",
        "VersionNumber": 2,
        "DefaultVersion": True,
        "LaunchTemplateData": {"MetadataOptions": options},
    }
    return {"LaunchTemplateVersions": [version]}


def _pool(**more: Any) -> Object:
    return a_gke(nodePools=[a_gke_pool(**more)])


def _agents(**more: Any) -> Object:
    return an_aks(agentPoolProfiles=[an_agent_pool(**more)])


def _configz(**more: Any) -> Object:
    body = {
        "kind": "KubeletConfiguration",
        "streamingConnectionIdleTimeout": "4h0m0s",
        "readOnlyPort": 0,
        "rotateCertificates": True,
        "authentication": {"anonymous": {"enabled": False}},
        "authorization": {"mode": "Webhook"},
        "providerID": "aws:///eu-west-1a/i-0a1b2c3d4e5f60718",
        **more,
    }
    return {"kubeletconfig": body}


KUBELET = ("Record k8s.kubeletConfig/i-0a1b2c3d4e5f60718",)

CASES = (
    Case(
        "DM-MCP-002",
        VIOLATED,
        (_node(("InternalIP", "10.0.0.7"), ("ExternalIP", "203.0.113.7")),),
        on=POOL,
        says="1 of 1 nodes",
    ),
    Case("DM-MCP-002", HOLDS, (_node(("InternalIP", "10.0.0.7")),)),
    Case("DM-MCP-002", UNKNOWN, base=(a_namespace("shop"),), says="no node was seen"),
    Case("DM-MCP-002", UNKNOWN, gaps=(("nodes", GapReason.FORBIDDEN),)),
    Case(
        "DM-MCP-011", VIOLATED, documents=(an_eks(), _group(), _template(HttpTokens="optional")), on=POOL, says="IMDSv1"
    ),
    Case(
        "DM-MCP-011",
        VIOLATED,
        documents=(an_eks(), _group(), _template(HttpTokens="required", HttpPutResponseHopLimit=2)),
        on=POOL,
        says="the hop limit is 2",
    ),
    Case(
        "DM-MCP-011", HOLDS, documents=(an_eks(), _group(), _template(HttpTokens="required", HttpPutResponseHopLimit=1))
    ),
    Case("DM-MCP-011", UNKNOWN, documents=(an_eks(), _group(launchTemplate=None)), says="published defaults differ"),
    Case(
        "DM-MCP-011",
        VIOLATED,
        documents=(_pool(config={"workloadMetadataConfig": {"mode": "GCE_METADATA"}}),),
        base=GKE,
        on=POOL,
    ),
    Case("DM-MCP-011", HOLDS, documents=(a_gke(),), base=GKE, about="GKE"),
    Case("DM-MCP-011", VIOLATED, documents=(an_aks(),), base=AKS, on=POOL, about="AKS lets every pod by default"),
    Case(
        "DM-MCP-011",
        VIOLATED,
        documents=(a_rosa(aws={"ec2_metadata_http_tokens": "optional"}),),
        base=ROSA,
        on=("Record rosa.cluster/prod",),
    ),
    Case(
        "DM-MCP-012",
        VIOLATED,
        documents=(_pool(config={"shieldedInstanceConfig": {"enableSecureBoot": False}}),),
        base=GKE,
        on=GKE_POOL,
    ),
    Case("DM-MCP-012", VIOLATED, documents=(_pool(config={"imageType": "UBUNTU_CONTAINERD"}),), base=GKE, on=GKE_POOL),
    Case("DM-MCP-012", HOLDS, documents=(a_gke(),), base=GKE),
    Case("DM-MCP-012", VIOLATED, documents=(_agents(securityProfile=None),), base=AKS, on=AKS_POOL),
    Case("DM-MCP-012", HOLDS, documents=(an_aks(),), base=AKS, about="AKS"),
    Case("DM-MCP-012", VIOLATED, documents=(an_eks(), _group(amiType="AL2_x86_64")), on=GROUP, says="no newer images"),
    Case("DM-MCP-012", HOLDS, documents=(an_eks(), _group())),
    Case("DM-MCP-012", UNKNOWN, documents=(an_eks(), _group(amiType="CUSTOM")), says="an image of your own"),
    Case("DM-MCP-012", UNKNOWN, says="pool general was not described"),
    Case("DM-MCP-012", NOT, documents=(a_rosa(),), base=ROSA),
    Case(
        "DM-MCP-013",
        VIOLATED,
        documents=(_pool(management={"autoUpgrade": False}),),
        base=GKE,
        on=GKE_POOL,
        says="patching is yours",
    ),
    Case("DM-MCP-013", HOLDS, documents=(a_gke(),), base=GKE),
    Case("DM-MCP-013", VIOLATED, documents=(an_eks(), _group(nodeRepairConfig=None)), on=GROUP, says="repair is off"),
    Case(
        "DM-MCP-013",
        VIOLATED,
        documents=(an_aks(autoUpgradeProfile={"nodeOsUpgradeChannel": "None"}),),
        base=AKS,
        on=("Record aks.cluster/prod",),
        says="nobody rolls them but you",
    ),
    Case("DM-MCP-013", HOLDS, documents=(an_aks(),), base=AKS, about="AKS"),
    Case(
        "DM-MCP-013",
        UNKNOWN,
        documents=(an_aks(autoUpgradeProfile={"nodeOsUpgradeChannel": None}),),
        base=AKS,
        says="Microsoft's pages name different defaults",
    ),
    Case("DM-MCP-014", VIOLATED, documents=(_configz(readOnlyPort=10255),), on=KUBELET, says="read-only port"),
    Case("DM-MCP-014", VIOLATED, documents=(_configz(authentication={"anonymous": {"enabled": True}}),), on=KUBELET),
    Case("DM-MCP-014", HOLDS, documents=(_configz(),)),
    Case("DM-MCP-014", UNKNOWN, base=SELF, says="configuration"),
    Case(
        "DM-MCP-014",
        VIOLATED,
        base=GKE,
        on=GKE_POOL,
        documents=(_pool(config={"kubeletConfig": {"insecureKubeletReadonlyPortEnabled": True}}),),
    ),
)
