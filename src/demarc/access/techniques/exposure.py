"""What the internet reaches: load balancers, node ports, Ingresses and routes, and the containers that they lead to.

Whether an address is public is decided by annotations, source ranges and the address itself. Where it lies outside of
the cluster's objects (firewalls before nodes, the address of a gateway), it is Unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import NamedTuple

from demarc.access.techniques.pods import Running
from demarc.access.techniques.view import View, shown
from demarc.model.evidence import Evidence
from demarc.model.kubernetes import Ingress, IngressBackend, IngressClass, Route, Service

_INTERNAL = {
    "service.beta.kubernetes.io/aws-load-balancer-internal": ("true", "0.0.0.0/0"),
    "service.beta.kubernetes.io/aws-load-balancer-scheme": ("internal",),
    "service.beta.kubernetes.io/azure-load-balancer-internal": ("true",),
    "networking.gke.io/load-balancer-type": ("Internal", "internal"),
    "cloud.google.com/load-balancer-type": ("Internal", "internal"),
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": ("private",),
    "service.beta.kubernetes.io/oci-load-balancer-internal": ("true",),
}
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_ALB_SCHEME = "alb.ingress.kubernetes.io/scheme"
_CLASS = "kubernetes.io/ingress.class"
_EVERYBODY = ("0.0.0.0/0", "::/0")
_NODES = "whether the internet reaches the addresses of nodes is not seen"
_GATEWAY = "whether the address of its gateway is public is not seen"
_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute")


class Exposure(NamedTuple):
    """An entry from the internet."""

    name: str
    """In the graph: ``payments/Ingress/shop``."""
    what: str
    """In words: ``Ingress payments/shop``."""
    namespace: str
    evidence: tuple[Evidence, ...]
    unknown: str
    leads_to: tuple[tuple[Running, str, str], ...]
    """Workloads with the container that listens ('' for which is not said), and what is not certain of that."""


def exposures(view: View) -> tuple[Exposure, ...]:
    """Everything that takes traffic from outside of the cluster."""
    services = {(item.metadata.namespace, item.metadata.name): item for item in view.snapshot.all("Service", Service)}
    balancers = tuple(_services(view, services))
    found = (*balancers, *_ingresses(view, services, balancers), *_routes(view, services), *_host_ports(view))
    return tuple(one for one in found if one.leads_to)


def _services(view: View, services: dict[tuple[str, str], Service]) -> Iterator[Exposure]:
    for (namespace, name), item in services.items():
        why = _public(item)
        if why is not None:
            field, unknown = why
            yield Exposure(
                name=f"{namespace}/Service/{name}",
                what=f"Service {namespace}/{name}",
                namespace=namespace,
                evidence=(shown(item, field),),
                unknown=unknown,
                leads_to=tuple(_behind(view, item, None)),
            )


def _public(item: Service) -> tuple[str, str] | None:
    """Which field opens a Service to the internet, and what is not certain; None for one that is closed."""
    spec = item.spec
    if spec.type == "LoadBalancer":
        if any(item.annotations.get(key) in values for key, values in _INTERNAL.items()):
            return None
        ranges = spec.load_balancer_source_ranges or item.annotations.get(_RANGES, "").replace(" ", "").split(",")
        if any(ranges) and not set(_EVERYBODY).intersection(ranges):
            return None
        points = (item.status and item.status.load_balancer and item.status.load_balancer.ingress) or ()
        if points and all(point.ip and not _is_public(point.ip) for point in points):
            return None
        unknown = "" if points else "no address of its load balancer was seen"
        return "spec.type is LoadBalancer, and nothing limits who may use it", unknown
    if spec.type == "NodePort":
        return "spec.type is NodePort", _NODES
    if spec.external_ips:
        return "spec.externalIPs is set", "whether the internet reaches these addresses is not seen"
    return None


def _is_public(address: str) -> bool:
    try:
        return ip_address(address).is_global
    except ValueError:
        return True


def _behind(view: View, item: Service, through: tuple[Running, ...] | None) -> Iterator[tuple[Running, str, str]]:
    """Containers behind a Service, as far as NetworkPolicies let traffic in: from outside, or from a controller."""
    if not item.spec.selector:
        return
    wanted = item.spec.selector.items()
    for running in view.workloads.in_namespace.get(item.metadata.namespace, ()):
        if not running.pods or not any(wanted <= labels.items() for labels in running.labels):
            continue
        unknown = _let_in(view, running, through)
        if unknown is None:
            continue
        found = list(listening(running, item))
        if not found and len(running.names) > 1:
            yield from ((running, name, unknown or "which container listens is not declared") for name in running.names)
        else:
            yield from ((running, name, unknown) for name in found or ("",))


def _let_in(view: View, running: Running, through: tuple[Running, ...] | None) -> str | None:
    """What is not certain of traffic being let in; None where a NetworkPolicy keeps it out."""
    network = view.network
    if network.lets_in(running, through):
        return network.unseen
    if not network.is_enforced:
        return "a NetworkPolicy denies it, but nothing that enforces NetworkPolicies was seen"
    return "a NetworkPolicy denies it but for what comes by way of its node" if through is None else None


def listening(running: Running, item: Service) -> Iterator[str]:
    """Names of the containers that declare a port to which the Service leads."""
    wanted = {
        port.target_port if port.target_port not in (None, 0, "") else port.port for port in item.spec.ports or ()
    }
    done: set[str] = set()
    for _, container in running.containers():
        ports = {port.container_port for port in container.ports or ()} | {port.name for port in container.ports or ()}
        if container.name not in done and not wanted.isdisjoint(ports):
            done.add(container.name)
            yield container.name


def _ingresses(
    view: View, services: dict[tuple[str, str], Service], balancers: tuple[Exposure, ...]
) -> Iterator[Exposure]:
    classes = {
        item.metadata.name: item.spec.controller
        for item in view.snapshot.all("IngressClass.networking.k8s.io", IngressClass)
    }
    fronts = [one for one in balancers if any(_is_controller(view, running) for running, _, _ in one.leads_to)]
    controllers = tuple(running for running in view.workloads.all if running.pods and _is_controller(view, running))
    for item in view.snapshot.all("Ingress.networking.k8s.io", Ingress):
        named = item.spec.ingress_class_name or item.annotations.get(_CLASS, "")
        unknown = _front(item, named, classes.get(named, ""), fronts)
        if unknown is None:
            continue
        namespace, name = item.metadata.namespace, item.metadata.name
        backends = [services.get((namespace, one)) for one in _backends(item)]
        through = controllers if fronts else None
        yield Exposure(
            name=f"{namespace}/Ingress/{name}",
            what=f"Ingress {namespace}/{name}",
            namespace=namespace,
            evidence=(shown(item, f"spec.rules, class {named or 'not set'}"),),
            unknown=unknown,
            leads_to=_once(end for service in backends if service for end in _behind(view, service, through)),
        )


def _front(item: Ingress, named: str, controller: str, fronts: list[Exposure]) -> str | None:
    """What is not certain of an Ingress being public; None for one that is not."""
    if named == "alb" or "ingress.k8s.aws" in controller:
        return "" if item.annotations.get(_ALB_SCHEME) == "internet-facing" else None
    if named == "gce-internal":
        return None
    if named == "gce":
        return ""
    if any(not front.unknown for front in fronts):
        return ""
    return fronts[0].unknown if fronts else "which address leads to its controller was not seen"


def _is_controller(view: View, running: Running) -> bool:
    component = view.components.get(running.scope)
    return component is not None and component.kind == "ingress_controller"


def _backends(item: Ingress) -> list[str]:
    def name(backend: IngressBackend | None) -> str:
        if backend is None:
            return ""
        return backend.service.name if backend.service is not None else backend.service_name or ""

    found = [name(item.spec.default_backend or item.spec.backend)]
    for rule in item.spec.rules or ():
        found += [name(path.backend) for path in (rule.http and rule.http.paths) or ()]
    return list(dict.fromkeys(one for one in found if one))


def _routes(view: View, services: dict[tuple[str, str], Service]) -> Iterator[Exposure]:
    for kind in _ROUTES:
        for item in view.snapshot.all(f"{kind}.gateway.networking.k8s.io", Route):
            namespace, name = item.metadata.namespace, item.metadata.name
            references = [one for rule in item.spec.rules or () for one in rule.backend_refs or ()]
            backends = [
                services.get((one.namespace or namespace, one.name))
                for one in references
                if one.kind in (None, "", "Service")
            ]
            yield Exposure(
                name=f"{namespace}/{kind}/{name}",
                what=f"{kind} {namespace}/{name}",
                namespace=namespace,
                evidence=(shown(item, "spec.parentRefs and spec.rules[].backendRefs"),),
                unknown=_GATEWAY,
                leads_to=_once(end for service in backends if service for end in _behind(view, service, None)),
            )


def _host_ports(view: View) -> Iterator[Exposure]:
    for running in view.workloads.all:
        ports = {
            container.name: port.host_port
            for _, container in running.containers()
            for port in container.ports or ()
            if port.host_port
        }
        if running.pods and ports and not any(spec.host_network for spec in running.specs):
            yield Exposure(
                name=f"{running.scope} by host port",
                what=running.what,
                namespace=running.namespace,
                evidence=(),
                unknown=_NODES,
                leads_to=tuple((running, name, "") for name in ports),
            )


def _once(found: Iterator[tuple[Running, str, str]]) -> tuple[tuple[Running, str, str], ...]:
    return tuple({(running.scope, name): (running, name, unknown) for running, name, unknown in found}.values())
