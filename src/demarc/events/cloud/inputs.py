"""Opens what somebody named as a cloud's trail: files, folders, standard input; packed, archives, archives in archives.

Gives each text with its origin. It knows no record. What is refused or damaged is said, never raised past one input.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct

from demarc.events.records import Decoded, encoding_of
from demarc.intake import archive
from demarc.intake.limits import Limits
from demarc.intake.streams import Budget, DamagedError, RefusedError, Stream, packing, unpacked

STDIN: Final = "-"


class Opened(Struct, frozen=True):
    """A text to be read before the next is asked for. ``packed`` is what was digested: the file as it lies there."""

    origin: str
    text: Stream
    packed: Stream


class Unread(Struct, frozen=True):
    """A file or member that is no text, and why."""

    origin: str
    says: str


class Inputs:
    """Opens inputs within one budget."""

    def __init__(self, limits: Limits, stdin: BinaryIO | None) -> None:
        self._limits, self._stdin = limits, stdin
        self._budget = Budget(limits)

    def of(self, given: str) -> Iterator[Opened | Unread]:
        """All texts of one input. Raises OSError where it is not there."""
        if given == STDIN:
            if self._stdin is not None:
                yield from self._stream(Stream(self._stdin), "stdin", 0)
            return
        path = Path(given)
        for one in _walked(path) if path.is_dir() else (path,):
            with one.open("rb") as file:
                yield from self._stream(Stream(file), str(one), 0, file)

    def _stream(
        self, stream: Stream, origin: str, depth: int, file: BinaryIO | None = None
    ) -> Iterator[Opened | Unread]:
        try:
            yield from self._opened(stream, origin, depth, file)
        except (RefusedError, DamagedError) as error:
            yield Unread(origin, str(error))

    def _opened(self, stream: Stream, origin: str, depth: int, file: BinaryIO | None) -> Iterator[Opened | Unread]:
        name = packing(stream.peek(512))
        inner = Stream(unpacked(stream, name, self._budget), digest=False) if name else stream
        start = inner.peek(4096)
        if depth > self._limits.depth:
            yield Unread(origin, "archives are nested too deeply")
        elif name and packing(start):
            yield from self._stream(inner, origin, depth + 1)
        elif archive.is_tar(start):
            yield from self._members(archive.tar_members(inner, self._limits), origin, depth)
        elif archive.is_zip(start):
            whole = file if file is not None and not name else archive.held_whole(inner, self._limits)
            whole.seek(0)
            yield from self._members(archive.zip_members(whole, self._limits, self._budget), origin, depth)
        elif start.startswith(b"PAR1"):
            yield Unread(origin, "Parquet: export rows as JSON or CSV")
        else:
            encoding = encoding_of(start)
            text = Stream(Decoded(inner, encoding), digest=False) if encoding else inner
            if not encoding and start.count(b"\0") > len(start) // 50:
                yield Unread(origin, "neither text nor an archive that is known")
            else:
                yield Opened(origin, text, stream)

    def _members(
        self, members: Iterator[archive.Member | archive.Refused], origin: str, depth: int
    ) -> Iterator[Opened | Unread]:
        for member in members:
            name = f"{origin}!{member.name}"
            if isinstance(member, archive.Refused):
                yield Unread(name, member.says)
            else:
                yield from self._stream(member.stream, name, depth + 1)


def _walked(folder: Path) -> Iterator[Path]:
    """Files of a folder; digests of CloudTrail, which say of its log files that they are whole, are no records."""
    for path in archive.files_below(folder):
        if "CloudTrail-Digest" not in path.relative_to(folder).parts:
            yield path
