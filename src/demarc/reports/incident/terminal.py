"""The document on a terminal: the verdict first, what to do next, and where the rest is."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from demarc.model.case import Action
from demarc.model.incident_report import IncidentReport
from demarc.reports import words
from demarc.reports.incident.document import (
    Block,
    Grid,
    Listed,
    Pairs,
    Says,
    Section,
    Steps,
    Taken,
    Walk,
    document,
    owner_word,
)
from demarc.reports.terminal.draw import PARTY_STYLES, heading
from demarc.reports.text import safe_text


def show(report: IncidentReport, console: Console) -> None:
    """Print the report. The letter is long and is in every other format: here it is named only."""
    told = document(report)
    console.print(heading(told.title))
    console.print(Text(safe_text(told.kicker), style="dim"))
    _blocks(told.head, console)
    for section in told.sections:
        _section(section, console)
    console.print(Text("\nWhat to do: the tenant", style="bold"))
    for section in told.tenant:
        _section(section, console)
    console.print(Text("\nWhat to ask: the platform", style="bold"))
    for section in told.platform:
        _section(section, console)
    for section in told.after:
        if section.key != "letter":
            _section(section, console)
    console.print(Text("\nThe letter, ready to send, is in --format markdown, html and json.", style="dim"))


def _section(section: Section, console: Console) -> None:
    console.print()
    console.print(heading(section.title))
    _blocks(section.blocks, console)


def _blocks(blocks: tuple[Block, ...], console: Console) -> None:
    for block in blocks:
        if isinstance(block, Steps):
            for action in block.phase.actions:
                _action(action, console)
        else:
            for piece in _pieces(block):
                console.print(piece)


def _pieces(block: Block) -> Iterator[RenderableType]:
    if isinstance(block, Says):
        yield Text(safe_text(block.text), style="yellow" if block.tone == "note" else "")
    elif isinstance(block, Pairs):
        yield _pairs(block)
    elif isinstance(block, Grid):
        yield _grid(block)
    elif isinstance(block, Walk):
        for step in block.steps:
            yield from _step(step)
    elif isinstance(block, Listed):
        yield from (Padding(Text(f"- {safe_text(item)}"), (0, 0, 0, 2)) for item in block.items)


def _step(step: Taken) -> Iterator[RenderableType]:
    first = Text(f"{step.n:>2}  ", style="bold").append(safe_text(f"{step.at} {step.what}".strip()), style="bold")
    if step.notes:
        first.append(f"  ({', '.join(step.notes)})", style="not bold yellow")
    yield first
    word = words.PARTIES[step.party]
    second = Text("    ").append(f" {word.label} ", style=PARTY_STYLES[step.party]).append(f"  {step.duty}")
    second.append(safe_text(f"  [{step.technique}, {step.part}]"), style="dim")
    yield second
    if step.owner:
        yield Text(f"    owner then: {safe_text(step.owner)}")
    yield Padding(Text(safe_text(step.why), style="dim"), (0, 0, 0, 4))


def _pairs(block: Pairs) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for label, value in block.items:
        table.add_row(Text(safe_text(label)), Text(safe_text(value)))
    return table


def _grid(grid: Grid) -> Table:
    table = Table(box=SIMPLE, padding=(0, 1), show_edge=False, header_style="dim")
    for at, column in enumerate(grid.columns):
        table.add_column(Text(column), overflow="fold", no_wrap=at in {0, grid.party})
    for row in grid.rows:
        table.add_row(*(_cell(cell, is_party=at == grid.party) for at, cell in enumerate(row)))
    return table


def _cell(cell: str, *, is_party: bool) -> Text:
    if is_party and cell in words.PARTIES:
        return Text(words.PARTIES[cell].label, style=PARTY_STYLES[cell])
    return Text(safe_text(cell))


def _action(action: Action, console: Console) -> None:
    console.print(
        Padding(Text(f"{action.id}  ", style="dim").append(safe_text(action.what), style="default"), (0, 0, 0, 2))
    )
    beside = [
        ("", action.why),
        ("owner ", owner_word(action.owner)),
        ("does not help: ", action.does_not_help),
        ("undo  ", action.undo),
    ]
    for label, said in beside:
        if said:
            console.print(Padding(Text(f"{label}{safe_text(said)}", style="dim"), (0, 0, 0, 6)))
    if action.command:
        # A command is copied: it is printed whole, never cut.
        console.print(Text(f"      $ {safe_text(action.command)}"), soft_wrap=True)
