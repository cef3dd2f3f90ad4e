"""Services, ways in from outside, and network policies."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.meta import Api, KubeObject, LabelSelector


class ServicePort(Api, frozen=True, kw_only=True, gc=False):
    """A port of a Service; a target port is a number or the name of a container's port."""

    name: str = ""
    port: int = 0
    target_port: int | str | None = None
    node_port: int | None = None
    protocol: str = "TCP"


class ServiceSpec(Api, frozen=True, kw_only=True):
    """Spec of a Service."""

    type: str = "ClusterIP"
    selector: dict[str, str] | None = None
    ports: list[ServicePort] | None = None
    external_ips: list[str] | None = field(default=None, name="externalIPs")
    external_name: str = ""
    load_balancer_source_ranges: list[str] | None = None


class LoadBalancerPoint(Api, frozen=True, kw_only=True, gc=False):
    """An address of a load balancer."""

    ip: str = ""
    hostname: str = ""


class LoadBalancerStatus(Api, frozen=True, kw_only=True):
    """Addresses of a load balancer."""

    ingress: list[LoadBalancerPoint] | None = None


class ServiceStatus(Api, frozen=True, kw_only=True):
    """Status of a Service."""

    load_balancer: LoadBalancerStatus | None = None


class Service(KubeObject, frozen=True, kw_only=True):
    """A Service."""

    spec: ServiceSpec = field(default_factory=ServiceSpec)
    status: ServiceStatus | None = None


class ServiceBackend(Api, frozen=True, kw_only=True, gc=False):
    """The Service behind a rule of an Ingress."""

    name: str = ""


class IngressBackend(Api, frozen=True, kw_only=True, gc=False):
    """What is behind a rule of an Ingress."""

    service: ServiceBackend | None = None
    service_name: str | None = None
    """As extensions/v1beta1 has it."""


class IngressPath(Api, frozen=True, kw_only=True, gc=False):
    """A path of an Ingress."""

    path: str = ""
    backend: IngressBackend | None = None


class IngressPaths(Api, frozen=True, kw_only=True):
    """Paths of a rule."""

    paths: list[IngressPath] | None = None


class IngressRule(Api, frozen=True, kw_only=True):
    """A rule of an Ingress."""

    host: str = ""
    http: IngressPaths | None = None


class IngressTls(Api, frozen=True, kw_only=True, gc=False):
    """Hosts that an Ingress answers for with a certificate."""

    hosts: list[str] | None = None
    secret_name: str = ""


class IngressSpec(Api, frozen=True, kw_only=True):
    """Spec of an Ingress."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    backend: IngressBackend | None = None
    """The default backend, as extensions/v1beta1 has it."""
    rules: list[IngressRule] | None = None
    tls: list[IngressTls] | None = None


class Ingress(KubeObject, frozen=True, kw_only=True):
    """An Ingress."""

    spec: IngressSpec = field(default_factory=IngressSpec)


class IngressClassSpec(Api, frozen=True, kw_only=True):
    """Spec of an IngressClass."""

    controller: str = ""


class IngressClass(KubeObject, frozen=True, kw_only=True):
    """An IngressClass."""

    spec: IngressClassSpec = field(default_factory=IngressClassSpec)


class RouteReference(Api, frozen=True, kw_only=True, gc=False):
    """Gateway that a route hangs on, or Service that it leads to."""

    kind: str | None = None
    group: str | None = None
    name: str = ""
    namespace: str | None = None
    section_name: str = ""
    """Listener of the gateway; empty for all of them."""


class RouteRule(Api, frozen=True, kw_only=True):
    """A rule of a route."""

    backend_refs: list[RouteReference] | None = None


class RouteSpec(Api, frozen=True, kw_only=True):
    """Spec of a route of the Gateway API."""

    parent_refs: list[RouteReference] | None = None
    rules: list[RouteRule] | None = None


class Route(KubeObject, frozen=True, kw_only=True):
    """HTTPRoute, GRPCRoute, TLSRoute or TCPRoute of the Gateway API."""

    spec: RouteSpec = field(default_factory=RouteSpec)


class Listener(Api, frozen=True, kw_only=True, gc=False):
    """A port that a gateway listens on."""

    name: str = ""
    protocol: str = ""
    port: int = 0


class GatewaySpec(Api, frozen=True, kw_only=True):
    """Spec of a gateway."""

    gateway_class_name: str = ""
    listeners: list[Listener] | None = None


class Gateway(KubeObject, frozen=True, kw_only=True):
    """A Gateway of the Gateway API."""

    spec: GatewaySpec = field(default_factory=GatewaySpec)


class IpBlock(Api, frozen=True, kw_only=True, gc=False):
    """A range of addresses without some of them."""

    cidr: str = ""
    excepted: list[str] | None = field(default=None, name="except")


class PolicyPeer(Api, frozen=True, kw_only=True):
    """Whom a rule of a NetworkPolicy lets through."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IpBlock | None = None


class PolicyPort(Api, frozen=True, kw_only=True, gc=False):
    """A port of a rule of a NetworkPolicy; without a number it is every port."""

    port: int | str | None = None
    end_port: int | None = None
    protocol: str = "TCP"


class IngressPolicy(Api, frozen=True, kw_only=True):
    """A rule for what comes in; no peers are all of them."""

    peers: list[PolicyPeer] | None = field(default=None, name="from")
    ports: list[PolicyPort] | None = None


class EgressPolicy(Api, frozen=True, kw_only=True):
    """A rule for what goes out; no peers are all of them."""

    peers: list[PolicyPeer] | None = field(default=None, name="to")
    ports: list[PolicyPort] | None = None


class NetworkPolicySpec(Api, frozen=True, kw_only=True):
    """Spec of a NetworkPolicy."""

    pod_selector: LabelSelector = field(default_factory=LabelSelector)
    policy_types: list[str] | None = None
    ingress: list[IngressPolicy] | None = None
    egress: list[EgressPolicy] | None = None


class NetworkPolicy(KubeObject, frozen=True, kw_only=True):
    """A NetworkPolicy."""

    spec: NetworkPolicySpec = field(default_factory=NetworkPolicySpec)
