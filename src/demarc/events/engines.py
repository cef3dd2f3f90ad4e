"""The engines by name. Those that are not installed say which extra brings them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from demarc.events.duck import MEMORY, DuckDbEngine
from demarc.events.interface import Engine
from demarc.model.errors import DemarcError

ENGINES: Final = ("duckdb", "spark", "clickhouse")


def open_engine(name: str, *, scratch: Path, memory: str = MEMORY, threads: int = 2, master: str = "") -> Engine:
    """Open an engine; ``master`` is the address of a Spark master, without which Spark runs in this process.

    Raises DemarcError for one that is not known, not installed or does not start.
    """
    openers: dict[str, Callable[[], Engine]] = {
        "duckdb": lambda: DuckDbEngine(scratch=scratch, memory=memory, threads=threads),
        "spark": lambda: _spark(master, threads),
        "clickhouse": lambda: _clickhouse(scratch),
    }
    if name not in openers:
        raise DemarcError(f"no engine is called {name}", todo=f"choose one of {', '.join(ENGINES)}")
    return openers[name]()


def _spark(master: str, threads: int) -> Engine:
    try:
        from demarc.events.spark import SparkEngine  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise DemarcError("Spark is not installed", todo="pip install 'demarc[spark]', and Java 17 or later") from None
    return SparkEngine(master=master or f"local[{threads}]")


def _clickhouse(scratch: Path) -> Engine:
    try:
        from demarc.events.clickhouse import ClickHouseEngine  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise DemarcError("ClickHouse is not installed", todo="pip install 'demarc[clickhouse]'") from None
    return ClickHouseEngine(scratch=scratch)
