"""A second, literal implementation: what is reached by trying every edge again and again."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from demarc.access.graph.arrays import Arrays

INF = float("inf")


@st.composite
def graphs(draw, *, nodes: int = 7, edges: int = 14, unknown: bool = True):
    """Small graphs with cycles, parallel edges, loops, edges with needs and unknown edges."""
    count = draw(st.integers(2, nodes))
    node = st.integers(0, count - 1)
    rows = draw(
        st.lists(
            st.tuples(node, node, st.sampled_from([1, 5, 12]), st.lists(node, max_size=2), st.booleans()),
            max_size=edges,
        )
    )
    return arrays(count, [(s, t, c, tuple(n), u and unknown) for s, t, c, n, u in rows])


def arrays(nodes, rows) -> Arrays:
    """Rows of (source, target, cost, needs, unknown)."""
    return Arrays(
        nodes=nodes,
        source=np.array([row[0] for row in rows], dtype=np.int32),
        target=np.array([row[1] for row in rows], dtype=np.int32),
        cost=np.array([row[2] for row in rows], dtype=np.int32),
        unknown=np.array([row[4] for row in rows], dtype=np.bool_),
        needs={index: row[3] for index, row in enumerate(rows) if row[3]},
    )


def plain(nodes, *pairs) -> Arrays:
    return arrays(nodes, [(source, target, 1, (), False) for source, target in pairs])


def distances(graph: Arrays, starts, *, likely: bool, allowed=None) -> list[float]:
    """Least cost by node, by relaxing until nothing changes."""
    best = [0 if node in starts else INF for node in range(graph.nodes)]
    changed = True
    while changed:
        changed = False
        for edge in range(len(graph)):
            if allowed is not None and not allowed[edge]:
                continue
            tails = {int(graph.source[edge]), *graph.needs_of(edge)}
            if likely:
                cost = int(graph.cost[edge]) + sum(best[node] for node in tails)
            else:
                cost = 1 + max(best[node] for node in tails)
            if cost < best[int(graph.target[edge])]:
                best[int(graph.target[edge])] = cost
                changed = True
    return best


def connected(graph: Arrays, starts, goals, *, allowed=None) -> bool:
    best = distances(graph, starts, likely=False, allowed=allowed)
    return any(best[goal] < INF for goal in goals)


def smallest_cut(graph: Arrays, starts, goals, units) -> int | None:
    """Size of the smallest set of units whose removal cuts all; None when removing all of them does not."""
    names = sorted({unit for edge in units for unit in edge})
    for size in range(len(names) + 1):
        for chosen in combinations(names, size):
            allowed = [not set(chosen) & set(edge) for edge in units]
            if not connected(graph, starts, goals, allowed=allowed):
                return size
    return None
