"""The export: a whole ledger as one file that anybody can check without Demarc, and that restores it.

A first line that names origin, size and root; then the line of every entry, byte for byte; then an empty line and
signed checkpoints, with an empty line between any two. docs/concepts/ledger.md describes it for those who read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

import msgspec
from msgspec import Struct

from demarc.ledger import line, note
from demarc.ledger.merkle import HASH
from demarc.model.ledger import FORMAT

MOST_TRAILER = 64 << 20
"""Bytes of checkpoints that are read."""


class Header(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line."""

    format: str
    origin: str
    size: int
    root: str
    """Hex."""


_DECODER: Final = msgspec.json.Decoder(Header)


def written(origin: str, size: int, root: bytes, lines: Iterable[bytes], notes: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of the export, in their order."""
    yield msgspec.json.encode(Header(format=FORMAT, origin=origin, size=size, root=root.hex())) + b"\n"
    for one in lines:
        yield one + b"\n"
    for one in notes:
        yield b"\n" + one


class Export:
    """An export that is read once, from front to back: first ``header``, then ``lines``, then ``notes``."""

    def __init__(self, stream: BinaryIO) -> None:
        """Take a stream at its beginning."""
        self._stream = stream
        self.cut = False
        """Whether a line was too long or the file ends within one."""
        self._more = False

    def header(self) -> Header:
        """Read the first line. Raises ValueError for anything that ``written`` would not have written."""
        data = self._stream.readline(1 << 16)
        try:
            header = _DECODER.decode(data)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise ValueError("the first line is none of an export of a ledger") from error
        if msgspec.json.encode(header) + b"\n" != data:
            raise ValueError("the first line is not written as it is in exports")
        if header.format != FORMAT or not note.is_name(header.origin):
            raise ValueError(f"the first line does not say {FORMAT} and a name")
        if len(header.root) != 2 * HASH or header.root != header.root.lower() or not _is_hex(header.root):
            raise ValueError("the root in the first line is none")
        return header

    def lines(self) -> Iterator[bytes]:
        """The lines of entries, whatever they hold."""
        while (data := self._stream.readline(line.MOST_BYTES + 2)) not in {b"", b"\n"}:
            if not data.endswith(b"\n"):
                self.cut = True
                return
            yield data[:-1]
        self._more = data == b"\n"

    def notes(self) -> list[bytes]:
        """What follows the entries, note by note. Raises ValueError where it is no list of notes."""
        data = self._stream.read(MOST_TRAILER) if self._more else b""
        if self._more and (self._stream.read(1) or not data.endswith(b"\n")):
            raise ValueError("what follows the entries is cut off, or too long")
        if not self._more:
            return []
        parts = data.split(b"\n\n")
        if len(parts) % 2:
            raise ValueError("what follows the entries is no list of checkpoints")
        last = len(parts) - 2
        return [parts[at] + b"\n\n" + parts[at + 1] + (b"" if at == last else b"\n") for at in range(0, len(parts), 2)]


def _is_hex(text: str) -> bool:
    try:
        return bytes.fromhex(text).hex() == text
    except ValueError:
        return False
