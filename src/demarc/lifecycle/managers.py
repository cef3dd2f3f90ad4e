"""Who keeps an object, and would take a change back: by the marks that each of them leaves.

Marks: facts of External Secrets, cert-manager, Vault Secrets Operator, Sealed Secrets, Argo CD, Flux, Helm and the
copiers. Who is not recognised by a mark may still show as a controlling owner or as a field manager.
"""

from __future__ import annotations

from typing import Final

from demarc.lifecycle.credential import Manager
from demarc.model.kubernetes import KubeObject, ObjectMeta

_AT_ONCE: Final = "at once, whenever it looks"
_COPIERS: Final = (
    "replicator.v1.mittwald.de/replicate-from",
    "reflector.v1.k8s.emberstack.com/reflects",
    "kubed.appscode.com/origin",
)
_GIT: Final = ("argo-cd", "flux", "helm", "sealed-secrets")


def is_in_git(manager: Manager | None) -> bool:
    """Tell whether the truth lies in a repository: what is changed there, is changed by a pull request."""
    return manager is not None and manager.kind in _GIT


def manager_of(item: KubeObject) -> Manager | None:
    """Who keeps an object; None where no mark says so."""
    metadata = item.metadata
    labels, annotations = metadata.labels or {}, metadata.annotations or {}
    return (
        _operator(metadata, labels, annotations)
        or _git(labels, annotations, metadata)
        or _copier(annotations)
        or _owner(metadata)
    )


def _operator(metadata: ObjectMeta, labels: dict[str, str], annotations: dict[str, str]) -> Manager | None:
    if labels.get("reconcile.external-secrets.io/managed") == "true" or _owned(metadata, "ExternalSecret"):
        name = _owned(metadata, "ExternalSecret") or metadata.name
        return Manager(
            kind="external-secrets",
            name=name,
            reverts=_AT_ONCE,
            source=f"the store that ExternalSecret {name} reads",
            evidence="label reconcile.external-secrets.io/managed",
        )
    if certificate := annotations.get("cert-manager.io/certificate-name"):
        return Manager(
            kind="cert-manager",
            name=certificate,
            reverts=_AT_ONCE,
            source=f"Certificate {certificate}",
            evidence="annotation cert-manager.io/certificate-name",
        )
    if labels.get("app.kubernetes.io/managed-by") == "hashicorp-vso":
        owner = next((one.name for one in metadata.owner_references or ()), "")
        return Manager(
            kind="vault-secrets-operator",
            name=owner,
            reverts=_AT_ONCE,
            source="Vault",
            evidence="label app.kubernetes.io/managed-by: hashicorp-vso",
        )
    sealed = _owned(metadata, "SealedSecret")
    if sealed or annotations.get("sealedsecrets.bitnami.com/managed") == "true":
        return Manager(
            kind="sealed-secrets",
            name=sealed or metadata.name,
            reverts=_AT_ONCE,
            source=f"SealedSecret {sealed or metadata.name} in its repository",
            evidence="owner SealedSecret" if sealed else "annotation sealedsecrets.bitnami.com/managed",
        )
    if labels.get("secrets-store.csi.k8s.io/managed") == "true":
        return Manager(
            kind="secrets-store-csi",
            reverts=_AT_ONCE,
            source="the store that its SecretProviderClass names",
            evidence="label secrets-store.csi.k8s.io/managed",
        )
    return None


def _git(labels: dict[str, str], annotations: dict[str, str], metadata: ObjectMeta) -> Manager | None:
    tracked = annotations.get("argocd.argoproj.io/tracking-id", "").partition(":")[0]
    application = tracked or labels.get("argocd.argoproj.io/instance", "")
    managers = {entry.manager for entry in metadata.managed_fields or ()}
    if not application and "argocd-controller" in managers:
        application = labels.get("app.kubernetes.io/instance", "")
    if application:
        return Manager(
            kind="argo-cd",
            name=application,
            reverts="after some seconds with selfHeal, else at its next sync",
            source=f"the repository of Application {application}",
            evidence="annotation argocd.argoproj.io/tracking-id" if tracked else "label of the Argo CD instance",
        )
    for kind, prefix in (("Kustomization", "kustomize"), ("HelmRelease", "helm")):
        if name := labels.get(f"{prefix}.toolkit.fluxcd.io/name"):
            disabled = annotations.get("kustomize.toolkit.fluxcd.io/reconcile") == "disabled"
            once = annotations.get("kustomize.toolkit.fluxcd.io/ssa") in ("IfNotPresent", "Ignore")
            return Manager(
                kind="flux",
                name=name,
                reverts="" if disabled or once else "at its next interval",
                source=f"the repository of {kind} {name}",
                evidence=f"label {prefix}.toolkit.fluxcd.io/name",
            )
    if release := annotations.get("meta.helm.sh/release-name"):
        return Manager(
            kind="helm",
            name=release,
            reverts="at the next helm upgrade",
            source=f"the chart and values of release {release}",
            evidence="annotation meta.helm.sh/release-name",
        )
    return None


def _copier(annotations: dict[str, str]) -> Manager | None:
    for name in _COPIERS:
        if origin := annotations.get(name):
            return Manager(
                kind="copier",
                name=origin,
                reverts=_AT_ONCE,
                source=f"the Secret {origin} that it is copied from",
                evidence=f"annotation {name}",
            )
    return None


def _owner(metadata: ObjectMeta) -> Manager | None:
    for owner in metadata.owner_references or ():
        if owner.controller:
            return Manager(
                kind="operator",
                name=owner.name,
                reverts="when its controller looks",
                source=f"{owner.kind} {owner.name}",
                evidence=f"controlled by {owner.kind} {owner.name}",
            )
    return None


def _owned(metadata: ObjectMeta, kind: str) -> str:
    return next((owner.name for owner in metadata.owner_references or () if owner.kind == kind), "")
