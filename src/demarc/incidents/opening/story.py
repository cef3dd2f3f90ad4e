"""The path, step by step: events that belong together become one step; what it was, by what, and how sure that is."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, structs

from demarc.catalog.detections import detections
from demarc.incidents.opening.births import credential_of
from demarc.incidents.opening.cloudside import CloudPart
from demarc.incidents.opening.cloudsteps import PAUSE_US, cloud_steps
from demarc.incidents.opening.happenings import Happening, moment
from demarc.incidents.opening.labels import weighty
from demarc.incidents.opening.origin import Origin
from demarc.incidents.opening.parts import LOOKS, Parts
from demarc.incidents.opening.words import sentence
from demarc.model.boundary import Confidence
from demarc.model.duties import Stage, Unit
from demarc.model.incidents import (
    CredentialUse,
    Defect,
    DefectClass,
    IncidentStep,
    InstalledBy,
    ManagedBy,
    Observable,
    Participant,
    StepBasis,
)
from demarc.model.inventory import Scope

MOST_STEPS: Final = 120
_HOW: Final = frozenset(
    [
        "jti-two-places",
        "legacy-token-used",
        "public-ip-system-principal",
        "secret-unusual-place",
        "unusual-ua-secret",
        "tool-ua",
        "tor-or-ioc-ip",
        "disallowed-user",
        "many-403-public",
        "token-outlives-pod",
        "rbac-then-workload",
        "imagepolicy-failopen",
        "psa-violation",
        "vap-failure",
        "webhook-mutated",
        "unauth-scan",
        "secret-modified",
        "binding-changed",
        "sa-rbac-write",
        "managed-identity-odd",
    ]
)
"""Detections that say how something was done rather than what; the technique of a step is that of what was done."""
_LOOKS: Final = frozenset({"get", "list", "watch"})
_WORKLOADS: Final = frozenset({"deployments", "daemonsets", "statefulsets", "replicasets", "jobs", "cronjobs"})


class Told(Struct, frozen=True, kw_only=True):
    """A step with what is only of interest here."""

    step: IncidentStep
    detections: tuple[str, ...]
    confidence: Confidence
    events: tuple[str, ...]


class _Group(Struct, kw_only=True):
    key: tuple[str, ...]
    events: list[Happening]
    labels: list[str]
    technique: str
    part: Participant


class Teller:
    """Turns events into steps."""

    def __init__(
        self, parts: Parts, labels: dict[str, tuple[str, ...]], born: frozenset[str], foreign: frozenset[str]
    ) -> None:
        self._parts = parts
        self._labels = labels
        self._born = born
        """Credentials that the case made."""
        self._foreign = foreign
        """Event ids from places where the identity is not at home."""
        self._start_scope: Scope | None = None

    def tell(
        self,
        events: tuple[Happening, ...],
        confidence: dict[str, Confidence],
        start: Origin | None,
        cloud: CloudPart,
    ) -> tuple[Told, ...]:
        """All steps in order: how it began, what the trail shows, what the cloud's trail shows."""
        began = self._of_origin(start) if start is not None else None
        groups = self._grouped(events, pause=PAUSE_US)
        if len(groups) > MOST_STEPS:
            groups = self._grouped(events, pause=1 << 62)
        told = [self._of_group(group, confidence) for group in groups]
        told += [
            Told(step=one.step, detections=one.detections, confidence=one.confidence, events=())
            for one in cloud_steps(cloud, self._parts)
        ]
        told.sort(key=lambda one: (one.step.at.timestamp() if one.step.at else 0.0, one.events[:1]))
        if began is not None:
            told.insert(0, began)
        else:
            told = _without_looking_around(told)
        return tuple(
            Told(
                step=structs.replace(one.step, n=number),
                detections=one.detections,
                confidence=one.confidence,
                events=one.events,
            )
            for number, one in enumerate(told, 1)
        )

    def _grouped(self, events: tuple[Happening, ...], *, pause: int) -> list[_Group]:
        done: list[_Group] = []
        open_groups: dict[tuple[str, ...], _Group] = {}
        last_key: dict[str, tuple[str, ...]] = {}
        for event in events:
            names = self._labels.get(event.event_id, ())
            technique = self._technique(event, names)
            weight = max((detections()[name].weight for name in names if name not in _HOW), default=0)
            part = self._parts.of(event, technique, weight)
            key = (
                event.user_name,
                event.address,
                credential_of(event) if event.legacy_secret else "",
                technique,
                part.id,
                event.resource,
                event.subresource,
                event.verb,
                event.namespace if technique not in {"T1613", "SECRET_READ"} else "",
                event.impersonated_user,
                str(event.refused),
                event.command,
            )
            group = open_groups.get(key)
            adjacent = last_key.get(event.user_name) == key or pause > PAUSE_US
            if group is not None and adjacent and event.ts_us - group.events[-1].ts_us <= pause:
                group.events.append(event)
                group.labels += names
            else:
                group = _Group(key=key, events=[event], labels=list(names), technique=technique, part=part)
                open_groups[key] = group
                done.append(group)
            last_key[event.user_name] = key
        return done

    def _technique(self, event: Happening, names: tuple[str, ...]) -> str:
        if event.verb == "delete" and self._parts.own(event):
            return "T1070"
        if event.refused:
            return "T1613"
        what = [name for name in names if name not in _HOW]
        if what:
            return detections()[what[0]].technique
        return _plainly(event)

    def _of_group(self, group: _Group, confidence: dict[str, Confidence]) -> Told:
        events = tuple(group.events)
        first, last = events[0], events[-1]
        sure = [confidence.get(event.event_id, Confidence.MEDIUM) for event in events]
        step = IncidentStep(
            n=0,
            technique=group.technique,
            component=group.part.id,
            action=sentence(events),
            object=first.target,
            identity=first.user_name or "nobody who signed in",
            where=Stage.RUNTIME,
            inside_cluster=True,
            observable_in=(Observable.K8S_AUDIT,),
            basis=StepBasis.OBSERVED,
            credential=self._credential(first),
            at=moment(first.ts_us),
            until=moment(last.ts_us) if last is not first else None,
            scope=self._scope(first, group.part),
            evidence=tuple(dict.fromkeys(event.audit_id for event in events)),
        )
        return Told(
            step=step,
            detections=tuple(sorted(set(group.labels), key=weighty)),
            confidence=max(sure, key=list(Confidence).index),
            events=tuple(event.event_id for event in events),
        )

    def _scope(self, event: Happening, part: Participant) -> Scope | None:
        return self._start_scope if part is self._parts.start else _scope_of(event, part)

    def _credential(self, event: Happening) -> CredentialUse | None:
        if event.user_name in {"", "system:anonymous"}:
            return CredentialUse.NONE
        if credential_of(event) in self._born:
            return CredentialUse.INHERITED
        return CredentialUse.STOLEN if event.event_id in self._foreign else None

    def _of_origin(self, start: Origin) -> Told:
        defect = None
        if start.leaked:
            defect = Defect(ref="how it got out is not recorded", kind=DefectClass.LEAKED_CREDENTIAL)
        elif start.observed:
            defect = Defect(ref="rights for everybody", kind=DefectClass.MISCONFIGURATION)
        part = self._parts.note(
            Participant(
                id="origin",
                kind=start.part,
                name=start.name,
                installed_by=InstalledBy.CUSTOMER,
                managed_by=ManagedBy.PIPELINE if start.stage is Stage.BUILD else ManagedBy.UNKNOWN,
                evidence="; ".join(start.evidence),
                defect=defect,
            )
        )
        self._parts.start = part
        self._start_scope = Scope(kind=Unit.PIPELINE, name=start.scope) if start.scope else None
        step = IncidentStep(
            n=0,
            technique=start.technique,
            component=part.id,
            action=start.says,
            object=start.name,
            where=start.stage,
            inside_cluster=start.inside_cluster,
            observable_in=_seen_in(start),
            basis=StepBasis.OBSERVED if start.observed else StepBasis.SUSPECTED,
            at=start.at,
            scope=self._start_scope,
            evidence=start.evidence,
        )
        return Told(step=step, detections=(), confidence=start.confidence, events=())


