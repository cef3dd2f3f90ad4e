"""What is reached from a set of nodes, how, and at what cost: exact, also for edges that need several things at once.

Nodes are settled in order of cost, all nodes of the same cost in one array operation (Dial's buckets). An edge with
needs counts when the last of its tails is settled, which is Knuth's generalisation of Dijkstra's algorithm to grammars:
exact because an edge never costs less than any of its tails. Cycles and edges that wait for each other settle nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from demarc.access.graph.arrays import Arrays, Ints, Mask

UNREACHED = np.iinfo(np.int64).max
_NO_EDGE = np.iinfo(np.int64).max


class Measure(StrEnum):
    """What a path is short by."""

    HOPS = "hops"
    """Rounds: an edge with needs comes one round after the last thing it needs."""
    LIKELY = "likely"
    """Sum of costs; an edge with needs adds the costs of all that it needs, shared steps once for each."""


class Found(NamedTuple):
    """The outcome of a search, by node."""

    distance: Ints
    """``UNREACHED`` for what is not reached; where a search stops at a goal, also for what costs more."""
    by: Ints
    """The edge that reached it; meaningless for starts and for what is not reached."""
    starts: frozenset[int]

    def reached(self) -> Mask:
        """Which nodes are reached."""
        return np.not_equal(self.distance, UNREACHED)


def search(
    arrays: Arrays,
    starts: Iterable[int],
    *,
    allowed: Mask | None = None,
    measure: Measure = Measure.HOPS,
    goals: Iterable[int] | None = None,
) -> Found:
    """Reach from ``starts`` over the ``allowed`` edges (None: all); with ``goals``, until the nearest goal is reached.

    Of edges that reach a node at the same cost the one with the lowest number is kept. Time: linear in edges, plus
    tens of microseconds for every distinct cost.
    """
    origin = np.unique(np.fromiter(starts, dtype=np.int64))
    distance = np.full(arrays.nodes, UNREACHED, dtype=np.int64)
    by = np.full(arrays.nodes, _NO_EDGE, dtype=np.int64)
    distance[origin] = 0
    wanted = None if goals is None else np.fromiter(goals, dtype=np.int64)
    buckets = _Buckets(arrays, measure)
    joints = _Joints(arrays, measure, allowed)
    frontier, level = origin, 0
    while True:
        if wanted is not None and (distance[wanted] != UNREACHED).any():
            break
        edges = arrays.out.of(frontier)
        if allowed is not None:
            edges = edges[allowed[edges]]
        buckets.add(level, edges[distance[arrays.target[edges]] == UNREACHED])
        for at, edge in joints.settled(frontier, level):
            buckets.put(at, np.array([edge]))
        frontier = np.zeros(0, dtype=np.int64)
        while len(frontier) == 0:
            level, edges = buckets.next()
            if level < 0:
                return Found(distance, by, frozenset(origin.tolist()))
            targets = arrays.target[edges].astype(np.int64)
            fresh = distance[targets] == UNREACHED
            targets, edges = targets[fresh], edges[fresh]
            np.minimum.at(by, targets, edges)
            distance[targets] = level
            frontier = targets[by[targets] == edges]
    return Found(distance, by, frozenset(origin.tolist()))


class _Buckets:
    """Edges that wait for their cost to come up."""

    def __init__(self, arrays: Arrays, measure: Measure) -> None:
        self._cost = arrays.cost if measure is Measure.LIKELY else None
        self._levels: list[int] = []
        self._edges: dict[int, list[Ints]] = {}

    def put(self, level: int, edges: Ints) -> None:
        """Edges whose target costs ``level``."""
        if level not in self._edges:
            heappush(self._levels, level)
            self._edges[level] = []
        self._edges[level].append(edges)

    def add(self, level: int, edges: Ints) -> None:
        """Plain edges whose sources cost ``level``."""
        if not len(edges):
            return
        if self._cost is None:
            self.put(level + 1, edges)
            return
        costs: NDArray[np.int32] = self._cost[edges]
        for cost in np.unique(costs).tolist():
            self.put(level + cost, edges[costs == cost])

    def next(self) -> tuple[int, Ints]:
        """The lowest level and its edges; level -1 when there are no more."""
        if not self._levels:
            return -1, np.zeros(0, dtype=np.int64)
        level = heappop(self._levels)
        return level, np.concatenate(self._edges.pop(level))


class _Joints:
    """Edges with needs, and what they still wait for."""

    def __init__(self, arrays: Arrays, measure: Measure, allowed: Mask | None) -> None:
        self._arrays, self._sum, self._allowed = arrays, measure is Measure.LIKELY, allowed
        self._left: dict[int, int] = {}
        self._cost: dict[int, int] = {}

    def settled(self, nodes: Ints, level: int) -> list[tuple[int, int]]:
        """Edges that wait for nothing more once these nodes cost ``level``, each after what its target costs by it."""
        ready: list[tuple[int, int]] = []
        if not self._arrays.needs:
            return ready
        for node in nodes[self._arrays.waited_for[nodes]].tolist():
            for edge in self._arrays.waiting[node]:
                left = self._left.get(edge, len(self._arrays.tails[edge])) - 1
                self._left[edge] = left
                total = self._cost.get(edge, 0) + level
                self._cost[edge] = total
                if left == 0 and (self._allowed is None or self._allowed[edge]):
                    ready.append((total + int(self._arrays.cost[edge]) if self._sum else level + 1, edge))
        return ready
