"""The inventory of non-human identities in a terminal: what it comes to, what to act on, and one in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from heapq import nsmallest

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from demarc.model.nhi import AgeGrade, Dated, Nhi, NhiReport, NhiState
from demarc.reports.terminal.draw import heading, plain, say
from demarc.reports.text import count, listed

_BAD = frozenset({NhiState.EXPIRED, NhiState.OVERDUE, NhiState.MISPLACED, NhiState.OFFBOARDED_OWNER})
_MOST = 60
_STATE = max(len(state.value) for state in NhiState)
_OWNER = 24
NOBODY = "nobody"


def nhi(report: NhiReport, items: Sequence[Nhi], console: Console) -> None:
    """Print the entries that were asked for, the worst first, and what the whole comes to."""
    order = {state: place for place, state in enumerate(NhiState)}
    acting = [one for one in items if one.state is not NhiState.HEALTHY]
    for item in nsmallest(_MOST, acting, key=lambda one: (order[one.state], one.kind, one.id)):
        console.print(_line(item))
        console.print(Padding(plain(_why(item), "dim"), (0, 0, 0, 2)))
    if len(acting) > _MOST:
        say(console, f"and {len(acting) - _MOST:,} more: --format csv has all of them", style="dim")
    _total(report, items, console)


def _line(item: Nhi) -> Table:
    """One entry in a row of its own: names are long, and a column narrow enough for all would cut every one of them."""
    style = "bold red" if item.state in _BAD else "yellow"
    line = Table.grid(padding=(0, 1, 0, 0), expand=True)
    line.add_column(width=_STATE, no_wrap=True)
    line.add_column(ratio=1, overflow="fold")
    line.add_column(justify="right", max_width=_OWNER, overflow="fold")
    line.add_row(
        Text(item.state.value, style="dim" if item.state is NhiState.UNKNOWN else style),
        plain(item.id, "bold").append(f"  {item.kind.value}", style="not bold dim"),
        plain(item.answers.owner) if item.answers.owner else Text(NOBODY, style="bold red"),
    )
    return line


def _why(item: Nhi) -> str:
    reasons = [one.says for one in item.states if not one.exception] or [one.says for one in item.states]
    used = f"; used by {listed(item.consumers, 2)}" if item.consumers else ""
    return f"{listed(reasons, 2)}{used}{_falls(item)}"


def _falls(item: Nhi) -> str:
    if item.blast is None or not item.blast.steps:
        return ""
    unsure = "" if item.blast.certain else ", which rests on what could not be seen"
    return f"; falls with it: {item.blast.impact} in {count(item.blast.steps, 'step')}{unsure}"


def _total(report: NhiReport, items: Sequence[Nhi], console: Console) -> None:
    console.print()
    states = Counter(one.state for one in items)
    parts = [f"{states[state]:,} {state.value}" for state in NhiState if states[state]]
    say(console, plain(f"{count(len(items), 'entry', 'entries')}: ", "bold"), ", ".join(parts) or "none")
    acting = sum(item.kind.is_identity for item in report.items)
    if report.humans:
        ratio = f"{acting / report.humans:,.1f} for each of {count(report.humans, 'person', 'people')}"
    else:
        ratio = "no person is known, so there is no ratio"
    say(console, f"{acting:,} identities and {len(report.items) - acting:,} credentials in all; {ratio}")
    owners = [f"{name} ({number:,})" for name, number in report.by_owner.items()]
    say(console, f"Who answers: {listed(owners, 5)}")
    for why in report.unseen:
        say(console, plain("Not seen: ", "bold"), why)
    say(console, f"As of {report.at}, by the {report.policy} policy. More: demarc nhi show NAME", style="dim")


def nhi_in_full(item: Nhi, console: Console) -> None:
    """Print everything that is known of one."""
    say(console, heading(item.id), f"  {item.kind.value}")
    for one in item.states:
        covered = f" (covered by exception {one.exception})" if one.exception else ""
        say(console, "  ", Text(one.state.value, style="bold"), f": {one.says}{covered}")
    for name, says in _facts(item):
        console.print(Text(f"  {name}: ", style="dim").append_text(plain(says)), overflow="fold")
    console.print()


def _facts(item: Nhi) -> Iterator[tuple[str, str]]:
    answers = item.answers
    contact = f" ({answers.contact})" if answers.contact else ""
    yield "owner", f"{answers.owner or NOBODY}{contact}, by {answers.duty}"
    yield "issuer", item.issuer
    if item.source_of_truth:
        yield "change it at", item.source_of_truth
    yield "created", _dated(item.created)
    yield "changed", _dated(item.changed)
    yield "ends", item.expires or _end(item)
    yield "last used", _dated(item.last_used)
    yield "used by", ", ".join(item.consumers) or "nothing that was read"
    for says in item.references:
        yield "named by", says
    if item.powers:
        yield "power", f"{', '.join(power.value for power in item.powers)} ({item.reach})"
    if item.same_value:
        yield "same value", ", ".join(item.same_value)
    if item.misplaced:
        yield "also in", ", ".join(item.misplaced)
    if "/Secret/" in item.id:
        yield "replace it", f"demarc nhi plan {item.namespace}/{item.name} --snapshot ..."


def _end(item: Nhi) -> str:
    if item.life:
        return f"{item.life:,} s after it was made, each one"
    return "never" if item.endless else "not known"


def _dated(dated: Dated) -> str:
    when = dated.at or ("never in sight" if dated.grade is not AgeGrade.UNKNOWN else "not known")
    return f"{when} [{dated.grade.value}] {dated.says}".rstrip()
