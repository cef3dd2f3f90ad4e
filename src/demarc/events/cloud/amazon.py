"""AWS: a record of CloudTrail as a call, whatever envelope it came in, and rows of Athena and CloudTrail Lake.

Field names are those of the CloudTrail user guide (record contents, userIdentity element). Tables print nested columns
as ``{key=value, ...}``; what can be told of that is, and the shape says that the rest is lost.
"""

from __future__ import annotations

import re
from typing import Any, Final

from demarc.events.cloud.fields import (
    Record,
    address,
    first,
    identifier,
    listed,
    microseconds,
    part,
    record,
    records,
    values_of,
    word,
)
from demarc.model.cloud_calls import CallKind, Cloud, CloudCall, CloudShape, Outcome, PrincipalKind

_SESSION: Final = re.compile(r"^arn:(aws[\w-]*):sts::(\d+):assumed-role/([^/]+)/(.*)$")
_INSTANCE: Final = re.compile(r"^i-[0-9a-f]{8,17}$")
_ISSUER: Final = re.compile(r"oidc-provider/(.+)$")
_LOG_GROUP: Final = re.compile(r"/aws/eks/([^/]+)/cluster")
_PAIR: Final = re.compile(r"(?P<key>\w+)=(?P<value>\{|\[|[^,{}\[\]]*(?:,(?!\s*\w+=)[^,{}\[\]]*)*)")
_READS: Final = ("Get", "List", "Describe", "Lookup", "BatchGet", "Head", "Query", "Scan", "Search", "Select")
_REFUSED: Final = re.compile(r"AccessDenied|Unauthori[sz]ed|Forbidden|InvalidIdentityToken|ExpiredToken|AuthFailure")
_NAMES: Final = (
    "name",
    "clusterName",
    "secretId",
    "bucketName",
    "key",
    "functionName",
    "repositoryName",
    "logGroupName",
    "groupName",
    "userName",
    "roleName",
    "roleArn",
    "policyArn",
    "keyId",
    "instanceId",
    "snapshotId",
    "volumeId",
    "documentName",
    "target",
)
_KINDS: Final[dict[str, CallKind]] = {
    **dict.fromkeys(("AssumeRoleWithWebIdentity", "AssumeRoleForPodIdentity"), CallKind.EXCHANGE),
    **dict.fromkeys(
        ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoot", "GetFederationToken", "GetSessionToken"), CallKind.ASSUME
    ),
    **dict.fromkeys(("ConsoleLogin", "SwitchRole", "UserAuthentication"), CallKind.SIGN_IN),
    **dict.fromkeys(
        ("CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile", "CreateServiceSpecificCredential"),
        CallKind.KEY_MADE,
    ),
    **dict.fromkeys(
        (
            "CreateAccessEntry",
            "UpdateAccessEntry",
            "DeleteAccessEntry",
            "AssociateAccessPolicy",
            "DisassociateAccessPolicy",
            "AssociateIdentityProviderConfig",
            "CreatePodIdentityAssociation",
            "UpdatePodIdentityAssociation",
        ),
        CallKind.CLUSTER_ACCESS,
    ),
    **dict.fromkeys(
        (
            "AttachRolePolicy",
            "AttachUserPolicy",
            "AttachGroupPolicy",
            "PutRolePolicy",
            "PutUserPolicy",
            "PutGroupPolicy",
            "UpdateAssumeRolePolicy",
            "CreatePolicyVersion",
            "SetDefaultPolicyVersion",
            "AddUserToGroup",
            "CreateUser",
            "CreateRole",
            "AddRoleToInstanceProfile",
            "CreateOpenIDConnectProvider",
            "AddClientIDToOpenIDConnectProvider",
            "UpdateOpenIDConnectProviderThumbprint",
            "DeleteRolePermissionsBoundary",
            "PutRolePermissionsBoundary",
        ),
        CallKind.IDENTITY_CHANGE,
    ),
    **dict.fromkeys(
        ("GetSecretValue", "BatchGetSecretValue", "GetParameter", "GetParameters", "GetParametersByPath"),
        CallKind.SECRET_READ,
    ),
    **dict.fromkeys(
        ("StartSession", "SendCommand", "SendSSHPublicKey", "SendSerialConsoleSSHPublicKey", "GetPasswordData"),
        CallKind.NODE_ACCESS,
    ),
    **dict.fromkeys(
        ("CreateSnapshot", "CreateSnapshots", "CopySnapshot", "ModifySnapshotAttribute", "CreateImage"),
        CallKind.DISK_COPY,
    ),
    **dict.fromkeys(("GetObject", "SelectObjectContent", "CopyObject"), CallKind.DATA_READ),
}
_SWITCHES: Final = frozenset({"StopLogging", "DeleteTrail", "StopEventDataStoreIngestion", "DeleteEventDataStore"})
_FIELDS: Final = {
    name.lower(): name
    for name in (
        "eventVersion",
        "eventTime",
        "eventSource",
        "eventName",
        "eventID",
        "eventType",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "userIdentity",
        "requestParameters",
        "responseElements",
        "errorCode",
        "errorMessage",
        "readOnly",
        "requestID",
        "recipientAccountId",
        "vpcEndpointId",
        "principalId",
        "accountId",
        "accessKeyId",
        "userName",
        "invokedBy",
        "sessionContext",
        "sessionIssuer",
        "webIdFederationData",
        "federatedProvider",
        "identityProvider",
        "ec2RoleDelivery",
        "additionalEventData",
    )
}
"""Tables write all of them in lower case."""


