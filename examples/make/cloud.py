"""What the company's own tools print of its AWS account: one file per answer, in the shapes of AWS CLI version 2."""

from __future__ import annotations

import base64
import json
from typing import Any

from make import certs
from make.company import ACCOUNT, CLUSTER, CLUSTER_CREATED, OIDC, PEOPLE, REGION, SLUG, TEAMS, role
from make.incident import ADDRESS, EXPORTER
from make.nodes import cluster_arn
from make.stable import hexes, later, moment, uid

Answer = dict[str, Any]
STORE = "d-9067exampl"
CREATOR = role("fjordkite-bootstrap")


def cli(time: str) -> str:
    """Write a time as the CLI does."""
    return moment(time).isoformat(timespec="microseconds")


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


def cluster() -> Answer:
    """``aws eks describe-cluster``."""
    logged = ["api", "audit", "authenticator"]
    return {
        "cluster": {
            "name": CLUSTER,
            "arn": cluster_arn(),
            "createdAt": cli(CLUSTER_CREATED),
            "version": "1.33",
            "endpoint": f"https://EXAMPLE0123456789.gr7.{REGION}.eks.amazonaws.com",
            "roleArn": role("fjordkite-eks-cluster"),
            "resourcesVpcConfig": {
                "subnetIds": ["subnet-0exampleaaaa0001", "subnet-0exampleaaaa0002", "subnet-0exampleaaaa0003"],
                "securityGroupIds": [],
                "clusterSecurityGroupId": "sg-0exampleclust001",
                "vpcId": "vpc-0example00000001",
                "endpointPublicAccess": True,
                "endpointPrivateAccess": True,
                "publicAccessCidrs": ["0.0.0.0/0"],
            },
            "kubernetesNetworkConfig": {
                "serviceIpv4Cidr": "172.20.0.0/16",
                "ipFamily": "ipv4",
                "elasticLoadBalancing": {"enabled": False},
            },
            "logging": {
                "clusterLogging": [
                    {"types": logged, "enabled": True},
                    {"types": ["controllerManager", "scheduler"], "enabled": False},
                ]
            },
            "identity": {"oidc": {"issuer": f"https://{OIDC}"}},
            "status": "ACTIVE",
            "certificateAuthority": {"data": base64.b64encode(certs.CLUSTER_CA.encode()).decode()},
            "platformVersion": "eks.21",
            "tags": {"environment": "production", "owner": "platform"},
            "health": {"issues": []},
            "accessConfig": {
                "bootstrapClusterCreatorAdminPermissions": True,
                "authenticationMode": "API_AND_CONFIG_MAP",
            },
            "upgradePolicy": {"supportType": "EXTENDED"},
            "computeConfig": {"enabled": False},
            "storageConfig": {"blockStorage": {"enabled": False}},
            "deletionProtection": False,
        }
    }


def _nodegroup(name: str, made: str, changed: str, **own: Any) -> Answer:
    return {
        "nodegroup": {
            "nodegroupName": name,
            "nodegroupArn": _arn("eks", f"nodegroup/{CLUSTER}/{name}/{uid('nodegroup', name)}"),
            "clusterName": CLUSTER,
            "createdAt": cli(made),
            "modifiedAt": cli(changed),
            "status": "ACTIVE",
            "subnets": ["subnet-0exampleaaaa0001", "subnet-0exampleaaaa0002", "subnet-0exampleaaaa0003"],
            "health": {"issues": []},
            "updateConfig": {"maxUnavailable": 1},
            "tags": {},
        }
        | own
    }


def nodegroups() -> dict[str, Answer]:
    """``aws eks list-nodegroups`` and ``describe-nodegroup``."""
    general = _nodegroup(
        "general",
        "2024-03-11T09:30:10Z",
        "2026-10-06T05:20:00Z",
        version="1.33",
        releaseVersion="1.33.5-20260929",
        capacityType="ON_DEMAND",
        scalingConfig={"minSize": 3, "maxSize": 6, "desiredSize": 3},
        instanceTypes=["m6i.xlarge"],
        amiType="AL2023_x86_64_STANDARD",
        nodeRole=role("fjordkite-node-general"),
        diskSize=80,
        labels={},
    )
    batch = _nodegroup(
        "batch",
        "2025-01-20T10:00:00Z",
        "2025-11-19T13:00:00Z",
        capacityType="SPOT",
        scalingConfig={"minSize": 0, "maxSize": 8, "desiredSize": 2},
        instanceTypes=["c6i.2xlarge"],
        amiType="CUSTOM",
        nodeRole=role("fjordkite-node-batch"),
        launchTemplate={"name": "fjordkite-batch", "version": "7", "id": "lt-0example00batch001"},
        taints=[{"key": "fjordkite.example/batch", "value": "true", "effect": "NO_SCHEDULE"}],
        labels={},
    )
    return {
        "eks-list-nodegroups": {"nodegroups": ["batch", "general"]},
        "eks-describe-nodegroup-general": general,
        "eks-describe-nodegroup-batch": batch,
    }


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


