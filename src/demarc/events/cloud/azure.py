"""Azure: records of the Activity Log and of resources' own logs, however they left it: API, diagnostic record, table.

The ways differ in how they spell a field and whether it is text or an object; names are compared in lower case. The
Activity Log holds writes, deletes and actions, never a read.
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
    lowered,
    microseconds,
    part,
    record,
    records,
    word,
)
from demarc.model.cloud_calls import CallKind, Cloud, CloudCall, CloudShape, Outcome, PrincipalKind

_OBJECT_ID: Final = "http://schemas.microsoft.com/identity/claims/objectidentifier"
_NAME: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"
_UPN: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
_MANAGED: Final = "xms_mirid"
_PROVIDERS: Final = frozenset({"7319c514-987d-4e9b-ac3d-d38c4f427f4c", "6dae42f8-4368-4678-94ff-3960e28e3630"})
"""Application ids of the Azure Kubernetes Service: its resource provider, and the server for logins."""
_CLUSTER: Final = re.compile(r"/managedclusters/([^/]+)", re.IGNORECASE)
_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
_PROVIDER: Final = re.compile(r"^(microsoft\.[a-z]+)", re.IGNORECASE)
_GUID: Final = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_AKS: Final = "microsoft.containerservice/managedclusters/"
_KINDS: Final[tuple[tuple[re.Pattern[str], CallKind], ...]] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (rf"^{_AKS}(listcluster\w*credential|accessprofiles/listcredential)/action$", CallKind.CLUSTER_CREDENTIAL),
        (rf"^{_AKS}(runcommand/action|trustedaccessrolebindings/(write|delete))$", CallKind.CLUSTER_ACCESS),
        (rf"^{_AKS}.*(write|delete|action)$", CallKind.CLUSTER_CHANGE),
        (r"^microsoft\.authorization/roleassignments/(write|delete)$", CallKind.IDENTITY_CHANGE),
        (r"^microsoft\.authorization/elevateaccess/action$", CallKind.IDENTITY_CHANGE),
        (r"^microsoft\.managedidentity/.*(write|delete|action)$", CallKind.IDENTITY_CHANGE),
        (
            r"^microsoft\.compute/.*(runcommands?|extensions|login\w*|retrievebootdiagnosticsdata)/(action|write)$",
            CallKind.NODE_ACCESS,
        ),
        (r"^microsoft\.compute/(snapshots/write|disks/begingetaccess/action|snapshots/.*action)$", CallKind.DISK_COPY),
        (r"^microsoft\.storage/storageaccounts/(listkeys|listaccountsas|listservicesas)/action$", CallKind.SECRET_READ),
        (r"^microsoft\.containerregistry/registries/listcredentials/action$", CallKind.SECRET_READ),
        (r"^(secretget|secretbackup|keyget|certificateget)$", CallKind.SECRET_READ),
    )
)
_SWITCHES: Final = re.compile(
    r"^microsoft\.(insights/diagnosticsettings|operationalinsights/workspaces|eventhub/namespaces(/eventhubs)?"
    r"|operationalinsights/workspaces/tables)/delete$"
)
_DONE: Final = ("success", "succeeded", "start", "started", "accept", "accepted", "active", "ok", "")
_REFUSED: Final = re.compile(r"unauthori[sz]ed|forbidden|authorizationfailed|denied", re.IGNORECASE)
_OPEN: Final = ("start", "started", "accept", "accepted", "active")


def is_record(value: Record) -> bool:
    """Tell a record of the Activity Log, or of a resource's own log, that names its caller."""
    return bool(
        _operation(value)
        and (value.keys() & {"resourceid", "_resourceid", "resourceuri", "authorization"})
        and (value.keys() & {"caller", "calleripaddress", "identity", "claims", "httprequest"})
    )


def shape_of(value: Record) -> CloudShape:
    """The Activity Log, or a resource's own."""
    category = first(_valued(value.get("category")), value.get("categoryvalue")).lower()
    return (
        CloudShape.AZURE_RESOURCE
        if category in {"auditevent", "azurepolicyevaluationdetails"}
        else (CloudShape.AZURE_ACTIVITY)
    )


