"""Falco: alerts of its k8s_audit source. Only what a rule matched is in them, in the fields that the rule printed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from demarc.events.shapes.azure import microseconds
from demarc.events.shapes.interface import Bad, Beside, Found, Other, Outcome, Probe, Unwrap, is_object, text_of
from demarc.model.events import Shape

_NOTHING: Final = ("<NA>", "N/A", "", None)


class _Alert(Struct):
    rule: str = ""
    source: str = ""
    time: str = ""
    output_fields: dict[str, Any] = {}


def read(value: Raw | bytes, probe: Probe, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome] | None:  # noqa: ARG001
    """Read an alert."""
    if not is_object(probe.output_fields) or not text_of(probe.rule):
        return None
    return iter((_alert(value, beside),))


def _alert(value: Raw | bytes, beside: Beside) -> Outcome:
    try:
        alert = msgspec.json.decode(value, type=_Alert)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Bad(says="an alert that is not as Falco writes it", text=bytes(value))
    given = {key: item for key, item in alert.output_fields.items() if item not in _NOTHING}
    verb = str(given.get("ka.verb", ""))
    if not verb:
        return Other(says="an alert of Falco that is of no request")
    code = str(given.get("ka.response.code", ""))
    event: dict[str, Any] = {
        "kind": "Event",
        "auditID": str(given.get("ka.auditid", "")),
        "stage": str(given.get("ka.stage", "")),
        "verb": verb,
        "requestURI": str(given.get("ka.uri", "")),
        "user": {
            "username": str(given.get("ka.user.name", "")),
            "groups": _names(given.get("ka.user.groups")),
        },
        "sourceIPs": _names(given.get("ka.sourceips")),
        "userAgent": str(given.get("ka.useragent", "")),
        "objectRef": {
            "resource": str(given.get("ka.target.resource", "")),
            "subresource": str(given.get("ka.target.subresource", "")),
            "namespace": str(given.get("ka.target.namespace", "")),
            "name": str(given.get("ka.target.name", "") or given.get("ka.resp.name", "")),
        },
        "responseStatus": {"code": int(code) if code.isdigit() and len(code) == 3 else 0},
        "annotations": {
            f"authorization.k8s.io/{name}": str(given[f"ka.auth.{name}"])
            for name in ("decision", "reason")
            if f"ka.auth.{name}" in given
        },
    }
    when = given.get("jevt.rawtime") or given.get("jevt.time.iso8601")
    return Found(
        event=msgspec.json.encode(event),
        shape=Shape.FALCO,
        cluster=beside.cluster,
        ts_us=(int(when) // 1000 if isinstance(when, int) else 0) or microseconds(alert.time),
        alert=alert.rule,
    )


def _names(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    text = str(value or "").strip("()[] ")
    return [part.strip(" \"'") for part in text.split(",") if part.strip()] if text else []
