"""The folder in which a trail is kept: Parquet files of one schema, a manifest of what they came from, and the rejects.

What the manifest does not name does not exist: files are put in place first, then the manifest in one step, so that an
import that is interrupted has changed nothing.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import msgspec
from msgspec import Struct, structs

from demarc.events.interface import EventTable
from demarc.events.pieces import Reject
from demarc.model.errors import DemarcError, Where

FORMAT: Final = "demarc.events/1"
MANIFEST: Final = "manifest.json"
_EVENTS, _REJECTS, _LOCK = "events", "rejects", ".lock"


class SourceRecord(Struct, frozen=True, kw_only=True):
    """One input of the trail, and what became of it."""

    id: str
    """``s1``, ``s2``, ...: the column ``source_id``."""
    origin: str
    """Path as given, ``archive!member``, or ``stdin``."""
    sha256: str
    """Digest of the bytes as they were received; of a file that had grown, of the whole."""
    size: int
    """Bytes as they were received."""
    imported_at: str
    events: int = 0
    duplicates: int = 0
    """Events that were there already."""
    reused: int = 0
    """Events whose audit_id and stage another event has, that says something else."""
    rejected: int = 0
    """Records that could not be read."""
    others: dict[str, int] = {}
    """Records of other logs, by what they are."""
    truncated: int = 0
    """Events whose record was cut."""
    damaged: str = ""
    """Why the source could not be read to its end."""
    unfinished: bool = False
    """Its last line had no end."""
    shapes: dict[str, int] = {}
    clusters: tuple[str, ...] = ()
    first_us: int = 0
    last_us: int = 0
    plain_bytes: int = 0
    plain_lines: int = 0
    plain_sha256: str = ""
    """Of uncompressed JSON lines: how far they were taken, and their digest up to there."""


class StoredFile(Struct, frozen=True, kw_only=True):
    """A Parquet file of the trail."""

    name: str
    source: str
    events: int
    first_us: int
    last_us: int
    """Times of its events; ``first_us`` is 0 where some have none."""

    def may_hold(self, first_us: int, last_us: int) -> bool:
        """Tell whether it may hold events of a time, both ends included; 0 for an unknown beginning."""
        return not self.first_us or not first_us or (self.first_us <= last_us and self.last_us >= first_us)


class Manifest(Struct, frozen=True, kw_only=True):
    """What a store holds."""

    format: str = FORMAT
    sources: tuple[SourceRecord, ...] = ()
    files: tuple[StoredFile, ...] = ()


class Store:
    """A trail on disk. Readers need no lock; whoever adds to it holds one."""

    def __init__(self, root: Path, manifest: Manifest) -> None:
        self.root = root
        self.manifest = manifest

    @classmethod
    def open(cls, root: Path) -> Self:
        """Open a store. Raises DemarcError where there is none, or one that cannot be read."""
        path = root / MANIFEST
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except FileNotFoundError:
            raise DemarcError(
                "there is no trail here",
                where=Where(file=str(root)),
                todo="make one: demarc events import FILE --store DIR",
            ) from None
        except OSError as error:
            raise DemarcError(f"it cannot be read: {error.strerror}", where=Where(file=str(path))) from None
        except (msgspec.DecodeError, UnicodeError):
            raise DemarcError(
                "the manifest is damaged",
                where=Where(file=str(path)),
                todo="import the trail again into another folder",
            ) from None
        if manifest.format != FORMAT:
            raise DemarcError(
                f"it is of the format {manifest.format!r}",
                where=Where(file=str(path)),
                todo=f"this Demarc reads {FORMAT}",
            )
        return cls(root, manifest)

    @classmethod
    def create(cls, root: Path) -> Self:
        """Open the store in a folder, or begin one where the folder is empty or not there. Raises DemarcError."""
        if (root / MANIFEST).exists():
            return cls.open(root)
        try:
            root.mkdir(parents=True, exist_ok=True)
            strangers = [item.name for item in root.iterdir() if item.name not in {_EVENTS, _REJECTS, _LOCK}]
        except OSError as error:
            raise DemarcError(f"the store cannot be made: {error.strerror}", where=Where(file=str(root))) from None
        if strangers:
            raise DemarcError(
                "the folder holds other things", where=Where(file=str(root)), todo="give an empty folder, or a new one"
            )
        return cls(root, Manifest())

    def table(self) -> EventTable:
        """The table ``events`` for an engine."""
        return EventTable(files=tuple(str(self.path(file)) for file in self.manifest.files))

    def path(self, file: StoredFile) -> Path:
        """Where a file lies."""
        return (self.root / _EVENTS / file.name).resolve()

    def overlapping(self, first_us: int, last_us: int) -> list[Path]:
        """Files that may hold events of a time, both ends included; those of unknown time always."""
        return [self.path(file) for file in self.manifest.files if file.may_hold(first_us, last_us)]

    def rejects(self) -> Iterator[Reject]:
        """The records that could not be read, as they are kept."""
        for source in self.manifest.sources:
            path = self.root / _REJECTS / f"{source.id}.jsonl"
            if path.exists():
                for line in path.read_bytes().splitlines():
                    yield msgspec.json.decode(line, type=Reject)

    @contextmanager
    def adding(self) -> Iterator[Path]:
        """Hold the store for adding; gives a scratch folder in it, which is gone afterwards. Raises DemarcError."""
        with (self.root / _LOCK).open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise DemarcError(
                    "another import is adding to it", where=Where(file=str(self.root)), todo="wait until it is done"
                ) from None
            self._refresh()
            scratch = Path(tempfile.mkdtemp(prefix=".adding-", dir=self.root))
            try:
                yield scratch
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    def add(
        self,
        sources: Iterable[SourceRecord],
        files: Iterable[tuple[Path, StoredFile]],
        rejects: Iterable[Reject],
    ) -> None:
        """Put files into place, then name them and their sources, in one step. Only within ``adding``."""
        (self.root / _EVENTS).mkdir(exist_ok=True)
        (self.root / _REJECTS).mkdir(exist_ok=True)
        named = []
        for path, file in files:
            path.rename(self.root / _EVENTS / file.name)
            named.append(file)
        by_source: dict[str, list[bytes]] = {}
        for reject in rejects:
            by_source.setdefault(reject.source, []).append(msgspec.json.encode(reject) + b"\n")
        for source, lines in by_source.items():
            (self.root / _REJECTS / f"{source}.jsonl").write_bytes(b"".join(lines))
        manifest = structs.replace(
            self.manifest,
            sources=(*self.manifest.sources, *sources),
            files=(*self.manifest.files, *named),
        )
        part = self.root / f".{MANIFEST}.part"
        part.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(self.root / MANIFEST)
        self.manifest = manifest

    def _refresh(self) -> None:
        """See what others added, and drop what an interrupted import left."""
        if (self.root / MANIFEST).exists():
            self.manifest = type(self).open(self.root).manifest
        known = {file.name for file in self.manifest.files}
        for left in (self.root / _EVENTS).glob("*.parquet"):
            if left.name not in known:
                left.unlink()
        for left in self.root.glob(".adding-*"):
            shutil.rmtree(left, ignore_errors=True)