def _seen_in(start: Origin) -> tuple[Observable, ...]:
    if start.observed:
        return (Observable.K8S_AUDIT,)
    return (Observable.CI,) if start.stage is Stage.BUILD else (Observable.NONE,)


def _without_looking_around(told: list[Told]) -> list[Told]:
    """Where nothing says how it began, looking around and refusals before the first thing done are no root of it."""
    first = next((at for at, one in enumerate(told) if one.step.technique not in LOOKS), 0)
    return [
        structs.replace(one, step=structs.replace(one.step, basis=StepBasis.ASSUMED)) if at < first else one
        for at, one in enumerate(told)
    ]


def _plainly(event: Happening) -> str:
    """The technique of an event that no detection names."""
    if event.resource == "secrets" and event.verb in _LOOKS:
        return "SECRET_READ"
    if event.verb in _LOOKS or not event.resource or "reviews" in event.resource:
        return "T1613"
    if event.entered:
        return "POD_EXEC"
    if event.resource == "pods" and event.verb == "create":
        return "POD_CREATE"
    if event.resource in _WORKLOADS:
        return "WORKLOAD_CREATE" if event.verb == "create" else "WORKLOAD_PATCH"
    if event.verb in {"delete", "deletecollection"}:
        return "T1485"
    if event.api_group == "rbac.authorization.k8s.io":
        return "EDIT_BINDING" if "bindings" in event.resource else "ESCALATE_ROLE"
    if event.resource == "secrets":
        return "T1552"
    if event.resource == "serviceaccounts":
        return "T1136"
    return "CONFIG_TAMPER" if event.resource == "configmaps" else "GRANTED"


def _scope_of(event: Happening, part: Participant) -> Scope | None:
    """Where the duty would have stopped it; the whole cluster where a right over all of it was used."""
    namespace = event.grant_namespace if part.kind == "rbac" else event.namespace
    if part.kind in {"rbac", "workload", "service_accounts"} and namespace:
        return Scope(kind=Unit.NAMESPACE, name=namespace)
    return None
