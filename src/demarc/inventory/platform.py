"""What belongs to the platform itself: namespaces, registries, field managers and markers of each provider.

Tables only. A name in them is a hint: ``installers.py`` says what must agree before anything is called the provider's.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final

from demarc.catalog.components import parse_image
from demarc.model.inventory import Management

BUILT_IN: Final = ("kube-system", "kube-public", "kube-node-lease")
"""Namespaces that every API server makes by itself."""

OPENSHIFT: Final = frozenset({"rosa", "aro"})
"""Providers that run OpenShift as a service; IBM's is told by its model."""

CUSTOMER_OPENSHIFT: Final = (
    "openshift-operators",
    "openshift-operators-redhat",
    "openshift-gitops",
    "openshift-logging",
    "openshift-adp",
)
"""Namespaces with a reserved name into which users install optional operators."""

_NAMESPACES: Final[dict[str, tuple[str, ...]]] = {
    "eks": ("amazon-cloudwatch", "amazon-guardduty", "aws-observability"),
    "gke": (
        "gke-managed-*",
        "gke-gmp-system",
        "gmp-system",
        "gmp-public",
        "gke-mcs",
        "config-management-*",
        "asm-system",
        "cnrm-system",
    ),
    "aks": (
        "gatekeeper-system",
        "app-routing-system",
        "aks-*",
        "calico-system",
        "tigera-operator",
        "dataprotection-microsoft",
        "kaito-*",
    ),
    "rosa": ("openshift", "openshift-*", "dedicated-admin"),
    "aro": ("openshift", "openshift-*"),
    "ibm": ("ibm-*", "openshift", "openshift-*", "calico-system", "tigera-operator"),
    "oke": ("oci-*",),
    "ack": ("arms-prom", "ack-*"),
}

_REGISTRIES: Final[dict[str, tuple[str, ...]]] = {
    "eks": ("602401143452.dkr.ecr.*", "public.ecr.aws/eks*", "*.dkr.ecr.*.amazonaws.com/eks/*"),
    "gke": ("gke.gcr.io*", "*-artifactregistry.gcr.io*", "*.pkg.dev/gke-release*", "gcr.io/gke-release*"),
    "aks": ("mcr.microsoft.com/*", "*.data.mcr.microsoft.com/*"),
    "rosa": ("quay.io/openshift-release-dev*", "registry.redhat.io/*", "quay.io/app-sre/*"),
    "aro": ("quay.io/openshift-release-dev*", "arosvc.azurecr.io/*", "registry.redhat.io/*"),
    "ibm": ("icr.io/*", "*.icr.io/*", "registry.*.bluemix.net/*", "quay.io/openshift-release-dev*"),
    "oke": ("*.ocir.io/*",),
    "doks": ("digitalocean/*", "docker.io/digitalocean/*", "docr.digitalocean.com/*"),
    "lke": ("linode/*", "docker.io/linode/*"),
    "ovh": ("registry.kubernatine.ovh/*",),
    "scaleway": ("rg.*.scw.cloud/*", "scaleway/*", "docker.io/scaleway/*"),
    "ack": ("registry*.aliyuncs.com/acs/*",),
    "self_managed": (),
}

MANAGERS: Final[dict[str, tuple[str, ...]]] = {
    "eks": ("eks",),
    "gke": ("addon-manager", "kube-addon-manager", "GoogleContainerEngine"),
    "aks": ("addon-manager", "kube-addon-manager", "aks", "aks-app-routing-operator"),
    "rosa": ("cluster-version-operator", "cluster-*-operator", "machine-config-*", "hive*", "hypershift*"),
    "aro": ("cluster-version-operator", "cluster-*-operator", "machine-config-*", "aro", "aro-*"),
    "ibm": ("addon-manager", "kube-addon-manager", "cluster-version-operator", "cluster-*-operator", "armada-*"),
}
"""Field managers by which a provider's own machinery writes."""
ANY_PROVIDER: Final = ("addon-manager", "kube-addon-manager")

