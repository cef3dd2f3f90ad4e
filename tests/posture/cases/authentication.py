"""Cases of checks of who logs in."""

from __future__ import annotations

from typing import Any

from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.testing import a_config_map, a_secret
from tests.posture.clouds import AKS, GKE, ROSA, a_gke, a_rosa, an_aks, an_eks
from tests.posture.given import Case, Object

VIOLATED, HOLDS, UNKNOWN, NOT = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
EKS = ("Record eks.cluster/prod",)
ADMIN = "arn:aws:iam::111122223333:role/maker"
BOTH = {"authenticationMode": "API_AND_CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True}


def _aws_auth(*, people: bool) -> Object:
    nodes = (
        "- rolearn: arn:aws:iam::1:role/node\n  username: system:node:{{EC2PrivateDNSName}}\n  groups: [system:nodes]\n"
    )
    leading = (
        "- groups: [system:nodes]\n  username: system:node:{{EC2PrivateDNSName}}\n  rolearn: arn:aws:iam::1:role/b\n"
    )
    users = "- rolearn: arn:aws:iam::1:role/dev\n  username: dev\n  groups: [devs]\n" if people else ""
    return a_config_map("aws-auth", "kube-system", data={"mapRoles": nodes + users + leading})


def _entry(created: str) -> Object:
    return {"accessEntry": {"clusterName": "prod", "principalArn": ADMIN, "type": "STANDARD", "createdAt": created}}


def _policies(name: str, scope: str = "cluster") -> Object:
    arn = f"arn:aws:eks::aws:cluster-access-policy/{name}"
    policy: dict[str, Any] = {"policyArn": arn, "accessScope": {"type": scope, "namespaces": []}}
    return {"clusterName": "prod", "principalArn": ADMIN, "associatedAccessPolicies": [policy]}


CASES = (
    Case("DM-MCP-006", VIOLATED, documents=(an_eks(accessConfig={"authenticationMode": "CONFIG_MAP"}),), on=EKS),
    Case(
        "DM-MCP-006",
        VIOLATED,
        (_aws_auth(people=True),),
        documents=(an_eks(accessConfig=BOTH),),
        on=EKS,
        says="1 mappings of people",
    ),
    Case(
        "DM-MCP-006",
        HOLDS,
        (_aws_auth(people=False),),
        documents=(an_eks(accessConfig=BOTH),),
        about="mappings of nodes alone are the provider's own way",
    ),
    Case("DM-MCP-006", HOLDS, documents=(an_eks(),)),
    Case("DM-MCP-006", UNKNOWN, says="the description of the cluster was not given"),
    Case(
        "DM-MCP-006",
        UNKNOWN,
        documents=(an_eks(accessConfig=BOTH),),
        gaps=(("configmaps", GapReason.FORBIDDEN),),
        says="configmaps were not all seen",
    ),
    Case(
        "DM-MCP-006",
        VIOLATED,
        documents=(a_gke(legacyAbac={"enabled": True}, masterAuth={"clientCertificate": "c"}),),
        base=GKE,
        on=("Record gke.cluster/prod", "Record gke.cluster/prod")[:1],
        about="GKE",
    ),
    Case("DM-MCP-006", HOLDS, documents=(a_gke(masterAuth={"clusterCaCertificate": "x"}),), base=GKE, about="GKE"),
    Case(
        "DM-MCP-006",
        VIOLATED,
        documents=(an_aks(disableLocalAccounts=None),),
        base=AKS,
        on=("Record aks.cluster/prod",),
        about="local accounts are on where nothing is said",
    ),
    Case("DM-MCP-006", HOLDS, documents=(an_aks(),), base=AKS, about="AKS"),
    Case(
        "DM-MCP-006",
        VIOLATED,
        (a_secret("kubeadmin", "kube-system"),),
        documents=(a_rosa(),),
        base=ROSA,
        on=("Record rosa.cluster/prod",),
    ),
    Case("DM-MCP-006", UNKNOWN, documents=(a_rosa(),), base=ROSA, says="neither identities nor Secrets"),
    Case(
        "DM-MCP-007",
        VIOLATED,
        on=EKS,
        says="in system:masters",
        documents=(
            an_eks(accessConfig={"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True}),
        ),
    ),
    Case(
        "DM-MCP-007",
        VIOLATED,
        on=(f"Record eks.accessEntry/{ADMIN}",),
        documents=(
            an_eks(accessConfig=BOTH),
            _entry("2026-01-15T09:31:00+00:00"),
            _policies("AmazonEKSClusterAdminPolicy"),
        ),
    ),
    Case(
        "DM-MCP-007",
        HOLDS,
        about="an administrator who came later is not the creator",
        documents=(
            an_eks(accessConfig=BOTH),
            _entry("2026-03-01T09:31:00+00:00"),
            _policies("AmazonEKSClusterAdminPolicy"),
        ),
    ),
    Case(
        "DM-MCP-007",
        HOLDS,
        about="entries of node roles are made with the cluster too",
        documents=(an_eks(accessConfig=BOTH), _entry("2026-01-15T09:31:00+00:00"), _policies("AmazonEKSViewPolicy")),
    ),
    Case("DM-MCP-007", HOLDS, documents=(an_eks(),), about="never given"),
    Case("DM-MCP-007", UNKNOWN, documents=(an_eks(accessConfig=BOTH),), says="access entries were not given"),
    Case("DM-MCP-007", NOT, documents=(a_gke(),), base=GKE),
)
