"""Records a register: compares it with what the ledger holds when nobody can come between, and drafts the changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from demarc.ledger.asof import Asked
from demarc.ledger.changes import Changes, changes
from demarc.ledger.elements import KINDS, Element, elements, subject_of
from demarc.ledger.intake import Mask, masked
from demarc.model.ledger import Draft
from demarc.model.register import Register

RECORDED = "register"
"""The entry that says that a register was recorded: by whom, approved by whom, with the digest of its files."""


APPROVAL = "approval"
"""The entry of whoever approved it."""


class Recording:
    """What to append for a register. Called by the store with the ledger as it then is."""

    def __init__(self, found: Sequence[Element], actor: str, says: dict[str, Any], masked_texts: int) -> None:
        """Take the elements, who records them, and what the entry over all of them says."""
        self._elements, self._actor, self._says = found, actor, says
        self.masked = masked_texts
        """Texts that read like secret values, and are recorded masked."""
        self.changed: Changes | None = None
        """What was found to have changed; None until it was called."""

    def __call__(self, reader: Asked) -> Sequence[Draft]:
        """The drafts; none when nothing has changed."""
        drafts, self.changed = self.drafts(reader)
        return drafts

    def drafts(self, reader: Asked) -> tuple[Sequence[Draft], Changes]:
        """The drafts, and the changes they are for."""
        size = reader.head().size
        changed = changes(reader.standing(size, kinds=KINDS), self._elements)
        if not changed.count:
            return (), changed
        counted = {
            "stated": len(changed.stated),
            "replaced": len(changed.replaced),
            "withdrawn": len(changed.withdrawn),
        }
        over = Draft(
            actor=self._actor,
            kind=RECORDED,
            subject="the register",
            body={**self._says, "changes": counted},
        )
        return [over, *self._approval(over), *changed.drafts(self._actor)], changed

    def _approval(self, over: Draft) -> Sequence[Draft]:
        """That somebody approved the change, as an entry of theirs."""
        by = self._says.get("approved_by")
        if not by:
            return ()
        says = {name: value for name, value in (over.body or {}).items() if name != "approved_by"}
        return (Draft(actor=subject_of(by), kind=APPROVAL, subject=over.subject, body=says),)


def recorded(
    register: Register, *, actor: str, approved_by: str | None, reference: str | None, mask: Mask
) -> Recording:
    """Prepare to record a register. What reads like a secret value in it is masked."""
    found, count = masked(elements(register), mask)
    says: dict[str, Any] = {"sha256": register.sha256}
    if approved_by:
        says["approved_by"] = approved_by
    if reference:
        says["reference"] = mask(reference)
    return Recording(found, subject_of(actor), says, count)
