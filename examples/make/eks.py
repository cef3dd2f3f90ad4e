"""The cluster as EKS describes it: one answer a file."""

from __future__ import annotations

import base64
from typing import Any

from make import certs
from make.answers import Answer, arn, cli
from make.company import CLUSTER, CLUSTER_CREATED, OIDC, REGION, role
from make.nodes import cluster_arn
from make.stable import uid


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
            "nodegroupArn": arn("eks", f"nodegroup/{CLUSTER}/{name}/{uid('nodegroup', name)}"),
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
            "addonArn": arn("eks", f"addon/{CLUSTER}/{name}/{uid('addon', name)}"),
            "createdAt": cli("2024-03-11T09:25:00Z"),
            "modifiedAt": cli("2026-09-15T06:31:02Z"),
            "tags": {},
        }
        if name == "metrics-server":
            addon |= {"owner": "community", "publisher": "eks"}
        else:
            addon |= {"owner": "aws", "publisher": "eks"}
        if name == "aws-ebs-csi-driver":
            addon["podIdentityAssociations"] = [arn("eks", f"podidentityassociation/{CLUSTER}/a-ebscsiexample0001")]
        answers[f"eks-describe-addon-{name}"] = {"addon": addon}
    return answers


def fargate() -> dict[str, Answer]:
    """``aws eks list-fargate-profiles`` and ``describe-fargate-profile``."""
    profile = {
        "fargateProfileName": "edi",
        "fargateProfileArn": arn("eks", f"fargateprofile/{CLUSTER}/edi/{uid('fargate', 'edi')}"),
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
