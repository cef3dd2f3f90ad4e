"""Reads a ledger within one transaction: everything that one reader gives belongs to the same state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, text

from demarc.ledger.merkle import Frontier
from demarc.ledger.store.quick import AsOf
from demarc.ledger.store.tables import FOREVER, batch, checkpoint, entry, standing
from demarc.model.ledger import Entry, Head

PAGE = 5_000
"""Rows that are fetched at once."""
AT_ONCE = 500
"""Places that are asked for at once."""


class Batch(Struct, frozen=True, kw_only=True):
    """What was recorded at one time, as it is stored."""

    size: int
    recorded_us: int
    root: bytes
    peaks: bytes


class Reader:
    """Answers from one state of a ledger."""

    def __init__(self, connection: Connection, name: str) -> None:
        """Take a connection in a transaction, and the name by which messages call the ledger."""
        self._connection, self.name = connection, name
        self.as_of = AsOf(lambda statement, named: connection.execute(text(statement), named), name)

    def head(self, known: datetime | None = None) -> Head:
        """The ledger now, or as of a moment of recording."""
        return self.as_of.head(known)

    def standing(self, size: int, *, kinds: Sequence[str]) -> list[Entry]:
        """The entries of some kinds that stood when the ledger had ``size`` entries, in their order."""
        return self.as_of.standing(size, kinds=kinds)

    def latest(self, size: int, *, kind: str, at: datetime) -> list[Entry]:
        """Of a kind, for each subject the entry that stood and began to hold last, not after ``at``."""
        return self.as_of.latest(size, kind=kind, at=at)

    def frontier(self) -> tuple[Frontier, int]:
        """All that is needed to append: the tree's edge, and when the last entry was recorded (microseconds)."""
        asked = select(batch.c.size, batch.c.peaks, batch.c.recorded_us).order_by(batch.c.size.desc()).limit(1)
        found = self._connection.execute(asked).first()
        return (Frontier(), 0) if found is None else (Frontier(found[0], found[1]), found[2])

    def last_hash(self) -> bytes | None:
        """Leaf hash of the last entry."""
        return self._connection.scalar(select(entry.c.hash).order_by(entry.c.seq.desc()).limit(1))

    def entry(self, seq: int) -> Entry | None:
        """One entry."""
        line = self._connection.scalar(select(entry.c.line).where(entry.c.seq == seq))
        return None if line is None else self.as_of.decoded(seq, line)

    def entries(self, size: int, *, kinds: Sequence[str] = (), newest_first: bool = False) -> Iterator[Entry]:
        """The entries of the first ``size``, of some kinds or of all; a kind ``register.*`` stands for all below it."""
        asked = select(entry.c.seq, entry.c.line).where(entry.c.seq < size)
        if kinds:
            asked = asked.where(_of_kinds(entry.c.kind, kinds))
        order = entry.c.seq.desc() if newest_first else entry.c.seq
        for seq, line in self._streamed(asked.order_by(order)):
            yield self.as_of.decoded(seq, line)

    def kinds_standing(self, numbers: Sequence[int]) -> dict[int, str]:
        """Of the entries at these places, those that stand now, with their kinds."""
        found: dict[int, str] = {}
        for start in range(0, len(numbers), AT_ONCE):
            part = numbers[start : start + AT_ONCE]
            asked = select(standing.c.seq, standing.c.kind).where(standing.c.seq.in_(part), standing.c.until == FOREVER)
            found.update((row[0], row[1]) for row in self._connection.execute(asked))
        return found

    def rows(self) -> Iterator[Sequence[Any]]:
        """Every row, as it is stored: place, what the other columns say of the line, the line, its hash."""
        asked = select(
            entry.c.seq,
            entry.c.recorded_us,
            entry.c.valid_from_us,
            entry.c.valid_to_us,
            entry.c.kind,
            entry.c.subject,
            entry.c.actor,
            entry.c.act,
            entry.c.supersedes,
            entry.c.line,
            entry.c.hash,
        ).order_by(entry.c.seq)
        yield from self._streamed(asked)

    def superseding(self, seq: int) -> Entry | None:
        """The entry that replaced or withdrew another; None while it stands."""
        until = self._connection.scalar(select(standing.c.until).where(standing.c.seq == seq))
        return None if until is None or until == FOREVER else self.entry(until)

    def lines(self, size: int) -> Iterator[bytes]:
        """The lines of the first ``size`` entries."""
        for row in self._streamed(select(entry.c.line).where(entry.c.seq < size).order_by(entry.c.seq)):
            yield row[0]

    def hashes(self) -> Iterator[bytes]:
        """The leaf hash of every entry."""
        for row in self._streamed(select(entry.c.hash).order_by(entry.c.seq)):
            yield row[0]

    def batches(self) -> Iterator[Batch]:
        """Every batch, as it is stored."""
        asked = select(batch.c.size, batch.c.recorded_us, batch.c.root, batch.c.peaks).order_by(batch.c.size)
        for row in self._streamed(asked):
            yield Batch(size=row[0], recorded_us=row[1], root=row[2], peaks=row[3])

    def checkpoints(self) -> list[bytes]:
        """Signed checkpoints, shortest ledger first."""
        return list(self._connection.scalars(select(checkpoint.c.note).order_by(checkpoint.c.size, checkpoint.c.note)))

    def closings(self) -> Iterator[Sequence[Any]]:
        """What the triggers wrote of every entry that ever stood: place, kind, subject, since, until which entry."""
        columns = (standing.c.seq, standing.c.kind, standing.c.subject, standing.c.valid_from_us, standing.c.until)
        yield from self._streamed(select(*columns).order_by(standing.c.seq))

    def _streamed(self, asked: Select[Any]) -> Iterator[Any]:
        for page in self._connection.execution_options(yield_per=PAGE).execute(asked).partitions():
            yield from page


def _of_kinds(column: ColumnElement[str], kinds: Sequence[str]) -> ColumnElement[bool]:
    def one(kind: str) -> ColumnElement[bool]:
        if kind.endswith(".*"):
            return and_(column >= kind[:-1], column < kind[:-2] + "/")
        return column == kind

    return or_(*(one(kind) for kind in kinds))
