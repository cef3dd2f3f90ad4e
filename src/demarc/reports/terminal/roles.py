"""Evidence of roles on the terminal: what speaks against first, each with its source, then what is missing."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from demarc.evidence.roles import is_yours
from demarc.model.assessment import MatrixRow
from demarc.model.roles import Role, RoleEvidence, RolesReport, Verdict, Witness
from demarc.reports.beside import Beside
from demarc.reports.roles import Fold, folded
from demarc.reports.terminal.draw import heading, plain, say
from demarc.reports.text import count, listed
from demarc.reports.words import VERDICTS

LABELS = {verdict: VERDICTS[verdict].label for verdict in Verdict}
STYLES = {Verdict.SAYS_SO: "green", Verdict.SAYS_OTHERWISE: "bold red", Verdict.MISSING: "yellow"}
_MOST = 3


def roles(report: RolesReport, console: Console, *, whole: bool) -> None:
    """Everything that was found; with ``whole``, every witness of every line."""
    say(console, heading("Evidence of roles"), f"  {report.cluster}, {report.since[:10]} to {report.at[:10]}")
    for role in Role:
        say(console, _counted(role, [item for item in report.roles if item.role is role]))
    if not report.roles:
        say(console, "No row that was asked for has a role to show.")
    for role in Role:
        found = folded(item for item in report.roles if item.role is role)
        if found:
            say(console, "")
            say(console, heading(f"{role.value}s"))
        for fold in found:
            _fold(fold, console, whole=whole)
    say(console, "")
    for title, lines in (("Looked at", report.seen), ("Not given", report.unseen)):
        for text in lines:
            console.print(plain(f"{title}: {text}", "dim"), overflow="fold")


def _counted(role: Role, items: list[RoleEvidence]) -> Text:
    counts = Counter(item.verdict for item in items)
    said = ", ".join(f"{counts[verdict]:,} {LABELS[verdict]}" for verdict in LABELS)
    return plain(f"{role.value + 's':<10} {count(len(items), 'row')}: {said}")


def _fold(fold: Fold, console: Console, *, whole: bool) -> None:
    first = fold.first
    line = plain(f"{LABELS[first.verdict]:<15}", STYLES[first.verdict])
    line.append_text(plain(first.name or "nobody named", "bold"))
    if first.by_owner:
        line.append_text(plain(" (owner)", "dim"))
    line.append_text(plain(f"  {listed(fold.duties)} @ {listed(fold.scopes)}"))
    console.print(line, overflow="fold")
    shown = first.witnesses if whole else first.witnesses[:_MOST]
    for witness in shown:
        console.print(Padding(witnessed(witness), (0, 0, 0, 4)))
    left = len(first.witnesses) - len(shown) + first.more
    if left:
        console.print(Padding(plain(f"and {left:,} more: --whole, or --format json", "dim"), (0, 0, 0, 4)))
    if not first.witnesses:
        console.print(Padding(plain(first.why), (0, 0, 0, 4)))
    if first.todo:
        console.print(Padding(plain(f"do: {first.todo}", "dim"), (0, 0, 0, 4)))


def roles_of(row: MatrixRow, beside: Beside, console: Console) -> None:
    """What evidence says of the roles of one row: the verdict in words, and every piece with who says so."""
    if not is_yours(row):
        return
    answers = beside.of(row)
    for role in Role:
        item = answers.get(role)
        if item is None:
            if role is not Role.ROTATOR:
                console.print(plain(f"Evidence of the {role.value}: nobody is named", "dim"))
            continue
        line = plain(f"Evidence of the {role.value}, {item.name or 'nobody named'}: ")
        line.append_text(plain(LABELS[item.verdict], STYLES[item.verdict]))
        if not item.witnesses:
            line.append_text(plain(f": {item.why}"))
        console.print(line, overflow="fold")
        for witness in item.witnesses:
            console.print(Padding(witnessed(witness), (0, 0, 0, 4)))
        if item.more:
            console.print(Padding(plain(f"and {item.more:,} more", "dim"), (0, 0, 0, 4)))
        if item.todo:
            console.print(Padding(plain(f"do: {item.todo}", "dim"), (0, 0, 0, 4)))


def witnessed(witness: Witness) -> Text:
    """One piece of evidence in a line: what it says, when, how hard it is to forge, and who says so."""
    text = plain(witness.says)
    told = ", ".join(part for part in (witness.at[:10], witness.grade.name.lower(), witness.source) if part)
    return text.append_text(plain(f"  [{told}]", "dim"))
