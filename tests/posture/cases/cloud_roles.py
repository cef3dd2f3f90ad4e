"""Cases of checks of roles of the cloud."""

from __future__ import annotations

from typing import Any

from demarc.model.posture import Outcome
from demarc.testing import a_service_account
from tests.posture.clouds import AKS, GKE, SELF, a_gke, a_gke_pool, an_aks, an_eks
from tests.posture.given import Case, Object

VIOLATED, HOLDS, UNKNOWN, NOT = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
NODE = "arn:aws:iam::111122223333:role/node"
APP = "arn:aws:iam::111122223333:role/app"
ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
GROUP = {
    "nodegroup": {
        "nodegroupName": "general",
        "clusterName": "prod",
        "nodeRole": NODE,
        "nodegroupArn": "arn:aws:eks:eu-west-1:111122223333:nodegroup/prod/general/x",
    }
}
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"
BOUND = f"{ISSUER}:sub"
AUDIENCE = {f"{ISSUER}:aud": "sts.amazonaws.com"}
ONE = {"StringEquals": {BOUND: "system:serviceaccount:shop:app", **AUDIENCE}}
ANNOTATED = {"eks.amazonaws.com/role-arn": APP}
KSA = {"iam.gke.io/gcp-service-account": "app@p.iam.gserviceaccount.com"}


def _details(*roles: Object) -> Object:
    return {"RoleDetailList": list(roles), "UserDetailList": [], "GroupDetailList": [], "Policies": []}


