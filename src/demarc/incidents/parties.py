"""Who answers for a part that took part, as it was at the time: the rules, in the order in which they are asked.

The first that speaks decides. Each says why in words of the case. Knows no duty and no step.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from demarc.incidents.ground import Ground
from demarc.incidents.phases import Phase, phase
from demarc.model.boundary import Party
from demarc.model.incidents import Defect, DefectClass, FixDelivery, InstalledBy, Participant, Reason


class Held(Struct, frozen=True, kw_only=True):
    """Who answers for a part, and why."""

    party: Party
    reasons: tuple[Reason, ...]
    among: frozenset[Party] = frozenset()
    """For what several share: who they are."""
    phase: Phase | None = None
    """For a vulnerability: where the time of the act lies beside its fix."""


def intruder(part: Participant, ground: Ground) -> Held | None:
    """An intruder's thing has no installer: whoever governs the layer that let it in answers for that."""
    if part.installed_by is not InstalledBy.INTRUDER:
        return None
    says = (
        f"{part.name} was put there in the course of the incident: what let it in is the {_word(ground.operator_is)}'s"
    )
    return _held(ground.operator_is, "installer", says)


def nobody_knows(part: Participant, ground: Ground) -> Held | None:
    """Without an installer nothing else can be said: the same thing is the provider's here and the customer's there."""
    if part.installed_by is not InstalledBy.UNKNOWN:
        return None
    held = _by_installer(part, ground)
    return Held(party=held.party, reasons=held.reasons, phase=_phase_of_flaw(part, ground))


def sound(part: Participant, ground: Ground) -> Held | None:
    """Nothing was wrong with it: whoever put it there."""
    if part.defect is not None:
        return None
    return _by_installer(part, ground)


def misuse(part: Participant, ground: Ground) -> Held | None:
    """A setting or a credential is whoever's installed or runs the thing, whoever made it."""
    if _class(part) not in {DefectClass.MISCONFIGURATION, DefectClass.LEAKED_CREDENTIAL}:
        return None
    return _only_the_provider(_by_installer(part, ground), part)


def malicious_release(part: Participant, ground: Ground) -> Held | None:
    """What its supplier sent out is its supplier's."""
    if _class(part) is not DefectClass.MALICIOUS_RELEASE:
        return None
    return _held(
        ground.maker(part),
        "installer",
        f"{part.name} was altered where its supplier makes it: {part.supplier or 'own'}",
    )


def undocumented_default(part: Participant, ground: Ground) -> Held | None:
    """Nobody can be asked to change what nobody described: a default that is not documented is its maker's."""
    if _class(part) is not DefectClass.DEFAULT or _defect(part).default_documented is not False:
        return None
    held = _held(ground.maker(part), "documented_default", f"the default of {part.name} is not documented: its maker's")
    return _only_the_provider(held, part)


def documented_default(part: Participant, ground: Ground) -> Held | None:
    """A documented default is open: the customer's by contract, with the maker's choice contributing."""
    if _class(part) is not DefectClass.DEFAULT:
        return None
    known = _defect(part).default_documented is True
    how = "is documented" if known else "may or may not be documented"
    maker = {Party.PROVIDER: "the provider", Party.CUSTOMER: "the customer"}.get(ground.maker(part), "its supplier")
    says = f"the default of {part.name} {how}: the customer's to change by contract, chosen by {maker}"
    return _held(Party.AMBIGUOUS, "documented_default", says)


def own_code(part: Participant, ground: Ground) -> Held | None:
    """A flaw in the customer's own code is the customer's, whenever it was."""
    if _class(part) is not DefectClass.VULNERABILITY or not ground.is_own(part):
        return None
    reasons = [Reason(rule="installer", says=f"{part.name} is the customer's own: so is a flaw in it")]
    if (fixed := _defect(part).fix_released) is not None:
        reasons.append(Reason(rule="time", says=f"a fix was there since {fixed.text}"))
    return Held(party=Party.CUSTOMER, reasons=tuple(reasons), phase=_phase(part, ground, Party.CUSTOMER))


