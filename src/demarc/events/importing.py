"""Imports trails into a store: opens what the user named, has it cut, converted and settled, and puts it into place.

All inputs of one call go in together or not at all. An input that was imported before is told by its digest; of one
that has grown only the rest is read; and whatever comes a second time is told by its event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct, structs

from demarc.events.conversion import Conversion, Workshop
from demarc.events.duck import MEMORY
from demarc.events.pieces import Reject, Tally, plain, taken
from demarc.events.records import Decoded, beginning, encoding_of, framing_of
from demarc.events.store import SourceRecord, Store
from demarc.intake import archive
from demarc.intake.limits import Limits
from demarc.intake.streams import Budget, DamagedError, Readable, RefusedError, Stream, packing, unpacked
from demarc.model.errors import DemarcError, Problem, Where
from demarc.model.time import iso

_PIECE: Final = 1024 * 1024
_TODO: Final = "give an audit trail: the API server's log, or what EKS, AKS, GKE or a log store exported"


class Progress(Struct, frozen=True, kw_only=True):
    """How far an import is."""

    origin: str
    bytes_read: int
    """Bytes taken so far, unpacked, over all inputs."""


class Unread(Struct, frozen=True, kw_only=True):
    """A file of a folder or archive that gave no event."""

    origin: str
    says: str


class Imported(Struct, frozen=True, kw_only=True):
    """What an import did."""

    sources: tuple[SourceRecord, ...]
    """What was added, in the order of reading."""
    known: tuple[str, ...]
    """Inputs that were imported before, byte for byte."""
    unread: tuple[Unread, ...]


def import_trails(
    store: Store,
    inputs: Sequence[str],
    *,
    now: datetime,
    stdin: BinaryIO | None = None,
    limits: Limits = Limits(),  # noqa: B008 - a frozen value
    memory: str = MEMORY,
    threads: int = 2,
    on_progress: Callable[[Progress], None] | None = None,
) -> Imported:
    """Add what is new in files and folders to a store; ``-`` stands for ``stdin``.

    Raises DemarcError with a problem for each input that is not there or holds no audit event; nothing is added then.
    """
    with store.adding() as scratch, Workshop(store, scratch, limits, memory=memory, threads=threads) as shop:
        job = _Import(shop, iso(now), on_progress)
        problems = [problem for given in inputs if (problem := job.input(given, stdin)) is not None]
        if problems:
            raise DemarcError.of(tuple(problems))
        if job.sources:
            store.add(job.sources, shop.files, job.rejects)
        return Imported(sources=tuple(job.sources), known=tuple(job.known), unread=tuple(job.unread))


class _Import:
    def __init__(self, shop: Workshop, now: str, on_progress: Callable[[Progress], None] | None) -> None:
        self._shop, self._now, self._on_progress = shop, now, on_progress
        self._limits = shop.limits
        self._before = shop.store.manifest.sources
        self._budget = Budget(shop.limits)
        self._bytes = 0
        self.sources: list[SourceRecord] = []
        self.rejects: list[Reject] = []
        self.known: list[str] = []
        self.unread: list[Unread] = []

    def input(self, given: str, stdin: BinaryIO | None) -> Problem | None:
        """Take one input; gives what is wrong when it is not there or holds no event."""
        sources, known, unread = len(self.sources), len(self.known), len(self.unread)
        where = Where(file="stdin" if given == "-" else given)
        try:
            if given == "-" and stdin is not None:
                self._stream(Stream(stdin), "stdin", 0, None)
            elif given == "-":
                return Problem(what="there is no standard input", where=where, todo="pipe a trail into it")
            elif Path(given).is_dir():
                for path in archive.files_below(Path(given)):
                    self._file(path, str(path))
            else:
                self._file(Path(given), given)
        except OSError as error:
            says = "there is no such file or folder" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
            return Problem(what=says, where=where, todo="check the path; - reads standard input")
        if len(self.sources) > sources or len(self.known) > known:
            return None
        found = self.unread[unread:]
        return Problem(what=found[0].says if len(found) == 1 else "it holds no audit event", where=where, todo=_TODO)

    def _file(self, path: Path, origin: str) -> None:
        size = path.stat().st_size
        with path.open("rb") as file:
            if any(source.size == size for source in self._before) and self._is_known(file):
                self.known.append(origin)
                return
            file.seek(0)
            if not self._grown(file, size, origin):
                file.seek(0)
                self._stream(Stream(file), origin, 0, file)

    def _is_known(self, file: BinaryIO) -> bool:
        whole = Stream(file)
        whole.drain()
        return any(source.sha256 == whole.sha256 for source in self._before)

    def _grown(self, file: BinaryIO, size: int, origin: str) -> bool:
        """Go on with JSON lines that were taken before, as far as they were there."""
        marks = {source.plain_bytes: source for source in self._before if 0 < source.plain_bytes < size}
        stream = Stream(file)
        for at in sorted(marks):
            _skip(stream, at)
            if stream.sha256 == marks[at].plain_sha256:
                self._source(stream, stream, origin, file, since=marks[at])
                return True
        return False

    def _stream(self, stream: Stream, origin: str, depth: int, file: BinaryIO | None) -> None:
        """Take a file or member of any kind: packed, an archive, or a trail."""
        name = packing(stream.peek(512))
        opened = _Tolerant(unpacked(stream, name, self._budget)) if name else None
        inner = Stream(opened, digest=False) if opened else stream
        try:
            start = inner.peek(4096)
            if depth > self._limits.depth:
                self._skip(origin, "archives are nested too deeply")
            elif packing(start) and name:
                self._stream(inner, origin, depth + 1, None)
            elif archive.is_tar(start):
                self._archive(archive.tar_members(inner, self._limits), origin, depth)
            elif archive.is_zip(start):
                whole = file if file is not None and not name else archive.held_whole(inner, self._limits)
                whole.seek(0)
                self._archive(archive.zip_members(whole, self._limits, self._budget), origin, depth)
            else:
                self._source(inner, stream, origin, file, opened=opened)
                return
            if opened and opened.says:
                self._skip(origin, opened.says)
        except (RefusedError, DamagedError) as error:
            self._skip(origin, str(error))

    def _archive(self, members: Iterator[archive.Member | archive.Refused], origin: str, depth: int) -> None:
        for member in members:
            name = f"{origin}!{member.name}"
            if isinstance(member, archive.Refused):
                self._skip(name, member.says)
            else:
                self._stream(member.stream, name, depth + 1, None)

    def _source(
        self,
        inner: Stream,
        packed: Stream,
        origin: str,
        file: BinaryIO | None,
        *,
        since: SourceRecord | None = None,
        opened: _Tolerant | None = None,
    ) -> None:
        """Take a text that should be a trail; ``since`` is how far it was taken before, ``opened`` what unpacks it."""
        start = beginning(inner)
        encoding = encoding_of(start)
        if not encoding and (says := _no_text(start) or (opened.says if opened and not start else "")):
            self._skip(origin, says)
            return
        text = Stream(Decoded(inner, encoding), digest=False) if encoding else inner
        framing = "plain" if since else framing_of(beginning(text))
        job = Conversion(self._shop, f"s{len(self._before) + len(self.sources) + 1}")
        damaged = ""
        counted = _Counted(text, lambda size: self._count(size, origin))
        try:
            if framing == "plain":
                start_line = since.plain_lines if since else 0
                job.run(plain(counted, self._shop.scratch, job.tally, start_line=start_line))
            else:
                job.run(taken(counted, framing, self._shop.scratch, job.tally, self._limits))
            packed.drain()
        except (RefusedError, DamagedError) as error:
            damaged = str(error)
        job.finish()
        damaged = damaged or (opened.says if opened else "")
        record = job.record(origin, sha256=packed.sha256, size=packed.size, now=self._now, damaged=damaged)
        if file is not None and packed is inner and not encoding and framing == "plain":
            record = _marked(record, job.tally, file, packed, since)
        if record.events or record.duplicates or since:
            self.sources.append(record)
            self.rejects += job.tally.rejects
        else:
            self._skip(origin, _nothing(job.tally, damaged))

    def _skip(self, origin: str, says: str) -> None:
        self.unread.append(Unread(origin=origin, says=says))

    def _count(self, size: int, origin: str) -> None:
        self._bytes += size
        if self._on_progress is not None:
            self._on_progress(Progress(origin=origin, bytes_read=self._bytes))


class _Tolerant:
    """Unpacks as far as it goes: what came before the damage is read, and the damage is told afterwards."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.says = ""
        """Why there is no more; empty when it came to its end."""

    def read(self, size: int, /) -> bytes:
        if self.says:
            return b""
        try:
            return self._source.read(size)
        except (RefusedError, DamagedError) as error:
            self.says = str(error)
            return b""


