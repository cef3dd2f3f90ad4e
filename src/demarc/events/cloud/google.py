"""Google Cloud: entries of Cloud Logging with an AuditLog, and rows of BigQuery and Log Analytics that hold the same.

Field names are those of google.cloud.audit.AuditLog. Rows write them in other cases and nested bodies as texts; both
are brought back first. What Kubernetes itself logged (``k8s.io``) is the API server's trail and no call to the cloud.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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

_LEGACY_SUBJECT: Final = re.compile(r"(?:serviceAccount:)?([\w.:-]+\.svc\.id\.goog)\[([^/\]]+)/([^\]]+)\]")
_SUBJECT: Final = re.compile(r"workloadIdentityPools/([^/]+\.svc\.id\.goog)/subject/ns/([^/]+)/sa/([^/]+)$")
_FEDERATED: Final = re.compile(r"workloadIdentityPools/([^/]+)/subjects?/(.+)$")
_AGENT: Final = re.compile(
    r"^service-\d+@|@cloudservices\.gserviceaccount\.com$|@container-engine-robot\.|^system@google\.com$|@google\.com$"
)
_MACHINE: Final = re.compile(r"-compute@developer\.gserviceaccount\.com$")
_CLUSTER: Final = re.compile(r"/clusters/([^/:]+)")
_ACCOUNT: Final = re.compile(r"serviceAccounts/([^/:]+)")
_READS: Final = re.compile(
    r"^(get|list|aggregatedlist|fetch|read|search|query|test|access|download|batchget|inspect|check|watch)",
    re.IGNORECASE,
)
_KINDS: Final[dict[str, CallKind]] = {
    **dict.fromkeys(("exchangetoken",), CallKind.EXCHANGE),
    **dict.fromkeys(("generateaccesstoken", "generateidtoken", "signjwt", "signblob"), CallKind.ASSUME),
    **dict.fromkeys(
        ("createserviceaccountkey", "uploadserviceaccountkey", "enableserviceaccountkey"), CallKind.KEY_MADE
    ),
    "accesssecretversion": CallKind.SECRET_READ,
    **dict.fromkeys(
        ("setmetadata", "setcommoninstancemetadata", "setserviceaccount", "importsshpublickey"), CallKind.NODE_ACCESS
    ),
    "createsnapshot": CallKind.DISK_COPY,
    **dict.fromkeys(
        (
            "createserviceaccount",
            "createworkloadidentitypoolprovider",
            "createrole",
            "updaterole",
            "updateworkloadidentitypoolprovider",
        ),
        CallKind.IDENTITY_CHANGE,
    ),
}
_SWITCHES: Final = frozenset(
    {"deletesink", "updatesink", "deletebucket", "deletelog", "createexclusion", "updateexclusion", "deleteview"}
)
_LETS_IN: Final = ("roles/container.", "roles/gkehub.", "roles/owner", "roles/editor", "roles/iam.serviceAccountUser")
_CODES: Final = {7: Outcome.REFUSED, 16: Outcome.REFUSED}


def is_entry(value: Record) -> bool:
    """Tell an entry, or a row of one, that holds an AuditLog."""
    return any(isinstance(value.get(key), dict) for key in ("protoPayload", "protopayload_auditlog", "proto_payload"))


def is_other(value: Record) -> bool:
    """Tell an entry of another log."""
    named = ("logName" in value and "insertId" in value) or ("log_name" in value and "insert_id" in value)
    return named and not is_entry(value)


def plain(value: Record) -> tuple[Record, CloudShape]:
    """An entry as the API gives it, whatever table it lay in."""
    if "protopayload_auditlog" in value:
        payload = dict(value["protopayload_auditlog"])
        for name in ("request", "response", "metadata", "serviceData"):
            body = payload.pop(f"{name}Json", None)
            if body is not None:
                payload[name] = record(body)
        delta = payload.get("servicedata_v1_iam")
        if isinstance(delta, dict):
            payload["serviceData"] = delta
        return {**value, "protoPayload": payload}, CloudShape.GOOGLE_TABLE
    if "proto_payload" in value:
        whole = _camel(value)
        inner = part(whole, "protoPayload", "auditLog")
        return {**whole, "protoPayload": inner or whole["protoPayload"]}, CloudShape.GOOGLE_TABLE
    return value, CloudShape.GOOGLE_AUDIT


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {_cameled(key): _camel(one) for key, one in value.items()}
    return [_camel(one) for one in value] if isinstance(value, list) else value


def _cameled(key: str) -> str:
    head, *rest = key.split("_")
    return head + "".join(one[:1].upper() + one[1:] for one in rest)


def log_of(entry: Record) -> str:
    """Which audit log it is of: ``activity``, ``data_access``, ``system_event``, ``policy``."""
    return word(entry.get("logName")).replace("%2F", "/").rpartition("/")[2]


def is_of_kubernetes(entry: Record) -> bool:
    """Whether the API server wrote it."""
    payload = record(entry.get("protoPayload"))
    return payload.get("serviceName") == "k8s.io" or str(payload.get("methodName")).startswith("io.k8s.")


def call(entry: Record, shape: CloudShape = CloudShape.GOOGLE_AUDIT) -> CloudCall | None:
    """An entry as a call; None where it has no time."""
    at_us = microseconds(entry.get("timestamp"))
    if not at_us:
        return None
    payload = record(entry.get("protoPayload"))
    who = _Who(payload)
    name, service = word(payload.get("methodName")), word(payload.get("serviceName"))
    last = re.split(r"[./]", name)[-1].lower()
    asked = record(payload.get("request"))
    changed = tuple(_changes(payload))
    off = _logging_off(last, service, asked, payload)
    labels = record(part(entry, "resource", "labels"))
    path = word(payload.get("resourceName"))
    status = record(payload.get("status")).get("code")
    code = int(status) if isinstance(status, int) or (isinstance(status, str) and status.isdigit()) else 0
    denied = log_of(entry) == "policy"
    kind = CallKind.LOGGING_OFF if off else _kind(name, last, service, changed, payload)
    return CloudCall(
        at_us=at_us,
        cloud=Cloud.GOOGLE,
        shape=shape,
        service=service,
        name=name,
        kind=kind,
        write=not _READS.match(last) and log_of(entry) != "data_access",
        principal=who.principal or who.subject,
        principal_kind=who.kind,
        principal_ids=tuple(one.lower() for one in (who.principal, who.named) if one),
        role=_role(kind, path, payload, who),
        chain=who.chain,
        subject=who.subject,
        issuer=who.issuer,
        session=who.key,
        issued=word(record(payload.get("response")).get("name")) if kind is CallKind.KEY_MADE else "",
        address=address(part(payload, "requestMetadata", "callerIp")),
        agent=word(part(payload, "requestMetadata", "callerSuppliedUserAgent")),
        inside=bool(part(payload, "requestMetadata", "callerNetwork")),
        outcome=Outcome.REFUSED if denied else _CODES.get(code, Outcome.FAILED if code else Outcome.DONE),
        error=word(part(payload, "status", "message")) if code else "",
        object=_object(path),
        detail=off or "; ".join(changed) or _detail(last, asked),
        cluster=first(labels.get("cluster_name"), (_CLUSTER.search(path) or ("", ""))[1]),
        account=first(labels.get("project_id")),
        request=word(part(entry, "operation", "id")),
        id=word(entry.get("insertId")),
    )


class _Who:
    """Who called, with everybody that acted through somebody else."""

    def __init__(self, payload: Record) -> None:
        info = record(payload.get("authenticationInfo"))
        self.named = word(info.get("principalSubject"))
        self.principal = first(info.get("principalEmail"), self.named)
        delegated = [
            first(
                one.get("principalSubject"),
                part(one, "firstPartyPrincipal", "principalEmail"),
                part(one, "thirdPartyPrincipal", "thirdPartyClaims", "sub"),
            )
            for one in records(info.get("serviceAccountDelegationInfo"))
        ]
        self.chain = tuple(one for one in delegated if one)
        self.key = identifier(info.get("serviceAccountKeyName")).removeprefix("//iam.googleapis.com/")
        mapped = part(payload, "metadata", "mapped_principal") or part(payload, "metadata", "mappedPrincipal")
        self.subject, self.issuer = "", ""
        for one in (*self.chain, self.named, self.principal, word(mapped)):
            self.subject, self.issuer = subject_of(one)
            if self.subject:
                break
        self.kind = self._kind()

    def _kind(self) -> PrincipalKind:
        if _AGENT.search(self.principal):
            return PrincipalKind.PROVIDER
        if self.subject and not self.principal.endswith("gserviceaccount.com"):
            return PrincipalKind.FEDERATED
        if _MACHINE.search(self.principal):
            return PrincipalKind.NODE
        if self.principal.endswith("gserviceaccount.com"):
            return PrincipalKind.SERVICE_ACCOUNT
        return PrincipalKind.PERSON if "@" in self.principal else PrincipalKind.UNKNOWN


def subject_of(name: str) -> tuple[str, str]:
    """The federated subject that a principal's name holds, and its issuer; empty for others."""
    for form in (_LEGACY_SUBJECT, _SUBJECT):
        if found := form.search(name):
            return f"system:serviceaccount:{found[2]}:{found[3]}", found[1]
    found = _FEDERATED.search(name)
    return (found[2], found[1]) if found else ("", "")


