"""One source on its way into Parquet: pieces are converted some at a time, settled in their order, and summed up.

What is opened, and where the files go in the end, is known above.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self

from msgspec import Struct

from demarc.events.duck import Converted, Converter, Settled
from demarc.events.pieces import Piece, Taken, Tally, mended
from demarc.events.shapes.interface import Bad
from demarc.events.store import SourceRecord, Store, StoredFile
from demarc.intake.limits import Limits

_NO_EVENT: Final = Bad(says="it is no audit event", text=b"")


class Workshop:
    """What all conversions of one import share."""

    def __init__(self, store: Store, scratch: Path, limits: Limits, *, memory: str, threads: int) -> None:
        self.store, self.scratch, self.limits, self.threads = store, scratch, limits, threads
        self.converter = Converter(scratch=scratch, memory=memory, threads=threads)
        self.workers = ThreadPoolExecutor(max_workers=threads)
        self.files: list[tuple[Path, StoredFile]] = []
        """What was made so far, still in the scratch folder."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.workers.shutdown(cancel_futures=True)
        self.converter.close()

    def near(self, first_us: int, last_us: int) -> list[Path]:
        """Files that may hold the same events: stored ones, and those of this import."""
        made = [path for path, file in self.files if file.may_hold(first_us, last_us)]
        return [*self.store.overlapping(first_us, last_us), *made]


class _Waiting(Struct, frozen=True):
    piece: Piece
    raw: Path
    future: Future[Converted]


class Conversion:
    """Converts one source."""

    def __init__(self, shop: Workshop, source: str) -> None:
        self._shop = shop
        self.source = source
        self.tally = Tally(source)
        self._waiting: deque[_Waiting] = deque()
        self._mended = Taken(shop.scratch, f"mended-{source}", self.tally)
        self._number = 0
        self._settled: list[Settled] = []

    def run(self, pieces: Iterator[Piece]) -> None:
        """Have pieces converted, some at once, and settle them in their order."""
        for piece in pieces:
            raw = self._shop.scratch / f"{self.source}-{self._number:05}.raw"
            self._number += 1
            future = self._shop.workers.submit(
                self._shop.converter.convert,
                piece.path,
                raw,
                source=self.source,
                base=piece.base,
                wrapped=piece.wrapped,
            )
            self._waiting.append(_Waiting(piece, raw, future))
            while len(self._waiting) > self._shop.threads:
                self._settle()

    def finish(self) -> None:
        """Settle what is still on its way, and what was mended."""
        while self._waiting:
            self._settle()
        self.run(self._mended.rest())
        while self._waiting:
            self._settle()

    def _settle(self) -> None:
        done = self._waiting.popleft()
        converted = done.future.result()
        again: list[Piece] = []
        if done.piece.wrapped:
            for number in converted.unread:
                self.tally.note(number, _NO_EVENT)
        elif converted.unread:
            again = list(mended(done.piece, converted.unread, self._mended, self._shop.limits))
        done.piece.path.unlink()
        into = done.raw.with_suffix(".parquet")
        settled = self._shop.converter.settle(
            done.raw,
            into,
            others=self._shop.near(converted.first_us, converted.last_us),
            has_unread=bool(converted.unread),
        )
        self._settled.append(settled)
        if settled.events:
            stored = StoredFile(
                name=into.name,
                source=self.source,
                events=settled.events,
                first_us=converted.first_us,
                last_us=settled.last_us,
            )
            self._shop.files.append((into, stored))
        else:
            into.unlink()
        self.run(iter(again))

    def record(self, origin: str, *, sha256: str, size: int, now: str, damaged: str) -> SourceRecord:
        """What is written down of the source, once it is finished."""
        shapes: dict[str, int] = {}
        for settled in self._settled:
            for shape, count in settled.shapes.items():
                shapes[shape] = shapes.get(shape, 0) + count
        return SourceRecord(
            id=self.source,
            origin=origin,
            sha256=sha256,
            size=size,
            imported_at=now,
            events=sum(settled.events for settled in self._settled),
            duplicates=sum(settled.duplicates for settled in self._settled),
            reused=sum(settled.reused for settled in self._settled),
            truncated=sum(settled.truncated for settled in self._settled),
            rejected=self.tally.rejected,
            others=self.tally.others,
            damaged=damaged,
            unfinished=self.tally.unfinished,
            shapes=dict(sorted(shapes.items())),
            clusters=tuple(sorted({name for settled in self._settled for name in settled.clusters})),
            first_us=min((settled.first_us for settled in self._settled if settled.first_us), default=0),
            last_us=max((settled.last_us for settled in self._settled), default=0),
        )
