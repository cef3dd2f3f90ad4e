"""From decided to planned to done: what a campaign's decisions came to, as entries, and read back out of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from demarc.ledger.elements import subject_of
from demarc.model.ledger import Act, Draft, Entry, stamp
from demarc.model.reviews import DONE, PLANNED, Campaign, Decision, Done, Planned


def planned_for(carried: Iterable[Entry], decisions: dict[int, Decision]) -> dict[int, Planned]:
    """The last that was planned for each decision that stands."""
    found: dict[int, Planned] = {}
    for entry in carried:
        body = entry.body or {}
        for one in body.get("items", ()) if entry.kind == PLANNED else ():
            decision = decisions.get(one["number"])
            if decision is not None and decision.seq == one["decision"]:
                found[decision.number] = Planned(
                    number=decision.number,
                    at=entry.recorded_at,
                    plan=str(body.get("plan", "")),
                    parts=tuple(one.get("parts", ())),
                    orders=int(one.get("orders", 0)),
                )
    return found


def done_for(carried: Iterable[Entry], decisions: dict[int, Decision]) -> dict[int, tuple[Done, ...]]:
    """What was done for each decision that stands."""
    found: dict[int, tuple[Done, ...]] = {}
    for entry in carried:
        body = entry.body or {}
        decision = decisions.get(body.get("number", 0))
        if entry.kind == DONE and decision is not None and decision.seq == body.get("decision"):
            one = Done(
                number=decision.number,
                part=str(body.get("part", "")),
                at=entry.recorded_at,
                by=entry.actor,
                says=str(body.get("says", "")),
                seq=entry.seq,
            )
            found[decision.number] = (*found.get(decision.number, ()), one)
    return found


def planning(campaign: Campaign, plan: str, made: Sequence[Planned], *, actor: str, now: datetime) -> list[Draft]:
    """The entry that says what was planned for which decisions; none where nothing was."""
    items = [
        {
            "number": one.number,
            "decision": campaign.decisions[one.number].seq,
            "parts": list(one.parts),
            "orders": one.orders,
        }
        for one in made
        if one.number in campaign.decisions
    ]
    body = {"campaign": campaign.id, "plan": plan, "items": items}
    subject = subject_of(f"{campaign.id} plan {plan[:12]}")
    return [Draft(actor=actor, kind=PLANNED, subject=subject, valid_from=stamp(now), body=body)] if items else []


def settling(campaign: Campaign, number: int, says: str, *, actor: str, now: datetime, part: str = "") -> Draft:
    """The entry that says that something was done for the decision on an item, and what showed it."""
    return Draft(
        actor=actor,
        kind=DONE,
        subject=subject_of(f"{campaign.id} {number} {part}".strip()),
        valid_from=stamp(now.replace(microsecond=0)),  # answers are for whole seconds
        body={
            "campaign": campaign.id,
            "number": number,
            "decision": campaign.decisions[number].seq,
            "part": part,
            "says": says,
        },
    )


def undoing(campaign: Campaign, number: int, *, actor: str, part: str) -> list[Draft]:
    """The entries that take it back where something that was done was undone."""
    return [
        Draft(
            actor=actor,
            kind=DONE,
            subject=subject_of(f"{campaign.id} {number} {part}".strip()),
            act=Act.WITHDRAWS,
            supersedes=one.seq,
        )
        for one in campaign.done.get(number, ())
        if one.part == part
    ]