class _Counted:
    """A stream that says how much was read of it."""

    def __init__(self, stream: Stream, count: Callable[[int], None]) -> None:
        self._stream, self._count = stream, count

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._count(len(data))
        return data


def _marked(
    record: SourceRecord, tally: Tally, file: BinaryIO, stream: Stream, since: SourceRecord | None
) -> SourceRecord:
    """Write down how far JSON lines on disk were taken, and their digest up to there."""
    at = (since.plain_bytes if since else 0) + tally.plain_bytes
    if at != stream.size:
        file.seek(0)
        stream = Stream(file)
        _skip(stream, at)
    return structs.replace(record, plain_bytes=at, plain_lines=tally.plain_lines, plain_sha256=stream.sha256)


def _skip(stream: Stream, at: int) -> None:
    while stream.size < at and stream.read(min(_PIECE, at - stream.size)):
        pass


def _no_text(start: bytes) -> str:
    """Why bytes are no text; empty when they may be."""
    if start.startswith(b"PAR1"):
        return "Parquet of another table (Security Lake keeps OCSF, not audit events)"
    head = start[:4096]
    return "neither text nor an archive that is known" if head.count(b"\0") > len(head) // 50 else ""


def _nothing(tally: Tally, damaged: str) -> str:
    """Why a source gave no event."""
    if damaged:
        return damaged
    if tally.others:
        return f"it holds no audit event: {next(iter(tally.others))}"
    return f"it holds no audit event: {tally.rejects[0].says}" if tally.rejects else "it is empty"
