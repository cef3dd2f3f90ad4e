"""The archive of an audit pack: a zip with the digests that hold it together; the same members give the same bytes.

Anybody can check one without Demarc: unpack it and run ``sha256sum -c SHA256SUMS``. Knows files, not what they mean.
"""

from __future__ import annotations

import io
import shutil
import zipfile
import zlib
from collections.abc import Iterable
from typing import IO

from demarc.intake.manifest import MANIFEST, MOST_MEMBERS, SUMS, Checked, Fault, Item, Seen, judged, lists, opened
from demarc.model.errors import DemarcError, Where

FORMAT = "demarc.audit-pack/1"
MAGIC = b"PK"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can say: members carry no time of their own."""
_LEVEL = 6
_UNIX, _MODE = 3, 0o100644 << 16


def pack(items: Iterable[Item], out: IO[bytes], *, made_at: str, about: str, version: str) -> str:
    """Write a pack and return its root digest. Raises DemarcError for a path that is there twice or leads outside."""
    found = lists(items, form=FORMAT, made_at=made_at, about=about, version=version)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        _add(archive, MANIFEST, io.BytesIO(found.manifest), len(found.manifest))
        _add(archive, SUMS, io.BytesIO(found.sums), len(found.sums))
        for item, entry in zip(found.items, found.entries, strict=True):
            with opened(item) as data:
                _add(archive, item.path, data, entry.size)
    return found.root


def verify(data: IO[bytes], name: str, *, root: str = "") -> Checked:
    """Check a pack member by member, without writing anything. Raises DemarcError for what is no pack at all."""
    seen = Seen()
    at = ""
    try:
        with zipfile.ZipFile(data) as archive:
            if len(archive.infolist()) > MOST_MEMBERS:
                raise DemarcError(f"more than {MOST_MEMBERS:,} members", where=Where(file=name))
            for member in archive.infolist():
                at = member.filename
                if member.is_dir():
                    seen.faults.append(Fault(member=at, says="is no plain file"))
                    continue
                with archive.open(member) as source:
                    seen.take(at, source, size=member.file_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        where = f" after {at}" if at else ""
        seen.faults.append(Fault(member="", says=f"the archive cannot be read on{where}: {error}"))
    if MANIFEST not in seen.digests and SUMS not in seen.digests:
        if seen.faults:
            return Checked(faults=tuple(seen.faults), root="", manifest=None, members=len(seen.digests))
        raise DemarcError("not an audit pack", where=Where(file=name), todo="name a file that demarc audit pack wrote")
    return judged(seen, FORMAT, root)


def _add(archive: zipfile.ZipFile, path: str, data: IO[bytes], size: int) -> None:
    info = zipfile.ZipInfo(path, _EPOCH)
    info.compress_type, info.create_system, info.external_attr, info.file_size = (
        zipfile.ZIP_DEFLATED,
        _UNIX,
        _MODE,
        size,
    )
    with archive.open(info, "w") as member:
        shutil.copyfileobj(data, member, 1 << 20)
