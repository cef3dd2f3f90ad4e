"""What collectors and log stores wrap around a line.

Fluent Bit, Filebeat and Elastic, OpenTelemetry, GELF, Splunk, Loki, Datadog, container logs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct, field, structs

from demarc.events.shapes.interface import (
    Bad,
    Beside,
    Outcome,
    Probe,
    Unwrap,
    is_list,
    is_object,
    is_text,
    list_of,
    text_of,
)
from demarc.model.events import Shape

_NONE: Final = Raw(b"null")


class _Kubernetes(Struct):
    audit: Raw = _NONE


class _Hits(Struct):
    hits: list[Raw] = []


class _Stream(Struct):
    values: list[list[Any]] = []
    """Time, line, and metadata where there is some."""


class _Streams(Struct):
    kind: str = field(name="resultType")
    result: list[_Stream] = []


class _Attributes(Struct):
    attributes: Raw = _NONE
    audit_id: str = field(name="auditID", default="")


class _Record(Struct):
    body: Any = None
    time: str = field(name="timeUnixNano", default="")


class _Scope(Struct):
    records: list[_Record] = field(name="logRecords", default_factory=list)


class _Resource(Struct):
    scopes: list[_Scope] = field(name="scopeLogs", default_factory=list)


def read(value: Raw | bytes, probe: Probe, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome] | None:  # noqa: ARG001, C901 - one line a shape
    """Read what a collector wrote."""
    if is_list(probe.resource_logs):
        return _otel(probe.resource_logs, beside, unwrap)
    if is_object(probe.body):
        return _body(msgspec.json.decode(probe.body), _within(beside, Shape.OTEL), unwrap)
    if is_object(probe.hits):
        return _hits(probe.hits, beside, unwrap)
    if is_object(probe.kubernetes) and (found := _elastic(probe.kubernetes)) is not None:
        return unwrap.value(found, _within(beside, Shape.ELASTIC))
    for inner in (probe.source, probe.result, probe.json):
        if is_object(inner):
            return unwrap.value(inner, _within(beside, Shape.ELASTIC))
    for inner in (probe.full_message, probe.short_message):
        if text_of(inner).lstrip()[:1] == "{":
            return unwrap.text(text_of(inner), _within(beside, Shape.GELF))
    if (stored := _of_a_store(probe, _within(beside, Shape.ELASTIC), unwrap)) is not None:
        return stored
    for inner in (probe.log, probe.raw, probe.message, probe.line):
        if is_text(inner):
            return unwrap.text(text_of(inner), _within(beside, Shape.ELASTIC))
    if is_object(probe.message):
        return unwrap.value(probe.message, _within(beside, Shape.ELASTIC))
    return unwrap.value(probe.log, _within(beside, Shape.ELASTIC)) if is_object(probe.log) else None


def _within(beside: Beside, shape: Shape) -> Beside:
    return structs.replace(beside, shape=beside.shape or shape, depth=beside.depth + 1)


def _hits(hits: Raw, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    try:
        found = msgspec.json.decode(hits, type=_Hits).hits
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        yield Bad(says="hits that are not as Elastic gives them", text=bytes(hits))
        return
    for hit in found:
        yield from unwrap.value(hit, _within(beside, Shape.ELASTIC))


def _elastic(kubernetes: Raw) -> bytes | None:
    """The event below ``kubernetes.audit``, with the dots of its keys put back."""
    try:
        audit = msgspec.json.decode(kubernetes, type=_Kubernetes).audit
        event = msgspec.json.decode(audit)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not isinstance(event, dict):
        return None
    user = event.get("user")
    if isinstance(event.get("annotations"), dict):
        event["annotations"] = _redotted(event["annotations"])
    if isinstance(user, dict) and isinstance(user.get("extra"), dict):
        user["extra"] = _redotted(user["extra"])
    return msgspec.json.encode(event)


def _redotted(values: dict[str, Any]) -> dict[str, Any]:
    def name(key: str) -> str:
        start, slash, rest = key.partition("/")
        return start.replace("_", ".") + slash + rest if slash and start.endswith(("_io", "_com")) else key

    flat: dict[str, Any] = {}
    for key, item in values.items():
        if isinstance(item, dict):  # dots that became levels
            flat |= {f"{key}.{inner}": text for inner, text in _redotted(item).items()}
        else:
            flat[name(key)] = item
    return flat


def _of_a_store(probe: Probe, within: Beside, unwrap: Unwrap) -> Iterator[Outcome] | None:
    """What Loki and Datadog answer; None for anything else."""
    if is_list(probe.data):
        return unwrap.value(probe.data, within)
    if is_object(probe.data) and (streams := _loki(probe.data)) is not None:
        return _lines(streams, within, unwrap)
    if is_object(probe.attributes) and (found := _datadog(probe.attributes)) is not None:
        return unwrap.value(found, within)
    return None


def _loki(data: Raw) -> _Streams | None:
    """The streams of an answer of Loki's query API; None for another thing that has data."""
    try:
        found = msgspec.json.decode(data, type=_Streams)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return found if found.kind == "streams" else None


def _lines(streams: _Streams, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    for value in (value for stream in streams.result for value in stream.values):
        yield from unwrap.text(str(value[1]), beside)


def _datadog(attributes: Raw) -> Raw | None:
    """The parsed line below the attributes of a log of Datadog; None for attributes of another thing.

    The API gives them a level deeper than an archive does.
    """
    try:
        found = msgspec.json.decode(attributes, type=_Attributes)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if is_object(found.attributes):
        return found.attributes
    return attributes if found.audit_id else None


def _otel(resources: Raw, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    for resource in list_of(resources):
        try:
            found = msgspec.json.decode(resource, type=_Resource)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            yield Bad(says="records that are not as OpenTelemetry has them", text=bytes(resource))
            continue
        for record in (record for scope in found.scopes for record in scope.records):
            when = int(record.time) // 1000 if record.time.isdigit() and len(record.time) < 20 else 0
            yield from _body(record.body, structs.replace(_within(beside, Shape.OTEL), ts_us=when), unwrap)


def _body(body: Any, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    value = _plain(body) if isinstance(body, dict) else body
    if isinstance(value, str):
        yield from unwrap.text(value, beside)
    else:
        yield from unwrap.value(msgspec.json.encode(value), beside)


def _plain(value: dict[str, Any]) -> Any:
    """An AnyValue of OpenTelemetry as plain JSON."""
    if isinstance(pairs := value.get("kvlistValue"), dict):
        return {str(pair.get("key", "")): _plain(pair.get("value") or {}) for pair in pairs.get("values") or []}
    if isinstance(items := value.get("arrayValue"), dict):
        return [_plain(item) for item in items.get("values") or []]
    if "intValue" in value:
        return int(value["intValue"])
    return next(iter(value.values()), None)
