"""Cloud roles with whom they trust, and what the account holds besides: images, logs, launch templates, the trail."""

from __future__ import annotations

import json

from make.answers import Answer, arn, cli
from make.company import ACCOUNT, CLUSTER, OIDC, REGION, SLUG, role
from make.incident import ADDRESS, EXPORTER
from make.stable import hexes, uid


def launch_template() -> dict[str, Answer]:
    """``aws ec2 describe-launch-template-versions``: the hop limit lets pods reach the instance's metadata."""
    version = {
        "LaunchTemplateId": "lt-0example00batch001",
        "LaunchTemplateName": "fjordkite-batch",
        "VersionNumber": 7,
        "CreateTime": cli("2025-11-19T12:50:00Z"),
        "CreatedBy": f"arn:aws:sts::{ACCOUNT}:assumed-role/fjordkite-bootstrap/tomasz.wrona",
        "DefaultVersion": True,
        "LaunchTemplateData": {
            "ImageId": "ami-0example000batch1",
            "MetadataOptions": {"HttpTokens": "optional", "HttpPutResponseHopLimit": 2, "HttpEndpoint": "enabled"},
            "BlockDeviceMappings": [
                {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": False, "VolumeSize": 120, "VolumeType": "gp3"}}
            ],
        },
    }
    return {"ec2-describe-launch-template-versions": {"LaunchTemplateVersions": [version]}}


def _web_identity(namespace: str, account: str) -> Answer:
    return {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{OIDC}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{OIDC}:aud": "sts.amazonaws.com",
                f"{OIDC}:sub": f"system:serviceaccount:{namespace}:{account}",
            }
        },
    }


def _pods() -> Answer:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }


def _service(name: str) -> Answer:
    return {"Effect": "Allow", "Principal": {"Service": name}, "Action": "sts:AssumeRole"}


