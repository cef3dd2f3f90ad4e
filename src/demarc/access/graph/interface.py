"""What techniques write the graph with, and what every question reads it through.

Nodes and edges are numbers; their meaning lies in tables beside the arrays and becomes a value (``Ref``, ``Hop``) only
for what is shown. Must not know any technique, nor how a question is answered.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from demarc.access.graph.arrays import Arrays
from demarc.model.evidence import Evidence
from demarc.model.graph import Hop, Ref, TechniqueFacts, Thing
from demarc.model.inventory import Scope

COSTS = (12, 5, 1)
"""Cost of a step of likelihood 1, 2, 3: tenths of -ln p for p = 0.3, 0.6, 0.9."""

Says = str | Callable[[], str]


class Detail(NamedTuple):
    """What an edge means; shared by edges that mean the same."""

    scope: Scope
    says: Says
    evidence: tuple[Evidence, ...]
    grants: tuple[str, ...]
    part: str
    unknown: str


class Graph:
    """Nodes, edges and marks, frozen. Made by ``GraphBuilder.build``."""

    def __init__(
        self,
        *,
        things: tuple[Thing, ...],
        names: tuple[str, ...],
        arrays: Arrays,
        techniques: tuple[TechniqueFacts, ...],
        codes: NDArray[np.int16],
        details: tuple[Detail, ...],
        tags: dict[str, tuple[int, ...]],
    ) -> None:
        self.things = things
        self.names = names
        self.arrays = arrays
        self.techniques = techniques
        self.codes = codes
        """Index into ``techniques`` by edge."""
        self.details = details
        """By edge."""
        self.tags = tags
        """Tag -> nodes, sorted."""
        self._numbers = {(kind, name): number for number, (kind, name) in enumerate(zip(things, names, strict=True))}

    def __len__(self) -> int:
        return len(self.names)

    def ref(self, node: int) -> Ref:
        """The thing that a node stands for."""
        return Ref(kind=self.things[node], name=self.names[node])

    def find(self, kind: Thing, name: str) -> int | None:
        """The node of a thing, None where the graph has none."""
        return self._numbers.get((kind, name))

    def of(self, kind: Thing) -> tuple[int, ...]:
        """All nodes of a kind."""
        return tuple(number for number, thing in enumerate(self.things) if thing is kind)

    def tagged(self, tag: str) -> tuple[int, ...]:
        """All nodes with a mark."""
        return self.tags.get(tag, ())

    def marked(self, tag: str, nodes: Iterable[int]) -> Graph:
        """The same graph with a mark on some nodes."""
        tags = {**self.tags, str(tag): tuple(sorted({*self.tagged(tag), *nodes}))}
        return Graph(
            things=self.things,
            names=self.names,
            arrays=self.arrays,
            techniques=self.techniques,
            codes=self.codes,
            details=self.details,
            tags=tags,
        )

    def grants(self) -> frozenset[str]:
        """Everything that a reader could remove."""
        return frozenset(grant for detail in self.details for grant in detail.grants)

    def hop(self, edge: int) -> Hop:
        """An edge as a value."""
        facts, detail, arrays = self.techniques[self.codes[edge]], self.details[edge], self.arrays
        return Hop(
            technique=facts.name,
            source=self.ref(int(arrays.source[edge])),
            target=self.ref(int(arrays.target[edge])),
            says=detail.says if isinstance(detail.says, str) else detail.says(),
            needs=tuple(self.ref(int(node)) for node in arrays.needs_of(edge)),
            evidence=detail.evidence,
            grants=detail.grants,
            duty=facts.duty,
            also=facts.also,
            scope=detail.scope,
            part=detail.part,
            unknown=detail.unknown,
            likelihood=facts.likelihood,
        )

    def resting_on(self, grants: Iterable[str]) -> NDArray[np.bool_]:
        """Which edges stop when these grants are removed, by edge."""
        gone = frozenset(grants)
        return np.fromiter(
            (not gone.isdisjoint(detail.grants) for detail in self.details), dtype=np.bool_, count=len(self.details)
        )


class GraphBuilder:
    """Collects nodes and edges. Nodes are interned: the same thing is the same number."""

    def __init__(self, techniques: Mapping[str, TechniqueFacts]) -> None:
        self._facts = tuple(techniques.values())
        self._codes = {facts.name: code for code, facts in enumerate(self._facts)}
        self._numbers: dict[tuple[Thing, str], int] = {}
        self._source, self._target = array("i"), array("i")
        self._technique = array("h")
        self._details: list[Detail] = []
        self._needs: dict[int, tuple[int, ...]] = {}
        self._tags: dict[str, set[int]] = {}

    def node(self, kind: Thing, name: str) -> int:
        """Number of a thing, new where it was not named before."""
        return self._numbers.setdefault((kind, name), len(self._numbers))

    def mark(self, node: int, *tags: str) -> None:
        """Put marks on a node: a ``Tag``, or any word."""
        for tag in tags:
            self._tags.setdefault(str(tag), set()).add(node)

    def edge(
        self,
        technique: str,
        source: int,
        target: int,
        *,
        scope: Scope,
        says: Says,
        evidence: tuple[Evidence, ...] = (),
        grants: tuple[str, ...] = (),
        needs: tuple[int, ...] = (),
        part: str = "",
        unknown: str = "",
    ) -> None:
        """Say that whoever holds ``source`` and all of ``needs`` gets ``target``.

        ``technique`` is a name of the catalogue (KeyError otherwise). ``grants`` are what a reader can remove, any one
        of them stops this edge: two bindings that give the same right are two edges. ``unknown`` says why the
        precondition cannot be seen. ``says`` may be a function, called only when the edge is shown.
        """
        self._technique.append(self._codes[technique])
        if needs:
            self._needs[len(self._source)] = needs
        self._source.append(source)
        self._target.append(target)
        self._details.append(Detail(scope, says, evidence, grants, part, unknown))

    def build(self) -> Graph:
        """The graph; the builder is done with."""
        codes = np.array(self._technique, dtype=np.int16)
        costs = np.array([COSTS[facts.likelihood - 1] for facts in self._facts], dtype=np.int32)
        return Graph(
            things=tuple(kind for kind, _ in self._numbers),
            names=tuple(name for _, name in self._numbers),
            arrays=Arrays(
                nodes=len(self._numbers),
                source=np.array(self._source, dtype=np.int32),
                target=np.array(self._target, dtype=np.int32),
                cost=costs[codes] if len(codes) else np.zeros(0, dtype=np.int32),
                unknown=np.fromiter((bool(one.unknown) for one in self._details), np.bool_, len(self._details)),
                needs=self._needs,
            ),
            techniques=self._facts,
            codes=codes,
            details=tuple(self._details),
            tags={tag: tuple(sorted(nodes)) for tag, nodes in sorted(self._tags.items())},
        )
