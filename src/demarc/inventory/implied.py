"""Parts that are there though no workload shows them: they run at the provider, or come with the node image.

Sources: EKS Auto Mode whitepaper (2025-09-18) and Fargate pages of the EKS user guide; AKS support policies
(2026-06-09); GKE shared responsibility page (2026-04-10); the ROSA responsibility matrix. Nothing is implied that no
page names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from demarc.catalog.components import ComponentCatalogue, KnownComponent
from demarc.inventory.addons import Addons
from demarc.inventory.records import Descriptions, dig, true, words
from demarc.inventory.sight import Sight
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Component, Management, Pool
from demarc.model.snapshot import Record


class Implied(Struct, frozen=True, kw_only=True):
    """A part without a workload."""

    entry: KnownComponent
    management: Management
    evidence: tuple[Evidence, ...]
    models: tuple[str, ...]
    versions: tuple[str, ...] = ()
    record: Record | None = None


class _Part(Struct, frozen=True, kw_only=True):
    name: str
    management: Management


class _Shown(Struct, frozen=True, kw_only=True):
    name: str
    evidence: Evidence
    record: Record | None = None


_SERVICE: Final = Management.SERVICE
_IMAGE: Final = Management.NODE_IMAGE
_OPERATOR: Final = Management.OPERATOR

_OF_MODEL: Final[dict[tuple[str, str], tuple[_Part, ...]]] = {
    ("eks", "auto_mode"): (
        _Part(name="vpc-cni", management=_IMAGE),
        _Part(name="kube-proxy", management=_IMAGE),
        _Part(name="coredns", management=_IMAGE),
        _Part(name="eks-pod-identity-agent", management=_IMAGE),
        _Part(name="karpenter", management=_SERVICE),
    ),
    ("eks", "fargate"): (_Part(name="vpc-cni", management=_SERVICE), _Part(name="kube-proxy", management=_SERVICE)),
}
"""Parts of a deployment model that never show as workloads. They stand beside the ones of other nodes."""

_OF_PROVIDER: Final[dict[str, tuple[_Part, ...]]] = {
    "gke": (
        _Part(name="gke-netd", management=_IMAGE),
        _Part(name="kube-proxy", management=_IMAGE),
        _Part(name="kube-dns", management=_SERVICE),
        _Part(name="gce-pd-csi-driver", management=_SERVICE),
    ),
    "aks": (
        _Part(name="azure-cni", management=_SERVICE),
        _Part(name="kube-proxy", management=_SERVICE),
        _Part(name="coredns", management=_SERVICE),
        _Part(name="azure-disk-csi-driver", management=_SERVICE),
    ),
    "rosa": (
        _Part(name="ovn-kubernetes", management=_OPERATOR),
        _Part(name="coredns", management=_OPERATOR),
        _Part(name="openshift-router", management=_OPERATOR),
    ),
}
"""Parts that the provider runs in every cluster; said only where no workload of the cluster was seen at all."""

_CAPABILITIES: Final = {"ARGOCD": "argocd", "ACK": "ack-controllers"}
_WEBHOOK: Final = "pod-identity-webhook"


def implied(
    sight: Sight, provider: str, pools: tuple[Pool, ...], shown: list[Component], catalogue: ComponentCatalogue
) -> tuple[Implied, ...]:
    """List parts without a workload, each with the evidence that they are there; sorted by name and model."""
    there = {component.name for component in shown}
    found = [
        *_of_models(provider, pools, sight, catalogue),
        *_of_provider(sight, provider, pools, catalogue),
        *_of_description(sight, provider, there, catalogue),
        *_addons_without_workload(sight.descriptions, provider, there, catalogue),
    ]
    unique = {(part.entry.name, part.models): part for part in reversed(found)}
    return tuple(part for _, part in sorted(unique.items()))


def _of_models(
    provider: str, pools: tuple[Pool, ...], sight: Sight, catalogue: ComponentCatalogue
) -> Iterator[Implied]:
    models = {pool.model: pool for pool in pools}
    for (owner, model), parts in _OF_MODEL.items():
        if owner != provider or model not in models:
            continue
        pool = models[model]
        for part in (*parts, *_switched(sight, model)):
            entry = catalogue.get(part.name)
            if entry is not None:
                says = f"part of EKS in model {model}, as pool {pool.name} is run; it shows no workload"
                evidence = Evidence(says=says, grade=pool.evidence[0].grade, source=pool.evidence[0].source)
                yield Implied(entry=entry, management=part.management, evidence=(evidence,), models=(model,))


def _switched(sight: Sight, model: str) -> Iterator[_Part]:
    """Auto Mode's storage and load balancing, which have switches of their own."""
    record = sight.descriptions.cluster
    if model != "auto_mode":
        return
    if record is None or true(record.body, "storageConfig.blockStorage.enabled"):
        yield _Part(name="aws-ebs-csi-driver", management=_IMAGE)
    if record is None or true(record.body, "kubernetesNetworkConfig.elasticLoadBalancing.enabled"):
        yield _Part(name="aws-load-balancer-controller", management=_SERVICE)


