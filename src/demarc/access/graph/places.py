"""Where paths start and end: words such as ``internet`` or ``pod:payments``, and what they stand for.

Knows how things are named, nothing of how they are reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from demarc.access.graph.interface import Graph
from demarc.model.errors import DemarcError
from demarc.model.graph import Choice, Tag, Thing
from demarc.register.words import Spellings, shown

Nodes = tuple[int, ...]

_SHORT: dict[str, tuple[Thing, str]] = {
    "sa": (Thing.IDENTITY, "ServiceAccount "),
    "serviceaccount": (Thing.IDENTITY, "ServiceAccount "),
    "user": (Thing.IDENTITY, "User "),
    "group": (Thing.IDENTITY, "Group "),
}
"""Prefix -> kind, and what its names begin with."""

_USER_PREFIX = "system:serviceaccount:"

TODO = (
    "write internet, anonymous, pipeline, addon, node, pod:NAMESPACE, sa:NAMESPACE/NAME, user:NAME, group:NAME, "
    "secret:NAMESPACE/NAME, node:NAME, cloud-role:NAME, pipeline:NAME, cluster-admin, crown-jewels, or KIND:NAME"
)


def _tagged(tag: Tag, *more: tuple[Thing, str]) -> Callable[[Graph], Nodes]:
    def find(graph: Graph) -> Nodes:
        named = (graph.find(kind, name) for kind, name in more)
        return tuple(sorted({*graph.tagged(tag), *(node for node in named if node is not None)}))

    return find


def _all(kind: Thing, tag: Tag | None = None) -> Callable[[Graph], Nodes]:
    return lambda graph: tuple(sorted({*graph.of(kind), *(graph.tagged(tag) if tag else ())}))


CLASSES: dict[str, tuple[str, Callable[[Graph], Nodes]]] = {
    "internet": ("the internet", _tagged(Tag.INTERNET, (Thing.OUTSIDE, "internet"))),
    "anonymous": (
        "somebody without a credential",
        _tagged(Tag.ANONYMOUS, (Thing.OUTSIDE, "anonymous"), (Thing.IDENTITY, "User system:anonymous")),
    ),
    "pipeline": ("a leaked pipeline credential", _all(Thing.PIPELINE, Tag.PIPELINE_CREDENTIAL)),
    "addon": ("a compromised add-on of the provider", _tagged(Tag.ADDON)),
    "node": ("a node", _all(Thing.NODE)),
    "cluster-admin": ("cluster-admin", _tagged(Tag.CLUSTER_ADMIN, (Thing.CLUSTER_ADMIN, "cluster-admin"))),
    "cloud-role": ("a cloud role", _all(Thing.CLOUD_ROLE)),
    "crown-jewels": ("a crown jewel", _tagged(Tag.CROWN_JEWEL)),
}
"""Words that stand for whatever of a sort the cluster has: title, and how to find it."""

MOST_OF_A_SORT = 40
"""Impacts of a sort that are told one by one; more are told as one: any of them."""

_ALIKE = {
    "crown-jewel": "crown-jewels",
    "add-on": "addon",
    "pipelines": "pipeline",
    "nodes": "node",
    "cloud-roles": "cloud-role",
    "clusteradmin": "cluster-admin",
}


def namespace_of(kind: Thing, name: str) -> str:
    """The namespace in which a thing lies, empty for what lies in none."""
    if kind is Thing.NAMESPACE:
        return name
    if kind is Thing.IDENTITY:
        name = name.removeprefix("ServiceAccount ") if name.startswith("ServiceAccount ") else ""
    if kind in {Thing.IDENTITY, Thing.SECRET, Thing.CONFIG, Thing.WORKLOAD, Thing.ENDPOINT}:
        namespace, slash, _ = name.partition("/")
        return namespace if slash and "://" not in name else ""
    return ""


def stands_for_many(name: str) -> bool:
    """Whether a node stands for all or any of a kind: ``*``, ``payments/*``, ``at least one node``."""
    return name.endswith(("/*", "/*/*")) or name in {"*", "ServiceAccount */*", "at least one node"}


def choose(graph: Graph, word: str) -> Choice:
    """What a word stands for. Raises DemarcError with what was probably meant, for a name that is not in the graph."""
    word = word.strip()
    plain = _ALIKE.get(word, word)
    if plain in CLASSES:
        title, find = CLASSES[plain]
        return _choice(graph, plain, title, find(graph))
    prefix, colon, name = word.partition(":")
    if word.startswith(_USER_PREFIX):
        return _identity(graph, word)
    if not colon:
        return _bare(graph, word)
    if prefix == "pod":
        return _pods(graph, name)
    if prefix in {"addon", "crown-jewels", "pipeline"}:
        return _within(graph, prefix, name)
    kind, start = _kind(prefix, word)
    if kind is Thing.IDENTITY and name.startswith(_USER_PREFIX):
        return _identity(graph, name)
    node = graph.find(kind, start + name)
    if node is None:
        known = (_word(graph, one) for one in graph.of(kind))
        raise _unknown(word, (one for one in known if one.startswith(f"{prefix}:")))
    return _one(graph, node)


def _kind(prefix: str, word: str) -> tuple[Thing, str]:
    if prefix in _SHORT:
        return _SHORT[prefix]
    try:
        return Thing(prefix), ""
    except ValueError:
        kinds = [*CLASSES, *_SHORT, "pod", *(kind.value for kind in Thing)]
        meant = Spellings(kinds).nearest(prefix)
        raise DemarcError(
            f"nothing is called {shown(word)}",
            todo=(f"did you mean {meant}:? " if meant else "") + TODO,
        ) from None


def _identity(graph: Graph, user: str) -> Choice:
    """A service account by its user name."""
    namespace, _, name = user.removeprefix(_USER_PREFIX).partition(":")
    return choose(graph, f"sa:{namespace}/{name}")


def _pods(graph: Graph, name: str) -> Choice:
    """``NAMESPACE``, ``NAMESPACE/NAME`` or ``NAMESPACE/Kind/NAME``; the containers of a workload with it."""
    workloads = [
        (node, graph.names[node]) for node in graph.of(Thing.WORKLOAD) if not stands_for_many(graph.names[node])
    ]
    namespace, slash, rest = name.partition("/")
    found = [
        node
        for node, full in workloads
        if full.startswith(f"{namespace}/")
        and (not slash or f"{full}/".startswith(f"{name}/") or full.split("/")[2:3] == [rest])
    ]
    if not found and (slash or graph.find(Thing.NAMESPACE, namespace) is None):
        known = {full.partition("/")[0] for _, full in workloads} if not slash else {full for _, full in workloads}
        raise _unknown(f"pod:{name}", (f"pod:{one}" for one in sorted(known)))
    title = f"any pod of {name}" if slash else f"any pod of namespace {name}"
    return _choice(graph, f"pod:{name}", title, tuple(found))


def _within(graph: Graph, prefix: str, name: str) -> Choice:
    """One of a class, by its whole name or the end of it."""
    title, find = CLASSES[prefix]
    nodes = find(graph)
    found = tuple(
        node for node in nodes if graph.names[node] == name or graph.names[node].endswith((f"/{name}", f" {name}"))
    )
    if not found:
        raise _unknown(f"{prefix}:{name}", (f"{prefix}:{graph.names[node]}" for node in nodes))
    return _choice(graph, f"{prefix}:{name}", f"{title} ({name})", found)


def _bare(graph: Graph, word: str) -> Choice:
    """A name alone: whatever one thing is called so."""
    found = [node for node, name in enumerate(graph.names) if name == word and graph.things[node] is not Thing.GRANT]
    if len(found) == 1:
        return _one(graph, found[0])
    if found:
        kinds = ", ".join(_word(graph, node) for node in found[:4])
        raise DemarcError(f"{shown(word)} names several things", todo=f"write one of {kinds}")
    raise _unknown(word, [*CLASSES, *_ALIKE])


def _unknown(word: str, known: Iterable[str]) -> DemarcError:
    meant = Spellings(known).nearest(word)
    return DemarcError(
        f"nothing that was seen is called {shown(word)}", todo=f"did you mean {shown(meant)}?" if meant else TODO
    )


def _word(graph: Graph, node: int) -> str:
    """How a node can be typed."""
    kind, name = graph.things[node], graph.names[node]
    if kind is Thing.CLUSTER_ADMIN:
        return kind.value
    for prefix, (short, start) in (("sa", _SHORT["sa"]), ("user", _SHORT["user"]), ("group", _SHORT["group"])):
        if kind is short and name.startswith(start):
            return f"{prefix}:{name.removeprefix(start)}"
    return f"{kind.value}:{name}"


def _one(graph: Graph, node: int) -> Choice:
    return _choice(graph, _word(graph, node), str(graph.ref(node)), (node,))


def _choice(graph: Graph, word: str, title: str, nodes: Nodes) -> Choice:
    return Choice(word=word, title=title, things=tuple(graph.ref(node) for node in nodes))


def nodes_of(graph: Graph, choice: Choice) -> Nodes:
    """Nodes of a choice that this graph has: the choice may come from another one, as in what-if."""
    found = (graph.find(one.kind, one.name) for one in choice.things)
    return tuple(sorted({node for node in found if node is not None}))


def every_entry(graph: Graph) -> tuple[Choice, ...]:
    """Where an intruder may start: outside, each pipeline, add-on and node, the pods of each namespace."""
    choices = [choose(graph, word) for word in ("internet", "anonymous")]
    pods: dict[str, list[int]] = {}
    for node in (node for node in graph.of(Thing.WORKLOAD) if not stands_for_many(graph.names[node])):
        pods.setdefault(namespace_of(Thing.WORKLOAD, graph.names[node]), []).append(node)
    choices += [_choice(graph, _word(graph, node), str(graph.ref(node)), (node,)) for node in _pipelines(graph)]
    choices += [
        _choice(graph, f"pod:{name}", f"any pod of namespace {name}", tuple(nodes))
        for name, nodes in sorted(pods.items())
        if name
    ]
    choices += [
        _choice(graph, f"addon:{graph.names[node]}", f"add-on {graph.names[node]}", (node,))
        for node in graph.tagged(Tag.ADDON)
    ]
    choices += [_one(graph, node) for node in graph.of(Thing.NODE) if not stands_for_many(graph.names[node])]
    return tuple(choice for choice in choices if choice.things)


def _pipelines(graph: Graph) -> Nodes:
    return CLASSES["pipeline"][1](graph)


def every_impact(graph: Graph) -> tuple[Choice, ...]:
    """What must not happen: cluster-admin, any node, each cloud role, each crown jewel; many of a sort as one."""
    choices = [choose(graph, "cluster-admin"), choose(graph, "node")]
    for sort in ("cloud-role", "crown-jewels"):
        whole = choose(graph, sort)
        few = len(whole.things) <= MOST_OF_A_SORT
        choices += [_one(graph, node) for node in nodes_of(graph, whole)] if few else [whole]
    unique = {choice.word: choice for choice in choices if choice.things}
    return tuple(unique.values())