ADDONS = {
    "vpc-cni": "v1.20.3-eksbuild.1",
    "kube-proxy": "v1.33.3-eksbuild.6",
    "coredns": "v1.12.3-eksbuild.1",
    "eks-pod-identity-agent": "v1.3.8-eksbuild.2",
    "aws-ebs-csi-driver": "v1.48.0-eksbuild.1",
    "metrics-server": "v0.8.0-eksbuild.2",
}


def addons() -> dict[str, Answer]:
    """``aws eks list-addons`` and ``describe-addon``; metrics-server is a community add-on."""
    answers: dict[str, Answer] = {"eks-list-addons": {"addons": sorted(ADDONS)}}
    for name, version in ADDONS.items():
        addon = {
            "addonName": name,
            "clusterName": CLUSTER,
            "status": "ACTIVE",
            "addonVersion": version,
            "health": {"issues": []},
            "addonArn": _arn("eks", f"addon/{CLUSTER}/{name}/{uid('addon', name)}"),
            "createdAt": cli("2024-03-11T09:25:00Z"),
            "modifiedAt": cli("2026-09-15T06:31:02Z"),
            "tags": {},
        }
        if name == "metrics-server":
            addon |= {"owner": "community", "publisher": "eks"}
        else:
            addon |= {"owner": "aws", "publisher": "eks"}
        if name == "aws-ebs-csi-driver":
            addon["podIdentityAssociations"] = [_arn("eks", f"podidentityassociation/{CLUSTER}/a-ebscsiexample0001")]
        answers[f"eks-describe-addon-{name}"] = {"addon": addon}
    return answers


def fargate() -> dict[str, Answer]:
    """``aws eks list-fargate-profiles`` and ``describe-fargate-profile``."""
    profile = {
        "fargateProfileName": "edi",
        "fargateProfileArn": _arn("eks", f"fargateprofile/{CLUSTER}/edi/{uid('fargate', 'edi')}"),
        "clusterName": CLUSTER,
        "createdAt": cli("2024-04-02T09:00:00Z"),
        "podExecutionRoleArn": role("fjordkite-fargate-edi"),
        "subnets": ["subnet-0exampleaaaa0001"],
        "selectors": [{"namespace": "edi"}],
        "status": "ACTIVE",
        "tags": {},
        "health": {"issues": []},
    }
    return {
        "eks-list-fargate-profiles": {"fargateProfileNames": ["edi"]},
        "eks-describe-fargate-profile-edi": {"fargateProfile": profile},
    }


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
                "accessEntryArn": _arn(
                    "eks",
                    f"access-entry/{CLUSTER}/{'user' if ':user/' in principal else 'role'}/{ACCOUNT}/{name}/{uid('entry', name)}",
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
            "associationArn": _arn("eks", f"podidentityassociation/{CLUSTER}/{key}"),
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
            "repositoryArn": _arn("ecr", f"repository/{name}"),
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
        "arn": _arn("logs", f"log-group:{group}:*"),
        "storedBytes": 48318382080,
        "logGroupClass": "STANDARD",
        "logGroupArn": _arn("logs", f"log-group:{group}"),
    }
    return {
        "ecr-describe-repositories": {"repositories": repositories},
        "logs-describe-log-groups": {"logGroups": [groups]},
    }


def directory() -> dict[str, Answer]:
    """``aws identitystore list-users``, ``list-groups`` and ``list-group-memberships``: one user is disabled."""
    users = []
    for person in PEOPLE:
        given, _, family = person.name.partition(" ")
        users.append(
            {
                "UserName": person.mail,
                "UserId": uid("user", person.login),
                "Name": {"FamilyName": family, "GivenName": given},
                "DisplayName": person.name,
                "Emails": [{"Value": person.mail, "Type": "work", "Primary": True}],
                "Title": person.title,
                "IdentityStoreId": STORE,
                "UserStatus": "DISABLED" if person.left else "ENABLED",
                "CreatedAt": cli(f"{person.joined}T08:00:00Z"),
                "UpdatedAt": cli(later(f"{person.left or person.joined}T15:00:00Z")),
            }
        )
    answers: dict[str, Answer] = {"identitystore-list-users": {"Users": users}}
    groups = []
    for team in TEAMS:
        if team.until:
            continue
        group = uid("group", team.id)
        groups.append({"GroupId": group, "DisplayName": team.id, "Description": team.name, "IdentityStoreId": STORE})
        answers[f"identitystore-list-group-memberships-{team.id}"] = {
            "GroupMemberships": [
                {
                    "IdentityStoreId": STORE,
                    "MembershipId": uid("membership", team.id, member.person),
                    "GroupId": group,
                    "MemberId": {"UserId": uid("user", member.person)},
                }
                for member in team.members
            ]
        }
    answers["identitystore-list-groups"] = {"Groups": groups}
    return answers


def files() -> dict[str, Answer]:
    """Files of the cloud and directory folders, by path."""
    answers = {"eks-describe-cluster": cluster()}
    for part in (nodegroups, launch_template, addons, fargate, access_entries, pod_identity, roles, stores):
        answers |= part()
    found = {f"cloud/{name}.json": answer for name, answer in answers.items()}
    return found | {f"directory/{name}.json": answer for name, answer in directory().items()}
