"""``python -m bench.ledger``: a ledger of a million entries: how fast it is written, verified, and asked of the past.

The entries are mixed as a company's would be: reviews of the same duties again and again, assignments that change
hands, approvals. Appending is measured within the library, in batches of a thousand, each on disk before the next;
everything else as whole processes, from the command line to the last line of output.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bench.measure import Cost, run
from bench.run import DEMARC

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
PAGE = ROOT / "docs" / "benchmarks.md"
COMPANY = ROOT / "examples" / "fjordkite"
INPUTS = [str(COMPANY / part) for part in ("cluster", "cloud", "directory")]
BEGIN, END = "<!-- bench ledger: begin -->", "<!-- bench ledger: end -->"
SIZE, BATCH = 1_000_000, 1_000
START = datetime(2024, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=15)
"""Time between two batches, as the entries say."""
LIMIT = 600.0


class Line(NamedTuple):
    """A line of the table."""

    name: str
    wall: float
    cpu: float
    peak: float
    says: str


def drafts(size: int) -> Iterator[Any]:
    """Entries by the thousand, from the first on; the register of the example is in them."""
    from demarc.model.ledger import Act, Draft, stamp  # noqa: PLC0415 - measured with the rest of the process

    owners = ("platform", "security", "data", "booking")
    latest: dict[int, int] = {}
    for seq in range(size):
        at = stamp(START + STEP * (seq // BATCH))
        about = seq % BATCH
        if seq % 10 < 6:
            duty = f"bench.{seq % 100}"
            body = {"duties": [duty], "scope": {}, "by": "frida.berg", "evidence": f"R-{seq}"}
            subject = f"{duty} @ everything by frida.berg"
            yield Draft(actor="frida.berg", kind="register.review", subject=subject, valid_from=at, body=body)
        elif seq % 10 < 8:
            old = latest.get(about)
            latest[about] = seq + OFFSET
            yield Draft(
                actor="ingrid.solheim",
                kind="register.assignment",
                subject=f"bench.{about} @ namespace=n{about}",
                act=Act.STATES if old is None else Act.REPLACES,
                supersedes=old,
                valid_from=at,
                body={"duties": [f"bench.{about}"], "scope": {"namespace": f"n{about}"}, "owner": owners[seq % 4]},
            )
        else:
            body = {"ticket": f"CH-{seq}", "says": "approved after a look at what it changes and who is affected"}
            yield Draft(actor="nadia.haddad", kind="approval", subject=f"CH-{seq}", valid_from=at, body=body)


OFFSET = 114
"""Entries that opening the ledger and recording the example's register make."""


def fill(target: str, size: int) -> dict[str, float]:
    """Append, and say how long that took."""
    from demarc.ledger.store.open import open_store  # noqa: PLC0415 - measured with the rest of the process

    store = open_store(target, writing=True)
    with store.reading() as reader:
        if reader.head().size != OFFSET:
            sys.exit(f"the example's register makes {reader.head().size} entries, not {OFFSET}: set OFFSET")
    waiting: list[Any] = []
    wall = cpu = 0.0
    for number, draft in enumerate(drafts(size), 1):
        waiting.append(draft)
        if len(waiting) == BATCH or number == size:
            started, used = time.perf_counter(), time.process_time()
            store.append(lambda _, some=tuple(waiting): some, writer="bench", clock=lambda: datetime.now(UTC))
            wall, cpu = wall + time.perf_counter() - started, cpu + time.process_time() - used
            waiting.clear()
    return {"wall": wall, "cpu": cpu}


def demarc(*words: str) -> Cost:
    """Run a command of Demarc; ends everything when it fails."""
    cost, said = run([str(DEMARC), *words], limit=LIMIT, env={**os.environ, "DEMARC_HOME": str(CACHE / "home")})
    if cost.code or cost.stopped:
        sys.exit(f"demarc {' '.join(words)} ended with {cost.code}:\n{said}")
    return cost


