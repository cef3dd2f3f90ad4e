"""The bare graph: integer arrays of edges, and which edges need more than their source. Knows no names."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


class Arrays:
    """Edges as arrays, by edge: ``source``, ``target`` (int32), ``cost`` (> 0), ``unknown``; nodes are 0..nodes-1."""

    def __init__(
        self,
        *,
        nodes: int,
        source: NDArray[np.int32],
        target: NDArray[np.int32],
        cost: NDArray[np.float64],
        unknown: NDArray[np.bool_],
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
