"""Who held the control of each step as of its time, and who holds the duties of the response now.

Asks the control matrix as of a moment; how that is made is the caller's. Without a snapshot of the cluster the matrix
is made of what the description says: its provider, its model, its parts, and the scopes that its steps name.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time

from msgspec.structs import replace

from demarc.accountability.walked import Answerable, Walked
from demarc.catalog.boundaries import models, providers
from demarc.catalog.duties import duties
from demarc.incidents.runbook import PHASES
from demarc.model.assessment import Assessment
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.exposure import StepOwner
from demarc.model.incidents import Incident, IncidentStep, InstalledBy, ManagedBy, Participant, Verdict
from demarc.model.inventory import ClusterIdentity, Component, Installer, Inventory, Management, Place, Pool, Scope
from demarc.model.snapshot import Snapshot
from demarc.model.time import iso

AsOf = Callable[[datetime], Assessment]
"""The assessment as of a moment."""

SEVERAL = "differs by scope"
"""Status of an owner that cannot be told without a narrower scope."""
BASIS = "the incident's description"
_PARTS = {
    "cni",
    "kube_proxy",
    "coredns",
    "csi_driver",
    "ingress_controller",
    "service_mesh",
    "logging_agent",
    "autoscaler",
    "delivery_controller",
}
"""Kinds of components that the boundary knows by name; all others count as components in general."""
_ADDONS = _PARTS | {"managed_addon", "self_installed_addon", "vendor_in_cluster_identity"}
_ANY = ("cloud-role", "certificate", "service-account")
"""What may hold for a workload or identity of which only the namespace is known."""
_MANAGED = {
    ManagedBy.PROVIDER_ADDON: Management.PROVIDER_ADDON,
    ManagedBy.SERVICE_SIDE: Management.SERVICE,
    ManagedBy.NODE_IMAGE: Management.NODE_IMAGE,
    ManagedBy.CUSTOMER_CHART: Management.HELM,
    ManagedBy.CUSTOMER_MANIFEST: Management.MANIFEST,
}
_INSTALLERS = {
    InstalledBy.PROVIDER: Installer.PROVIDER,
    InstalledBy.CUSTOMER: Installer.CUSTOMER,
    InstalledBy.THIRD_PARTY: Installer.THIRD_PARTY,
}


def with_owners(incident: Incident, verdict: Verdict, as_of: AsOf) -> Verdict:
    """The verdict with the owner of each step's duty as of the step's time; a time not on record is the first day."""
    asked: dict[datetime, tuple[Assessment, Walked]] = {}
    steps = []
    for step, judged in zip(incident.steps, verdict.steps, strict=True):
        at = step.at or datetime.combine(incident.since.first, time.min, UTC)
        if at not in asked:
            assessment = as_of(at)
            asked[at] = (assessment, Walked(assessment.matrix))
        assessment, walked = asked[at]
        part = incident.component(step.component)
        cluster = Scope(kind=Unit.CLUSTER, name=assessment.cluster.name)
        wanted = _scope(step, judged.duty, assessment)
        found = walked.answerable(judged.duty, wanted, part.kind)
        if found.row is None:
            found = walked.answerable(judged.duty, cluster, part.kind)
        steps.append(replace(judged, owner=owner_of(found, at)))
    return replace(verdict, steps=tuple(steps))


def responders(as_of: AsOf, now: datetime) -> dict[str, StepOwner]:
    """Who holds the duties of the response now, by duty."""
    assessment = as_of(now)
    walked = Walked(assessment.matrix)
    cluster = Scope(kind=Unit.CLUSTER, name=assessment.cluster.name)
    return {duty: owner_of(walked.answerable(duty, cluster), now) for *_, duty in PHASES}


def owner_of(found: Answerable, at: datetime) -> StepOwner:
    """What the matrix says of an owner. Nobody is an answer, with the reason; so is that it differs by scope."""
    row = found.row
    if row is not None and found.differing and row.scope.kind is not found.scope.kind:
        says = f"{found.differing + 1} answers, by {row.scope.kind}: name the scope of the step"
        return StepOwner(name="", status=SEVERAL, as_of=iso(at), basis=says)
    if row is None:
        return StepOwner(name="", status="uncovered", as_of=iso(at), basis="the control matrix has no row for it")
    holder = row.owner
    if holder is None:
        rivals = ", ".join(one.name for one in row.owners_in_conflict)
        why = f"named at once: {rivals}" if rivals else "; ".join(row.remarks[:1])
        name = row.party_name if row.status.value == "provider" else ""
        return StepOwner(name=name, status=row.status.value, as_of=iso(at), row=row.id, basis=why)
    return StepOwner(
        name=holder.name,
        contact=holder.contact,
        status=row.status.value,
        as_of=iso(at),
        row=row.id,
        basis=holder.basis,
    )


def stand_in(incident: Incident) -> tuple[Snapshot, Inventory]:
    """A cluster of which only the description is known: no object was seen, and no gap is claimed to be none."""
    key = incident.cluster.provider.replace("-", "_")
    known = key in providers()
    provider = key if known else "self_managed"
    among = models()[provider]
    model = incident.cluster.model if incident.cluster.model in among else among[0]
    facts = incident.cluster.facts
    evidence = (Evidence(says=BASIS, grade=Grade.NAMED),)
    inventory = Inventory(
        cluster=ClusterIdentity(
            name=str(facts.get("name") or "cluster"),
            provider=provider,
            identified=known,
            evidence=evidence,
            account=str(facts.get("account") or ""),
            region=str(facts.get("region") or ""),
        ),
        pools=(Pool(name="nodes", model=model or among[0], nodes=0, node_names=(), evidence=evidence),),
        components=tuple(_component(part, model or "", evidence) for part in incident.components if _is_addon(part)),
        places=_places(incident),
        hints=(),
        directory=(),
        facts={},
        pool_facts={},
        component_facts={},
        partial={},
        gaps=(),
        warnings=(),
    )
    snapshot = Snapshot(taken_at=None, taken_at_basis="", sources=(), gaps=(), objects={})
    return snapshot, inventory


def _is_addon(part: Participant) -> bool:
    return part.kind in _ADDONS and part.installed_by is not InstalledBy.INTRUDER


def _component(part: Participant, model: str, evidence: tuple[Evidence, ...]) -> Component:
    return Component(
        id=part.id,
        name=part.id,
        title=part.name,
        kind=part.kind if part.kind in _PARTS else "component",
        namespace="",
        objects=(),
        versions=(),
        supplier=part.supplier,
        installer=_INSTALLERS.get(part.installed_by, Installer.UNKNOWN),
        management=_MANAGED.get(part.managed_by, Management.UNKNOWN),
        evidence=evidence,
        models=(model,),
    )


def _places(incident: Incident) -> tuple[Place, ...]:
    """Scopes that steps name, with the namespaces that they lie in."""
    found: dict[Scope, Place] = {}
    for step in incident.steps:
        scope = step.scope
        if scope is None or scope.kind in {Unit.CLUSTER, Unit.POOL, Unit.COMPONENT}:
            continue
        namespace = scope.name.split("/")[0] if scope.kind is not Unit.PIPELINE else ""
        for one in (scope, *_within(namespace)):
            kinds = _ANY if one.kind in {Unit.WORKLOAD, Unit.IDENTITY} else ()
            found[one] = Place(scope=one, namespace=namespace, kinds=kinds)
    return tuple(found[scope] for scope in sorted(found))


def _within(namespace: str) -> tuple[Scope, ...]:
    """A namespace, and any workload and any identity in it: what they are called is not known."""
    if not namespace:
        return ()
    return (
        Scope(kind=Unit.NAMESPACE, name=namespace),
        Scope(kind=Unit.WORKLOAD, name=f"{namespace}/any/any"),
        Scope(kind=Unit.IDENTITY, name=f"{namespace}/ServiceAccount/any"),
    )


def _scope(step: IncidentStep, duty: str, assessment: Assessment) -> Scope:
    """Where to look: as the step says; else the part, for duties per component; else the whole cluster."""
    if step.scope is not None:
        return step.scope
    of_part = Scope(kind=Unit.COMPONENT, name=step.component)
    is_there = any(component.id == step.component for component in assessment.components)
    if duties()[duty].per is Unit.COMPONENT and is_there:
        return of_part
    return Scope(kind=Unit.CLUSTER, name=assessment.cluster.name)
