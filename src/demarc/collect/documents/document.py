"""Reads one document, whatever its shape: text to values, values to objects, records, or gaps that name the place.

It knows shapes and where in the input it is; what is kept of what it finds is the builder's matter.
"""

from __future__ import annotations

import codecs
import re
from typing import Final, Protocol

import msgspec
from msgspec.structs import force_setattr

from demarc.collect.documents.decode import MalformedError, ObjectDecoder, decoded, server_times
from demarc.collect.documents.kinds import held_as, is_api_version
from demarc.collect.documents.metadata_only import Listed, read_metadata, read_table
from demarc.collect.documents.shapes import Form, Shape, answer_in_words, shape_of
from demarc.collect.documents.wire import ListMeta, ListWire, Status
from demarc.intake.framing import Damage, Item, ListHead, frames
from demarc.intake.limits import Limits
from demarc.intake.streams import Readable, Stream
from demarc.intake.yaml_documents import YamlDamage, yaml_documents
from demarc.model.evidence import Gap, GapReason
from demarc.model.kubernetes import KubeObject

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_NOISE = re.compile(rb"\s*(?:Warning: |[IWEF]\d{4} \d\d:)[^\n]*(?:\n|\Z)")
_LIST: Final = msgspec.json.Decoder(ListWire)
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_STATUS: Final = msgspec.json.Decoder(Status)
_ANY: Final = msgspec.json.Decoder()
_VERSION: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT: Final = msgspec.json.Decoder(str)
_STRANGERS = 1000
_NOT_KNOWN = (
    "give Kubernetes objects as JSON or YAML, or an export that `demarc` knows (docs/concepts/snapshot.md lists them)"
)


class Sink(Protocol):
    """Takes what a document holds."""

    def take_object(self, found: KubeObject, times: list[str]) -> None:
        """Take an object, and the times that the server wrote into it."""

    def take_whole(self, found: KubeObject, data: bytes | memoryview) -> None:
        """Take the JSON of the object that was just taken, for what only it tells."""

    def take_gap(self, gap: Gap) -> None:
        """Take a gap."""

    def take_page(self, key: str, items: int, meta: ListMeta) -> None:
        """Take note of a typed List, which may be one page of several."""

    def take_version(self, version: str) -> None:
        """Take the version of the API server."""

    def take_value(self, value: object) -> str | None:
        """Take a value that is no Kubernetes; gives the name of its shape, None where nobody knows it."""

    def take_table(self, text: str) -> str | None:
        """Take CSV; gives the name of its shape, None where nobody knows it."""


