"""The one place that speaks to DuckDB: turns lines into Parquet, tells what is there twice, and answers queries.

Memory is bounded, and what does not fit goes to the scratch folder. It knows nothing of shapes or folders of a store.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import duckdb
from msgspec import Struct

from demarc.events.interface import Answer, EventTable, Query, Row, Value
from demarc.events.normalise import normalising
from demarc.events.query import bound
from demarc.events.redact import FUNCTIONS
from demarc.model.errors import DemarcError
from demarc.model.events import COLUMNS

MEMORY: Final = "2GB"
"""What DuckDB may hold; the process has some hundred MB beside it."""
_ROWS: Final = 10_000
_PARQUET: Final = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)"


class Converted(Struct, frozen=True, kw_only=True):
    """What became of a file of lines."""

    rows: int
    unread: tuple[int, ...]
    """Numbers of the lines that are no event."""
    first_us: int
    last_us: int
    """Times of its events; 0 where some have none."""


class Settled(Struct, frozen=True, kw_only=True):
    """What is left of new rows, once those that were there already are taken out."""

    events: int
    duplicates: int
    reused: int
    """Rows whose audit_id and stage another event has as well."""
    first_us: int
    last_us: int
    shapes: dict[str, int]
    clusters: tuple[str, ...]
    truncated: int


def connect(*, scratch: Path, memory: str = MEMORY, threads: int = 2) -> duckdb.DuckDBPyConnection:
    """Open a database in memory, within bounds, that reaches no network and loads nothing."""
    connection = duckdb.connect(
        config={
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": str(scratch),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": True,
            # The system caches files already: what DuckDB keeps of them takes memory from sorting and grouping.
            "enable_external_file_cache": False,
        }
    )
    # A case asks the same files some sixty times: their footers are read once.
    connection.execute("SET TimeZone = 'UTC'; SET parquet_metadata_cache = true")
    return connection


class Converter:
    """Turns lines into Parquet. Several threads may convert at once."""

    def __init__(self, *, scratch: Path, memory: str = MEMORY, threads: int = 2) -> None:
        """Open; ``scratch`` takes what does not fit into memory."""
        self._connection = connect(scratch=scratch, memory=memory, threads=threads)
        for name, (function, takes) in FUNCTIONS.items():
            self._connection.create_function(name, function, list(takes), "VARCHAR")
        self._lock = threading.Lock()

    def convert(self, lines: Path, into: Path, *, source: str, base: int, wrapped: bool) -> Converted:
        """Read a file of lines and write rows; lines that are no event become rows without ``event_id``."""
        with self._lock:
            cursor = self._connection.cursor()
        sql = normalising(str(lines), source=source, base=base, wrapped=wrapped)
        try:
            cursor.execute(f"COPY ({sql}) TO '{_quoted(into)}' {_PARQUET}")
            read = f"read_parquet('{_quoted(into)}')"
            rows, events, first, last = cursor.execute(_CONVERTED.replace("{read}", read)).fetchone() or (0, 0, 0, 0)
            unread: list[tuple[int]] = []
            if events < rows:
                unread = cursor.execute(f"SELECT position FROM {read} WHERE event_id = ''").fetchall()  # noqa: S608
        finally:
            cursor.close()
        return Converted(rows=rows, unread=tuple(row[0] for row in unread), first_us=first or 0, last_us=last or 0)

    def settle(self, new: Path, into: Path, *, others: Sequence[Path], has_unread: bool) -> Settled:
        """Move new rows into place without those that ``others`` or they themselves already hold.

        The first of equal events stays; of those that came together, one that is whole. Rows of the same audit_id and
        stage that say something else are kept, and marked where they came later or together.
        """
        cursor = self._connection.cursor()
        try:
            read = f"read_parquet('{_quoted(new)}')"
            cursor.execute(_KEYS.replace("{read}", read))
            cursor.execute(_MATCHES.replace("{others}", _files(others) if others else _NO_OTHERS))
            counts = cursor.execute(_COUNTS).fetchone() or (0, 0)
            dropped, reused = int(counts[0] or 0), int(counts[1] or 0)
            if dropped or reused or has_unread:
                cursor.execute(f"COPY ({_KEPT.replace('{read}', read)}) TO '{_quoted(into)}' {_PARQUET}")
            else:
                new.rename(into)
            return self._summed(cursor, into, dropped, reused)
        finally:
            cursor.execute("DROP TABLE IF EXISTS keys; DROP TABLE IF EXISTS matches")
            cursor.close()
            new.unlink(missing_ok=True)

    @staticmethod
    def _summed(cursor: duckdb.DuckDBPyConnection, path: Path, dropped: int, reused: int) -> Settled:
        rows = cursor.execute(_SUMS.replace("{read}", f"read_parquet('{_quoted(path)}')")).fetchall()
        return Settled(
            events=sum(row[1] for row in rows),
            duplicates=dropped,
            reused=reused,
            first_us=min((row[2] for row in rows if row[2]), default=0),
            last_us=max((row[3] for row in rows), default=0),
            shapes={row[0]: row[1] for row in rows},
            clusters=tuple(sorted({name for row in rows for name in row[4] if name})),
            truncated=sum(row[5] for row in rows),
        )

    def close(self) -> None:
        """Close."""
        self._connection.close()


class DuckDbEngine:
    """Answers queries in this process."""

    name = "duckdb"

    def __init__(self, *, scratch: Path, memory: str = MEMORY, threads: int = 2) -> None:
        """Open; ``scratch`` takes what does not fit into memory."""
        self._connection = connect(scratch=scratch, memory=memory, threads=threads)

    def register(self, table: EventTable) -> None:
        """Make the files the table ``events``."""
        self._connection.execute(f"CREATE OR REPLACE VIEW events AS {_table(table)}")

    def run(self, query: Query, parameters: Mapping[str, Value] | None = None) -> Answer:
        """Answer a query."""
        cursor = self._connection.cursor()
        self._execute(cursor, query.sql, query, parameters)
        return Answer(columns=tuple(item[0] for item in cursor.description or ()), rows=_rows(cursor))

    def explain(self, query: Query, parameters: Mapping[str, Value] | None = None) -> str:
        """DuckDB's plan."""
        cursor = self._connection.cursor()
        self._execute(cursor, f"EXPLAIN {query.sql}", query, parameters)
        return "\n".join(str(row[1]) for row in cursor.fetchall())

    @staticmethod
    def _execute(
        cursor: duckdb.DuckDBPyConnection, sql: str, query: Query, parameters: Mapping[str, Value] | None
    ) -> None:
        try:
            cursor.execute(sql, dict(bound(query, parameters)))
        except duckdb.Error as error:
            raise refused(query, "duckdb", error) from None

    def close(self) -> None:
        """Close."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def refused(query: Query, engine: str, error: Exception) -> DemarcError:
    """The error of an engine that could not answer."""
    says = str(error).strip().split("\n")[0]
    return DemarcError(
        f"{engine} could not answer the query {query.name}: {says}",
        todo="check the query against the columns of the table events; more memory or scratch space may help",
    )


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    try:
        while rows := cursor.fetchmany(_ROWS):
            yield from rows
    finally:
        cursor.close()


def _table(table: EventTable) -> str:
    if table.files:
        return f"SELECT {_NAMES} FROM {_files([Path(path) for path in table.files])}"  # noqa: S608 - our own names
    empty = ", ".join(f"NULL::{column.type} AS {column.name}" for column in COLUMNS)
    return f"SELECT {empty} WHERE false"


def _files(paths: Sequence[Path]) -> str:
    listed = ", ".join(f"'{_quoted(path)}'" for path in paths)
    return f"read_parquet([{listed}])"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


_NAMES: Final = ", ".join(column.name for column in COLUMNS)
_NO_OTHERS: Final = "(SELECT '' AS event_id, '' AS audit_id, '' AS stage, false AS truncated WHERE false)"
_CONVERTED: Final = """
SELECT count(*), coalesce(sum(CASE WHEN event_id <> '' THEN 1 ELSE 0 END), 0),
  min(CASE WHEN event_id <> '' THEN ts_us END), max(ts_us) FROM {read}