def _kind(name: str, last: str, service: str, changed: tuple[str, ...], payload: Record) -> CallKind:
    permissions = {word(one.get("permission")) for one in records(payload.get("authorizationInfo"))}
    if "container.clusters.getCredentials" in permissions:
        return CallKind.CLUSTER_CREDENTIAL
    if last == "setiampolicy":
        lets_in = any(role in one for one in changed for role in _LETS_IN) or "/clusters/" in word(
            payload.get("resourceName")
        )
        return CallKind.CLUSTER_ACCESS if lets_in else CallKind.IDENTITY_CHANGE
    if service == "container.googleapis.com":
        return CallKind.OTHER if _READS.match(last) else CallKind.CLUSTER_CHANGE
    if service == "storage.googleapis.com" and last == "get" and ".objects." in name.lower():
        return CallKind.DATA_READ
    if service == "compute.googleapis.com" and last == "insert" and ".snapshots." in name.lower():
        return CallKind.DISK_COPY
    if service == "login.googleapis.com":
        return CallKind.SIGN_IN
    return _KINDS.get(last, CallKind.OTHER)


def _changes(payload: Record) -> Iterator[str]:
    """What a policy was changed by: ``ADD roles/container.admin to user:ann@example.com``."""
    for found in values_of(payload, "policydelta"):
        for one in records(part(found, "bindingDeltas")):
            yield f"{word(one.get('action'))} {word(one.get('role'))} for {word(one.get('member'))}"


