"""Builds a snapshot out of documents, whichever way they came: from files or from a live API.

It keeps what was found, names every source, and says what was not seen. Reading a document is ``document``'s matter,
and files and archives are ``reading``'s.
"""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from msgspec import structs

from demarc.collect.documents.decode import ObjectDecoder
from demarc.collect.documents.document import Document
from demarc.collect.documents.kinds import held_as
from demarc.collect.documents.pages import Pages
from demarc.collect.documents.times import Newest
from demarc.collect.documents.wire import ListMeta
from demarc.collect.external import declined, gaps, merged, recognise, source_kind, table
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.redact import redact_page
from demarc.collect.references import References
from demarc.collect.releases import TOO_BIG
from demarc.collect.store import ObjectStore
from demarc.intake.limits import Limits
from demarc.intake.streams import DamagedError, Readable, RefusedError, Stream
from demarc.model.evidence import Gap, GapReason
from demarc.model.kubernetes import ConfigMap, KubeObject, Secret
from demarc.model.snapshot import Record, Snapshot, Source, SourceKind

_DEEPEST = 100


class SnapshotBuilder:
    """Takes documents, records and gaps, in a fixed order; ``build`` makes a snapshot of them."""

    def __init__(
        self,
        key: FingerprintKey,
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
        *,
        keep: Callable[[str], bool] | None = None,
    ) -> None:
        """``keep`` tells of a kind such as ``Deployment.apps`` whether its objects are to be kept whole."""
        self._key = key
        self._keep = keep
        self._whole: dict[str, dict[str, bytes]] = {}
        self._decoder = ObjectDecoder(key)
        self._limits = limits
        self._store = ObjectStore()
        self._references = References(key)
        self._sources: list[Source] = []
        self._gaps: dict[Gap, None] = {}
        self._records: list[Record] = []
        self._times = Newest()
        self._pages = Pages()
        self.server_version: str | None = None
        """``gitVersion`` of the API server; the first one that is read counts."""
        self.context: str | None = None
        """Name of the kubeconfig context or cluster, where it is known."""
        self.recognised = 0
        """Documents so far in which something was recognised."""

    def add_document(
        self,
        data: bytes | memoryview,
        *,
        origin: str,
        kind: SourceKind | None = None,
        of: tuple[str, str] | None = None,
        received: tuple[str, int] | None = None,
    ) -> None:
        """Take the content of one file or answer, of any shape that is known.

        ``kind`` is found out where it is None. ``of`` is the apiVersion and kind of what was asked for, for answers
        that do not say it (Table, PartialObjectMetadataList). ``received`` gives digest and size of the bytes as they
        were received, where ``data`` is what was kept of them. What cannot be read becomes a gap.
        """
        self.add_stream(io.BytesIO(data), origin=origin, kind=kind, of=of, received=received)

    def add_stream(
        self,
        readable: Readable,
        *,
        origin: str,
        kind: SourceKind | None = None,
        of: tuple[str, str] | None = None,
        received: tuple[str, int] | None = None,
        packed: Stream | None = None,
    ) -> None:
        """Take one document from a stream; ``packed`` is the stream below it whose bytes are the source's bytes."""
        stream = Stream(readable, digest=packed is None)
        sink = _DocumentSink(self, f"s{len(self._sources) + 1}", origin)
        document = Document(sink, self._decoder, self._limits, origin=origin, of=of)
        self._sources.append(_unread(sink.source, origin))
        position = len(self._sources) - 1
        below = packed or stream
        try:
            with _few_collections():
                document.read(stream)
            below.drain()
        except RefusedError as error:
            sink.take_gap(Gap(what=origin, reason=GapReason.REFUSED, detail=str(error)))
        except DamagedError as error:
            sink.take_gap(Gap(what=origin, reason=GapReason.TRUNCATED, detail=str(error)))
        sha256, size = received or (below.sha256, below.size)
        self._sources[position] = Source(
            id=sink.source,
            origin=origin,
            kind=kind or sink.kind(),
            shape=_shape(document.shapes),
            sha256=sha256,
            size=size,
        )
        self.recognised += document.recognised
        for gap in sink.gaps:
            self.add_gap(gap)

    def add_source(self, origin: str, kind: SourceKind, shape: str, sha256: str, size: int) -> str:
        """Name a source that was read elsewhere; gives its id."""
        source = Source(
            id=f"s{len(self._sources) + 1}", origin=origin, kind=kind, shape=shape, sha256=sha256, size=size
        )
        self._sources.append(source)
        return source.id

    def add_records(self, records: Iterable[Record], source: str) -> None:
        """Take records read from a source."""
        self._records.extend(structs.replace(record, source=source) for record in records)

    def add_gap(self, gap: Gap) -> None:
        """Take something that could not be seen; the same gap counts once."""
        self._gaps.setdefault(gap)

    @property
    def gap_count(self) -> int:
        """Number of gaps so far."""
        return len(self._gaps)

    def gaps_since(self, count: int) -> tuple[Gap, ...]:
        """Gaps that came after the first ``count``."""
        return tuple(self._gaps)[count:]

    def build(self, *, now: datetime, taken_at: datetime | None = None, taken_at_basis: str = "") -> Snapshot:
        """Make the snapshot. ``taken_at`` is for whoever knows it; else it is what the API server wrote last."""
        if taken_at is None:
            taken_at, taken_at_basis = self._times.taken_at(now)
        origins = {source.id: source.origin for source in self._sources}
        records = merged(self._records)
        missing = (
            *(*self._gaps, *self._store.conflicts(origins), *self._pages.gaps()),
            *(*gaps(self._records), *self._references.gaps()),
        )
        return Snapshot(
            taken_at=taken_at,
            taken_at_basis=taken_at_basis,
            sources=tuple(self._sources),
            gaps=tuple(dict.fromkeys(missing)),
            objects=self._store.frozen(),
            whole=self._whole,
            references=self._references.resolved(self._store.of_kind("Secret")),
            schemaless=self._references.schemaless(),
            records=tuple(sorted(records, key=lambda record: (record.kind, record.parent, record.name))),
            server_version=self.server_version,
            context=self.context,
        )

    # What documents hold, handed on by their sinks.

    def _take_object(self, found: KubeObject, times: list[str]) -> None:
        self._store.add(found)
        if isinstance(found, (Secret, ConfigMap)) and found.unread:
            self.add_gap(_unread_release(found))
        for time in times:
            self._times.see(time, found.kind)

    def _take_whole(self, found: KubeObject, data: bytes | memoryview) -> None:
        key = held_as(found.api_version, found.kind)
        if "." in found.api_version and self._store.holds(found):
            self._references.take(found, data)
        if self._keep is None or not self._keep(key) or not self._store.holds(found):
            return
        held = self._whole.setdefault(key, {})
        # A typed List leaves out what each of its items is; an expression may ask for it.
        named = {"apiVersion": found.api_version, "kind": found.kind}
        held[found.key] = msgspec.json.encode(named | msgspec.json.decode(redact_page(bytes(data), self._key)))

    def _take_page(self, key: str, items: int, meta: ListMeta) -> None:
        self._pages.add(key, items, meta)

    def _take_version(self, version: str) -> None:
        self.server_version = self.server_version or version


