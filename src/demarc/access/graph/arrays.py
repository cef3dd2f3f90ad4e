"""The bare graph: integer arrays of edges, and which edges need more than their source. Knows no names.

Edges without needs are *plain* and lie in two compressed-row indexes; the few with needs are kept apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Rows(NamedTuple):
    """Edges by node: those of node n are ``edges[start[n]:start[n + 1]]``, ascending."""

    start: Ints
    edges: NDArray[np.int32]

    def of(self, nodes: Ints) -> Ints:
        """Edges of several nodes, in the order of the nodes."""
        return self.with_owner(nodes)[0]

    def with_owner(self, nodes: Ints) -> tuple[Ints, Ints]:
        """Edges of several nodes, and for each the position of its node in ``nodes``."""
        first = self.start[nodes]
        counts = self.start[nodes + 1] - first
        owner = np.repeat(np.arange(len(nodes)), counts)
        ends = np.cumsum(counts)
        places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - ends + counts, counts)
        return self.edges[places].astype(np.int64), owner


class Arrays:
    """Edges as arrays, by edge: ``source``, ``target``, ``cost`` (integers > 0), ``unknown``; nodes are 0..nodes-1."""

    def __init__(
        self,
        *,
        nodes: int,
        source: NDArray[np.int32],
        target: NDArray[np.int32],
        cost: NDArray[np.int32],
        unknown: Mask,
        needs: Mapping[int, tuple[int, ...]],
    ) -> None:
        self.nodes = nodes
        self.source = source
        self.target = target
        self.cost = cost
        self.unknown = unknown
        self.needs = dict(needs)
        """Edge -> nodes that must be held beside its source."""

    def __len__(self) -> int:
        return len(self.source)

    def needs_of(self, edge: int) -> tuple[int, ...]:
        """What an edge needs beside its source."""
        return self.needs.get(edge, ())

    @cached_property
    def tails(self) -> dict[int, tuple[int, ...]]:
        """Edge with needs -> everything that must be held for it: its source and its needs, each once."""
        return {edge: tuple({int(self.source[edge]), *needs}) for edge, needs in self.needs.items()}

    @cached_property
    def waiting(self) -> dict[int, tuple[int, ...]]:
        """Node -> edges with needs that wait for it."""
        found: dict[int, list[int]] = {}
        for edge, tails in self.tails.items():
            for node in tails:
                found.setdefault(node, []).append(edge)
        return {node: tuple(edges) for node, edges in found.items()}

    @cached_property
    def waited_for(self) -> Mask:
        """Which nodes an edge with needs waits for."""
        found = np.zeros(self.nodes, dtype=np.bool_)
        found[list(self.waiting)] = True
        return found

    @cached_property
    def out(self) -> Rows:
        """Plain edges by source."""
        return self._rows(self.source)

    @cached_property
    def into(self) -> Rows:
        """Plain edges by target."""
        return self._rows(self.target)

    def _rows(self, by: NDArray[np.int32]) -> Rows:
        from scipy.sparse import coo_array  # noqa: PLC0415 - slow to load, and most commands search no graph

        plain = np.arange(len(self), dtype=np.int32)
        if self.needs:
            keep = np.ones(len(self), dtype=np.bool_)
            keep[list(self.needs)] = False
            plain = plain[keep]
        # The edge's own number as the column keeps parallel edges apart, which a graph matrix would add up.
        ones = np.ones(len(plain), dtype=np.int8)
        rows = coo_array((ones, (by[plain], plain)), shape=(self.nodes, max(len(self), 1))).tocsr()
        return Rows(rows.indptr.astype(np.int64), rows.indices)

    def only(self, keep: Mask) -> tuple[Arrays, Ints]:
        """The graph with some of its edges, and by edge of it the number in this one."""
        numbers = np.flatnonzero(keep)
        place = {edge: new for new, edge in enumerate(numbers.tolist())} if self.needs else {}
        part = Arrays(
            nodes=self.nodes,
            source=self.source[numbers],
            target=self.target[numbers],
            cost=self.cost[numbers],
            unknown=self.unknown[numbers],
            needs={place[edge]: needs for edge, needs in self.needs.items() if keep[edge]},
        )
        return part, numbers