def _logging_off(last: str, service: str, asked: Record, payload: Record) -> str:
    for found in values_of(payload, "policydelta"):
        gone = [one for one in records(part(found, "auditConfigDeltas")) if one.get("action") == "REMOVE"]
        if gone:
            services = dict.fromkeys(word(one.get("service")) for one in gone)
            return f"data access logs of {', '.join(services)}"
    if service == "logging.googleapis.com" and last in _SWITCHES:
        if last == "updatesink" and not any(one is True for one in values_of(asked, "disabled")):
            return ""
        return f"{last} {first(asked.get('sinkName'), asked.get('name'), payload.get('resourceName'))}"
    if service != "container.googleapis.com":
        return ""
    none = any(
        word(one) == "none" for key in ("desiredloggingservice", "loggingservice") for one in values_of(asked, key)
    )
    for config in values_of(asked, "desiredloggingconfig"):
        none = none or not listed(part(config, "componentConfig", "enableComponents"))
    return "logs of the cluster" if none else ""


def _role(kind: CallKind, path: str, payload: Record, who: _Who) -> str:
    """The service account that was taken on, or under which the call was made."""
    if kind is CallKind.ASSUME:
        found = _ACCOUNT.search(path)
        email = word(part(payload, "request", "name")).rpartition("/")[2]
        return email if "@" in email else found[1] if found else ""
    return who.principal if who.principal.endswith("gserviceaccount.com") else ""


def _object(path: str) -> str:
    return path.removeprefix("//").partition(".googleapis.com/")[2] or path


def _detail(last: str, asked: Record) -> str:
    if last in {"updatecluster", "setmasterauth", "setnodepoolmanagement", "setlegacyabac", "createnodepool"}:
        update = record(asked.get("update"))
        return ", ".join(sorted(word(key) for key in update))
    return ""
