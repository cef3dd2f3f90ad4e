"""GKE: entries of Cloud Logging, which are audit events of Google's making.

Groups, credential ids, stage, level and the full URI are lost; the HTTP code is made out of the gRPC status. The verb
is the last part of ``methodName``; the object is named by ``resourceName``, who asked by ``principalEmail``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct, field, structs

from demarc.events.shapes.azure import microseconds
from demarc.events.shapes.interface import (
    Bad,
    Beside,
    Found,
    Other,
    Outcome,
    Probe,
    Unwrap,
    is_list,
    is_object,
    list_of,
    present,
)
from demarc.model.events import Shape

_CODES: Final = {
    0: 200,
    1: 499,
    2: 500,
    3: 400,
    4: 504,
    5: 404,
    6: 409,
    7: 403,
    8: 429,
    9: 400,
    10: 409,
    11: 400,
    12: 501,
    13: 500,
    14: 503,
    15: 500,
    16: 401,
}
"""HTTP codes of gRPC statuses, by google.rpc.Code."""


class _Status(Struct):
    code: int = 0
    message: str = ""


class _Who(Struct, rename="camel"):
    principal_email: str = ""
    principal_subject: str = ""


class _Grant(Struct):
    granted: bool = False


class _From(Struct, rename="camel"):
    caller_ip: str = ""
    caller_supplied_user_agent: str = ""


class _Payload(Struct, rename="camel"):
    service_name: str = ""
    method_name: str = ""
    resource_name: str = ""
    authentication_info: _Who = field(default_factory=_Who)
    authorization_info: list[_Grant] = []
    request_metadata: _From = field(default_factory=_From)
    status: _Status = field(default_factory=_Status)
    request: Any = None
    response: Any = None


class _Resource(Struct):
    type: str = ""
    labels: dict[str, str] = {}


class _Entry(Struct, rename="camel"):
    insert_id: str = ""
    timestamp: str = ""
    resource: _Resource = field(default_factory=_Resource)
    labels: dict[str, str] = {}
    proto_payload: _Payload = field(default_factory=_Payload)


def read(value: Raw | bytes, probe: Probe, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome] | None:
    """Read an entry, or the list that the API gives."""
    if is_list(probe.entries):
        return _each(probe.entries, beside, unwrap)
    if is_object(probe.proto_payload):
        return iter((_entry(value, beside),))
    if present(probe.log_name) and present(probe.insert_id):
        return iter((Other(says="an entry of Cloud Logging that is of no audit log"),))
    return None


def _each(values: Raw, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    for item in list_of(values):
        yield from unwrap.value(item, structs.replace(beside, depth=beside.depth + 1))


def _entry(value: Raw | bytes, beside: Beside) -> Outcome:
    try:
        entry = msgspec.json.decode(value, type=_Entry)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Bad(says="an entry that is not as Cloud Logging has it", text=bytes(value))
    payload = entry.proto_payload
    if payload.service_name != "k8s.io" and not payload.method_name.startswith("io.k8s."):
        return Other(says=f"the audit log of {payload.service_name or 'another service'}")
    return Found(
        event=msgspec.json.encode(_event(entry, payload)),
        shape=Shape.GKE,
        cluster=_cluster(entry.resource.labels) or beside.cluster,
        ts_us=microseconds(entry.timestamp) or beside.ts_us,
        inferred=True,
    )


def _event(entry: _Entry, payload: _Payload) -> dict[str, Any]:
    verb = payload.method_name.rpartition(".")[2]
    status = payload.status
    code = _CODES.get(status.code, 500)
    agent = payload.request_metadata.caller_supplied_user_agent
    event: dict[str, Any] = {
        "kind": "Event",
        "auditID": entry.insert_id,
        "verb": verb,
        "user": {"username": payload.authentication_info.principal_email},
        "sourceIPs": [ip for ip in (payload.request_metadata.caller_ip,) if ip],
        "userAgent": agent,
        "responseStatus": {"code": 201 if code == 200 and verb == "create" else code, "message": status.message},
        "annotations": _decided(entry.labels, payload),
    }
    path = payload.resource_name
    if reference := _reference(path, payload.method_name):
        event["objectRef"] = reference
    else:
        event["requestURI"] = path if path.startswith("/") else f"/{path}"
    for name, body in (("requestObject", payload.request), ("responseObject", payload.response)):
        if isinstance(body, dict):
            event[name] = {key: item for key, item in body.items() if key != "@type"}
    return event


def _decided(labels: dict[str, str], payload: _Payload) -> dict[str, str]:
    """Labels are the event's annotations; where they hold no decision, what was granted tells it."""
    grants = payload.authorization_info
    if "authorization.k8s.io/decision" in labels or not grants:
        return labels
    decision = "allow" if all(grant.granted for grant in grants) else "forbid"
    return {**labels, "authorization.k8s.io/decision": decision}


def _reference(path: str, method: str) -> dict[str, str]:
    """ObjectRef out of ``core/v1/namespaces/NS/RESOURCE/NAME/SUBRESOURCE``; empty where it is no resource."""
    parts = path.strip("/").split("/")
    if len(parts) < 3 or not parts[1].startswith("v"):
        return {}
    group, version, *rest = parts
    reference = {"apiGroup": "" if group == "core" else group, "apiVersion": version}
    of_namespaces = method.rpartition(".")[0].partition(f".{version}.")[2].partition(".")[0] == "namespaces"
    if rest[0] == "namespaces" and len(rest) > 2 and not of_namespaces:
        reference["namespace"] = rest[1]
        rest = rest[2:]
    elif rest[0] == "namespaces" and len(rest) > 1:
        reference["namespace"] = rest[1]
    return reference | dict(zip(("resource", "name", "subresource"), rest, strict=False))


def _cluster(labels: dict[str, str]) -> str:
    names = (labels.get("project_id", ""), labels.get("location", ""), labels.get("cluster_name", ""))
    return "/".join(name for name in names if name)
