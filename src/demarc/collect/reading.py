"""Reads what the user names (files, folders, archives, standard input) into a snapshot.

One bad file among good ones is a gap; an input in which nothing was recognised is an error that says what to do. It
knows containers; documents are read by the builder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from demarc.collect import snapshot_file
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.external import repository
from demarc.collect.files import Wanted, looks_like_data, wanted
from demarc.collect.fingerprint import FingerprintKey
from demarc.intake import archive
from demarc.intake.limits import Limits
from demarc.intake.streams import Budget, DamagedError, Readable, RefusedError, Stream, packing, unpacked
from demarc.model.errors import DemarcError, Problem, Where
from demarc.model.evidence import Gap, GapReason
from demarc.model.snapshot import Snapshot, SourceKind

_REPOSITORY = (".git", ".github/workflows", ".gitlab-ci.yml")
_PERHAPS_REPOSITORY = ("CODEOWNERS", "catalog-info.yaml", "catalog-info.yml")
_NAMED = 5
_NOTHING = (
    "give the output of kubectl get -o json, a folder or archive of it, manifests, or a snapshot of demarc collect"
)


class Progress(Struct, frozen=True, kw_only=True):
    """How far reading is."""

    origin: str
    """The file or member being read."""
    bytes_read: int
    """Bytes taken so far, over all inputs, unpacked."""


def read(
    inputs: Sequence[str],
    *,
    key: FingerprintKey,
    now: datetime,
    stdin: BinaryIO | None = None,
    limits: Limits = Limits(),  # noqa: B008 - a frozen value
    on_progress: Callable[[Progress], None] | None = None,
) -> Snapshot:
    """Read all inputs into one snapshot; ``-`` stands for ``stdin``.

    Raises DemarcError with a problem for every input that is not there or in which nothing was recognised.
    """
    reading = Reading(SnapshotBuilder(key, limits), stdin=stdin, limits=limits)
    reading.on_progress = on_progress
    reading.read(inputs)
    return reading.build(now)


class Reading:
    """Reads inputs one after another into a builder, which may take other things as well (a live cluster)."""

    def __init__(
        self,
        builder: SnapshotBuilder,
        *,
        stdin: BinaryIO | None = None,
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
    ) -> None:
        self._builder = builder
        self._limits = limits
        self._stdin = stdin
        self.on_progress: Callable[[Progress], None] | None = None
        self._budget = Budget(limits)
        self._taken = 0
        self._unread: list[str] = []
        self._stored: list[snapshot_file.Manifest] = []

    def read(self, inputs: Sequence[str]) -> None:
        """Read inputs. Raises DemarcError with a problem for each that is not there or holds nothing that is known."""
        problems = [problem for given in inputs if (problem := self._input(given)) is not None]
        if problems:
            raise DemarcError.of(tuple(problems))

    def build(self, now: datetime) -> Snapshot:
        """Make the snapshot; one that Demarc stored says itself when it was taken."""
        stored = [manifest for manifest in self._stored if manifest.taken_at is not None]
        latest = max(stored, key=lambda manifest: manifest.taken_at or now, default=None)
        if latest is None or latest.taken_at is None:
            return self._builder.build(now=now)
        return self._builder.build(now=now, taken_at=latest.taken_at, taken_at_basis=latest.taken_at_basis)

    def _input(self, given: str) -> Problem | None:
        """Read one input; gives what is wrong when it is not there or holds nothing that is known."""
        recognised, gaps, self._unread = self._builder.recognised, self._builder.gap_count, []
        where = Where(file="stdin" if given == "-" else given)
        try:
            if given == "-":
                self._standard_input()
            elif Path(given).is_dir():
                self._folder(Path(given), given)
            else:
                with Path(given).open("rb") as file:
                    self._stream(Stream(file), given, 0, file)
        except OSError as error:
            says = "there is no such file or folder" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
            return Problem(what=says, where=where, todo="check the path; - reads standard input")
        except DemarcError as error:
            return error.problems[0]
        self._name_unread(given)
        if self._builder.recognised > recognised:
            return None
        first = next(iter(self._builder.gaps_since(gaps)), None)
        what = "nothing in it was recognised" + (f": {first.reason}, {first.detail}" if first else "")
        return Problem(what=what, where=where, todo=(first.todo if first else "") or _NOTHING)

    def _standard_input(self) -> None:
        if self._stdin is None:
            raise DemarcError("there is no standard input", where=Where(file="stdin"), todo="pipe a dump into it")
        self._stream(Stream(self._stdin), "stdin", 0, None)

    def _stream(self, stream: Stream, origin: str, depth: int, file: BinaryIO | None) -> None:
        """Read a file or member of any kind: packed, an archive, or a document."""
        name = packing(stream.peek(512))
        inner = stream
        if name:
            inner = Stream(unpacked(stream, name, self._budget), digest=False)
        try:
            start = inner.peek(4096)
            nested = archive.is_tar(start) or archive.is_zip(start) or bool(packing(start) and name)
            if nested and depth >= self._limits.depth:
                self._gap(origin, GapReason.REFUSED, "archives are nested too deeply")
            elif packing(start) and name:
                self._stream(inner, origin, depth + 1, None)
            elif archive.is_tar(start):
                self._archive(archive.tar_members(inner, self._limits), origin, depth)
            elif archive.is_zip(start):
                self._archive(
                    archive.zip_members(self._whole(inner, file, packed=bool(name)), self._limits, self._budget),
                    origin,
                    depth,
                )
            elif _is_binary(start):
                self._gap(origin, GapReason.UNKNOWN_SHAPE, "neither text nor an archive that is known")
            else:
                self._document(inner, stream, origin)
        except RefusedError as error:
            self._gap(origin, GapReason.REFUSED, str(error))
        except DamagedError as error:
            self._gap(origin, GapReason.TRUNCATED, str(error))

    def _document(self, stream: Stream, packed: Stream, origin: str) -> None:
        self._builder.add_stream(_Counted(self, stream, origin), origin=origin, packed=packed)

    def _whole(self, stream: Stream, file: BinaryIO | None, *, packed: bool) -> BinaryIO:
        """A file that can be searched, as zip asks for: the file itself, or its content in memory."""
        if file is not None and not packed and file.seekable():
            file.seek(0)
            return file
        return archive.held_whole(stream, self._limits)

    def _archive(self, members: Iterator[archive.Member | archive.Refused], origin: str, depth: int) -> None:
        first = True
        for member in members:
            name = f"{origin}!{member.name}"
            if isinstance(member, archive.Refused):
                self._gap(name, GapReason.REFUSED, member.says)
            elif Path(member.name).name == snapshot_file.MANIFEST:
                if not first:
                    raise DemarcError(
                        "a snapshot of Demarc that was packed again: its manifest does not come first",
                        where=Where(file=origin),
                        todo="give the archive as demarc collect wrote it, or unpack it and give the folder",
                    )
                self._stored.append(snapshot_file.read_pages(member, members, self._builder, origin))
                return
            else:
                self._file(member.stream, member.name, name, depth + 1, None)
            first = False

    def _file(self, stream: Stream, path: str, origin: str, depth: int, file: BinaryIO | None) -> None:
        """Read a file of a folder or a member of an archive, where it is one that is read."""
        verdict = wanted(path)
        if verdict is Wanted.PERHAPS:
            start = stream.peek(4096)
            known = packing(start) or archive.is_tar(start) or archive.is_zip(start) or looks_like_data(start)
            if not known:
                self._unread += [origin] if start else []
                return
        if verdict is not Wanted.NO:
            self._stream(stream, origin, depth, file)

    def _folder(self, folder: Path, origin: str) -> None:
        if (folder / snapshot_file.MANIFEST).is_file():
            self._stored.append(snapshot_file.read_folder(folder, self._builder, origin))
            return
        top = Path(os.path.realpath(folder))
        self._walk(folder, "", top, origin, 0)

    def _walk(self, folder: Path, inside: str, top: Path, origin: str, level: int) -> None:
        """Read a folder's files in the order of their names, then the folders in it."""
        if any((folder / marker).exists() for marker in _REPOSITORY):
            self._repository(folder, origin)
            return
        if not level and any((folder / marker).is_file() for marker in _PERHAPS_REPOSITORY):
            self._repository(folder, origin)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: (entry.is_dir(), entry.name))
        except OSError as error:
            self._gap(origin, GapReason.FORBIDDEN, f"the folder cannot be read: {error.strerror}")
            return
        for entry in entries:
            path, name = f"{inside}{entry.name}", f"{origin.rstrip('/')}/{entry.name}"
            if entry.is_symlink() and not _stays(entry.path, top):
                self._gap(name, GapReason.REFUSED, "it is a link that leads out of the folder or nowhere")
            elif entry.is_dir(follow_symlinks=False):
                if wanted(f"{path}/x.json") is Wanted.YES and level < 64:
                    self._walk(Path(entry.path), f"{path}/", top, name, level + 1)
            elif entry.is_file():
                self._file_of_folder(Path(entry.path), path, name)

    def _file_of_folder(self, file: Path, path: str, origin: str) -> None:
        if wanted(path) is Wanted.NO:
            return
        try:
            with file.open("rb") as opened:
                self._file(Stream(opened), path, origin, 0, opened)
        except OSError as error:
            reason = GapReason.FORBIDDEN if isinstance(error, PermissionError) else GapReason.UNAVAILABLE
            self._gap(origin, reason, f"the file cannot be read: {error.strerror}")

    def _repository(self, folder: Path, origin: str) -> None:
        records = repository(folder)
        source = self._builder.add_source(origin, SourceKind.DELIVERY, "checked-out repository", "", 0)
        self._builder.add_records(records, source)
        self._builder.recognised += 1

    def _name_unread(self, given: str) -> None:
        """One gap for all files of an input that are no data by name and content."""
        if self._unread:
            names = ", ".join(self._unread[:_NAMED]) + (", ..." if len(self._unread) > _NAMED else "")
            detail = f"{len(self._unread)} file(s) hold neither JSON nor YAML nor an archive: {names}"
            self._gap(given, GapReason.UNKNOWN_SHAPE, detail, "give kubectl's output as JSON: kubectl get -o json")

    def _gap(self, what: str, reason: GapReason, detail: str, todo: str = "") -> None:
        self._builder.add_gap(Gap(what=what, reason=reason, detail=detail, todo=todo))

    def count(self, origin: str, size: int) -> None:
        """Take note of bytes that were read."""
        self._taken += size
        if self.on_progress is not None:
            self.on_progress(Progress(origin=origin, bytes_read=self._taken))


class _Counted:
    """Counts the bytes of a document as they are taken."""

    def __init__(self, reader: Reading, stream: Readable, origin: str) -> None:
        self._reader = reader
        self._stream = stream
        self._origin = origin

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self._reader.count(self._origin, len(data))
        return data


def _is_binary(start: bytes) -> bool:
    """Tell bytes that are no text; UTF-16 holds NULs too, and begins with a mark."""
    return b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff"))


def _stays(path: str, top: Path) -> bool:
    real = Path(os.path.realpath(path))
    return real.exists() and real.is_relative_to(top) and not real.is_dir()