def race(target: str, size: int) -> list[Line]:
    """Make a ledger and measure what is done with it."""
    demarc("ledger", "init", "--ledger", target)
    register = str(COMPANY / "register")
    demarc("ledger", "record", register, "--ledger", target)
    answer = CACHE / "filled.json"
    command = [sys.executable, "-m", "bench.ledger", "--fill", target, "--size", str(size)]
    cost, words = run(command, limit=LIMIT * 3, stdout=answer)
    if cost.code:
        sys.exit(words)
    took = json.loads(answer.read_text())
    says = f"{size / took['wall']:,.0f} entries/s"
    lines = [Line(f"append, batches of {BATCH:,}", took["wall"], took["cpu"], cost.peak, says)]
    demarc("ledger", "checkpoint", "--ledger", target, "-o", str(CACHE / "checkpoint"))
    export, proof, program = CACHE / "ledger.ndjson", CACHE / "proof", CACHE / "verify.py"
    for name, words_ in (
        ("verify the database", ["ledger", "verify", "--ledger", target]),
        ("export, signed", ["ledger", "export", "--ledger", target, "-o", str(export)]),
        ("verify the export", ["ledger", "verify", str(export)]),
        ("prove an entry", ["ledger", "prove", str(size // 2), "--ledger", target, "-o", str(proof)]),
    ):
        cost = demarc(*words_)
        lines.append(Line(name, cost.wall, cost.cpu, cost.peak, ""))
    from demarc.ledger.verifier import verifier  # noqa: PLC0415 - only here

    program.write_text(verifier())
    cost, words = run([sys.executable, "-I", str(program), str(export)], limit=LIMIT)
    if cost.code:
        sys.exit(words)
    lines.insert(
        4,
        Line(
            "verify the export, stand-alone", cost.wall, cost.cpu, cost.peak, f"{export.stat().st_size / 1e6:,.0f} MB"
        ),
    )
    half = moment(target, size // 2)
    asked = ["matrix", *INPUTS, "--scope", "namespace:booking", "--at", "2026-11-01"]
    for name, more in (
        ("the matrix of the example, from its folder", ["--register", register]),
        ("the matrix, of all that is recorded", ["--ledger", target]),
        ("the matrix, as known at half of it", ["--ledger", target, "--as-known-at", half]),
    ):
        cost = min((demarc(*asked, *more) for _ in range(3)), key=lambda one: one.wall)
        lines.append(Line(name, cost.wall, cost.cpu, cost.peak, ""))
    return lines


def moment(target: str, seq: int) -> str:
    """When an entry was recorded."""
    from demarc.ledger.store.quick import asking  # noqa: PLC0415 - only here

    with asking(target) as reader:
        return next(reader.numbered([seq])).recorded_at


def table(title: str, lines: list[Line]) -> str:
    """Markdown of a ledger."""
    rows = [f"### {title}", "", "| | wall s | CPU s | peak MB | |", "|---|---:|---:|---:|---|"]
    rows += [f"| {line.name} | {line.wall:,.2f} | {line.cpu:,.2f} | {line.peak:,.0f} | {line.says} |" for line in lines]
    return "\n".join(rows) + "\n"


def publish(text: str) -> None:
    """Put the tables between the markers of the page, which are added at its end where it has none."""
    page = PAGE.read_text()
    if BEGIN not in page:
        page = f"{page.rstrip()}\n\n## The ledger\n\n{BEGIN}\n{END}\n"
    head, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n{text}{END}{rest.partition(END)[2]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=SIZE, help="number of entries")
    parser.add_argument("--postgresql", help="address of an empty database, to measure that too")
    parser.add_argument("--dry", action="store_true", help="print the tables, leave docs/benchmarks.md alone")
    parser.add_argument("--fill", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fill:
        print(json.dumps(fill(given.fill, given.size)))
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    file = CACHE / "ledger.db"
    for old in CACHE.glob("ledger.db*"):
        old.unlink()
    tables = [table(f"{given.size:,} entries in SQLite", race(str(file), given.size))]
    if given.postgresql:
        tables.append(table(f"{given.size:,} entries in PostgreSQL", race(given.postgresql, given.size)))
    text = "\n".join(tables)
    print(text)
    if not given.dry:
        publish(text)


if __name__ == "__main__":
    main()
