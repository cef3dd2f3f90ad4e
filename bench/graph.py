"""``python -m bench.graph``: all entries to all impacts of a big graph, with a path for each pair, beside networkx.

Both answer the same question on the same random graph, each in a process of its own: 1,000 entries, 50 impacts, which
entry reaches which impact in how many hops, and one shortest path for every pair that is reached. Their counts must be
equal. On the large graph networkx answers for three impacts and its search is multiplied: the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.measure import Cost, run

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench graph: begin -->", "<!-- bench graph: end -->"
ENTRIES, IMPACTS, DEGREE = 1_000, 50, 5
SIZES = (100_000, 1_000_000)
NETWORKX = "networkx==3.6"
FEW = 3
"""Impacts that networkx answers for on the largest graph."""
LIMIT = 900.0


class Line(NamedTuple):
    """A line of the table."""

    name: str
    cost: Cost
    said: dict[str, Any]
    times: float = 1.0
    """What its search is multiplied by."""


def edges(nodes: int) -> Path:
    """A file of int32: all sources, then all targets; seeded, so that every contender reads the same graph."""
    path = CACHE / f"graph-{nodes}.bin"
    if not path.exists():
        rng = np.random.default_rng(nodes)
        part = path.with_suffix(".part")
        rng.integers(0, nodes, (2, nodes * DEGREE), dtype=np.int32).tofile(part)
        part.rename(path)
    return path


def ours(path: Path, nodes: int, joints: int) -> dict[str, Any]:
    """Demarc's answer. With ``joints``, so many edges need a second thing, and only hops are exact for all pairs."""
    from demarc.access.graph.arrays import Arrays  # noqa: PLC0415 - measured with the rest of the process
    from demarc.access.graph.crossing import crossing  # noqa: PLC0415

    source, target = np.fromfile(path, dtype=np.int32).reshape(2, -1)
    started = time.perf_counter()
    needs = {edge: (int(node),) for edge, node in enumerate(np.random.default_rng(7).integers(0, nodes, joints))}
    count = len(source)
    graph = Arrays(
        nodes=nodes,
        source=source,
        target=target,
        cost=np.ones(count, dtype=np.int32),
        unknown=np.zeros(count, dtype=np.bool_),
        needs=needs,
    )
    graph.out, graph.into  # noqa: B018 - built when first asked for
    built = time.perf_counter()
    found = crossing(graph, [[node] for node in range(ENTRIES)], [[nodes - 1 - turn] for turn in range(IMPACTS)])
    done = time.perf_counter()
    reached = found.hops >= 0
    return {
        "build": built - started,
        "search": done - built,
        "pairs": int(reached.sum()),
        "hops": int(found.hops[reached].sum()),
        "paths": len(found.ways),
    }


def networkx() -> Path | None:
    """Python of an environment with networkx; None where it cannot be had."""
    home = CACHE / NETWORKX.replace("==", "-")
    python = home / "bin" / "python"
    if python.exists():
        return python
    uv = shutil.which("uv")
    if uv:
        steps = [[uv, "venv", "-q", str(home)], [uv, "pip", "install", "-q", "--python", str(python), NETWORKX]]
    else:
        steps = [[sys.executable, "-m", "venv", str(home)], [str(python), "-m", "pip", "install", "-q", NETWORKX]]
    for step in steps:
        done = subprocess.run(step, check=False, capture_output=True, text=True)
        if done.returncode:
            print(f"{NETWORKX} could not be set up: {done.stderr.strip()[-300:]}", file=sys.stderr)
            shutil.rmtree(home, ignore_errors=True)
            return None
    return python


def measured(name: str, command: list[str], *, times: float = 1.0) -> Line:
    """Run a contender to its end; exits with its last words when it fails."""
    print(f"{name} ...", flush=True)
    answer = CACHE / "graph-answer.json"
    cost, words = run(command, limit=LIMIT, stdout=answer)
    if cost.stopped or cost.code:
        sys.exit(f"{name} ended with code {cost.code}:\n{words}")
    return Line(name, cost, json.loads(answer.read_text()), times)


def race(nodes: int, python: Path | None) -> list[Line]:
    """All contenders on one size."""
    path = str(edges(nodes))
    me = [sys.executable, "-m", "bench.graph", "--answer", path, "--nodes", str(nodes)]
    lines = [measured("demarc", me)]
    lines += [
        measured(f"demarc, {joints} edges need two things", [*me, "--joints", str(joints)]) for joints in (50, 5000)
    ]
    if python is not None:
        impacts = IMPACTS if nodes < SIZES[-1] else FEW
        they = [str(python), str(ROOT / "bench" / "graph_networkx.py"), path, str(nodes), str(ENTRIES), str(impacts)]
        line = measured(f"networkx 3.6, {impacts} impacts", they, times=IMPACTS / impacts)
        if impacts == IMPACTS:
            for what in ("pairs", "hops"):
                if line.said[what] != lines[0].said[what]:
                    sys.exit(f"networkx and demarc disagree on {what}: {line.said[what]}, {lines[0].said[what]}")
        lines.append(line)
    return lines


def table(nodes: int, lines: list[Line]) -> str:
    """Markdown of a size."""
    first = lines[0].said
    whole = first["build"] + first["search"]
    rows = [
        f"### {nodes:,} nodes, {nodes * DEGREE:,} edges; {ENTRIES:,} entries, {IMPACTS} impacts",
        "",
        "| | build s | search and paths s | both | / demarc | peak MB | pairs reached |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for line in lines:
        search = line.said["search"] * line.times
        both = line.said["build"] + search
        name = line.name if line.times == 1 else f"{line.name}, search x {line.times:.1f}"
        pairs = f"{line.said['pairs']:,}" if line.times == 1 else "-"
        figures = (f"{line.said['build']:,.2f}", f"{search:,.2f}", f"{both:,.2f}", f"{both / whole:,.1f}")
        rows.append(f"| {' | '.join((name, *figures, f'{line.cost.peak:,.0f}', pairs))} |")
    return "\n".join(rows) + "\n"


def publish(text: str) -> None:
    """Put the tables between the markers of the page, which are added at its end where it has none."""
    page = PAGE.read_text()
    if BEGIN not in page:
        page = f"{page.rstrip()}\n\n## The access graph\n\n{BEGIN}\n{END}\n"
    head, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n{text}{END}{rest.partition(END)[2]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of nodes")
    parser.add_argument("--dry", action="store_true", help="print the tables, leave docs/benchmarks.md alone")
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--nodes", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--joints", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.answer:
        print(json.dumps(ours(given.answer, given.nodes, given.joints)))
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    python = networkx()
    tables = [table(nodes, race(nodes, python)) for nodes in given.sizes]
    text = "\n".join(("One run each, whole processes; the same random graph for all.\n", *tables))
    print(text)
    if not given.dry:
        publish(text)


if __name__ == "__main__":
    main()
