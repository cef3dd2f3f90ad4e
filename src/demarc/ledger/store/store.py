"""A ledger that is open: reads in one transaction, and appends with nobody in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Engine, insert, select, text

from demarc.ledger import note
from demarc.ledger.line import line_of
from demarc.ledger.merkle import Frontier, leaf_hash
from demarc.ledger.store.errors import driver_error, told
from demarc.ledger.store.reader import Reader
from demarc.ledger.store.tables import batch, checkpoint, entry
from demarc.ledger.store.trouble import trouble
from demarc.model.errors import DemarcError, Where
from demarc.model.ledger import Draft, Entry, micros, stamp, text_of

LOCK = 0x64656D617263
"""Number of the advisory lock that PostgreSQL's writers take in turn."""
_COLUMNS = ", ".join(column.name for column in entry.columns)
_INSERT = f"INSERT INTO ledger_entry ({_COLUMNS}) VALUES ({', '.join('?' for _ in entry.columns)})"  # noqa: S608
_COPY = f"COPY ledger_entry ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
_TYPES = ("int8", "int8", "int8", "int8", "text", "text", "text", "text", "int8", "bytea", "bytea")

Row = tuple[int | str | bytes | None, ...]
"""A row of ``ledger_entry``, in the order of its columns."""
Make = Callable[[Reader], Sequence[Draft]]
"""What to append, given the ledger as it is when no other writer can come between."""


class Appended(Struct, frozen=True, kw_only=True):
    """What was recorded: it is on disk."""

    first: int
    """Place of its first entry."""
    size: int
    """Entries of the ledger after it."""
    root: bytes
    at: str
    """When it was recorded."""


class Store:
    """A ledger in a database."""

    def __init__(self, engine: Engine, name: str) -> None:
        """Take an engine, and the name by which messages call the ledger."""
        self._engine, self.name = engine, name

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Read one state."""
        with told(self.name), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
            with connection.begin():
                yield Reader(connection, self.name)

    def append(self, make: Make, *, writer: str, clock: Callable[[], datetime]) -> Appended | None:
        """Append what ``make`` gives, all of it or nothing; None when it gives nothing.

        Returns once it is on disk. ``writer`` is the account of the operating system; a server says itself who it is.
        Raises DemarcError for what no entry may hold, and for an entry that supersedes what does not stand.
        """
        with told(self.name), self._engine.begin() as connection:
            account = self._alone(connection) or writer
            reader = Reader(connection, self.name)
            drafts = make(reader)
            if not drafts:
                return None
            self._supersedes(reader, drafts)
            frontier, last = reader.frontier()
            # A clock that was set back must not make what was known look as if it had been known before.
            at = max(micros(stamp(clock())), last + 1)
            first, prev, rows, recorded_at = frontier.size, reader.last_hash(), [], text_of(at)
            for seq, draft in enumerate(drafts, first):
                line = self._line(draft, seq=seq, recorded_at=recorded_at, writer=account, prev=prev)
                prev = leaf_hash(line)
                frontier.add(prev)
                rows.append(_row(draft, seq, at, line, prev))
            self._insert(connection, rows)
            root = frontier.root()
            connection.execute(
                insert(batch).values(size=frontier.size, recorded_us=at, root=root, peaks=frontier.packed())
            )
        return Appended(first=first, size=frontier.size, root=root, at=recorded_at)

    def keep(self, data: bytes) -> None:
        """Keep a signed checkpoint; one that is there already is left alone."""
        size = note.read(data).size
        with told(self.name), self._engine.begin() as connection:
            self._alone(connection)
            same = select(checkpoint.c.size).where(checkpoint.c.size == size, checkpoint.c.note == data)
            if connection.execute(same).first() is None:
                connection.execute(insert(checkpoint).values(size=size, note=data))

    def replay(self, entries: Iterable[tuple[Entry, bytes]], notes: Callable[[], list[bytes]]) -> int:
        """Fill an empty ledger with the lines of another, byte for byte: all of them or nothing.

        Everything must have been verified: it is taken as it is. ``notes`` gives the signed checkpoints once the
        entries were read. Returns how many these are.
        """
        with told(self.name), self._engine.begin() as connection:
            self._alone(connection)
            reader = Reader(connection, self.name)
            if reader.head().size:
                raise DemarcError("the ledger is not empty", where=Where(file=self.name), todo="restore into a new one")
            frontier, _ = reader.frontier()
            rows: list[Row] = []
            at = ""
            for one, line in entries:
                if one.recorded_at != at and rows:
                    self._batch(connection, rows, frontier, at)
                at = one.recorded_at
                leaf = leaf_hash(line)
                frontier.add(leaf)
                rows.append(_row(one, one.seq, micros(one.recorded_at), line, leaf))
            if rows:
                self._batch(connection, rows, frontier, at)
            signed = notes()
            for data in signed:
                connection.execute(insert(checkpoint).values(size=note.read(data).size, note=data))
        return len(signed)

    def _batch(self, connection: Connection, rows: list[Row], frontier: Frontier, at: str) -> None:
        self._insert(connection, rows)
        rows.clear()
        connection.execute(
            insert(batch).values(
                size=frontier.size, recorded_us=micros(at), root=frontier.root(), peaks=frontier.packed()
            )
        )

    def _alone(self, connection: Connection) -> str | None:
        """Wait until no other writer is at work (SQLite has one place for writers by itself). Gives the account."""
        if connection.dialect.name == "sqlite":
            return None
        account = "SELECT session_user || '@' || current_database() FROM pg_advisory_xact_lock(:key)"
        return str(connection.scalar(text(account), {"key": LOCK}))

    def _supersedes(self, reader: Reader, drafts: Sequence[Draft]) -> None:
        """Refuse to replace or withdraw what does not stand, or is of another kind."""
        named = [(draft.supersedes, draft.kind) for draft in drafts if draft.supersedes is not None]
        standing = reader.kinds_standing([number for number, _ in named])
        for number, kind in named:
            found = standing.pop(number, None)
            if found is None:
                raise DemarcError(
                    f"entry {number} does not stand: it is not there, or was replaced or withdrawn before",
                    where=Where(file=self.name),
                    todo=f"demarc ledger show {number} says what became of it",
                )
            if found != kind:
                raise DemarcError(
                    f"entry {number} is of kind {found}, not {kind}",
                    where=Where(file=self.name),
                    todo="replace an entry by one of its kind",
                )

    def _line(self, draft: Draft, *, seq: int, recorded_at: str, writer: str, prev: bytes | None) -> bytes:
        try:
            return line_of(draft, seq=seq, recorded_at=recorded_at, writer=writer, prev=prev)
        except ValueError as error:
            raise DemarcError(
                f"this cannot be an entry: {error}",
                where=Where(file=f"{draft.kind} {draft.subject[:80]}"),
                todo="nothing was recorded; correct it and append it again",
            ) from error

    def _insert(self, connection: Connection, rows: Sequence[Row]) -> None:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(_INSERT, list(rows))
            return
        driver: Any = connection.connection.driver_connection
        try:
            with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
                copy.set_types(_TYPES)
                for row in rows:
                    copy.write_row(row)
        except driver_error(connection) as error:
            raise trouble(str(error), self.name) from error


def _row(said: Draft | Entry, seq: int, at: int, line: bytes, leaf: bytes) -> Row:
    """The row of a line: what those who search ask for, beside it."""
    return (
        seq,
        at,
        None if said.valid_from is None else micros(said.valid_from),
        None if said.valid_to is None else micros(said.valid_to),
        said.kind,
        said.subject,
        said.actor,
        said.act.value,
        said.supersedes,
        line,
        leaf,
    )
