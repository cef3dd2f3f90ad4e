"""How one gets from an entry to an impact: the shortest way, the most likely one, and further ones; as values.

A way over steps that were seen to be possible comes first; only where none leads there are steps walked of which that
cannot be seen, and the path says so. Must not know techniques, nor who answers for a step.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush

import numpy as np

from demarc.access.graph.arrays import Arrays, Mask
from demarc.access.graph.cut import relevant
from demarc.access.graph.interface import Graph
from demarc.access.graph.places import nodes_of
from demarc.access.graph.search import UNREACHED, Measure, search
from demarc.access.graph.walk import Walk, walk_to
from demarc.model.graph import Choice, Path, Side, Ways

MOST_TRIES = 200
"""Searches for further ways before what was found is given."""


def ways(graph: Graph, entry: Choice, impact: Choice, *, others: int = 0, without: Iterable[str] = ()) -> Ways:
    """Shortest and most likely way, up to ``others`` further ones, with the grants in ``without`` taken away."""
    starts, goals = nodes_of(graph, entry), nodes_of(graph, impact)
    part = Part(graph, starts, goals, without=without)
    shortest = part.best(Measure.HOPS)
    nearer = part.first(Measure.HOPS, None) if shortest is not None and not part.rests_on_unknown(shortest) else None
    if nearer is not None and shortest is not None and part.hops(nearer) >= part.hops(shortest):
        nearer = None
    likely = part.best(Measure.LIKELY)
    known = [walk for walk in (shortest, likely) if walk is not None]
    return Ways(
        entry=entry,
        impact=impact,
        shortest=part.path(shortest),
        likely=part.path(likely),
        others=tuple(path for walk in part.more(known, others) if (path := part.path(walk)) is not None),
        nearer_unknown=part.path(nearer),
    )


class Part:
    """The edges that can lie on a way from some nodes to others: small, whatever the size of the graph."""

    def __init__(self, graph: Graph, starts: tuple[int, ...], goals: tuple[int, ...], without: Iterable[str]) -> None:
        self.graph, self.starts, self.goals = graph, starts, goals
        gone = tuple(without)
        allowed = ~graph.resting_on(gone) if gone else None
        keep = np.zeros(len(graph.arrays), dtype=np.bool_)
        if starts and goals:
            keep[relevant(graph.arrays, starts, goals, allowed)] = True
        self.arrays, self.numbers = graph.arrays.only(keep)

    @property
    def certain(self) -> Mask:
        """Edges that were seen to be possible."""
        return ~self.arrays.unknown

    def first(self, measure: Measure, allowed: Mask | None) -> Walk | None:
        """The best way over some edges."""
        if not self.starts or not self.goals:
            return None
        found = search(self.arrays, self.starts, allowed=allowed, measure=measure, goals=self.goals)
        nearest = min(self.goals, key=lambda goal: (found.distance[goal], goal))
        return None if found.distance[nearest] == UNREACHED else walk_to(self.arrays, found, nearest)

    def best(self, measure: Measure, allowed: Mask | None = None) -> Walk | None:
        """The best certain way, else the best of those that rest on something unknown."""
        certain = self.certain if allowed is None else self.certain & allowed
        return self.first(measure, certain) or self.first(measure, allowed)

    def rests_on_unknown(self, walk: Walk) -> bool:
        """Whether a way takes a step that could not be seen to be possible."""
        return any(bool(self.arrays.unknown[edge]) for edge in walk.all_edges)

    def hops(self, walk: Walk) -> int:
        """Steps of a way, sides included."""
        return len(walk.all_edges)

    def more(self, known: list[Walk], most: int) -> list[Walk]:
        """Ways that each do without a grant, or a step, of all before them: certain ones first, then shortest."""
        found: list[Walk] = []
        seen = {self._marks(walk) for walk in known}
        queue: list[tuple[bool, int, int, frozenset[str | int], Walk]] = []
        banned_before: set[frozenset[str | int]] = set()
        tries = 0

        def branch(walk: Walk, banned: frozenset[str | int]) -> None:
            nonlocal tries
            for mark in sorted(self._marks(walk), key=str):
                refused = banned | {mark}
                if refused in banned_before or tries >= MOST_TRIES:
                    continue
                banned_before.add(refused)
                tries += 1
                if (other := self.best(Measure.HOPS, self._without(refused))) is not None:
                    heappush(queue, (self.rests_on_unknown(other), self.hops(other), tries, refused, other))

        if most:
            for walk in known:
                branch(walk, frozenset())
        while queue and len(found) < most:
            _, _, _, banned, walk = heappop(queue)
            marks = self._marks(walk)
            if marks not in seen:
                seen.add(marks)
                found.append(walk)
            branch(walk, banned)
        return found

    def _marks(self, walk: Walk) -> frozenset[str | int]:
        """What tells ways apart: the grants that steps rest on, and steps that rest on none."""
        marks: set[str | int] = set()
        for edge in walk.all_edges:
            number = int(self.numbers[edge])
            marks |= set(self.graph.details[number].grants) or {number}
        return frozenset(marks)

    def _without(self, marks: frozenset[str | int]) -> Mask:
        keep = np.ones(len(self.arrays), dtype=np.bool_)
        for edge, number in enumerate(self.numbers.tolist()):
            if number in marks or not marks.isdisjoint(self.graph.details[number].grants):
                keep[edge] = False
        return keep

    def path(self, walk: Walk | None) -> Path | None:
        """A way as a value."""
        return None if walk is None else path_of(self.graph, self.arrays, self.numbers.tolist(), walk)


def path_of(graph: Graph, arrays: Arrays, numbers: list[int], walk: Walk) -> Path:
    """A walk over ``arrays`` as a value; ``numbers`` are the graph's own numbers of its edges."""
    return Path(
        entry=graph.ref(walk.start),
        impact=graph.ref(walk.goal),
        hops=tuple(graph.hop(numbers[edge]) for edge in walk.edges),
        sides=tuple(
            Side(
                need=graph.ref(side.need),
                before=side.before,
                hops=tuple(graph.hop(numbers[edge]) for edge in side.edges),
            )
            for side in walk.sides
        ),
        cost=sum(int(arrays.cost[edge]) for edge in walk.all_edges),
    )