class Document:
    """One document being read. ``shapes`` names what was found in it, in order."""

    def __init__(
        self, sink: Sink, decoder: ObjectDecoder, limits: Limits, *, origin: str, of: tuple[str, str] | None = None
    ) -> None:
        self._sink = sink
        self._decoder = decoder
        self._limits = limits
        self._origin = origin
        self._of = of
        self._damaged = 0
        self._unknown = 0
        self._reasons: dict[tuple[GapReason, str], int] = {}
        self._lines: dict[str, int] | None = None
        self.shapes: dict[str, int] = {}
        self.recognised = False

    def read(self, stream: Stream) -> None:
        """Read to the end of the stream."""
        source = _as_utf8(stream)
        start = source.peek(65536)
        while match := _NOISE.match(start):
            source.read(match.end())
            start = source.peek(65536)
        first = start.lstrip()[:1]
        if first and first in b"{[" and not start.lstrip().startswith((b"{{", b"{%")):
            self._json(source)
        elif start:
            self._text(source)
        self._count()

    def _json(self, source: Readable) -> None:
        items = _Items()
        for frame in frames(source, self._limits):
            if isinstance(frame, Item):
                self._item(frame, items)
            elif isinstance(frame, ListHead):
                self._list_head(frame, items.number)
                items = _Items()
            elif isinstance(frame, Damage):
                self._damage(frame)
            else:
                self._value(frame.data, f"at byte {frame.at}", 0)

    def _item(self, frame: Item, items: _Items) -> None:
        """Read one item of a large List."""
        if not items.number:
            items.begin(frame.head)
        items.number += 1
        if not items.wanted:
            return
        self.recognised = True
        if _is_list(frame.data):
            self._value(frame.data, f"at byte {frame.at}", 1)
        else:
            self._object(frame.data, f"at byte {frame.at}", items.kind)

    def _damage(self, damage: Damage) -> None:
        reason = GapReason.TRUNCATED if damage.cut else GapReason.MALFORMED
        self._gap(GapReason.TOO_LARGE if damage.too_large else reason, f"at byte {damage.at}: {damage.says}")

    def _text(self, source: Stream) -> None:
        data = source.rest(self._limits.yaml_bytes)
        if data is None:
            self._gap(GapReason.TOO_LARGE, f"YAML of more than {self._limits.yaml_bytes} bytes; give it as JSON")
            return
        answer = answer_in_words(data[:4097].decode("utf-8", "replace"))
        if answer is not None:
            self._named("plain-text answer")
            self.recognised = True
            if answer[0] is not None:
                self._gap(answer[0], answer[1])
            return
        if self._origin.lower().removesuffix(".gz").endswith(".csv"):
            self._table(data)
            return
        for document in yaml_documents(data, self._limits):
            place = f"line {document.line}"
            if isinstance(document, YamlDamage):
                self._yaml_damage(document, place)
                continue
            for line in document.duplicates:
                self._gap(GapReason.MALFORMED, f"line {line}: a key stands twice in one mapping; the last one was used")
            self._lines = document.lines
            self._value(document.data, place, 0)
            self._lines = None

    def _table(self, data: bytes) -> None:
        """Read CSV, which has no shape of its own: the file's name says that it is a table."""
        name = self._sink.take_table(data.decode("utf-8", "replace"))
        if name is not None:
            self._named(name)
            self.recognised = True
        else:
            self._gap(GapReason.UNKNOWN_SHAPE, "line 1: a table whose columns are not known", _NOT_KNOWN)

    def _yaml_damage(self, damage: YamlDamage, place: str) -> None:
        if damage.template:
            todo = "render the chart first: helm template CHART | demarc assess -"
            self._gap(GapReason.UNKNOWN_SHAPE, f"{place}: a template that was not rendered", todo)
        else:
            self._gap(GapReason.REFUSED if damage.refused else GapReason.MALFORMED, f"{place}: {damage.says}")

    def _value(self, data: bytes | memoryview, place: str, depth: int) -> None:
        try:
            shape = shape_of(data)
            self._shaped(shape, data, place, depth)
        except MalformedError as error:
            self._gap(GapReason.MALFORMED, f"{place}: {error}")

    def _shaped(self, shape: Shape, data: bytes | memoryview, place: str, depth: int) -> None:
        if shape.form is Form.OTHER:
            self._foreign(data, place)
            return
        if shape.form is Form.ARRAY:
            self._array(data, place, depth)
            return
        self._named(shape.name)
        self.recognised = True
        if shape.form is Form.LIST:
            self._list(data, place, depth)
        elif shape.form is Form.OBJECT:
            self._object(data, place, ("", ""))
        elif shape.form in {Form.TABLE, Form.METADATA, Form.METADATA_LIST}:
            self._metadata_only(shape.form, data, place)
        elif shape.form is Form.STATUS:
            self._status(data)
        elif shape.form is Form.VERSION:
            self._version(data)
        elif shape.form is Form.KUBECONFIG:
            self._gap(GapReason.REFUSED, "a kubeconfig holds credentials and no objects; it was not read")

    def _list(self, data: bytes | memoryview, place: str, depth: int) -> None:
        """Read a List that is at hand as a whole."""
        if depth >= self._limits.depth:
            raise MalformedError("Lists are nested too deeply")
        found = decoded(_LIST, data)
        item_kind = _item_kind(found)
        for position, item in enumerate(found.items or ()):
            view = memoryview(item)
            where = f"{place}, item {position}"
            if _is_list(view):
                self._value(view, where, depth + 1)
            else:
                self._object(view, where, item_kind)
        self._close_list(found, len(found.items or ()))

    def _list_head(self, head: ListHead, items: int) -> None:
        """Take in what stands beside the items of a List that was read item by item."""
        try:
            found, shape = decoded(_LIST, head.data), shape_of(head.data)
        except MalformedError as error:
            self._gap(GapReason.MALFORMED, f"at byte {head.at}: {error}")
            return
        self._named(shape.name)
        self.recognised = True
        if shape.form is Form.LIST:
            self._close_list(found, items)

    def _close_list(self, found: ListWire, items: int) -> None:
        if not found.kind:
            self._gap(GapReason.TRUNCATED, "the List has no kind, as one that was cut off")
        elif found.kind != "List":
            self._sink.take_page(held_as(*_item_kind(found)), items, found.metadata or ListMeta())

    def _object(self, data: bytes | memoryview, place: str, kind: tuple[str, str]) -> None:
        try:
            found, times = self._decoder.decode(data, api_version=kind[0], kind=kind[1])
        except MalformedError as error:
            self._gap(GapReason.MALFORMED, f"{place}: {error}")
            return
        if not found.metadata.name and not found.metadata.generate_name:
            self._gap(GapReason.MALFORMED, f"{place}: a {found.kind} without a name")
            return
        if self._lines and not found.metadata.uid:
            force_setattr(found, "lines", self._lines)
        self._sink.take_object(found, times)
        self._sink.take_whole(found, data)

    def _array(self, data: bytes | memoryview, place: str, depth: int) -> None:
        """Read an array: of Kubernetes objects, or the answer of another tool."""
        items = decoded(_ITEMS, data)
        shape = shape_of(memoryview(items[0])) if items else Shape(Form.OTHER, "")
        if shape.form in {Form.OTHER, Form.ARRAY} or depth >= self._limits.depth:
            self._foreign(data, place)
            return
        for position, item in enumerate(items):
            self._value(memoryview(item), f"{place}, item {position}", depth + 1)

    def _foreign(self, data: bytes | memoryview, place: str) -> None:
        """Ask whether somebody knows a value; after many that nobody knew, the rest of them is only counted."""
        known = self.recognised or self._unknown < _STRANGERS
        name = self._sink.take_value(decoded(_ANY, data)) if known else None
        if name is not None:
            self._named(name)
            self.recognised = True
        else:
            self._gap(GapReason.UNKNOWN_SHAPE, f"{place}: neither a Kubernetes object nor a known export", _NOT_KNOWN)

    def _metadata_only(self, form: Form, data: bytes | memoryview, place: str) -> None:
        if form is Form.TABLE:
            self._listed(read_table(data, of=self._of, origin=self._origin), place)
        elif form is Form.METADATA_LIST:
            self._listed(read_metadata(decoded(_LIST, data).items or [], of=self._of), place)
        else:
            self._listed(read_metadata([msgspec.Raw(bytes(data))], of=self._of), place)

    def _listed(self, listed: Listed, place: str) -> None:
        if not listed.known:
            says = "an answer of metadata that does not say of which kind; only Secrets can be told by their fields"
            self._gap(GapReason.UNKNOWN_SHAPE, f"{place}: {says}", "give the objects themselves")
        for position, says in listed.malformed:
            self._gap(GapReason.MALFORMED, f"{place}, item {position}: {says}")
        if listed.gap is not None:
            self._sink.take_gap(listed.gap)
        for found in listed.objects:
            self._sink.take_object(found, server_times(found))

    def _status(self, data: bytes | memoryview) -> None:
        """Turn a refusal of the API server into a gap."""
        status = decoded(_STATUS, data)
        code = status.code or 0
        if status.status == "Success":
            return
        details = status.details
        what = self._origin
        if details is not None and details.kind and not details.name:
            what = f"{details.kind}.{details.group}" if details.group else details.kind
        reason = {401: GapReason.FORBIDDEN, 403: GapReason.FORBIDDEN, 410: GapReason.EXPIRED}.get(code)
        says = (status.message or status.reason or "").partition("\n")[0][:200]
        self._sink.take_gap(Gap(what=what, reason=reason or GapReason.UNAVAILABLE, detail=f"{code} {says}".strip()))

    def _version(self, data: bytes | memoryview) -> None:
        members = decoded(_VERSION, data)
        inner = members.get("serverVersion")
        if inner is not None:
            members = decoded(_VERSION, inner)
        version = members.get("gitVersion")
        if version is not None:
            self._sink.take_version(decoded(_TEXT, version)[:100])

    def _named(self, shape: str) -> None:
        self.shapes[shape] = self.shapes.get(shape, 0) + 1

    def _gap(self, reason: GapReason, detail: str, todo: str = "") -> None:
        """Note a gap in this document: the first ones each, the rest as a number."""
        self._damaged += 1
        self._unknown += reason is GapReason.UNKNOWN_SHAPE
        if self._damaged <= self._limits.gaps and (reason is not GapReason.UNKNOWN_SHAPE or self._unknown == 1):
            self._sink.take_gap(Gap(what=self._origin, reason=reason, detail=detail, todo=todo))
        else:
            self._reasons[reason, todo] = self._reasons.get((reason, todo), 0) + 1

    def _count(self) -> None:
        for (reason, todo), number in self._reasons.items():
            self._sink.take_gap(Gap(what=self._origin, reason=reason, detail=f"{number} more like these", todo=todo))


