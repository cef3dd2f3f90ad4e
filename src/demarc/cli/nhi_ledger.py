"""What a run of ``demarc nhi`` writes into a ledger: one entry for each rotation that ended, and never a second one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from demarc.cli.answer import Run
from demarc.cli.ledger.book import Book, account, clock, opened
from demarc.intake.masking import mask
from demarc.ledger.elements import subject_of
from demarc.ledger.recording import APPROVAL
from demarc.lifecycle.approvals import Approval
from demarc.lifecycle.plan import Plan
from demarc.lifecycle.record import LifecycleEntry, NoRecorder, Recorder
from demarc.model.errors import DemarcError
from demarc.model.ledger import Draft
from demarc.reviews.campaign import DECIDED, KINDS, campaigns
from demarc.reviews.carried import settling, undoing

if TYPE_CHECKING:
    from demarc.ledger.asof import Asked
    from demarc.ledger.store.store import Store

KIND = "rotation"


def recorder_for(book: Book, run: Run) -> Recorder:
    """The recorder into the ledger that was named; one that keeps nothing where none was."""
    if not (book.ledger or run.settings.ledger):
        return NoRecorder()
    return LedgerRecorder(opened(book, run, writing=True))


class LedgerRecorder:
    """Records into a ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record(self, entry: LifecycleEntry) -> None:
        """Append an entry, unless an earlier run did before it was killed."""
        body: dict[str, Any] = {"what": entry.what, "strategy": entry.strategy, "plan": entry.plan}
        body |= {"approved_by": list(entry.by), "journal": entry.journal, "left": list(entry.left)}
        body |= {name: said for name, said in (("proof", entry.proof), ("unused", entry.unused)) if said}
        duty = "identity.rbac" if entry.grant else "secret.rotation"
        subject = subject_of(f"{duty} @ {entry.credential}")
        decision = entry.decision
        if decision is not None:
            body["review"] = {"campaign": decision.campaign, "number": decision.number, "entry": decision.entry}
        actor = entry.by[0] if entry.by else account()

        def drafts(there: Asked) -> Sequence[Draft]:
            for known in there.standing(there.head().size, kinds=(KIND,)):
                said = known.body or {}
                if (known.subject, said.get("plan"), said.get("what")) == (subject, entry.plan, entry.what):
                    return ()
            return (Draft(actor=actor, kind=KIND, subject=subject, body=body), *_carried(there, entry))

        self._store.append(drafts, writer=account(), clock=clock)


def record_approvals(plan: Plan, approvals: Sequence[Approval], book: Book, run: Run) -> None:
    """An entry for each approval of a plan, in the name of whoever gave it, where a ledger was named; never twice."""
    if not approvals or not (book.ledger or run.settings.ledger):
        return
    credentials = [one.credential.key for one in plan.rotations]
    subject = f"plan {plan.digest}"

    def drafts(there: Asked) -> Sequence[Draft]:
        standing = there.standing(there.head().size, kinds=(APPROVAL,))
        known = {(entry.subject, entry.actor) for entry in standing}
        return tuple(
            Draft(
                actor=subject_of(one.by),
                kind=APPROVAL,
                subject=subject,
                body={"signed": one.signed, "reason": mask(plan.reason), "credentials": credentials},
            )
            for one in {one.by: one for one in approvals}.values()
            if (subject, subject_of(one.by)) not in known
        )

    opened(book, run, writing=True).append(drafts, writer=account(), clock=clock)


def standing_decisions(plan: Plan, book: Book, run: Run) -> frozenset[int]:
    """Entries of the decisions that a plan is made for and that stand in the ledger; none where no ledger was named.

    Raises DemarcError for a decision that the ledger does not hold so: it was replaced, or never made.
    """
    decisions = [one.decision for one in plan.rotations if one.decision is not None]
    if not decisions or not (book.ledger or run.settings.ledger):
        return frozenset()
    with opened(book, run).reading() as reader:
        there = {entry.seq: entry for entry in reader.standing(reader.head().size, kinds=(DECIDED,))}
    for one in decisions:
        entry = there.get(one.entry)
        body = (entry.body or {}) if entry is not None else {}
        said = (body.get("campaign"), body.get("number"), body.get("choice"), entry.actor if entry else "")
        if said != (one.campaign, one.number, one.choice, one.by):
            raise DemarcError(
                f"the decision on item {one.number} of {one.campaign} does not stand in the ledger as the plan has it",
                todo=f"make the plan anew: demarc review plan {one.campaign}",
            )
    return frozenset(one.entry for one in decisions)


def _carried(there: Asked, entry: LifecycleEntry) -> list[Draft]:
    """For the campaign whose decision it was: that it is done, or was undone."""
    decision = entry.decision
    if decision is None:
        return []
    campaign = campaigns(there.standing(there.head().size, kinds=KINDS)).get(decision.campaign)
    current = campaign.decisions.get(decision.number) if campaign is not None else None
    if campaign is None or current is None or current.seq != decision.entry:
        return []
    numbers = [number for number in decision.numbers if number in campaign.decisions]
    part = entry.credential
    if entry.what == "undone":
        return [draft for number in numbers for draft in undoing(campaign, number, actor=account(), part=part)]
    says = "; ".join(said for said in (entry.proof, entry.unused, f"journal {entry.journal[:16]}") if said)
    return [
        settling(campaign, number, says, actor=account(), now=clock(), part=part)
        for number in numbers
        if all(one.part != part for one in campaign.done.get(number, ()))
    ]
