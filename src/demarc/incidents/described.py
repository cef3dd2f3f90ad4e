"""A case out of a description by hand: what the steps laid open, which identities were used, what was left behind.

A description says less than a log. What it does not say stays unknown here, and the runbook says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from demarc.catalog.attribution import act, exposes
from demarc.catalog.boundaries import providers
from demarc.incidents.attribute import asked_of_the_provider
from demarc.model.case import Case, CaseStep, UsedIdentity
from demarc.model.duties import Unit
from demarc.model.evidence import Gap, GapReason
from demarc.model.exposure import CredentialKind, ExposedCredential, LeftBehind, Proof, StepOwner
from demarc.model.incidents import (
    CredentialUse,
    Incident,
    IncidentStep,
    InstalledBy,
    Observable,
    StepBasis,
    Verdict,
)

_BY_HOLDER = {
    CredentialKind.NODE_CREDENTIAL,
    CredentialKind.CLOUD_ROLE_SESSION,
    CredentialKind.CLOUD_KEY,
    CredentialKind.CLOUD_LOGIN,
    CredentialKind.PIPELINE_KEY,
    CredentialKind.SESSION,
    CredentialKind.REGISTRY_LOGIN,
}
"""Kinds that go by whose they are; all others by what was read."""
_TAKEN = {CredentialUse.STOLEN, CredentialUse.LEAKED}
_USED = {
    CredentialUse.STOLEN,
    CredentialUse.LEAKED,
    CredentialUse.SHARED,
    CredentialUse.INHERITED,
    CredentialUse.FORGED,
}


def case_of(incident: Incident, verdict: Verdict, owners: dict[str, StepOwner] | None = None) -> Case:
    """The case of a described incident. ``owners``: who holds the duties of the response, where a register says it."""
    facts = incident.cluster.facts
    root = next(step for step in incident.steps if step.n == verdict.root_step)
    return Case(
        id=incident.id,
        title=incident.title,
        provider=provider_key(incident.cluster.provider),
        model=incident.cluster.model,
        cluster=str(facts.get("name") or ""),
        account=str(facts.get("account") or ""),
        region=str(facts.get("region") or ""),
        version=str(facts.get("version") or ""),
        since=_start(incident.since.first),
        until=_end(incident.until.last) if incident.until is not None else None,
        steps=tuple(_step(step, verdict) for step in incident.steps),
        exposed=exposed(incident),
        identities=_identities(incident, verdict),
        left_behind=incident.left_behind or tuple(_left_behind(incident)),
        pods=_scoped(incident, Unit.WORKLOAD),
        nodes=(),
        exported=Proof.UNKNOWN,
        party=verdict.party,
        root_duty=verdict.root_duty,
        asks=asked_of_the_provider(incident),
        owners=owners or {},
        component=incident.component(root.component).name,
        gaps=_gaps(incident),
    )


def provider_key(provider: str) -> str:
    """Key of the boundary catalogue: ``self_managed`` for self-managed, ``other`` where there is none."""
    key = provider.replace("-", "_")
    return key if key in providers() else "other"


def exposed(incident: Incident) -> tuple[ExposedCredential, ...]:
    """Credentials that the steps laid open, each once, the proven ones first."""
    if incident.exposed:
        return _in_order(incident.exposed)
    found: dict[tuple[CredentialKind, str], ExposedCredential] = {}
    for step in incident.steps:
        kind = exposes().get(step.technique)
        if kind is None or step.basis is StepBasis.ASSUMED:
            continue
        said = step.identity if kind in _BY_HOLDER else step.object
        name = said or incident.component(step.component).name
        known = found.get((kind, name))
        proven = _proven(step)
        if known is not None and (known.proven_read is Proof.YES or proven is not Proof.YES):
            continue
        found[kind, name] = ExposedCredential(
            kind=kind,
            name=name,
            proven_read=proven,
            how=f"step {step.n}: {step.action}",
            steps=(step.n,),
            evidence=step.evidence,
        )
    return _in_order((*found.values(), *_used_by_others(incident, {name for _, name in found})))


def _used_by_others(incident: Incident, named: set[str]) -> Iterator[ExposedCredential]:
    """Credentials that others used, where no step says how they came by them: what was used was exposed."""
    for step in incident.steps:
        if step.credential not in _TAKEN or step.basis is StepBasis.ASSUMED or step.identity in {"", *named}:
            continue
        named.add(step.identity)
        yield ExposedCredential(
            kind=CredentialKind.UNTOLD,
            name=step.identity,
            proven_read=_proven(step),
            how=f"used in step {step.n}: {step.action}",
            steps=(step.n,),
            evidence=step.evidence,
        )


def _proven(step: IncidentStep) -> Proof:
    """A log proves it only where the step was observed, and where a log would hold it."""
    logged = {Observable.K8S_AUDIT, Observable.CLOUD_TRAIL, Observable.CI, Observable.REGISTRY} & set(
        step.observable_in
    )
    return Proof.YES if step.basis is StepBasis.OBSERVED and (logged or step.evidence) else Proof.UNKNOWN


def _in_order(found: tuple[ExposedCredential, ...]) -> tuple[ExposedCredential, ...]:
    ranked = (Proof.YES, Proof.UNKNOWN, Proof.NO)
    return tuple(sorted(found, key=lambda one: ranked.index(one.proven_read)))


def _step(step: IncidentStep, verdict: Verdict) -> CaseStep:
    judged = next(one for one in verdict.steps if one.n == step.n)
    return CaseStep(
        n=step.n,
        what=step.action,
        technique=step.technique,
        object=step.object,
        identity=step.identity,
        duty=judged.duty,
        party=judged.party,
        inside_cluster=step.inside_cluster,
        is_logged=_logged(step, verdict),
        at=step.at,
        until=step.until,
        owner=judged.owner,
        evidence=step.evidence,
        is_root=step.n == verdict.root_step,
    )


def _logged(step: IncidentStep, verdict: Verdict) -> Proof:
    if not step.inside_cluster or step.n in verdict.no_audit_event_steps:
        return Proof.NO
    known = act(step.technique)
    sure = bool(step.observable_in) or (known is not None and known.logged == "yes")
    return Proof.YES if sure else Proof.UNKNOWN


def _identities(incident: Incident, verdict: Verdict) -> tuple[UsedIdentity, ...]:
    found: dict[str, UsedIdentity] = {}
    for step in incident.steps:
        used = step.credential in _USED or step.identity in verdict.not_culprits
        if not step.identity or not used or step.identity in found:
            continue
        reliable = step.n not in verdict.identity_unreliable_steps
        found[step.identity] = UsedIdentity(name=step.identity, since=step.at, until=step.until, reliable=reliable)
    return tuple(found.values())


def _left_behind(incident: Incident) -> Iterator[LeftBehind]:
    """Things of the intruder, in the words of the description."""
    for part in incident.components:
        if part.installed_by is not InstalledBy.INTRUDER:
            continue
        first = next((step for step in incident.steps if step.component == part.id), None)
        yield LeftBehind(
            kind="",
            name=part.name,
            made_at=first.at if first is not None else None,
            made_by=first.identity if first is not None else "",
            evidence=first.evidence if first is not None else (),
        )


def _scoped(incident: Incident, unit: Unit) -> tuple[str, ...]:
    """``namespace/name`` of scopes of a kind that steps name."""
    named = [step.scope.name for step in incident.steps if step.scope is not None and step.scope.kind is unit]
    return tuple(dict.fromkeys("/".join((name.split("/")[0], name.split("/")[-1])) for name in named if "/" in name))


def _gaps(incident: Incident) -> tuple[Gap, ...]:
    """What a description cannot say, and how it would be known."""
    return (
        Gap(
            what="audit events",
            reason=GapReason.NOT_GIVEN,
            detail=f"described by hand: no log of {incident.since.text} was read",
            todo="read the audit trail of the time with demarc, and open the incident from its events",
        ),
    )


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _end(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC) + timedelta(days=1)
