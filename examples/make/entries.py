"""Who may log in to the cluster, and which pods take on cloud roles, as EKS describes it."""

from __future__ import annotations

from make.answers import Answer, arn, cli
from make.company import ACCOUNT, CLUSTER, role
from make.stable import uid

CREATOR = role("fjordkite-bootstrap")
SSO = "aws-reserved/sso.amazonaws.com/eu-north-1/"
ENTRIES: dict[str, tuple[str, list[str], str, str, str | None]] = {
    "platform": (
        role(f"{SSO}AWSReservedSSO_FkPlatform_0example00000001"),
        ["fk:platform", "fk:on-call"],
        "STANDARD",
        "2024-11-06T08:00:00Z",
        None,
    ),
    "booking": (
        role(f"{SSO}AWSReservedSSO_FkBooking_0example00000002"),
        ["fk:developers", "fk:booking"],
        "STANDARD",
        "2024-11-06T08:02:00Z",
        None,
    ),
    "quotes": (
        role(f"{SSO}AWSReservedSSO_FkQuotes_0example00000004"),
        ["fk:developers", "fk:quotes"],
        "STANDARD",
        "2024-11-06T08:03:00Z",
        None,
    ),
    "tracking": (
        role(f"{SSO}AWSReservedSSO_FkTracking_0example00000005"),
        ["fk:developers", "fk:tracking"],
        "STANDARD",
        "2024-11-06T08:04:00Z",
        None,
    ),
    "data": (
        role(f"{SSO}AWSReservedSSO_FkData_0example00000006"),
        ["fk:developers"],
        "STANDARD",
        "2024-11-06T08:05:00Z",
        None,
    ),
    "auditors": (
        role(f"{SSO}AWSReservedSSO_FkAuditor_0example00000003"),
        ["fk:auditors"],
        "STANDARD",
        "2025-03-03T08:05:00Z",
        None,
    ),
    "github-booking": (role("fjordkite-github-booking"), [], "STANDARD", "2025-09-02T12:01:00Z", None),
    "bootstrap": (CREATOR, [], "STANDARD", "2024-03-11T09:12:44Z", "AmazonEKSClusterAdminPolicy"),
    "piotr": (
        f"arn:aws:iam::{ACCOUNT}:user/piotr.zielinski",
        ["fk:yard"],
        "STANDARD",
        "2024-11-06T08:10:00Z",
        "AmazonEKSEditPolicy",
    ),
    "node-batch": (role("fjordkite-node-batch"), ["system:nodes"], "EC2_LINUX", "2025-01-20T09:58:00Z", None),
    "node-general": (role("fjordkite-node-general"), ["system:nodes"], "EC2_LINUX", "2024-11-06T08:00:00Z", None),
    "fargate-edi": (
        role("fjordkite-fargate-edi"),
        ["system:node-proxier"],
        "FARGATE_LINUX",
        "2024-11-06T08:00:00Z",
        None,
    ),
}
"""Who may log in: principal, groups, type, date and access policy. The bootstrap role is the hidden admin."""


def access_entries() -> dict[str, Answer]:
    """``aws eks list-access-entries``, ``describe-access-entry`` and ``list-associated-access-policies``."""
    answers: dict[str, Answer] = {
        "eks-list-access-entries": {"accessEntries": sorted(entry[0] for entry in ENTRIES.values())}
    }
    for name, (principal, groups, kind, made, policy) in ENTRIES.items():
        sort = "user" if ":user/" in principal else "role"
        username = "{{SessionName}}" if SSO in principal else name
        if kind == "EC2_LINUX":
            username = "system:node:{{EC2PrivateDNSName}}"
        elif kind == "FARGATE_LINUX":
            username = "system:node:{{SessionName}}"
        elif name == "github-booking":
            username = "fjordkite-github-booking"
        elif name == "piotr":
            username = "piotr.zielinski@fjordkite.example"
        answers[f"eks-describe-access-entry-{name}"] = {
            "accessEntry": {
                "clusterName": CLUSTER,
                "principalArn": principal,
                "kubernetesGroups": groups,
                "accessEntryArn": arn(
                    "eks",
                    f"access-entry/{CLUSTER}/{sort}/{ACCOUNT}/{name}/{uid('entry', name)}",
                ),
                "createdAt": cli(made),
                "modifiedAt": cli(made),
                "tags": {},
                "username": username,
                "type": kind,
            }
        }
        if policy:
            answers[f"eks-list-associated-access-policies-{name}"] = {
                "clusterName": CLUSTER,
                "principalArn": principal,
                "associatedAccessPolicies": [
                    {
                        "policyArn": f"arn:aws:eks::aws:cluster-access-policy/{policy}",
                        "accessScope": {"type": "namespace", "namespaces": ["yard"]}
                        if name == "piotr"
                        else {"type": "cluster", "namespaces": []},
                        "associatedAt": cli(made),
                        "modifiedAt": cli(made),
                    }
                ],
            }
    return answers


ASSOCIATIONS = {
    "a-ebscsiexample0001": ("kube-system", "ebs-csi-controller-sa", "fjordkite-ebs-csi", "2025-06-03T06:00:00Z"),
    "a-assistexample0002": ("assistant", "shipment-assistant", "fjordkite-assistant", "2026-06-15T09:05:00Z"),
    "a-optimizexample003": ("yard", "optimizer", "fjordkite-yard-optimizer", "2025-02-10T10:00:00Z"),
}
"""Pod Identity associations; the last names a service account that is not there."""


def pod_identity() -> dict[str, Answer]:
    """``aws eks list-pod-identity-associations`` and ``describe-pod-identity-association``."""
    summaries, answers = [], {}
    for key, (namespace, account, role_name, made) in ASSOCIATIONS.items():
        short = {
            "clusterName": CLUSTER,
            "namespace": namespace,
            "serviceAccount": account,
            "associationArn": arn("eks", f"podidentityassociation/{CLUSTER}/{key}"),
            "associationId": key,
        }
        summaries.append(short)
        full = short | {
            "roleArn": role(role_name),
            "tags": {},
            "createdAt": cli(made),
            "modifiedAt": cli(made),
            "disableSessionTags": False,
        }
        answers[f"eks-describe-pod-identity-association-{account}"] = {"association": full}
    return {"eks-list-pod-identity-associations": {"associations": summaries}} | answers
