"""Roles of the three clouds, looked at from both sides: whole links, broken ones, and those that cannot be told."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from demarc.model.nhi import Nhi, NhiKind, NhiState
from demarc.testing import a_deployment, a_service_account
from tests.nhi.given import report
from tests.posture.clouds import AKS, GKE, a_gke, an_aks, an_eks
from tests.posture.given import BASE, Object

ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
ROLE = "arn:aws:iam::111122223333:role/bot"
OTHER = "arn:aws:iam::111122223333:role/other"
GSA = "bot@p.iam.gserviceaccount.com"
USER = "roles/iam.workloadIdentityUser"
AKS_ISSUER = "https://issuer.example/aks/"
IDENTITY = "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/bot"


def trusting(subject: str = "system:serviceaccount:shop:bot", *, arn: str = ROLE) -> Object:
    return {
        "RoleName": arn.rpartition("/")[2],
        "Arn": arn,
        "AssumeRolePolicyDocument": {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {"StringEquals": {f"{ISSUER}:sub": subject, f"{ISSUER}:aud": "sts.amazonaws.com"}},
                }
            ]
        },
        "RolePolicyList": [],
        "AttachedManagedPolicies": [],
    }


def pod_role(arn: str = ROLE) -> Object:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    return {**trusting(arn=arn), "AssumeRolePolicyDocument": {"Statement": [statement]}}


def roles(*held: Object) -> Object:
    return {"RoleDetailList": list(held), "UserDetailList": [], "GroupDetailList": [], "Policies": []}


def association(name: str = "bot", arn: str = ROLE) -> Object:
    return {
        "association": {
            "clusterName": "prod",
            "namespace": "shop",
            "serviceAccount": name,
            "roleArn": arn,
            "associationArn": "arn:aws:eks:eu-west-1:111122223333:podidentityassociation/prod/a-1",
            "associationId": "a-1",
        }
    }


AGENT = {"addon": {"addonName": "eks-pod-identity-agent", "clusterName": "prod", "status": "ACTIVE", "addonArn": "a"}}


def policy(*members: str, role: str = USER) -> Object:
    return {"bindings": [{"role": role, "members": list(members)}], "etag": "x", "version": 1}


def googles(*names: str, disabled: bool = False) -> list[Object]:
    return [
        {
            "name": f"projects/p/serviceAccounts/{name}",
            "email": name,
            "uniqueId": "1",
            "projectId": "p",
            **({"disabled": True} if disabled else {}),
        }
        for name in names
    ]


def credential(subject: str = "system:serviceaccount:shop:bot", issuer: str = AKS_ISSUER) -> list[Object]:
    return [
        {
            "id": f"{IDENTITY}/federatedIdentityCredentials/f",
            "name": "f",
            "issuer": issuer,
            "subject": subject,
            "audiences": ["api://AzureADTokenExchange"],
        }
    ]


def identity(client: str = "c-1") -> list[Object]:
    kind = "Microsoft.ManagedIdentity/userAssignedIdentities"
    return [{"id": IDENTITY, "name": "bot", "type": kind, "clientId": client}]


EKS_ONE = a_service_account("bot", annotations={"eks.amazonaws.com/role-arn": ROLE})
GKE_ONE = a_service_account("bot", annotations={"iam.gke.io/gcp-service-account": GSA})
AKS_ONE = a_service_account("bot", annotations={"azure.workload.identity/client-id": "c-1"})
BARE, ELSE = a_service_account("bot"), a_service_account("else")
GONE = "whoever"


class Link(NamedTuple):
    about: str
    state: NhiState
    says: str
    account: Object
    documents: tuple[Any, ...]
    base: tuple[Object, ...] = BASE


HEALTHY, BROKEN, UNKNOWN = NhiState.HEALTHY, NhiState.ORPHANED, NhiState.UNKNOWN
AKS_DOC = an_aks(oidcIssuerProfile={"enabled": True, "issuerURL": AKS_ISSUER})
MEMBER = "serviceAccount:p.svc.id.goog[shop/bot]"
DIRECT = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p.svc.id.goog/subject/ns/shop/sa/bot"
OTHERS = googles("x@p.iam.gserviceaccount.com")
LINKS = (
    Link("IRSA whole", HEALTHY, "", EKS_ONE, (an_eks(), roles(trusting()))),
    Link("IRSA role gone", BROKEN, "does not exist", EKS_ONE, (an_eks(), roles(trusting(arn=OTHER)))),
    Link("IRSA not trusted", BROKEN, "", EKS_ONE, (an_eks(), roles(trusting("system:serviceaccount:shop:x")))),
    Link("IRSA role not given", UNKNOWN, "aws iam get-role", EKS_ONE, (an_eks(),)),
    Link("IRSA account gone", BROKEN, GONE, ELSE, (an_eks(), roles(trusting()))),
    Link("IRSA account names none", BROKEN, "does not name", BARE, (an_eks(), roles(trusting()))),
    Link("association whole", HEALTHY, "", BARE, (an_eks(), association(), AGENT, roles(pod_role()))),
    Link("association account gone", BROKEN, GONE, ELSE, (an_eks(), association(), AGENT, roles(pod_role()))),
    Link(
        "association role gone",
        BROKEN,
        "does not exist",
        BARE,
        (an_eks(), association(), AGENT, roles(pod_role(OTHER))),
    ),
    Link("association role not given", UNKNOWN, "aws iam get-role", BARE, (an_eks(), association(), AGENT)),
    Link("GKE whole", HEALTHY, "", GKE_ONE, (a_gke(), policy(MEMBER)), GKE),
    Link("GKE account of Google gone", BROKEN, "does not exist", GKE_ONE, (a_gke(), {"accounts": OTHERS}), GKE),
    Link("GKE not all accounts given", UNKNOWN, "get-iam-policy", GKE_ONE, (a_gke(), OTHERS), GKE),
    Link("GKE account of Google off", BROKEN, "disabled", GKE_ONE, (a_gke(), googles(GSA, disabled=True)), GKE),
    Link("GKE policy not given", UNKNOWN, "get-iam-policy", GKE_ONE, (a_gke(), googles(GSA)), GKE),
    Link("GKE account gone", BROKEN, GONE, ELSE, (a_gke(), policy(MEMBER)), GKE),
    Link("GKE account names none", BROKEN, "does not name", BARE, (a_gke(), policy(MEMBER)), GKE),
    Link("GKE direct whole", HEALTHY, "", BARE, (a_gke(), policy(DIRECT, role="roles/storage.admin")), GKE),
    Link("GKE direct account gone", BROKEN, GONE, ELSE, (a_gke(), policy(DIRECT, role="roles/storage.admin")), GKE),
    Link("AKS whole", HEALTHY, "", AKS_ONE, (AKS_DOC, credential(), identity()), AKS),
    Link(
        "AKS of another cluster",
        BROKEN,
        "another cluster",
        AKS_ONE,
        (AKS_DOC, credential(issuer="https://x/"), identity()),
        AKS,
    ),
    Link("AKS identity gone", BROKEN, "no managed identity", AKS_ONE, (AKS_DOC, {"value": identity("c-2")}), AKS),
    Link("AKS not all identities given", UNKNOWN, "credential list", AKS_ONE, (AKS_DOC, identity("c-2")), AKS),
    Link("AKS credentials not given", UNKNOWN, "federated-credential list", AKS_ONE, (AKS_DOC, identity()), AKS),
    Link("AKS account gone", BROKEN, GONE, ELSE, (AKS_DOC, credential(), identity()), AKS),
    Link("AKS account names none", BROKEN, "does not name", BARE, (AKS_DOC, credential(), identity()), AKS),
)


def linked(link: Link) -> list[Nhi]:
    runs = a_deployment("app", service_account=link.account["metadata"]["name"])
    found = report(link.account, runs, documents=link.documents, base=link.base)
    return [one for one in found.items if one.kind is NhiKind.CLOUD_ROLE]


@pytest.mark.parametrize("link", LINKS, ids=[link.about for link in LINKS])
def test_both_sides_are_looked_at(link):
    found = linked(link)
    assert found, "the link is not seen at all"
    fitting = [one for one in found if one.namespace == "shop" and one.states[0].state is link.state]
    assert fitting, [(one.id, one.states) for one in found]
    assert link.says in fitting[0].states[0].says


def test_an_account_with_both_ways_of_eks_uses_one_of_them():
    both = Link(
        "both", BROKEN, "", EKS_ONE, (an_eks(), association(arn=OTHER), AGENT, roles(trusting(), pod_role(OTHER)))
    )
    assert any("SDKs look at first" in one.says for item in linked(both) for one in item.states)
