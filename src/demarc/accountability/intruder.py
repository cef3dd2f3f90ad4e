"""Which few paths a report tells, what cuts them, and which rows of the matrix answer for their steps.

Chooses among what the access graph answers; knows no technique and nothing of how a path is shown.
"""

from __future__ import annotations

from collections.abc import Iterable

from demarc.access.graph import Graph
from demarc.access.graph.choke import choke_points
from demarc.access.graph.places import choose, every_entry
from demarc.access.graph.reaches import reaches
from demarc.access.graph.ways import ways
from demarc.accountability.walked import Walked
from demarc.model.assessment import MatrixRow
from demarc.model.graph import Choice, ChokeBy, ChokePoints, Reach, Reaches, Thing
from demarc.model.inventory import Scope
from demarc.model.report_paths import ImpactClass, IntruderPaths, Stopper, ToldPath

MOST_TOLD = 2
"""Paths for each class of impact: with four classes, eight in all."""

CUT = (ImpactClass.CLUSTER_ADMIN, ImpactClass.CROWN_JEWELS)
"""Impacts whose choke points are told: the worst, and what the user said must not be lost."""

Asked = tuple[str, Scope, str]


def intruder_paths(graph: Graph, matrix: Iterable[MatrixRow]) -> IntruderPaths:
    """Tell what the graph says in a few paths. The same graph and matrix give the same answer."""
    found = reaches(graph)
    told = tuple(path for sort in ImpactClass for path in _told(graph, found, sort))
    choke = tuple(one for sort in CUT for one in _choke(graph, found, sort))
    asked: dict[Asked, None] = {
        (hop.duty, hop.scope, hop.part): None for one in told for hop in one.path.all_hops if hop.duty
    }
    for answer in choke:
        for point in answer.points:
            asked |= dict.fromkeys(point.duties)
        if answer.uncut is not None:
            asked |= {(hop.duty, hop.scope, hop.part): None for hop in answer.uncut.all_hops if hop.duty}
    walked = Walked(matrix)
    return IntruderPaths(reaches=found, told=told, choke=choke, stoppers=tuple(_stopper(walked, one) for one in asked))


def class_of(impact: str) -> ImpactClass:
    """The class of an impact by its word: what is none of the three is there because somebody marked it."""
    for sort in (ImpactClass.CLUSTER_ADMIN, ImpactClass.NODE, ImpactClass.CLOUD_ROLE):
        if impact == sort.value or (sort is ImpactClass.CLOUD_ROLE and impact.startswith(f"{sort.value}:")):
            return sort
    return ImpactClass.CROWN_JEWELS


def outwardness(choice: Choice) -> int:
    """How far outside an entry lies, 0 the furthest: the internet, pipelines, add-ons, pods, nodes."""
    if choice.word in {"internet", "anonymous"}:
        return 0
    if choice.word.startswith("addon:"):
        return 2
    kinds = {thing.kind for thing in choice.things}
    if Thing.NODE in kinds:
        return 4
    return 3 if Thing.WORKLOAD in kinds else 1


def _told(graph: Graph, found: Reaches, sort: ImpactClass) -> list[ToldPath]:
    """From furthest outside first; the second starts elsewhere, and ends elsewhere where the class has several."""
    entries = {choice.word: choice for choice in found.entries}
    impacts = {choice.word: choice for choice in found.impacts}
    cells = sorted(
        (cell for cell in found.cells if class_of(cell.impact) is sort and not _is_itself(entries[cell.entry], sort)),
        key=lambda cell: (not cell.certain, outwardness(entries[cell.entry]), cell.hops, cell.entry, cell.impact),
    )
    chosen: list[Reach] = []
    while cells and len(chosen) < MOST_TOLD:
        chosen.append(cells[0])
        used = {outwardness(entries[cell.entry]) for cell in chosen}
        cells = [cell for cell in cells if outwardness(entries[cell.entry]) not in used]
        ends = {cell.impact for cell in chosen}
        cells.sort(key=lambda cell: (not cell.certain, cell.impact in ends))
    return [told for cell in chosen if (told := _path(graph, entries[cell.entry], impacts[cell.impact], sort))]


def _is_itself(entry: Choice, sort: ImpactClass) -> bool:
    """Whoever starts on a node has one."""
    return sort is ImpactClass.NODE and all(thing.kind is Thing.NODE for thing in entry.things)


def _path(graph: Graph, entry: Choice, impact: Choice, sort: ImpactClass) -> ToldPath | None:
    path = ways(graph, entry, impact).shortest
    return None if path is None else ToldPath(impact_class=sort, entry=entry, impact=impact, path=path)


def _choke(graph: Graph, found: Reaches, sort: ImpactClass) -> list[ChokePoints]:
    """By grants and by duties; over what was seen to be possible, else over what may be."""
    cells = [cell for cell in found.cells if class_of(cell.impact) is sort]
    if not cells:
        return []
    things = {thing: None for choice in every_entry(graph) for thing in choice.things}
    entry = Choice(word="", title="any entry", things=tuple(things))
    possible = not any(cell.certain for cell in cells)
    return [choke_points(graph, entry, choose(graph, sort.value), by, possible=possible) for by in ChokeBy]


def _stopper(walked: Walked, asked: Asked) -> Stopper:
    held = walked.answerable(*asked)
    return Stopper(
        duty=held.duty,
        scope=held.scope,
        part=held.part,
        row=held.row.id if held.row is not None else "",
        differing=held.differing,
    )
