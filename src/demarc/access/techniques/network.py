"""Ways over the network: from the internet to what is exposed, from pod to pod, and to consoles of administration."""

from __future__ import annotations

import re

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.containers import mounted_tokens
from demarc.access.techniques.exposure import exposures
from demarc.access.techniques.pods import Running
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, seen_in
from demarc.model.graph import Tag, Thing

_CONSOLES = (
    ("Kubernetes Dashboard", re.compile(r"kubernetesui/dashboard|kubernetes-dashboard")),
    ("Argo CD", re.compile(r"argocd-server")),
    ("Kubeflow", re.compile(r"centraldashboard|kubeflow.*dashboard")),
    ("Prometheus", re.compile(r"(^|/)prometheus$|(^|[/-])prom/prometheus")),
    ("Grafana", re.compile(r"(^|/)grafana$")),
    ("Headlamp", re.compile(r"headlamp")),
    ("Rancher", re.compile(r"rancher/rancher$")),
    ("Weave Scope", re.compile(r"weaveworks/scope")),
    ("Airflow", re.compile(r"airflow-webserver")),
    ("Jenkins", re.compile(r"(^|/)jenkins$|jenkins/jenkins$")),
)
"""Consoles by the name of their image or workload."""
_LOGIN = "whether it asks for a login, and how far it then acts with its own account, is not seen"


def exposed(view: View, graph: GraphBuilder) -> None:
    """The internet to entries, and these to the containers that they lead to."""
    for one in exposures(view):
        entry = graph.node(Thing.ENDPOINT, one.name)
        graph.mark(entry, Tag.INTERNET)
        graph.edge(
            "EXPOSED",
            things.internet(graph),
            entry,
            scope=view.scope(one.namespace),
            says=f"{one.what} takes traffic from the internet",
            evidence=one.evidence,
            grants=(one.what,),
            unknown=one.unknown,
        )
        for running, container, unknown in one.leads_to:
            graph.edge(
                "EXPOSED",
                entry,
                things.container(graph, running, container) if container else things.workload(graph, running.scope),
                scope=view.scope(running.namespace),
                says=f"{one.what} leads to {running.what}",
                evidence=(seen_in(running, "its pods have the labels that are selected"),),
                unknown=unknown,
            )


def reaches(view: View, graph: GraphBuilder) -> None:
    """Workloads to hubs, and hubs to the workloads that they lead to."""
    for hub in view.network.hubs:
        middle = graph.node(Thing.ENDPOINT, hub.name)
        for running in hub.sources:
            graph.edge(
                "REACHES",
                things.workload(graph, running.scope),
                middle,
                scope=view.scope(running.namespace),
                says=f"{running.what} may send: {hub.name}",
                unknown=hub.unknown,
            )
            for name in running.names if len(running.names) > 1 else ():
                graph.edge(
                    "REACHES",
                    things.container(graph, running, name),
                    middle,
                    scope=view.scope(running.namespace),
                    says=f"{running.what} may send: {hub.name}",
                    unknown=hub.unknown,
                )
        for running in hub.targets:
            graph.edge(
                "REACHES",
                middle,
                things.workload(graph, running.scope),
                scope=view.scope(running.namespace),
                says=f"{running.what} may be talked to: {hub.name}",
            )


def mgmt_ui(view: View, graph: GraphBuilder) -> None:
    """Entries and hubs to the accounts of consoles behind them."""
    consoles = {one.scope: title for one in view.workloads.all if (title := console(one)) and _acts(view, one)}
    if not consoles:
        return
    for entry in exposures(view):
        for running, _, _ in entry.leads_to:
            if running.scope in consoles:
                _opens(view, graph, graph.node(Thing.ENDPOINT, entry.name), running, consoles[running.scope])
    for hub in view.network.hubs:
        for running in hub.targets:
            if running.scope in consoles:
                _opens(view, graph, graph.node(Thing.ENDPOINT, hub.name), running, consoles[running.scope])


def _acts(view: View, running: Running) -> bool:
    return running.pods > 0 and mounted_tokens(view, running)


def console(running: Running) -> str:
    """Which console of administration a workload is, by its image or name; empty for none."""
    images = [container.image.partition("@")[0] for _, container in running.containers()]
    names = [re.sub(r":[^/]*$", "", image) for image in images]
    return next(
        (title for title, pattern in _CONSOLES if any(pattern.search(name) for name in (running.name, *names))), ""
    )


def _opens(view: View, graph: GraphBuilder, source: int, running: Running, title: str) -> None:
    graph.edge(
        "MGMT_UI",
        source,
        things.account(graph, running.namespace, running.account),
        scope=view.scope(running.namespace),
        says=f"{title} ({running.what}) acts as ServiceAccount {running.namespace}/{running.account}",
        evidence=(seen_in(running, f"it is {title} by name or image, and has a token of its account"),),
        unknown=_LOGIN,
    )


TECHNIQUES = (
    Technique("EXPOSED", exposed),
    Technique("REACHES", reaches),
    Technique("MGMT_UI", mgmt_ui),
)
