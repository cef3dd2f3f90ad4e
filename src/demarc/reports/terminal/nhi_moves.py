"""How the inventory moved, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from demarc.model.nhi_moves import NhiDiff, NhiPoint, NhiRef, NhiShift, NhiTrend
from demarc.reports.terminal.draw import heading, plain, say
from demarc.reports.text import count

_MOST = 25
_STATES = ("expired", "overdue", "misplaced", "over-powered", "stale", "orphaned", "unmanaged")


def diff(found: NhiDiff, console: Console) -> None:
    """Print what moved between two snapshots."""
    say(console, f"{found.cluster}: from {found.before} to {found.after}", style="dim")
    for title, refs in (("New", found.new), ("Gone", found.gone), ("Rotated", found.rotated)):
        _refs(title, refs, console)
    for title, shifts in (("Worse", found.worse), ("Better", found.better), ("In other hands", found.owners)):
        _shifts(title, shifts, console)
    console.print()
    say(console, f"{count(found.unchanged, 'entry', 'entries')} stand as they stood")
    for why in found.unseen:
        say(console, plain("Not known: ", "bold"), why)


def _refs(title: str, refs: Sequence[NhiRef], console: Console) -> None:
    if not refs:
        return
    console.print()
    say(console, heading(f"{title}: {count(len(refs), 'entry', 'entries')}"))
    for one in refs[:_MOST]:
        say(console, "  ", plain(one.id, "bold"), f"  {one.kind.value}, {one.state.value}; {one.owner or 'nobody'}")
    _more(len(refs), console)


def _shifts(title: str, shifts: Sequence[NhiShift], console: Console) -> None:
    if not shifts:
        return
    console.print()
    say(console, heading(f"{title}: {count(len(shifts), 'entry', 'entries')}"))
    for one in shifts[:_MOST]:
        why = f": {one.says}" if one.says else ""
        say(console, "  ", plain(one.id, "bold"), f"  {one.was or 'nobody'}, now {one.now or 'nobody'}{why}")
    _more(len(shifts), console)


def _more(number: int, console: Console) -> None:
    if number > _MOST:
        say(console, f"  and {number - _MOST:,} more: --format csv has all of them", style="dim")


def trend(found: NhiTrend, console: Console) -> None:
    """Print a line for each snapshot, by cluster, and what lives longest in the last one."""
    by_cluster: dict[str, list[NhiPoint]] = {}
    for point in found.points:
        by_cluster.setdefault(point.cluster, []).append(point)
    for cluster, points in by_cluster.items():
        say(console, heading(cluster or "a cluster without a name"))
        console.print(_table(points))
        last = points[-1]
        if last.longest:
            say(console, "Lives longest:")
        for old in last.longest:
            say(console, f"  {old.id}: {old.days:,} days, since {old.since[:10]} ({old.grade})")
        for why in dict.fromkeys(why for point in points for why in point.unseen):
            say(console, plain("Not seen: ", "bold"), why)
        console.print()


def _table(points: Sequence[NhiPoint]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("As of", no_wrap=True)
    states = [state for state in _STATES if any(state in point.by_state for point in points)]
    for name in ("identities", "credentials", "per person", "new", "gone", "rotated", *states):
        table.add_column(name, justify="right")
    for point in points:
        table.add_row(
            point.at[:10],
            f"{point.identities:,}",
            f"{point.credentials:,}",
            "?" if point.ratio is None else f"{point.ratio:,.1f}",
            *("" if number is None else f"{number:,}" for number in (point.new, point.gone, point.rotated)),
            *(f"{point.by_state.get(state, 0):,}" for state in states),
        )
    return table