def _of_provider(
    sight: Sight, provider: str, pools: tuple[Pool, ...], catalogue: ComponentCatalogue
) -> Iterator[Implied]:
    if sight.workloads:
        return
    record = sight.descriptions.cluster
    own_cni = record is not None and words(record.body, "networkProfile.networkPlugin").lower() == "none"
    for part in _OF_PROVIDER.get(provider, ()):
        entry = catalogue.get(part.name)
        if entry is None or (own_cni and entry.kind == "cni"):
            continue
        says = f"{provider} runs it in every cluster, by its published page; no workload was given to see it"
        models = tuple(sorted({pool.model for pool in pools}))
        evidence = Evidence(says=says, grade=Grade.NAMED, source=record.source if record else "")
        yield Implied(entry=entry, management=part.management, evidence=(evidence,), models=models)


def _of_description(sight: Sight, provider: str, there: set[str], catalogue: ComponentCatalogue) -> Iterator[Implied]:
    """What settings and objects of the API server show to run outside the cluster."""
    for shown in _SHOWN.get(provider, _nothing)(sight):
        entry = catalogue.get(shown.name)
        if entry is not None and (shown.record is not None or shown.name not in there):
            yield Implied(entry=entry, management=_SERVICE, evidence=(shown.evidence,), models=(), record=shown.record)


def _nothing(_sight: Sight) -> Iterator[_Shown]:
    return iter(())


def _of_eks(sight: Sight) -> Iterator[_Shown]:
    for hook in sight.snapshot.objects.get("MutatingWebhookConfiguration.admissionregistration.k8s.io", ()):
        if hook.metadata.name == _WEBHOOK:
            says = f"MutatingWebhookConfiguration {_WEBHOOK} points to a webhook that shows no workload"
            evidence = Evidence(says=says, grade=Grade.NAMED, source=hook.source)
            yield _Shown(name="amazon-eks-pod-identity-webhook", evidence=evidence)
    for capability in sight.descriptions.of("eks.capability"):
        name = _CAPABILITIES.get(words(capability.body, "type").upper())
        if name:
            says = f"EKS capability {capability.name} runs it outside the cluster"
            evidence = Evidence(says=says, grade=Grade.ANSWERED, source=capability.source)
            yield _Shown(name=name, evidence=evidence, record=capability)


def _of_aks(sight: Sight) -> Iterator[_Shown]:
    record = sight.descriptions.cluster
    if record and words(record.body, "nodeProvisioningProfile.mode").lower() == "auto":
        says = "the provider describes nodeProvisioningProfile.mode Auto"
        yield _Shown(name="karpenter", evidence=Evidence(says=says, grade=Grade.ANSWERED, source=record.source))
    yield from _scaling(sight, "aks.agentPool", "enableAutoScaling")


def _of_gke(sight: Sight) -> Iterator[_Shown]:
    record = sight.descriptions.cluster
    if record and dig(record.body, "networkConfig.dnsConfig.clusterDns") == "CLOUD_DNS":
        says = "the provider describes clusterDns CLOUD_DNS"
        yield _Shown(name="kube-dns", evidence=Evidence(says=says, grade=Grade.ANSWERED, source=record.source))
    yield from _scaling(sight, "gke.nodePool", "autoscaling.enabled")


def _scaling(sight: Sight, kind: str, path: str) -> Iterator[_Shown]:
    for pool in sight.descriptions.of(kind):
        if true(pool.body, path):
            says = f"the provider describes {path} true for pool {pool.name}"
            evidence = Evidence(says=says, grade=Grade.ANSWERED, source=pool.source)
            yield _Shown(name="cluster-autoscaler", evidence=evidence)
            return


_SHOWN: Final[dict[str, Callable[[Sight], Iterator[_Shown]]]] = {"eks": _of_eks, "aks": _of_aks, "gke": _of_gke}


def _addons_without_workload(
    descriptions: Descriptions, provider: str, there: set[str], catalogue: ComponentCatalogue
) -> Iterator[Implied]:
    """Add-ons that the provider's API answers for and of which no workload was seen."""
    if provider == "eks":
        described = {record.name: record for record in descriptions.of("eks.addon")}
        listing = descriptions.listing("eks.addon")
        names = dig(listing.body, "names") if listing else None
        for name in (*described, *(names if isinstance(names, list) else ())):
            if not isinstance(name, str):
                continue
            entry = catalogue.by_addon("eks", name) or KnownComponent(
                name=name, title=f"EKS add-on {name}", supplier=""
            )
            source = described.get(name, listing)
            if entry.name in there or source is None:
                continue
            says = f"the provider's add-on API names {name}; no workload of it was seen"
            version = words(described[name].body, "addonVersion") if name in described else ""
            yield Implied(
                entry=entry,
                management=Management.PROVIDER_ADDON,
                evidence=(Evidence(says=says, grade=Grade.ANSWERED, source=source.source),),
                models=(),
                record=described.get(name),
                versions=(version,) if version else (),
            )
        return
    addons = Addons(provider=provider, descriptions=descriptions, placed={})
    for entry in catalogue.entries:
        if entry.name in there or provider not in entry.addons:
            continue
        for item in addons.readings(entry, ""):
            if item.installer.value == "provider":
                evidence = (item.evidence,)
                yield Implied(
                    entry=entry,
                    management=item.management,
                    evidence=evidence,
                    models=(),
                    record=addons.record(entry),
                )
