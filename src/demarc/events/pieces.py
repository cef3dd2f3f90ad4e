"""Cuts a trail into files of lines of a size that is converted at a time, in a scratch folder.

JSON lines of the API server pass through as they are; out of anything else each event is taken, and written as a line
that says beside it what the envelope knew. What is no event is counted, and kept as far as there is room.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec import Struct

from demarc.events.normalise import LONGEST_LINE
from demarc.events.records import BLOCK, TOO_LONG, UNFINISHED, of_line, outcomes
from demarc.events.redact import masked_record
from demarc.events.salvage import is_json
from demarc.events.shapes.interface import Bad, Found, Other, Outcome
from demarc.intake.limits import Limits
from demarc.intake.streams import Readable

PIECE: Final = 128 * 1024 * 1024
"""Bytes of a piece."""
KEPT: Final = 1_000
"""Rejects of one source that are kept; all are counted."""
_BLANK: Final = re.compile(rb"\n(?:[ \t\r]*\n)+")


class Piece(Struct, frozen=True, kw_only=True):
    """A file of lines, to be converted and deleted."""

    path: Path
    base: int
    """Lines of its source before it."""
    wrapped: bool
    """Its lines carry what their envelopes knew."""


class Reject(Struct, frozen=True, kw_only=True):
    """A record that was not taken, as it is kept."""

    source: str
    position: int
    says: str
    text: str
    """Its beginning, secrets masked; never a body."""


class Tally:
    """What was seen of a source that is no event."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.rejected = 0
        self.rejects: list[Reject] = []
        self.others: dict[str, int] = {}
        self.unfinished = False
        self.plain_lines = 0
        self.plain_bytes = 0
        """How much of JSON lines was taken whole: where a later import may go on."""

    def note(self, position: int, outcome: Bad | Other) -> None:
        """Count something that is no event."""
        if isinstance(outcome, Other):
            self.others[outcome.says] = self.others.get(outcome.says, 0) + 1
            return
        self.unfinished |= outcome.says == UNFINISHED
        self.rejected += 1
        if len(self.rejects) < KEPT:
            text = masked_record(outcome.text[:20_000].decode("utf-8", "replace"))
            self.rejects.append(Reject(source=self.source, position=position, says=outcome.says, text=text))


class _Side(Struct, omit_defaults=True):
    p: int = 0
    s: str = ""
    c: str = ""
    x: bool = False
    a: str = ""
    i: bool = False
    t: int = 0


class Taken:
    """Writes events that were taken out of something as lines, piece by piece."""

    def __init__(self, folder: Path, name: str, tally: Tally) -> None:
        self._folder, self._name, self._tally = folder, name, tally
        self._file: IO[bytes] | None = None
        self._size = self._number = 0

    def add(self, position: int, outcome: Outcome) -> Iterator[Piece]:
        """Take an outcome; gives a piece where one is full."""
        if not isinstance(outcome, Found):
            self._tally.note(position, outcome)
            return
        if len(outcome.event) >= LONGEST_LINE:
            self._tally.note(position, Bad(says=TOO_LONG, text=outcome.event))
            return
        side = _Side(
            p=position, s=outcome.shape.value, c=outcome.cluster, x=outcome.truncated, a=outcome.alert,
            i=outcome.inferred, t=outcome.ts_us,
        )  # fmt: skip
        line = b'{"_demarc":%s,%s\n' % (msgspec.json.encode(side), outcome.event[1:])
        if self._file is None:
            self._file = self._path().open("wb")
        self._file.write(line)
        self._size += len(line)
        if self._size >= PIECE:
            yield from self.rest()

    def rest(self) -> Iterator[Piece]:
        """Give what is left."""
        if self._file is not None:
            self._file.close()
            yield Piece(path=self._path(), base=0, wrapped=True)
            self._file, self._size, self._number = None, 0, self._number + 1

    def _path(self) -> Path:
        return self._folder / f"{self._name}-{self._number}.json"


def taken(stream: Readable, framing: str, folder: Path, tally: Tally, limits: Limits) -> Iterator[Piece]:
    """Pieces of a stream of any framing."""
    writer = Taken(folder, "taken", tally)
    for position, outcome in outcomes(stream, framing, limits):
        yield from writer.add(position, outcome)
    yield from writer.rest()


def plain(stream: Readable, folder: Path, tally: Tally, *, start_line: int = 0) -> Iterator[Piece]:
    """Pieces of JSON lines, as they are. A last line that is not whole is left for when it is."""
    lines = _Lines(stream)
    tally.plain_lines, number = start_line, 0
    while True:
        path = folder / f"plain-{number}.json"
        base, size = tally.plain_lines, 0
        with path.open("wb") as file:
            while size < PIECE and (block := lines.block()):
                file.write(block)
                size += len(block)
                tally.plain_lines += block.count(b"\n")
        if not size:
            path.unlink()
            break
        tally.plain_bytes = lines.taken
        yield Piece(path=path, base=base, wrapped=False)
        number += 1
    if lines.rest:
        tally.note(tally.plain_lines + 1, Bad(says=UNFINISHED, text=lines.rest[:LONGEST_LINE]))


class _Lines:
    """Blocks of whole lines that are not blank, out of a stream."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.rest = b""
        """What stands behind the last whole line."""
        self.taken = 0
        """Bytes of the stream that were given as whole lines."""
        self._first = True

    def block(self) -> bytes:
        """Some whole lines; empty at the end."""
        while data := self._stream.read(BLOCK):
            whole = self.rest + data
            cut = whole.rfind(b"\n") + 1
            if not cut and len(whole) >= LONGEST_LINE:
                return self._too_long(len(whole))
            self.rest = whole[cut:]
            if cut:
                self.taken += cut
                return self._unblank(whole[:cut])
        last, self.rest = self.rest, b""
        if last.strip() and is_json(last.strip()):
            self.taken += len(last)
            return last.strip() + b"\n"
        self.rest = last if last.strip() else b""
        return b""

    def _too_long(self, size: int) -> bytes:
        """Skip a line without end; a line that is no event stands for it."""
        while data := self._stream.read(BLOCK):
            size += len(data)
            if (cut := data.find(b"\n") + 1) > 0:
                self.rest = data[cut:]
                self.taken += size - len(self.rest)
                return b"-\n"
        self.rest = b""
        self.taken += size
        return b"-\n"

    def _unblank(self, block: bytes) -> bytes:
        if _BLANK.search(block):
            block = _BLANK.sub(b"\n", block)
        return block.lstrip(b" \t\r\n") if block[:1] in b" \t\r\n" else block


def mended(piece: Piece, numbers: tuple[int, ...], writer: Taken, limits: Limits) -> Iterator[Piece]:
    """Look again at lines of a piece that are no plain events: envelopes, damage, other logs."""
    wanted = {number - piece.base for number in numbers}
    for number, line in enumerate(_numbered(piece.path), start=1):
        if number not in wanted:
            continue
        if line == b"-\n":
            yield from writer.add(piece.base + number, Bad(says=TOO_LONG, text=b""))
            continue
        for outcome in of_line(line, ended=True, limits=limits):
            yield from writer.add(piece.base + number, outcome)


def _numbered(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file
