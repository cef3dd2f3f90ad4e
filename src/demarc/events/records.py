"""Finds the records in a stream of text: JSON lines, JSON of any other framing, lines with something before, CSV, YAML.

It knows framing; what a record means is known by the shapes. The number of a record is its line that is not blank, or
where there are no lines its place among the records.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from demarc.events.normalise import LONGEST_LINE
from demarc.events.salvage import is_json
from demarc.events.shapes.azure import microseconds
from demarc.events.shapes.interface import Bad, Beside, Other, Outcome
from demarc.events.unwrap import OUTERMOST, Unwrapping
from demarc.intake.framing import Damage, ListHead, frames
from demarc.intake.limits import Limits
from demarc.intake.streams import Readable, Stream
from demarc.intake.tables import rows
from demarc.intake.yaml_documents import YamlDamage, yaml_documents
from demarc.model.events import Shape

BLOCK: Final = 8 * 1024 * 1024
_START: Final = 64 * 1024
_FIRST_LINE: Final = 4 * 1024 * 1024
_COLUMNS: Final = ("@message", "message", "log_s", "AuditId", "properties", "Message", "_raw")
_YAML: Final = re.compile(rb"(?:---|#|[A-Za-z][\w.-]*:(?:\s|$)|- \w)")
_CRI: Final = re.compile(r"(\S+)(?: std(?:out|err) [FP])?$")
_FIRST_LINES: Final = 20
_UNWRAPPING: Final = Unwrapping()
UNFINISHED: Final = "the last line ends early: it may still be written"
TOO_LONG: Final = "a line that is too long"


def beginning(stream: Stream) -> bytes:
    """The first lines, at least one, as far as it is not too long."""
    start = stream.peek(_START)
    return start if b"\n" in start else stream.peek(_FIRST_LINE)


def framing_of(start: bytes) -> str:
    """Tell the framing by the beginning: ``plain``, ``lines``, ``values``, ``csv`` or ``yaml``.

    ``plain`` are JSON lines that begin with an event of the API server; a line among them that is none is read apart.
    """
    lines = [line for line in start.split(b"\n")[:_FIRST_LINES] if line.strip()]
    if not lines:
        return "lines"
    first = lines[0].strip()
    if first[:1] in {b"{", b"["}:
        whole = [line for line in lines if line[:1] == b"{" and b'"' in line and is_json(line)]
        if not whole:
            return "values"
        found = list(_UNWRAPPING.value(whole[0].strip()))
        plain = whole[0] is lines[0] and len(found) == 1 and _is_plain(found[0], whole[0])
        return "plain" if plain else "lines"
    if b"," in first and any(name.encode() in first for name in _COLUMNS) and b"{" not in first:
        return "csv"
    return "yaml" if _YAML.match(first) and b'{"' not in first else "lines"


def _is_plain(outcome: Outcome, line: bytes) -> bool:
    event = getattr(outcome, "event", None)
    return event == line.strip() and getattr(outcome, "shape", None) is Shape.KUBERNETES


def outcomes(stream: Readable, framing: str, limits: Limits) -> Iterator[tuple[int, Outcome]]:
    """Outcomes of a stream, each with the number of its record."""
    if framing == "values":
        yield from enumerate(_values(stream, limits), start=1)
    elif framing == "csv":
        yield from _rows(stream)
    elif framing == "yaml":
        yield from enumerate(_documents(stream, limits), start=1)
    else:
        number = 0
        for line, ended in lines_of(stream):
            if line.strip():
                number += 1
                for outcome in of_line(line, ended=ended, limits=limits):
                    yield number, outcome


def of_line(line: bytes, *, ended: bool, limits: Limits) -> Iterator[Outcome]:
    """Outcomes of one line. A last line without an end that is no JSON may still be written: it is no cut record."""
    data = line.strip()
    if len(data) >= LONGEST_LINE:
        yield Bad(says=TOO_LONG, text=data[:1000])
    elif data[:1] in {b"{", b"["}:
        yield from _json_line(data, ended=ended, limits=limits)
    elif data.startswith(b"H4sI"):
        yield from _UNWRAPPING.value(msgspec.json.encode({"data": data.decode("ascii", "replace")}))
    else:
        yield from _prefixed(data)


def _json_line(data: bytes, *, ended: bool, limits: Limits) -> Iterator[Outcome]:
    if is_json(data):
        yield from _UNWRAPPING.value(_mended(data))
        return
    values = list(frames(io.BytesIO(data), limits))
    if len(values) > 1 and not isinstance(values[0], Damage):
        for frame in values:
            if isinstance(frame, Damage):
                yield _UNWRAPPING.cut(data[frame.at :])
            elif not isinstance(frame, ListHead):
                yield from _UNWRAPPING.value(_mended(bytes(frame.data)))
    elif not ended and not data.endswith(b"...]"):
        yield Bad(says=UNFINISHED, text=data)
    else:
        yield _UNWRAPPING.cut(data)


def _prefixed(data: bytes) -> Iterator[Outcome]:
    """A line with something before its JSON: the time of an S3 export or of a container's log, the name of a node."""
    at = data.find(b"{")
    if at < 0:
        yield Bad(says="it is no JSON", text=data)
        return
    before = data[:at].decode("utf-8", "replace").strip()
    match = _CRI.match(before)
    when = microseconds(match[1]) if match else 0
    shape = Shape.CLOUDWATCH if when and match and match[0] == match[1] else None
    yield from _UNWRAPPING.text(_mended(data[at:]).decode("utf-8", "replace"), Beside(shape=shape, ts_us=when))


