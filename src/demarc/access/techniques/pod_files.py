"""Tokens and Secrets of pods as they lie in the files of their node, for whoever has the kubelet's directory."""

from __future__ import annotations

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.containers import mounted_secrets, mounted_tokens
from demarc.access.techniques.escapes import Found, Inside, covers, found_in, mounted
from demarc.access.techniques.members import includes
from demarc.access.techniques.pods import Running
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, seen_in
from demarc.model.graph import Thing

_PODS = "/var/lib/kubelet/pods"


def kubelet_dir(view: View, graph: GraphBuilder) -> None:
    """Containers that have the directory, by node, to the tokens and Secrets of every pod that runs there."""
    open_nodes: set[str] = set()
    for running in view.workloads.all:
        for container, inside, field, _ in found_in(running, _has_pods):
            open_nodes.update(running.nodes)
            mapped = inside.spec.host_users is False
            for name in running.nodes:
                graph.edge(
                    "KUBELET_DIR",
                    things.container(graph, running, container),
                    _files(graph, f"pods on node {name}"),
                    scope=view.workload(running),
                    says=f"{running.what} reads the tokens and Secrets of every pod of node {name}",
                    evidence=(seen_in(running, f"container {container}, {field}"),),
                    unknown="how the node maps users of its files is not seen" if mapped else "",
                )
    for running in view.workloads.all if open_nodes else ():
        here = open_nodes.intersection(running.nodes)
        for name in sorted(here):
            one = _files(graph, running.scope)
            includes(view, graph, _files(graph, f"pods on node {name}"), one, running.namespace)
        if here:
            _held(view, graph, running)


def _has_pods(inside: Inside) -> Found | None:
    return mounted(inside, lambda path, _: covers(path, _PODS) or path.startswith(f"{_PODS}/"))


def _files(graph: GraphBuilder, of: str) -> int:
    return graph.node(Thing.CREDENTIAL, f"tokens and Secrets in files of {of}")


def _held(view: View, graph: GraphBuilder, running: Running) -> None:
    files, namespace = _files(graph, running.scope), running.namespace
    if mounted_tokens(view, running):
        includes(view, graph, files, things.account(graph, namespace, running.account), namespace)
    for name in mounted_secrets(running):
        if (namespace, name) in view.secrets:
            includes(view, graph, files, things.secret(graph, namespace, name), namespace)


TECHNIQUES = (Technique("KUBELET_DIR", kubelet_dir),)
