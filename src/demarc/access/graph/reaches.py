"""The summary: which entries reach which impacts, in how many hops, and which for certain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from demarc.access.graph.crossing import NEVER, crossing
from demarc.access.graph.interface import Graph
from demarc.access.graph.places import every_entry, every_impact, nodes_of
from demarc.model.graph import Choice, Reach, Reaches


def reaches(
    graph: Graph,
    entries: Sequence[Choice] | None = None,
    impacts: Sequence[Choice] | None = None,
    *,
    without: Iterable[str] = (),
) -> Reaches:
    """Every entry to every impact; all that the graph knows where none are named. An impact never reaches itself."""
    entries = every_entry(graph) if entries is None else tuple(entries)
    impacts = every_impact(graph) if impacts is None else tuple(impacts)
    gone = tuple(without)
    allowed = ~graph.resting_on(gone) if gone else np.ones(len(graph.arrays), dtype=np.bool_)
    starts = [nodes_of(graph, choice) for choice in entries]
    goals = [nodes_of(graph, choice) for choice in impacts]
    possible = crossing(graph.arrays.only(allowed)[0], starts, goals, walk=False).hops
    certain = possible
    if (graph.arrays.unknown & allowed).any():
        certain = crossing(graph.arrays.only(allowed & ~graph.arrays.unknown)[0], starts, goals, walk=False).hops
    cells = []
    for row, column in np.argwhere(possible != NEVER).tolist():
        surely = int(certain[row, column]) != NEVER
        hops = int(certain[row, column] if surely else possible[row, column])
        if hops:
            cells.append(Reach(entry=entries[row].word, impact=impacts[column].word, hops=hops, certain=surely))
    return Reaches(entries=entries, impacts=impacts, cells=tuple(cells))
