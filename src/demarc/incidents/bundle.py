"""The bundle of evidence: one archive with everything that a verdict rests on, and the digests that hold it together.

Anybody can check one without Demarc: unpack it and run ``sha256sum -c SHA256SUMS``. The root digest is the SHA-256 of
that list; kept elsewhere, it proves that nothing was rewritten as a whole. The same items give the same bytes. Knows
files, not what they mean; takes no Secret value, since nothing that it is given holds one.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec
import zstandard
from msgspec import Struct

from demarc.model.errors import DemarcError, Where

FORMAT = "demarc.evidence/1"
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
SUFFIX = ".tar.zst"
_LEVEL = 6
_CHUNK = 1 << 20
_LARGEST_LIST = 64 << 20
"""Bytes of the manifest and of the list of digests that are read into memory."""
_MOST_MEMBERS = 200_000


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


def pack(items: Iterable[Item], out: IO[bytes], *, made_at: str, about: str, version: str) -> str:
    """Write a bundle and return its root digest. Raises DemarcError for a path that is there twice or leads outside."""
    ordered = sorted(items, key=lambda item: item.path)
    _check_paths(ordered)
    entries = tuple(_entry(item) for item in ordered)
    manifest = Manifest(format=FORMAT, demarc=version, made_at=made_at, about=about, members=entries)
    written = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    digests = {entry.path: entry.sha256 for entry in entries} | {MANIFEST: hashlib.sha256(written).hexdigest()}
    sums = "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items())).encode()
    packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    with packer.stream_writer(out, closefd=False) as packed, tarfile.open(fileobj=packed, mode="w|") as archive:
        _add(archive, MANIFEST, io.BytesIO(written), len(written))
        _add(archive, SUMS, io.BytesIO(sums), len(sums))
        for item, entry in zip(ordered, entries, strict=True):
            with _opened(item) as data:
                _add(archive, item.path, data, entry.size)
    return hashlib.sha256(sums).hexdigest()


def verify(data: IO[bytes], name: str, *, root: str = "") -> Checked:
    """Check a bundle member by member, without writing anything. Raises DemarcError for what is no bundle at all.

    ``root``: the root digest as it was noted when the bundle was made.
    """
    found, kept, faults = _digests(data, name)
    if MANIFEST not in found and SUMS not in found:
        if faults:
            return Checked(faults=tuple(faults), root="", manifest=None, members=len(found))
        raise DemarcError("not a bundle of evidence", where=Where(file=name), todo="name a file that --bundle wrote")
    manifest = _manifest(kept.get(MANIFEST), faults)
    listed = dict(_listed(kept.get(SUMS), faults))
    faults += _compare(found, listed, manifest)
    actual = hashlib.sha256(kept[SUMS]).hexdigest() if SUMS in kept else ""
    if root and actual != root.strip().lower():
        faults.append(Fault(member=SUMS, says=f"the root digest is {actual or 'missing'}, not {root.strip().lower()}"))
    return Checked(faults=tuple(sorted(set(faults))), root=actual, manifest=manifest, members=len(found))


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


def _digests(data: IO[bytes], name: str) -> tuple[dict[str, tuple[str, int]], dict[str, bytes], list[Fault]]:
    """Digest and size of every member, the two lists in full, and what could not be read."""
    found: dict[str, tuple[str, int]] = {}
    kept: dict[str, bytes] = {}
    faults: list[Fault] = []
    at = ""
    try:
        unpacked = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True, closefd=False)
        with tarfile.open(fileobj=unpacked, mode="r|") as archive:
            for member in archive:
                at = member.name
                if not member.isfile():
                    faults.append(Fault(member=member.name, says="is no plain file"))
                    continue
                if member.name in found:
                    faults.append(Fault(member=member.name, says="is there twice"))
                if len(found) >= _MOST_MEMBERS:
                    raise DemarcError(f"more than {_MOST_MEMBERS:,} members", where=Where(file=name))
                found[member.name], whole = _hashed(archive, member)
                if whole is not None:
                    kept[member.name] = whole
    except (tarfile.TarError, zstandard.ZstdError, EOFError, OSError) as error:
        where = f" after {at}" if at else ""
        faults.append(Fault(member="", says=f"the archive cannot be read on{where}: {error}"))
    return found, kept, faults


def _hashed(archive: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[tuple[str, int], bytes | None]:
    source = archive.extractfile(member)
    keep = member.name in {MANIFEST, SUMS} and member.size <= _LARGEST_LIST
    digest, size, parts = hashlib.sha256(), 0, []
    while source is not None and (chunk := source.read(_CHUNK)):
        digest.update(chunk)
        size += len(chunk)
        if keep:
            parts.append(chunk)
    return (digest.hexdigest(), size), b"".join(parts) if keep else None


def _manifest(data: bytes | None, faults: list[Fault]) -> Manifest | None:
    if data is None:
        return None
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        faults.append(Fault(member=MANIFEST, says=f"cannot be read: {error}"))
        return None
    if manifest.format != FORMAT:
        faults.append(Fault(member=MANIFEST, says=f"is of another format: {manifest.format[:40]}"))
    return manifest


def _listed(data: bytes | None, faults: list[Fault]) -> Iterator[tuple[str, str]]:
    for line in (data or b"").decode("utf-8", "replace").splitlines():
        digest, gap, path = line.partition("  ")
        if not gap or len(digest) != 64:
            faults.append(Fault(member=SUMS, says=f"holds a line that is none of its own: {line[:80]!r}"))
        else:
            yield path, digest


def _check_paths(items: list[Item]) -> None:
    seen: set[str] = set()
    for item in items:
        path = PurePosixPath(item.path)
        outside = path.is_absolute() or ".." in path.parts or str(path) != item.path or "\n" in item.path
        if outside or item.path in seen or item.path in {MANIFEST, SUMS}:
            raise DemarcError(
                f"the bundle cannot hold a member {item.path!r}", todo="give each member a path of its own"
            )
        seen.add(item.path)


def _opened(item: Item) -> IO[bytes]:
    return io.BytesIO(item.data) if isinstance(item.data, bytes) else item.data.open("rb")


def _entry(item: Item) -> Entry:
    digest, size = hashlib.sha256(), 0
    with _opened(item) as data:
        while chunk := data.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Entry(path=item.path, sha256=digest.hexdigest(), size=size, kind=item.kind, says=item.says)


def _add(archive: tarfile.TarFile, path: str, data: IO[bytes], size: int) -> None:
    info = tarfile.TarInfo(path)
    info.size, info.mode = size, 0o644
    archive.addfile(info, data)