def call(value: Record) -> CloudCall | None:
    """A record, its keys in lower case, as a call; None where it has no time."""
    at_us = microseconds(first(value.get("eventtimestamp"), value.get("time"), value.get("timegenerated")))
    if not at_us:
        return None
    claims = _claims(value)
    name = _operation(value)
    path = first(
        value.get("resourceid"),
        value.get("_resourceid"),
        value.get("resourceuri"),
        part(value, "authorization", "scope"),
    )
    properties = lowered(record(value.get("properties")) or record(value.get("properties_d")))
    off = _logging_off(name.lower(), path, properties)
    ids = _ids(value, claims)
    principal = first(value.get("caller"), claims.get(_UPN), claims.get(_NAME), claims.get("upn"), *ids)
    managed = word(claims.get(_MANAGED))
    outcome = _outcome(value)
    cluster = _CLUSTER.search(path)
    subscription = _SUBSCRIPTION.search(path)
    return CloudCall(
        at_us=at_us,
        cloud=Cloud.AZURE,
        shape=shape_of(value),
        service=(_PROVIDER.match(name) or _PROVIDER.match(path.lower().partition("/providers/")[2]) or ("", name))[1],
        name=name,
        kind=CallKind.LOGGING_OFF if off else _kind(name.lower(), path),
        write=shape_of(value) is CloudShape.AZURE_ACTIVITY,
        principal=principal,
        principal_kind=_principal_kind(principal, claims, managed),
        principal_ids=ids,
        role=first(managed.rpartition("/")[2], claims.get("appid")) if "@" not in principal else "",
        session=identifier(claims.get("uti")),
        address=address(
            first(
                value.get("calleripaddress"),
                lowered(record(value.get("httprequest"))).get("clientipaddress"),
                claims.get("ipaddr"),
            )
        ),
        agent=word(properties.get("clientinfo")),
        outcome=outcome,
        error=first(_valued(value.get("substatus")), value.get("activitysubstatusvalue"))
        if outcome is not Outcome.DONE
        else "",
        object=first(_of_vault(properties), path.rpartition("/providers/")[2], path),
        detail=off or _detail(name.lower(), properties),
        cluster=cluster[1].lower() if cluster else "",
        account=first(value.get("subscriptionid"), subscription[1] if subscription else ""),
        request=first(value.get("correlationid"), value.get("operationid")),
        id=first(value.get("eventdataid"), properties.get("eventdataid"), value.get("id")).rpartition("/")[2],
    )


def is_open(value: Record) -> bool:
    """Whether the record only says that the operation has begun."""
    return _status(value) in _OPEN


def _valued(value: Any) -> Any:
    """``{"value": ..., "localizedValue": ...}`` of the API as its value."""
    return value.get("value") if isinstance(value, dict) else value


def _operation(value: Record) -> str:
    return first(value.get("operationnamevalue"), _valued(value.get("operationname")))


def _claims(value: Record) -> Record:
    """Claims of the token that called; they name it and are none of it."""
    identity = lowered(record(value.get("identity")))
    for found in (value.get("claims"), value.get("claims_d"), identity.get("claims"), identity.get("claim")):
        if claims := record(found):
            return claims
    return {}


def _ids(value: Record, claims: Record) -> tuple[str, ...]:
    named = (
        claims.get(_OBJECT_ID),
        claims.get("oid"),
        claims.get("appid"),
        claims.get(_MANAGED),
        claims.get(_UPN),
        value.get("caller"),
    )
    return tuple(dict.fromkeys(word(one).lower() for one in named if word(one)))


def _principal_kind(principal: str, claims: Record, managed: str) -> PrincipalKind:
    if word(claims.get("appid")).lower() in _PROVIDERS and "@" not in principal:
        return PrincipalKind.PROVIDER
    if managed:
        machine = "/virtualmachine" in managed.lower() or managed.lower().endswith("-agentpool")
        return PrincipalKind.NODE if machine else PrincipalKind.SERVICE_ACCOUNT
    if "@" in principal:
        return PrincipalKind.PERSON
    return PrincipalKind.SERVICE_ACCOUNT if _GUID.match(principal) else PrincipalKind.UNKNOWN


def _kind(name: str, path: str) -> CallKind:
    kind = next((kind for pattern, kind in _KINDS if pattern.search(name)), CallKind.OTHER)
    is_role = kind is CallKind.IDENTITY_CHANGE and "roleassignments" in name
    return CallKind.CLUSTER_ACCESS if is_role and _CLUSTER.search(path) else kind


def _logging_off(name: str, path: str, properties: Record) -> str:
    if _SWITCHES.match(name):
        return f"the export of logs of {path.rpartition('/providers/')[2] or path}"
    if name != "microsoft.insights/diagnosticsettings/write":
        return ""
    body = record(properties.get("requestbody"))
    logs = listed(part(body, "properties", "logs"))
    off = [
        word(one.get("category") or one.get("categoryGroup")) for one in records(logs) if one.get("enabled") is False
    ]
    on = [word(one.get("category") or one.get("categoryGroup")) for one in records(logs) if one.get("enabled") is True]
    audit = [one for one in off if "audit" in one.lower()]
    return (
        f"log categories {', '.join(audit)}"
        if audit and not any("audit" in one.lower() or one == "allLogs" for one in on)
        else ""
    )


def _status(value: Record) -> str:
    return first(_valued(value.get("status")), value.get("activitystatusvalue"), value.get("resulttype")).lower()


def _outcome(value: Record) -> Outcome:
    said = " ".join(
        first(one)
        for one in (
            _valued(value.get("substatus")),
            value.get("activitysubstatusvalue"),
            value.get("resultsignature"),
            value.get("resultdescription"),
        )
    )
    if _status(value) in _DONE and not _REFUSED.search(said):
        return Outcome.DONE
    return Outcome.REFUSED if _REFUSED.search(said) else Outcome.FAILED


def _of_vault(properties: Record) -> str:
    """Name of a secret out of its address in a vault, without its version."""
    parts = word(properties.get("id")).removeprefix("https://").split("/")
    return "/".join(parts[:3]) if len(parts) >= 3 and "vault" in parts[0] else ""


def _detail(name: str, properties: Record) -> str:
    if "roleassignments" not in name:
        return ""
    body = record(properties.get("requestbody"))
    inner = lowered(record(part(body, "properties") or part(body, "Properties")))
    role = word(inner.get("roledefinitionid")).rpartition("/")[2]
    who = word(inner.get("principalid"))
    return f"role {role} for {who}" if role or who else ""
