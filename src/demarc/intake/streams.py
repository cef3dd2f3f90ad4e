"""Bytes as they flow in: read in pieces, looked at before they are taken, digested on the way, unpacked within limits.

It knows compression formats and budgets; it knows nothing of what the bytes mean.
"""

from __future__ import annotations

import bz2
import hashlib
import lzma
from collections.abc import Callable
from typing import IO, Protocol, cast

import zstandard
from isal import isal_zlib

from demarc.intake.limits import Limits

PIECE = 1024 * 1024
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BZIP2 = b"BZh"
_XZ = b"\xfd7zXZ\x00"
_GZIP_WINDOW = 31
GZIP_ERROR = cast("type[Exception]", isal_zlib.error)
"""What unpacking damaged gzip raises; the library's types do not say that it is a class."""
_DAMAGE: tuple[type[Exception], ...] = (
    *(GZIP_ERROR, lzma.LZMAError, zstandard.ZstdError),
    *(EOFError, OSError, ValueError),
)


class RefusedError(Exception):
    """Input that Demarc refuses for safety; its text says why, and holds nothing of the input."""


class DamagedError(Exception):
    """Compressed input that cannot be unpacked; its text says why, and holds nothing of the input."""


class Readable(Protocol):
    """Something to read bytes from, such as a file."""

    def read(self, size: int, /) -> bytes:
        """Read at most ``size`` bytes; empty at the end."""


class Budget:
    """What one reading may still unpack, over all its archives together."""

    def __init__(self, limits: Limits) -> None:
        self._left = limits.total_bytes
        self._ratio = limits.ratio
        self._ratio_from = limits.ratio_from

    def spend(self, size: int, *, unpacked: int, packed: int) -> None:
        """Account for ``size`` more bytes; raises RefusedError where an input unpacks without end."""
        self._left -= size
        if self._left < 0:
            raise RefusedError("the inputs unpack to more than Demarc takes in one reading")
        if unpacked > self._ratio_from and unpacked > self._ratio * max(packed, 1):
            raise RefusedError(f"it unpacks to more than {self._ratio} times its size")


class Stream:
    """Bytes that can be looked at before they are taken. ``sha256`` and ``size`` are of all that was taken."""

    def __init__(self, source: Readable, *, digest: bool = True) -> None:
        """Begin; without ``digest`` there is no ``sha256``, which is for streams over another one."""
        self._source = source
        self._ahead = b""
        self._digest = hashlib.sha256() if digest else None
        self.size = 0

    def peek(self, size: int) -> bytes:
        """Look at up to ``size`` bytes from here on."""
        while len(self._ahead) < size:
            more = self._source.read(max(size - len(self._ahead), 65536))
            if not more:
                break
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int, /) -> bytes:
        """Read up to ``size`` bytes; fewer only at the end."""
        parts = [self._ahead[:size]]
        self._ahead = self._ahead[size:]
        missing = size - len(parts[0])
        while missing > 0:
            more = self._source.read(missing)
            if not more:
                break
            parts.append(more[:missing])
            self._ahead += more[missing:]
            missing -= len(parts[-1])
        taken = b"".join(parts) if len(parts) > 1 else parts[0]
        if self._digest is not None:
            self._digest.update(taken)
        self.size += len(taken)
        return taken

    def rest(self, limit: int) -> bytes | None:
        """Read all that is left; None when it is more than ``limit`` bytes."""
        data = self.read(limit + 1)
        return data if len(data) <= limit else None

    def drain(self) -> None:
        """Take what is left, so that the digest is of the whole."""
        while self.read(PIECE):
            pass

    @property
    def sha256(self) -> str:
        """Hex digest of what was taken; empty where none was asked for."""
        return self._digest.hexdigest() if self._digest is not None else ""


class Unpacked:
    """Reads what another stream holds in packed form, within a budget."""

    def __init__(self, packed: Stream, opened: Readable, budget: Budget) -> None:
        self._packed = packed
        self._opened = opened
        self._budget = budget
        self._unpacked = 0

    def read(self, size: int, /) -> bytes:
        """Read unpacked bytes. Raises DamagedError or RefusedError."""
        try:
            data = self._opened.read(min(size, PIECE))
        except _DAMAGE as error:
            raise DamagedError(f"cannot be unpacked ({type(error).__name__}): it is cut off or damaged") from None
        self._unpacked += len(data)
        self._budget.spend(len(data), unpacked=self._unpacked, packed=self._packed.size)
        return data


