"""Cases of checks of the control plane."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from demarc.model.errors import Where
from demarc.model.posture import Outcome
from demarc.model.register import Register, Review, Selector
from tests.posture.certificates import a_certificate
from tests.posture.clouds import AKS, GKE, ROSA, SELF, a_gke, a_rosa, an_aks, an_eks
from tests.posture.given import Case, Object

VIOLATED, HOLDS, UNKNOWN, NOT = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
EKS = ("Record eks.cluster/prod",)
GKE_CLUSTER = ("Record gke.cluster/prod",)
AKS_CLUSTER = ("Record aks.cluster/prod",)
ROSA_CLUSTER = ("Record rosa.cluster/prod",)
CALENDAR = datetime(2026, 11, 24, tzinfo=UTC)


def _public(*networks: str) -> Object:
    return an_eks(resourcesVpcConfig={"endpointPublicAccess": True, "publicAccessCidrs": list(networks)})


def _ip(**settings: object) -> Object:
    return a_gke(privateClusterConfig={"enablePrivateEndpoint": False}, masterAuthorizedNetworksConfig=settings)


def _authority(until: datetime) -> str:
    return base64.b64encode(a_certificate(until=until, authority=True).encode()).decode()


def _reviewed(on: datetime) -> Register:
    review = Review(
        duties=("platform.control-plane",),
        scope=Selector(),
        by="security",
        on=on,
        evidence="SOC 2 report of 2026",
        where=Where(file="reviews.yaml"),
    )
    return Register(reviews=(review,))


CASES = (
    Case("DM-MCP-001", VIOLATED, documents=(_public("0.0.0.0/0"),), on=EKS, says="open to 0.0.0.0/0"),
    Case("DM-MCP-001", VIOLATED, documents=(_public("0.0.0.0/1", "128.0.0.0/1"),), on=EKS, about="two halves are all"),
    Case("DM-MCP-001", VIOLATED, documents=(_public(),), on=EKS, about="no limit given is none"),
    Case("DM-MCP-001", HOLDS, documents=(_public("203.0.113.0/24"),), about="limited"),
    Case("DM-MCP-001", HOLDS, documents=(an_eks(),), about="private"),
    Case("DM-MCP-001", UNKNOWN, says="the description of the cluster was not given"),
    Case("DM-MCP-001", UNKNOWN, base=SELF, says="self-managed"),
    Case("DM-MCP-001", VIOLATED, documents=(_ip(enabled=False),), base=GKE, on=GKE_CLUSTER),
    Case(
        "DM-MCP-001",
        VIOLATED,
        base=GKE,
        on=GKE_CLUSTER,
        says="every address of Google Cloud",
        documents=(_ip(enabled=True, cidrBlocks=[{"cidrBlock": "203.0.113.0/24"}], gcpPublicCidrsAccessEnabled=True),),
    ),
    Case(
        "DM-MCP-001",
        VIOLATED,
        base=GKE,
        on=GKE_CLUSTER,
        says="DNS endpoint",
        documents=(a_gke(controlPlaneEndpointsConfig={"dnsEndpointConfig": {"allowExternalTraffic": True}}),),
    ),
    Case("DM-MCP-001", HOLDS, documents=(a_gke(),), base=GKE, about="GKE, private"),
    Case(
        "DM-MCP-001",
        HOLDS,
        base=GKE,
        about="GKE without IP endpoints",
        documents=(
            a_gke(privateClusterConfig=None, controlPlaneEndpointsConfig={"ipEndpointsConfig": {"enabled": False}}),
        ),
    ),
    Case("DM-MCP-001", VIOLATED, documents=(an_aks(apiServerAccessProfile=None),), base=AKS, on=AKS_CLUSTER),
    Case("DM-MCP-001", HOLDS, documents=(an_aks(),), base=AKS, about="AKS with authorized ranges"),
    Case(
        "DM-MCP-001",
        VIOLATED,
        documents=(a_rosa(api={"listening": "external"}, aws={"private_link": False}),),
        base=ROSA,
        on=ROSA_CLUSTER,
    ),
    Case("DM-MCP-001", HOLDS, documents=(a_rosa(),), base=ROSA, about="ROSA"),
    Case("DM-MCP-017", VIOLATED, documents=(a_gke(enableKubernetesAlpha=True),), base=GKE, on=GKE_CLUSTER),
    Case("DM-MCP-017", VIOLATED, documents=(a_gke(releaseChannel={"channel": "RAPID"}),), base=GKE, on=GKE_CLUSTER),
    Case(
        "DM-MCP-017", VIOLATED, documents=(a_rosa(version={"channel_group": "candidate"}),), base=ROSA, on=ROSA_CLUSTER
    ),
    Case("DM-MCP-017", HOLDS, documents=(a_gke(),), base=GKE),
    Case("DM-MCP-017", HOLDS, documents=(an_eks(),), says="EKS offers no alpha features"),
    Case("DM-MCP-017", UNKNOWN, base=GKE),
    Case(
        "DM-MCP-018",
        VIOLATED,
        on=EKS,
        says="certificate authority ends on 2027-03-01",
        documents=(an_eks(certificateAuthority={"data": _authority(datetime(2027, 3, 1, tzinfo=UTC))}),),
    ),
    Case(
        "DM-MCP-018", HOLDS, register=_reviewed(datetime(2026, 9, 1, tzinfo=UTC)), documents=(an_eks(),), says="SOC 2"
    ),
    Case(
        "DM-MCP-018",
        UNKNOWN,
        register=_reviewed(datetime(2024, 9, 1, tzinfo=UTC)),
        documents=(an_eks(),),
        about="a review of two years ago proves nothing today",
    ),
    Case("DM-MCP-018", UNKNOWN, documents=(an_eks(),), says="no finding here is yours to mend"),
    Case("DM-MCP-018", NOT, base=SELF),
    Case("DM-SEC-005", VIOLATED, documents=(an_eks(encryptionConfig=None),), on=EKS, says="a key that AWS owns"),
    Case("DM-SEC-005", VIOLATED, documents=(an_eks(encryptionConfig=[], version="1.27"),), on=EKS, says="not envelope"),
    Case("DM-SEC-005", HOLDS, documents=(an_eks(),)),
    Case("DM-SEC-005", UNKNOWN),
    Case(
        "DM-SEC-005", VIOLATED, documents=(a_gke(databaseEncryption={"state": "DECRYPTED"}),), base=GKE, on=GKE_CLUSTER
    ),
    Case("DM-SEC-005", HOLDS, documents=(a_gke(),), base=GKE, about="GKE"),
    Case("DM-SEC-005", VIOLATED, documents=(an_aks(securityProfile=None),), base=AKS, on=AKS_CLUSTER),
    Case("DM-SEC-005", HOLDS, documents=(an_aks(),), base=AKS, about="AKS"),
    Case(
        "DM-SEC-005",
        VIOLATED,
        documents=(a_rosa(hypershift=None, etcd_encryption=False),),
        base=ROSA,
        on=ROSA_CLUSTER,
        about="ROSA classic",
    ),
    Case("DM-SEC-005", HOLDS, documents=(a_rosa(),), base=ROSA, about="ROSA"),
)
