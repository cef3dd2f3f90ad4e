"""The control matrix as a table: rows of one answer folded, with the number of scopes that it holds for."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from demarc.model.assessment import Assessment
from demarc.reports.filters import Filters, select
from demarc.reports.folds import Details, Group, fold
from demarc.reports.terminal.draw import PARTY_STYLES, plain, say, status_text
from demarc.reports.text import count, listed, safe_text
from demarc.reports.words import PARTIES, party_key

_WIDE = 110
_DUTY = 20
"""Width that the duty column keeps: the longest name of a duty without its layer."""
_LONGEST = 64
"""Names are cut to this in the table, so that one long name cannot push the others out; explain shows all of it."""


def matrix(assessment: Assessment, console: Console, filters: Filters) -> None:
    """Print the rows that meet the filters; all of them when there are none."""
    rows = select(assessment, filters)
    if not rows:
        asked = f" with {filters}" if str(filters) else ""
        say(console, f"No row{asked}. The matrix has {count(assessment.tally.rows, 'row')}.")
        return
    folded = fold(rows)
    wide = console.width >= _WIDE
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Status", no_wrap=True)
    table.add_column("Duty", overflow="fold", min_width=28 if wide else _DUTY)
    for name in (*(("Part",) if wide else ()), "Where", "Party", "Owner", *(("Review",) if wide else ())):
        table.add_column(name, overflow="fold")
    for group in folded.groups:
        table.add_row(*_cells(group, folded.details[next(iter(group.variants))], wide=wide))
    console.print(table)
    of = "" if len(rows) == len(assessment.matrix) else f" of {len(assessment.matrix):,}"
    say(console, f"{count(len(rows), 'row')}{of} in {count(len(folded.groups), 'line')}", style="dim")


def _cells(group: Group, details: Details, *, wide: bool) -> list[Text]:
    answer = group.answer
    party = party_key(answer.party, answer.status)
    named = f" {answer.party_name}" if answer.party_name and wide else ""
    who = Text(f" {PARTIES[party].letter} ", style=PARTY_STYLES[party])
    who.append_text(plain(f" {PARTIES[party].label}{named}", limit=_LONGEST))
    part = plain(answer.component, limit=_LONGEST)
    duty = plain(answer.duty) if wide else Text.assemble(_broken(answer.duty), "\n", (part.plain, "dim"))
    reviewed = [plain(group.next_review or "")]
    return [
        status_text(answer.status),
        duty,
        *([part] if wide else []),
        where(group),
        who,
        holders(details),
        *(reviewed if wide else []),
    ]


def _broken(duty: str) -> str:
    """Break a long duty id after its layer, where a narrow column would break it anywhere."""
    return safe_text(duty) if len(duty) <= _DUTY else safe_text(duty).replace(".", ".\n", 1)


def where(group: Group) -> Text:
    """Scopes of a group: the one, or how many and which first."""
    unit = group.answer.unit.value
    names = [plain(row.scope.name, limit=_LONGEST).plain for row in group.rows[:2]]
    if len(group.rows) == 1:
        return plain(f"{unit} {names[0]}")
    nouns = {"identity": "identities"}.get(unit, f"{unit}s")
    more = f" and {len(group.rows) - 2:,} more" if len(group.rows) > 2 else ""
    return plain(f"{len(group.rows):,} {nouns}: {listed(names)}{more}")


def holders(details: Details) -> Text:
    """Owner of a group, or the owners in conflict."""
    if details.owners_in_conflict:
        return plain(" or ".join(plain(holder.name, limit=_LONGEST).plain for holder in details.owners_in_conflict))
    if details.owner is None:
        return Text("-")
    text = plain(details.owner.name, limit=_LONGEST)
    return text if details.owner.registered else text.append(" (not in the register)", style="dim")
