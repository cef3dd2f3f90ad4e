"""Rights to get into what already runs: exec, attach, debug containers, images, the kubelet, and moving pods about."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.grants import Writer
from demarc.access.techniques.members import includes
from demarc.access.techniques.offers import where
from demarc.access.techniques.pods import Running
from demarc.access.techniques.rights import Claim
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, seen_in

_GUESSED = "none of its rights tells the names of pods: they must be known from elsewhere"


def image_replace(view: View, graph: GraphBuilder) -> None:
    """Rights to change pods."""
    writer = Writer(view, graph, "IMAGE_REPLACE")
    for claim in view.rights.claims("update|patch pods"):
        for place, stop in writer.places(claim, "UPDATE", "pods"):
            for target, what in _pods(view, graph, claim, place):
                writer.edge(claim, target, f"changing the image of {what}", place=place, unknown=stop)


def _pods(view: View, graph: GraphBuilder, claim: Claim, place: str) -> Iterator[tuple[int, str]]:
    """Workloads whose pods a claim is for: all of a place that has some, or those of the pods it names."""
    names = claim.names[0]
    if names is None:
        if _runs(view, place):
            yield things.any_workload(graph, place), f"pods {where(place)}"
        return
    for space in (place,) if place else view.namespaces:
        found = {view.workloads.of_pod[space, name].scope for name in names if (space, name) in view.workloads.of_pod}
        yield from ((things.workload(graph, scope), f"pods of {scope}") for scope in sorted(found))


def _runs(view: View, place: str) -> bool:
    if view.missing("pods"):
        return True
    found = view.workloads.in_namespace.get(place, ()) if place else view.workloads.all
    return any(running.pods for running in found)


def _entering(technique: str, subresource: str, verbs: str, says: str) -> Technique:
    def edges(view: View, graph: GraphBuilder) -> None:
        writer = Writer(view, graph, technique)
        what = f"{verbs} pods/{subresource}"
        naming = "get|list|watch pods"
        told = {(id(claim.bound), claim.subject, claim.namespace) for claim in view.rights.claims(what, naming)}
        for claim in view.rights.claims(what, naming):
            _enter(writer, claim, says, "")
        for claim in view.rights.claims(what):
            if (id(claim.bound), None, claim.namespace) not in told and not _told_apart(view, claim, naming):
                _enter(writer, claim, says, _GUESSED if claim.names[0] is None else "")

    return Technique(technique, edges)


def _told_apart(view: View, claim: Claim, naming: str) -> bool:
    """Whether every subject of a binding has the names by another binding: then that is said once, of the subject."""
    holders = view.rights.held(naming)
    bounds = {
        id(held.bound) for held in holders if held.power.names is None and held.namespace in ("", claim.namespace)
    }
    subjects = view.rights.subjects_of(claim.bound)
    return bool(subjects) and all(any(id(one) in bounds for one in view.rights.of(subject)) for subject in subjects)


def _enter(writer: Writer, claim: Claim, says: str, unknown: str) -> None:
    for place, stop in writer.places(claim, "CONNECT", "pods/exec"):
        for target, what in _pods(writer.view, writer.graph, claim, place):
            writer.edge(claim, target, f"{says} {what}", place=place, unknown=unknown or stop)


def pod_attach(view: View, graph: GraphBuilder) -> None:
    """Rights to attach, to containers that listen; and to forward ports, whatever these give."""
    writer = Writer(view, graph, "POD_ATTACH")
    listening: dict[str, list[tuple[Running, str]]] = {}
    for running in view.workloads.all:
        for name in dict.fromkeys(one.name for _, one in running.containers() if one.stdin and running.pods):
            listening.setdefault(running.namespace, []).append((running, name))
    for claim in view.rights.claims("create|get pods/attach"):
        for space in (claim.namespace,) if claim.namespace else listening:
            for running, name in listening.get(space, ()):
                if claim.names[0] is None or _is_of(view, running, claim.names[0]):
                    target = things.container(graph, running, name)
                    more = (seen_in(running, f"container {name} has stdin true"),)
                    writer.edge(claim, target, f"attaching to {running.what}", place=space, more=more)
    ports = "forwarding reaches its ports: what they give to whoever talks to them is not seen"
    for claim in view.rights.claims("create|get pods/portforward"):
        for target, what in _pods(view, graph, claim, claim.namespace):
            writer.edge(claim, target, f"forwarding ports of {what}", unknown=ports)


def _is_of(view: View, running: Running, pods: tuple[str, ...]) -> bool:
    return any(view.workloads.of_pod.get((running.namespace, name)) is running for name in pods)


def debug_container(view: View, graph: GraphBuilder) -> None:
    """Rights to add a container to a running pod: into the pod, and to a node where it may be privileged."""
    writer = Writer(view, graph, "DEBUG_CONTAINER")
    for claim in view.rights.claims("update|patch pods/ephemeralcontainers"):
        for place, stop in writer.places(claim, "UPDATE", "pods/ephemeralcontainers"):
            for target, what in _pods(view, graph, claim, place):
                writer.edge(claim, target, f"adding a container to {what}", place=place, unknown=stop)
        for running in _privileged(view, claim):
            verdict = view.guards.privileged(running.namespace)
            stop = view.guards.may_stop("UPDATE", "", "pods/ephemeralcontainers", running.namespace)
            for name in running.nodes:
                says = f"adding a privileged container to {running.what} on node {name}"
                unknown = verdict.unknown or stop
                writer.edge(claim, things.node(graph, name), says, place=running.namespace, unknown=unknown)


def _privileged(view: View, claim: Claim) -> list[Running]:
    """Workloads in whose pods a privileged container may be let in: one for each node."""
    names, covered, found = claim.names[0], set[str](), []
    candidates = view.workloads.in_namespace.get(claim.namespace, []) if claim.namespace else view.workloads.all
    fits = [one for one in candidates if one.nodes and (names is None or _is_of(view, one, names))]
    # Those that are let in for certain come first: a node that they have needs no other.
    for running in sorted(fits, key=lambda one: bool(view.guards.privileged(one.namespace).unknown)):
        if view.guards.privileged(running.namespace).allowed and not covered.issuperset(running.nodes):
            covered.update(running.nodes)
            found.append(running)
    return found


def kubelet_proxy(view: View, graph: GraphBuilder) -> None:
    """Rights to talk to kubelets through the API server, to every container on their nodes."""
    writer = Writer(view, graph, "KUBELET_PROXY")
    named: set[str] = set()
    for claim in view.rights.claims("get|create nodes/proxy"):
        if claim.namespace:
            continue
        if claim.names[0] is None:
            writer.edge(claim, things.any_workload(graph), "running commands by the kubelet of any node")
        for name in claim.names[0] or ():
            if name in view.nodes:
                named.add(name)
                target = things.workload(graph, f"*/* on {name}")
                writer.edge(claim, target, f"running commands by the kubelet of node {name}")
    for running in view.workloads.all if named else ():
        for name in named.intersection(running.nodes):
            many = things.workload(graph, f"*/* on {name}")
            includes(view, graph, many, things.workload(graph, running.scope), running.namespace)


def drain_steal(view: View, graph: GraphBuilder) -> None:
    """Rights to drive pods away and keep them off other nodes, for whoever holds a node."""
    writer = Writer(view, graph, "DRAIN_STEAL")
    if len(view.nodes) < 2:
        return
    needs = (things.some_node(graph),)
    for drive in ("delete|deletecollection pods", "create pods/eviction"):
        for keep in ("update|patch nodes", "update|patch nodes/status"):
            for claim in view.rights.claims(keep, drive):
                place = _driven(claim)
                if place is None or not _runs(view, place):
                    continue
                says = f"driving pods {where(place)} to a node that is held"
                writer.edge(claim, things.any_workload(graph, place), says, place=place, needs=needs)


def _driven(claim: Claim) -> str | None:
    """Where pods are driven away; None where the rights over nodes are a namespace's, and so none."""
    nodes = (claim.bound,) if claim.subject is None else claim.firsts
    return None if any(bound.namespace for bound in nodes) or claim.names[0] is not None else claim.namespace


TECHNIQUES = (
    Technique("IMAGE_REPLACE", image_replace),
    _entering("POD_EXEC", "exec", "create|get", "running commands in"),
    Technique("POD_ATTACH", pod_attach),
    Technique("DEBUG_CONTAINER", debug_container),
    Technique("KUBELET_PROXY", kubelet_proxy),
    Technique("DRAIN_STEAL", drain_steal),
)
