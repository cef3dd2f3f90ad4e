"""Things of the graph and how they are called, so that every technique means the same node by the same name.

``any_*`` stand for all of a kind in a namespace (or, where it is empty, in the cluster): who may take any of them gets
one edge to that node, and INCLUDES leads on to each. That keeps the graph linear. ``*`` is no name of an object.
"""

from __future__ import annotations

from demarc.access.graph import GraphBuilder
from demarc.access.techniques.pods import Running
from demarc.model.access import SubjectRef
from demarc.model.graph import Tag, Thing

ALL = "*"
INCLUDES = "INCLUDES"
"""The technique that leads from a node that stands for many to each of them. No duty stops it."""


def identity(graph: GraphBuilder, subject: SubjectRef) -> int:
    """A user, group or service account."""
    return graph.node(Thing.IDENTITY, str(subject))


def account(graph: GraphBuilder, namespace: str, name: str) -> int:
    """A service account."""
    return graph.node(Thing.IDENTITY, f"ServiceAccount {namespace}/{name}")


def user(graph: GraphBuilder, name: str) -> int:
    """A user."""
    return graph.node(Thing.IDENTITY, f"User {name}")


def group(graph: GraphBuilder, name: str) -> int:
    """A group."""
    return graph.node(Thing.IDENTITY, f"Group {name}")


def any_account(graph: GraphBuilder, namespace: str = "") -> int:
    """Any service account of a namespace."""
    return account(graph, namespace or ALL, ALL)


def secret(graph: GraphBuilder, namespace: str, name: str) -> int:
    """A Secret."""
    return graph.node(Thing.SECRET, f"{namespace}/{name}")


def any_secret(graph: GraphBuilder, namespace: str = "") -> int:
    """Any Secret of a namespace."""
    return secret(graph, namespace or ALL, ALL)


def config(graph: GraphBuilder, namespace: str, name: str) -> int:
    """A ConfigMap."""
    return graph.node(Thing.CONFIG, f"{namespace}/{name}")


def any_config(graph: GraphBuilder, namespace: str = "") -> int:
    """Any ConfigMap of a namespace."""
    return config(graph, namespace or ALL, ALL)


def workload(graph: GraphBuilder, name: str) -> int:
    """A workload by its name as a scope, ``payments/Deployment/api``, or one container of it: ``.../api/proxy``."""
    return graph.node(Thing.WORKLOAD, name)


def container(graph: GraphBuilder, running: Running, name: str) -> int:
    """One container of a workload; where it has one only, the workload."""
    return workload(graph, f"{running.scope}/{name}" if len(running.names) > 1 else running.scope)


def any_workload(graph: GraphBuilder, namespace: str = "") -> int:
    """Any workload of a namespace."""
    return workload(graph, f"{namespace or ALL}/{ALL}")


def node(graph: GraphBuilder, name: str) -> int:
    """A node."""
    return graph.node(Thing.NODE, name)


def any_node(graph: GraphBuilder) -> int:
    """Any node, as whoever takes it chooses."""
    return node(graph, ALL)


def some_node(graph: GraphBuilder) -> int:
    """At least one node, whichever: every node leads here, and nothing leads on. For what needs any one node."""
    return node(graph, "at least one node")


def namespace(graph: GraphBuilder, name: str = "") -> int:
    """Everything in a namespace: what its admin may do; in every namespace where the name is empty."""
    return graph.node(Thing.NAMESPACE, name or ALL)


def cluster_admin(graph: GraphBuilder) -> int:
    """Everything in the cluster."""
    found = graph.node(Thing.CLUSTER_ADMIN, "cluster-admin")
    graph.mark(found, Tag.CLUSTER_ADMIN)
    return found


def internet(graph: GraphBuilder) -> int:
    """Anybody on the internet."""
    found = graph.node(Thing.OUTSIDE, "internet")
    graph.mark(found, Tag.INTERNET)
    return found


def anonymous(graph: GraphBuilder) -> int:
    """Whoever reaches the API server and has no credential."""
    found = graph.node(Thing.OUTSIDE, "anonymous")
    graph.mark(found, Tag.ANONYMOUS)
    return found


def outside(graph: GraphBuilder, name: str) -> int:
    """A system outside of the cluster that something in it opens."""
    return graph.node(Thing.OUTSIDE, name)