def _values(stream: Readable, limits: Limits) -> Iterator[Outcome]:
    for frame in frames(stream, limits):
        if isinstance(frame, Damage):
            yield Bad(says=frame.says, text=b"")
        elif not isinstance(frame, ListHead):
            yield from _UNWRAPPING.value(_mended(bytes(frame.data)), OUTERMOST)


def _rows(stream: Readable) -> Iterator[tuple[int, Outcome]]:
    """Rows of CSV, as the cloud's consoles export them; each column is text."""
    text = (line.decode("utf-8", "replace").replace("\0", "") for line, _ in lines_of(stream))
    try:
        for number, row in enumerate(rows(text), start=1):
            named = {key: value for key, value in row.items() if isinstance(key, str) and value}
            for outcome in _UNWRAPPING.value(msgspec.json.encode(named)):
                yield number, outcome
    except csv.Error:
        yield 0, Bad(says="CSV that cannot be read on", text=b"")


def _documents(stream: Readable, limits: Limits) -> Iterator[Outcome]:
    data = b"".join(iter(lambda: stream.read(BLOCK), b""))
    if len(data) > limits.yaml_bytes:
        yield Bad(says="YAML that is too large", text=b"")
        return
    for document in yaml_documents(data, limits):
        if isinstance(document, YamlDamage):
            yield Bad(says=document.says, text=b"")
        elif document.data[:1] in {b"{", b"["}:
            yield from _UNWRAPPING.value(document.data)
        else:
            yield Other(says="text that is no record")


def lines_of(stream: Readable) -> Iterator[tuple[bytes, bool]]:
    """Lines, and whether each has an end. A line without end costs no more than its bound."""
    rest, skipping = b"", False
    while block := stream.read(BLOCK):
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            if not skipping:
                yield line, True
            skipping = False
        if len(rest) >= LONGEST_LINE:
            if not skipping:
                yield rest, True
            rest, skipping = b"", True
    if rest and not skipping:
        yield rest, False


def _mended(data: bytes) -> bytes:
    """Text that is no UTF-8 gets marks where it is none: the rest of the record can be read."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace").encode()
    return data


class Decoded:
    """A stream of UTF-8 out of one of UTF-16, or of UTF-8 with a byte-order mark."""

    def __init__(self, source: Readable, encoding: str) -> None:
        """Begin; ``encoding`` is what ``encoding_of`` gave."""
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int, /) -> bytes:
        """Read some text; empty at the end."""
        while data := self._source.read(size):
            if text := self._decoder.decode(data):
                return text.encode("utf-8", "replace")
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")


def encoding_of(start: bytes) -> str:
    """Name of the encoding that a byte-order mark tells; empty where there is none."""
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    return "utf-16" if start[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else ""
