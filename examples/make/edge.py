"""What is reachable and what guards it: services, ingresses, network policies, webhooks, and the custom resources."""

from __future__ import annotations

import base64
from typing import Any

from make import certs
from make.company import CLUSTER_CREATED, DOMAIN, REGION
from make.kube import Object, make

REPOSITORY = "https://github.com/fjordkite/cluster-config.git"
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


def _webhook(
    name: str, service_name: str, namespace: str, bundle: str, *, policy: str, rules: list[Any]
) -> dict[str, Any]:
    return {
        "admissionReviewVersions": ["v1"],
        "clientConfig": {
            "caBundle": base64.b64encode(bundle.encode()).decode(),
            "service": {"name": service_name, "namespace": namespace, "path": "/validate", "port": 443},
        },
        "failurePolicy": policy,
        "matchPolicy": "Equivalent",
        "name": name,
        "rules": rules,
        "sideEffects": "None",
        "timeoutSeconds": 10,
    }


def webhooks() -> list[Object]:
    """Admission webhooks: the policy engine's fails open and looks away from namespaces that carry a label."""
    everything = [
        {
            "apiGroups": ["*"],
            "apiVersions": ["*"],
            "operations": ["CREATE", "UPDATE"],
            "resources": ["*/*"],
            "scope": "*",
        }
    ]
    pods = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"], "scope": "*"}]
    paths = [
        {
            "apiGroups": ["networking.k8s.io"],
            "apiVersions": ["v1"],
            "operations": ["CREATE", "UPDATE"],
            "resources": ["ingresses"],
            "scope": "*",
        }
    ]
    kyverno = _webhook(
        "validate.kyverno.svc-ignore",
        "kyverno-svc",
        "kyverno",
        certs.KYVERNO_WEBHOOK,
        policy="Ignore",
        rules=everything,
    )
    kyverno["namespaceSelector"] = {
        "matchExpressions": [{"key": "policy.fjordkite.example/skip", "operator": "DoesNotExist"}]
    }
    nginx = _webhook(
        "validate.nginx.ingress.kubernetes.io",
        "ingress-nginx-controller-admission",
        "ingress-nginx",
        certs.INGRESS_WEBHOOK,
        policy="Fail",
        rules=paths,
    )
    identity = _webhook(
        "iam-for-pods.amazonaws.com",
        "pod-identity-webhook",
        "kube-system",
        certs.CLUSTER_CA,
        policy="Ignore",
        rules=pods,
    )
    identity["clientConfig"] = {
        "caBundle": identity["clientConfig"]["caBundle"],
        "url": "https://127.0.0.1:23443/mutate",
    }
    api = "admissionregistration.k8s.io/v1"
    return [
        make(
            api,
            "ValidatingWebhookConfiguration",
            "kyverno-resource-validating-webhook-cfg",
            made="2025-02-11T10:05:30Z",
            by="kyverno",
            webhooks=[kyverno],
        ),
        make(
            api,
            "ValidatingWebhookConfiguration",
            "ingress-nginx-admission",
            made="2024-03-12T09:21:02Z",
            by="helm",
            webhooks=[nginx],
        ),
        make(
            api,
            "MutatingWebhookConfiguration",
            "pod-identity-webhook",
            made=CLUSTER_CREATED,
            by="kube-apiserver",
            webhooks=[identity],
        ),
    ]


