"""What is reachable: services, ingresses, and the network policies between pods."""

from __future__ import annotations

from typing import Any

from make.company import CLUSTER_CREATED, DOMAIN, REGION
from make.kube import Object, make

CONFIG = "argocd-controller"


def service(
    name: str,
    namespace: str,
    port: int,
    *,
    made: str,
    by: str = CONFIG,
    target: str | None = None,
    public: str | None = None,
) -> Object:
    """Build a Service; ``public`` is the scheme of its load balancer, where it has one."""
    spec: dict[str, Any] = {
        "ports": [{"name": "main", "port": port, "protocol": "TCP", "targetPort": port}],
        "selector": {"app.kubernetes.io/name": target or name},
        "sessionAffinity": "None",
        "type": "LoadBalancer" if public else "ClusterIP",
    }
    status: dict[str, Any] = {"loadBalancer": {}}
    annotations = None
    if public:
        annotations = {"service.beta.kubernetes.io/aws-load-balancer-scheme": public}
        host = f"k8s-{namespace[:8]}-{name[:8]}-example.elb.{REGION}.amazonaws.com"
        status["loadBalancer"] = {"ingress": [{"hostname": host}]}
    return make("v1", "Service", name, namespace, made=made, by=by, annotations=annotations, spec=spec, status=status)


def services() -> list[Object]:
    """Services; three of them have a load balancer that the internet reaches, one of them by mistake."""
    wide = "internet-facing"
    return [
        service("kubernetes", "default", 443, made=CLUSTER_CREATED, by="kube-apiserver"),
        service("kube-dns", "kube-system", 53, made=CLUSTER_CREATED, by="eks", target="coredns"),
        service("metrics-server", "kube-system", 443, made=CLUSTER_CREATED, by="eks"),
        service("ingress-nginx-controller", "ingress-nginx", 443, made="2024-03-12T09:21:02Z", by="helm", public=wide),
        service(
            "ingress-nginx-controller-admission",
            "ingress-nginx",
            8443,
            made="2024-03-12T09:21:02Z",
            by="helm",
            target="ingress-nginx-controller",
        ),
        service(
            "argocd-server", "argocd", 443, made="2024-03-12T08:14:30Z", by="kubectl-client-side-apply", public=wide
        ),
        service("argocd-repo-server", "argocd", 8081, made="2024-03-12T08:14:30Z", by="kubectl-client-side-apply"),
        service(
            "kyverno-svc", "kyverno", 443, made="2025-02-11T10:04:00Z", by="helm", target="kyverno-admission-controller"
        ),
        service("prometheus-server", "monitoring", 9090, made="2024-03-13T09:11:20Z", by="helm"),
        service("booking-api", "booking", 8080, made="2024-03-19T08:20:00Z"),
        service("booking-web", "booking", 8080, made="2024-03-19T08:20:00Z"),
        service("quotes-api", "quotes", 8080, made="2024-03-20T09:00:00Z", by="helm"),
        service("tracking-api", "tracking", 8080, made="2024-05-06T12:00:00Z"),
        service("position-ingest", "tracking", 8883, made="2024-05-06T12:00:00Z"),
        service("declarations", "customs", 8080, made="2024-06-03T08:00:00Z"),
        service("yard-planner", "yard", 8000, made="2024-04-22T13:30:00Z", by="kubectl-client-side-apply"),
        service("edi-gateway", "edi", 22, made="2024-04-02T10:00:00Z", public=wide),
        service("ledger-db", "data", 5432, made="2024-03-26T10:30:00Z"),
        service("mcp-kubernetes", "assistant", 8080, made="2026-06-15T09:31:00Z"),
        service("shipment-assistant", "assistant", 8080, made="2026-06-15T09:31:00Z"),
    ]


def ingress(
    name: str,
    namespace: str,
    backend: str,
    *,
    made: str,
    by: str = CONFIG,
    tls: str | None = None,
    annotations: dict[str, str] | None = None,
) -> Object:
    """Build an Ingress for ``name`` below the company's domain."""
    host = f"{name}.{DOMAIN}"
    target = {"service": {"name": backend, "port": {"number": 8080}}}
    spec: dict[str, Any] = {
        "ingressClassName": "nginx",
        "rules": [{"host": host, "http": {"paths": [{"backend": target, "path": "/", "pathType": "Prefix"}]}}],
    }
    if tls:
        spec["tls"] = [{"hosts": [host], "secretName": tls}]
    return make(
        "networking.k8s.io/v1", "Ingress", name, namespace, made=made, by=by, annotations=annotations, spec=spec
    )


def ingresses() -> list[Object]:
    """Ingresses: with and without TLS, one with a dangerous annotation, one whose backend is gone."""
    snippet = {"nginx.ingress.kubernetes.io/server-snippet": "location /status { return 200; }"}
    return [
        make(
            "networking.k8s.io/v1",
            "IngressClass",
            "nginx",
            made="2024-03-12T09:21:02Z",
            by="helm",
            spec={"controller": "k8s.io/ingress-nginx"},
        ),
        ingress(
            "book",
            "booking",
            "booking-web",
            made="2024-03-19T08:22:00Z",
            tls="book-tls",
            annotations={"cert-manager.io/cluster-issuer": "internal-ca"},
        ),
        ingress(
            "quotes",
            "quotes",
            "quotes-api",
            made="2024-03-20T09:00:00Z",
            by="helm",
            tls="quotes-tls",
            annotations=snippet,
        ),
        ingress("track", "tracking", "tracking-api", made="2024-05-06T12:01:00Z"),
        ingress("portal", "customs", "portal", made="2024-06-03T08:02:00Z", tls="portal-tls"),
        ingress(
            "yard", "yard", "yard-planner", made="2024-04-22T13:35:00Z", by="kubectl-client-side-apply", tls="yard-tls"
        ),
    ]


def policy(name: str, namespace: str, made: str, **spec: Any) -> Object:
    """Build a NetworkPolicy."""
    return make("networking.k8s.io/v1", "NetworkPolicy", name, namespace, made=made, by=CONFIG, spec=spec)


def network_policies() -> list[Object]:
    """Network policies: a good set, half a set, one that allows everything and one that selects nothing."""
    from_ingress = {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}]}
    dns = {"ports": [{"port": 53, "protocol": "UDP"}]}
    tracking = {"from": [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "ledger-client"}}}]}
    return [
        policy("default-deny", "booking", "2024-03-19T08:10:00Z", podSelector={}, policyTypes=["Ingress", "Egress"]),
        policy(
            "from-ingress",
            "booking",
            "2024-03-19T08:10:00Z",
            podSelector={},
            policyTypes=["Ingress"],
            ingress=[from_ingress],
        ),
        policy("dns", "booking", "2024-03-19T08:10:00Z", podSelector={}, policyTypes=["Egress"], egress=[dns]),
        policy("default-deny-ingress", "quotes", "2024-03-20T08:40:00Z", podSelector={}, policyTypes=["Ingress"]),
        policy(
            "allow-all",
            "tracking",
            "2024-05-06T12:05:00Z",
            podSelector={},
            policyTypes=["Ingress", "Egress"],
            ingress=[{}],
            egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}],
        ),
        policy(
            "ledger",
            "data",
            "2024-03-26T10:50:00Z",
            podSelector={"matchLabels": {"app.kubernetes.io/name": "ledger"}},
            policyTypes=["Ingress"],
            ingress=[tracking],
        ),
    ]


def objects() -> list[Object]:
    """Everything of the network."""
    return [*services(), *ingresses(), *network_policies()]
