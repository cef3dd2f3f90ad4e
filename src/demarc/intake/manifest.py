"""What holds an archive of evidence together: its manifest, its list of digests, and the check of both.

The list reads like any that ``sha256sum -c`` takes; its own SHA-256 is the root digest of the archive. Knows members by
their paths and bytes, not the archive that they lie in and not what they mean.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec
from msgspec import Struct

from demarc.model.errors import DemarcError

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
CHUNK = 1 << 20
LARGEST_LIST = 64 << 20
"""Bytes of the manifest and of the list of digests that are read into memory."""
MOST_MEMBERS = 200_000


class Item(Struct, frozen=True, kw_only=True):
    """One thing to put in."""

    path: str
    """Relative, with slashes."""
    data: bytes | Path
    """Bytes, or the file that holds them."""
    kind: str
    """source, events, snapshot, register, boundary, verdict, query, report."""
    says: str = ""
    """What it is and where it came from, in one line."""


class Entry(Struct, frozen=True, kw_only=True):
    """What the manifest says of a member."""

    path: str
    sha256: str
    size: int
    kind: str
    says: str = ""


class Manifest(Struct, frozen=True, kw_only=True):
    """What a bundle says of itself."""

    format: str
    demarc: str
    made_at: str
    about: str
    """Id and title of the incident."""
    members: tuple[Entry, ...]


class Fault(Struct, frozen=True, kw_only=True, order=True):
    """Something that is not as it was written."""

    member: str
    """Path inside the archive; empty for the archive as a whole."""
    says: str


class Checked(Struct, frozen=True, kw_only=True):
    """What a check found. Without faults the bundle is as it was written."""

    faults: tuple[Fault, ...]
    root: str
    """Root digest of the archive as it is; empty where it has no list of digests."""
    manifest: Manifest | None
    members: int


class Lists(Struct, frozen=True, kw_only=True):
    """Members in their order, with the two lists over them."""

    items: tuple[Item, ...]
    entries: tuple[Entry, ...]
    manifest: bytes
    sums: bytes

    @property
    def root(self) -> str:
        """The root digest."""
        return hashlib.sha256(self.sums).hexdigest()


class Seen(Struct, kw_only=True):
    """What was read of an archive, member by member."""

    digests: dict[str, tuple[str, int]] = {}
    """Path -> SHA-256 and size."""
    lists: dict[str, bytes] = {}
    """The manifest and the list of digests."""
    faults: list[Fault] = []

    def take(self, path: str, source: IO[bytes] | None, *, size: int) -> None:
        """Read one member."""
        if path in self.digests:
            self.faults.append(Fault(member=path, says="is there twice"))
        keep = path in {MANIFEST, SUMS} and size <= LARGEST_LIST
        digest, read, parts = hashlib.sha256(), 0, []
        while source is not None and (chunk := source.read(CHUNK)):
            digest.update(chunk)
            read += len(chunk)
            if keep:
                parts.append(chunk)
        self.digests[path] = (digest.hexdigest(), read)
        if keep:
            self.lists[path] = b"".join(parts)


def lists(items: Iterable[Item], *, form: str, made_at: str, about: str, version: str) -> Lists:
    """Make both lists. Raises DemarcError for a path that is there twice or leads outside."""
    ordered = tuple(sorted(items, key=lambda item: item.path))
    _check_paths(ordered)
    entries = tuple(_entry(item) for item in ordered)
    manifest = Manifest(format=form, demarc=version, made_at=made_at, about=about, members=entries)
    written = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    digests = {entry.path: entry.sha256 for entry in entries} | {MANIFEST: hashlib.sha256(written).hexdigest()}
    sums = "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items())).encode()
    return Lists(items=ordered, entries=entries, manifest=written, sums=sums)


def judged(seen: Seen, form: str, root: str) -> Checked:
    """Judge what was read of an archive that says to be of a format; ``root`` as it was noted, or empty."""
    faults = seen.faults
    manifest = _manifest(seen.lists.get(MANIFEST), form, faults)
    listed = dict(_listed(seen.lists.get(SUMS), faults))
    faults += _compare(seen.digests, listed, manifest)
    actual = hashlib.sha256(seen.lists[SUMS]).hexdigest() if SUMS in seen.lists else ""
    if root and actual != root.strip().lower():
        faults.append(Fault(member=SUMS, says=f"the root digest is {actual or 'missing'}, not {root.strip().lower()}"))
    return Checked(faults=tuple(sorted(set(faults))), root=actual, manifest=manifest, members=len(seen.digests))


def _compare(found: dict[str, tuple[str, int]], listed: dict[str, str], manifest: Manifest | None) -> Iterator[Fault]:
    """Every member against both lists, and the lists against each other."""
    entries = {entry.path: entry for entry in manifest.members} if manifest is not None else {}
    for path, (digest, size) in found.items():
        if path == SUMS:
            continue
        if path not in listed:
            yield Fault(member=path, says="was added: the list of digests does not name it")
        elif listed[path] != digest:
            yield Fault(member=path, says=f"was changed: its SHA-256 is {digest}, the list has {listed[path]}")
        entry = entries.get(path)
        if manifest is None or path == MANIFEST:
            continue
        if entry is None:
            yield Fault(member=path, says="was added: the manifest does not name it")
        elif (entry.sha256, entry.size) != (digest, size):
            yield Fault(
                member=path, says=f"was changed: {size:,} bytes, the manifest has {entry.size:,} and another digest"
            )
    for path in sorted({*listed, *entries, SUMS, MANIFEST} - set(found)):
        yield Fault(member=path, says="is missing: it was there when the bundle was made")


def _manifest(data: bytes | None, form: str, faults: list[Fault]) -> Manifest | None:
    if data is None:
        return None
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        faults.append(Fault(member=MANIFEST, says=f"cannot be read: {error}"))
        return None
    if manifest.format != form:
        faults.append(Fault(member=MANIFEST, says=f"is of another format: {manifest.format[:40]}"))
    return manifest


def _listed(data: bytes | None, faults: list[Fault]) -> Iterator[tuple[str, str]]:
    for line in (data or b"").decode("utf-8", "replace").splitlines():
        digest, gap, path = line.partition("  ")
        if not gap or len(digest) != 64:
            faults.append(Fault(member=SUMS, says=f"holds a line that is none of its own: {line[:80]!r}"))
        else:
            yield path, digest


def _check_paths(items: Iterable[Item]) -> None:
    seen: set[str] = set()
    for item in items:
        path = PurePosixPath(item.path)
        outside = (
            path.is_absolute()
            or ".." in path.parts
            or str(path) != item.path
            or "\n" in item.path
            or not _is_text(item.path)
        )
        if outside or item.path in seen or item.path in {MANIFEST, SUMS}:
            raise DemarcError(
                f"the archive cannot hold a member {item.path!r}", todo="give each member a path of its own"
            )
        seen.add(item.path)


def _is_text(path: str) -> bool:
    """Tell whether a path can be written as UTF-8: file systems also hold bytes that cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in path)


def opened(item: Item) -> IO[bytes]:
    """The bytes of a member."""
    return io.BytesIO(item.data) if isinstance(item.data, bytes) else item.data.open("rb")


def _entry(item: Item) -> Entry:
    digest, size = hashlib.sha256(), 0
    with opened(item) as data:
        while chunk := data.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Entry(path=item.path, sha256=digest.hexdigest(), size=size, kind=item.kind, says=item.says)
