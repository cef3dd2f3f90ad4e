"""Custom resources: what Argo CD delivers, where secrets and certificates come from; and storage."""

from __future__ import annotations

from make.company import DOMAIN, REGION
from make.kube import Object, make

CONFIG = "argocd-controller"
REPOSITORY = "https://github.com/fjordkite/cluster-config.git"


def definition(
    plural: str, kind: str, group: str, version: str, *, made: str, by: str, scope: str = "Namespaced"
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
        definition("applications", "Application", "argoproj.io", "v1alpha1", made=argo, by=hand),
        definition("appprojects", "AppProject", "argoproj.io", "v1alpha1", made=argo, by=hand),
        definition("certificates", "Certificate", "cert-manager.io", "v1", made=certificates, by=CONFIG),
        definition(
            "clusterissuers", "ClusterIssuer", "cert-manager.io", "v1", made=certificates, by=CONFIG, scope="Cluster"
        ),
        definition("externalsecrets", "ExternalSecret", "external-secrets.io", "v1", made=secrets, by=CONFIG),
        definition(
            "clustersecretstores",
            "ClusterSecretStore",
            "external-secrets.io",
            "v1",
            made=secrets,
            by=CONFIG,
            scope="Cluster",
        ),
        definition("clusterpolicies", "ClusterPolicy", "kyverno.io", "v1", made=kyverno, by="helm", scope="Cluster"),
        definition("policyexceptions", "PolicyException", "kyverno.io", "v2", made=kyverno, by="helm"),
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
    """Custom resources, their definitions, and storage."""
    return [*definitions(), *delivery(), *secret_sources(), *storage()]
