"""Findings in a terminal: equal ones as one line with a count, what is not known, and how one is mended."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from demarc.catalog.checks import checks
from demarc.model.posture import CheckFacts, CheckResult, Finding, Outcome, Posture, Severity, Whose
from demarc.reports.findings.rows import NOBODY, FindingRow, holder, rows, standing
from demarc.reports.terminal.draw import heading, plain, say
from demarc.reports.text import count

STYLES = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}
_WIDE = 110
_IN_FULL = 3
"""Up to so many lines, each is shown in full: who asks for one check wants to know what to do."""


def findings(posture: Posture, console: Console) -> None:
    """Print them: those that count, then what is the provider's and what is excepted, then what is not known."""
    counted = rows(finding for finding in posture.findings if finding.counts)
    if counted:
        _table(counted, console)
    if 0 < len(counted) <= _IN_FULL:
        for row in counted:
            _in_full(row, console)
    _others(posture, console)
    _unknown(posture, console)
    _total(posture, console)


def _table(found: Iterable[FindingRow], console: Console) -> None:
    wide = console.width >= _WIDE
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Severity", no_wrap=True)
    table.add_column("Check", no_wrap=True)
    for name in ("What", "Where", "Owner"):
        table.add_column(name, overflow="fold")
    table.add_column("", justify="right", no_wrap=True)
    for row in found:
        first = row.first
        number = f"{row.count:,}" + (f" ({row.new:,} new)" if row.new else "")
        what = plain(first.title)
        if wide and row.count == 1:
            what.append("\n").append_text(plain(first.says, "dim"))
        table.add_row(
            Text(first.severity.value, style=STYLES[first.severity]),
            plain(first.check),
            what,
            plain(row.where),
            _owner(first),
            number,
        )
    console.print(table)


def _owner(finding: Finding) -> Text:
    name = holder(finding)
    if name == NOBODY:
        return Text(name, style="bold red")
    marks = {Whose.AMBIGUOUS: " (unclear)", Whose.SHARED: " (shared)", Whose.UNKNOWN: "", Whose.THIRD_PARTY: ""}
    return plain(name + marks.get(finding.answers.whose, ""))


def _in_full(row: FindingRow, console: Console) -> None:
    facts = checks().get(row.first.check)
    console.print()
    say(console, heading(f"{row.first.check} {row.first.title}"))
    if facts is not None:
        _paragraph(console, "Why it matters", facts.why)
    for finding in row.findings[:10]:
        place = f"  {finding.file}:{finding.line}" if finding.file and finding.line else ""
        console.print(Text("  - ").append_text(plain(finding.says)).append_text(plain(place, "dim")))
        for field in finding.fields:
            console.print(plain(f"      {field.path} = {field.value}", "dim"), overflow="fold")
        if finding.fix.command:
            console.print(Text("      $ ", style="dim") + plain(finding.fix.command, "bold cyan"), overflow="fold")
        for one in finding.exceptions:
            console.print(plain(f"      exception {one.id} does not count: {one.says}", "yellow"))
    if row.count > 10:
        console.print(f"  and {row.count - 10:,} more")
    answers = row.first.answers
    whose = f"{answers.duty}: {holder(row.first)}" + (f" ({answers.contact})" if answers.contact else "")
    _paragraph(console, "Who answers", answers.ask or whose)
    _paragraph(console, "Fix", row.first.fix.says)
    if row.first.fix.patch and row.count > 1:
        say(console, f"  For {row.first.object}:", style="dim")
    for line in row.first.fix.patch.splitlines():
        console.print(plain(f"     {line}", "cyan"), overflow="fold")


def _paragraph(console: Console, name: str, says: str) -> None:
    console.print(Text(f"  {name}: ", style="bold").append_text(plain(says)), overflow="fold")


def _others(posture: Posture, console: Console) -> None:
    provider = rows(one for one in posture.findings if one.answers.whose is Whose.PROVIDER and not one.excepted)
    excepted = rows(one for one in posture.findings if one.excepted)
    if provider:
        console.print()
        say(console, heading("Not yours: ask the provider"))
        for row in provider:
            say(console, f"  {row.first.check}  {row.first.title}: {row.where}")
        for ask in list(dict.fromkeys(row.first.answers.ask for row in provider if row.first.answers.ask))[:3]:
            say(console, plain(f"  {ask}", "dim"))
    if excepted:
        console.print()
        say(console, heading("Excepted"))
        for row in excepted:
            told = next(one for one in row.first.exceptions if one.counts)
            say(console, f"  {row.first.check}  {row.first.title}: {row.where}; {told.id}, {told.says}")


def _unknown(posture: Posture, console: Console) -> None:
    """Checks that could not be answered, by what was missing: one thing to give answers many."""
    unknown = [result for result in posture.results if result.outcome is Outcome.UNKNOWN]
    if not unknown:
        return
    by_todo: dict[str, list[CheckResult]] = {}
    for result in unknown:
        todo = next((one.todo for one in result.unseen if one.todo), result.says)
        by_todo.setdefault(todo, []).append(result)
    console.print()
    say(console, heading(f"Not known: {count(len(unknown), 'check')} could not be answered, which is no pass"))
    for todo, results in sorted(by_todo.items(), key=lambda item: (-len(item[1]), item[0])):
        names = ", ".join(result.check for result in results[:6]) + (" ..." if len(results) > 6 else "")
        say(console, f"  {names}: ", plain(todo, "dim"))


def _total(posture: Posture, console: Console) -> None:
    stands = standing(posture)
    total = sum(stands.by_severity.values())
    parts = [f"{number:,} {severity.value}" for severity, number in stands.by_severity.items()]
    holds = sum(result.outcome is Outcome.HOLDS for result in posture.results)
    console.print()
    new = f", {stands.new:,} new against {posture.baseline}" if stands.new is not None else ""
    said = f"{count(total, 'finding')}{': ' if parts else ''}{', '.join(parts)}{new}"
    say(console, f"{said}; {count(holds, 'check')} of {len(posture.results)} hold as of {posture.at}", style="dim")


def check_in_full(facts: CheckFacts, console: Console) -> None:
    """Print what the catalogue says of a check."""
    say(console, heading(f"{facts.id} {facts.title}"), "  ", Text(facts.severity.value, style=STYLES[facts.severity]))
    for name, says in (
        ("Rule", facts.rule),
        ("Why it matters", facts.why),
        ("Fix", facts.fix),
        ("Duty", ", ".join((facts.duty, *facts.also))),
        ("Looks at", ", ".join(facts.looks_at)),
        ("Needs", ", ".join(facts.needs)),
        ("Relates to", ", ".join((*facts.cis, *facts.references)) or "nothing"),
    ):
        _paragraph(console, name, says)


def checks_listed(found: Iterable[CheckFacts], console: Console) -> None:
    """Print checks, one a line."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for name in ("Check", "Severity", "Family", "What", "Duty", "Needs"):
        table.add_column(name, overflow="fold", no_wrap=name in ("Check", "Severity"))
    for facts in found:
        table.add_row(
            plain(facts.id),
            Text(facts.severity.value, style=STYLES[facts.severity]),
            plain(facts.family),
            plain(facts.title),
            plain(facts.duty),
            plain(", ".join(facts.needs)),
        )
    console.print(table)
