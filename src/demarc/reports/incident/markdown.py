"""The document as Markdown, for tickets and repositories. Names of others cannot become markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from demarc.model.case import Action, Phase
from demarc.model.incident_report import IncidentReport
from demarc.reports import words
from demarc.reports.incident.document import (
    Block,
    Document,
    Grid,
    Letter,
    Listed,
    Pairs,
    Says,
    Section,
    Steps,
    Walk,
    document,
    owner_word,
)
from demarc.reports.text import safe_lines, safe_text

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def render_markdown(report: IncidentReport) -> bytes:
    """Write the whole report."""
    return ("\n".join(_lines(document(report))).strip() + "\n").encode()


def _lines(told: Document) -> Iterator[str]:
    yield f"# {_text(told.title)}"
    yield f"\n{_text(told.kicker)}\n"
    yield from _blocks(told.head)
    for section in told.sections:
        yield from _section(section, "##")
    yield "\n## Runbook: the platform\n"
    for section in told.platform:
        yield from _section(section, "###")
    yield "\n## Runbook: the tenant\n"
    for section in told.tenant:
        yield from _section(section, "###")
    for section in told.after:
        yield from _section(section, "##")


def _section(section: Section, mark: str) -> Iterator[str]:
    yield f"\n{mark} {_text(section.title)}\n"
    yield from _blocks(section.blocks)


def _blocks(blocks: tuple[Block, ...]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Says):
            yield f"{'> ' if block.tone == 'note' else ''}{_text(block.text)}\n"
        elif isinstance(block, Pairs):
            yield from (f"- **{_text(label)}:** {_text(value)}" for label, value in block.items)
            yield ""
        elif isinstance(block, (Grid, Walk)):
            yield from _grid(block.grid() if isinstance(block, Walk) else block)
        elif isinstance(block, Listed):
            yield from (f"- {_text(item)}" for item in block.items)
            yield ""
        elif isinstance(block, Letter):
            yield from _code(block.text, "text")
        elif isinstance(block, Steps):
            yield from _phase(block.phase)


def _grid(grid: Grid) -> Iterator[str]:
    yield "| " + " | ".join(_text(column) for column in grid.columns) + " |"
    yield "|" + "---|" * len(grid.columns)
    for row in grid.rows:
        cells = [
            words.PARTIES[cell].label if at == grid.party and cell in words.PARTIES else cell
            for at, cell in enumerate(row)
        ]
        yield "| " + " | ".join(_text(cell) or " " for cell in cells) + " |"
    yield ""


def _phase(phase: Phase) -> Iterator[str]:
    for at, action in enumerate(phase.actions, 1):
        yield from _action(at, action)


def _action(at: int, action: Action) -> Iterator[str]:
    yield f"{at}. **{_text(action.what)}**"
    if action.why:
        yield f"   {_text(action.why)}"
    if owner := owner_word(action.owner):
        yield f"   Owner: {_text(owner)}."
    if action.does_not_help:
        yield f"   Does not help: {_text(action.does_not_help)}."
    if action.command:
        yield ""
        yield from (f"   {line}" for line in _code(action.command, "sh"))
    if action.undo:
        yield f"   Undo: {_inline(action.undo)}"
    if action.source:
        yield f"   Source: <{safe_text(action.source)}>"
    yield ""


def _code(text: str, language: str) -> Iterator[str]:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield from safe_lines(text)
    yield fence


def _inline(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    tick = "`" * (longest + 1)
    return f"{tick} {safe_text(text)} {tick}" if longest else f"`{safe_text(text)}`"


def _text(text: str) -> str:
    return _MARKUP.sub(r"\\\1", safe_text(text.replace("\n", " ")))
