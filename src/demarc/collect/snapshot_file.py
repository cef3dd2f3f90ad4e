"""The stored snapshot: redacted pages with their digests and a manifest, as one archive or as a folder.

Written beside its place and moved into it, so that an interrupted run leaves nothing half written; the same pages give
the same bytes. Reading verifies every page. It knows files; what pages mean is the builder's matter.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Final, Protocol, Self, cast

import msgspec
import zstandard
from msgspec import Struct, structs

from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.redact import redact_page
from demarc.intake.archive import Member, Refused
from demarc.model.errors import DemarcError, Where
from demarc.model.evidence import Gap
from demarc.model.snapshot import SourceKind

MANIFEST = "demarc-snapshot.json"
FORMAT = "demarc.snapshot/1"
SUFFIX = ".tar.zst"
_LEVEL = 6
_LARGEST_MANIFEST = 256 * 1024 * 1024
_DAMAGED = "collect it again; a stored snapshot is evidence only as it was written"


class Page(Struct, frozen=True, kw_only=True):
    """One stored page."""

    file: str
    """Path inside the snapshot, with slashes."""
    origin: str
    kind: SourceKind
    sha256: str
    """Hex digest of the page as it is stored."""
    size: int
    received_sha256: str
    """Hex digest of the answer as it was received, Secret values and all: it proves, and reveals nothing."""
    received_size: int
    of: tuple[str, str] | None = None
    """apiVersion and kind of its objects, where the answer does not say them itself."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What a stored snapshot says of itself."""

    format: str
    demarc: str
    """Version of Demarc that wrote it."""
    taken_at: datetime | None = None
    taken_at_basis: str = ""
    context: str | None = None
    server_version: str | None = None
    pages: tuple[Page, ...] = ()
    gaps: tuple[Gap, ...] = ()


_MANIFEST: Final = msgspec.json.Decoder(Manifest)


class Builder(Protocol):
    """Takes what a stored snapshot holds."""

    context: str | None
    server_version: str | None
    recognised: int

    def add_document(
        self,
        data: bytes | memoryview,
        *,
        origin: str,
        kind: SourceKind | None,
        of: tuple[str, str] | None,
        received: tuple[str, int] | None,
    ) -> None:
        """Take a page."""

    def add_gap(self, gap: Gap) -> None:
        """Take a gap."""