def _role(
    arn: str, *, statement: Object | None = None, managed: tuple[str, ...] = (), trust: Object | None = None
) -> Object:
    inline = [{"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}] if statement else []
    trusted = trust or {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "RoleName": arn.rpartition("/")[2],
        "Arn": arn,
        "AssumeRolePolicyDocument": {"Statement": [trusted]},
        "RolePolicyList": inline,
        "AttachedManagedPolicies": [
            {"PolicyName": name, "PolicyArn": f"arn:aws:iam::aws:policy/{name}"} for name in managed
        ],
    }


def _federated(condition: Object) -> Object:
    return {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }


def _allow(action: str, resource: str = "*") -> Object:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def _policy(role: str, *members: str) -> Object:
    return {"bindings": [{"role": role, "members": list(members)}], "etag": "x", "version": 1}


def _assigned(role: str) -> list[Object]:
    scope = "/subscriptions/s/resourceGroups/rg"
    return [
        {
            "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/1",
            "name": "1",
            "scope": scope,
            "principalId": "kubelet",
            "principalType": "ServicePrincipal",
            "roleDefinitionName": role,
            "roleDefinitionId": f"{scope}/x",
            "type": "Microsoft.Authorization/roleAssignments",
        }
    ]


IDENTITY = {"kubeletidentity": {"resourceId": "/x/kubelet", "clientId": "c", "objectId": "kubelet"}}
WORKER = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly")


def _accounts(*names: str, **more: Any) -> tuple[Object, ...]:
    return tuple(a_service_account(name, **more) for name in names)


CASES = (
    Case(
        "DM-MCP-008",
        VIOLATED,
        on=(f"CloudRole {NODE}",),
        says="s3:* on every resource",
        documents=(an_eks(), GROUP, _details(_role(NODE, statement=_allow("s3:*")))),
    ),
    Case(
        "DM-MCP-008",
        VIOLATED,
        on=(f"CloudRole {NODE}",),
        says="AdministratorAccess",
        documents=(an_eks(), GROUP, _details(_role(NODE, managed=("AdministratorAccess",)))),
    ),
    Case("DM-MCP-008", HOLDS, documents=(an_eks(), GROUP, _details(_role(NODE, managed=WORKER)))),
    Case(
        "DM-MCP-008",
        HOLDS,
        documents=(an_eks(), GROUP, _details(_role(NODE, statement=_allow("s3:GetObject", "arn:aws:s3:::a/*")))),
        about="one bucket",
    ),
    Case("DM-MCP-008", UNKNOWN, documents=(an_eks(), GROUP), says="its policies were not given"),
    Case("DM-MCP-008", UNKNOWN, says="the role of the nodes of pool general was not given"),
    Case(
        "DM-MCP-008",
        VIOLATED,
        documents=(a_gke(nodePools=[a_gke_pool(config={"serviceAccount": "default"})]),),
        base=GKE,
        on=("CloudRole default",),
    ),
    Case(
        "DM-MCP-008",
        VIOLATED,
        base=GKE,
        on=("CloudRole nodes@p.iam.gserviceaccount.com",),
        documents=(a_gke(), _policy("roles/editor", "serviceAccount:nodes@p.iam.gserviceaccount.com")),
    ),
    Case("DM-MCP-008", HOLDS, documents=(a_gke(), _policy("roles/viewer", "user:a@x.example")), base=GKE, about="GKE"),
    Case(
        "DM-MCP-008",
        VIOLATED,
        documents=(an_aks(identityProfile=IDENTITY), *_assigned("Contributor")),
        base=AKS,
        on=("CloudRole /x/kubelet",),
    ),
    Case(
        "DM-MCP-008", HOLDS, documents=(an_aks(identityProfile=IDENTITY), *_assigned("AcrPull")), base=AKS, about="AKS"
    ),
    Case(
        "DM-MCP-009",
        VIOLATED,
        _accounts("app"),
        on=(f"CloudRole {APP}",),
        says="trusts every service account",
        documents=(
            an_eks(),
            _details(
                _role(
                    APP,
                    trust=_federated({"StringLike": {BOUND: "system:serviceaccount:shop:*"}, "StringEquals": AUDIENCE}),
                )
            ),
        ),
    ),
    Case(
        "DM-MCP-009",
        VIOLATED,
        _accounts("app", annotations=ANNOTATED),
        on=(f"CloudRole {APP}",),
        says="whatever they were made for",
        documents=(
            an_eks(),
            _details(_role(APP, trust=_federated({"StringEquals": {BOUND: "system:serviceaccount:shop:app"}}))),
        ),
    ),
    Case(
        "DM-MCP-009",
        HOLDS,
        _accounts("app", annotations=ANNOTATED),
        documents=(an_eks(), _details(_role(APP, trust=_federated(ONE)))),
    ),
    Case(
        "DM-MCP-009",
        UNKNOWN,
        _accounts("app", annotations=ANNOTATED),
        documents=(an_eks(),),
        says="their trust were not given",
    ),
    Case(
        "DM-MCP-009",
        VIOLATED,
        _accounts("app"),
        base=GKE,
        on=("CloudRole roles/storage.admin given directly",),
        documents=(
            a_gke(),
            _policy(
                "roles/storage.admin",
                "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p.svc.id.goog/namespace/shop",
            ),
        ),
    ),
    Case("DM-MCP-009", NOT, base=SELF),
    Case(
        "DM-MCP-010",
        VIOLATED,
        _accounts("app", annotations=ANNOTATED),
        on=("ServiceAccount shop/app",),
        says="is broken",
        documents=(an_eks(), _details(_role(APP))),
    ),
    Case(
        "DM-MCP-010",
        HOLDS,
        _accounts("app", annotations=ANNOTATED),
        documents=(an_eks(), _details(_role(APP, trust=_federated(ONE)))),
    ),
    Case(
        "DM-MCP-010",
        UNKNOWN,
        _accounts("app", annotations=ANNOTATED),
        documents=(an_eks(),),
        says="the role was not given",
    ),
    Case("DM-MCP-010", UNKNOWN, documents=(an_eks(),), says="no service account was seen"),
    Case("DM-MCP-010", UNKNOWN, _accounts("app", annotations=KSA), documents=(a_gke(),), base=GKE, about="GKE"),
)
