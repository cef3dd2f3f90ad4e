"""Takes off what is around the records of a cloud's trail, by content, and gives each as a call.

Files of CloudTrail, answers of command lines, EventBridge, CloudWatch Logs, Pub/Sub, diagnostic records, answers of
queries: each holds lists, texts or packed texts in which the next value lies. It asks the clouds; it knows no field of
a record itself.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from demarc.events.cloud import amazon, azure, entra, google
from demarc.events.cloud.fields import Record, lowered, record
from demarc.model.cloud_calls import CallKind, CloudCall, CloudShape, PrincipalKind

DEEPEST: Final = 8
_LARGEST: Final = 256 * 1024 * 1024
_LISTS: Final = (
    "Records",
    "records",
    "Events",
    "events",
    "logEvents",
    "entries",
    "value",
    "hits",
    "results",
    "items",
    "receivedMessages",
    "messages",
    "Messages",
)
_TEXTS: Final = ("CloudTrailEvent", "Message", "message", "@message", "Body", "body", "eventData", "_raw")
_INSIDE: Final = ("detail", "message", "_source", "result", "json", "kinesis", "awslogs", "event")
_PACKED: Final = ("data", "Data")
_WRONG: Final = (msgspec.DecodeError, UnicodeError, ValueError, TypeError, AttributeError, KeyError, RecursionError)
_AUDIT: Final = "events of the Kubernetes API server: give them as --events"
_SERVICES: Final = "calls of the cloud's own services that change nothing"
NO_TIME: Final = "a record without a time"
NO_RECORD: Final = "it is no record of a cloud's trail"


class Taken(Struct, frozen=True, kw_only=True):
    """A call, and the log that it is of."""

    call: CloudCall
    log: str
    opens: bool = False
    """It only says that an operation has begun."""


class Other(Struct, frozen=True, kw_only=True):
    """A record of another log: nothing is lost by leaving it out."""

    says: str
    log: str = ""


class Bad(Struct, frozen=True, kw_only=True):
    """A record that could not be read."""

    says: str


Found = Taken | Other | Bad


def found_in(data: bytes | Raw, depth: int = 0) -> Iterator[Found]:
    """What a JSON value holds; at least one outcome, but for an empty list."""
    if depth > DEEPEST:
        yield Bad(says="envelopes are nested too deeply")
        return
    try:
        if bytes(memoryview(data)[:1]) == b"[":
            for item in _row_of_cells(data) or msgspec.json.decode(data, type=list[Raw]):
                yield from found_in(item, depth + 1)
            return
        fields = msgspec.json.decode(data, type=dict[str, Raw])
        inner = tuple(_opened(fields))
        if inner:
            for one in inner:
                yield from found_in(one, depth + 1)
            return
        yield from of_record(msgspec.json.decode(data), depth)
    except _WRONG as error:
        nested = isinstance(error, RecursionError)
        yield Bad(says="it is nested too deeply" if nested else "it is no JSON of a known shape")


class _Cell(Struct, forbid_unknown_fields=True):
    field: str
    value: Any = None


def _row_of_cells(data: bytes | Raw) -> list[bytes]:
    """A row of Insights, which is a list of its fields and their values; empty for any other list."""
    if b'"field"' not in bytes(memoryview(data)[:200]):
        return []
    try:
        cells = msgspec.json.decode(data, type=list[_Cell])
    except msgspec.DecodeError:
        return []
    return [msgspec.json.encode({cell.field: cell.value for cell in cells})]


def _opened(fields: dict[str, Raw]) -> Iterator[bytes | Raw]:
    """Values that lie in an envelope; nothing for a record."""
    if not fields.keys().isdisjoint({"eventName", "protoPayload", "protopayload_auditlog", "operationName"}):
        return
    for name in _LISTS:
        value = fields.get(name)
        if value is not None and bytes(memoryview(value)[:1]) in {b"[", b"{"}:
            yield value
            return
    if "tables" in fields:
        yield from _tables(msgspec.json.decode(fields["tables"]))
    elif "QueryResultRows" in fields:
        for cells in msgspec.json.decode(fields["QueryResultRows"]):
            yield msgspec.json.encode({key: one for cell in cells for key, one in cell.items()})
    elif "ResultSet" in fields:
        yield from _athena(msgspec.json.decode(fields["ResultSet"]))
    else:
        yield from _carried(fields)


def _carried(fields: dict[str, Raw]) -> Iterator[bytes | Raw]:
    for name in _TEXTS:
        text = _text(fields.get(name))
        if text[:1] in {"{", "["}:
            yield text.encode()
            return
    for name in _INSIDE:
        value = fields.get(name)
        if value is not None and bytes(memoryview(value)[:1]) == b"{":
            yield value
            return
    for name in _PACKED:
        text = _text(fields.get(name))
        if text and (unpacked := _unpacked(text)):
            yield unpacked
            return


def _text(value: Raw | None) -> str:
    if value is None or bytes(memoryview(value)[:1]) != b'"':
        return ""
    return msgspec.json.decode(value, type=str).strip()


def _unpacked(text: str) -> bytes:
    """Base64 of JSON, or of gzip of it; empty where it is neither."""
    try:
        data = base64.b64decode(text, validate=True)
        if data.startswith(b"\x1f\x8b"):
            unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            data = unpacker.decompress(data, _LARGEST)
            if not unpacker.eof:
                return b""
    except (binascii.Error, ValueError, zlib.error, gzip.BadGzipFile):
        return b""
    data = data.strip()
    return data if data[:1] in {b"{", b"["} else b""


def _tables(tables: Any) -> Iterator[bytes]:
    """The answer of a query to Log Analytics: columns, and rows as lists."""
    for table in tables:
        names = [column["name"] for column in table["columns"]]
        for row in table["rows"]:
            yield msgspec.json.encode(dict(zip(names, row, strict=False)))


def _athena(answer: Any) -> Iterator[bytes]:
    """The answer of Athena: the names of the columns are the first row."""
    names: list[str] = []
    for row in answer["Rows"]:
        cells = [cell.get("VarCharValue", "") for cell in row["Data"]]
        if names:
            yield msgspec.json.encode(dict(zip(names, cells, strict=False)))
        else:
            names = cells


def of_record(value: Any, depth: int = 0) -> Iterator[Found]:
    """A record by itself, of whatever cloud."""
    if not isinstance(value, dict):
        yield Bad(says=NO_RECORD)
        return
    if amazon.is_record(value) and amazon.is_own_read(value):
        yield Other(says=_SERVICES, log="cloudtrail")
    elif amazon.is_record(value):
        is_table = isinstance(value.get("userIdentity"), str)
        row = amazon.row(value) if is_table else None
        shape = CloudShape.CLOUDTRAIL_TABLE if is_table else CloudShape.CLOUDTRAIL
        yield _taken(amazon.call(row if row is not None else value, shape), "cloudtrail")
    elif google.is_entry(value):
        yield _of_google(value)
    elif google.is_other(value):
        yield Other(says="entries of Cloud Logging that are of no audit log")
    elif "auditID" in value or ("requestURI" in value and "verb" in value):
        yield Other(says=_AUDIT)
    else:
        yield from _of_azure_or_rows(value, depth)


def _of_google(value: Record) -> Found:
    entry, shape = google.plain(value)
    if google.is_of_kubernetes(entry):
        return Other(says=_AUDIT)
    return _taken(google.call(entry, shape), google.log_of(entry) or "activity")


def _of_azure_or_rows(value: Record, depth: int) -> Iterator[Found]:
    row = {key.removesuffix(" [UTC]"): one for key, one in value.items()}
    named = lowered(row)
    entry = entra.unwrapped(named)
    if entra.is_audit(entry):
        yield _taken(entra.audit(entry), "entra-audit")
    elif entra.is_sign_in(entry):
        yield _taken(entra.sign_in(entry), entra.log_of(entry))
    elif azure.is_record(named):
        call = azure.call(named)
        yield _taken(call, azure.shape_of(named).value, opens=azure.is_open(named))
    elif (found := amazon.row(row)) is not None:
        yield _taken(amazon.call(found, CloudShape.CLOUDTRAIL_TABLE), "cloudtrail")
    elif named.keys() & {"category", "categoryvalue"}:
        inner = record(named.get("properties"))
        of_audit = "kube-audit" in str(named.get("category")) or "log" in inner
        yield Other(says=_AUDIT if of_audit else "diagnostic records of another log")
    elif (text := next((row[key] for key in _TEXTS if str(row.get(key, ""))[:1] == "{"), None)) is not None:
        yield from found_in(str(text).encode(), depth + 1)
    else:
        yield Bad(says=NO_RECORD)


def _taken(call: CloudCall | None, log: str, *, opens: bool = False) -> Found:
    if call is None:
        return Bad(says=NO_TIME)
    is_own = call.principal_kind is PrincipalKind.PROVIDER and not call.write and call.kind is CallKind.OTHER
    return Other(says=_SERVICES, log=log) if is_own else Taken(call=call, log=log, opens=opens)
