"""The control matrix as a table: rows of one answer folded, with the number of scopes that it holds for."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from demarc.model.assessment import Assessment
from demarc.model.roles import Verdict
from demarc.reports.beside import LETTERS, NOBODY, Beside
from demarc.reports.filters import Filters, select
from demarc.reports.folds import Details, Group, fold
from demarc.reports.terminal.draw import PARTY_STYLES, plain, say, status_text
from demarc.reports.terminal.roles import STYLES
from demarc.reports.text import count, listed, safe_text
from demarc.reports.words import PARTIES, VERDICTS, party_key

_WIDE = 110
_WIDEST = 150
"""From here on the part has a column of its own."""
_DUTY = 20
"""Width that the duty column keeps: the longest name of a duty without its layer."""
_MARKS = 8
"""Width of the marks of three roles."""
_LONGEST = 64
"""Names are cut to this in the table, so that one long name cannot push the others out; explain shows all of it."""


def matrix(assessment: Assessment, console: Console, filters: Filters, beside: Beside | None = None) -> None:
    """Print the rows that meet the filters; all of them when there are none. With what evidence says of their roles."""
    rows = select(assessment, filters)
    if not rows:
        asked = f" with {filters}" if str(filters) else ""
        say(console, f"No row{asked}. The matrix has {count(assessment.tally.rows, 'row')}.")
        return
    folded = fold(rows, beside)
    wide = console.width >= _WIDE
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Status", no_wrap=True)
    # Columns that must not be cut have their widths fixed; the others share what is left.
    table.add_column("Duty", overflow="fold", width=28 if wide else _DUTY)
    widest = console.width >= _WIDEST
    for name in (*(("Part",) if widest else ()), "Where", "Party", "Owner"):
        table.add_column(name, overflow="fold")
    if wide:
        table.add_column("Review", width=len("2026-01-01"))
        if beside is not None:
            table.add_column("Evidence", width=_MARKS)
    for group in folded.groups:
        cells = _cells(group, folded.details[next(iter(group.variants))], wide=wide, widest=widest)
        if beside is not None and wide:
            cells.append(marked(group.answer.marks))
        elif group.answer.marks:
            # A column more would break the names of scopes: the marks stand below whoever they are about.
            cells[-1] = Text("\n").join([cells[-1], marked(group.answer.marks)])
        table.add_row(*cells)
    console.print(table)
    of = "" if len(rows) == len(assessment.matrix) else f" of {len(assessment.matrix):,}"
    say(console, f"{count(len(rows), 'row')}{of} in {count(len(folded.groups), 'line')}", style="dim")
    if beside is not None:
        _legend(beside, console)


def _legend(beside: Beside, console: Console) -> None:
    letters = ", ".join(f"{letter} {role.value}" for role, letter in LETTERS.items())
    marks = ", ".join(f"{word.letter} {word.label}" for word in VERDICTS.values())
    said = f"Evidence of {letters}: {marks}, {NOBODY} nobody is named. demarc explain shows it."
    console.print(plain(said, "dim"), overflow="fold")
    if beside.report.unseen:
        missing = count(len(beside.report.unseen), "source of evidence", "sources of evidence")
        console.print(plain(f"Not given: {missing}; demarc evidence roles names them.", "dim"), overflow="fold")


def marked(marks: str) -> Text:
    """Marks of roles, in the colours of what they say."""
    styles = {word.letter: STYLES[Verdict(key)] for key, word in VERDICTS.items()}
    return Text(" ").join(Text(mark, style=styles.get(mark[-1:], "dim")) for mark in marks.split())


def _cells(group: Group, details: Details, *, wide: bool, widest: bool) -> list[Text]:
    answer = group.answer
    party = party_key(answer.party, answer.status)
    named = f" {answer.party_name}" if answer.party_name and wide else ""
    who = Text(f" {PARTIES[party].letter} ", style=PARTY_STYLES[party])
    who.append_text(plain(f" {PARTIES[party].label}{named}", limit=_LONGEST))
    part = plain(answer.component, limit=_LONGEST)
    duty = plain(answer.duty) if wide else Text(_broken(answer.duty))
    if not widest:
        duty = Text.assemble(duty, "\n", (part.plain, "dim"))
    reviewed = [plain(group.next_review or "")]
    return [
        status_text(answer.status),
        duty,
        *([part] if widest else []),
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