def _github() -> Answer:
    issuer = "token.actions.githubusercontent.com"
    return {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringLike": {f"{issuer}:sub": f"repo:{SLUG}/*"},
            "StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"},
        },
    }


ROLES: dict[str, tuple[Answer, str, str | None]] = {
    "fjordkite-external-secrets": (
        _web_identity("external-secrets", "external-secrets"),
        "2024-03-13T06:50:00Z",
        "2026-11-18T14:02:00Z",
    ),
    "fjordkite-cluster-autoscaler": (
        _web_identity("kube-system", "cluster-autoscaler"),
        "2024-03-14T06:40:00Z",
        "2026-11-18T13:59:00Z",
    ),
    "fjordkite-lake-exporter": (_web_identity(*EXPORTER), "2025-01-28T15:50:00Z", "2026-11-18T03:15:00Z"),
    "fjordkite-rate-sync": (_web_identity("booking", "rate-sync-v1"), "2024-08-12T09:00:00Z", "2025-05-19T22:30:00Z"),
    "fjordkite-ebs-csi": (_pods(), "2025-06-03T05:55:00Z", "2026-11-18T11:20:00Z"),
    "fjordkite-assistant": (_pods(), "2026-06-15T09:00:00Z", "2026-11-18T14:20:00Z"),
    "fjordkite-yard-optimizer": (_pods(), "2025-02-10T09:55:00Z", None),
    "fjordkite-github-booking": (_github(), "2025-09-02T11:40:00Z", "2026-11-12T13:05:00Z"),
    "fjordkite-node-general": (_service("ec2.amazonaws.com"), "2024-03-11T09:20:00Z", "2026-11-18T14:28:00Z"),
    "fjordkite-node-batch": (_service("ec2.amazonaws.com"), "2025-01-20T09:50:00Z", "2026-11-18T14:28:00Z"),
    "fjordkite-fargate-edi": (
        _service("eks-fargate-pods.amazonaws.com"),
        "2024-04-02T08:55:00Z",
        "2026-11-18T14:25:00Z",
    ),
    "fjordkite-bootstrap": (
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"},
        "2024-03-08T10:00:00Z",
        "2025-11-19T12:50:00Z",
    ),
}
"""Roles with whom they trust. fjordkite-tracking-ingest and fjordkite-jenkins are not here: they are gone."""
POLICIES = {
    "fjordkite-lake-exporter": ["s3:*", "glue:Get*", "secretsmanager:GetSecretValue"],
    "fjordkite-external-secrets": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
    "fjordkite-assistant": ["bedrock:InvokeModel"],
}


def roles() -> dict[str, Answer]:
    """``aws iam get-role`` and ``get-role-policy``."""
    answers: dict[str, Answer] = {}
    for name, (statement, made, used) in ROLES.items():
        answers[f"iam-get-role-{name}"] = {
            "Role": {
                "Path": "/",
                "RoleName": name,
                "RoleId": f"AROA{hexes('role', name, length=10).upper()}EXAMPLE",
                "Arn": role(name),
                "CreateDate": cli(made),
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
                "MaxSessionDuration": 3600,
                "RoleLastUsed": {"LastUsedDate": cli(used), "Region": REGION} if used else {},
            }
        }
    for name, actions in POLICIES.items():
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        answers[f"iam-get-role-policy-{name}"] = {"RoleName": name, "PolicyName": "inline", "PolicyDocument": document}
    return answers


def trail() -> Answer:
    """``aws cloudtrail lookup-events``: what the stolen token bought on the other side."""
    session = "botocore-session-1763346190"
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/fjordkite-lake-exporter/{session}"
    steps = (
        (
            "2026-11-17T02:23:10Z",
            "AssumeRoleWithWebIdentity",
            "sts.amazonaws.com",
            {"roleArn": role("fjordkite-lake-exporter"), "roleSessionName": session},
        ),
        ("2026-11-17T02:24:02Z", "ListBuckets", "s3.amazonaws.com", None),
        (
            "2026-11-17T02:26:48Z",
            "GetSecretValue",
            "secretsmanager.amazonaws.com",
            {"secretId": "fjordkite/data/ledger-db"},
        ),
    )
    events = []
    for time, name, source, asked in steps:
        first = name.startswith("AssumeRole")
        who = {
            "type": "WebIdentityUser",
            "userName": "system:serviceaccount:data:lake-exporter",
            "identityProvider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{OIDC}",
        }
        if not first:
            who = {"type": "AssumedRole", "arn": arn, "accountId": ACCOUNT, "accessKeyId": "ASIAIOSFODNN7EXAMPLE"}
        event = {
            "eventVersion": "1.11",
            "userIdentity": who,
            "eventTime": time,
            "eventSource": source,
            "eventName": name,
            "awsRegion": REGION,
            "sourceIPAddress": ADDRESS,
            "userAgent": "aws-cli/2.31.3",
            "requestParameters": asked,
            "eventID": uid("trail", name),
            "eventType": "AwsApiCall",
            "recipientAccountId": ACCOUNT,
        }
        events.append(
            {
                "EventId": uid("trail", name),
                "EventName": name,
                "ReadOnly": "true",
                "EventTime": cli(time),
                "EventSource": source,
                "Username": who.get("userName", session),
                "Resources": [],
                "CloudTrailEvent": json.dumps(event, separators=(",", ":")),
            }
        )
    return {"Events": events[::-1]}


def stores() -> dict[str, Answer]:
    """``aws ecr describe-repositories`` and ``aws logs describe-log-groups``."""
    images = (
        "booking-api",
        "booking-web",
        "quotes-api",
        "quotes-worker",
        "tracking-api",
        "yard-planner",
        "lake-exporter",
    )
    repositories = [
        {
            "repositoryArn": arn("ecr", f"repository/{name}"),
            "registryId": ACCOUNT,
            "repositoryName": name,
            "repositoryUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}",
            "createdAt": cli("2024-03-14T08:00:00Z"),
            "imageTagMutability": "IMMUTABLE" if name.startswith("booking") else "MUTABLE",
            "imageScanningConfiguration": {"scanOnPush": name.startswith("booking")},
            "encryptionConfiguration": {"encryptionType": "AES256"},
        }
        for name in images
    ]
    group = f"/aws/eks/{CLUSTER}/cluster"
    groups = {
        "logGroupName": group,
        "creationTime": 1710148640000,
        "retentionInDays": 14,
        "metricFilterCount": 0,
        "arn": arn("logs", f"log-group:{group}:*"),
        "storedBytes": 48318382080,
        "logGroupClass": "STANDARD",
        "logGroupArn": arn("logs", f"log-group:{group}"),
    }
    return {
        "ecr-describe-repositories": {"repositories": repositories},
        "logs-describe-log-groups": {"logGroups": [groups]},
    }