def flaw_and_fix(part: Participant, ground: Ground) -> Held | None:
    """Before the fix its maker; after the fix and the agreed term whoever has to roll it out, as the fix lands."""
    if _class(part) is not DefectClass.VULNERABILITY:
        return None
    maker, roller = ground.maker(part), ground.roller(part)
    at = _phase(part, ground, roller)
    defect = _defect(part)
    fix = f"the fix of {defect.ref or part.name} came {defect.fix_released.text}" if defect.fix_released else "no fix"
    where = f"it lands by {defect.fix_delivery.replace('_', ' ')}: {_word(roller)}"
    if at is Phase.BEFORE:
        return _flaw(
            maker, at, ("time", f"{fix if defect.fix_released else 'there was no fix'}; before it, its maker's")
        )
    if at is Phase.AFTER:
        term = ground.term_for(roller).days
        late = f"the act lies after it{f' and the term of {term} days' if term else ''}"
        return _flaw(roller, at, ("time", f"{fix}, and {late}"), ("fix_location", where))
    if maker is roller:
        return _flaw(
            maker, at, ("time", f"{fix}; who makes it and who rolls it out are the same"), ("fix_location", where)
        )
    if at is Phase.ACROSS:
        both = {maker, roller}
        party = Party.AMBIGUOUS if Party.AMBIGUOUS in both else Party.SHARED
        spans = _flaw(party, at, ("time", f"{fix}; the act spans both sides of it"), ("fix_location", where))
        return Held(party=party, reasons=spans.reasons, phase=at, among=frozenset(both))
    return _flaw(Party.AMBIGUOUS, at, ("time", f"{fix}; the term to roll it out still ran"), ("fix_location", where))


RULES: tuple[Callable[[Participant, Ground], Held | None], ...] = (
    intruder,
    nobody_knows,
    sound,
    misuse,
    malicious_release,
    undocumented_default,
    documented_default,
    own_code,
    flaw_and_fix,
)


def party_of(part: Participant, ground: Ground) -> Held:
    """Who answers for a part. Every part is answered by some rule."""
    for rule in RULES:
        if (held := rule(part, ground)) is not None:
            return held
    raise AssertionError(part.id)


def joined(parts: tuple[Participant, ...], ground: Ground) -> Held:
    """Conditions that all had to hold: the party of each; all equal that one, one open open, otherwise shared."""
    parties = {party_of(part, ground).party for part in parts}
    names = " and ".join(part.name for part in parts)
    if len(parties) == 1:
        party = next(iter(parties))
    elif Party.AMBIGUOUS in parties:
        party = Party.AMBIGUOUS
    else:
        party = Party.SHARED
    says = f"{names} all had to be as they were: {_word(party)}"
    return Held(party=party, reasons=(Reason(rule="joint_conditions", says=says),), among=frozenset(parties))


def _phase(part: Participant, ground: Ground, roller: Party) -> Phase:
    return phase(ground.since, ground.until, _defect(part).fix_released, ground.term_for(roller))


def _phase_of_flaw(part: Participant, ground: Ground) -> Phase | None:
    is_flaw = _class(part) is DefectClass.VULNERABILITY
    return _phase(part, ground, ground.roller(part)) if is_flaw else None


def _by_installer(part: Participant, ground: Ground) -> Held:
    party = ground.holder(part.installed_by)
    if party is Party.AMBIGUOUS:
        return _held(party, "installer", f"who installed {part.name} is not on record")
    by = part.managed_by.replace("_", " ")
    how = f" ({by})" if by != "unknown" else ""
    return _held(party, "installer", f"{part.name} was put there by the {_word(party)}{how}")


def _only_the_provider(held: Held, part: Participant) -> Held:
    """Say so where nobody else could have changed it."""
    if _defect(part).fix_delivery is not FixDelivery.SERVICE_SIDE or held.party is not Party.PROVIDER:
        return held
    only = Reason(rule="fix_location", says=f"only the provider can change {part.name}")
    return Held(party=held.party, reasons=(*held.reasons, only))


def _class(part: Participant) -> DefectClass | None:
    return part.defect.kind if part.defect is not None else None


def _defect(part: Participant) -> Defect:
    if part.defect is None:
        raise AssertionError(part.id)
    return part.defect


def _held(party: Party, rule: str, says: str) -> Held:
    return Held(party=party, reasons=(Reason(rule=rule, says=says),))


def _flaw(party: Party, at: Phase, *reasons: tuple[str, str]) -> Held:
    return Held(party=party, reasons=tuple(Reason(rule=rule, says=says) for rule, says in reasons), phase=at)


def _word(party: Party) -> str:
    return "third party" if party is Party.THIRD_PARTY else party.value