def definition(
    plural: str, kind: str, group: str, version: str, made: str, by: str, scope: str = "Namespaced"
) -> Object:
    """Build a CustomResourceDefinition with an open schema."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return make(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        f"{plural}.{group}",
        made=made,
        by=by,
        spec={
            "group": group,
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "scope": scope,
            "versions": [{"name": version, "schema": schema, "served": True, "storage": True}],
        },
    )


def definitions() -> list[Object]:
    """The custom resource definitions whose objects are in the dump."""
    hand = "kubectl-client-side-apply"
    argo, certificates, secrets, kyverno = (
        "2024-03-12T08:14:00Z",
        "2024-03-12T08:44:30Z",
        "2024-03-13T07:04:00Z",
        "2025-02-11T10:03:00Z",
    )
    return [
        definition("applications", "Application", "argoproj.io", "v1alpha1", argo, hand),
        definition("appprojects", "AppProject", "argoproj.io", "v1alpha1", argo, hand),
        definition("certificates", "Certificate", "cert-manager.io", "v1", certificates, CONFIG),
        definition("clusterissuers", "ClusterIssuer", "cert-manager.io", "v1", certificates, CONFIG, "Cluster"),
        definition("externalsecrets", "ExternalSecret", "external-secrets.io", "v1", secrets, CONFIG),
        definition(
            "clustersecretstores", "ClusterSecretStore", "external-secrets.io", "v1", secrets, CONFIG, "Cluster"
        ),
        definition("clusterpolicies", "ClusterPolicy", "kyverno.io", "v1", kyverno, "helm", "Cluster"),
        definition("policyexceptions", "PolicyException", "kyverno.io", "v2", kyverno, "helm"),
    ]


APPLICATIONS = {
    "booking": "booking",
    "tracking": "tracking",
    "customs": "customs",
    "edi": "edi",
    "data": "data",
    "assistant": "assistant",
    "cert-manager": "cert-manager",
    "external-secrets": "external-secrets",
    "falco": "falco",
    "access": "kube-system",
}
"""Argo CD applications and the namespaces that they deploy to; each has a folder in the configuration repository."""


def delivery() -> list[Object]:
    """Argo CD's project, which allows everything, and its applications, which follow a branch."""
    commit = "3f9c1b7ad0e24c5e8d6f0a1b2c3d4e5f60718293"
    found = [
        make(
            "argoproj.io/v1alpha1",
            "AppProject",
            "default",
            "argocd",
            made="2024-03-12T08:15:00Z",
            by="argocd-server",
            spec={
                "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
                "destinations": [{"namespace": "*", "server": "*"}],
                "sourceRepos": ["*"],
            },
        ),
    ]
    for name, namespace in APPLICATIONS.items():
        heal = {"prune": True, "selfHeal": name != "booking"}
        found.append(
            make(
                "argoproj.io/v1alpha1",
                "Application",
                name,
                "argocd",
                made="2024-03-12T08:40:00Z" if name != "assistant" else "2026-06-15T09:10:00Z",
                by=CONFIG,
                spec={
                    "destination": {"namespace": namespace, "server": "https://kubernetes.default.svc"},
                    "project": "default",
                    "source": {"path": f"apps/{name}", "repoURL": REPOSITORY, "targetRevision": "main"},
                    "syncPolicy": {"automated": heal},
                },
                status_by="argocd-application-controller",
                status_at="2026-11-18T13:52:00Z",
                status={
                    "health": {"status": "Healthy"},
                    "sync": {"revision": commit, "status": "OutOfSync" if name == "booking" else "Synced"},
                },
            )
        )
    return found