class _Items:
    """What is known of the items of a List that is read item by item."""

    def __init__(self) -> None:
        self.number = 0
        self.kind = ("", "")
        self.wanted = True

    def begin(self, head: bytes) -> None:
        """Learn from what stands before the items; nothing, where the List says what it is behind them."""
        try:
            found = decoded(_LIST, head)
            self.kind = _item_kind(found)
            self.wanted = not found.kind or shape_of(head).form is Form.LIST
        except MalformedError:
            self.kind = ("", "")


def _item_kind(found: ListWire) -> tuple[str, str]:
    """The kind that items of a typed List leave out; empty for a plain List, whose items name theirs."""
    kind = found.kind.removesuffix("List")
    return (found.api_version, kind) if kind and is_api_version(found.api_version) else ("", "")


def _is_list(item: memoryview) -> bool:
    """Tell a List within a List; the cheap look comes first, for this is asked of every item."""
    if b'List"' not in item[:200].tobytes() + item[-200:].tobytes():
        return False
    try:
        return shape_of(item).form is Form.LIST
    except MalformedError:
        return False


def _as_utf8(stream: Stream) -> Stream:
    """Take off a byte-order mark; UTF-16, which Windows shells write, becomes UTF-8."""
    start = stream.peek(4)
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            stream.read(len(mark))
            return stream if encoding == "utf-8" else Stream(_Recoded(stream, encoding))
    return stream


class _Recoded:
    """Text in another encoding, read as UTF-8."""

    def __init__(self, stream: Stream, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int, /) -> bytes:
        while more := self._stream.read(max(size, 4096)):
            if text := self._decoder.decode(more):
                return text.encode("utf-8", "replace")
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")
