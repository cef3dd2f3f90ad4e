"""``python -m bench.nhi``: the inventory of non-human identities on a large dump, in each format; whole processes."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from bench import identities
from bench.events import CACHE, DEMARC, PAGE, measured
from bench.measure import Cost, median

BEGIN, END = "<!-- bench nhi: begin -->", "<!-- bench nhi: end -->"
AT = "2026-11-20"
FORMATS = ("text", "csv", "markdown", "json")


def dump(secrets: int, accounts: int) -> Path:
    """Path of the generated dump, made when it is not there."""
    version = hashlib.sha256(Path(identities.__file__).read_bytes()).hexdigest()[:8]
    path = CACHE / f"identities-{secrets}-{accounts}-{version}.json"
    if not path.exists():
        for older in CACHE.glob(f"identities-{secrets}-{accounts}-*"):
            older.unlink()
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as stream:
            identities.write(stream, secrets, accounts)
        part.rename(path)
    return path


def table(given: argparse.Namespace, path: Path, lines: list[tuple[str, Cost, int]]) -> str:
    """Markdown of a run."""
    turns = "one turn" if given.repeats == 1 else f"median of {given.repeats} turns"
    rows = [
        f"Whole processes, {turns}, from the start to the written file.",
        "",
        f"### {given.secrets:,} Secrets and {given.accounts:,} service accounts, {path.stat().st_size / 1e6:,.0f} MB",
        "",
        "| demarc nhi list | wall s | CPU s | peak MB | written MB |",
        "|---|---:|---:|---:|---:|",
    ]
    rows += [
        f"| {name} | {cost.wall:,.2f} | {cost.cpu:,.2f} | {cost.peak:,.0f} | {size / 1e6:,.1f} |"
        for name, cost, size in lines
    ]
    return "\n".join(rows) + "\n"


def publish(text: str) -> None:
    """Put the table between the markers of the page."""
    page = PAGE.read_text()
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    if not rest or not tail:
        sys.exit(f"{PAGE.name} has lost its markers {BEGIN} and {END}")
    PAGE.write_text(f"{head}{BEGIN}\n{text}{END}{tail}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--secrets", type=int, default=100_000)
    parser.add_argument("--accounts", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=3, help="turns of each format")
    parser.add_argument("--dry", action="store_true", help="print the table, leave docs/benchmarks.md alone")
    given = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    path = dump(given.secrets, given.accounts)
    costs: dict[str, list[Cost]] = {form: [] for form in FORMATS}
    sizes: dict[str, int] = {}
    for turn in range(given.repeats):
        for form in FORMATS:
            out = CACHE / f"nhi.{form}"
            command = [str(DEMARC), "nhi", "list", str(path), "--at", AT, "--format", form]
            costs[form].append(measured(f"turn {turn + 1}: {form}", command, stdout=out))
            sizes[form] = out.stat().st_size
    text = table(given, path, [(form, median(costs[form]), sizes[form]) for form in FORMATS])
    print(text)
    if not given.dry:
        publish(text)


if __name__ == "__main__":
    main()
