"""Small clusters for techniques, and what their graphs hold."""

from __future__ import annotations

from typing import Any, NamedTuple

from demarc.access.techniques import View, access_graph
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.inventory.build import build
from demarc.model.evidence import GapReason
from demarc.model.graph import Hop
from demarc.testing import a_container, a_namespace, a_node, a_pod, a_service_account
from tests.access.given import a_cluster_role, a_role, a_rule, a_snapshot, account, bound

Object = dict[str, Any]
EKS = {"eks.amazonaws.com/nodegroup": "general"}
VERSION = "v1.33.5-eks-3025e55"
ADMISSION = "admissionregistration.k8s.io/v1"

BASE = (
    a_namespace("shop"),
    a_namespace("kube-system"),
    a_namespace("closed", labels={"pod-security.kubernetes.io/enforce": "restricted"}),
    a_node("n1", provider_id="aws:///eu-west-1a/i-1", kubelet_version=VERSION, labels=EKS),
    a_node("n2", provider_id="aws:///eu-west-1a/i-2", kubelet_version=VERSION, labels=EKS),
    a_service_account("bot", "shop"),
    a_service_account("strong", "shop"),
    a_service_account("locked", "closed"),
)
"""An EKS cluster: nobody but AWS sets its admission configuration."""
BOT = account("bot", "shop")


def may(*rules: Object, namespace: str | None = None, who: Object = BOT, name: str = "given") -> tuple[Object, ...]:
    """The bot may do something: in a namespace, or everywhere."""
    if namespace:
        role = a_role(name, *rules, namespace=namespace)
        return role, bound(name, name, who, namespace=namespace, kind="Role")
    return a_cluster_role(name, *rules), bound(name, name, who)


def can(verbs: str, resource: str, group: str = "", *names: str) -> Object:
    """One rule: ``can("get,list", "secrets")``."""
    return a_rule(verbs.split(","), resource.split(","), (group,), names)


def runs(name: str = "app", namespace: str = "shop", *, node: str = "n1", **more: Any) -> Object:
    """A pod on a node, without a token."""
    spec = {"automountServiceAccountToken": False, **(more.pop("pod_spec", None) or {})}
    return a_pod(name, namespace, node=node, pod_spec=spec, **more)


def box(name: str = "app", **more: Any) -> Object:
    return a_container(name, **more)


def with_host_path(path: str, *, read_only: bool = False, **spec: Any) -> Object:
    """A pod with a directory of its node."""
    mounts = [{"name": "host", "mountPath": "/host", "readOnly": read_only}]
    volumes = [{"name": "host", "hostPath": {"path": path}}]
    return runs(containers=[box(volumeMounts=mounts)], pod_spec={"volumes": volumes, **spec})


def with_volume(volume: Object, *, read_only: bool = False, **spec: Any) -> Object:
    """A pod with a volume."""
    mounts = [{"name": "v", "mountPath": "/v", "readOnly": read_only}]
    return runs(containers=[box(volumeMounts=mounts)], pod_spec={"volumes": [{"name": "v", **volume}], **spec})


def privileged(**more: Any) -> Object:
    return box(securityContext={"privileged": True}, **more)


def adding(*capabilities: str) -> Object:
    return box(securityContext={"capabilities": {"add": list(capabilities)}})


class Case(NamedTuple):
    """A cluster and an edge of one technique in it, or not in it."""

    technique: str
    objects: tuple[Object, ...]
    edge: str = ""
    """``source -> target`` that must be there; empty: no edge of the technique may be there at all."""
    unknown: str = ""
    """Part of why it is not certain; empty: it is certain."""
    gaps: tuple[tuple[str, GapReason], ...] = ()
    base: tuple[Object, ...] = BASE
    absent: str = ""
    """``source -> target`` that must not be there, where other edges of the technique may."""


def hops_of(*objects: Object, base: tuple[Object, ...] = BASE, **how: Any) -> tuple[Hop, ...]:
    """Every edge of the graph of a cluster, as a value."""
    names = {(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects}
    kept = [i for i in base if (i["kind"], i["metadata"].get("namespace"), i["metadata"]["name"]) not in names]
    snapshot = a_snapshot(*kept, *objects, **how)
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    graph = access_graph(View(snapshot, inventory))
    return tuple(graph.hop(edge) for edge in range(len(graph.arrays)))


def edges_of(case: Case) -> dict[str, Hop]:
    """Edges of a case's technique as ``source -> target``."""
    hops = hops_of(*case.objects, base=case.base, gaps=case.gaps)
    # Of two edges between the same things the certain one counts.
    found = [hop for hop in hops if hop.technique == case.technique]
    found.sort(key=lambda hop: not hop.unknown)
    return {f"{hop.source} -> {hop.target}": hop for hop in found}


def check(case: Case) -> None:
    """Hold a case."""
    found = edges_of(case)
    if case.absent:
        assert case.absent not in found
    if not case.edge:
        assert case.absent or not found, list(found)
        return
    assert case.edge in found, list(found)
    hop = found[case.edge]
    if case.unknown:
        assert case.unknown in hop.unknown
    else:
        assert hop.unknown == ""
    assert hop.says
    assert str(hop.scope)


GRANT = "grant ClusterRoleBinding given"
LOCAL = "grant RoleBinding shop/given"
POD = "workload shop/Pod/app"
