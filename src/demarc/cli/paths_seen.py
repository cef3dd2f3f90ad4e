"""From what was typed to a graph that can be asked, with and without what is supposed to change."""

from __future__ import annotations

from collections.abc import Iterable

from demarc.access.graph import Graph
from demarc.access.graph.merge import applied
from demarc.access.graph.places import choose, every_entry, nodes_of
from demarc.access.graph.what_if import grants_named
from demarc.access.techniques import View, access_graph
from demarc.accountability.intruder import intruder_paths
from demarc.accountability.walked import Answerable, Walked
from demarc.cli.answer import Answer, Run, whole_answer
from demarc.cli.gather import gather, inventory_of
from demarc.cli.options import Ask, Look
from demarc.cli.screen import Screen
from demarc.model.graph import Choice, Hop, Tag
from demarc.model.register import Register
from demarc.model.report_paths import IntruderPaths
from demarc.model.snapshot import Snapshot
from demarc.model.time import iso

Words = tuple[str, ...]


class Later:
    """A graph, what is taken away from it, and who answers for its steps."""

    def __init__(self, graph: Graph, walked: Walked, without: Words, *, is_changed: bool) -> None:
        self.graph = graph
        self.walked = walked
        self.without = without
        self.is_changed = is_changed

    def choose(self, word: str) -> Choice:
        """What a word stands for here."""
        return choose(self.graph, word)

    def any_entry(self) -> Choice:
        """All that an intruder may start from, at once."""
        things = {thing: None for choice in every_entry(self.graph) for thing in choice.things}
        return Choice(word="", title="any entry", things=tuple(things))

    def held(self, hops: Iterable[Hop]) -> tuple[Answerable, ...]:
        """Who answers for the duties of some steps, each once."""
        asked = dict.fromkeys((hop.duty, hop.scope, hop.part) for hop in hops if hop.duty)
        return tuple(self.walked.answerable(*one) for one in asked)


class Seen(Later):
    """The cluster as it is."""

    def __init__(self, look: Look, ask: Ask, jewels: Words, screen: Screen, run: Run) -> None:
        self._look, self._run, self._screen, self._jewels = look, run, screen, jewels
        seen = whole_answer(look, ask, screen, run)
        self._register, self._snapshot = seen.register, seen.snapshot
        self.at = iso(seen.at)
        graph = _marked(access_graph(View(seen.snapshot, seen.inventory)), jewels)
        super().__init__(graph, Walked(seen.assessment.matrix), (), is_changed=False)

    def changed(self, without: Words, added: Words) -> Later:
        """The cluster as it would be. Raises DemarcError for what cannot be read or taken away."""
        graph = self.graph
        if added:
            more = gather(Look(snapshot=added), self._run.settings, self._run.now, self._screen)
            graph = _marked(_graph(applied(self._snapshot, more), self._register), self._jewels)
        return Later(graph, self.walked, grants_named(graph, without), is_changed=bool(without or added))


def intruder(seen: Answer, jewels: Words) -> IntruderPaths:
    """What a report tells of the ways through a cluster."""
    graph = _marked(access_graph(View(seen.snapshot, seen.inventory)), jewels)
    return intruder_paths(graph, seen.assessment.matrix)


def _graph(snapshot: Snapshot, register: Register) -> Graph:
    return access_graph(View(snapshot, inventory_of(snapshot, register)))


def _marked(graph: Graph, jewels: Words) -> Graph:
    for word in jewels:
        graph = graph.marked(Tag.CROWN_JEWEL, nodes_of(graph, choose(graph, word)))
    return graph
