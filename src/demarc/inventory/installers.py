"""Who installed a component and who keeps it: readings of the evidence, each with its grade, and how they are settled.

The order is the one of ``Grade``: the provider's add-on API, then what the API server recorded about the writer, then
several weaker signs that agree (namespace, registry and marker; a Helm release and its annotation), and never a label
alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from demarc.catalog.components import KnownComponent
from demarc.inventory.addons import Addons
from demarc.inventory.delivery import Deliveries
from demarc.inventory.platform import (
    EDITS,
    OPENSHIFT,
    built_by_provider,
    installs,
    marker,
    of_provider,
    reserved,
)
from demarc.inventory.readings import Reading, reading
from demarc.inventory.workloads import STATIC, Workload
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Installer, Management

_MOST_RIVALS: Final = 6


class Setting(Struct, frozen=True, kw_only=True):
    """What all readings of one cluster share."""

    provider: str
    openshift: bool
    managers_hidden: bool
    addons: Addons
    deliveries: Deliveries


class Settled(Struct, frozen=True, kw_only=True):
    """Who installed, with the evidence for it and what speaks against it."""

    installer: Installer
    management: Management
    evidence: tuple[Evidence, ...]
    rivals: tuple[str, ...]


def settle(entry: KnownComponent | None, workloads: tuple[Workload, ...], setting: Setting) -> Settled:
    """Settle who installed one component out of all readings of its workloads."""
    readings = list(dict.fromkeys(item for workload in workloads for item in _readings(entry, workload, setting)))
    drift = tuple(dict.fromkeys(remark for workload in workloads for remark in _drift(workload, setting)))
    best: dict[Installer, Grade] = {}
    for item in readings:
        best[item.installer] = max(best.get(item.installer, Grade.NAMED), item.evidence.grade)
    built = tuple(_built(workloads, setting))
    top = max(best.values(), default=Grade.NAMED)
    winners = [installer for installer, grade in best.items() if grade == top]
    if top >= Grade.BUILT and len(winners) == 1:
        own = [item for item in readings if item.installer is winners[0]]
        own.sort(key=lambda item: -item.evidence.grade)
        against = [item for item in readings if item.installer is not winners[0]]
        return Settled(
            installer=winners[0],
            management=_way(own),
            evidence=tuple(dict.fromkeys((*(item.evidence for item in own), *built))),
            rivals=(*drift, *_rivals(against)),
        )
    return Settled(
        installer=Installer.UNKNOWN,
        management=Management.UNKNOWN,
        evidence=tuple(dict.fromkeys((*(item.evidence for item in readings), *built))) or (_nothing(workloads),),
        rivals=(*_rivals(readings), *drift) if len(best) > 1 else _both(readings, setting),
    )


def _way(readings: list[Reading]) -> Management:
    """The way that the strongest reading names; the provider's silence names none, so the next one is asked."""
    return next((item.management for item in readings if item.management is not Management.UNKNOWN), Management.UNKNOWN)


def _rivals(readings: Iterable[Reading]) -> tuple[str, ...]:
    said = dict.fromkeys(f"{item.installer.value}: {item.evidence.says}" for item in readings)
    return tuple(said)[:_MOST_RIVALS]


def _both(readings: list[Reading], setting: Setting) -> tuple[str, ...]:
    """Both readings of something that nothing tells, and why nothing does."""
    why = (
        "the dump leaves out managedFields, which would tell who wrote it"
        if setting.managers_hidden
        else "its field managers name neither the provider nor an installer"
    )
    said = {item.installer: item.evidence.says for item in readings}
    return tuple(
        f"{installer.value}: {said.get(installer) or default}; {why}"
        for installer, default in (
            (Installer.PROVIDER, f"it may be an add-on of {setting.provider}, whose add-on list was not given"),
            (Installer.CUSTOMER, "it may have been applied by the cluster's users"),
        )
    )


def _nothing(workloads: tuple[Workload, ...]) -> Evidence:
    source = workloads[0].source if workloads else ""
    return Evidence(says="nothing that was seen tells who installed it", grade=Grade.NAMED, source=source)


