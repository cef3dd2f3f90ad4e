"""Blast radius: all that whoever holds one thing can reach, grouped so that it can be read."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from demarc.access.graph.interface import Graph
from demarc.access.graph.places import every_impact, namespace_of, nodes_of, stands_for_many
from demarc.access.graph.search import UNREACHED, Found, search
from demarc.access.graph.walk import walk_to
from demarc.access.graph.ways import path_of
from demarc.model.graph import Choice, Path, Radius, RadiusGroup, Thing

EXAMPLES = 5


def radius(graph: Graph, of: Choice, *, without: Iterable[str] = ()) -> Radius:
    """What is reached from a thing: by rounds, over steps seen to be possible, then over all."""
    starts = nodes_of(graph, of)
    gone = tuple(without)
    allowed = ~graph.resting_on(gone) if gone else np.ones(len(graph.arrays), dtype=np.bool_)
    certain = search(graph.arrays, starts, allowed=allowed & ~graph.arrays.unknown)
    possible = search(graph.arrays, starts, allowed=allowed)
    surely = certain.reached()
    counted = possible.reached()
    counted[list(starts)] = False
    folded = (node for node, name in enumerate(graph.names) if stands_for_many(name))
    counted[[*graph.of(Thing.GRANT), *folded]] = False
    groups: dict[tuple[Thing, str], list[int]] = {}
    for node in np.flatnonzero(counted).tolist():
        kind = graph.things[node]
        groups.setdefault((kind, namespace_of(kind, graph.names[node])), []).append(node)
    found = [_group(graph, where, nodes, (certain, possible)) for where, nodes in groups.items()]
    return Radius(
        of=of,
        certain=int((counted & surely).sum()),
        possible=int((counted & ~surely).sum()),
        impacts=_impacts(graph, starts, certain, possible),
        groups=tuple(sorted(found, key=lambda one: (one.nearest, one.kind, one.namespace))),
    )


def _hops(node: int, searches: tuple[Found, Found]) -> int:
    """Rounds to a node: over certain steps where they lead there, else over possible ones."""
    return next(int(found.distance[node]) for found in searches if found.distance[node] != UNREACHED)


def _group(graph: Graph, where: tuple[Thing, str], nodes: list[int], searches: tuple[Found, Found]) -> RadiusGroup:
    nearest = sorted(nodes, key=lambda node: (_hops(node, searches), graph.names[node]))
    surely = sum(1 for node in nodes if searches[0].distance[node] != UNREACHED)
    return RadiusGroup(
        kind=where[0],
        namespace=where[1],
        certain=surely,
        possible=len(nodes) - surely,
        nearest=_hops(nearest[0], searches),
        examples=tuple(graph.ref(node) for node in nearest[:EXAMPLES]),
    )


def _impacts(graph: Graph, starts: tuple[int, ...], certain: Found, possible: Found) -> tuple[Path, ...]:
    """A path to each impact that is reached and is not where it starts; certain ones first, then the nearest."""
    paths: list[tuple[bool, int, Path]] = []
    everything = list(range(len(graph.arrays)))
    for impact in every_impact(graph):
        goals = [node for node in nodes_of(graph, impact) if node not in starts]
        for found in (certain, possible):
            nearest = min(goals, key=lambda node: (int(found.distance[node]), node), default=None)
            walk = None if nearest is None else walk_to(graph.arrays, found, nearest)
            if walk is not None:
                paths.append((found is possible, len(walk.edges), path_of(graph, graph.arrays, everything, walk)))
                break
    return tuple(path for _, _, path in sorted(paths, key=lambda one: (one[0], one[1], one[2].impact)))
