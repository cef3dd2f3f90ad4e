"""The smallest set that meets every one of several sets: exact by branch and bound, greedy where that is too long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import NamedTuple

Family = tuple[frozenset[int], ...]
MOST_WORK = 100_000
"""Sets that are looked at, over all branches, before the best so far is given as not proven smallest."""
_DEEPEST = 300
"""Greedy sets larger than this are not improved: a branch is as deep as the set is large."""


class Hitting(NamedTuple):
    """A set that meets every set of the family."""

    chosen: frozenset[int]
    at_least: int
    """No smaller set than this can do; equal to the size of ``chosen`` where that is proven smallest."""


def smallest_hitting(sets: Iterable[frozenset[int]], *, most_work: int = MOST_WORK) -> Hitting:
    """Meet every set with as few elements as possible. No set may be empty (ValueError)."""
    given = set(sets)
    if frozenset() in given:
        raise ValueError("an empty set cannot be met")
    # What stands alone must be taken, and meets whatever else holds it.
    forced = frozenset(element for one in given if len(one) == 1 for element in one)
    family = _minimal(one for one in given if forced.isdisjoint(one))
    bound = _disjoint(family)
    best = _greedy(family)
    if len(best) > bound and len(best) <= _DEEPEST:
        search = _Search(best, most_work)
        search.branch(family, frozenset())
        best = search.best
        bound = len(best) if search.work <= most_work else bound
    return Hitting(forced | best, len(forced) + bound)


def _minimal(sets: Iterable[frozenset[int]]) -> Family:
    """Without sets that hold another: whatever meets the smaller one meets them."""
    kept: list[frozenset[int]] = []
    holding: dict[int, list[frozenset[int]]] = {}
    for one in sorted(sets, key=lambda one: (len(one), sorted(one))):
        if not any(other <= one for element in one for other in holding.get(element, ())):
            kept.append(one)
            # One element is enough to find it by: whatever holds the set holds the element.
            holding.setdefault(min(one), []).append(one)
    return tuple(kept)


def _disjoint(family: Family) -> int:
    """How many sets share nothing with each other: each takes an element of its own."""
    used: set[int] = set()
    count = 0
    for one in family:
        if used.isdisjoint(one):
            used |= one
            count += 1
    return count


def _greedy(family: Family) -> frozenset[int]:
    """The commonest element first, then without those that are not needed."""
    holding: dict[int, set[int]] = {}
    for index, one in enumerate(family):
        for element in one:
            holding.setdefault(element, set()).add(index)
    left = set(range(len(family)))
    queue = [(-len(indexes), element) for element, indexes in holding.items()]
    heapify(queue)
    chosen: list[int] = []
    while left:
        count, element = heappop(queue)
        now = len(holding[element] & left)
        if now < -count:
            heappush(queue, (-now, element))
            continue
        chosen.append(element)
        left -= holding[element]
    met = Counter(index for element in chosen for index in holding[element])
    kept = set(chosen)
    for element in sorted(chosen):
        if all(met[index] > 1 for index in holding[element]):
            kept.discard(element)
            met.subtract(holding[element])
    return frozenset(kept)


class _Search:
    """Branch and bound on the smallest set that is not met yet."""

    def __init__(self, best: frozenset[int], most_work: int) -> None:
        self.best = best
        self.work = 0
        self._most = most_work

    def branch(self, family: Family, chosen: frozenset[int]) -> None:
        """Meet the rest of the family, given what is chosen. As deep as the best set is large."""
        self.work += len(family) + 1
        if self.work > self._most:
            return
        if not family:
            if len(chosen) < len(self.best):
                self.best = chosen
            return
        if len(chosen) + _disjoint(family) >= len(self.best):
            return
        counts = Counter(element for one in family for element in one)
        refused: frozenset[int] = frozenset()
        for element in sorted(family[0], key=lambda element: (-counts[element], element)):
            rest = sorted((one - refused for one in family if element not in one), key=len)
            if not rest or rest[0]:
                self.branch(tuple(rest), chosen | {element})
            # Sets with an element that was tried are done with: later branches do without it.
            refused |= {element}
