"""Rights to make or change what runs: any account and Secret of the namespace, and a node where nothing forbids it."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.grants import Writer
from demarc.access.techniques.guards import ENFORCE, Verdict
from demarc.access.techniques.offers import where
from demarc.access.techniques.rights import Claim
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View
from demarc.model.evidence import Evidence, Grade

_CONTROLLERS = {
    "deployments.apps": "Deployment",
    "daemonsets.apps": "DaemonSet",
    "statefulsets.apps": "StatefulSet",
    "replicasets.apps": "ReplicaSet",
    "replicationcontrollers": "ReplicationController",
    "jobs.batch": "Job",
    "cronjobs.batch": "CronJob",
}


def pod_create(view: View, graph: GraphBuilder) -> None:
    """Rights to create pods, and what the admin of a namespace may do for that."""
    writer = Writer(view, graph, "POD_CREATE")
    for claim in view.rights.claims("create pods"):
        for place, stop in writer.places(claim, "CREATE", "pods"):
            _holds(writer, claim, place, stop, f"creating pods {where(place)}")
        for place, unknown in _breaks_out(view, claim.namespace, "CREATE", "pods"):
            says = f"creating privileged pods in {place}"
            writer.edge(claim, things.any_node(graph), says, place=place, unknown=unknown, more=_level(view, place))
    for name in view.namespaces:
        for place, unknown in _breaks_out(view, name, "CREATE", "pods"):
            graph.edge(
                "POD_CREATE",
                things.namespace(graph, name),
                things.any_node(graph),
                scope=view.scope(place),
                says=f"Whoever may do everything in {name} creates a privileged pod there",
                evidence=_level(view, place),
                unknown=unknown,
            )


def workload_create(view: View, graph: GraphBuilder) -> None:
    """Rights to create what makes pods."""
    writer = Writer(view, graph, "WORKLOAD_CREATE")
    for resource, kind in _CONTROLLERS.items():
        for claim in view.rights.claims(f"create {resource}"):
            _through(writer, claim, "CREATE", resource, f"creating a {kind}")


def workload_patch(view: View, graph: GraphBuilder) -> None:
    """Rights to change what makes pods, where there is some."""
    writer = Writer(view, graph, "WORKLOAD_PATCH")
    there = {(running.kind, running.namespace, running.name) for running in view.workloads.all}
    spaces = {(kind, namespace) for kind, namespace, _ in there}
    for resource, kind in _CONTROLLERS.items():
        for claim in view.rights.claims(f"update|patch {resource}"):
            names = claim.names[0]
            found = (
                {space for one, space in spaces if one == kind}
                if names is None
                else {space for one, space, name in there if one == kind and name in names}
            )
            found = {space for space in found if claim.namespace in ("", space)}
            if not found:
                continue
            if names is None and not claim.namespace:
                _through(writer, claim, "UPDATE", resource, f"changing any {kind}", among=found)
            else:
                says = f"changing {kind} {', '.join(names)}" if names else f"changing any {kind}"
                for space in sorted(found):
                    _through(writer, claim._replace(namespace=space), "UPDATE", resource, says)


def _through(
    writer: Writer, claim: Claim, operation: str, resource: str, says: str, *, among: set[str] | None = None
) -> None:
    """Edges by a controller: what stops its pods stops it as well, and so does what stops the controller itself."""
    view = writer.view
    name, _, group = resource.partition(".")
    own = {place: view.guards.may_stop(operation, group, name, place) for place in view.namespaces}
    for place, stop in writer.places(claim, "CREATE", "pods"):
        spaces = among or view.namespaces
        blocked = own.get(place, "") if place else _all_stopped(own, spaces)
        _holds(writer, claim, place, stop or blocked, f"{says} {where(place)}")
    for place, unknown in _breaks_out(view, claim.namespace, "CREATE", "pods", among):
        text = f"{says} in {place} with a privileged pod"
        more = _level(view, place)
        target = things.any_node(writer.graph)
        writer.edge(claim, target, text, place=place, unknown=unknown or own.get(place, ""), more=more)


def _all_stopped(own: dict[str, str], spaces: set[str] | dict[str, dict[str, str]]) -> str:
    """What may stop it, where there is no namespace in which nothing does."""
    found = [own.get(space, "") for space in spaces]
    return found[0] if found and all(found) else ""


def _holds(writer: Writer, claim: Claim, place: str, stop: str, says: str) -> None:
    graph = writer.graph
    writer.edge(claim, things.any_account(graph, place), f"{says}, with any account", place=place, unknown=stop)
    writer.edge(claim, things.any_secret(graph, place), f"{says}, with any Secret mounted", place=place, unknown=stop)


def _breaks_out(
    view: View, namespace: str, operation: str, resource: str, among: set[str] | None = None
) -> Iterator[tuple[str, str]]:
    """The one namespace in which a privileged pod is let in for certain, else the first in which it may be.

    One is enough: any node can be taken from it.
    """
    first: tuple[str, str] | None = None
    for place in (namespace,) if namespace else sorted(among or view.namespaces):
        verdict = _privileged(view, place, operation, resource)
        if verdict.allowed and not verdict.unknown:
            yield place, ""
            return
        if verdict.allowed and first is None:
            first = (place, verdict.unknown)
    if first is not None:
        yield first


def _privileged(view: View, place: str, operation: str, resource: str) -> Verdict:
    verdict = view.guards.privileged(place)
    name, _, group = resource.partition(".")
    stop = view.guards.may_stop(operation, group, name, place) if verdict.allowed else ""
    return Verdict(allowed=verdict.allowed, unknown=verdict.unknown or stop)


def _level(view: View, place: str) -> tuple[Evidence, ...]:
    level = view.guards.level(place)
    says = f"label {ENFORCE} is {level}" if level else f"no label {ENFORCE}"
    return (Evidence(says=f"Namespace {place}: {says}", grade=Grade.WRITTEN),)


def pv_hostpath(view: View, graph: GraphBuilder) -> None:
    """Rights to make a volume of the node's disk and a pod that mounts it: Pod Security looks at pods only."""
    writer = Writer(view, graph, "PV_HOSTPATH")
    volume_stop = view.guards.may_stop("CREATE", "", "persistentvolumes", "")
    for pods in ("pods", *_CONTROLLERS):
        for claim in view.rights.claims("create persistentvolumes", f"create {pods}"):
            if claim.subject is None and claim.namespace:
                continue
            if any(bound.namespace for bound in claim.firsts):
                continue
            stop = volume_stop
            if not stop and claim.namespace:
                stop = view.guards.may_stop("CREATE", "", "pods", claim.namespace)
            says = f"creating a hostPath volume and {pods.partition('.')[0]} {where(claim.namespace)} that mount it"
            writer.edge(claim, things.any_node(graph), says, unknown=stop)


