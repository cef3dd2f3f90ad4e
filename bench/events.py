"""``python -m bench.events``: an audit trail into Parquet beside DuckDB's own read of it, then queries over it.

The contenders take turns, each in a process of its own. DuckDB alone reads the file twice: as it does by itself,
finding the schema out, and with the types told. Neither takes secrets out, names what is there twice, keeps what cannot
be read, nor digests the file. The queries then run over the stored files, listed so often that they stand for 100
million events.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench import audit_log
from bench.measure import Cost, median, run
from demarc.events.duck import MEMORY, connect
from demarc.events.engines import open_engine
from demarc.events.interface import EventTable
from demarc.events.normalise import EVENT
from demarc.events.query import queries
from demarc.events.store import Store

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench events: begin -->", "<!-- bench events: end -->"
DEMARC = Path(sys.executable).parent / "demarc"
LIMIT = 900.0
MANY = 100_000_000
ASKED = ("identities", "secret-reads", "kinds")


def duckdb_reads(path: Path, into: Path, *, typed: bool) -> None:
    """DuckDB's own read of the file into Parquet."""
    columns = ", ".join(f"'{name}': '{type_}'" for name, type_ in EVENT.items())
    told = f", columns = {{{columns}}}" if typed else ""
    with tempfile.TemporaryDirectory(dir=into.parent) as scratch:
        connection = connect(scratch=Path(scratch))
        read = f"read_json('{path}', format = 'newline_delimited'{told})"
        connection.execute(f"COPY (SELECT * FROM {read}) TO '{into}' (FORMAT parquet, COMPRESSION zstd)")


def asks(store: Path, name: str) -> None:
    """A query over the files of a store, listed until they hold many events."""
    files = [str(path) for path in sorted((store / "events").glob("*.parquet"))]
    held = sum(file.events for file in Store.open(store).manifest.files)
    table = EventTable(files=tuple(files * -(-MANY // held)))
    with tempfile.TemporaryDirectory() as scratch, open_engine("duckdb", scratch=Path(scratch)) as engine:
        engine.register(table)
        rows = sum(1 for _ in engine.run(queries()[name]).rows)
    print(rows)


def races(path: Path, folder: Path, repeats: int) -> list[tuple[str, Cost]]:
    """What a trail into Parquet costs, each contender in turn."""
    store, parquet = folder / "store", folder / "duckdb.parquet"
    me = [sys.executable, "-m", "bench.events", "--read", str(path), "--into", str(parquet)]
    contenders = {
        "DuckDB's own read, schema found out": me,
        "DuckDB's own read, schema told": [*me, "--typed"],
        "demarc events import": [str(DEMARC), "events", "import", str(path), "--store", str(store)],
    }
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for turn in range(repeats):
        for name, command in contenders.items():
            shutil.rmtree(store, ignore_errors=True)
            parquet.unlink(missing_ok=True)
            costs[name].append(measured(f"turn {turn + 1}: {name}", command))
    return [(name, median(found)) for name, found in costs.items()]


def measured(name: str, command: list[str], stdout: Path | None = None) -> Cost:
    """Run to the end; exits with the last words when it fails."""
    print(f"{name} ...", flush=True)
    cost, words = run(command, limit=LIMIT, stdout=stdout)
    if cost.code or cost.stopped:
        sys.exit(f"{name} ended with code {cost.code}:\n{words}")
    return cost


def table(size: int, events: int, read: list[tuple[str, Cost]], asked: list[tuple[str, Cost]]) -> str:
    """Markdown of a run."""
    own = read[0][1]
    told = read[1][1]
    lines = [
        f"### {size / 1e6:,.0f} MB, {events:,} events, into Parquet",
        "",
        "| | wall s | CPU s | peak MB | wall / own read | CPU / own read | CPU / told |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {cost.wall:,.2f} | {cost.cpu:,.2f} | {cost.peak:,.0f} | {cost.wall / own.wall:.2f} | "
        f"{cost.cpu / own.cpu:.2f} | {cost.cpu / told.cpu:.2f} |"
        for name, cost in read
    ]
    lines += ["", f"### Queries over {MANY:,} events, within {MEMORY} of DuckDB's memory", ""]
    lines += ["| query | wall s | CPU s | peak MB |", "|---|---:|---:|---:|"]
    lines += [f"| {name} | {cost.wall:,.1f} | {cost.cpu:,.1f} | {cost.peak:,.0f} |" for name, cost in asked]
    return "\n".join(lines) + "\n"


def publish(text: str) -> None:
    """Put the tables between the markers of the page."""
    page = PAGE.read_text()
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    if not rest or not tail:
        sys.exit(f"{PAGE.name} has lost its markers {BEGIN} and {END}")
    PAGE.write_text(f"{head}{BEGIN}\n{text}{END}{tail}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3, help="turns of each contender")
    parser.add_argument("--dry", action="store_true", help="print the tables, leave docs/benchmarks.md alone")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--typed", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        duckdb_reads(given.read, given.into, typed=given.typed)
    elif given.ask:
        asks(given.into, given.ask)
    else:
        compare(given)


def compare(given: argparse.Namespace) -> None:
    """Generate, race, ask, and delete what was generated."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="events-", dir=CACHE) as made:
        folder = Path(made)
        path = folder / "audit.log"
        started = time.perf_counter()
        with path.open("wb") as stream:
            events = audit_log.write(stream, given.megabytes)
        print(f"wrote {events:,} events in {time.perf_counter() - started:.0f} s", flush=True)
        read = races(path, folder, given.repeats)
        store = str(folder / "store")
        me = [sys.executable, "-m", "bench.events", "--into", store, "--ask"]
        asked = [(name, measured(f"query {name}", [*me, name])) for name in ASKED]
        text = table(path.stat().st_size, events, read, asked)
    print(text)
    if not given.dry:
        turns = f"Whole processes, median of {given.repeats} turns; the queries once.\n\n"
        publish(turns + text)


if __name__ == "__main__":
    main()
