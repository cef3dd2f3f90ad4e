"""``python -m bench.incident``: detections and a whole case over a long trail, on two cores and two gigabytes.

The trail is made in the shape in which it is stored, by DuckDB itself, with a case of eight requests put in: 500 nodes,
5,000 pods that come and go, 2,000 service accounts, controllers, pipelines, people and strangers, each request with an
id, a time and mostly a body of its own. Each measurement is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import duckdb

from bench.measure import run
from demarc.events.engines import open_engine
from demarc.events.importing import import_trails
from demarc.events.interface import EventTable
from demarc.events.store import Store
from demarc.incidents.detections import Given
from demarc.incidents.opening.investigate import Around, investigate
from demarc.incidents.opening.seeds import Hints
from demarc.model.events import COLUMNS
from demarc.testing.audit import AuditTrail, account, pipeline

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench incident: begin -->", "<!-- bench incident: end -->"
SIZES = (1_000_000, 10_000_000)
LARGE = 100_000_000
STEP_US = 70_000
START = datetime(2026, 9, 1, tzinfo=UTC)
LIMIT = 4 * 3600.0
PART = 10_000_000


def _made(events: int) -> tuple[Path, ...]:
    """Files of a trail of so many events, in the order of time; what an earlier run made is taken as it is."""
    CACHE.mkdir(parents=True, exist_ok=True)
    files = []
    for first in range(0, events, PART):
        last = min(events, first + PART)
        files.append(CACHE / f"events-{first}-{last}.parquet")
        if not files[-1].exists():
            _write(first, last, files[-1])
    return tuple(files)


def _write(first: int, last: int, path: Path) -> None:
    told = (Path(__file__).parent / "incident.sql").read_text()
    given = {"first": first, "last": last, "start_us": int(START.timestamp()) * 1_000_000, "step_us": STEP_US}
    for name, value in given.items():
        told = told.replace(f"${name}", str(value))
    empty = {"VARCHAR": "''", "BIGINT": "0", "BOOLEAN": "false"}
    filled = set(re.findall(r"\bAS (\w+),?$", told.rpartition("\nSELECT\n")[2], re.MULTILINE))
    columns = ", ".join(one.name if one.name in filled else f"{empty[one.type]} AS {one.name}" for one in COLUMNS)
    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET memory_limit = '2GB'; SET enable_progress_bar = false")
    connection.execute(
        f"COPY (SELECT {columns} FROM ({told})) TO '{path}.part' "
        "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)"
    )
    path.with_name(f"{path.name}.part").rename(path)


def _intruder(events: int) -> AuditTrail:
    """A pipeline's token away from the pipeline, in the middle of the trail."""
    trail = AuditTrail(start=START + timedelta(microseconds=events * STEP_US // 2))
    thief = pipeline().at("203.0.113.50", "curl/8.7.1")
    token = "JTI=11111111-2222-3333-4444-555555555555"
    later = account("team-1", "sa-1", address="203.0.113.51", agent="kubectl/v1.29.0", credential=token, grant="sa-1")
    trail.ask(thief, "create", "selfsubjectrulesreviews", at=0, level="Metadata")
    trail.ask(thief, "list", "secrets", at=9, level="Metadata")
    trail.ask(thief, "create", "serviceaccounts", "sa-1", at=20, namespace="team-1", sub="token", issued=token)
    trail.ask(thief, "create", "clusterrolebindings", "x", at=30, body={"roleRef": {"name": "cluster-admin"}})
    trail.ask(thief, "create", "pods", "sh", at=40, namespace="team-1", body={"spec": {"hostPID": True}})
    trail.ask(thief, "delete", "pods", "sh", at=90, namespace="team-1")
    trail.ask(later, "list", "secrets", at=9000, level="Metadata")
    trail.ask(later, "list", "nodes", at=9001, level="Metadata")
    return trail


class Watch:
    """The most that ever lay in a folder, looked at twenty times a second."""

    def __init__(self, folder: Path) -> None:
        self.most = 0
        self._folder = folder
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._done.wait(0.05):
            self.most = max(self.most, sum(_size(path) for path in self._folder.rglob("*")))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def _size(path: Path) -> int:
    try:
        return path.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


def one(events: int) -> None:
    """Measure one trail in this process; says it as JSON on standard error."""
    files = _made(events)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        folder = Path(scratch)
        (folder / "audit.log").write_bytes(_intruder(events).lines)
        store = Store.create(folder / "store")
        import_trails(store, [str(folder / "audit.log")], now=START)
        spill = folder / "spill"
        with Watch(spill) as watch, open_engine("duckdb", scratch=spill, memory="2GB", threads=2) as engine:
            engine.register(EventTable(files=(*(str(path) for path in files), *store.table().files)))
            began = time.perf_counter()
            found = investigate(engine, Hints(), Given(), Around())
            wall = time.perf_counter() - began
    said = {"wall": wall, "found": len(found.events), "of": 8, "scratch": watch.most / 1e6}
    print(json.dumps(said), file=sys.stderr)


def race(sizes: tuple[int, ...]) -> str:
    """Measure every size, each in a process of its own."""
    lines = [
        "| events | Parquet MB | s | CPU s | peak MB | scratch MB | case |",
        "|---:|---:|---:|---:|---:|---:|---|",
    ]
    for events in sizes:
        size = sum(path.stat().st_size for path in _made(events)) / 1e6
        cost, words = run([sys.executable, "-m", "bench.incident", "--one", str(events)], limit=LIMIT)
        if cost.failed or cost.stopped:
            raise SystemExit(words)
        said = json.loads(words.strip().splitlines()[-1])
        lines.append(
            f"| {events:,} | {size:,.0f} | {said['wall']:.0f} | {cost.cpu:.0f} | {cost.peak:,.0f} | "
            f"{said['scratch']:,.0f} | {said['found']} of {said['of']} events |"
        )
    return "\n".join([*lines, ""])


def publish(text: str) -> None:
    """Put the table into the page."""
    page = PAGE.read_text()
    if BEGIN not in page:
        page = f"{page.rstrip()}\n\n## Opening a case\n\n{BEGIN}\n{END}\n"
    head, _, rest = page.partition(BEGIN)
    intro = (
        "All detections, the ranking of leads, and the case opened from the strongest of them, with nothing known; a "
        "whole process with DuckDB held to 2 GB and two threads. Scratch is the most that lay there at once.\n\n"
    )
    PAGE.write_text(f"{head}{BEGIN}\n{intro}{text}{END}{rest.partition(END)[2]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help=f"also {LARGE:,} events: 10 GB on disk, kept")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one)
        return
    text = race((*SIZES, LARGE) if asked.large else SIZES)
    print(text)
    publish(text)


if __name__ == "__main__":
    main()
