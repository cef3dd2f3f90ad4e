"""A figure as a fragment of SVG for a page: boxes below each other, steps between them, further needs at the side.

Carries no colour, no style and no script, only classes for the page's style. Every label is wrapped to its box and
escaped; names stand in letters of one width, so that what fits can be counted without a browser.
"""

from __future__ import annotations

import unicodedata
from html import escape

from msgspec import Struct

from demarc.reports.diagrams.figure import Arrow, Box, Figure

WIDTH = 560
"""Most that a drawing is wide, in its own units; the page shows it one to one. Without side needs it is narrower."""
_EDGE, _BOX, _PAD, _GAP = 12, 256, 10, 22
_LINE, _LETTER = 16, 7.3
"""Height of a line and width of a letter of 12 px."""
_DOWN = _BOX - 40
"""Width of what stands beside an arrow that goes straight down: lanes run to the right of the boxes."""
_LANE, _MOST_LANES = 14, 8
_BREAKS = frozenset("/:.-_@, ")


class _Place(Struct, frozen=True):
    """Where a box stands, with its label in lines."""

    box: Box
    lines: tuple[str, ...]
    top: int
    height: int


def svg(figure: Figure, *, name: str, says: str = "") -> str:
    """Draw a figure. ``name`` begins the ids of its title and description and must be unique in the page."""
    return _Drawing(figure).written(escape(name), says)


def wrapped(text: str, width: float) -> tuple[str, ...]:
    """Lines of at most so many letters, broken after a separator where one stands in the second half."""
    lines: list[str] = []
    line, used = "", 0.0
    for letter in text:
        wide = _letters(letter)
        if line and used + wide > width:
            cut = max((at for at, one in enumerate(line, 1) if one in _BREAKS), default=0)
            cut = cut if cut * 2 > len(line) else len(line)
            lines.append(line[:cut].rstrip())
            line = line[cut:]
            used = sum(map(_letters, line))
        line, used = line + letter, used + wide
    return (*lines, line)


def _letters(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1


def _label(lines: tuple[str, ...], width: float) -> tuple[str, ...]:
    return tuple(part for line in lines for part in wrapped(line, width / _LETTER))


class _Drawing:
    """Places, lanes and the text of the arrows: all is known before anything is written."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        order = {box.id: index for index, box in enumerate(figure.boxes)}
        self.down: dict[int, list[Arrow]] = {index: [] for index in range(len(order))}
        self.around: dict[int, list[Arrow]] = {index: [] for index in range(len(order))}
        for arrow in figure.arrows:
            source, target = order[arrow.source], order[arrow.target]
            straight = target == source + 1 and not self.down[target]
            (self.down if straight else self.around)[target].append(arrow)
        sources = dict.fromkeys(arrow.source for arrows in self.around.values() for arrow in arrows)
        self.lanes = {source: _EDGE + _BOX + _LANE * (turn % _MOST_LANES + 1) for turn, source in enumerate(sources)}
        self.beside = _EDGE + _BOX + _LANE * (min(len(self.lanes), _MOST_LANES) + 1)
        self.width = WIDTH if self.lanes else _EDGE + _BOX + _EDGE
        self.places: list[_Place] = []
        self.height = self._placed()
        self.at = {place.box.id: place for place in self.places}

    def _placed(self) -> int:
        y = _EDGE
        for index, box in enumerate(self.figure.boxes):
            if index:
                y += _GAP + _LINE * max((len(self._says(arrow, _DOWN)) for arrow in self.down[index]), default=0)
            lines = _label(box.label, _BOX - 2 * _PAD)
            around = sum(self._room(arrow) for arrow in self.around[index])
            height = max(_LINE * len(lines) + 2 * _PAD, around + _PAD)
            self.places.append(_Place(box, lines, y, height))
            y += height
        return y + _EDGE

    def _says(self, arrow: Arrow, width: int = 0) -> tuple[str, ...]:
        lines = (*arrow.label, "cannot be seen") if arrow.unknown else arrow.label
        return _label(lines, width or WIDTH - _EDGE - self.beside)

    def _room(self, arrow: Arrow) -> int:
        return _LINE * max(1, len(self._says(arrow))) + 6

    def written(self, name: str, says: str) -> str:
        described = f' aria-describedby="{name}-d"' if says else ""
        start = (
            f'<svg class="flow" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" role="img" '
            f'aria-labelledby="{name}-t"{described} xmlns="http://www.w3.org/2000/svg">'
            f'<title id="{name}-t">{escape(self.figure.title)}</title>'
        )
        parts = [start]
        if says:
            parts.append(f'<desc id="{name}-d">{escape(says)}</desc>')
        for index, place in enumerate(self.places):
            parts += [self._down(arrow, index) for arrow in self.down[index]]
            y = place.top + _PAD
            for arrow in self.around[index]:
                parts.append(self._around(arrow, y))
                y += self._room(arrow)
        parts += [_box(place) for place in self.places]
        return "".join([*parts, "</svg>"])

    def _down(self, arrow: Arrow, index: int) -> str:
        above, below = self.places[index - 1], self.places[index]
        start, end, x = above.top + above.height, below.top, _EDGE + 24
        says = self._says(arrow, _DOWN)
        first = start + (end - start - _LINE * len(says)) // 2 + 12
        return _group(arrow, f"M{x} {start}V{end - 7}", f"M{x - 5} {end - 8}h10l-5 8z", says, (x + 16, first))

    def _around(self, arrow: Arrow, y: int) -> str:
        source, side, lane = self.at[arrow.source], _EDGE + _BOX, self.lanes[arrow.source]
        leave = source.top + source.height - 8
        line = f"M{side} {leave}H{lane}V{y}H{side + 7}"
        return _group(arrow, line, f"M{side + 8} {y - 5}v10l-8 -5z", self._says(arrow), (self.beside, y + 4))


def _group(arrow: Arrow, line: str, head: str, says: tuple[str, ...], at: tuple[int, int]) -> str:
    kind = "step" + (" unknown" if arrow.unknown else "") + (" side" if arrow.side else "")
    return f'<g class="{kind}"><path class="line" d="{line}"/><path class="head" d="{head}"/>{_text(says, *at)}</g>'


def _box(place: _Place) -> str:
    kind = f"box {place.box.role}".rstrip()
    return (
        f'<g class="{kind}"><rect x="{_EDGE}" y="{place.top}" width="{_BOX}" height="{place.height}" rx="6"/>'
        f"{_text(place.lines, _EDGE + _PAD, place.top + _PAD + 12)}</g>"
    )


def _text(lines: tuple[str, ...], x: int, y: int) -> str:
    return "".join(
        f'<text class="{"first" if not row else "more"}" x="{x}" y="{y + _LINE * row}">{escape(line)}</text>'
        for row, line in enumerate(lines)
    )
