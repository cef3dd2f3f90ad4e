"""The bundle of evidence: one archive with everything that a verdict rests on, and the digests that hold it together.

Anybody can check one without Demarc: unpack it and run ``sha256sum -c SHA256SUMS``. The root digest is the SHA-256 of
that list; kept elsewhere, it proves that nothing was rewritten as a whole. The same items give the same bytes. Knows
files, not what they mean; takes no Secret value, since nothing that it is given holds one.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from typing import IO, Final

import zstandard

from demarc.intake.manifest import MANIFEST, MOST_MEMBERS, SUMS, Checked, Fault, Item, Seen, judged, lists, opened
from demarc.model.errors import DemarcError, Where

FORMAT = "demarc.evidence/1"
SUFFIX = ".tar.zst"
_LEVEL = 6
_PIECE: Final = 1 << 16


def pack(items: Iterable[Item], out: IO[bytes], *, made_at: str, about: str, version: str) -> str:
    """Write a bundle and return its root digest. Raises DemarcError for a path that is there twice or leads outside."""
    found = lists(items, form=FORMAT, made_at=made_at, about=about, version=version)
    packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    with packer.stream_writer(out, closefd=False) as packed, tarfile.open(fileobj=packed, mode="w|") as archive:
        _add(archive, MANIFEST, io.BytesIO(found.manifest), len(found.manifest))
        _add(archive, SUMS, io.BytesIO(found.sums), len(found.sums))
        for item, entry in zip(found.items, found.entries, strict=True):
            with opened(item) as data:
                _add(archive, item.path, data, entry.size)
    return found.root


def verify(data: IO[bytes], name: str, *, root: str = "") -> Checked:
    """Check a bundle member by member, without writing anything. Raises DemarcError for what is no bundle at all.

    ``root``: the root digest as it was noted when the bundle was made.
    """
    seen = _read(data, name)
    if MANIFEST not in seen.digests and SUMS not in seen.digests:
        if seen.faults:
            return Checked(faults=tuple(seen.faults), root="", manifest=None, members=len(seen.digests))
        raise DemarcError("not a bundle of evidence", where=Where(file=name), todo="name a file that --bundle wrote")
    return judged(seen, FORMAT, root)


def _read(data: IO[bytes], name: str) -> Seen:
    """Digest and size of every member, the two lists in full, and what could not be read."""
    seen = Seen()
    at = ""
    try:
        unpacked = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True, closefd=False)
        with tarfile.open(fileobj=unpacked, mode="r|") as archive:
            for member in archive:
                at = member.name
                if not member.isfile():
                    seen.faults.append(Fault(member=member.name, says="is no plain file"))
                    continue
                if len(seen.digests) >= MOST_MEMBERS:
                    raise DemarcError(f"more than {MOST_MEMBERS:,} members", where=Where(file=name))
                seen.take(member.name, archive.extractfile(member), size=member.size)
        # The reader of members stops at their end; only what is read to its own end has its checksum looked at.
        while piece := unpacked.read(_PIECE):
            if piece.strip(b"\0"):
                seen.faults.append(Fault(member="", says="something stands behind the end of the archive"))
                break
    except (tarfile.TarError, zstandard.ZstdError, EOFError, OSError) as error:
        where = f" after {at}" if at else ""
        seen.faults.append(Fault(member="", says=f"the archive cannot be read on{where}: {error}"))
    return seen


def _add(archive: tarfile.TarFile, path: str, data: IO[bytes], size: int) -> None:
    info = tarfile.TarInfo(path)
    info.size, info.mode = size, 0o644
    archive.addfile(info, data)
