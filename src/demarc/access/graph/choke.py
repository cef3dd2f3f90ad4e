"""Choke points: the smallest set of grants, or of duties in their scopes, that cuts every path. As values.

Asked for possible paths, unknown steps count as walkable; else only steps that were seen to be possible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from demarc.access.graph.cut import Units, smallest_cut
from demarc.access.graph.interface import Graph
from demarc.access.graph.places import nodes_of
from demarc.access.graph.ways import Part
from demarc.model.graph import Choice, ChokeBy, ChokePoint, ChokePoints
from demarc.model.inventory import Scope

Key = tuple[str, Scope | None]


def choke_points(
    graph: Graph, entry: Choice, impact: Choice, by: ChokeBy, *, possible: bool = True, without: Iterable[str] = ()
) -> ChokePoints:
    """What to remove, or which duties to perform, so that nothing leads from any entry to any impact."""
    part = Part(graph, nodes_of(graph, entry), nodes_of(graph, impact), without=without)
    numbers = part.numbers.tolist()
    stops = [_stops(graph, number, by) for number in numbers]
    keys = sorted({key for some in stops for key in some}, key=str)
    unit = {key: index for index, key in enumerate(keys)}
    units = Units(len(numbers), ((edge, unit[key]) for edge, some in enumerate(stops) for key in some))
    cut = smallest_cut(part.arrays, part.starts, part.goals, units, allowed=None if possible else part.certain)
    edges: dict[int, list[int]] = {chosen: [] for chosen in cut.units}
    for edge, some in enumerate(stops):
        for key in some:
            if unit[key] in edges:
                edges[unit[key]].append(numbers[edge])
    return ChokePoints(
        entry=entry,
        impact=impact,
        by=by,
        possible=possible,
        points=tuple(_point(graph, keys[chosen], stopped) for chosen, stopped in edges.items()),
        at_least=cut.at_least,
        uncut=part.path(cut.uncut),
    )


def _stops(graph: Graph, number: int, by: ChokeBy) -> frozenset[Key]:
    """Any one of these stops an edge."""
    detail = graph.details[number]
    if by is ChokeBy.GRANTS:
        return frozenset((grant, None) for grant in detail.grants)
    facts = graph.techniques[graph.codes[number]]
    return frozenset((duty, detail.scope) for duty in (facts.duty, *facts.also) if duty)


def _point(graph: Graph, key: Key, edges: list[int]) -> ChokePoint:
    name, scope = key
    duties: Counter[tuple[str, Scope, str]] = Counter()
    for number in edges:
        detail = graph.details[number]
        duty = graph.techniques[graph.codes[number]].duty if scope is None else name
        if duty:
            duties[duty, detail.scope, detail.part] += 1
    common = sorted(duties, key=lambda duty: (-duties[duty], duty))
    return ChokePoint(name=name if scope is None else f"{name} in {scope}", duties=tuple(common), steps=len(edges))
