"""What the cluster is called, which version it runs, and where: from descriptions first, then from nodes."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from demarc.inventory.records import dig, words
from demarc.inventory.sight import Sight

_EKS_ARN: Final = re.compile(r"^arn:aws[\w-]*:eks:([^:]*):(\d*):cluster/(.+)$")
_EKSCTL: Final = re.compile(r"^(?:[^@]*@)?([^.]+)\.([a-z0-9-]+)\.eksctl\.io$")
_GKE_CONTEXT: Final = re.compile(r"^gke_([^_]+)_([^_]+)_(.+)$")
_GKE_LINK: Final = re.compile(r"/projects/([^/]+)/(?:zones|locations|regions)/([^/]+)/clusters/([^/]+)")
_GCE: Final = re.compile(r"^gce://([^/]+)/")
_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([^/]+)/", re.IGNORECASE)
_VERSION_FIELDS: Final = (
    *(
        "currentMasterVersion",
        "currentKubernetesVersion",
        "kubernetesVersion",
        "version",
        "k8s_version",
        "kube_version",
    ),
    *("openshift_version", "clusterProfile.version"),
)


def name_of(sight: Sight, provider: str) -> str:
    """Name at the provider, else in the context, else as nodes are labelled, else ``cluster``."""
    record = sight.descriptions.cluster
    context = sight.snapshot.context or ""
    if record is not None and record.name:
        return record.name
    for pattern, group in ((_EKS_ARN, 3), (_EKSCTL, 1), (_GKE_CONTEXT, 3)):
        found = pattern.match(context)
        if found:
            return found[group]
    if context:
        return context
    parents = {item.parent for kind in ("eks.nodegroup", "eks.addon") for item in sight.descriptions.of(kind)} - {""}
    if len(parents) == 1:
        return parents.pop()
    labelled = _common(sight, "alpha.eksctl.io/cluster-name") if provider == "eks" else ""
    installed = sight.infrastructure.status.infrastructure_name.rpartition("-")[0] if sight.infrastructure else ""
    return labelled or installed or "cluster"


def version_of(sight: Sight) -> str | None:
    """Version of the control plane: as the API server says, else as the provider does."""
    if sight.snapshot.server_version:
        return sight.snapshot.server_version
    record = sight.descriptions.cluster
    return next((found for field in _VERSION_FIELDS if record and (found := words(record.body, field))), None)


def account_of(sight: Sight, provider: str) -> str:
    """Account, subscription or project; empty where nothing tells."""
    record = sight.descriptions.cluster
    if record is not None:
        identifiers = (words(record.body, "arn"), words(record.body, "selfLink"), words(record.body, "id"))
        for identifier in identifiers:
            found = _EKS_ARN.match(identifier)
            if found:
                return found[2]
            found = _GKE_LINK.search(identifier) or _SUBSCRIPTION.search(identifier)
            if found:
                return found[1]
    found = _EKS_ARN.match(sight.snapshot.context or "")
    if found:
        return found[2]
    patterns = {"gke": _GCE, "aks": _SUBSCRIPTION, "aro": _SUBSCRIPTION}
    if provider in patterns:
        for machine in sight.machines:
            found = patterns[provider].search(machine.provider_id)
            if found:
                return found[1]
    found = _GKE_CONTEXT.match(sight.snapshot.context or "")
    return found[1] if found else ""


def region_of(sight: Sight) -> str:
    """Region or location; empty where nothing tells or nodes disagree."""
    record = sight.descriptions.cluster
    if record is not None:
        found = _EKS_ARN.match(words(record.body, "arn"))
        if found:
            return found[1]
        region = dig(record.body, "region.id") or dig(record.body, "location") or dig(record.body, "region")
        if isinstance(region, str) and region:
            return region
    context = sight.snapshot.context or ""
    for pattern, group in ((_EKS_ARN, 1), (_EKSCTL, 2), (_GKE_CONTEXT, 2)):
        found = pattern.match(context)
        if found:
            return found[group]
    return _common(sight, "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")


def _common(sight: Sight, *labels: str) -> str:
    """The value that the most nodes carry."""
    counted = Counter(value for machine in sight.machines if (value := machine.label(*labels)))
    return min(counted, key=lambda value: (-counted[value], value)) if counted else ""