def secret_sources() -> list[Object]:
    """Where External Secrets and cert-manager take values from."""

    def external(name: str, namespace: str, made: str, interval: str, refreshed: str) -> Object:
        return make(
            "external-secrets.io/v1",
            "ExternalSecret",
            name,
            namespace,
            made=made,
            by=CONFIG,
            spec={
                "dataFrom": [{"extract": {"key": f"fjordkite/{namespace}/{name}"}}],
                "refreshInterval": interval,
                "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws"},
                "target": {"creationPolicy": "Owner", "name": name},
            },
            status_by="external-secrets",
            status_at=refreshed,
            status={"refreshTime": refreshed},
        )

    return [
        make(
            "external-secrets.io/v1",
            "ClusterSecretStore",
            "aws",
            made="2024-03-13T07:10:00Z",
            by=CONFIG,
            spec={"provider": {"aws": {"region": REGION, "service": "SecretsManager"}}},
        ),
        external("booking-db", "booking", "2024-03-19T08:39:00Z", "1h", "2026-11-18T14:02:00Z"),
        external("ledger-db", "data", "2024-03-26T10:34:00Z", "0", "2026-06-09T05:50:00Z"),
        make(
            "cert-manager.io/v1",
            "ClusterIssuer",
            "internal-ca",
            made="2024-04-02T07:00:00Z",
            by=CONFIG,
            spec={"ca": {"secretName": "internal-ca"}},
        ),
        make(
            "cert-manager.io/v1",
            "Certificate",
            "book",
            "booking",
            made="2024-04-02T07:10:00Z",
            by=CONFIG,
            spec={
                "dnsNames": [f"book.{DOMAIN}", f"api.{DOMAIN}"],
                "issuerRef": {"kind": "ClusterIssuer", "name": "internal-ca"},
                "secretName": "book-tls",
            },
            status_by="cert-manager-certificates-readiness",
            status_at="2026-10-20T04:10:31Z",
            status={
                "notAfter": "2027-01-18T04:10:00Z",
                "notBefore": "2026-10-20T04:10:00Z",
                "renewalTime": "2026-12-19T04:10:00Z",
                "revision": 11,
            },
        ),
    ]


def policies() -> list[Object]:
    """Kyverno's policies: the one that would have stopped the privileged pod only audits."""

    def cluster_policy(name: str, action: str, message: str, pattern: dict[str, Any]) -> Object:
        check = {
            "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
            "name": name,
            "validate": {"failureAction": action, "message": message, "pattern": pattern},
        }
        return make(
            "kyverno.io/v1",
            "ClusterPolicy",
            name,
            made="2025-02-11T10:30:00Z",
            by="kubectl-client-side-apply",
            spec={"background": True, "rules": [check]},
        )

    privileged = {"spec": {"=(hostPID)": "false", "containers": [{"=(securityContext)": {"=(privileged)": "false"}}]}}
    labelled = {"metadata": {"labels": {"app.kubernetes.io/name": "?*"}}}
    return [
        cluster_policy("no-privileged-pods", "Audit", "Privileged pods are not allowed.", privileged),
        cluster_policy("named-pods", "Enforce", "Pods carry app.kubernetes.io/name.", labelled),
        make(
            "kyverno.io/v2",
            "PolicyException",
            "yard-planner-unnamed",
            "yard",
            made="2025-02-12T09:00:00Z",
            by="kubectl-create",
            spec={
                "exceptions": [{"policyName": "named-pods", "ruleNames": ["named-pods"]}],
                "match": {"any": [{"resources": {"namespaces": ["yard"]}}]},
            },
        ),
    ]


def storage() -> list[Object]:
    """The storage class, and a disruption budget and autoscaler of the booking site."""
    return [
        make(
            "storage.k8s.io/v1",
            "StorageClass",
            "gp3",
            made="2024-03-12T10:00:00Z",
            by="kubectl-client-side-apply",
            parameters={"type": "gp3"},
            provisioner="ebs.csi.aws.com",
            reclaimPolicy="Delete",
            volumeBindingMode="WaitForFirstConsumer",
        ),
        make(
            "policy/v1",
            "PodDisruptionBudget",
            "booking-api",
            "booking",
            made="2024-03-19T08:25:00Z",
            by=CONFIG,
            spec={"minAvailable": 1, "selector": {"matchLabels": {"app.kubernetes.io/name": "booking-api"}}},
            status={"currentHealthy": 2, "desiredHealthy": 1, "disruptionsAllowed": 1, "expectedPods": 2},
        ),
    ]


def objects() -> list[Object]:
    """Everything at the edge, and the custom resources."""
    parts = (services, ingresses, network_policies, webhooks, definitions, delivery, secret_sources, policies, storage)
    return [item for part in parts for item in part()]
