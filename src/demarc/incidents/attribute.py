"""The verdict on an incident: every step with its duty and party, the root, what followed, the response, what is open.

A function of the facts alone. Owners are joined later (``owners``), since they need a register and a date.
"""

from __future__ import annotations

import re

from demarc.catalog.attribution import Nature
from demarc.catalog.attribution import on_the_ground as ground_duties
from demarc.catalog.duties import duties
from demarc.incidents.duties import views
from demarc.incidents.ground import Ground
from demarc.incidents.parties import Held, joined
from demarc.incidents.telemetry import questions, telemetry
from demarc.incidents.told import ambiguity, confidence, rationale
from demarc.incidents.view import View
from demarc.incidents.viewpoints import viewpoints
from demarc.model.boundary import Party
from demarc.model.duties import Stage
from demarc.model.incidents import (
    CredentialUse,
    DefectClass,
    Incident,
    InstalledBy,
    Observable,
    Reason,
    StepBasis,
    StepVerdict,
    Verdict,
)

_BORROWED = {CredentialUse.FORGED, CredentialUse.SHARED, CredentialUse.INHERITED}
_TAKEN = {CredentialUse.STOLEN, CredentialUse.LEAKED, CredentialUse.SHARED, CredentialUse.INHERITED}
_NOBODY = re.compile(
    r"\b(tokens?|keys?|cookies?|sessions?|passwords?|certificates?|secrets?|anonymous|unauthenticated)\b", re.IGNORECASE
)
"""Identities that are no doer one could blame: credentials by themselves, and nobody."""


def attribute(incident: Incident) -> Verdict:
    """Who answers for what. The incident must have one step that is not assumed."""
    ground = Ground(incident)
    seen = views(ground)
    root = _root(seen)
    held = _root_held(root, ground)
    steps = tuple(_step(view) for view in seen)
    root_duty = steps[seen.index(root)].duty
    no_event = tuple(view.step.n for view in seen if leaves_no_event(view))
    unreliable = tuple(view.step.n for view in seen if _is_unreliable(view))
    used = _not_culprits(seen)
    layers = viewpoints(ground, seen, root_duty)
    unclear = ambiguity(held, root, seen, ground)
    return Verdict(
        id=incident.id,
        steps=steps,
        root_step=root.step.n,
        root_duty=root_duty,
        stage=duties()[root_duty].stage,
        root_inside_cluster=root.step.inside_cluster,
        party=held.party,
        downstream_party=Party.CUSTOMER,
        response_party=_response(held, root),
        ambiguity=unclear,
        provider_telemetry=telemetry(ground, seen, root),
        no_audit_event_steps=no_event,
        identity_unreliable_steps=unreliable,
        not_culprits=used,
        by_viewpoint=layers,
        rules=_rules(seen, held, ground, spoke=(no_event, unreliable, used, layers)),
        rationale=rationale(root, held, seen, ground),
        confidence=confidence(
            root, held, ground, unclear=held.party is Party.SHARED and bool(unclear) and held.phase is None
        ),
    )


def asked_of_the_provider(incident: Incident) -> tuple[str, ...]:
    """What only the provider can answer in this incident."""
    ground = Ground(incident)
    seen = views(ground)
    return questions(ground, seen, _root(seen)).get("provider", ())


def _root(seen: tuple[View, ...]) -> View:
    """The first step that is not assumed; later ones are damage."""
    return next(view for view in seen if view.step.basis is not StepBasis.ASSUMED)


def leaves_no_event(view: View) -> bool:
    """Tell whether a step inside the cluster would not be in the API server's audit trail.

    What the facts say of it holds; where they say nothing, what is known of the technique.
    """
    if not view.step.inside_cluster:
        return False
    if view.step.observable_in:
        return Observable.K8S_AUDIT not in view.step.observable_in
    return view.act.logged == "no"


def _root_held(root: View, ground: Ground) -> Held:
    """Who answers for the root: its part, with all parts that had to be as they were together with it."""
    for group in ground.incident.joint_conditions:
        if root.part.id in group and len(group) > 1:
            return joined(tuple(ground.incident.component(one) for one in group), root.ground)
    return _held(root)


