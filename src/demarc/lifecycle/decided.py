"""From decisions of a review to what a plan takes: credentials, grants, tasks for people, and what has no way.

A function over values. What was decided on and is not there any more is named apart: it is done, or was never so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct, structs

from demarc.access.planes.ground import Ground
from demarc.lifecycle.credential import Credential, CredentialKind
from demarc.lifecycle.orders import GROUP, order_for, orders_for, task
from demarc.lifecycle.plan import Blocked, Decided, Plan, Rotation, Task
from demarc.lifecycle.wishes import Wish, Wishes
from demarc.lifecycle.withdrawals import Grants
from demarc.model.nhi import Nhi, NhiKind
from demarc.model.planes import PlaneRow
from demarc.model.reviews import About, Choice, Owed
from demarc.model.reviews import Planned as PlannedItem

TO_CHANGE: Final = "to be changed, by decision of a review"
_NARROWER: Final = re.compile(r"^(?P<kind>ClusterRole|Role)[/ :]+(?P<name>[^\s,;]+)")
"""How a note names the role that somebody is to have instead: ``ClusterRole/view``."""
_BINDINGS: Final = ("ClusterRoleBinding ", "RoleBinding ")
_RETIRE, _PROJECTED = "retire", "projected-token"


class Ordered(Struct, frozen=True, kw_only=True):
    """What a plan is to take for the decisions of a review."""

    credentials: tuple[Credential, ...]
    wishes: Wishes
    tasks: tuple[Task, ...]
    blocked: tuple[Blocked, ...]
    decisions: dict[str, Decided]
    """Key of a credential or grant -> the decision that it is for."""
    gone: tuple[Owed, ...]
    """Decisions on what is not there any more."""
    by_hand: dict[int, int]
    """Number of an item -> tasks and blocked things for it."""


class Seen(Struct, frozen=True, kw_only=True):
    """What is there, to be decided on."""

    on: Ground
    rows: tuple[PlaneRow, ...]
    identities: Mapping[str, Nhi]
    credentials: tuple[Credential, ...]


def ordered(campaign: str, owed: Iterable[Owed], seen: Seen, wishes: Wishes) -> Ordered:
    """Work out what is to be done for decisions that are not done yet."""
    return _Orders(campaign, tuple(owed), seen, wishes).made()


def attached(plan: Plan, found: Ordered, approves: Callable[[Decided, Rotation], bool]) -> Plan:
    """The plan with its decisions, and with what has no way; ``approves`` tells whether a decision is an approval."""
    rotations = []
    for rotation in plan.rotations:
        decision = found.decisions.get(rotation.id)
        if decision is not None:
            decision = structs.replace(decision, approves=approves(decision, rotation))
        rotations.append(structs.replace(rotation, decision=decision))
    return structs.replace(plan, rotations=tuple(rotations), blocked=(*plan.blocked, *found.blocked))


def planned_items(plan: Plan, found: Ordered) -> list[PlannedItem]:
    """What the plan holds for each item: rotations that tell when they are done, and what people have to tell."""
    parts: dict[int, list[str]] = {}
    orders = dict(found.by_hand)
    for rotation in plan.rotations:
        if rotation.decision is not None:
            for number in rotation.decision.numbers:
                parts.setdefault(number, []).append(rotation.id)
    for key in (*(one.credential for one in plan.changes), *(one.credential for one in plan.blocked)):
        if (decision := found.decisions.get(key)) is not None:
            for number in decision.numbers:
                orders[number] = orders.get(number, 0) + 1
    return [
        PlannedItem(
            number=number, at="", plan=plan.digest, parts=tuple(parts.get(number, ())), orders=orders.get(number, 0)
        )
        for number in sorted({*parts, *orders})
    ]


class _Orders:
    def __init__(self, campaign: str, owed: tuple[Owed, ...], seen: Seen, wishes: Wishes) -> None:
        self._campaign, self._owed, self._seen, self._wishes = campaign, owed, seen, wishes
        self._rows = {row.id: row for row in seen.rows}
        self._by_key = {one.key: one for one in seen.credentials}
        chosen = [row.id for one in owed for row in self._rows_of(one)]
        self._grants = Grants(seen.on, seen.rows, chosen)
        self._credentials: dict[str, Credential] = {}
        self._own: list[Wish] = []
        self._tasks: list[Task] = []
        self._blocked: list[Blocked] = []
        self._decisions: dict[str, Decided] = {}
        self._gone: list[Owed] = []
        self._by_hand: dict[int, int] = {}

    def made(self) -> Ordered:
        """All of it."""
        for owed in self._owed:
            self._take(owed)
        named = {wish.secret for wish in self._wishes.credentials}
        own = [wish for wish in self._own if wish.secret not in named]
        return Ordered(
            credentials=tuple(self._credentials.values()),
            wishes=structs.replace(self._wishes, credentials=(*self._wishes.credentials, *own)),
            tasks=tuple(self._tasks),
            blocked=tuple(self._blocked),
            decisions=self._decisions,
            gone=tuple(self._gone),
            by_hand=self._by_hand,
        )

    def _rows_of(self, owed: Owed) -> Iterator[PlaneRow]:
        """Grants that a decision to revoke takes away: one, or all that bindings give a service account."""
        if owed.decision.choice is not Choice.REVOKE:
            return
        item = owed.item
        if item.about is About.ACCESS and item.target in self._rows:
            yield self._rows[item.target]
        identity = self._seen.identities.get(item.target) if item.about is About.IDENTITIES else None
        if identity is not None and identity.kind is NhiKind.SERVICE_ACCOUNT:
            holder = f"ServiceAccount {identity.namespace}/{identity.name}"
            yield from (row for row in self._seen.rows if row.holder == holder and row.grant.startswith(_BINDINGS))

    def _take(self, owed: Owed) -> None:
        item, decision = owed.item, owed.decision
        note = _NARROWER.match(decision.note)
        row = self._rows.get(item.target) if item.about is About.ACCESS else None
        identity = self._seen.identities.get(item.target) if item.about is About.IDENTITIES else None
        if item.target and row is None and identity is None:
            if _IN_TRAIL in item.target or item.what.startswith(_TRAIL_KINDS):
                self._order(owed, task(item.what, _ENDS))
            else:
                self._gone.append(owed)
        elif decision.choice is Choice.CHANGE:
            if row is not None and note is not None and self._grants.is_binding(row):
                self._grant(owed, row, narrower=f"{note['kind']} {note['name'].rstrip(':.')}")
            else:
                self._order(owed, Task(group=TO_CHANGE, what=item.what, do=decision.note))
        elif row is not None:
            self._access(owed, row)
        elif identity is not None:
            self._identity(owed, identity)
        else:
            self._order(owed, Task(group=GROUP, what=item.what, do=decision.note))

    def _access(self, owed: Owed, row: PlaneRow) -> None:
        secret = row.grant.removeprefix("Secret ")
        if self._grants.is_binding(row):
            self._grant(owed, row)
        elif row.grant.startswith("Secret ") and secret in self._by_key:
            self._credential(owed, self._by_key[secret])
        else:
            self._order(owed, task(f"{row.holder}: {row.grant}", order_for(row, self._seen.on)))
            if self._grants.locks_out(row):
                self._stop(owed, Blocked(credential=row.grant, why=_LAST, todo="give it to somebody else first"))

    def _identity(self, owed: Owed, identity: Nhi) -> None:
        key = f"{identity.namespace}/{identity.name}"
        if identity.kind is NhiKind.SERVICE_ACCOUNT:
            for row in self._rows_of(owed):
                self._grant(owed, row)
            for one in self._seen.credentials:
                if one.kind is CredentialKind.LEGACY_TOKEN and f"{one.namespace}/{one.account}" == key:
                    self._credential(owed, one)
        elif "/Secret/" in identity.id and key in self._by_key and self._credential(owed, self._by_key[key]):
            return
        for what, order in orders_for(identity, self._seen.on):
            self._order(owed, task(what, order))

    def _grant(self, owed: Owed, row: PlaneRow, narrower: str = "") -> None:
        made = self._grants.withdrawn(row, narrower)
        if isinstance(made, Blocked):
            self._stop(owed, made)
        else:
            self._add(owed, made)

    def _credential(self, owed: Owed, one: Credential) -> bool:
        """A credential that can be ended by itself: a legacy token. Others end where they were issued."""
        if one.kind is not CredentialKind.LEGACY_TOKEN:
            named = self._wishes.of(one.key)
            if named is None or not named.strategy:
                return False
            self._add(owed, one)
            return True
        users = [consumer for consumer in one.consumers if consumer.kind != "External"]
        self._own.append(Wish(secret=one.key, strategy=_PROJECTED if users else _RETIRE))
        self._add(owed, one)
        return True

    def _add(self, owed: Owed, one: Credential) -> None:
        self._credentials.setdefault(one.key, one)
        first = self._decisions.setdefault(one.key, self._decided(owed))
        if first.number != owed.item.number:
            self._decisions[one.key] = structs.replace(first, others=(*first.others, owed.item.number))

    def _order(self, owed: Owed, one: Task) -> None:
        self._tasks.append(structs.replace(one, decision=self._decided(owed)))
        self._by_hand[owed.item.number] = self._by_hand.get(owed.item.number, 0) + 1

    def _stop(self, owed: Owed, one: Blocked) -> None:
        self._blocked.append(one)
        self._by_hand[owed.item.number] = self._by_hand.get(owed.item.number, 0) + 1

    def _decided(self, owed: Owed) -> Decided:
        decision = owed.decision
        return Decided(
            campaign=self._campaign,
            number=owed.item.number,
            choice=decision.choice.value,
            by=decision.by,
            at=decision.at,
            note=decision.note,
            entry=decision.seq,
        )


_IN_TRAIL: Final = "seen in the audit trail"
_TRAIL_KINDS: Final = (NhiKind.BOUND_TOKEN.value, NhiKind.CLIENT_CERTIFICATE.value)
_ENDS: Final = (
    "the audit trail alone showed it, and none was given now: a token ends by itself or with its service account, a "
    "certificate at its time; take away every binding that names whoever holds it"
)
_LAST: Final = "nobody else was seen who could still administer the cluster afterwards"