class _DocumentSink:
    """Puts the name of its source on everything that a document holds."""

    def __init__(self, builder: SnapshotBuilder, source: str, origin: str) -> None:
        self._builder = builder
        self._manifests = False
        self._from_server = False
        self._foreign: SourceKind | None = None
        self._origin = origin
        self.source = source
        self.gaps: list[Gap] = []

    def take_object(self, found: KubeObject, times: list[str]) -> None:
        structs.force_setattr(found, "source", self.source)
        if found.metadata.uid or found.metadata.resource_version:
            self._from_server = True
        else:
            self._manifests = True
        self._builder._take_object(found, times)  # noqa: SLF001 - the builder's own hand

    def take_whole(self, found: KubeObject, data: bytes | memoryview) -> None:
        self._builder._take_whole(found, data)  # noqa: SLF001 - the builder's own hand

    def take_gap(self, gap: Gap) -> None:
        self.gaps.append(structs.replace(gap, source=self.source))

    def take_page(self, key: str, items: int, meta: ListMeta) -> None:
        self._builder._take_page(key, items, meta)  # noqa: SLF001 - the builder's own hand

    def take_version(self, version: str) -> None:
        self._builder._take_version(version)  # noqa: SLF001 - the builder's own hand

    def take_value(self, value: Any) -> str | None:
        if _is_deep(value):
            self.take_gap(Gap(what=self._origin, reason=GapReason.REFUSED, detail="it is nested too deeply"))
            return "JSON that is nested too deeply"
        refused = declined(value, origin=self._origin)
        if refused is not None:
            self.take_gap(refused)
            return "an answer that is no description"
        found = recognise(value, origin=self._origin)
        if found is None:
            return None
        shape, records = found
        self._foreign = self._foreign or source_kind(shape)
        self._builder.add_records(records, self.source)
        return shape

    def take_table(self, text: str) -> str | None:
        rows = table(text)
        return self.take_value(rows) if rows is not None else None

    def kind(self) -> SourceKind:
        """What sort of source this was, by what it held."""
        if self._foreign is not None:
            return self._foreign
        return SourceKind.MANIFESTS if self._manifests and not self._from_server else SourceKind.DUMP


def _is_deep(value: Any) -> bool:
    """Tell whether a value is nested deeper than any export: readers of exports walk them by recursion."""
    level = [value]
    for _ in range(_DEEPEST):
        inner = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, (dict, list)))
        level = [value for values in inner for value in values]
        if not level:
            return False
    return True


def _unread_release(found: Secret | ConfigMap) -> Gap:
    return Gap(
        what=f"{found.kind} {found.key}",
        reason=GapReason.REFUSED if found.unread == TOO_BIG else GapReason.MALFORMED,
        detail=f"{found.unread}: copies of credentials in it are not known",
        source=found.source,
        todo="helm get manifest shows it; a release of before can be removed, with helm upgrade --history-max",
    )


def _unread(source: str, origin: str) -> Source:
    return Source(id=source, origin=origin, kind=SourceKind.DUMP, shape="", sha256="", size=0)


def _shape(shapes: dict[str, int]) -> str:
    """Name what was in a document: its shape, or the first of several with their number."""
    total = sum(shapes.values())
    if total == 0:
        return "nothing that was recognised"
    first = next(iter(shapes))
    if len(shapes) == 1:
        return first if total == 1 else f"{first} ({total} times)"
    return f"{first} and {total - 1} more documents"


@contextmanager
def _few_collections() -> Iterator[None]:
    """Keep the cycle collector still while many values, none of them in cycles, are made."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
