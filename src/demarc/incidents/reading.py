"""Reads the description of an incident. Every fault at once, each with its line; what is read has no loose ends.

Knows the keys and what they refer to. Judges nothing: that a fact is odd is no fault of the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from demarc.catalog.attribution import act, acts, kinds
from demarc.incidents.fields import Fields
from demarc.model.duties import Stage, Unit
from demarc.model.errors import DemarcError
from demarc.model.exposure import CredentialKind, ExposedCredential, LeftBehind, Proof
from demarc.model.incidents import (
    ClusterFacts,
    CredentialUse,
    Day,
    Defect,
    DefectClass,
    FixDelivery,
    Incident,
    IncidentKind,
    IncidentStep,
    InstalledBy,
    ManagedBy,
    Observable,
    Participant,
    StepBasis,
)
from demarc.model.inventory import Scope
from demarc.register.problems import Problems
from demarc.register.tree import documents
from demarc.register.words import Spellings, shown

MOST_STEPS = 500
_EARLY = date(1970, 1, 1)
PROVIDERS = ("eks", "gke", "aks", "rosa", "aro", "self-managed", "oke", "ibm", "doks", "lke", "ovh", "scaleway", "ack")
"""Providers by name; every other is written ``other:NAME``."""

_TOP = (
    "id",
    "title",
    "kind",
    "sources",
    "cluster",
    "occurred",
    "components",
    "joint_conditions",
    "steps",
    "exposed",
    "left_behind",
)
_EXPOSED = ("kind", "name", "proven_read", "how", "opens", "events")
_LEFT_BEHIND = ("kind", "name", "namespace", "made_at", "made_by", "changed", "events")
_COMPONENT = ("id", "kind", "name", "supplier", "installed_by", "managed_by", "evidence", "defect")
_DEFECT = ("ref", "class", "default_documented", "disclosed", "fix_released", "fix_delivery", "fix_applied")
_STEP = (
    "n",
    "technique",
    "component",
    "action",
    "object",
    "identity",
    "where",
    "inside_cluster",
    "observable_in",
    "basis",
    "credential",
    "at",
    "until",
    "scope",
    "events",
)


def read(data: bytes, file: str) -> Incident:
    """Read a description. Raises DemarcError with every fault that it has."""
    problems = Problems()
    found = documents(data, file, problems)
    incident = None
    if len(found) == 1:
        incident = _incident(Fields(found[0], "", file, problems, _TOP), problems)
    elif not problems.errors:
        what = "the file holds more than one description" if found else "the file is empty"
        raise DemarcError(f"{file}: {what}", todo="write one incident in a file")
    if problems.errors:
        raise DemarcError.of(problems.errors)
    if incident is None:
        raise DemarcError(f"{file}: not the description of an incident", todo="see demarc incident attribute --help")
    return incident


def _incident(top: Fields, problems: Problems) -> Incident | None:
    if not top.is_mapping:
        return None
    components = tuple(_component(fields, problems) for fields in top.entries("components", _COMPONENT, required=True))
    ids = [one.id for one in components]
    for again in sorted({one for one in ids if one and ids.count(one) > 1}):
        top.fault(f"two components have the id {shown(again)}", "components", "give each an id of its own")
    steps = _steps(top, ids, problems)
    joint = []
    for group, line in top.groups("joint_conditions"):
        for missing in [one for one in group if one not in ids]:
            todo = problems.did_you_mean(missing, Spellings(ids), "name the id of a component")
            top.fault(f"no component has the id {shown(missing)}", "joint_conditions", todo, line=line)
        joint.append(group)
    since, until = _occurred(top)
    return Incident(
        id=top.text("id", required=True),
        title=top.text("title", required=True),
        kind=top.choice("kind", IncidentKind, IncidentKind.INCIDENT) or IncidentKind.INCIDENT,
        cluster=_cluster(top),
        since=since,
        until=until,
        components=components,
        steps=steps,
        joint_conditions=tuple(joint),
        sources=tuple(fields.text("url", required=True) for fields in top.entries("sources", ("url", "verified"))),
        exposed=tuple(_exposed(fields) for fields in top.entries("exposed", _EXPOSED)),
        left_behind=tuple(_left_behind(fields) for fields in top.entries("left_behind", _LEFT_BEHIND)),
    )


def _exposed(fields: Fields) -> ExposedCredential:
    return ExposedCredential(
        kind=fields.choice("kind", CredentialKind) or CredentialKind.SECRET,
        name=fields.text("name", required=True),
        proven_read=fields.choice("proven_read", Proof, Proof.UNKNOWN) or Proof.UNKNOWN,
        how=fields.text("how"),
        opens=fields.texts("opens"),
        evidence=fields.texts("events"),
    )


def _left_behind(fields: Fields) -> LeftBehind:
    return LeftBehind(
        kind=fields.text("kind", required=True),
        name=fields.text("name", required=True),
        namespace=fields.text("namespace"),
        made_at=fields.moment("made_at"),
        made_by=fields.text("made_by"),
        evidence=fields.texts("events"),
        is_changed=bool(fields.flag("changed", default=False)),
    )


def _cluster(top: Fields) -> ClusterFacts:
    fields = top.inner("cluster", ("provider", "model", "facts"))
    if fields is None:
        top.fault("cluster is missing", "cluster", "add cluster: {provider: eks}, or {provider: other:any}")
        return ClusterFacts(provider="")
    provider = fields.text("provider", required=True)
    if provider and provider not in PROVIDERS and not provider.startswith("other:"):
        spelled = Spellings(PROVIDERS, {"self_managed": "self-managed"}).nearest(provider)
        todo = f"did you mean {spelled}?" if spelled else f"one of: {', '.join(PROVIDERS)}; or other:NAME"
        fields.fault(f"unknown provider {shown(provider, 40)}", "provider", todo)
    facts = fields.free("facts")
    _check_facts(fields, facts)
    return ClusterFacts(provider=provider, model=fields.text("model") or None, facts=facts)


def _check_facts(fields: Fields, facts: dict[str, object]) -> None:
    """Facts that rules read must be of their kind; all others are free."""
    term = facts.get("patch_term_days")
    if term is not None and not re.fullmatch(r"[0-9]{1,4}", str(term)):
        fields.fault("patch_term_days is not a number of days", "facts", "write a whole number, or leave it out")
    allowed = {"viewpoint": ("cluster_operator", "service_user"), "node_upgrades": ("customer", "provider")}
    for name, words in allowed.items():
        said = facts.get(name)
        if said is not None and said not in words:
            fields.fault(f"unknown {name} {shown(str(said), 40)}", "facts", f"one of: {', '.join(words)}")


def _occurred(top: Fields) -> tuple[Day, Day | None]:
    nowhere = Day(first=_EARLY, last=_EARLY, text="")
    fields = top.inner("occurred", ("from", "to"))
    if fields is None:
        top.fault("occurred is missing", "occurred", "add occurred: {from: 2026-03, to: null}")
        return nowhere, None
    since, until = fields.day("from", required=True), fields.day("to")
    if since is not None and until is not None and until.last < since.first:
        fields.fault("it ended before it began", "to", "correct from or to")
    return since or nowhere, until


def _component(fields: Fields, problems: Problems) -> Participant:
    kind = fields.text("kind", required=True)
    if kind and kind not in kinds():
        todo = problems.did_you_mean(kind, Spellings(kinds()), "see the list of kinds in the documentation")
        fields.fault(f"unknown kind of component {shown(kind, 40)}", "kind", todo)
    return Participant(
        id=fields.text("id", required=True),
        kind=kind,
        name=fields.text("name") or fields.text("id"),
        supplier=fields.text("supplier"),
        installed_by=fields.choice("installed_by", InstalledBy, InstalledBy.UNKNOWN) or InstalledBy.UNKNOWN,
        managed_by=fields.choice("managed_by", ManagedBy, ManagedBy.UNKNOWN) or ManagedBy.UNKNOWN,
        evidence=fields.text("evidence"),
        defect=_defect(fields),
    )


def _defect(component: Fields) -> Defect | None:
    fields = component.inner("defect", _DEFECT)
    if fields is None:
        return None
    kind = fields.choice("class", DefectClass)
    return Defect(
        ref=fields.text("ref"),
        kind=kind or DefectClass.VULNERABILITY,
        default_documented=fields.flag("default_documented"),
        disclosed=fields.day("disclosed"),
        fix_released=fields.day("fix_released"),
        fix_delivery=fields.choice("fix_delivery", FixDelivery, FixDelivery.NONE) or FixDelivery.NONE,
        fix_applied=fields.day("fix_applied"),
    )


def _steps(top: Fields, ids: Collection[str], problems: Problems) -> tuple[IncidentStep, ...]:
    entries = top.entries("steps", _STEP, required=True)
    if len(entries) > MOST_STEPS:
        top.fault(f"more than {MOST_STEPS} steps", "steps", "put steps of the same sort together")
        return ()
    steps = [step for fields in entries if (step := _step(fields, ids, problems)) is not None]
    numbers = [step.n for step in steps]
    if len(set(numbers)) != len(numbers) or numbers != sorted(numbers):
        top.fault("the numbers of the steps are not in order", "steps", "number them 1, 2, 3, ... as they happened")
    if steps and all(step.basis is StepBasis.ASSUMED for step in steps):
        top.fault("every step is assumed: nothing is left to judge", "steps", "say of one step how it is known")
    return tuple(steps)


def _step(fields: Fields, ids: Collection[str], problems: Problems) -> IncidentStep | None:
    n = fields.number("n")
    technique = fields.text("technique", required=True)
    if technique and act(technique) is None:
        todo = problems.did_you_mean(technique, Spellings(acts()), "name a technique, or an ATT&CK id such as T1611")
        fields.fault(f"unknown technique {shown(technique, 40)}", "technique", todo)
    component = fields.text("component", required=True)
    if component and component not in ids:
        todo = problems.did_you_mean(component, Spellings(ids), "name the id of a component")
        fields.fault(f"no component has the id {shown(component)}", "component", todo)
    where = fields.choice("where", Stage, Stage.RUNTIME) or Stage.RUNTIME
    at, until = fields.moment("at"), fields.moment("until")
    if at is not None and until is not None and until < at:
        fields.fault("the step ended before it began", "until", "correct at or until")
    inside = fields.flag("inside_cluster", default=where is not Stage.BUILD)
    if n is None:
        return None
    return IncidentStep(
        n=n,
        technique=technique,
        component=component,
        action=fields.text("action", required=True),
        object=fields.text("object"),
        identity=fields.text("identity"),
        where=where,
        inside_cluster=bool(inside),
        observable_in=fields.choices("observable_in", Observable),
        basis=fields.choice("basis", StepBasis, StepBasis.OBSERVED) or StepBasis.OBSERVED,
        credential=fields.optional("credential", CredentialUse),
        at=at,
        until=until,
        scope=_scope(fields),
        evidence=fields.texts("events"),
    )


def _scope(step: Fields) -> Scope | None:
    fields = step.inner("scope", tuple(Unit))
    if fields is None:
        return None
    named = [(unit, fields.text(unit)) for unit in Unit if fields.has(unit)]
    if len(named) != 1 or not named[0][1]:
        step.fault("a scope has exactly one key", "scope", f"one of: {', '.join(Unit)}")
        return None
    return Scope(kind=named[0][0], name=named[0][1])
