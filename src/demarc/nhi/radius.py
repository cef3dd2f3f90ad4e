"""How far identities and credentials reach, from the access graph: a grade for each, and where one stands in it.

The graph is made only where somebody asks for it: it costs more than all the rest of the inventory. What it does not
have is not graded, which does not say that nothing falls with it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec.structs import replace

from demarc.access.graph import Graph
from demarc.access.graph.crossing import NEVER, crossing
from demarc.access.graph.places import CLASSES
from demarc.model.graph import Choice, Thing
from demarc.model.nhi import Blast, Nhi, NhiKind, NhiReport

_IMPACTS: Final = ("cluster-admin", "cloud-role", "crown-jewels", "node")
"""What is reached, the worst first."""
LESS: Final = "less"
_OWN: Final = "/Token/kube-apiserver"


def placed(graph: Graph, item: Nhi) -> Choice | None:
    """Where whoever holds an entry starts in the graph; None for what is not in it."""
    found = _place(item)
    node = graph.find(*found) if found is not None else None
    if node is None:
        return None
    ref = graph.ref(node)
    return Choice(word=item.id, title=item.id, things=(ref,))


def _place(item: Nhi) -> tuple[Thing, str] | None:
    if "/Secret/" in item.id:
        return Thing.SECRET, f"{item.namespace}/{item.name}"
    if item.kind is NhiKind.NODE:
        return Thing.NODE, item.id.removeprefix("Node/")
    if item.kind is NhiKind.CLOUD_ROLE:
        return Thing.CLOUD_ROLE, item.name
    namespace, held, rest = item.id.partition("/ServiceAccount/")
    if held and (item.kind is not NhiKind.PROJECTED_TOKEN or item.id.endswith(_OWN)):
        return Thing.IDENTITY, f"ServiceAccount {namespace}/{rest.partition('/')[0]}"
    if item.id.startswith("User/"):
        return Thing.IDENTITY, f"User {item.id.removeprefix('User/').rpartition('/')[0]}"
    return None


def graded(report: NhiReport, graph: Graph) -> NhiReport:
    """The report with what each entry reaches: the worst, in how many steps, and whether for certain."""
    starts: dict[int, list[int]] = {}
    for number, item in enumerate(report.items):
        found = _place(item)
        node = graph.find(*found) if found is not None else None
        if node is not None:
            starts.setdefault(node, []).append(number)
    nodes = list(starts)
    goals = [CLASSES[word][1](graph) for word in _IMPACTS]
    possible = crossing(graph.arrays, [(node,) for node in nodes], goals, walk=False).hops
    certain = possible
    if graph.arrays.unknown.any():
        seen = graph.arrays.only(~graph.arrays.unknown)[0]
        certain = crossing(seen, [(node,) for node in nodes], goals, walk=False).hops
    items = list(report.items)
    for row, node in enumerate(nodes):
        blast = _blast(possible[row], certain[row])
        for number in starts[node]:
            items[number] = replace(items[number], blast=blast)
    return replace(report, items=tuple(items))


def _blast(possible: np.ndarray, certain: np.ndarray) -> Blast:
    for hops, is_certain in ((certain, True), (possible, False)):
        for column, word in enumerate(_IMPACTS):
            # It does not reach what it is itself.
            if hops[column] != NEVER and hops[column] > 0:
                return Blast(impact=word, steps=int(hops[column]), certain=is_certain)
    return Blast(impact=LESS, steps=0, certain=bool((possible == certain).all()))