def psa_downgrade(view: View, graph: GraphBuilder) -> None:
    """Rights to take the label off a namespace that keeps privileged pods out, and to run one."""
    writer = Writer(view, graph, "PSA_DOWNGRADE")
    kept = [name for name in sorted(view.namespaces) if view.guards.level(name) in ("baseline", "restricted")]
    for pods in ("pods", *_CONTROLLERS) if kept else ():
        for claim in view.rights.claims("update|patch namespaces", f"create {pods}"):
            names = claim.names[0]
            fitting = [name for name in kept if (names is None or name in names) and claim.namespace in ("", name)]
            for name in fitting[:1] if not claim.namespace and names is None else fitting:
                stop = view.guards.may_stop("UPDATE", "", "namespaces", name)
                stop = stop or view.guards.may_stop("CREATE", "", "pods", name)
                says = f"changing the labels of Namespace {name} and creating {pods.partition('.')[0]} there"
                more = _level(view, name)
                writer.edge(claim, things.any_node(graph), says, place=name, unknown=stop, more=more)


TECHNIQUES = (
    Technique("POD_CREATE", pod_create),
    Technique("WORKLOAD_CREATE", workload_create),
    Technique("WORKLOAD_PATCH", workload_patch),
    Technique("PV_HOSTPATH", pv_hostpath),
    Technique("PSA_DOWNGRADE", psa_downgrade),
)