INSTALLERS: Final[tuple[tuple[str, Management], ...]] = (
    ("helm", Management.HELM),
    ("Helm", Management.HELM),
    ("argocd-*", Management.GITOPS),
    ("argocd", Management.GITOPS),
    ("kustomize-controller", Management.GITOPS),
    ("helm-controller", Management.GITOPS),
    ("flux*", Management.GITOPS),
    ("gitops-engine*", Management.GITOPS),
    ("fleet*", Management.GITOPS),
    ("objectset*", Management.GITOPS),
    ("reconciler-manager", Management.GITOPS),
    ("configsync*", Management.GITOPS),
    ("rancher*", Management.GITOPS),
    ("kapp-controller", Management.GITOPS),
    ("kubectl-client-side-apply", Management.MANIFEST),
    ("kubectl-create", Management.MANIFEST),
    ("kubectl-replace", Management.MANIFEST),
    ("kubectl-run", Management.MANIFEST),
    ("kubectl-expose", Management.MANIFEST),
    ("kubectl", Management.MANIFEST),
    ("oc", Management.MANIFEST),
    ("before-first-apply", Management.MANIFEST),
    ("terraform*", Management.MANIFEST),
    ("Terraform*", Management.MANIFEST),
    ("HashiCorp", Management.MANIFEST),
    ("pulumi*", Management.MANIFEST),
    ("ansible*", Management.MANIFEST),
    ("OpenAPI-Generator", Management.MANIFEST),
    ("kapp", Management.MANIFEST),
    ("skaffold*", Management.MANIFEST),
    ("tilt*", Management.MANIFEST),
    ("cdk8s*", Management.MANIFEST),
    ("eksctl", Management.MANIFEST),
    ("cilium-cli", Management.MANIFEST),
    ("istioctl*", Management.MANIFEST),
    ("istio-operator", Management.MANIFEST),
    ("linkerd*", Management.MANIFEST),
    ("velero*", Management.MANIFEST),
    ("dashboard*", Management.MANIFEST),
    ("k9s", Management.MANIFEST),
    ("node-fetch", Management.MANIFEST),
    ("Mozilla", Management.MANIFEST),
)
"""Field managers that install things on behalf of the cluster's users, and the way that they stand for."""

EDITS: Final = (
    "kubectl-edit",
    "kubectl-patch",
    "kubectl-set",
    "kubectl-scale",
    "kubectl-rollout",
    "kubectl-annotate",
    "kubectl-label",
    "kubectl-autoscale",
)
"""Field managers that change what is there already: they show drift, not who installed it."""


def _any(value: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in patterns)


def reserved(namespace: str, provider: str) -> bool:
    """Tell whether a namespace's name is one that the API server or this provider uses."""
    return namespace in BUILT_IN or (
        namespace not in CUSTOMER_OPENSHIFT and _any(namespace, _NAMESPACES.get(provider, ()))
    )


def built_by_provider(image: str, provider: str) -> bool:
    """Tell whether an image comes from a registry in which this provider publishes."""
    return _any(parse_image(image).repository, _REGISTRIES.get(provider, ()))


def installs(manager: str) -> Management | None:
    """The way that a field manager installs by for users; None for one that is no installer."""
    return next((way for pattern, way in INSTALLERS if fnmatchcase(manager, pattern)), None)


def of_provider(manager: str, provider: str) -> bool:
    """Tell whether a field manager is the provider's own machinery."""
    return provider != "self_managed" and _any(manager, (*MANAGERS.get(provider, ()), *ANY_PROVIDER))


def marker(labels: dict[str, str], annotations: dict[str, str], provider: str) -> str:
    """The label or annotation by which a provider marks its own objects, in words; empty without one.

    Anybody can write them, and copies of them are common in hand-written manifests: never enough alone.
    """
    mode = labels.get("addonmanager.kubernetes.io/mode")
    if mode:
        return f"label addonmanager.kubernetes.io/mode={mode}"
    if labels.get("kubernetes.io/cluster-service") == "true":
        return "label kubernetes.io/cluster-service=true"
    if provider == "aks" and labels.get("kubernetes.azure.com/managedby") == "aks":
        return "label kubernetes.azure.com/managedby=aks"
    if provider == "aks" and annotations.get("meta.helm.sh/release-name", "").startswith("aks-managed"):
        return "a Helm release whose name starts with aks-managed"
    if provider == "gke" and any(key.startswith("components.gke.io/") for key in (*labels, *annotations)):
        return "a components.gke.io label or annotation"
    if provider == "doks" and labels.get("doks.digitalocean.com/managed") == "true":
        return "label doks.digitalocean.com/managed=true"
    if provider == "scaleway" and any(key.startswith("k8s.scaleway.com/") for key in labels):
        return "a k8s.scaleway.com label"
    return ""
