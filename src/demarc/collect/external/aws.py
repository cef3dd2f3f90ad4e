"""Answers of the AWS CLI and of boto3: EKS, launch templates, IAM, the identity store, log groups.

Fields are those of botocore's service models. Whether a list is empty matters as much as what it holds, so every
``list-*`` answer leaves a listing. What a role's trust means is for readers above.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from demarc.collect.external.plain import plain, withhold
from demarc.collect.external.shape import (
    Body,
    Shape,
    described,
    dig,
    enumerated,
    field,
    has,
    listing,
    objects,
    record,
    text,
    texts,
)
from demarc.model.snapshot import Record, SourceKind

_CLUSTER_ARN = re.compile(r"^arn:aws[\w-]*:eks:[^:]*:[^:]*:cluster/")
_EKS_ARN = re.compile(r"^arn:aws[\w-]*:eks:")


def _arn(*path: str) -> Any:
    return lambda body: bool(_EKS_ARN.match(text(body, *path)))


def _cluster_of_arn(body: Body) -> str:
    """Cluster in ``arn:aws:eks:REGION:ACCOUNT:KIND/CLUSTER/...``, for summaries that name it nowhere else."""
    given = text(body, "clusterName")
    parts = (text(body, "associationArn") or text(body, "arn")).split("/")
    return given or (parts[1] if len(parts) > 2 else "")


def _addon(body: Body) -> Body:
    """Helm values of an add-on come as text; read them so that secrets in them can be told apart."""
    values = body.get("configurationValues")
    if not isinstance(values, str) or not values.strip():
        return body
    try:
        read = json.loads(values)
    except (ValueError, RecursionError):
        read = withhold(values)
    return {**body, "configurationValues": plain(read)}


def document(value: Any) -> Any:
    """Read a policy document: an object as it is, or JSON text, also URL-encoded as the IAM API sends it."""
    if not isinstance(value, str):
        return value
    for candidate in (value, unquote(value)):
        try:
            read = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(read, dict):
            return plain(read)
    return value


def _with_documents(body: Body) -> Body:
    """Decode the documents of a role, user, group or policy, wherever IAM nests them."""
    changed = dict(body)
    for name in ("AssumeRolePolicyDocument", "PolicyDocument", "Document"):
        if name in changed:
            changed[name] = document(changed[name])
    for name in ("RolePolicyList", "UserPolicyList", "GroupPolicyList", "PolicyVersionList"):
        if isinstance(changed.get(name), list):
            changed[name] = [_with_documents(item) if isinstance(item, dict) else item for item in changed[name]]
    return changed


_DETAILS = "aws iam get-account-authorization-details"
_IAM_KINDS = {
    "RoleDetailList": ("aws.iamRole", "RoleName"),
    "UserDetailList": ("aws.iamUser", "UserName"),
    "GroupDetailList": ("aws.iamGroup", "GroupName"),
    "Policies": ("aws.iamPolicy", "PolicyName"),
}


def _authorization_details(answer: Body) -> list[Record]:
    found: list[Record] = []
    for key, (kind, name) in _IAM_KINDS.items():
        entries = answer.get(key)
        if not isinstance(entries, list):
            continue
        bodies = [_with_documents(item) for item in objects(entries)]
        found += [record(kind, body, name=text(body, name)) for body in bodies]
        names = [text(body, name) for body in bodies]
        found.append(listing(kind, answer, names, by=_DETAILS, unread=len(entries) - len(bodies)))
    return found


EKS: tuple[Shape, ...] = (
    described(
        "aws eks describe-cluster",
        "eks.cluster",
        looks=lambda b: bool(_CLUSTER_ARN.match(text(b, "arn"))) and "name" in b,
        named=field("name"),
        one="cluster",
    ),
    enumerated("aws eks list-clusters", "eks.cluster", key="clusters"),
    described(
        "aws eks describe-nodegroup",
        "eks.nodegroup",
        looks=lambda b: has(b, "nodegroupName", "clusterName"),
        named=field("nodegroupName"),
        parent=field("clusterName"),
        one="nodegroup",
    ),
    enumerated("aws eks list-nodegroups", "eks.nodegroup", key="nodegroups", parent="clusterName"),
    described(
        "aws eks describe-addon",
        "eks.addon",
        looks=lambda b: has(b, "addonName", "clusterName"),
        named=field("addonName"),
        parent=field("clusterName"),
        one="addon",
        tidy=_addon,
    ),
    enumerated("aws eks list-addons", "eks.addon", key="addons", parent="clusterName"),
    described(
        "aws eks describe-access-entry",
        "eks.accessEntry",
        looks=lambda b: has(b, "principalArn", "clusterName") and "associatedAccessPolicies" not in b,
        named=field("principalArn"),
        parent=field("clusterName"),
        one="accessEntry",
    ),
    enumerated("aws eks list-access-entries", "eks.accessEntry", key="accessEntries", parent="clusterName"),
    described(
        "aws eks list-associated-access-policies",
        "eks.associatedAccessPolicies",
        looks=lambda b: has(b, "principalArn", "clusterName") and isinstance(b.get("associatedAccessPolicies"), list),
        named=field("principalArn"),
        parent=field("clusterName"),
    ),
    described(
        "aws eks describe-fargate-profile",
        "eks.fargateProfile",
        looks=lambda b: has(b, "fargateProfileName", "clusterName"),
        named=field("fargateProfileName"),
        parent=field("clusterName"),
        one="fargateProfile",
    ),
    enumerated("aws eks list-fargate-profiles", "eks.fargateProfile", key="fargateProfileNames", parent="clusterName"),
    described(
        "aws eks describe-pod-identity-association, list-pod-identity-associations",
        "eks.podIdentityAssociation",
        looks=lambda b: has(b, "associationId", "serviceAccount", "namespace") and _arn("associationArn")(b),
        named=field("associationId"),
        parent=_cluster_of_arn,
        one="association",
        many=("associations",),
        none=("associations",),
    ),
    described(
        "aws eks describe-capability, list-capabilities",
        "eks.capability",
        looks=lambda b: has(b, "capabilityName", "type") and _arn("arn")(b),
        named=field("capabilityName"),
        parent=_cluster_of_arn,
        one="capability",
        many=("capabilities",),
        none=("capabilities",),
    ),
    described(
        "aws eks describe-identity-provider-config",
        "eks.identityProviderConfig",
        looks=lambda b: isinstance(b.get("oidc"), dict) and _arn("oidc", "identityProviderConfigArn")(b),
        named=field("oidc", "identityProviderConfigName"),
        parent=field("oidc", "clusterName"),
        one="identityProviderConfig",
    ),
    described(
        "aws eks describe-certificate-authority",
        "eks.certificateAuthority",
        looks=lambda b: has(b, "id", "signingStatus", "createdBy"),
        named=field("id"),
        one="certificateAuthority",
    ),
)

ACCOUNT: tuple[Shape, ...] = (
    described(
        "aws ec2 describe-launch-template-versions",
        "ec2.launchTemplateVersion",
        looks=lambda b: has(b, "LaunchTemplateId", "VersionNumber") and isinstance(b.get("LaunchTemplateData"), dict),
        named=lambda b: f"{text(b, 'LaunchTemplateId')}:{text(b, 'VersionNumber')}",
        parent=field("LaunchTemplateId"),
        many=("LaunchTemplateVersions",),
        none=("LaunchTemplateVersions",),
    ),
    Shape(
        name=_DETAILS,
        source=SourceKind.CLOUD,
        kinds=tuple(kind for kind, _ in _IAM_KINDS.values()) + tuple(f"{kind}List" for kind, _ in _IAM_KINDS.values()),
        matches=lambda b: any(isinstance(b.get(key), list) for key in _IAM_KINDS if key.endswith("DetailList")),
        records=_authorization_details,
    ),
    described(
        "aws iam get-role, list-roles",
        "aws.iamRole",
        looks=lambda b: has(b, "RoleName", "Arn", "AssumeRolePolicyDocument"),
        named=field("RoleName"),
        one="Role",
        many=("Roles",),
        none=("Roles",),
        tidy=_with_documents,
    ),
    described(
        "aws iam get-role-policy",
        "aws.iamRolePolicy",
        looks=lambda b: has(b, "RoleName", "PolicyName", "PolicyDocument"),
        named=field("PolicyName"),
        parent=field("RoleName"),
        tidy=_with_documents,
    ),
    described(
        "aws iam get-user, list-users",
        "aws.iamUser",
        looks=lambda b: has(b, "UserName", "UserId") and ":iam:" in text(b, "Arn"),
        named=field("UserName"),
        one="User",
        many=("Users",),
        tidy=_with_documents,
    ),
    described(
        "aws iam list-access-keys",
        "aws.iamAccessKey",
        looks=lambda b: has(b, "AccessKeyId", "Status", "UserName") and "SecretAccessKey" not in b,
        named=field("AccessKeyId"),
        parent=field("UserName"),
        many=("AccessKeyMetadata",),
        none=("AccessKeyMetadata",),
    ),
    described(
        "aws iam get-open-id-connect-provider",
        "aws.iamOidcProvider",
        looks=lambda b: has(b, "Url", "ClientIDList"),
        named=field("Url"),
    ),
    enumerated(
        "aws iam list-open-id-connect-providers",
        "aws.iamOidcProvider",
        key="OpenIDConnectProviderList",
        names=lambda v: texts([item.get("Arn") for item in objects(v)]),
    ),
    described(
        "aws sts get-caller-identity",
        "aws.callerIdentity",
        looks=lambda b: (
            has(b, "UserId", "Account", "Arn") and set(b) <= {"UserId", "Account", "Arn", "ResponseMetadata"}
        ),
        named=field("Arn"),
        parent=field("Account"),
    ),
    described(
        "aws ecr describe-repositories",
        "aws.ecrRepository",
        looks=lambda b: has(b, "repositoryArn", "repositoryName", "repositoryUri"),
        named=field("repositoryName"),
        parent=field("registryId"),
        many=("repositories",),
        none=("repositories",),
    ),
    described(
        "aws logs describe-log-groups",
        "aws.logGroup",
        looks=lambda b: "logGroupName" in b and ":log-group:" in (text(b, "arn") or text(b, "logGroupArn")),
        named=field("logGroupName"),
        many=("logGroups",),
        none=("logGroups",),
    ),
)

IDENTITY_STORE: tuple[Shape, ...] = (
    described(
        "aws identitystore list-users",
        "directory.user",
        source=SourceKind.DIRECTORY,
        looks=lambda b: has(b, "IdentityStoreId", "UserId", "UserName"),
        named=field("UserName"),
        parent=field("IdentityStoreId"),
        many=("Users",),
    ),
    described(
        "aws identitystore list-groups",
        "directory.group",
        source=SourceKind.DIRECTORY,
        looks=lambda b: has(b, "IdentityStoreId", "GroupId", "DisplayName"),
        named=field("DisplayName"),
        parent=field("IdentityStoreId"),
        many=("Groups",),
    ),
    described(
        "aws identitystore list-group-memberships",
        "directory.membership",
        source=SourceKind.DIRECTORY,
        looks=lambda b: has(b, "IdentityStoreId", "MembershipId", "GroupId") and bool(dig(b, "MemberId")),
        named=field("MemberId", "UserId"),
        parent=field("GroupId"),
        many=("GroupMemberships",),
        none=("GroupMemberships",),
    ),
)

SHAPES: tuple[Shape, ...] = (*EKS, *ACCOUNT, *IDENTITY_STORE)
