"""What a node leads to: the pods on it, its own identity, and the cluster's keys where it is of the control plane."""

from __future__ import annotations

from demarc.access.graph import GraphBuilder
from demarc.access.identity import NODE_PREFIX, NODES
from demarc.access.techniques import things
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, seen_in, shown

_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")


def node_hosts(view: View, graph: GraphBuilder) -> None:
    """Nodes to the workloads whose pods they run."""
    lacks = view.missing("pods")
    for running in view.workloads.all:
        target, scope = things.workload(graph, running.scope), view.scope(running.namespace)
        evidence = (seen_in(running, "spec.nodeName of its pods"),)
        for name in running.nodes:
            says = f"A pod of {running.what} runs on node {name}"
            graph.edge("NODE_HOSTS", things.node(graph, name), target, scope=scope, says=says, evidence=evidence)
    for name in view.nodes if lacks else ():
        unknown = f"which pods run on it is not known: {lacks}"
        says = f"Any pod may run on node {name}"
        graph.edge(
            "NODE_HOSTS",
            things.node(graph, name),
            things.any_workload(graph),
            scope=view.cluster,
            says=says,
            unknown=unknown,
        )


def node_identity(view: View, graph: GraphBuilder) -> None:
    """Nodes to the user and group that they sign in as."""
    for name, node in view.nodes.items():
        for target in (things.user(graph, f"{NODE_PREFIX}{name}"), things.group(graph, NODES)):
            graph.edge(
                "NODE_IDENTITY",
                things.node(graph, name),
                target,
                scope=view.pool(name),
                says=f"The credential of {NODE_PREFIX}{name} lies on the node",
                evidence=(shown(node, "the kubelet keeps its client certificate or token on disk"),),
            )


def control_plane_node(view: View, graph: GraphBuilder) -> None:
    """Nodes of a control plane that nobody else runs."""
    if view.is_managed:
        return
    for name, node in view.nodes.items():
        label = next((label for label in _CONTROL_PLANE if label in node.labels), "")
        if label:
            graph.edge(
                "CONTROL_PLANE_NODE",
                things.node(graph, name),
                things.cluster_admin(graph),
                scope=view.cluster,
                says=f"The keys of the cluster lie on node {name}",
                evidence=(shown(node, f"label {label}"),),
            )


TECHNIQUES = (
    Technique("NODE_HOSTS", node_hosts),
    Technique("NODE_IDENTITY", node_identity),
    Technique("CONTROL_PLANE_NODE", control_plane_node),
)