def is_record(value: Record) -> bool:
    """Tell a record of CloudTrail."""
    return bool(value.get("eventName") and value.get("eventTime") and "eventSource" in value)


def is_own_read(value: Record) -> bool:
    """Whether a service of the cloud itself looked at something: most of a trail, and nobody's doing."""
    of_service = part(value, "userIdentity", "type") == "AWSService"
    name = value.get("eventName")
    return of_service and isinstance(name, str) and name.startswith(_READS) and name not in _KINDS


def row(columns: Record) -> Record | None:
    """A row of a table as a record; None where it is of another table. Nested columns are read as far as that goes."""
    named: Record = {}
    identity: Record = {}
    for key, value in columns.items():
        name = key.lower()
        if name.startswith(("useridentity.", "useridentity_")):
            name = name[len("useridentity.") :]
            identity[_FIELDS.get(name, name)] = value
        elif name in {"arn", "principalid", "accountid", "accesskeyid", "username", "type"}:
            identity[_FIELDS.get(name, name)] = value
        else:
            named[_FIELDS.get(name, name)] = value
    if not is_record(named):
        return None
    for name in ("userIdentity", "requestParameters", "responseElements", "additionalEventData"):
        named[name] = struct(named.get(name))
    named["userIdentity"] = {**identity, **named["userIdentity"]}
    return named


