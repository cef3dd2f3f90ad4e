"""The smallest set of removable units that cuts every way: choke points.

A unit (a grant, a duty in a scope) may carry many edges, and one edge may be stopped by any of several units, so this
is no plain minimum cut. Implicit hitting sets answer it exactly, joint needs included: ways are collected; the smallest
set that meets all of them is a lower bound; when it leaves no way at all it is the answer, else the ways it left are
collected too. What is given has always been tried: with the units gone, a search finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from demarc.access.graph.arrays import Arrays, Ints, Mask
from demarc.access.graph.hitting import smallest_hitting
from demarc.access.graph.search import UNREACHED, search
from demarc.access.graph.walk import Walk, walk_to

MOST_ROUNDS = 200
"""Rounds of collecting before what is found is given as not proven smallest."""

MOST_IN_BATCH = 5_000
"""Ways that are taken from one search."""


class Cut(NamedTuple):
    """The outcome."""

    units: tuple[int, ...]
    """What to remove, ascending. Empty where nothing leads there anyway, or where ``uncut`` is set."""
    at_least: int
    """No fewer units can do it. Equal to their number where this is proven smallest."""
    uncut: Walk | None = None
    """A way that no unit stops: then no set of units cuts everything."""


class Units:
    """Which units stop which edges. Units are numbers."""

    def __init__(self, edges: int, of: Iterable[tuple[int, int]]) -> None:
        """``of`` holds (edge, unit)."""
        pairs = np.array(sorted(set(of)), dtype=np.int64).reshape(-1, 2)
        self.of: dict[int, frozenset[int]] = {}
        for edge, unit in pairs.tolist():
            self.of[edge] = self.of.get(edge, frozenset()) | {unit}
        self._count = edges
        order = np.argsort(pairs[:, 1], kind="stable")
        self._units, self._edges = pairs[order, 1], pairs[order, 0]

    def left(self, gone: Iterable[int], allowed: Mask | None = None) -> Mask:
        """Edges that stay when units are gone."""
        keep = np.ones(self._count, dtype=np.bool_) if allowed is None else allowed.copy()
        for unit in gone:
            first, last = np.searchsorted(self._units, [unit, unit + 1])
            keep[self._edges[first:last]] = False
        return keep

    def along(self, walk: Walk) -> frozenset[int]:
        """Units any one of which stops a walk."""
        return frozenset().union(*(self.of.get(edge, frozenset()) for edge in walk.all_edges))


def relevant(arrays: Arrays, starts: Sequence[int], goals: Sequence[int], allowed: Mask | None = None) -> Ints:
    """Edges that can lie on a way from starts to goals: all that is needed to find and cut them."""
    reached = search(arrays, starts, allowed=allowed).reached()
    usable = reached[arrays.source] if allowed is None else reached[arrays.source] & allowed
    for edge, tails in arrays.tails.items():
        usable[edge] &= bool(reached[list(tails)].all())
    # Backward, an edge with needs leads to each of its tails.
    joint = [(edge, node) for edge, tails in arrays.tails.items() if usable[edge] for node in tails]
    plain = usable.copy()
    plain[list(arrays.needs)] = False
    edges = np.flatnonzero(plain)
    back = Arrays(
        nodes=arrays.nodes,
        source=np.concatenate([arrays.target[edges], arrays.target[[edge for edge, _ in joint] or np.zeros(0, int)]]),
        target=np.concatenate([arrays.source[edges], np.array([node for _, node in joint], dtype=np.int32)]),
        cost=np.ones(len(edges) + len(joint), dtype=np.int32),
        unknown=np.zeros(len(edges) + len(joint), dtype=np.bool_),
        needs={},
    )
    wanted = search(back, goals).reached()
    return np.flatnonzero(usable & wanted[arrays.target])


def smallest_cut(
    arrays: Arrays,
    starts: Sequence[int],
    goals: Sequence[int],
    units: Units,
    *,
    allowed: Mask | None = None,
    most_rounds: int = MOST_ROUNDS,
) -> Cut:
    """Cut every way from any start to any goal with as few units as possible."""
    ways: list[frozenset[int]] = []
    chosen: frozenset[int] = frozenset()
    at_least = 0
    for _ in range(most_rounds):
        fresh, uncut = _ways(arrays, starts, goals, units, units.left(chosen, allowed))
        if uncut is not None:
            return Cut((), 0, uncut)
        if not fresh:
            return Cut(tuple(sorted(chosen)), at_least)
        ways += fresh
        hitting = smallest_hitting(ways)
        chosen, at_least = hitting.chosen, max(at_least, hitting.at_least)
    return _finished(arrays, starts, goals, units, allowed=allowed, chosen=chosen, at_least=at_least)


def _ways(
    arrays: Arrays, starts: Sequence[int], goals: Sequence[int], units: Units, keep: Mask
) -> tuple[list[frozenset[int]], Walk | None]:
    """Units of ways that share no unit with each other, until no way is left; or a way without any."""
    found: list[frozenset[int]] = []
    while batch := _batch(arrays, starts, goals, keep):
        used: set[int] = set()
        for walk in batch:
            along = units.along(walk)
            if not along:
                return [], walk
            if used.isdisjoint(along):
                used |= along
                found.append(along)
        keep = units.left(used, keep)
    return found, None


def _batch(arrays: Arrays, starts: Sequence[int], goals: Sequence[int], keep: Mask) -> list[Walk]:
    """Ways of one search: the shortest, and one over each edge that leads to a goal, the nearest first."""
    best = shortest(arrays, starts, goals, keep)
    if best is None or not best.edges:
        return [] if best is None else [best]
    found = search(arrays, starts, allowed=keep)
    last = arrays.into.of(np.array(sorted(goals), dtype=np.int64))
    sources = arrays.source[last]
    last = last[keep[last] & (found.distance[sources] != UNREACHED)]
    nearest = last[np.argsort(found.distance[arrays.source[last]], kind="stable")][:MOST_IN_BATCH]
    walks = [best]
    for edge in nearest.tolist():
        to = walk_to(arrays, found, int(arrays.source[edge]))
        if to is not None:
            walks.append(to._replace(goal=int(arrays.target[edge]), edges=(*to.edges, edge)))
    return walks


def shortest(arrays: Arrays, starts: Sequence[int], goals: Sequence[int], keep: Mask | None) -> Walk | None:
    """A way with the fewest hops to the nearest goal."""
    if not len(goals):
        return None
    found = search(arrays, starts, allowed=keep, goals=goals)
    nearest = min(goals, key=lambda goal: (found.distance[goal], goal))
    return None if found.distance[nearest] == UNREACHED else walk_to(arrays, found, nearest)


def _finished(
    arrays: Arrays,
    starts: Sequence[int],
    goals: Sequence[int],
    units: Units,
    *,
    allowed: Mask | None,
    chosen: frozenset[int],
    at_least: int,
) -> Cut:
    """Out of rounds: add units until nothing is left, then drop those that are not needed."""
    cut = set(chosen)
    while True:
        fresh, uncut = _ways(arrays, starts, goals, units, units.left(cut, allowed))
        if uncut is not None:
            return Cut((), 0, uncut)
        if not fresh:
            break
        cut |= {min(along) for along in fresh}
    for unit in sorted(cut):
        if shortest(arrays, starts, goals, units.left(cut - {unit}, allowed)) is None:
            cut.discard(unit)
    return Cut(tuple(sorted(cut)), at_least)
