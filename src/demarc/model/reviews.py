"""Reviews: what is put before whom, what they decided, and how a campaign stands. Made from the ledger's entries."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct

from demarc.model.ledger import moment_of, stamp

ACT_WITHIN = 14
"""Days within which what was decided is done, unless the campaign says otherwise."""
PLANNED, DONE = "review.planned", "review.done"
"""Kinds of entries: what is to be done for a decision, and that it was."""


class About(StrEnum):
    """What a campaign reviews."""

    ACCESS = "access"
    """Grants, by plane: what a holder can do, and when it was last used. Counts as a review of the grant's duty."""
    DUTIES = "duties"
    """Duties with a cadence: whether the control is in place. Counts as a review of the duty."""
    OWNERSHIP = "ownership"
    """Who is named as owner where. Says nothing of the control, so it counts as no review of the duty."""
    EXCEPTIONS = "exceptions"
    """Exceptions in force. Counts as no review of the duty."""
    BOUNDARY = "boundary"
    """Rows that several parties share, or that the model leaves open. Counts as no review of the duty."""
    IDENTITIES = "identities"
    """Non-human identities and their credentials. Counts as a review of the duty that each is under."""


COUNTS = frozenset({About.ACCESS, About.DUTIES, About.IDENTITIES})
"""What counts as a review of the duties it is about."""
REVOCABLE = frozenset({About.ACCESS, About.IDENTITIES})
"""What a decision to revoke can be carried out for: a grant, an identity, a credential."""


class Risk(StrEnum):
    """How much hangs on an item, the most first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    PLATFORM = "platform"
    """What the provider and the control plane have for themselves."""


class Choice(StrEnum):
    """What a reviewer decides."""

    KEEP = "keep"
    CHANGE = "change"
    REVOKE = "revoke"
    NOT_MINE = "not-mine"
    """Somebody else must decide: the item stays open."""


ORDERS = frozenset({Choice.CHANGE, Choice.REVOKE})
"""Choices after which something is to be done."""


class Item(Struct, frozen=True, kw_only=True):
    """One thing to decide on, with the evidence that is in front of the reviewer."""

    campaign: str
    number: int
    """Within the campaign, from 1."""
    about: About
    what: str
    evidence: tuple[str, ...] = ()
    duties: tuple[str, ...]
    scopes: tuple[dict[str, Any], ...]
    """Scopes as the register selects them."""
    owner: str = ""
    """Id of the owner; empty for nobody."""
    reviewer: str = ""
    """Id of the person or team who must decide; empty where the register names nobody who may."""
    last_review: str = ""
    next_review: str = ""
    target: str = ""
    """What can be revoked: id of the row of a plane, or of the identity; empty for what is no thing in a cluster."""
    risk: Risk = Risk.LOW
    group: str = ""
    """What it is one of many of, in words: ``person: cluster-admin in the whole cluster``."""
    holders: tuple[str, ...] = ()
    """Names under which it is held: whoever goes by one of them does not review it."""

    @property
    def subject(self) -> str:
        """What its entries are about."""
        return f"{self.campaign} {self.number}"


class Way(StrEnum):
    """How a decision was given."""

    TERMINAL = "terminal"
    """One by one, with the evidence on the screen."""
    GROUP = "group"
    """With all that were left of a group, after they were listed and counted."""
    FILE = "file"
    """In a filled list."""


class Decision(Struct, frozen=True, kw_only=True):
    """What somebody decided on an item."""

    number: int
    choice: Choice
    by: str
    """Id of a person."""
    at: str
    """When it was recorded."""
    note: str = ""
    seq: int
    """Its entry."""
    way: Way | None = None
    """None for a decision of before this was recorded."""
    seconds: int | None = None
    """For how long the item was on the screen; None where nobody can tell."""


class Planned(Struct, frozen=True, kw_only=True):
    """What is to be done for a decision."""

    number: int
    at: str
    plan: str
    """Digest of the plan."""
    parts: tuple[str, ...] = ()
    """Rotations of the plan, by id: each says itself when it is done."""
    orders: int = 0
    """Changes, tasks and letters for people: that they are done has to be seen, or said."""


class Done(Struct, frozen=True, kw_only=True):
    """That something was done for a decision."""

    number: int
    part: str = ""
    """The rotation; empty: all of it."""
    at: str
    by: str
    says: str = ""
    """What showed it."""
    seq: int


def is_done(planned: Planned | None, parts: Collection[str]) -> bool:
    """Whether all is done for a decision, given the parts that are; the empty one stands for the whole."""
    if "" in parts:
        return True
    return planned is not None and bool(planned.parts) and not planned.orders and set(planned.parts) <= set(parts)


class Owed(Struct, frozen=True, kw_only=True):
    """Something that was decided and is not done."""

    item: Item
    decision: Decision
    planned: Planned | None
    due: str
    """Last moment, as the ledger writes times."""


class Campaign(Struct, frozen=True, kw_only=True):
    """A campaign as it stands."""

    id: str
    title: str
    opened_at: str
    due: str
    """Last moment, as the ledger writes times."""
    items: tuple[Item, ...]
    decisions: dict[int, Decision]
    """Number of the item -> the decision that stands."""
    closed_at: str = ""
    act_within: int = ACT_WITHIN
    """Days within which what was decided is to be done."""
    planned: dict[int, Planned] = {}
    done: dict[int, tuple[Done, ...]] = {}

    def is_done(self, number: int) -> bool:
        """Whether what was decided on an item is done."""
        return is_done(self.planned.get(number), {one.part for one in self.done.get(number, ())})

    def due_of(self, decision: Decision) -> str:
        """Until when what was decided is to be done."""
        return stamp(moment_of(decision.at) + timedelta(days=self.act_within))

    @property
    def owed(self) -> tuple[Owed, ...]:
        """What was decided to be changed or revoked and is not done, by the number of its item."""
        decided = ((item, self.decisions.get(item.number)) for item in self.items)
        return tuple(
            Owed(item=item, decision=decision, planned=self.planned.get(item.number), due=self.due_of(decision))
            for item, decision in decided
            if decision is not None and decision.choice in ORDERS and not self.is_done(item.number)
        )

    def is_open(self, item: Item) -> bool:
        """Whether an item still waits for a decision."""
        found = self.decisions.get(item.number)
        return found is None or found.choice is Choice.NOT_MINE

    @property
    def waiting(self) -> tuple[Item, ...]:
        """Items that wait for a decision."""
        return tuple(item for item in self.items if self.is_open(item))
