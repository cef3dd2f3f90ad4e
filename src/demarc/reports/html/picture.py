"""The layers of the cluster as a picture: where each duty is drawn, how wide, and in which parties' colours.

Gives rectangles; the template draws them as SVG. The provider's floor lies at the bottom. Where pools mix deployment
models, duties whose answer depends on the model stand in a column per model.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from demarc.model.assessment import GAPS, Assessment, MatrixRow
from demarc.reports.html.links import fragment
from demarc.reports.text import count, safe_text
from demarc.reports.words import LAYERS, PARTIES, party_key

_HEIGHT = 46
_GAP = 4
_CAPTION = 16
_BETWEEN = 12


class Segment(NamedTuple):
    """Part of a block in the colour of one party."""

    party: str
    x: float
    width: float


class Block(NamedTuple):
    """One duty, in one column."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    """Its name without the layer, in at most two lines."""
    says: str
    """Letters and counts: ``C 120``."""
    segments: tuple[Segment, ...]
    open_width: float
    """Width of the bar for rows that have something to close."""
    title: str
    href: str


class Caption(NamedTuple):
    """Name of a layer, or of a model above its column."""

    x: float
    y: float
    text: str
    kind: str
    """layer, count or model."""


class Picture(NamedTuple):
    """All that is drawn."""

    name: str
    width: int
    height: float
    blocks: tuple[Block, ...]
    captions: tuple[Caption, ...]
    rules: tuple[float, ...]
    """Heights of the lines between layers."""


class _Tile(NamedTuple):
    duty: str
    parties: dict[str, int]
    gaps: int


def picture(assessment: Assessment, name: str, width: int, label: int) -> Picture:
    """Lay the layers out in ``width`` units, with ``label`` units for their names; 0 puts the names above."""
    layers = {entry.duty.id: entry.duty.layer.value for entry in assessment.duties}
    by_layer: dict[str, list[MatrixRow]] = {}
    for row in assessment.matrix:
        by_layer.setdefault(layers[row.duty], []).append(row)
    canvas = _Canvas(width, label)
    for layer in reversed(LAYERS):
        if layer in by_layer:
            canvas.layer(layer, by_layer[layer], assessment.models)
    return Picture(name, width, canvas.y, tuple(canvas.blocks), tuple(canvas.captions), tuple(canvas.rules))


class _Canvas:
    def __init__(self, width: int, label: int) -> None:
        self.width = width
        self.label = label
        self.y = 0.0
        self.blocks: list[Block] = []
        self.captions: list[Caption] = []
        self.rules: list[float] = []

    def layer(self, layer: str, rows: list[MatrixRow], models: tuple[str, ...]) -> None:
        """Draw a layer below what is there."""
        if self.blocks:
            self.rules.append(self.y + _BETWEEN / 2)
            self.y += _BETWEEN
        self.captions.append(Caption(0, self.y + 17, LAYERS[layer].label, "layer"))
        if self.label:
            self.captions.append(Caption(0, self.y + 34, count(len(rows), "row"), "count"))
        else:
            self.y += 24
        top = self.y
        columns = _columns(rows, models)
        spanning = columns.pop("", [])
        if spanning:
            self.y = self._flow(_tiles(spanning), self.label, self.width - self.label, self.y) + _GAP
        if columns:
            self._columns(columns)
        self.y = max(self.y - _GAP, top + (38 if self.label else 0))

    def _columns(self, columns: dict[str, list[MatrixRow]]) -> None:
        side_by_side = len(columns) if self.label else 1
        room = (self.width - self.label - (side_by_side - 1) * 3 * _GAP) / side_by_side
        ends = [self.y]
        for at, (model, rows) in enumerate(columns.items()):
            x = self.label + (at % side_by_side) * (room + 3 * _GAP)
            y = self.y if self.label else ends[-1]
            self.captions.append(Caption(x, y + 11, safe_text(model.replace("_", " "), 40), "model"))
            ends.append(self._flow(_tiles(rows), x, room, y + _CAPTION) + _GAP)
        self.y = max(ends)

    def _flow(self, tiles: list[_Tile], x: float, room: float, y: float) -> float:
        """Draw tiles in as few lines as their least width allows; gives the height below them."""
        least = 92 if self.label else 80
        most = max(1, int((room + _GAP) // (least + _GAP)))
        lines = math.ceil(len(tiles) / most)
        per_line = math.ceil(len(tiles) / lines)
        for start in range(0, len(tiles), per_line):
            here = tiles[start : start + per_line]
            at = x
            for tile, width in zip(here, _widths(here, room, least), strict=True):
                self.blocks.append(_block(tile, at, y, width))
                at += width + _GAP
            y += _HEIGHT + _GAP
        return y - _GAP


def _columns(rows: list[MatrixRow], models: tuple[str, ...]) -> dict[str, list[MatrixRow]]:
    """Rows by model, for duties whose party depends on it; under the empty name for all the rest."""
    parties: dict[str, dict[str, set[str]]] = {}
    for row in rows:
        if len(row.models) == 1:
            found = parties.setdefault(row.duty, {}).setdefault(row.models[0], set())
            found.add(party_key(row.party, row.status))
    moved = {duty for duty, found in parties.items() if len(set(map(frozenset, found.values()))) > 1}
    columns: dict[str, list[MatrixRow]] = {}
    for row in rows:
        own = row.models[0] if len(models) > 1 and len(row.models) == 1 and row.duty in moved else ""
        columns.setdefault(own, []).append(row)
    return dict(sorted(columns.items()))


def _tiles(rows: list[MatrixRow]) -> list[_Tile]:
    tiles: dict[str, _Tile] = {}
    for row in rows:
        tile = tiles.get(row.duty) or _Tile(row.duty, {}, 0)
        party = party_key(row.party, row.status)
        tile.parties[party] = tile.parties.get(party, 0) + 1
        tiles[row.duty] = tile._replace(gaps=tile.gaps + (row.status in GAPS))
    return list(tiles.values())


def _widths(tiles: list[_Tile], room: float, least: float) -> list[float]:
    """Share the room by the square root of the rows, none narrower than ``least`` where that can be."""
    free = room - _GAP * (len(tiles) - 1)
    least = min(least, free / len(tiles))
    weights = [math.sqrt(sum(tile.parties.values())) for tile in tiles]
    spare = free - least * len(tiles)
    return [round(least + spare * weight / sum(weights), 2) for weight in weights]


def _block(tile: _Tile, x: float, y: float, width: float) -> Block:
    total = sum(tile.parties.values())
    segments, at = [], x
    said = []
    for party, word in PARTIES.items():
        number = tile.parties.get(party, 0)
        if number:
            part = width * number / total
            segments.append(Segment(party, round(at, 2), round(part, 2)))
            said.append((word, number))
            at += part
    short = " ".join(f"{word.letter} {number:,}" for word, number in said)
    long = ", ".join(f"{word.label.lower()} {number:,}" for word, number in said)
    gaps = f"; {count(tile.gaps, 'row')} to close" if tile.gaps else ""
    return Block(
        x=round(x, 2),
        y=round(y, 2),
        width=width,
        height=_HEIGHT,
        lines=_wrapped(tile.duty.partition(".")[2] or tile.duty, int((width - 14) // 6.4)),
        says=short,
        segments=tuple(segments),
        open_width=round(width * tile.gaps / total, 2),
        title=f"{safe_text(tile.duty)}: {long}{gaps}",
        href=fragment(duty=tile.duty),
    )


def _wrapped(name: str, room: int) -> tuple[str, ...]:
    """A name in one line, or in two broken at a hyphen."""
    name = safe_text(name)
    if len(name) <= room:
        return (name,)
    cut = name.rfind("-", 0, room) + 1
    if not cut:
        return (safe_text(name, room),)
    return (name[:cut], safe_text(name[cut:], room))