def struct(value: Any) -> Record:
    """A nested column: JSON, or ``{type=AssumedRole, sessionissuer={arn=...}}`` as tables print it."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        return {}
    if found := record(value):
        return found
    return _struct(value.strip(), 0)[0] if value.strip().startswith("{") else {}


def _struct(text: str, at: int) -> tuple[Record, int]:
    """The structure that begins at a bracket, and where it ends."""
    found: Record = {}
    at += 1
    while at < len(text) and text[at] != "}":
        match = _PAIR.match(text, at)
        if match is None:
            at += 1
            continue
        name = _FIELDS.get(match["key"].lower(), match["key"])
        at = match.end()
        if match["value"] == "{":
            found[name], at = _struct(text, at - 1)
        elif match["value"] == "[":
            end = text.find("]", at)
            at = len(text) if end < 0 else end + 1
        elif match["value"] not in {"", "null"}:
            found[name] = match["value"].strip()
    return found, at + 1


def call(value: Record, shape: CloudShape = CloudShape.CLOUDTRAIL) -> CloudCall | None:
    """A record as a call; None where it has no time."""
    at_us = microseconds(value.get("eventTime"))
    if not at_us:
        return None
    identity = record(value.get("userIdentity"))
    asked = record(value.get("requestParameters"))
    answered = record(value.get("responseElements"))
    name, service = word(value.get("eventName")), word(value.get("eventSource"))
    caller = _caller(identity)
    who = _Subject(value, identity, asked, answered)
    off = _logging_off(name, asked)
    kind = CallKind.LOGGING_OFF if off else _kind(name, service)
    error = word(value.get("errorCode"))
    return CloudCall(
        at_us=at_us,
        cloud=Cloud.AWS,
        shape=shape,
        service=service,
        name=name,
        kind=kind,
        write=_is_write(value, name),
        principal=first(who.subject if kind is CallKind.EXCHANGE else "", *caller),
        principal_kind=_principal_kind(identity, who.subject),
        principal_ids=tuple(dict.fromkeys(one.lower() for one in caller if one)),
        role=_role(identity, asked, answered),
        chain=_chain(identity),
        subject=who.subject,
        issuer=who.issuer,
        session=identifier(identity.get("accessKeyId")),
        issued=identifier(
            part(answered, "credentials", "accessKeyId") or part(answered, "accessKey", "accessKeyId") or ""
        ),
        address=address(value.get("sourceIPAddress")),
        agent=word(value.get("userAgent")),
        inside=bool(value.get("vpcEndpointId")) and value.get("vpcEndpointId") != "null",
        outcome=Outcome.DONE if not error else Outcome.REFUSED if _REFUSED.search(error) else Outcome.FAILED,
        error=error,
        object=first(*(asked[key] for key in _NAMES if key in asked)),
        detail=off or _detail(name, asked),
        cluster=_cluster(name, service, asked),
        account=first(value.get("recipientAccountId"), identity.get("accountId")),
        id=word(value.get("eventID")),
    )


def _caller(identity: Record) -> tuple[str, ...]:
    """Names of whoever called, the plainest first."""
    return tuple(
        word(identity.get(name)) for name in ("arn", "userName", "principalId", "invokedBy") if name in identity
    )


class _Subject:
    """The service account behind an exchange, and who vouched for it."""

    def __init__(self, value: Record, identity: Record, asked: Record, answered: Record) -> None:
        provider = first(
            identity.get("identityProvider"),
            part(identity, "sessionContext", "webIdFederationData", "federatedProvider"),
            answered.get("provider"),
        )
        found = _ISSUER.search(provider)
        self.issuer = (found[1] if found else provider).removeprefix("https://").rstrip("/")
        self.subject = ""
        if value.get("eventName") == "AssumeRoleWithWebIdentity":
            self.subject = first(answered.get("subjectFromWebIdentityToken"), identity.get("userName"))
        elif value.get("eventName") in {"AssumeRoleForPodIdentity", "AssumeRole"}:
            self.subject = _of_pod(asked, answered)


def _of_pod(asked: Record, answered: Record) -> str:
    """The account of Pod Identity: out of the answer, else out of the tags of the session."""
    tags = {word(one.get("key")): word(one.get("value")) for one in records(asked.get("tags"))}
    tags |= {str(key): word(value) for key, value in record(asked.get("principalTags")).items()}
    subject = record(answered.get("subject"))
    namespace = first(subject.get("namespace"), tags.get("kubernetes-namespace"))
    account = first(subject.get("serviceAccount"), tags.get("kubernetes-service-account"))
    return f"system:serviceaccount:{namespace}:{account}" if namespace and account else ""


def _role(identity: Record, asked: Record, answered: Record) -> str:
    session = _SESSION.match(word(identity.get("arn")))
    taken = _SESSION.match(first(part(answered, "assumedRoleUser", "arn")))
    of_session = f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else ""
    of_answer = f"arn:{taken[1]}:iam::{taken[2]}:role/{taken[3]}" if taken else ""
    issuer = part(identity, "sessionContext", "sessionIssuer", "arn")
    return first(asked.get("roleArn"), of_answer, issuer, of_session)


def _chain(identity: Record) -> tuple[str, ...]:
    issuer = word(part(identity, "sessionContext", "sessionIssuer", "arn"))
    source = word(part(identity, "sessionContext", "sourceIdentity"))
    behalf = word(part(identity, "onBehalfOf", "userId"))
    return tuple(one for one in (source, behalf, issuer) if one)


def _principal_kind(identity: Record, subject: str) -> PrincipalKind:
    session = _SESSION.match(word(identity.get("arn")))
    if session and (_INSTANCE.match(session[4]) or part(identity, "sessionContext", "ec2RoleDelivery")):
        return PrincipalKind.NODE
    if subject or identity.get("type") in {"WebIdentityUser", "SAMLUser"}:
        return PrincipalKind.FEDERATED
    kinds = {
        "IAMUser": PrincipalKind.PERSON,
        "Root": PrincipalKind.PERSON,
        "IdentityCenterUser": PrincipalKind.PERSON,
        "FederatedUser": PrincipalKind.PERSON,
        "AssumedRole": PrincipalKind.ROLE,
        "Role": PrincipalKind.ROLE,
        "AWSService": PrincipalKind.PROVIDER,
    }
    return kinds.get(str(identity.get("type")), PrincipalKind.UNKNOWN)


def _kind(name: str, service: str) -> CallKind:
    if service.startswith("eks.") and name not in _KINDS and not name.startswith(_READS):
        return CallKind.CLUSTER_CHANGE
    return _KINDS.get(name, CallKind.OTHER)


def _is_write(value: Record, name: str) -> bool:
    told = value.get("readOnly")
    if isinstance(told, bool):
        return not told
    return told.lower() == "false" if isinstance(told, str) and told else not name.startswith(_READS)


def _logging_off(name: str, asked: Record) -> str:
    """What was switched off, where the call switched a trail or the cluster's own logging off."""
    if name in _SWITCHES:
        return f"the trail {first(asked.get('name'), asked.get('eventDataStore'))}".strip()
    if name in {"DeleteLogGroup", "DeleteLogStream"} and _LOG_GROUP.search(word(asked.get("logGroupName"))):
        return f"the logs in {word(asked.get('logGroupName'))}"
    if name == "PutEventSelectors" and any(one is False for one in values_of(asked, "includemanagementevents")):
        return "management events of a trail"
    if name != "UpdateClusterConfig":
        return ""
    off = [
        word(kind)
        for one in records(record(asked.get("logging")).get("clusterLogging"))
        if one.get("enabled") in (False, "false")
        for kind in listed(one.get("types"))
    ]
    return f"control plane logs: {', '.join(off)}" if "audit" in off else ""


