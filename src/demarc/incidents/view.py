"""One step with all that its duty can hang on: what took part, what sort of act it was, what came before.

Chooses nothing; the rules (``duties``) do.
"""

from __future__ import annotations

from msgspec import Struct

from demarc.catalog.attribution import Act, Family, Nature, kinds
from demarc.incidents.ground import Ground
from demarc.incidents.parties import Held
from demarc.model.incidents import DefectClass, IncidentStep, ManagedBy, Participant, Reason, StepBasis

CHARTS = frozenset({ManagedBy.CUSTOMER_CHART, ManagedBy.PROVIDER_ADDON})
"""Ways by which something comes as a component of its own."""


class Chosen(Struct, frozen=True, kw_only=True):
    """The duty of a step, and why."""

    duty: str
    reason: Reason
    also: tuple[str, ...] = ()
    held: Held | None = None
    """Who holds it, where the duty goes on from a step with another part."""


class View(Struct, frozen=True, kw_only=True):
    """One step with all that its duty can hang on."""

    step: IncidentStep
    part: Participant
    act: Act
    family: Family
    held: Held
    ground: Ground
    earlier: tuple[View, ...]
    next_act: Act | None
    """What the metadata that is taken here leads to."""
    goes_on_here: bool
    """True where that is done to the same part."""
    chosen: Chosen | None = None
    """Filled in for earlier steps."""

    @property
    def defect(self) -> DefectClass | None:
        """Class of what was wrong with the part."""
        return self.part.defect.kind if self.part.defect is not None else None

    @property
    def family_name(self) -> str:
        """Name of the family of the part."""
        return family_of(self.part)

    @property
    def is_first(self) -> bool:
        """True for the first step that is not assumed: nothing of the incident lies before it."""
        return all(one.step.basis is StepBasis.ASSUMED for one in self.earlier)

    @property
    def is_after_cause(self) -> bool:
        """True where a weakness of this very part already did its work in an earlier step."""
        return any(
            one.part.id == self.part.id
            and one.step.basis is not StepBasis.ASSUMED
            and one.act.nature is not Nature.HARM
            for one in self.earlier
        )


def family_of(part: Participant) -> str:
    """Name of the family. Node software that comes as a chart or an add-on is looked after as one."""
    family = kinds()[part.kind]
    return "addon" if family == "node_software" and part.managed_by in CHARTS else family


def chosen(duty: str, rule: str, says: str, *also: str) -> Chosen:
    """A duty with its reason; further duties each once, without the duty itself."""
    others = tuple(dict.fromkeys(one for one in also if one and one != duty))
    return Chosen(duty=duty, reason=Reason(rule=rule, says=says), also=others)
