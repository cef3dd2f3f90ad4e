"""A framework in a terminal: requirements with their standing, what does not hold, and who answers."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from demarc.catalog.frameworks import Framework
from demarc.model.frameworks import FrameworkView, Requirement, Standing
from demarc.model.posture import Outcome
from demarc.reports.terminal.draw import heading, plain, say
from demarc.reports.text import count, listed

STYLES = {
    Standing.VIOLATED: "bold red",
    Standing.UNKNOWN: "yellow",
    Standing.OPEN: "yellow",
    Standing.HOLDS: "green",
    Standing.PROVIDER: "blue",
    Standing.OWNED: "",
}


def framework(view: FrameworkView, console: Console, requirements: Iterable[Requirement]) -> None:
    """Print some requirements of a framework, and what all of them come to. A single one is told in full."""
    shown = tuple(requirements)
    say(console, heading(f"{view.title} {view.version}"), f"  {view.cluster} as of {view.at}")
    if len(shown) == 1:
        _in_full(shown[0], console)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Id", no_wrap=True)
    table.add_column("Stands", no_wrap=True)
    for name in ("Requirement", "Checks", "Who answers"):
        table.add_column(name, overflow="fold")
    for one in shown:
        mark = "" if one.verified else " (id not compared)"
        table.add_row(
            plain(one.id),
            Text(one.standing.value, style=STYLES[one.standing]),
            plain(one.title + mark),
            plain(_checks(one)),
            plain(listed([f"{name} ({number:,})" for name, number in one.owners.items()], 2) or "-"),
        )
    console.print(table)
    parts = [f"{number:,} {name}" for name, number in view.by_standing.items() if number]
    say(console, f"{count(len(view.requirements), 'requirement')}: {', '.join(parts)}", style="dim")
    say(console, "Relates to, by subject; never a claim of compliance.", style="dim")


def _checks(one: Requirement) -> str:
    violated = [check for check in one.checks if check.findings]
    unknown = sum(check.outcome is Outcome.UNKNOWN for check in one.checks)
    holds = sum(check.outcome is Outcome.HOLDS for check in one.checks)
    provider = sum(check.provider for check in one.checks)
    parts = []
    if violated:
        found = sum(check.findings for check in violated)
        parts.append(f"{count(found, 'finding')} by {listed([check.id for check in violated], 2)}")
    if unknown:
        parts.append(f"{unknown} unknown")
    if holds:
        parts.append(f"{holds} hold")
    if provider:
        parts.append(f"{provider} for the provider")
    return "; ".join(parts) or ("none applies" if one.checks else "none: who holds it must show it")


def _in_full(one: Requirement, console: Console) -> None:
    say(console, plain(one.id, "bold"), f"  {one.title}  ", Text(one.standing.value, style=STYLES[one.standing]))
    for check in one.checks:
        how = "" if check.direct else ", by subject"
        more = f", {check.excepted:,} excepted" if check.excepted else ""
        more += f", {check.provider:,} for the provider" if check.provider else ""
        found = count(check.findings, "finding")
        say(console, f"  {check.id}  {check.outcome.value}: {check.title} ({found}{more}{how})")
    for why in one.unknown:
        say(console, f"  not known: {why}", style="yellow")
    for duty in one.duties:
        states = ", ".join(f"{number:,} {status}" for status, number in duty.by_status.items())
        say(console, f"  duty {duty.id}: {count(duty.rows, 'row')}{': ' if states else ''}{states}")
    if one.owners:
        say(console, "  who answers: ", ", ".join(f"{name} ({number:,})" for name, number in one.owners.items()))


def frameworks_listed(held: Iterable[Framework], console: Console) -> None:
    """Print frameworks, one a line."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for name in ("Name", "Title", "Version", "Requirements known"):
        table.add_column(name, overflow="fold", justify="right" if name.startswith("Req") else "left")
    for one in held:
        table.add_row(one.id, one.title, one.version, f"{len(one.items):,}")
    console.print(table)
