"""Questions of the past, in the few statements that they need: for both databases, and without SQLAlchemy for SQLite.

Loading SQLAlchemy takes longer than the answer; whoever only asks what was known when, of a file, goes without it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from demarc.ledger.line import entry_of
from demarc.ledger.merkle import EMPTY
from demarc.ledger.store.trouble import no_ledger, trouble, wrong_version
from demarc.model.errors import DemarcError, Where
from demarc.model.ledger import Entry, Head, micros, stamp, text_of

CURRENT = "0003"
"""The migration that this version of Demarc works with."""
VERSIONS = "ledger_version"
"""Table in which Alembic keeps which migrations were made."""
SERVERS = ("postgresql://", "postgres://")
PATIENCE = 60
"""Seconds to wait for another writer."""
_AT_ONCE = 500

Ask = Callable[[str, dict[str, Any]], Iterable[Sequence[Any]]]
"""Runs a statement with named parameters."""

_HEAD = "SELECT size, root, recorded_us FROM ledger_batch WHERE recorded_us <= :known ORDER BY recorded_us DESC LIMIT 1"
_STANDING = """
SELECT e.seq, e.line FROM ledger_standing s JOIN ledger_entry e ON e.seq = s.seq
WHERE s.kind IN ({kinds}) AND s.until >= :size AND s.seq < :size ORDER BY e.seq
"""
# From one subject to the next by the index, and in each to its last entry: however many entries there are of each.
_LATEST = """
WITH RECURSIVE subjects(subject) AS (
  SELECT min(subject) FROM ledger_standing WHERE kind = :kind
  UNION ALL
  SELECT (SELECT min(n.subject) FROM ledger_standing n WHERE n.kind = :kind AND n.subject > s.subject)
  FROM subjects s WHERE s.subject IS NOT NULL
)
SELECT (
  SELECT l.seq FROM ledger_standing l
  WHERE l.kind = :kind AND l.subject = s.subject AND l.valid_from_us <= :at AND l.until >= :size AND l.seq < :size
  ORDER BY l.valid_from_us DESC, l.seq DESC LIMIT 1
) FROM subjects s WHERE s.subject IS NOT NULL
"""
_NUMBERED = "SELECT seq, line FROM ledger_entry WHERE seq IN ({numbers})"
_LAST_TIME = (1 << 63) - 1


class AsOf:
    """Answers from one state of a ledger what was known when."""

    def __init__(self, ask: Ask, name: str) -> None:
        """Take how to ask, and the name by which messages call the ledger."""
        self._ask, self.name = ask, name

    def head(self, known: datetime | None = None) -> Head:
        """The ledger now, or as of a moment of recording."""
        until = _LAST_TIME if known is None else micros(stamp(known))
        for size, root, at in self._ask(_HEAD, {"known": until}):
            return Head(size=size, root=bytes(root), at=text_of(at))
        return Head(size=0, root=EMPTY, at="")

    def standing(self, size: int, *, kinds: Sequence[str]) -> list[Entry]:
        """The entries of some kinds that stood when the ledger had ``size`` entries, in their order."""
        named = {f"kind{number}": kind for number, kind in enumerate(kinds)}
        statement = _STANDING.format(kinds=", ".join(f":{name}" for name in named))
        return [self.decoded(seq, line) for seq, line in self._ask(statement, {**named, "size": size})]

    def latest(self, size: int, *, kind: str, at: datetime) -> list[Entry]:
        """Of a kind, for each subject the entry that stood and began to hold last, not after ``at``.

        However many there are of a subject, one is read.
        """
        asked = {"kind": kind, "size": size, "at": micros(stamp(at))}
        numbers = sorted(row[0] for row in self._ask(_LATEST, asked) if row[0] is not None)
        return list(self.numbered(numbers))

    def numbered(self, numbers: Sequence[int]) -> Iterator[Entry]:
        """Entries by their places, which must be sorted."""
        for start in range(0, len(numbers), _AT_ONCE):
            part = numbers[start : start + _AT_ONCE]
            named = {f"n{number}": seq for number, seq in enumerate(part)}
            statement = _NUMBERED.format(numbers=", ".join(f":{name}" for name in named))
            for seq, line in sorted(self._ask(statement, named), key=lambda row: int(row[0])):
                yield self.decoded(seq, line)

    def decoded(self, seq: int, line: bytes) -> Entry:
        """Read a line. Raises DemarcError when it is none any more."""
        try:
            return entry_of(bytes(line))
        except ValueError as error:
            raise DemarcError(
                f"entry {seq} of the ledger was changed: {error}",
                where=Where(file=self.name),
                todo="demarc ledger verify says what else was; restore it from a backup",
            ) from error


@contextmanager
def asking(target: str) -> Iterator[AsOf]:
    """Open a ledger for such questions. Raises DemarcError when there is none."""
    if target.startswith(SERVERS) or "://" in target:
        from demarc.ledger.store.open import open_store  # noqa: PLC0415 - loads SQLAlchemy

        with open_store(target).reading() as reader:
            yield reader.as_of
        return
    if not Path(target).is_file():
        raise no_ledger(target)
    try:
        with closing(sqlite3.connect(address(Path(target), "ro"), uri=True, timeout=PATIENCE)) as connection:
            connection.execute("PRAGMA cache_size = -65536")
            connection.execute("BEGIN")
            _checked(connection, target)
            yield AsOf(connection.execute, target)
    except sqlite3.Error as error:
        raise trouble(str(error), target) from error


def address(path: Path, mode: str) -> str:
    """The address of a SQLite file."""
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def _checked(connection: sqlite3.Connection, target: str) -> None:
    there = "SELECT 1 FROM sqlite_master WHERE name = ?"
    if connection.execute(there, (VERSIONS,)).fetchone() is None:
        raise no_ledger(target)
    found = connection.execute(f"SELECT version_num FROM {VERSIONS}").fetchone()  # noqa: S608 - a constant
    if found is None or found[0] != CURRENT:
        raise wrong_version(None if found is None else str(found[0]), CURRENT, target)
