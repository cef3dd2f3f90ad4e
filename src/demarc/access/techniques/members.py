"""INCLUDES: from nodes that stand for many to each of them, and from full control to what it is control of."""

from __future__ import annotations

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View

_SAYS = "it is one of them"


def includes(view: View, graph: GraphBuilder, many: int, one: int, namespace: str = "") -> None:
    """Write that something is one of many."""
    graph.edge(things.INCLUDES, many, one, scope=view.scope(namespace), says=_SAYS)


def members(view: View, graph: GraphBuilder) -> None:
    """Lead from everything to namespaces, from these to their accounts, Secrets, settings, workloads; and to nodes."""
    admin, everywhere = things.cluster_admin(graph), things.namespace(graph)
    includes(view, graph, admin, everywhere)
    includes(view, graph, admin, things.any_node(graph))
    includes(view, graph, admin, things.user(graph, things.ALL))
    includes(view, graph, admin, things.group(graph, things.ALL))
    kinds = (things.any_account, things.any_secret, things.any_config, things.any_workload)
    for kind in kinds:
        includes(view, graph, everywhere, kind(graph))
    for name in view.namespaces:
        includes(view, graph, everywhere, things.namespace(graph, name), name)
        for kind in kinds:
            includes(view, graph, things.namespace(graph, name), kind(graph, name), name)
            includes(view, graph, kind(graph), kind(graph, name), name)
    _objects(view, graph)
    _identities(view, graph)


def _objects(view: View, graph: GraphBuilder) -> None:
    for namespace, name in view.accounts:
        one = things.account(graph, namespace, name)
        includes(view, graph, things.any_account(graph, namespace), one, namespace)
    for namespace, name in view.secrets:
        includes(view, graph, things.any_secret(graph, namespace), things.secret(graph, namespace, name), namespace)
    for namespace, name in view.config_maps:
        includes(view, graph, things.any_config(graph, namespace), things.config(graph, namespace, name), namespace)
    for running in view.workloads.all:
        whole = things.workload(graph, running.scope)
        if running.pods:
            includes(view, graph, things.any_workload(graph, running.namespace), whole, running.namespace)
        if len(running.names) > 1:
            for name in running.names:
                includes(view, graph, whole, things.container(graph, running, name), running.namespace)
    for name in view.nodes:
        includes(view, graph, things.any_node(graph), things.node(graph, name))
        includes(view, graph, things.node(graph, name), things.some_node(graph))


def _identities(view: View, graph: GraphBuilder) -> None:
    """Users and groups that bindings name. ``any group`` leaves system:masters out: not every way leads there."""
    for subject in view.rights.subjects:
        if subject.kind == "ServiceAccount":
            if (subject.namespace, subject.name) not in view.accounts:
                one = things.identity(graph, subject)
                includes(view, graph, things.any_account(graph, subject.namespace), one, subject.namespace)
        elif not (subject.kind == "Group" and subject.name == "system:masters"):
            every = things.user if subject.kind == "User" else things.group
            includes(view, graph, every(graph, things.ALL), things.identity(graph, subject))


TECHNIQUES = (Technique(things.INCLUDES, members),)
