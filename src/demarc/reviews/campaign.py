"""A campaign out of the ledger's entries, and the entries that open it, decide in it and close it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from demarc.accountability.people import People
from demarc.ledger.asof import LEDGER_REVIEW
from demarc.ledger.elements import scoped, subject_of
from demarc.model.errors import DemarcError, Where
from demarc.model.ledger import Act, Draft, Entry, moment_of, stamp
from demarc.model.register import Register, Selector
from demarc.model.reviews import (
    ACT_WITHIN,
    COUNTS,
    DONE,
    ORDERS,
    PLANNED,
    About,
    Campaign,
    Choice,
    Decision,
    Item,
    Way,
)
from demarc.reviews.carried import done_for, planned_for
from demarc.reviews.pace import record

OPENED, ITEM, DECIDED, CLOSED = "review.campaign", "review.item", "review.decision", "review.closed"
KINDS = (OPENED, ITEM, DECIDED, CLOSED, PLANNED, DONE)


class Wanted(Struct, frozen=True, kw_only=True):
    """A decision as somebody gives it, before it is checked."""

    number: int
    choice: Choice
    note: str = ""
    what: str = ""
    """What the row says that it is about; empty where it says nothing."""
    way: Way = Way.FILE
    seconds: int | None = None
    where: Where


def campaigns(standing: Iterable[Entry]) -> dict[str, Campaign]:
    """Every campaign by its id, out of the entries of ``KINDS`` that stand."""
    opened: dict[str, Entry] = {}
    items: dict[str, list[Item]] = {}
    decisions: dict[str, dict[int, Decision]] = {}
    closed: dict[str, str] = {}
    carried: dict[str, list[Entry]] = {}
    for entry in standing:
        body = entry.body or {}
        name = str(body.get("campaign", entry.subject))
        if entry.kind == OPENED:
            opened[name] = entry
        elif entry.kind == ITEM:
            items.setdefault(name, []).append(msgspec.convert(body, Item))
        elif entry.kind == DECIDED:
            decision = Decision(
                number=body["number"],
                choice=Choice(body["choice"]),
                by=entry.actor,
                at=entry.recorded_at,
                note=body.get("note", ""),
                seq=entry.seq,
                way=Way(body["way"]) if "way" in body else None,
                seconds=body.get("seconds"),
            )
            decisions.setdefault(name, {})[decision.number] = decision
        elif entry.kind == CLOSED:
            closed[name] = entry.recorded_at
        else:
            carried.setdefault(name, []).append(entry)
    return {
        name: Campaign(
            id=name,
            title=str((entry.body or {}).get("title", "")),
            opened_at=entry.recorded_at,
            due=entry.valid_to or "",
            items=tuple(items.get(name, ())),
            decisions=decisions.get(name, {}),
            closed_at=closed.get(name, ""),
            act_within=int((entry.body or {}).get("act_within", ACT_WITHIN)),
            planned=planned_for(carried.get(name, ()), decisions.get(name, {})),
            done=done_for(carried.get(name, ()), decisions.get(name, {})),
        )
        for name, entry in opened.items()
    }


def until(standing: Iterable[Entry], at: datetime) -> dict[str, Campaign]:
    """The same as of a moment: what was recorded later is left out."""
    return campaigns(entry for entry in standing if entry.recorded_at <= stamp(at))


def opening(
    name: str,
    title: str,
    about: Sequence[About],
    found: Sequence[Item],
    *,
    actor: str,
    now: datetime,
    due: datetime,
    act_within: int = ACT_WITHIN,
) -> list[Draft]:
    """The entries that open a campaign: one over it, one for each item, with the evidence as the reviewer sees it."""
    since, until = stamp(now), stamp(due)
    over = Draft(
        actor=actor,
        kind=OPENED,
        subject=name,
        valid_from=since,
        valid_to=until,
        body={
            "campaign": name,
            "title": title,
            "about": [one.value for one in about],
            "items": len(found),
            "act_within": act_within,
        },
    )
    return [
        over,
        *(
            Draft(
                actor=actor,
                kind=ITEM,
                subject=item.subject,
                valid_from=since,
                valid_to=until,
                body=msgspec.to_builtins(item),
            )
            for item in found
        ),
    ]


class Bench:
    """Who may decide what, by the register as of now."""

    def __init__(self, register: Register, now: datetime) -> None:
        """Take the register and the moment."""
        self._people = People(register, (), now)
        self._known = {person.id for person in register.people}
        self._names = {
            person.id: frozenset(name.lower() for name in (person.id, person.contact, *person.accounts) if name)
            for person in register.people
        }

    def knows(self, by: str) -> str:
        """Why somebody cannot review at all; empty when they can."""
        if by not in self._known:
            return f"the register knows no person {by}"
        return self._people.held(f"person:{by}", "").lapse

    def fault(self, item: Item, by: str) -> str:
        """Why somebody may not decide on an item; empty when they may.

        An owner never reviews what they own, nor does anybody review the access that they hold.
        """
        if item.owner and (self._people.same(by, item.owner) or self._people.belongs(by, item.owner)):
            return f"{by} owns it, or is in the team that does ({item.owner}): an owner does not review themselves"
        if any(_called(name) & self._names.get(by, frozenset()) for name in item.holders):
            return f"{by} holds it: nobody reviews their own access"
        if item.reviewer and not (self._people.same(by, item.reviewer) or self._people.belongs(by, item.reviewer)):
            return f"it is for {item.reviewer} to decide"
        return ""

    def listed(self, campaign: Campaign, by: str) -> list[Item]:
        """The items that somebody may decide on."""
        return [item for item in campaign.items if not self.fault(item, by)]


def deciding(campaign: Campaign, wanted: Sequence[Wanted], by: str, bench: Bench, *, now: datetime) -> list[Draft]:
    """The entries of decisions, all of them or none. Raises DemarcError with everything that is wrong."""
    items = {item.number: item for item in campaign.items}
    problems: list[DemarcError] = []

    def wrong(what: str, one: Wanted, todo: str) -> None:
        problems.append(DemarcError(what, where=one.where, todo=todo))

    seen: set[int] = set()
    for one in wanted:
        item = items.get(one.number)
        if item is None:
            wrong(f"the campaign has no item {one.number}", one, "take the numbers of demarc review list")
        elif one.number in seen:
            wrong(f"item {one.number} is decided twice", one, "decide once")
        elif fault := bench.fault(item, by):
            wrong(f"item {one.number}: {fault}", one, "leave it to them")
        elif one.what and item.what.isprintable() and _bare(one.what) != _bare(item.what):
            wrong(
                f"item {one.number} is {item.what!r}, the row says {one.what[:60]!r}",
                one,
                "give each number its own row again: maybe one column was sorted without the others",
            )
        elif one.choice in ORDERS and not one.note:
            wrong(f"item {one.number}: {one.choice.value} needs a note", one, "say what must change")
        seen.add(one.number)
    if problems:
        raise DemarcError.of(tuple(problem for error in problems for problem in error.problems))
    return [_decision(campaign, one, by, now) for one in wanted]


def closing(campaign: Campaign, *, actor: str, incomplete: bool, now: datetime) -> list[Draft]:
    """The entries that close a campaign: the record, and the reviews that count from now on.

    Raises DemarcError while items wait, unless the campaign is closed as incomplete: these are then named as such.
    """
    if campaign.closed_at:
        raise DemarcError(f"the campaign {campaign.id} is closed already", todo="open another one")
    waiting = campaign.waiting
    if waiting and not incomplete:
        raise DemarcError(
            f"{len(waiting)} of {len(campaign.items)} items wait for a decision",
            todo="demarc review remind says whose; --incomplete closes it with them left open",
        )
    counts = Counter(decision.choice.value for decision in campaign.decisions.values())
    over = Draft(
        actor=actor,
        kind=CLOSED,
        subject=campaign.id,
        valid_from=stamp(now),
        body={
            "campaign": campaign.id,
            "items": len(campaign.items),
            "decided": dict(sorted(counts.items())),
            "left_open": [item.number for item in waiting],
            "pace": record(campaign),
            "to_do": [
                {"number": item.number, "what": item.what, "choice": decision.choice.value, "note": decision.note}
                for item in campaign.items
                if (decision := campaign.decisions.get(item.number)) is not None and decision.choice in ORDERS
            ],
        },
    )
    return [over, *_reviews(campaign)]


def _decision(campaign: Campaign, one: Wanted, by: str, now: datetime) -> Draft:
    old = campaign.decisions.get(one.number)
    return Draft(
        actor=by,
        kind=DECIDED,
        subject=f"{campaign.id} {one.number}",
        act=Act.STATES if old is None else Act.REPLACES,
        supersedes=None if old is None else old.seq,
        valid_from=stamp(now),
        body={
            "campaign": campaign.id,
            "number": one.number,
            "choice": one.choice.value,
            "note": one.note,
            "way": one.way.value,
            **({} if one.seconds is None else {"seconds": one.seconds}),
        },
    )


def _bare(text: str) -> str:
    """Text as far as a spreadsheet leaves it alone: without the mark against formulas, blanks run together."""
    return " ".join(text.removeprefix("'").split())


def _called(holder: str) -> set[str]:
    """Names of a holder: ``User jane@example.com``, ``arn:aws:iam::1:user/jane``, ``oidc:jane``."""
    bare = holder.partition(" ")[2] if holder.startswith(("User ", "Group ")) else holder
    low = bare.lower()
    return {low, low.rpartition("/")[2], low.rpartition(":")[2]}


def _reviews(campaign: Campaign) -> list[Draft]:
    """What counts as a review: a duty in a scope of which every item was decided, by whoever decided last.

    The scope without bounds takes in all others, so it counts once every item of the duty was decided.
    """
    by_place: dict[tuple[str, bytes], list[Item]] = {}
    by_duty: dict[str, list[Item]] = {}
    for item in campaign.items:
        if item.about in COUNTS:
            for duty in item.duties:
                by_duty.setdefault(duty, []).append(item)
                for place in item.scopes:
                    by_place.setdefault((duty, msgspec.json.encode(place, order="sorted")), []).append(item)
    found: dict[tuple[bytes, str, str], list[str]] = {}
    owed: dict[tuple[bytes, str, str], dict[int, dict[str, Any]]] = {}
    for (duty, scope), there in by_place.items():
        about = by_duty[duty] if scope == b"{}" else there
        if any(campaign.is_open(item) for item in about):
            continue
        last = max((campaign.decisions[item.number] for item in about), key=lambda one: (one.at, one.seq))
        key = (scope, last.by, last.at)
        found.setdefault(key, []).append(duty)
        owed.setdefault(key, {}).update(_orders(campaign, about))
    return [
        Draft(
            actor=by,
            kind=LEDGER_REVIEW,
            subject=subject_of(f"{scoped(duties, msgspec.json.decode(scope, type=Selector))} by {by}"),
            valid_from=stamp(moment_of(at).replace(microsecond=0)),  # answers are for whole seconds
            body={
                "duties": sorted(duties),
                "scope": msgspec.json.decode(scope),
                "by": by,
                "evidence": f"review {campaign.id}",
                **(
                    {"campaign": campaign.id, "orders": list(orders.values())}
                    if (orders := owed[scope, by, at])
                    else {}
                ),
            },
        )
        for (scope, by, at), duties in found.items()
    ]


def _orders(campaign: Campaign, items: Iterable[Item]) -> dict[int, dict[str, Any]]:
    """What the decisions on some items leave to be done, with its day: until then the review counts as it stands."""
    return {
        item.number: {
            "number": item.number,
            "decision": decision.seq,
            "what": item.what,
            "choice": decision.choice.value,
            "due": campaign.due_of(decision),
        }
        for item in items
        if (decision := campaign.decisions[item.number]).choice in ORDERS
    }
