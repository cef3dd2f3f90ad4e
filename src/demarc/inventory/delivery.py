"""By which ways things were delivered into the cluster, as far as objects tell: Helm, Argo CD, Flux, OLM, operators."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from demarc.model.kubernetes import Secret
from demarc.model.snapshot import Snapshot

_RELEASE: Final = re.compile(r"^sh\.helm\.release\.v1\.(.+)\.v\d+$")
_FLUX: Final = ("Kustomization.kustomize.toolkit.fluxcd.io", "HelmRelease.helm.toolkit.fluxcd.io")


class Deliveries(Struct, frozen=True, kw_only=True):
    """Names of what delivers."""

    releases: dict[str, frozenset[str]]
    """Namespace -> Helm releases whose Secrets lie there."""
    applications: frozenset[str]
    """Argo CD Applications."""
    flux: frozenset[str]
    """Flux Kustomizations and HelmReleases."""
    subscriptions: dict[str, str]
    """Namespace -> an OLM Subscription in it."""
    cluster_operators: frozenset[str]
    """OpenShift ClusterOperators."""


def deliveries(snapshot: Snapshot) -> Deliveries:
    """Gather. A release Secret counts only with the type that Helm gives it."""
    releases: dict[str, set[str]] = {}
    for secret in snapshot.all("Secret", Secret):
        found = _RELEASE.match(secret.metadata.name) if secret.type == "helm.sh/release.v1" else None
        if found:
            releases.setdefault(secret.metadata.namespace, set()).add(found[1])
    return Deliveries(
        releases={namespace: frozenset(names) for namespace, names in releases.items()},
        applications=_names(snapshot, "Application.argoproj.io"),
        flux=frozenset().union(*(_names(snapshot, kind) for kind in _FLUX)),
        subscriptions={
            item.metadata.namespace: item.metadata.name
            for item in snapshot.objects.get("Subscription.operators.coreos.com", ())
        },
        cluster_operators=_names(snapshot, "ClusterOperator.config.openshift.io"),
    )


def _names(snapshot: Snapshot, kind: str) -> frozenset[str]:
    return frozenset(item.metadata.name for item in snapshot.objects.get(kind, ()))
