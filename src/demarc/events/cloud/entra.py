"""Entra: sign-ins of people, service principals and managed identities, and the directory's own audit log.

A sign-in with a federated credential is an exchange: a token of somebody else's issuer, such as a cluster's, for one of
Entra's. The record names the credential by its id, and the subject only at times; who it stands for is then known by
the federated credentials of the application.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from demarc.events.cloud.fields import (
    Record,
    address,
    first,
    identifier,
    lowered,
    microseconds,
    record,
    records,
    word,
)
from demarc.model.cloud_calls import CallKind, Cloud, CloudCall, CloudShape, Outcome, PrincipalKind

_SUBJECT: Final = re.compile(r"system:serviceaccount:[a-z0-9.-]+:[a-z0-9.-]+")
_NOTHING: Final = frozenset({"", "00000000-0000-0000-0000-000000000000", "none"})
_REFUSED: Final = frozenset(
    {"50053", "50057", "50105", "50126", "53003", "65001", "70021", "700016", "700213", "7000215"}
)
"""Error codes by which somebody was turned away rather than something was wrong."""
_CHANGES: Final[tuple[tuple[re.Pattern[str], CallKind], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"federated identity credential", CallKind.IDENTITY_CHANGE),
        (r"certificates and secrets management|service principal credentials", CallKind.KEY_MADE),
        (r"reset (user )?password|change (user )?password", CallKind.KEY_MADE),
        (
            r"^add (eligible )?member to (role|group)|app role assignment|^add owner|delegated permission",
            CallKind.IDENTITY_CHANGE,
        ),
        (r"^consent to application|^add (user|application|service principal)$", CallKind.IDENTITY_CHANGE),
    )
)


def is_sign_in(value: Record) -> bool:
    """Tell a sign-in, its keys in lower case."""
    of_somebody = value.keys() & {"serviceprincipalid", "userprincipalname", "userid"}
    signs_in = value.keys() & {"resourcedisplayname", "resourceidentity", "signineventtypes", "uniquetokenidentifier"}
    return bool(of_somebody and signs_in and value.keys() & {"appid", "serviceprincipalid"})


def is_audit(value: Record) -> bool:
    """Tell a record of the directory's audit log."""
    return "initiatedby" in value and bool(value.keys() & {"activitydisplayname", "operationname"})


def unwrapped(value: Record) -> Record:
    """A diagnostic record with what its properties hold; others as they are."""
    inner = record(value.get("properties"))
    outer = {key: one for key, one in value.items() if key != "properties"}
    return {**outer, **lowered(inner)} if inner else value


def log_of(value: Record) -> str:
    """Which log a sign-in is of: of people, or of workloads."""
    is_workload = bool(word(value.get("serviceprincipalid"))) and not word(value.get("userprincipalname"))
    return "entra-workload" if is_workload else "entra-people"


def sign_in(value: Record) -> CloudCall | None:
    """A sign-in as a call; None where it has no time."""
    at_us = microseconds(first(value.get("createddatetime"), value.get("timegenerated"), value.get("time")))
    if not at_us:
        return None
    workload = log_of(value) == "entra-workload"
    managed = "managedidentit" in f"{word(value.get('category'))}{word(value.get('signineventtypes'))}".lower() or (
        workload and bool(word(value.get("managedserviceidentity")))
    )
    kind_of_key = word(value.get("clientcredentialtype")).lower()
    federated = word(value.get("federatedcredentialid"))
    exchanged = federated not in _NOTHING or "federated" in kind_of_key
    found = _SUBJECT.search(_text(value)) if exchanged else None
    code = _code(value)
    name = first(value.get("serviceprincipalname"), value.get("userprincipalname"), value.get("userdisplayname"))
    app = word(value.get("appid"))
    return CloudCall(
        at_us=at_us,
        cloud=Cloud.AZURE,
        shape=CloudShape.ENTRA_SIGN_IN,
        service="Entra",
        name="Sign-in with a federated credential" if exchanged else "Sign-in",
        kind=CallKind.EXCHANGE if exchanged else CallKind.SIGN_IN,
        principal=first(found[0] if found else "", name, app),
        principal_kind=PrincipalKind.FEDERATED
        if exchanged
        else PrincipalKind.SERVICE_ACCOUNT
        if workload
        else PrincipalKind.PERSON,
        principal_ids=_ids(value),
        role=app if workload else "",
        subject=found[0] if found else "",
        session=""
        if exchanged
        else identifier(value.get("serviceprincipalcredentialkeyid") if workload else value.get("sessionid")),
        issued=identifier(value.get("uniquetokenidentifier")),
        address="" if managed else address(first(value.get("ipaddress"), value.get("calleripaddress"))),
        agent=word(value.get("useragent")),
        outcome=Outcome.DONE if code in {"", "0"} else Outcome.REFUSED if code in _REFUSED else Outcome.FAILED,
        error=code if code not in {"", "0"} else "",
        object=first(value.get("resourcedisplayname"), value.get("resourceidentity")),
        detail=name,
        account=first(value.get("resourcetenantid"), value.get("tenantid"), value.get("aadtenantid")),
        id=first(value.get("id"), value.get("originalrequestid")),
    )


def audit(value: Record) -> CloudCall | None:
    """A record of the directory's audit log as a call; None where it has no time."""
    at_us = microseconds(first(value.get("activitydatetime"), value.get("timegenerated"), value.get("time")))
    if not at_us:
        return None
    by = lowered(record(value.get("initiatedby")))
    user, app = lowered(record(by.get("user"))), lowered(record(by.get("app")))
    name = first(value.get("activitydisplayname"), value.get("operationname"))
    targets = [lowered(one) for one in records(value.get("targetresources"))]
    result = first(value.get("result"), value.get("resultsignature"), value.get("resulttype")).lower()
    ids = (user.get("id"), user.get("userprincipalname"), app.get("appid"), app.get("serviceprincipalid"))
    return CloudCall(
        at_us=at_us,
        cloud=Cloud.AZURE,
        shape=CloudShape.ENTRA_AUDIT,
        service="Entra",
        name=name,
        kind=next((kind for pattern, kind in _CHANGES if pattern.search(name)), CallKind.OTHER),
        write=True,
        principal=first(user.get("userprincipalname"), user.get("id"), app.get("displayname"), app.get("appid")),
        principal_kind=PrincipalKind.PERSON if user else PrincipalKind.SERVICE_ACCOUNT,
        principal_ids=tuple(dict.fromkeys(word(one).lower() for one in ids if word(one))),
        role=word(app.get("appid")),
        address=address(first(user.get("ipaddress"), value.get("calleripaddress"))),
        outcome=Outcome.DONE if result in {"", "success", "none", "0"} else Outcome.FAILED,
        object=next(
            (first(one.get("userprincipalname"), one.get("displayname"), one.get("id")) for one in targets), ""
        ),
        account=first(value.get("aadtenantid"), value.get("tenantid")),
        id=first(value.get("id")),
    )


def _ids(value: Record) -> tuple[str, ...]:
    names = ("appid", "serviceprincipalid", "userid", "userprincipalname", "federatedcredentialid")
    found = (word(value.get(name)).lower() for name in names)
    return tuple(dict.fromkeys(one for one in found if one not in _NOTHING))


def _code(value: Record) -> str:
    status = lowered(record(value.get("status")))
    return first(status.get("errorcode"), value.get("resulttype")) if status else first(value.get("resulttype"))


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode("utf-8", "replace")