class SnapshotWriter:
    """Writes a snapshot: an archive where the path ends in ``.tar.zst``, else a folder. A context manager.

    Nothing is at ``path`` before ``commit``, and nothing is left behind where it does not come to that.
    """

    def __init__(self, path: Path, *, key: FingerprintKey, version: str) -> None:
        """Begin; ``version`` is Demarc's own. Raises DemarcError where ``path`` is taken or cannot be written."""
        if path.exists() and not (path.is_file() and path.name.endswith(SUFFIX)):
            raise DemarcError(
                "there is something at this path already", where=Where(file=str(path)), todo="name another one"
            )
        self._path = path
        self._key = key
        self._version = version
        self._pages: dict[str, Page] = {}
        self._gaps: dict[Gap, None] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent))
        except OSError as error:
            raise _unwritable(path, error) from None

    def add_page(
        self,
        name: str,
        data: bytes,
        origin: str,
        kind: SourceKind = SourceKind.LIVE,
        *,
        of: tuple[str, str] | None = None,
    ) -> None:
        """Keep a page of JSON without the values of its Secrets, under a relative name with slashes.

        ``of`` is the apiVersion and kind of its objects where the answer does not say them itself. Raises DemarcError
        where it is no JSON or cannot be written, ValueError where the name is used or leads outside.
        """
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or name in self._pages or str(pure) != name or name == MANIFEST:
            raise ValueError(f"not a name for a page: {name!r}")
        stored = redact_page(data, self._key)
        target = self._draft / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(stored)
        except OSError as error:
            raise _unwritable(self._path, error) from None
        self._pages[name] = Page(
            file=name,
            origin=origin,
            kind=kind,
            sha256=hashlib.sha256(stored).hexdigest(),
            size=len(stored),
            received_sha256=hashlib.sha256(data).hexdigest(),
            received_size=len(data),
            of=of,
        )

    def add_gap(self, gap: Gap) -> None:
        """Keep what could not be seen."""
        self._gaps.setdefault(structs.replace(gap, source=""))

    def commit(
        self,
        *,
        taken_at: datetime | None,
        taken_at_basis: str = "",
        context: str | None = None,
        server_version: str | None = None,
    ) -> None:
        """Finish and move into place. Raises DemarcError where that fails; then nothing is at the path."""
        manifest = Manifest(
            format=FORMAT,
            demarc=self._version,
            taken_at=taken_at,
            taken_at_basis=taken_at_basis,
            context=context,
            server_version=server_version,
            pages=tuple(self._pages.values()),
            gaps=tuple(self._gaps),
        )
        content = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
        try:
            if self._path.name.endswith(SUFFIX):
                self._pack(content)
            else:
                (self._draft / MANIFEST).write_bytes(content)
                self._draft.rename(self._path)
        except OSError as error:
            raise _unwritable(self._path, error) from None
        finally:
            self.close()

    def close(self) -> None:
        """Remove what was drafted."""
        shutil.rmtree(self._draft, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _pack(self, manifest: bytes) -> None:
        """Write the archive into the draft folder, then move it out."""
        packed = self._draft / f"snapshot{SUFFIX}"
        descriptor = os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        with os.fdopen(descriptor, "wb") as file:
            with (
                compressor.stream_writer(file, closefd=False) as writer,
                tarfile.open(fileobj=cast("IO[bytes]", writer), mode="w|", format=tarfile.PAX_FORMAT) as archive,
            ):
                archive.addfile(_info(MANIFEST, len(manifest)), io.BytesIO(manifest))
                for page in self._pages.values():
                    with (self._draft / page.file).open("rb") as stored:
                        archive.addfile(_info(page.file, page.size), stored)
            file.flush()
            os.fsync(file.fileno())
        packed.replace(self._path)


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o644, 0
    return info


def read_pages(first: Member, rest: Iterable[Member | Refused], builder: Builder, origin: str) -> Manifest:
    """Read a stored snapshot from its archive, of which ``first`` is the manifest.

    Raises DemarcError where a page is missing, changed or not in the manifest: a changed snapshot is no evidence.
    """
    manifest = _manifest(first.stream.rest(_LARGEST_MANIFEST), f"{origin}!{first.name}")
    folder = str(PurePosixPath(first.name).parent)
    prefix = "" if folder == "." else f"{folder}/"
    missing = {page.file: page for page in manifest.pages}
    for member in rest:
        page = missing.pop(member.name.removeprefix(prefix), None)
        if page is None or isinstance(member, Refused):
            raise DemarcError(
                "the snapshot holds a file that its manifest does not name",
                where=Where(file=f"{origin}!{member.name}"),
                todo=_DAMAGED,
            )
        _page(page, member.stream.rest(page.size), builder, origin)
    if missing:
        raise DemarcError(
            "the snapshot lacks a page that its manifest names",
            where=Where(file=f"{origin}!{next(iter(missing))}"),
            todo=_DAMAGED,
        )
    return _finish(manifest, builder)


def read_folder(folder: Path, builder: Builder, origin: str) -> Manifest:
    """Read a stored snapshot from its folder; what lies there besides its pages is not read. Raises DemarcError."""
    manifest = _manifest(_file(folder, MANIFEST, _LARGEST_MANIFEST, origin), f"{origin}/{MANIFEST}")
    for page in manifest.pages:
        _page(page, _file(folder, page.file, page.size, origin), builder, origin)
    return _finish(manifest, builder)


def _file(folder: Path, name: str, limit: int, origin: str) -> bytes | None:
    where = Where(file=f"{origin}/{name}")
    pure = PurePosixPath(name)
    path = folder / name
    if pure.is_absolute() or ".." in pure.parts or not path.resolve().is_relative_to(folder.resolve()):
        raise DemarcError("the manifest names a page outside the snapshot", where=where, todo=_DAMAGED)
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise DemarcError(f"a page cannot be read: {error.strerror}", where=where, todo=_DAMAGED) from None
    return data if len(data) <= limit else None


def _manifest(data: bytes | None, file: str) -> Manifest:
    try:
        manifest = _MANIFEST.decode(data or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise DemarcError(
            "the manifest of the snapshot cannot be read", where=Where(file=file), todo=_DAMAGED
        ) from None
    if manifest.format != FORMAT:
        raise DemarcError(
            "the snapshot has a format that this version of Demarc does not know",
            where=Where(file=file, field="format"),
            todo=f"this version reads {FORMAT}; use the version of Demarc that wrote it",
        )
    return manifest


def _page(page: Page, data: bytes | None, builder: Builder, origin: str) -> None:
    if data is None or len(data) != page.size or hashlib.sha256(data).hexdigest() != page.sha256:
        raise DemarcError(
            "a page of the snapshot was changed after it was written: its digest does not match",
            where=Where(file=f"{origin}!{page.file}"),
            todo=_DAMAGED,
        )
    received = (page.received_sha256, page.received_size)
    builder.add_document(data, origin=page.origin, kind=page.kind, of=page.of, received=received)


def _finish(manifest: Manifest, builder: Builder) -> Manifest:
    for gap in manifest.gaps:
        builder.add_gap(gap)
    builder.context = builder.context or manifest.context
    builder.server_version = builder.server_version or manifest.server_version
    builder.recognised += 1
    return manifest


def _unwritable(path: Path, error: OSError) -> DemarcError:
    return DemarcError(
        f"the snapshot cannot be written: {error.strerror or type(error).__name__}",
        where=Where(file=str(path)),
        todo="name a path that can be written, with space for it",
    )