"""
_KEYS: Final = """
CREATE OR REPLACE TEMP TABLE keys AS
SELECT event_id, audit_id, stage, truncated, position,
  row_number() OVER (PARTITION BY event_id ORDER BY truncated, position) AS turn
FROM {read} WHERE event_id <> ''
"""
_MATCHES: Final = """
CREATE OR REPLACE TEMP TABLE matches AS
SELECT DISTINCT k.event_id, k.position, true AS known, false AS reused
FROM keys AS k JOIN {others} AS o ON o.event_id = k.event_id
UNION ALL
SELECT DISTINCT k.event_id, k.position, false, true
FROM keys AS k JOIN (
  SELECT event_id, audit_id, stage FROM {others} WHERE NOT truncated AND audit_id <> ''
  UNION ALL
  SELECT event_id, audit_id, stage FROM (
    SELECT event_id, audit_id, stage, count(*) OVER (PARTITION BY audit_id, stage) AS among FROM keys
    WHERE NOT truncated AND audit_id <> '' AND turn = 1
  ) WHERE among > 1
) AS o ON o.audit_id = k.audit_id AND o.stage = k.stage AND o.event_id <> k.event_id
WHERE NOT k.truncated AND k.turn = 1
"""
_COUNTS: Final = """
SELECT
  (SELECT count(*) FROM keys WHERE turn > 1 OR event_id IN (SELECT event_id FROM matches WHERE known)),
  (SELECT count(DISTINCT event_id) FROM matches WHERE reused
    AND event_id NOT IN (SELECT event_id FROM matches WHERE known))
"""
_KEPT: Final = """
SELECT * EXCLUDE (turn)
  REPLACE (event_id IN (SELECT event_id FROM matches WHERE reused) AS id_reused)
FROM (
  SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY truncated, position) AS turn FROM {read}
  WHERE event_id <> ''
)
WHERE turn = 1 AND event_id NOT IN (SELECT event_id FROM matches WHERE known)
ORDER BY position, event_id
"""
_SUMS: Final = """
SELECT shape, count(*), min(CASE WHEN ts_us > 0 THEN ts_us END), max(ts_us), list(DISTINCT cluster),
  sum(CASE WHEN truncated THEN 1 ELSE 0 END)
FROM {read} GROUP BY shape
"""
