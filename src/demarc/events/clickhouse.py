"""Answers queries on ClickHouse, in this process (chdb): a second opinion on what the queries mean."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self, cast

import msgspec
from chdb import session

from demarc.events.duck import refused
from demarc.events.interface import Answer, EventTable, Query, Value
from demarc.events.query import bound, rendered
from demarc.model.events import COLUMNS

_TYPES: Final = {"VARCHAR": "String", "BIGINT": "Int64", "BOOLEAN": "Bool"}
_FORMAT: Final = "JSONCompactEachRowWithNamesAndTypes"
_SETTINGS: Final = "SETTINGS join_use_nulls = 1, output_format_json_quote_64bit_integers = 0"


class ClickHouseEngine:
    """Answers queries on ClickHouse."""

    name = "clickhouse"

    def __init__(self, *, scratch: Path) -> None:
        """Open; ``scratch`` holds what it needs while it works."""
        self._scratch, self._links = scratch.resolve(), 0
        self._session: Any = cast("Any", session.Session)(str(scratch / "clickhouse"))

    def register(self, table: EventTable) -> None:
        """Make the files the table ``events``."""
        structure = ", ".join(f"{column.name} {_TYPES[column.type]}" for column in COLUMNS)
        self._session.query("DROP TABLE IF EXISTS events")
        if table.files:
            source = f"file('{self._linked(table)}/*.parquet', 'Parquet', '{structure}')"
            self._session.query(f"CREATE VIEW events AS SELECT * FROM {source}")  # noqa: S608 - our own names
        else:
            self._session.query(f"CREATE TABLE events ({structure}) ENGINE = Memory")

    def _linked(self, table: EventTable) -> Path:
        """A folder of links to the files: its name holds nothing that ClickHouse would take for a pattern."""
        self._links += 1
        folder = self._scratch / f"links-{self._links}"
        folder.mkdir()
        for number, file in enumerate(table.files):
            (folder / f"{number:06}.parquet").symlink_to(file)
        return folder

    def run(self, query: Query, parameters: Mapping[str, Value] | None = None) -> Answer:
        """Answer a query."""
        lines = self._ask("", query, parameters)
        columns = tuple(msgspec.json.decode(lines[0])) if lines else ()
        return Answer(columns=columns, rows=(tuple(msgspec.json.decode(line)) for line in lines[2:]))

    def explain(self, query: Query, parameters: Mapping[str, Value] | None = None) -> str:
        """ClickHouse's plan."""
        return "\n".join(msgspec.json.decode(line)[0] for line in self._ask("EXPLAIN ", query, parameters)[2:])

    def _ask(self, before: str, query: Query, parameters: Mapping[str, Value] | None) -> list[str]:
        sql = rendered(query, "clickhouse", lambda parameter: f"{{{parameter.name}:{_TYPES[parameter.type]}}}")
        values = {name: _escaped(value) for name, value in bound(query, parameters).items()}
        try:
            text = self._session.query(f"{before}{sql} {_SETTINGS}", _FORMAT, params=values)
        except RuntimeError as error:
            raise refused(query, "clickhouse", error) from None
        return str(text).splitlines()

    def close(self) -> None:
        """Close."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _escaped(value: Value) -> Value:
    """A value as parameters are read: text with escapes."""
    if not isinstance(value, str):
        return value
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\0", "\\0")