def _built(workloads: tuple[Workload, ...], setting: Setting) -> Iterator[Evidence]:
    """Who built the images: worth knowing, and no word on who put them there."""
    for workload in workloads:
        for image in workload.images:
            if built_by_provider(image, setting.provider):
                says = f"image {image} is built by the provider (says nothing of who installed it)"
                yield Evidence(says=says, grade=Grade.BUILT, source=workload.source)
                return


def _readings(entry: KnownComponent | None, workload: Workload, setting: Setting) -> Iterator[Reading]:
    if setting.provider == "self_managed":
        yield from _self_managed(workload, setting)
        return
    if entry is not None:
        yield from setting.addons.readings(entry, workload.namespace)
    yield from _static(workload)
    yield from _operators(entry, workload, setting)
    agreed = tuple(_agreement(workload, setting))
    yield from agreed
    yield from _managers(workload, setting, agreed=bool(agreed))
    yield from _delivered(workload, setting)
    yield from _outside(entry, workload, setting)


def _self_managed(workload: Workload, setting: Setting) -> Iterator[Reading]:
    """Without a provider everything in the cluster is its users'; what is left to say is by which way."""
    says = "no provider runs this cluster"
    openshift = setting.openshift and workload.namespace.startswith("openshift")
    way = Management.OPERATOR if openshift else Management.UNKNOWN
    if workload.kind == STATIC:
        way = Management.NODE_IMAGE
    yield reading(Installer.CUSTOMER, way, says, Grade.WRITTEN, workload.source)
    yield from (item for item in _managers(workload, setting, agreed=False) if item.installer is Installer.CUSTOMER)
    yield from _delivered(workload, setting)


def _static(workload: Workload) -> Iterator[Reading]:
    if workload.kind == STATIC:
        says = f"the kubelets run {workload.name} from a manifest on the node (mirror pods)"
        yield reading(Installer.PROVIDER, Management.NODE_IMAGE, says, Grade.WRITTEN, workload.source)


def _operators(entry: KnownComponent | None, workload: Workload, setting: Setting) -> Iterator[Reading]:
    """OpenShift: what a ClusterOperator runs is the platform's; what an OLM Subscription installed is the user's."""
    if not setting.openshift:
        return
    if workload.namespace in setting.deliveries.subscriptions and not reserved(workload.namespace, setting.provider):
        name = setting.deliveries.subscriptions[workload.namespace]
        says = f"OLM Subscription {workload.namespace}/{name} installs operators in its namespace"
        yield reading(Installer.CUSTOMER, Management.MANIFEST, says, Grade.WRITTEN, workload.source)
        return
    if not workload.namespace.startswith("openshift") or not reserved(workload.namespace, setting.provider):
        return
    running = [name for name in (entry.operators if entry else ()) if name in setting.deliveries.cluster_operators]
    if running:
        says = f"ClusterOperator {running[0]} reconciles it"
        yield reading(Installer.PROVIDER, Management.OPERATOR, says, Grade.WRITTEN, workload.source)
    elif setting.provider in OPENSHIFT and any(built_by_provider(image, setting.provider) for image in workload.images):
        says = f"it runs an image of the OpenShift release in the reserved namespace {workload.namespace}"
        yield reading(Installer.PROVIDER, Management.OPERATOR, says, Grade.BUILT, workload.source)


def _agreement(workload: Workload, setting: Setting) -> Iterator[Reading]:
    """Namespace, registry and marker together; each alone is copied too easily."""
    mark = marker(workload.labels, workload.annotations, setting.provider)
    if not mark or not reserved(workload.namespace, setting.provider):
        return
    if not any(built_by_provider(image, setting.provider) for image in workload.images):
        return
    says = f"{mark}, namespace {workload.namespace} and the provider's own image agree"
    yield reading(Installer.PROVIDER, Management.PROVIDER_ADDON, says, Grade.BUILT, workload.source)


