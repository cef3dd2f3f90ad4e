"""EKS: what CloudWatch Logs hands out. Events of its API, Insights results, subscription records, Firehose objects.

The event of the API server is a text in all of them. Records above 256 KB arrive cut, which ``salvage`` deals with.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from isal import isal_zlib
from msgspec import Raw, Struct, structs

from demarc.events.shapes.interface import (
    NONE,
    Bad,
    Beside,
    Other,
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
from demarc.intake.streams import GZIP_ERROR
from demarc.model.events import Shape

_AUDIT: Final = "kube-apiserver-audit"
_LARGEST: Final = 256 * 1024 * 1024


class _Cell(Struct):
    field: str = ""
    value: Any = None


def read(value: Raw | bytes, probe: Probe, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome] | None:  # noqa: ARG001
    """Read an envelope of CloudWatch, or of what carries it."""
    if present(probe.message_type) or (is_list(probe.log_events) and present(probe.log_group)):
        return _subscription(probe, beside, unwrap)
    if is_list(probe.events):
        return _each(probe.events, beside, unwrap)
    if is_list(probe.results):
        return _results(probe.results, beside, unwrap)
    if is_list(probe.upper_records):
        return _each(probe.upper_records, beside, unwrap)
    if is_object(probe.kinesis):
        return unwrap.value(probe.kinesis, _deeper(beside))
    if is_object(probe.awslogs):
        return unwrap.value(probe.awslogs, _deeper(beside))
    if is_text(probe.data) and not present(probe.kind):
        return _packed(text_of(probe.data), beside, unwrap)
    if is_text(probe.at_message):
        return _message(text_of(probe.at_message), probe, beside, unwrap)
    if is_text(probe.message) and (present(probe.log_stream_name) or _is_number(probe.timestamp)):
        return _message(text_of(probe.message), probe, beside, unwrap)
    return None


def _deeper(beside: Beside, **more: Any) -> Beside:
    return structs.replace(beside, shape=beside.shape or Shape.CLOUDWATCH, depth=beside.depth + 1, **more)


def _cluster(group: str) -> str:
    """Name of the cluster out of a log group: ``/aws/eks/NAME/cluster``, perhaps behind an account."""
    _, found, rest = group.partition("/aws/eks/")
    return rest.partition("/")[0] if found else ""


def _subscription(probe: Probe, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    if text_of(probe.message_type) == "CONTROL_MESSAGE":
        yield Other(says="a health check of CloudWatch")
        return
    cluster = _cluster(text_of(probe.log_group)) or beside.cluster
    stream = text_of(probe.log_stream)
    within = structs.replace(beside, cluster=cluster, alien=bool(stream) and _AUDIT not in stream)
    yield from _each(probe.log_events, within, unwrap)


def _each(values: Raw, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    for item in list_of(values):
        yield from unwrap.value(item, _deeper(beside))


def _results(results: Raw, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    """Rows of Insights: each a list of fields and values, or an object."""
    for row in list_of(results):
        try:
            cells = msgspec.json.decode(row, type=list[_Cell])
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            yield from unwrap.value(row, _deeper(beside))
            continue
        yield from unwrap.value(msgspec.json.encode({cell.field: cell.value for cell in cells}), _deeper(beside))


def _message(text: str, probe: Probe, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    stream = text_of(probe.log_stream_name) or text_of(probe.at_log_stream)
    cluster = _cluster(text_of(probe.at_log)) or beside.cluster
    alien = beside.alien or (bool(stream) and _AUDIT not in stream)
    when = _milliseconds(probe.timestamp) * 1000 or beside.ts_us
    return unwrap.text(text, _deeper(beside, cluster=cluster, alien=alien, ts_us=when))


def _packed(data: str, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    """Base64 of JSON, or of gzip of it."""
    try:
        packed = base64.b64decode(data, validate=True)
        if packed.startswith(b"\x1f\x8b"):
            unpacker = isal_zlib.decompressobj(wbits=31)
            packed = unpacker.decompress(packed, _LARGEST)
            if not unpacker.eof:
                yield Bad(says="packed data that is cut off, or unpacks to too much", text=data.encode())
                return
    except (binascii.Error, ValueError, GZIP_ERROR):
        yield Bad(says="data that cannot be unpacked", text=data.encode("utf-8", "surrogatepass"))
        return
    yield from unwrap.text(packed.decode("utf-8", "replace"), _deeper(beside))


def _is_number(raw: Raw) -> bool:
    return raw is not NONE and bytes(memoryview(raw)[:1]).isdigit()


def _milliseconds(raw: Raw) -> int:
    if not _is_number(raw):
        return 0
    try:
        return msgspec.json.decode(raw, type=int)
    except msgspec.DecodeError:
        return 0
