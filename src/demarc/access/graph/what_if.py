"""Words for what is taken away: ``ClusterRoleBinding ci-deployer``. Checked against what the graph rests on."""

from __future__ import annotations

from collections.abc import Iterable

from demarc.access.graph.interface import Graph
from demarc.model.errors import DemarcError
from demarc.register.words import Spellings, shown


def grants_named(graph: Graph, words: Iterable[str]) -> tuple[str, ...]:
    """Grants as the graph writes them; case of the kind and the name of its namespace may be left out.

    Raises DemarcError for a grant that no step rests on: taking it away would change nothing, or it is misspelt.
    """
    known = graph.grants()
    return tuple(_named(known, word.strip()) for word in words)


def _named(known: frozenset[str], word: str) -> str:
    if word in known:
        return word
    kind, _, name = word.partition(" ")
    near = [one for one in sorted(known) if _matches(one, kind, name)]
    if len(near) == 1:
        return near[0]
    if near:
        raise DemarcError(f"{shown(word)} names several grants", todo=f"write one of {', '.join(map(shown, near[:4]))}")
    meant = Spellings(known).nearest(word)
    raise DemarcError(
        f"no step in this cluster rests on {shown(word)}",
        todo=f"did you mean {shown(meant)}?" if meant else "write it as the paths do: ClusterRoleBinding ci-deployer",
    )


def _matches(one: str, kind: str, name: str) -> bool:
    its_kind, _, its_name = one.partition(" ")
    return its_kind.casefold() == kind.casefold() and bool(name) and name in {its_name, its_name.rpartition("/")[2]}
