"""Techniques: the ways in which holding one thing gives another, found in a cluster and put into the access graph.

Each is a function from what is seen to edges; what it needs and which duty stops it is data in ``catalog/techniques``.
"""

from __future__ import annotations

from demarc.access.graph import Graph, GraphBuilder
from demarc.access.techniques import (
    admission,
    build,
    certificates,
    cloud,
    cloud_rights,
    containers,
    controllers,
    entering,
    escapes,
    gitops,
    leavers,
    logins,
    members,
    network,
    nodes,
    pod_files,
    rbac,
    registry,
    roles,
    secrets,
    settings,
    things,
    tokens,
    workloads,
)
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View
from demarc.catalog.techniques import techniques
from demarc.model.graph import Tag
from demarc.model.kubernetes import Secret

CROWN_JEWEL = "demarc.dev/crown-jewel"
"""Label or annotation of a Secret whose loss must not happen."""

TECHNIQUES: tuple[Technique, ...] = (
    *members.TECHNIQUES,
    *rbac.TECHNIQUES,
    *roles.TECHNIQUES,
    *tokens.TECHNIQUES,
    *secrets.TECHNIQUES,
    *certificates.TECHNIQUES,
    *leavers.TECHNIQUES,
    *workloads.TECHNIQUES,
    *entering.TECHNIQUES,
    *settings.TECHNIQUES,
    *containers.TECHNIQUES,
    *escapes.TECHNIQUES,
    *pod_files.TECHNIQUES,
    *nodes.TECHNIQUES,
    *admission.TECHNIQUES,
    *controllers.TECHNIQUES,
    *network.TECHNIQUES,
    *cloud.TECHNIQUES,
    *logins.TECHNIQUES,
    *cloud_rights.TECHNIQUES,
    *build.TECHNIQUES,
    *registry.TECHNIQUES,
    *gitops.TECHNIQUES,
)
"""All techniques, in the order in which they are looked for."""

__all__ = ["TECHNIQUES", "Technique", "View", "access_graph"]


def access_graph(view: View) -> Graph:
    """Find every technique in a cluster. Two runs over the same snapshot give the same graph."""
    graph = GraphBuilder(techniques())
    for technique in TECHNIQUES:
        technique.edges(view, graph)
    _crown_jewels(view, graph)
    return graph.build()


def _crown_jewels(view: View, graph: GraphBuilder) -> None:
    """Mark the Secrets that their owners call crown jewels, by a label or an annotation of that name."""
    for secret in view.snapshot.all("Secret", Secret):
        said = secret.labels.get(CROWN_JEWEL) or secret.annotations.get(CROWN_JEWEL)
        if said and said.lower() != "false":
            node = things.secret(graph, secret.metadata.namespace or "default", secret.metadata.name)
            graph.mark(node, Tag.CROWN_JEWEL)
