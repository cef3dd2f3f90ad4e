"""Rights over what others rely on: the addresses behind Services, the cluster's DNS, settings that workloads load."""

from __future__ import annotations

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.grants import Writer
from demarc.access.techniques.offers import where
from demarc.access.techniques.pods import Running
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, seen_in, shown
from demarc.model.graph import Thing
from demarc.model.kubernetes import Container, PodSpec, Service

_WRITES = (
    ("update|patch services", "changing the selector of Services"),
    ("update|patch services/status", "changing the addresses of load balancers"),
    ("create|update|patch endpoints", "writing Endpoints"),
    ("create|update|patch endpointslices.discovery.k8s.io", "writing EndpointSlices"),
    ("update|patch pods/status", "changing addresses and readiness of pods"),
)
_DNS = ("coredns", "coredns-custom", "node-local-dns", "kube-dns")
_EVERYWHERE = ("kube-root-ca.crt", "openshift-service-ca.crt")
_EFFECT = "whether the workload runs, trusts or follows what the ConfigMap says cannot be seen"


def traffic(graph: GraphBuilder, namespace: str, name: str = things.ALL) -> int:
    """Traffic for a Service, or for any of a namespace: seen and answered in its place."""
    return graph.node(Thing.ENDPOINT, f"traffic for {namespace or things.ALL}/{name}")


def service_hijack(view: View, graph: GraphBuilder) -> None:
    """Rights to lead traffic of Services elsewhere, where there are Services."""
    writer = Writer(view, graph, "SERVICE_HIJACK")
    services = [item for item in view.snapshot.all("Service", Service) if item.spec.type != "ExternalName"]
    spaces = {item.metadata.namespace for item in services}
    for text, says in _WRITES:
        for claim in view.rights.claims(text):
            if claim.namespace and claim.namespace not in spaces:
                continue
            names, kind = claim.names[0], text.partition(" ")[2]
            if names is None and spaces:
                writer.edge(claim, traffic(graph, claim.namespace), f"{says} {where(claim.namespace)}")
            for item in services if names and kind.startswith(("services", "endpoints")) else ():
                at = item.metadata
                if at.name in (names or ()) and claim.namespace in ("", at.namespace):
                    target, more = traffic(graph, at.namespace, at.name), (shown(item, "is there"),)
                    writer.edge(claim, target, f"{says}, of {item.key}", place=at.namespace, more=more)


def dns_tamper(view: View, graph: GraphBuilder) -> None:
    """Rights to change the settings of the cluster's DNS: the answers to every name that a pod looks up."""
    writer = Writer(view, graph, "DNS_TAMPER")
    lacks = view.missing("configmaps")
    for claim in view.rights.claims("update|patch configmaps"):
        if claim.namespace not in ("", "kube-system"):
            continue
        for name in _DNS:
            item = view.config_maps.get(("kube-system", name))
            if (claim.names[0] is not None and name not in claim.names[0]) or (item is None and not lacks):
                continue
            stop = view.guards.may_stop("UPDATE", "", "configmaps", "kube-system")
            unknown = stop if item is not None else f"whether ConfigMap kube-system/{name} exists is not known: {lacks}"
            more = (shown(item, "is there"),) if item is not None else ()
            target = graph.node(Thing.ENDPOINT, "names that pods look up")
            says = f"changing ConfigMap kube-system/{name}, by which names are looked up"
            writer.edge(claim, target, says, place="kube-system", unknown=unknown, more=more)


def config_tamper(view: View, graph: GraphBuilder) -> None:
    """Rights to write ConfigMaps, and on from these to the containers that load them."""
    writer = Writer(view, graph, "CONFIG_TAMPER")
    for claim in view.rights.claims("update|patch configmaps"):
        names = claim.names[0]
        for place, stop in writer.places(claim, "UPDATE", "configmaps"):
            if names is None:
                says = f"changing any ConfigMap {where(place)}"
                writer.edge(claim, things.any_config(graph, place), says, place=place, unknown=stop)
            for space in (place,) if place else view.namespaces:
                for name in names or ():
                    if (space, name) in view.config_maps:
                        target = things.config(graph, space, name)
                        writer.edge(claim, target, f"changing ConfigMap {space}/{name}", place=space, unknown=stop)
    for running in view.workloads.all:
        if running.pods:
            _loads(view, graph, running)


def _loads(view: View, graph: GraphBuilder, running: Running) -> None:
    found = {
        (container.name, name): how
        for spec, container in running.containers()
        for name, how in _configs(spec, container)
        if name not in _EVERYWHERE
    }
    for (container, name), how in found.items():
        graph.edge(
            "CONFIG_TAMPER",
            things.config(graph, running.namespace, name),
            things.container(graph, running, container),
            scope=view.scope(running.namespace),
            says=f"{running.what} loads ConfigMap {running.namespace}/{name}",
            evidence=(seen_in(running, f"container {container}, {how}"),),
            unknown=_EFFECT,
        )


def _configs(spec: PodSpec, container: Container) -> list[tuple[str, str]]:
    found = [
        (group.config_map_ref.name, "envFrom.configMapRef")
        for group in container.env_from or ()
        if group.config_map_ref
    ]
    for variable in container.env or ():
        reference = variable.value_from and variable.value_from.config_map_key_ref
        if reference:
            found.append((reference.name, "env.valueFrom.configMapKeyRef"))
    mounted = {mount.name for mount in container.volume_mounts or ()}
    for volume in spec.volumes or ():
        if volume.name in mounted:
            if volume.config_map is not None:
                found.append((volume.config_map.name, f"volume {volume.name}"))
            sources = (volume.projected and volume.projected.sources) or ()
            found += [(one.config_map.name, f"volume {volume.name}") for one in sources if one.config_map]
    return [(name, how) for name, how in found if name]


TECHNIQUES = (
    Technique("SERVICE_HIJACK", service_hijack),
    Technique("DNS_TAMPER", dns_tamper),
    Technique("CONFIG_TAMPER", config_tamper),
)