def packing(start: bytes) -> str:
    """Name the compression by its first bytes: gzip, zstd, bzip2, xz, or empty."""
    for magic, name in ((_GZIP, "gzip"), (_ZSTD, "zstd"), (_XZ, "xz")):
        if start.startswith(magic):
            return name
    return "bzip2" if start.startswith(_BZIP2) and start[3:4].isdigit() and start[4:10] == b"1AY&SY" else ""


def unpacked(packed: Stream, name: str, budget: Budget) -> Unpacked:
    """Open a packed stream by the name that ``packing`` gave."""
    opened: Readable
    file = cast("IO[bytes]", _File(packed.read))  # the unpackers call no more of it than it has
    if name == "gzip":
        opened = _Gzip(packed)
    elif name == "zstd":
        opened = _Zstd(packed)
    elif name == "xz":
        opened = lzma.LZMAFile(file, "rb")  # noqa: SIM115 - it holds no file of its own
    else:
        opened = bz2.BZ2File(file, "rb")
    return Unpacked(packed, opened, budget)


class _Gzip:
    """Members of a gzip file, one behind the other: the library's own file wants to seek."""

    def __init__(self, packed: Stream) -> None:
        self._packed = packed
        self._member = isal_zlib.decompressobj(wbits=_GZIP_WINDOW)
        self._left = b""
        self._within = False

    def read(self, size: int, /) -> bytes:
        while self._within or self._next():
            data = self._left or self._packed.read(PIECE // 4)
            found = self._member.decompress(data, size)
            self._left = self._member.unconsumed_tail
            if self._member.eof:
                self._left, self._within = self._member.unused_data, False
            elif not data and not found:
                raise EOFError
            if found:
                return bytes(found)
        return b""

    def _next(self) -> bool:
        """Go to the next member, over the zeros that may stand between them; False at the end."""
        while not (data := self._left.lstrip(b"\0")):
            if not (data := self._packed.read(PIECE // 4)):
                return False
            self._left = data
        self._left = data
        self._member = isal_zlib.decompressobj(wbits=_GZIP_WINDOW)
        self._within = True
        return True


class _Zstd:
    """Frames of zstd. The library's reader takes a cut frame for a whole one, so the blocks are counted beside it."""

    def __init__(self, packed: Stream) -> None:
        self._packed = packed
        self._skip, self._head, self._checksum = 0, b"", -1
        unpacker = zstandard.ZstdDecompressor(max_window_size=2**27)
        self._reader = unpacker.stream_reader(cast("IO[bytes]", _File(self.taken)), read_across_frames=True)

    def read(self, size: int, /) -> bytes:
        data = self._reader.read(size)
        if not data and (self._skip or self._head or self._checksum >= 0):
            raise EOFError
        return bytes(data)

    def taken(self, size: int) -> bytes:
        """Give packed bytes to the unpacker, walking over the blocks in them."""
        data = self._packed.read(size)
        at = min(self._skip, len(data))
        self._skip -= at
        while at < len(data):
            self._head += data[at : at + 1]
            at += 1
            if self._headed():
                self._head = b""
                jump = min(self._skip, len(data) - at)
                self._skip, at = self._skip - jump, at + jump
        return data

    def _headed(self) -> bool:
        """Tell whether the header that is being read is whole, and set what is to be skipped behind it."""
        head, length = self._head, len(self._head)
        if self._checksum >= 0:
            if length < 3:
                return False
            block = int.from_bytes(head, "little")
            self._skip = 1 if block >> 1 & 3 == 1 else block >> 3
            if block & 1:
                self._skip, self._checksum = self._skip + self._checksum, -1
            return True
        if head[1:4] == b"\x2a\x4d\x18":
            self._skip = int.from_bytes(head[4:8], "little") if length == 8 else 0
            return length == 8
        if length < 5 or length < zstandard.frame_header_size(head.ljust(18, b"\0")):
            return False
        self._checksum = 4 if head[4] & 4 else 0
        return True


class _File:
    """The face of a file that the unpackers ask for: forward only, and done when it is done."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read

    def read(self, size: int = -1, /) -> bytes:
        return self._read(PIECE if size < 0 else size)

    def seekable(self) -> bool:
        return False

    def readable(self) -> bool:
        return True
