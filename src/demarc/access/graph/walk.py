"""From a finished search to a walk: the edges of a path, and the side walks of steps that need several things."""

from __future__ import annotations

from typing import NamedTuple

from demarc.access.graph.arrays import Arrays
from demarc.access.graph.search import UNREACHED, Found


class SideWalk(NamedTuple):
    """Edges to something needed, walked before the main edge at ``before``."""

    need: int
    before: int
    edges: tuple[int, ...]


class Walk(NamedTuple):
    """A way to a node."""

    start: int
    goal: int
    edges: tuple[int, ...]
    sides: tuple[SideWalk, ...] = ()

    @property
    def all_edges(self) -> frozenset[int]:
        """Every edge that it rests on."""
        return frozenset(self.edges).union(*(side.edges for side in self.sides))


class _Leg:
    """A stretch that is being walked."""

    def __init__(self, need: int, edges: tuple[int, ...]) -> None:
        self.need = need
        self.edges = edges
        self.position = 0


def walk_to(arrays: Arrays, found: Found, goal: int) -> Walk | None:
    """How a search reached a node; None when it did not.

    Every tail of an edge costs less than its target, so that no stretch waits for itself.
    """
    if found.distance[goal] == UNREACHED:
        return None
    held = set(found.starts)
    spine = _back(arrays, found, goal, held)
    start = int(arrays.source[spine[0]]) if spine else goal
    root = _Leg(goal, spine)
    legs, sides = [root], []
    while legs:
        leg = legs[-1]
        if leg.position == len(leg.edges):
            legs.pop()
            if leg is not root:
                sides.append(SideWalk(leg.need, root.position, leg.edges))
            continue
        edge = leg.edges[leg.position]
        missing = next((need for need in arrays.needs_of(edge) if need not in held), None)
        if missing is None:
            held.add(int(arrays.target[edge]))
            leg.position += 1
        else:
            legs.append(_Leg(missing, _back(arrays, found, missing, held)))
    return Walk(start, goal, spine, tuple(sides))


def _back(arrays: Arrays, found: Found, node: int, held: set[int]) -> tuple[int, ...]:
    """Edges from something held to a node."""
    edges: list[int] = []
    while node not in held:
        edge = int(found.by[node])
        edges.append(edge)
        node = int(arrays.source[edge])
    return tuple(reversed(edges))
