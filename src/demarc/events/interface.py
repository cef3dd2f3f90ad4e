"""What an engine, a query and an answer are: the contract between the stored trail and whoever asks it.

A query is SQL over one table, ``events``, whose columns are those of ``demarc.model.events.AuditEvent``. It is written
in DuckDB's dialect, within the rules that ``portability`` holds, so that every engine gives the same answer. Nothing
here knows an engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Protocol, Self

from msgspec import Struct

Value = str | int | bool
"""What a column or a parameter holds."""
Row = tuple[Value | None, ...]


class Parameter(Struct, frozen=True, kw_only=True):
    """Something that a query asks for, written ``$name`` in its text."""

    name: str
    type: str
    """VARCHAR, BIGINT or BOOLEAN."""
    says: str = ""
    default: Value | None = None
    """Used where none is given; None: it must be given."""


class Query(Struct, frozen=True, kw_only=True):
    """A question to the trail."""

    name: str
    says: str
    """One sentence: what it answers."""
    parameters: tuple[Parameter, ...] = ()
    sql: str


class EventTable(Struct, frozen=True, kw_only=True):
    """Where the events lie: Parquet files of one schema."""

    files: tuple[str, ...]
    """Absolute paths; may be empty, then the table is empty."""


class Answer(Struct, frozen=True, kw_only=True):
    """Rows of an answer. Read them before the engine is asked again."""

    columns: tuple[str, ...]
    rows: Iterator[Row]

    def dicts(self) -> Iterator[dict[str, Value | None]]:
        """Rows by the names of their columns."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)


class Engine(Protocol):
    """Answers queries. Use it as a context manager: it may hold processes and scratch files."""

    @property
    def name(self) -> str:
        """``duckdb``, ``spark`` or ``clickhouse``."""

    def register(self, table: EventTable) -> None:
        """Make the files the table ``events``; asked again, replaces it."""

    def run(self, query: Query, parameters: Mapping[str, Value] | None = None) -> Answer:
        """Answer a query. Raises DemarcError where a parameter is missing, or the engine refuses or fails."""

    def explain(self, query: Query, parameters: Mapping[str, Value] | None = None) -> str:
        """Say how the engine would go about it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
