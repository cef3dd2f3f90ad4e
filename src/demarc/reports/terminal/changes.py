"""What changed between two assessments, and a trend over many, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from demarc.model.posture import Finding, Severity
from demarc.posture.baseline import Differences, Point
from demarc.reports.findings.rows import holder, rows
from demarc.reports.terminal.draw import heading, plain, say
from demarc.reports.terminal.findings import STYLES
from demarc.reports.text import count, listed


def changes(found: Differences, console: Console) -> None:
    """Print what is new, gone, in other hands, and what can no longer be answered."""
    say(console, f"From {found.before} to {found.after}", style="dim")
    _part("New", found.new, console)
    _part("Gone", found.gone, console)
    if found.handed:
        console.print()
        say(console, heading(f"In other hands: {count(len(found.handed), 'finding')}"))
        for one in found.handed:
            say(console, f"  {one.after.check}  {one.after.object}: {one.says}")
    if found.lost:
        console.print()
        say(console, heading(f"No longer known: {count(len(found.lost), 'check')}"))
        for lost in found.lost:
            say(console, f"  {lost.check}  {lost.title}: {lost.why}")
    if not (found.new or found.gone or found.handed or found.lost):
        say(console, "Nothing has changed.")


def _part(title: str, findings: tuple[Finding, ...], console: Console) -> None:
    if not findings:
        return
    console.print()
    say(console, heading(f"{title}: {count(len(findings), 'finding')}"))
    for row in rows(findings):
        severity = Text(f"{row.first.severity.value:<8}", style=STYLES[row.first.severity])
        number = f" ({row.count:,})" if row.count > 1 else ""
        say(
            console, "  ", severity, f"  {row.first.check}  {row.first.title}{number}: {row.where}; {holder(row.first)}"
        )


def trend(points: Sequence[Point], console: Console) -> None:
    """Print a line for each assessment, by cluster."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("As of", no_wrap=True)
    for name in (*(severity.value for severity in Severity), "new", "gone", "unknown", "oldest"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Most with", overflow="fold")
    cluster = ""
    for point in points:
        if point.cluster != cluster:
            cluster = point.cluster
            table.add_row(plain(cluster, "bold"))
        oldest = "" if point.oldest_days is None else f"{point.oldest_days:,} d"
        owners = [f"{name} ({number:,})" for name, number in point.by_owner.items()]
        table.add_row(
            point.at[:16].replace("T", " "),
            *(f"{point.by_severity[severity.value]:,}" for severity in Severity),
            f"{point.new:,}",
            f"{point.gone:,}",
            f"{point.unknown:,}",
            oldest,
            plain(listed(owners, 2)),
        )
    console.print(table)