def _detail(name: str, asked: Record) -> str:
    if name in {"CreateAccessEntry", "UpdateAccessEntry", "DeleteAccessEntry"}:
        groups = ", ".join(word(one) for one in listed(asked.get("kubernetesGroups")))
        return " ".join(part for part in (word(asked.get("principalArn")), f"in {groups}" if groups else "") if part)
    if name in {"AssociateAccessPolicy", "DisassociateAccessPolicy"}:
        return f"{word(asked.get('policyArn')).rpartition('/')[2]} for {word(asked.get('principalArn'))}"
    if name in {"CreatePodIdentityAssociation", "UpdatePodIdentityAssociation"}:
        account = f"{word(asked.get('namespace'))}/{word(asked.get('serviceAccount'))}"
        return f"{word(asked.get('roleArn')).rpartition('/')[2]} for {account}".strip()
    if name == "UpdateClusterConfig":
        reach = record(asked.get("resourcesVpcConfig"))
        if reach.get("endpointPublicAccess") in (True, "true"):
            return f"the public endpoint, for {', '.join(map(word, listed(reach.get('publicAccessCidrs')))) or 'all'}"
    return word(asked.get("policyArn")).rpartition("/")[2]


def _cluster(name: str, service: str, asked: Record) -> str:
    if service.startswith(("eks.", "eks-auth.")):
        return first(asked.get("clusterName"), "" if name.endswith("Trail") else asked.get("name"))
    found = _LOG_GROUP.search(word(asked.get("logGroupName")))
    return found[1] if found else ""
