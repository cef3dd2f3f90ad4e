"""Small trails for tests: events by hand, read into a store as a user's log would be, asked on DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from demarc.events.engines import open_engine
from demarc.events.importing import import_trails
from demarc.events.interface import Engine
from demarc.events.store import Store

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@contextmanager
def asked(lines: bytes, folder: Path, engine: str = "duckdb") -> Iterator[Engine]:
    """An engine that holds a trail."""
    log = folder / "audit.log"
    log.write_bytes(lines)
    store = Store.create(folder / "store")
    import_trails(store, [str(log)], now=NOW)
    with open_engine(engine, scratch=folder / "scratch") as found:
        found.register(store.table())
        yield found
