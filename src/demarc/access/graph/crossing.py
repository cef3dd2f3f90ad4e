"""From every entry to every impact at once: who reaches what, in how many rounds, and a way for each pair.

64 impacts are searched backward together, one bit each: a level of the search is a handful of array operations for all
of them. Ways are then walked forward for all pairs at once, level by level. Edges that need several things cannot be
searched backward. How soon any entry at all could take one is a lower bound for each of them: only those entries for
which that could make an impact nearer are searched forward as well, 64 together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from demarc.access.graph.arrays import Arrays, Ints, Rows
from demarc.access.graph.search import UNREACHED, search

Bits = NDArray[np.uint64]
NEVER = -1
_WORD = 64
_DENSE = 8
"""A level is done over the whole graph when its frontier touches more than one edge in so many."""


class Level(NamedTuple):
    """What a round of a search reached first."""

    nodes: Ints
    bits: Bits


class Crossing(NamedTuple):
    """Which entry reaches which impact."""

    hops: NDArray[np.int32]
    """Rounds by entry and impact, ``NEVER`` where it does not."""
    plain: NDArray[np.int32]
    """The same over plain edges alone: for these pairs a way is in ``ways``."""
    ways: dict[tuple[int, int], tuple[int, ...]]
    """(entry, impact) -> edges of a shortest way over plain edges; empty when an entry is the impact."""


def crossing(
    arrays: Arrays, entries: Sequence[Iterable[int]], impacts: Sequence[Iterable[int]], *, walk: bool = True
) -> Crossing:
    """Search from every entry (a set of nodes) to every impact (likewise), over all edges of ``arrays``.

    Without ``walk`` no ways are given, only who reaches what and how soon.
    """
    starts = [np.unique(np.fromiter(nodes, dtype=np.int64)) for nodes in entries]
    goals = [np.unique(np.fromiter(nodes, dtype=np.int64)) for nodes in impacts]
    plain = np.full((len(starts), len(goals)), NEVER, dtype=np.int32)
    soonest = np.full(len(goals), UNREACHED, dtype=np.int64)
    leads = _leads(arrays, starts)
    ways: dict[tuple[int, int], tuple[int, ...]] = {}
    for first in range(0, len(goals), _WORD):
        levels = list(_backward(arrays, goals[first : first + _WORD]))
        part = plain[:, first : first + _WORD]
        where = _arrivals(arrays.nodes, levels, starts, part)
        walked = _walked(arrays, levels, where, part) if walk else {}
        ways.update(((entry, impact + first), edges) for (entry, impact), edges in walked.items())
        if leads is not None:
            _shorten(levels, leads, soonest[first : first + _WORD])
    nearer = (plain == NEVER) & (soonest != UNREACHED) | (plain != NEVER) & (soonest < plain)
    changed = np.flatnonzero(nearer.any(axis=1)).tolist()
    hops = plain.copy()
    for first in range(0, len(changed), _WORD):
        some = changed[first : first + _WORD]
        levels = list(_forward(arrays, [starts[entry] for entry in some]))
        again = np.full((len(some), len(goals)), NEVER, dtype=np.int32)
        _arrivals(arrays.nodes, levels, goals, again.T)
        hops[some] = again
    return Crossing(hops, plain, ways)


def _leads(arrays: Arrays, starts: list[Ints]) -> Ints | None:
    """By node, the first round in which an edge with needs could reach it from any entry; None where none could."""
    if not arrays.needs or not starts:
        return None
    distance = search(arrays, np.concatenate(starts).tolist()).distance
    leads = np.full(arrays.nodes, UNREACHED, dtype=np.int64)
    for edge, tails in arrays.tails.items():
        last = int(distance[list(tails)].max())
        if last != UNREACHED:
            target = int(arrays.target[edge])
            leads[target] = min(int(leads[target]), last + 1)
    return leads if (leads != UNREACHED).any() else None


def _shorten(levels: list[Level], leads: Ints, soonest: Ints) -> None:
    """Lower, by bit, the first round in which its goal could be reached after an edge with needs."""
    for depth, level in enumerate(levels):
        at = leads[level.nodes]
        here = at != UNREACHED
        at, bits = at[here] + depth, level.bits[here]
        for bit in range(len(soonest)):
            reaching = at[(bits >> np.uint64(bit)) & np.uint64(1) == 1]
            if len(reaching):
                soonest[bit] = min(int(soonest[bit]), int(reaching.min()))


def _backward(arrays: Arrays, goals: list[Ints]) -> Iterator[Level]:
    """Levels against the direction of plain edges, one bit for each goal."""
    return _levels(arrays.nodes, goals, pull=(arrays.out, arrays.target), push=(arrays.into, arrays.source), joints={})


def _forward(arrays: Arrays, starts: list[Ints]) -> Iterator[Level]:
    """Levels along all edges, one bit for each start."""
    joints = {edge: (tails, int(arrays.target[edge])) for edge, tails in arrays.tails.items()}
    pull, push = (arrays.into, arrays.source), (arrays.out, arrays.target)
    return _levels(arrays.nodes, starts, pull=pull, push=push, joints=joints)


def _levels(
    nodes: int,
    seeds: list[Ints],
    *,
    pull: tuple[Rows, NDArray[np.int32]],
    push: tuple[Rows, NDArray[np.int32]],
    joints: dict[int, tuple[tuple[int, ...], int]],
) -> Iterator[Level]:
    """Rounds of a search of up to 64 seeds at once. Each level holds only what no earlier one reached, bit by bit."""
    reached = np.zeros(nodes, dtype=np.uint64)
    for bit, seed in enumerate(seeds):
        reached[seed] |= np.uint64(1 << bit)
    frontier = np.flatnonzero(reached)
    fresh = reached.copy()
    waits = _Waits(joints)
    pulled: tuple[Ints, NDArray[np.int32]] | None = None
    while len(frontier):
        bits = fresh[frontier]
        yield Level(frontier, bits)
        rows, ends = push
        came = np.zeros(nodes, dtype=np.uint64)
        touched = int((rows.start[frontier + 1] - rows.start[frontier]).sum())
        if touched * _DENSE > len(rows.edges):
            if pulled is None:
                pulled = np.flatnonzero(np.diff(pull[0].start)), pull[1][pull[0].edges]
            filled, neighbours = pulled
            if len(filled):
                came[filled] = np.bitwise_or.reduceat(fresh[neighbours], pull[0].start[filled])
        else:
            edges, owner = rows.with_owner(frontier)
            np.bitwise_or.at(came, ends[edges], bits[owner])
        waits.into(came, reached)
        fresh = came & ~reached
        reached |= fresh
        frontier = np.flatnonzero(fresh)


class _Waits:
    """Edges with needs: each gives the bits that all its tails have."""

    def __init__(self, joints: dict[int, tuple[tuple[int, ...], int]]) -> None:
        widest = max((len(tails) for tails, _ in joints.values()), default=1)
        padded = [tails + tails[:1] * (widest - len(tails)) for tails, _ in joints.values()]
        self._tails = np.array(padded, dtype=np.int64).reshape(-1, widest)
        self._targets = np.array([target for _, target in joints.values()], dtype=np.int64)

    def into(self, came: Bits, reached: Bits) -> None:
        """Add what these edges give, given what is reached."""
        if len(self._targets):
            np.bitwise_or.at(came, self._targets, np.bitwise_and.reduce(reached[self._tails], axis=1))


def _arrivals(nodes: int, levels: list[Level], at: list[Ints], into: NDArray[np.int32]) -> dict[tuple[int, int], int]:
    """Fill in, by place and bit, the level that first touches the place; returns the node at which it does."""
    everywhere = np.zeros(nodes, dtype=np.bool_)
    for place in at:
        everywhere[place] = True
    places: dict[int, list[int]] = {}
    for index, place in enumerate(at):
        for node in place.tolist():
            places.setdefault(node, []).append(index)
    where: dict[tuple[int, int], int] = {}
    for depth, level in enumerate(levels):
        here = everywhere[level.nodes]
        for node, word in zip(level.nodes[here].tolist(), level.bits[here].tolist(), strict=True):
            for index in places[node]:
                for bit in _set_bits(word):
                    if into[index, bit] == NEVER:
                        into[index, bit] = depth
                        where[index, bit] = node
    return where


def _set_bits(word: int) -> Iterator[int]:
    while word:
        low = word & -word
        yield low.bit_length() - 1
        word ^= low


def _walked(
    arrays: Arrays, levels: list[Level], first: dict[tuple[int, int], int], hops: NDArray[np.int32]
) -> dict[tuple[int, int], tuple[int, ...]]:
    """Shortest ways of all pairs, from the deepest level down; of equal steps the edge with the lowest number."""
    pairs = sorted(first, key=lambda pair: int(hops[pair]), reverse=True)
    depth = np.array([hops[pair] for pair in pairs], dtype=np.int64)
    bit = np.array([pair[1] for pair in pairs], dtype=np.uint64)
    node = np.array([first[pair] for pair in pairs], dtype=np.int64)
    steps: list[list[int]] = [[] for _ in pairs]
    within = np.zeros(arrays.nodes, dtype=np.uint64)
    for level in levels:
        within[level.nodes] |= level.bits
    for left in range(len(levels) - 1, 0, -1):
        # Bits of one level are in no other: taking them out leaves what is nearer than ``left``.
        within[levels[left].nodes] ^= levels[left].bits
        walking = int(np.searchsorted(-depth, -left, side="right"))
        edges, owner = arrays.out.with_owner(node[:walking])
        nearer = (within[arrays.target[edges]] >> bit[owner]) & np.uint64(1) == 1
        chosen = np.full(walking, len(arrays), dtype=np.int64)
        np.minimum.at(chosen, owner[nearer], edges[nearer])
        node[:walking] = arrays.target[chosen]
        for index, edge in enumerate(chosen.tolist()):
            steps[index].append(edge)
    return {pair: tuple(edges) for pair, edges in zip(pairs, steps, strict=True)}