def _held(view: View) -> Held:
    """Who held the duty of a step. Duties of the ground lie with whoever has the ground."""
    if view.chosen is not None and view.chosen.held is not None:
        return view.chosen.held
    duty = _duty(view)
    follows = view.defect is None or view.act.nature in {Nature.HARM, Nature.LOOK}
    if duty not in ground_duties() or not follows or view.part.installed_by is InstalledBy.INTRUDER:
        return view.held
    party = view.ground.operator_is
    if view.held.party is Party.THIRD_PARTY and not view.step.inside_cluster:
        return view.held
    says = f"{duty} lies with whoever has the ground, whoever put {view.part.name} there"
    return Held(party=party, reasons=(Reason(rule="installer", says=says),), phase=view.held.phase)


def _step(view: View) -> StepVerdict:
    held = _held(view)
    if view.chosen is None:
        raise AssertionError(view.step.n)
    return StepVerdict(
        n=view.step.n,
        duty=view.chosen.duty,
        party=held.party,
        basis=(view.chosen.reason, *held.reasons),
        also=view.chosen.also,
    )


def _response(held: Held, root: View) -> Party:
    """Who has to contain and clean up.

    On its own ground the customer. Where the root lies at the provider, or at a supplier whose credential or release
    has to be called back, each cleans its own side.
    """
    if held.party is Party.PROVIDER or (held.party is Party.SHARED and Party.PROVIDER in held.among):
        return Party.SHARED
    called_back = not root.step.inside_cluster or root.defect is DefectClass.MALICIOUS_RELEASE
    return Party.SHARED if held.party is Party.THIRD_PARTY and called_back else Party.CUSTOMER


def _is_unreliable(view: View) -> bool:
    """Tell whether the name that a log would show for a step may be false, borrowed or shared."""
    logged = {Observable.K8S_AUDIT, Observable.CLOUD_TRAIL} & set(view.step.observable_in)
    borrowed = view.step.credential in _BORROWED or view.step.technique == "IMPERSONATE"
    return borrowed and bool(logged or not view.step.observable_in)


def _not_culprits(seen: tuple[View, ...]) -> tuple[str, ...]:
    """Genuine identities that were used: with a taken credential, or to deliver what had been altered upstream."""
    found: dict[str, None] = {}
    altered = False
    for view in seen:
        step = view.step
        is_own = step.credential in {None, CredentialUse.OWN}
        delivers = altered and is_own and step.where is not Stage.RUNTIME
        if step.identity and not _NOBODY.search(step.identity) and (step.credential in _TAKEN or delivers):
            found[step.identity] = None
        altered = altered or view.defect is DefectClass.MALICIOUS_RELEASE
    return tuple(found)


def _rules(
    seen: tuple[View, ...], held: Held, ground: Ground, *, spoke: tuple[tuple[object, ...], ...]
) -> tuple[str, ...]:
    """Names of the rules that spoke, the ones of the root first."""
    no_event, unreliable, used, layers = spoke
    found = dict.fromkeys(reason.rule for reason in held.reasons)
    for view in seen:
        found |= dict.fromkeys(reason.rule for reason in (*view.held.reasons, *_reason(view)))
    if any(_still_works(view) for view in seen):
        found["response"] = None
    if correlated(seen, ground):
        found["correlation"] = None
    if layers or ground.is_service_user or len(ground.layers) > 1:
        found["recursion"] = None
    if used:
        found["valid_identity"] = None
    if unreliable:
        found["identity_unreliable"] = None
    if no_event:
        found["no_event"] = None
    if held.party is Party.PROVIDER or any(Observable.PROVIDER_ONLY in view.step.observable_in for view in seen):
        found["provider_telemetry"] = None
    hidden = {"root", "joint_conditions"}
    return tuple(rule for rule in found if rule not in hidden)


def correlated(seen: tuple[View, ...], ground: Ground) -> tuple[str, ...]:
    """Names of parts that the exposed clusters have in common and that did nothing: no cause, only company."""
    acted = {view.part.id for view in seen}
    joint = {one for group in ground.incident.joint_conditions for one in group}
    idle = (part for part in ground.incident.components if part.id not in acted | joint and part.defect is None)
    return tuple(part.name for part in idle)


def _still_works(view: View) -> bool:
    """Tell whether a step used a credential of which no end is on record: its revocation is a duty of its own."""
    defect = view.part.defect
    return defect is not None and defect.kind is DefectClass.LEAKED_CREDENTIAL and defect.fix_applied is None


def _reason(view: View) -> tuple[Reason, ...]:
    return () if view.chosen is None else (view.chosen.reason,)


def _duty(view: View) -> str:
    return "" if view.chosen is None else view.chosen.duty
