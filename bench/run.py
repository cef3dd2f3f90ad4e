"""``make bench``: how long an answer takes, beside the floors and beside other scanners, all in one run.

Sizes are measured one after the other; within a size the contenders take turns, so that a busy moment of the machine
meets all of them. The table goes to the terminal and into docs/benchmarks.md, between its markers.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import sys
from pathlib import Path
from typing import NamedTuple

from bench import cluster, scanners
from bench.measure import Cost, median, run

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
AT = "2026-11-18T14:30:00Z"
DEMARC = Path(sys.executable).parent / "demarc"
SCANNED = (1_000, 10_000)
"""Sizes that other scanners are measured on."""


class Contender(NamedTuple):
    """Something that is measured."""

    name: str
    command: list[str]
    repeats: int
    limit: float
    env: dict[str, str] | None = None
    output: Path | None = None
    """What it must have written, so that a crash is never taken for a fast answer."""
    answer: Path | None = None
    """Where another scanner's answer goes: it must have looked at something."""
    scanner: scanners.Scanner | None = None


class Line(NamedTuple):
    """A line of the table."""

    contender: Contender
    cost: Cost


def dump(pods: int) -> Path:
    """Path of the generated cluster, made when it is not there."""
    path = CACHE / f"pods-{pods}-{_version()}.json"
    if not path.exists():
        for older in CACHE.glob(f"pods-{pods}-*"):
            older.unlink()
        print(f"writing a cluster of {pods:,} pods ...", flush=True)
        part = path.with_suffix(".part")
        with part.open("wb") as stream:
            cluster.write(stream, pods)
        part.rename(path)
    return path


def _version() -> str:
    """Digest of the generator, so that a cached cluster is never that of an older one."""
    here = Path(__file__).parent
    return hashlib.sha256(
        b"".join((here / name).read_bytes() for name in ("cluster.py", "shapes.py", "templates.py"))
    ).hexdigest()[:8]


def contenders(path: Path, pods: int, given: argparse.Namespace) -> list[Contender]:
    """What is measured on a size."""
    register = CACHE / "register"
    cluster.register(register)
    floors = [sys.executable, "-m", "bench.floors"]
    assess = [str(DEMARC), "assess", str(path), "--register", str(register), "--at", AT]
    found = [
        Contender("floor 1: read the file", [*floors, "raw", str(path)], given.repeats, given.limit),
        Contender("floor 2: typed parse, pods' few fields", [*floors, "typed", str(path)], given.repeats, given.limit),
        *(
            Contender(
                f"demarc assess, {report.suffix[1:]}",
                [*assess, "--format", report.suffix[1:], "--output", str(report)],
                given.repeats,
                given.limit,
                output=report,
            )
            for report in (CACHE / "report.html", CACHE / "report.json")
        ),
        Contender(
            "demarc findings, sarif",
            [str(DEMARC), "findings", str(path), "--at", AT, "--format", "sarif", "--output", str(CACHE / "f.sarif")],
            given.repeats,
            given.limit,
            output=CACHE / "f.sarif",
        ),
    ]
    if pods in SCANNED and not given.no_scanner:
        found += [one for scanner in scanners.SCANNERS if (one := _other(scanner, path, given.limit)) is not None]
    return found


def _other(scanner: scanners.Scanner, path: Path, limit: float) -> Contender | None:
    program = scanners.installed(scanner, CACHE)
    if program is None:
        return None
    given = scanners.as_documents(path) if scanner.documents else path
    called, answer = scanner.command(program, given), CACHE / f"{scanner.program}.json"
    return Contender(scanner.title, called, 1, limit, scanners.environment(scanner), answer=answer, scanner=scanner)


def measure(pods: int, given: argparse.Namespace) -> tuple[Path, list[Line]]:
    """Measure a size; exits with a message when a contender fails."""
    path = dump(pods)
    raced = contenders(path, pods, given)
    costs: dict[str, list[Cost]] = {one.name: [] for one in raced}
    for turn in range(max(one.repeats for one in raced)):
        for one in raced:
            if turn >= one.repeats:
                continue
            print(f"{pods:>7,} pods, turn {turn + 1}: {one.name}", flush=True)
            if one.output:
                one.output.unlink(missing_ok=True)
            cost, words = run(one.command, limit=one.limit, env=one.env, stdout=one.answer)
            if cost.failed or (not cost.stopped and not _answered(one)):
                sys.exit(f"{one.name} ended with code {cost.code}:\n{words}")
            costs[one.name].append(cost)
    return path, [Line(one, median(costs[one.name])) for one in raced]


def _answered(one: Contender) -> bool:
    if one.output:
        return one.output.exists()
    return one.answer is None or one.scanner is None or one.scanner.looked_at(one.answer) > 0


def table(pods: int, path: Path, lines: list[Line]) -> str:
    """Markdown of a size: figures, and ratios to floor 2 and to the HTML report.

    Of a run that was stopped only the time is known: what its own children used died with them.
    """
    size = path.stat().st_size / 1e6
    floor = lines[1].cost.cpu
    ours = next(line.cost for line in lines if line.contender.name.endswith("html"))
    rows = [
        f"### {pods:,} pods, {size:,.0f} MB",
        "",
        "| | wall s | CPU s | peak MB | CPU / floor 2 | CPU / demarc html | wall / demarc html |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for one, cost in lines:
        if cost.stopped:
            figures = (f"stopped after {one.limit:,.0f} s", "-", "-")
            ratios = ("-", "-", f"> {cost.wall / ours.wall:,.0f}")
        else:
            figures = (f"{cost.wall:,.2f}", f"{cost.cpu:,.2f}", f"{cost.peak:,.0f}")
            ratios = (f"{cost.cpu / floor:,.1f}", f"{cost.cpu / ours.cpu:,.2f}", f"{cost.wall / ours.wall:,.2f}")
        rows.append(f"| {' | '.join((one.name, *figures, *ratios))} |")
    return "\n".join(rows) + "\n"


def facts(given: argparse.Namespace) -> str:
    """What a reader must know of the machine and the run; no names of hosts or folders."""
    cores = len(os.sched_getaffinity(0))
    return (
        f"Measured on {cores} cores ({platform.machine()}), Python {platform.python_version()}, {platform.system()}; "
        f"median of {given.repeats} turns, other scanners once, limit {given.limit:,.0f} s a run.\n"
    )


def publish(text: str) -> None:
    """Put the tables between the markers of the page."""
    page = PAGE.read_text()
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    if not rest or not tail:
        sys.exit(f"{PAGE.name} has lost its markers {BEGIN} and {END}")
    PAGE.write_text(f"{head}{BEGIN}\n{text}{END}{tail}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="measure 100,000 pods too")
    parser.add_argument("--sizes", type=int, nargs="+", help="numbers of pods, instead of 1,000 and 10,000")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each contender")
    parser.add_argument("--limit", type=float, default=600, help="seconds after which a run is stopped")
    parser.add_argument("--no-scanner", action="store_true", help="leave other scanners out")
    parser.add_argument("--dry", action="store_true", help="print the tables, leave docs/benchmarks.md alone")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if not DEMARC.exists():
        sys.exit("demarc is not installed beside this Python: run 'make setup' first")
    CACHE.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    sizes = given.sizes or [1_000, 10_000, *([100_000] if given.full else [])]
    text = facts(given)
    for pods in sizes:
        path, lines = measure(pods, given)
        text += "\n" + table(pods, path, lines)
        print(table(pods, path, lines), flush=True)
    if not given.dry:
        publish(text)


if __name__ == "__main__":
    main()
