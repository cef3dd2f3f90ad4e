"""``python -m bench.incident``: detections and a whole case over a long trail, on two cores and two gigabytes.

The trail is made in the shape in which it is stored, by DuckDB itself, with a case of eight requests put in: 500 nodes,
2,000 service accounts, controllers, pipelines and people at their usual work. Each measurement is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

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
SIZES = (1_000_000, 5_000_000)
LARGE = 20_000_000
GOAL = 100_000_000
STEP_US = 70_000
START = datetime(2026, 9, 1, tzinfo=UTC)
LIMIT = 3600.0
_BODY = json.dumps(
    {
        "kind": "Pod",
        "spec": {
            "containers": [
                {
                    "name": "app",
                    "image": "registry.example/app:1",
                    "env": [{"name": f"SETTING_{turn}", "value": "***"} for turn in range(12)],
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ]
        },
    },
    separators=(",", ":"),
)


def _made(events: int, path: Path) -> None:
    """Write a trail of so many events, in the order of time."""
    told = (Path(__file__).parent / "incident.sql").read_text()
    given = {"events": events, "start_us": int(START.timestamp()) * 1_000_000, "step_us": STEP_US, "body": f"'{_BODY}'"}
    for name, value in given.items():
        told = told.replace(f"${name}", str(value))
    empty = {"VARCHAR": "''", "BIGINT": "0", "BOOLEAN": "false"}
    filled = set(re.findall(r"\bAS (\w+),?$", told.partition("FROM told\n)\n")[2], re.MULTILINE))
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


def one(events: int) -> None:
    """Measure one trail in this process; says it as JSON on standard error."""
    path = CACHE / f"events-{events}.parquet"
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        folder = Path(scratch)
        (folder / "audit.log").write_bytes(_intruder(events).lines)
        store = Store.create(folder / "store")
        import_trails(store, [str(folder / "audit.log")], now=START)
        with open_engine("duckdb", scratch=folder / "spill", memory="2GB", threads=2) as engine:
            engine.register(EventTable(files=(str(path), *store.table().files)))
            began = time.perf_counter()
            found = investigate(engine, Hints(), Given(), Around())
            wall = time.perf_counter() - began
    said = {"wall": wall, "found": len(found.events), "of": 8}
    print(json.dumps(said), file=sys.stderr)


def race(sizes: tuple[int, ...]) -> str:
    """Measure every size, each in a process of its own."""
    CACHE.mkdir(parents=True, exist_ok=True)
    lines = [
        "| events | Parquet MB | s | CPU s | peak MB | case |",
        "|---:|---:|---:|---:|---:|---|",
    ]
    last = 0.0
    for events in sizes:
        path = CACHE / f"events-{events}.parquet"
        if not path.exists():
            _made(events, path)
        cost, words = run([sys.executable, "-m", "bench.incident", "--one", str(events)], limit=LIMIT)
        if cost.failed or cost.stopped:
            raise SystemExit(words)
        said = json.loads(words.strip().splitlines()[-1])
        size = path.stat().st_size / 1e6
        lines.append(
            f"| {events:,} | {size:,.0f} | {said['wall']:.0f} | {cost.cpu:.0f} | {cost.peak:,.0f} | "
            f"{said['found']} of {said['of']} events |"
        )
        last = cost.cpu / events * GOAL
    goal = f"At the largest size's cost per event, {GOAL:,} events would take about {last / 60:.0f} minutes of CPU."
    return "\n".join([*lines, "", goal, ""])


def publish(text: str) -> None:
    """Put the table into the page."""
    page = PAGE.read_text()
    if BEGIN not in page:
        page = f"{page.rstrip()}\n\n## Opening a case\n\n{BEGIN}\n{END}\n"
    head, _, rest = page.partition(BEGIN)
    intro = (
        "All detections, the ranking of leads, and the case opened from the strongest of them, with nothing known; a "
        "whole process with DuckDB held to 2 GB and two threads.\n\n"
    )
    PAGE.write_text(f"{head}{BEGIN}\n{intro}{text}{END}{rest.partition(END)[2]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help=f"also {LARGE:,} events")
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
