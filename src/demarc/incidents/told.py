"""The verdict in words: what the record leaves open, why the root lies where it does, and how sure that is."""

from __future__ import annotations

from demarc.catalog.duties import duties
from demarc.incidents.ground import TERM_DAYS, Ground
from demarc.incidents.parties import Held
from demarc.incidents.phases import Phase
from demarc.incidents.view import View
from demarc.model.boundary import Confidence, Party
from demarc.model.incidents import DefectClass, InstalledBy, Participant, StepBasis

PARTY_WORDS = {
    Party.PROVIDER: "the provider",
    Party.CUSTOMER: "the customer",
    Party.THIRD_PARTY: "a supplier",
}


def ambiguity(held: Held, root: View, seen: tuple[View, ...], ground: Ground) -> str | None:
    """Why the record leaves the root open, and what would settle it; None where it does not.

    A root that is shared because two things had to come together is settled, unless something of it is not on record.
    """
    if held.party not in {Party.AMBIGUOUS, Party.SHARED}:
        return None
    parts = _parts(root, ground)
    if held.party is Party.SHARED and len(parts) > 1:
        acting = {view.part.id: view.part for view in seen}.values()
        said = [_open(part, ground, held.phase) for part in acting if part.installed_by is InstalledBy.UNKNOWN]
        return "; ".join(said) or None
    said = [one for part in parts if (one := _open(part, ground, held.phase))]
    return "; ".join(dict.fromkeys(said)) or held.reasons[0].says


def rationale(root: View, held: Held, seen: tuple[View, ...], ground: Ground) -> str:
    """One to three sentences for whoever reads only these."""
    duty = root.chosen.duty if root.chosen is not None else ""
    question = duties()[duty].question.rstrip("?").removeprefix("Who ")
    lies = "inside" if root.step.inside_cluster else "outside"
    failed = f"What failed is {duty} (who {question})."
    first = f"The root is step {root.step.n}, {lies} the cluster: {root.step.action}. {failed}"
    why = "; ".join(dict.fromkeys(reason.says for reason in held.reasons))
    open_or_shared = "It is shared" if held.party is Party.SHARED else "Whose it is, is open"
    with_whom = f"It lies with {PARTY_WORDS[held.party]}" if held.party in PARTY_WORDS else open_or_shared
    second = f"{with_whom}: {why}."
    later = [view for view in seen if view.step.n > root.step.n]
    third = f" The {len(later)} later steps are damage, with owners of their own." if len(later) > 1 else ""
    agreed = " No agreed term is on record: 14 days are taken." if _rests_on_term(held, ground) else ""
    return f"{first} {second}{third}{agreed}"


def confidence(root: View, held: Held, ground: Ground, *, unclear: bool) -> Confidence:
    """How directly the facts speak: seen or shown, with an installer, and no date that only fits by its year.

    ``unclear``: a root that several share, with something of it not on record.
    """
    if root.step.basis is StepBasis.SUSPECTED:
        return Confidence.LOW
    if root.part.installed_by is InstalledBy.UNKNOWN:
        return Confidence.HIGH if held.party is Party.AMBIGUOUS else Confidence.MEDIUM
    hangs_on_a_day = held.phase in {Phase.UNSETTLED, Phase.BETWEEN}
    return Confidence.MEDIUM if hangs_on_a_day or _is_vague(held, ground) or unclear else Confidence.HIGH


def _open(part: Participant, ground: Ground, phase: Phase | None) -> str:
    """What is open about one part."""
    defect = part.defect
    if part.installed_by is InstalledBy.UNKNOWN:
        return f"who installed {part.name} is not on record: look at its field managers, the add-on API and its image"
    if defect is None:
        return ""
    if defect.kind is DefectClass.DEFAULT and defect.default_documented is not False:
        return (
            f"{part.name}: a default that is described can be changed by the customer, and was chosen by its maker; "
            "the contract or the provider's answer settles which counts"
        )
    if defect.kind is not DefectClass.VULNERABILITY or defect.fix_released is None:
        return ""
    term = f"{ground.term.days} days" if ground.has_term else f"{TERM_DAYS} days, since no agreed term is on record"
    if phase is Phase.BETWEEN:
        return (
            f"the act lies within the term to roll out the fix of {part.name} ({term} from "
            f"{defect.fix_released.text}): nobody was late yet; what was agreed for urgent fixes settles it"
        )
    return (
        f"the exact day of the act: before {defect.fix_released.text} its maker answers for {part.name}, "
        f"after that and the term ({term}) whoever rolls the fix out"
    )


def _parts(root: View, ground: Ground) -> tuple[Participant, ...]:
    for group in ground.incident.joint_conditions:
        if root.part.id in group:
            return tuple(ground.incident.component(one) for one in group)
    return (root.part,)


def _rests_on_term(held: Held, ground: Ground) -> bool:
    return held.phase in {Phase.BETWEEN, Phase.UNSETTLED} and not ground.has_term


def _is_vague(held: Held, ground: Ground) -> bool:
    """Tell whether a verdict that rests on a fix hangs on an act of which only the year is known."""
    is_one_sided = held.phase in {Phase.BEFORE, Phase.AFTER}
    return is_one_sided and len(ground.since.text) == len("2026")