def _managers(workload: Workload, setting: Setting, *, agreed: bool) -> Iterator[Reading]:
    """Who wrote it, by managedFields. The later of provider and user counts; both at once is a conflict.

    Add-on managers apply with kubectl as well: where namespace, registry and marker agree, kubectl says nothing.
    """
    provider_at, user_at = "", ""
    provider_by, user_by, user_way = "", "", Management.UNKNOWN
    for item in workload.fields:
        if item.subresource:
            continue
        way = installs(item.manager)
        if of_provider(item.manager, setting.provider):
            provider_at, provider_by = max(provider_at, item.time or ""), item.manager
        elif way is not None and not (agreed and item.manager.startswith("kubectl")):
            if not user_by or (item.time or "") >= user_at:
                user_by, user_way = item.manager, way
            user_at = max(user_at, item.time or "")
    if provider_by and not (user_by and user_at > provider_at):
        way = Management.OPERATOR if setting.openshift else Management.PROVIDER_ADDON
        says = f"field manager '{provider_by}' wrote {workload.path}"
        yield reading(Installer.PROVIDER, way, says, Grade.WRITTEN, workload.source)
    elif provider_by:
        says = f"field manager '{provider_by}' wrote {workload.path}, before '{user_by}' did"
        yield reading(Installer.PROVIDER, Management.PROVIDER_ADDON, says, Grade.WRITTEN, workload.source)
    if user_by and not (provider_by and provider_at >= user_at):
        says = f"field manager '{user_by}' wrote {workload.path}"
        yield reading(Installer.CUSTOMER, user_way, says, Grade.WRITTEN, workload.source)


def _drift(workload: Workload, setting: Setting) -> Iterator[str]:
    """Edits on something that the provider writes: it stays the provider's, and differs from what it ships."""
    managers = workload.managers
    if not any(of_provider(manager, setting.provider) for manager in managers):
        return
    for manager in managers:
        if manager in EDITS or installs(manager) is not None:
            yield f"customer: field manager '{manager}' also wrote fields of {workload.path} (drift)"


def _delivered(workload: Workload, setting: Setting) -> Iterator[Reading]:
    """Helm releases and Argo CD Applications that name it."""
    release = workload.annotations.get("meta.helm.sh/release-name") or workload.labels.get(
        "app.kubernetes.io/instance", ""
    )
    if (
        release
        and not release.startswith("aks-managed")
        and release in setting.deliveries.releases.get(workload.namespace, ())
    ):
        says = f"Helm release Secret of '{release}' in namespace {workload.namespace}, which {workload.path} names"
        yield reading(Installer.CUSTOMER, Management.HELM, says, Grade.BUILT, workload.source)
    application = workload.annotations.get("argocd.argoproj.io/tracking-id", "").partition(":")[
        0
    ] or workload.labels.get("argocd.argoproj.io/instance", "")
    if application and application in setting.deliveries.applications:
        says = f"Argo CD Application '{application}' tracks {workload.path}"
        yield reading(Installer.CUSTOMER, Management.GITOPS, says, Grade.BUILT, workload.source)
    kustomization = workload.labels.get("kustomize.toolkit.fluxcd.io/name") or workload.labels.get(
        "helm.toolkit.fluxcd.io/name"
    )
    if kustomization and kustomization in setting.deliveries.flux:
        says = f"Flux object '{kustomization}' delivers {workload.path}"
        yield reading(Installer.CUSTOMER, Management.GITOPS, says, Grade.BUILT, workload.source)


def _outside(entry: KnownComponent | None, workload: Workload, setting: Setting) -> Iterator[Reading]:
    """What the provider does not offer, in a namespace that it does not use, was put there by the users."""
    if reserved(workload.namespace, setting.provider):
        return
    if entry is not None and entry.addons.get(setting.provider):
        return
    says = f"{setting.provider} offers no such add-on, and namespace {workload.namespace} is none of its own"
    yield reading(Installer.CUSTOMER, Management.UNKNOWN, says, Grade.BUILT, workload.source)
