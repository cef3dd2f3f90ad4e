"""Small clusters of EKS, GKE and AKS with what stands around them, built through the readers as from real exports."""

from __future__ import annotations

import json
from typing import Any

from msgspec import structs

from demarc.access import Authorizer
from demarc.access.graph import GraphBuilder
from demarc.access.planes import planes
from demarc.access.techniques import TECHNIQUES, View
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.catalog.techniques import techniques
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.inventory import build
from demarc.model.snapshot import Record
from demarc.testing import an_object
from tests.access.given import FILLER, NOW

ISSUER = "oidc.eks.eu-north-1.amazonaws.com/id/AAAA"
CLUSTER_ARN = "arn:aws:eks:eu-north-1:111122223333:cluster/shop"
AKS_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/shop"


def an_arn(name: str, kind: str = "role") -> str:
    return f"arn:aws:iam::111122223333:{kind}/{name}"


def an_eks(mode: str = "API_AND_CONFIG_MAP", **more: Any) -> dict[str, Any]:
    body = {
        "name": "shop",
        "arn": CLUSTER_ARN,
        "identity": {"oidc": {"issuer": f"https://{ISSUER}"}},
        "accessConfig": {"authenticationMode": mode, "bootstrapClusterCreatorAdminPermissions": True},
    }
    return {"cluster": body | more}


def a_gke(**more: Any) -> dict[str, Any]:
    body = {
        "name": "shop",
        "location": "europe-north1",
        "currentMasterVersion": "1.33.4-gke.1",
        "selfLink": "https://container.googleapis.com/v1/projects/p/locations/europe-north1/clusters/shop",
        "workloadIdentityConfig": {"workloadPool": "p.svc.id.goog"},
    }
    return body | more


def an_aks(**more: Any) -> dict[str, Any]:
    body = {
        "id": AKS_ID,
        "name": "shop",
        "type": "Microsoft.ContainerService/ManagedClusters",
        "oidcIssuerProfile": {"enabled": True, "issuerUrl": "https://issuer.example/aks/"},
        "aadProfile": {"managed": True, "enableAzureRbac": True},
    }
    return body | more


def a_role(name: str, *trust: dict[str, Any], details: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """An IAM role; with ``details``, as account authorization details say it, all of its policies included."""
    document = {"Version": "2012-10-17", "Statement": list(trust)}
    body: dict[str, Any] = {"RoleName": name, "Arn": an_arn(name), "AssumeRolePolicyDocument": document}
    if details is None:
        return {"Role": body}
    policies = [{"PolicyName": "inline", "PolicyDocument": {"Statement": details}}]
    return {
        "RoleDetailList": [body | {"RolePolicyList": policies, "AttachedManagedPolicies": []}],
        "UserDetailList": [],
    }


def trust(issuer: str, sub: str | None, operator: str = "StringEquals", **more: Any) -> dict[str, Any]:
    wanted: dict[str, Any] = {operator: {f"{issuer}:sub": sub}} if sub is not None else {}
    return {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": wanted | more,
    }


def by_service(name: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": name}, "Action": ["sts:AssumeRole", "sts:TagSession"]}


def allowing(*actions: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def an_entry(arn: str, *groups: str, user: str = "", kind: str = "STANDARD") -> dict[str, Any]:
    body = {
        "principalArn": arn,
        "clusterName": "shop",
        "kubernetesGroups": list(groups),
        "username": user,
        "type": kind,
    }
    return {"accessEntry": body}


def policies_of(arn: str, *names: str, namespaces: tuple[str, ...] = ()) -> dict[str, Any]:
    scope = {"type": "namespace" if namespaces else "cluster", "namespaces": list(namespaces)}
    listed = [{"policyArn": f"arn:aws:eks::aws:cluster-access-policy/{name}", "accessScope": scope} for name in names]
    return {"clusterName": "shop", "principalArn": arn, "associatedAccessPolicies": listed}


def an_account(name: str = "api", namespace: str = "shop", **annotations: str) -> dict[str, Any]:
    named = {key.replace("__", "/").replace("_", "-"): value for key, value in annotations.items()}
    return an_object("v1", "ServiceAccount", name, namespace=namespace, annotations=named or None)


def a_workflow(repository: str = "acme/shop", path: str = ".github/workflows/deploy.yaml", **document: Any) -> Record:
    body = {"path": path, "document": {"name": "deploy", "on": "push"} | document}
    return Record(kind="repository.workflow", name=path, parent=repository, body=body, source="s1")


def a_record(kind: str, name: str, parent: str = "", **body: Any) -> Record:
    return Record(kind=kind, name=name, parent=parent, body=body, source="s1")


def a_snapshot(*objects: dict[str, Any], answers: tuple[Any, ...] = (), records: tuple[Record, ...] = ()):
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
    dump = {"apiVersion": "v1", "kind": "List", "items": [*objects, *FILLER]}
    builder.add_document(json.dumps(dump).encode(), origin="dump.json")
    for number, answer in enumerate(answers):
        builder.add_document(json.dumps(answer).encode(), origin=f"answer-{number}.json")
    found = builder.build(now=NOW)
    return structs.replace(found, records=(*found.records, *records))


def an_inventory(snapshot):
    return build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())


def planes_of(*objects, uses=None, **around):
    snapshot = a_snapshot(*objects, **around)
    authorizer = Authorizer(snapshot)
    return planes(snapshot, an_inventory(snapshot), authorizer, uses=uses(authorizer) if uses else None)


def hops(technique: str, *objects, **around):
    """Edges of one technique, as values."""
    snapshot = a_snapshot(*objects, **around)
    view, graph = View(snapshot, an_inventory(snapshot)), GraphBuilder(techniques())
    next(one for one in TECHNIQUES if one.name == technique).edges(view, graph)
    made = graph.build()
    found = [made.hop(edge) for edge in range(len(made.details))]
    return [hop for hop in found if hop.technique == technique]
