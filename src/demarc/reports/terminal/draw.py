"""Pieces that the terminal views share: safe text, colours of parties and statuses, bars.

Strings become ``Text`` here and nowhere else, so that Rich never reads markup out of a name.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from demarc.model.assessment import GAPS, Status
from demarc.reports.text import safe_text
from demarc.reports.words import PARTIES, STATUSES, label_of

CUT = 100
"""From this width on, a line is one line: the summary must fit on a screen of 100 by 40."""

PARTY_STYLES = {
    "provider": "white on blue",
    "customer": "black on yellow",
    "shared": "black on cyan",
    "third_party": "white on magenta",
    "ambiguous": "white on red",
    "uncovered": "reverse",
    "unknown": "white on bright_black",
}


def plain(value: str, style: str = "", limit: int | None = None) -> Text:
    """Text of one line that came from input."""
    return Text(safe_text(value, limit), style=style)


def line(*parts: str | Text, style: str = "") -> Text:
    """Text of parts; strings are made safe."""
    text = Text(style=style, no_wrap=True, overflow="ellipsis")
    for part in parts:
        text.append_text(part if isinstance(part, Text) else plain(part))
    return text


def say(console: Console, *parts: str | Text, style: str = "") -> None:
    """Print a line. It is cut rather than wrapped where the screen is wide enough to lose little by it.

    (Rich forgets what a Text says of wrapping when it prints it, so it is said again here.)
    """
    if console.width < CUT:
        console.print(line(*parts, style=style), no_wrap=False, overflow="fold")
    else:
        console.print(line(*parts, style=style), no_wrap=True, overflow="ellipsis")


def heading(value: str) -> Text:
    """Heading of a part."""
    return line(plain(value, "bold"))


def status_text(status: Status) -> Text:
    """Status by its label; gaps stand out."""
    label = label_of(STATUSES, status.value)
    if status in GAPS:
        return Text(label, style="bold red")
    return Text(label, style="bold yellow" if status is Status.AMBIGUOUS else "")


def shares(counts: Mapping[str, int], width: int) -> dict[str, int]:
    """Divide ``width`` cells among counts, in proportion; whoever has something gets at least one cell.

    The cells add up to ``width`` exactly, as long as it is not less than the number of counts above zero.
    """
    held = {key: number for key, number in counts.items() if number > 0}
    total = sum(held.values())
    if not total:
        return {}
    cells = {key: max(1, number * width // total) for key, number in held.items()}
    while sum(cells.values()) != width:
        step = 1 if sum(cells.values()) < width else -1
        open_ = [key for key in cells if step > 0 or cells[key] > 1]
        if not open_:
            break
        key = max(open_, key=lambda key: step * (held[key] / total - cells[key] / width))
        cells[key] += step
    return cells


def bar(counts: Mapping[str, int], width: int) -> Text:
    """A bar of letters, one part per party, that also reads without colour."""
    text = Text()
    cells = shares({key: counts.get(key, 0) for key in PARTIES}, width)
    for key, number in cells.items():
        text.append(PARTIES[key].letter * number, style=PARTY_STYLES[key])
    return text
