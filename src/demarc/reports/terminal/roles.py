"""Evidence of roles on the terminal: what speaks against first, each with its source, then what is missing."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from demarc.model.roles import Role, RoleEvidence, RolesReport, Verdict, Witness
from demarc.reports.roles import Fold, folded
from demarc.reports.terminal.draw import heading, plain, say
from demarc.reports.text import count, listed

LABELS = {Verdict.SAYS_SO: "says so", Verdict.SAYS_OTHERWISE: "says otherwise", Verdict.MISSING: "missing"}
_STYLES = {Verdict.SAYS_SO: "green", Verdict.SAYS_OTHERWISE: "bold red", Verdict.MISSING: "yellow"}
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
    line = plain(f"{LABELS[first.verdict]:<15}", _STYLES[first.verdict])
    line.append_text(plain(first.name or "nobody named", "bold"))
    if first.by_owner:
        line.append_text(plain(" (owner)", "dim"))
    line.append_text(plain(f"  {listed(fold.duties)} @ {listed(fold.scopes)}"))
    console.print(line, overflow="fold")
    shown = first.witnesses if whole else first.witnesses[:_MOST]
    for witness in shown:
        console.print(Padding(_witness(witness), (0, 0, 0, 4)))
    left = len(first.witnesses) - len(shown) + first.more
    if left:
        console.print(Padding(plain(f"and {left:,} more: --whole, or --format json", "dim"), (0, 0, 0, 4)))
    if not first.witnesses:
        console.print(Padding(plain(first.why), (0, 0, 0, 4)))
    if first.todo:
        console.print(Padding(plain(f"do: {first.todo}", "dim"), (0, 0, 0, 4)))


def _witness(witness: Witness) -> Text:
    text = plain(witness.says)
    told = ", ".join(part for part in (witness.at[:10], witness.grade.name.lower(), witness.source) if part)
    return text.append_text(plain(f"  [{told}]", "dim"))
