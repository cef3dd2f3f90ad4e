"""Members of tar and zip archives and files of folders, read one after another, without ever writing one to disk.

Names that leave the archive, links and devices are refused; so is what unpacks without end. It knows archive formats;
what members mean is decided elsewhere.
"""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from msgspec import Struct

from demarc.intake.limits import Limits
from demarc.intake.streams import Budget, DamagedError, Readable, RefusedError, Stream, Unpacked

_HEADER = 512
_LARGEST_NAME = 1024 * 1024
_EXTENDED = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}


class Member(Struct, frozen=True):
    """A file in an archive. ``stream`` is to be read before the next member is asked for."""

    name: str
    stream: Stream


class Refused(Struct, frozen=True):
    """A member that is not read, and why."""

    name: str
    says: str


def files_below(folder: Path) -> Iterator[Path]:
    """Files of a folder and those below it, in order, hidden ones left out; links are not followed out of it."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not path.is_symlink() and not hidden:
            yield path


def held_whole(stream: Stream, limits: Limits) -> BinaryIO:
    """A zip archive that does not come as a file, in memory: its list stands at its end. Raises RefusedError."""
    data = stream.rest(limits.nested_bytes)
    if data is None:
        raise RefusedError("a zip archive that does not come as a file is too large; unpack it first")
    return io.BytesIO(data)


def is_tar(start: bytes) -> bool:
    """Tell a tar archive by its first header, old ones without a magic too."""
    if len(start) < _HEADER:
        return False
    if start[257:262] == b"ustar":
        return True
    try:
        stated = int(start[148:156].split(b"\0")[0].strip() or b"x", 8)
    except ValueError:
        return False
    return stated == sum(start[:148]) + sum(start[156:_HEADER]) + 8 * 32 and start[:1] != b"\0"


def is_zip(start: bytes) -> bool:
    """Tell a zip archive by its first bytes."""
    return start.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def tar_members(source: Readable, limits: Limits) -> Iterator[Member | Refused]:
    """Read a tar archive as it flows in. Raises DamagedError or RefusedError, after the members before the damage."""
    count = 0
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r|", tarinfo=_CarefulInfo) as archive:
            for info in archive:
                # The archive keeps every header that it has seen; nothing here looks back.
                cast("Any", archive).members = []
                count = _counted(count, limits)
                if info.isdir():
                    continue
                says = _objection(info.name) or _tar_objection(info)
                opened = None if says else archive.extractfile(info)
                if opened is None:
                    yield Refused(info.name, says or "it is no file")
                else:
                    yield Member(info.name, Stream(_Checked(cast("Readable", opened))))
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise DamagedError(f"the archive is damaged or cut off ({type(error).__name__})") from None


class _CarefulInfo(tarfile.TarInfo):
    """Refuses headers that announce a name or attributes of more than a megabyte: they would be read into memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _CarefulInfo:
        info = super().frombuf(buf, encoding, errors)
        if info.type in _EXTENDED and not 0 <= info.size <= _LARGEST_NAME:
            raise RefusedError("a header in the archive is larger than any name")
        if info.size < 0:
            raise RefusedError("a header in the archive names a negative size")
        return info


def zip_members(file: IO[bytes], limits: Limits, budget: Budget) -> Iterator[Member | Refused]:
    """Read a zip archive from a file that can be searched. Raises DamagedError or RefusedError."""
    count = 0
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                count = _counted(count, limits)
                if info.is_dir():
                    continue
                says = _objection(info.filename) or _zip_objection(info)
                if says:
                    yield Refused(info.filename, says)
                    continue
                with archive.open(info) as opened:
                    yield Member(info.filename, Stream(_ZipMember(opened, info, budget)))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise DamagedError(f"the archive is damaged or of an unknown kind ({type(error).__name__})") from None


class _ZipMember(Unpacked):
    """A member of a zip archive, with the size that it takes in the archive as its packed size."""

    def __init__(self, opened: Readable, info: zipfile.ZipInfo, budget: Budget) -> None:
        packed = Stream(io.BytesIO(), digest=False)
        packed.size = info.compress_size
        super().__init__(packed, _Checked(opened), budget)


class _Checked:
    """Says what archive readers say about damage in the words of the other formats."""

    def __init__(self, opened: Readable) -> None:
        self._opened = opened

    def read(self, size: int, /) -> bytes:
        try:
            return self._opened.read(size)
        except (zipfile.BadZipFile, tarfile.TarError) as error:
            raise DamagedError(f"the archive is damaged or cut off ({type(error).__name__})") from None


def _counted(count: int, limits: Limits) -> int:
    if count >= limits.members:
        raise RefusedError(f"the archive has more than {limits.members} members")
    return count + 1


def _objection(name: str) -> str:
    """Say why a member of this name is not read; empty where it is fine."""
    parts = name.replace("\\", "/").split("/")
    if parts[0] == "" or (len(parts[0]) == 2 and parts[0][1] == ":"):
        return "its path is absolute"
    if ".." in parts:
        return "its path leaves the archive"
    return "its name holds a NUL" if "\0" in name else ""


def _tar_objection(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return "it is a link"
    if info.issparse():
        return "it is a sparse file"
    return "" if info.isfile() else "it is a device or another special file"


def _zip_objection(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 1:
        return "it is encrypted"
    mode = info.external_attr >> 16
    if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
        return "it is a link or a special file"
    return ""
