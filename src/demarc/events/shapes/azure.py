"""AKS: diagnostic records (event hub, storage account, AzureDiagnostics), and rows of AKSAudit and AKSAuditAdmin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct, structs

from demarc.events.shapes.interface import (
    Bad,
    Beside,
    Found,
    Outcome,
    Probe,
    Unwrap,
    is_list,
    is_object,
    is_text,
    list_of,
    present,
    text_of,
)
from demarc.model.events import Shape

_AUDIT: Final = ("kube-audit", "kube-audit-admin")
_TOO_BIG: Final = "skipped-too-big-size-object"


class _Properties(Struct):
    log: Raw = Raw(b"")


class _Column(Struct):
    name: str = ""


class _Table(Struct):
    columns: list[_Column] = []
    rows: list[list[Any]] = []


class _Row(Struct, rename="pascal"):
    """A row of AKSAudit. The dynamic columns are objects, or texts of them."""

    audit_id: str = ""
    level: str = ""
    stage: str = ""
    request_uri: str = ""
    verb: str = ""
    user: Any = None
    source_ips: Any = None
    user_agent: str = ""
    object_ref: Any = None
    response_status: Any = None
    request_object: Any = None
    response_object: Any = None
    request_received_time: str | None = None
    stage_received_time: str | None = None
    annotations: Any = None


def read(value: Raw | bytes, probe: Probe, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome] | None:
    """Read an envelope or a row of Azure."""
    if is_list(probe.records):
        return _each(probe.records, beside, unwrap)
    if is_list(probe.tables):
        return _tables(probe.tables, beside, unwrap)
    if present(probe.upper_audit_id) and not present(probe.log_s):
        return iter((_row(value, probe, beside),))
    if present(probe.category) and present(probe.properties):
        return _record(probe, beside, unwrap)
    if present(probe.log_s):
        return _text(probe, text_of(probe.upper_category), text_of(probe.log_s), beside, unwrap)
    return None


def _each(values: Raw, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    for item in list_of(values):
        yield from unwrap.value(item, structs.replace(beside, depth=beside.depth + 1))


def _tables(tables: Raw, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    """The answer of a query to Log Analytics: columns, and rows as lists."""
    try:
        found = msgspec.json.decode(tables, type=list[_Table])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        yield Bad(says="tables that are not as Log Analytics gives them", text=bytes(tables))
        return
    for table in found:
        names = [column.name for column in table.columns]
        for row in table.rows:
            named = msgspec.json.encode(dict(zip(names, row, strict=False)))
            yield from unwrap.value(named, structs.replace(beside, depth=beside.depth + 1))


def _record(probe: Probe, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome] | None:
    try:
        inner = probe.properties
        if is_text(inner):
            inner = Raw(msgspec.json.decode(inner, type=str).encode())
        log = msgspec.json.decode(inner, type=_Properties).log
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    within = _within(probe, text_of(probe.category), beside)
    if is_object(log):
        return unwrap.value(log, within)
    return unwrap.text(text_of(log), within) if is_text(log) else None


def _text(probe: Probe, category: str, text: str, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    return unwrap.text(text, _within(probe, category, beside))


def _within(probe: Probe, category: str, beside: Beside) -> Beside:
    cluster = text_of(probe.resource_id) or text_of(probe.azure_id) or text_of(probe.upper_id) or beside.cluster
    return Beside(
        shape=Shape.AKS_DIAGNOSTIC,
        cluster=cluster.lower(),
        ts_us=microseconds(text_of(probe.time) or text_of(probe.time_generated)) or beside.ts_us,
        depth=beside.depth + 1,
        alien=bool(category) and category not in _AUDIT,
    )


def _row(value: Raw | bytes, probe: Probe, beside: Beside) -> Outcome:
    try:
        row = msgspec.json.decode(value, type=_Row)
        objects = {name: _dynamic(getattr(row, name)) for name in _DYNAMIC}
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Bad(says="a row that is not as AKSAudit has it", text=bytes(value))
    skipped = any(objects[name] == _TOO_BIG for name in ("request_object", "response_object"))
    event = {
        "kind": "Event",
        "level": row.level,
        "auditID": row.audit_id,
        "stage": row.stage,
        "requestURI": row.request_uri,
        "verb": row.verb,
        "user": objects["user"],
        "sourceIPs": objects["source_ips"],
        "userAgent": row.user_agent,
        "objectRef": objects["object_ref"],
        "responseStatus": objects["response_status"],
        "requestObject": objects["request_object"],
        "responseObject": objects["response_object"],
        "requestReceivedTimestamp": row.request_received_time,
        "stageTimestamp": row.stage_received_time,
        "annotations": objects["annotations"],
    }
    cluster = text_of(probe.azure_id) or beside.cluster
    return Found(
        event=msgspec.json.encode({name: item for name, item in event.items() if item not in (None, "")}),
        shape=Shape.AKS_TABLE,
        cluster=cluster.lower(),
        ts_us=microseconds(text_of(probe.time_generated)),
        truncated=skipped,
    )


_DYNAMIC: Final = (
    *("user", "source_ips", "object_ref", "response_status", "request_object", "response_object", "annotations"),
)


def _dynamic(value: Any) -> Any:
    """A dynamic column, which exports may hold as text."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        return msgspec.json.decode(value)
    return value or None


def microseconds(text: str) -> int:
    """A time of RFC 3339, of up to seven digits, as microseconds; 0 where it is none."""
    if not text:
        return 0
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return int(when.timestamp() * 1_000_000) if when.tzinfo else 0
