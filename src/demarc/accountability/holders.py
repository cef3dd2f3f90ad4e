"""Who holds a duty in a scope as of a moment: the register first, then what labels and Backstage claim.

Knows nothing of parties: whether anybody has to hold the duty is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from demarc.accountability.people import Held, People
from demarc.accountability.selectors import Rank, duty_rank, scope_rank
from demarc.model.assessment import Holder, Separation
from demarc.model.duties import Unit
from demarc.model.inventory import OwnerHint, Place, Scope
from demarc.model.register import Assignment, Register, Selector
from demarc.model.time import iso

_MOST_OWED = 5
"""Decisions of a review that a row names where they are not done."""


class Tenure(Struct, frozen=True, kw_only=True):
    """Everything the register knows of a duty in a scope."""

    owner: Holder | None = None
    lapse: str = ""
    rivals: tuple[Holder, ...] = ()
    approver: Holder | None = None
    reviewer: Holder | None = None
    rotator: Holder | None = None
    review_every: int | None = None
    last_review: str | None = None
    last_reviewed_by: str = ""
    next_review: str | None = None
    overdue: bool = False
    exceptions: tuple[str, ...] = ()
    expired_exceptions: tuple[str, ...] = ()
    separation: tuple[Separation, ...] = ()
    remarks: tuple[str, ...] = ()


class Scoped(Struct, frozen=True, kw_only=True, gc=False):
    """The register's entries whose scope matches a place, by index, with their rank. Duties are not looked at yet."""

    assignments: tuple[tuple[Rank, int], ...]
    reviews: tuple[int, ...]
    exceptions: tuple[int, ...]
    claims: tuple[tuple[Rank, int], ...]
    hint: OwnerHint | None

    def key(self) -> tuple[object, ...]:
        """Places with the same key have the same answer for the same duty."""
        hint = (self.hint.owner, self.hint.origin) if self.hint else None
        return (self.assignments, self.reviews, self.exceptions, self.claims, hint)


class Holders:
    """Answers who holds what. Answers are shared between scopes that the register treats alike."""

    def __init__(
        self, register: Register, people: People, hints: tuple[OwnerHint, ...], cluster: str, at: datetime
    ) -> None:
        """Take the register, who is who, the owners that the cluster itself names, its name, and the moment."""
        self._register, self._people, self._cluster, self._at = register, people, cluster, at
        self._hints: dict[Scope, OwnerHint] = {hint.scope: hint for hint in reversed(hints)}
        self._duty_ranks: dict[tuple[str, ...], dict[str, int | None]] = {}
        self._cache: dict[tuple[object, ...], Tenure] = {}

    def scoped(self, place: Place) -> Scoped:
        """Find the entries for a place. Costs one pass over the register."""

        def ranked(selectors: Iterable[Selector]) -> tuple[tuple[Rank, int], ...]:
            ranks = (scope_rank(selector, place, self._cluster) for selector in selectors)
            return tuple((rank, index) for index, rank in enumerate(ranks) if rank is not None)

        register = self._register
        namespace = Scope(kind=Unit.NAMESPACE, name=place.namespace)
        return Scoped(
            assignments=ranked(entry.scope for entry in register.assignments),
            reviews=tuple(index for _, index in ranked(entry.scope for entry in register.reviews)),
            exceptions=tuple(index for _, index in ranked(entry.scope for entry in register.exceptions)),
            claims=ranked(entry.scope for entry in register.claims),
            hint=self._hints.get(place.scope) or self._hints.get(namespace),
        )

    def tenure(self, duty: str, scoped: Scoped) -> Tenure:
        """Answer for a duty, given the entries of a place."""
        key = (duty, *scoped.key())
        if key not in self._cache:
            self._cache[key] = self._find(duty, scoped)
        return self._cache[key]

    def _rank(self, duties: tuple[str, ...], duty: str) -> int | None:
        known = self._duty_ranks.setdefault(duties, {})
        if duty not in known:
            known[duty] = duty_rank(duties, duty)
        return known[duty]

    def _find(self, duty: str, scoped: Scoped) -> Tenure:
        entries = [
            ((rank, found), self._register.assignments[index])
            for rank, index in scoped.assignments
            if (found := self._rank(self._register.assignments[index].duties, duty)) is not None
        ]
        entries.sort(key=lambda item: item[0], reverse=True)
        active = [(rank, entry) for rank, entry in entries if entry.period.contains(self._at)]
        if active:
            tenure = self._disputed(self._assigned(active, [entry for _, entry in entries]), scoped)
        else:
            tenure = self._claimed(scoped, [entry for _, entry in entries])
        return self._with_exceptions(self._with_reviews(tenure, duty, scoped, active), duty, scoped)

    def _assigned(self, active: list[tuple[tuple[Rank, int], Assignment]], entries: list[Assignment]) -> Tenure:
        best = active[0][0]
        top = [entry for rank, entry in active if rank == best]
        owners: dict[str, Held] = {}
        for entry in top:
            held = self._people.held(entry.owner, str(entry.where))
            owners.setdefault(held.holder.id, held)
        remarks = [self._ended(entry) for entry in entries[: entries.index(top[0])] if entry.period.ended(self._at)]
        if len(owners) > 1:
            rivals = tuple(held.holder for held in owners.values())
            named = " and ".join(f"{holder.name} ({holder.basis})" for holder in rivals)
            remarks.append(f"two owners for the same scope: {named}")
            return self._roles(Tenure(rivals=rivals, remarks=tuple(remarks)), [entry for _, entry in active])
        held = next(iter(owners.values()))
        tenure = Tenure(
            owner=held.holder,
            lapse=held.lapse,
            remarks=tuple(item for item in (*remarks, held.remark) if item),
        )
        return self._roles(tenure, [entry for _, entry in active])

    def _ended(self, entry: Assignment) -> str:
        until = iso(entry.period.until)[:10] if entry.period.until else "?"
        return f"the assignment to {entry.owner} for {entry.scope} ended on {until} ({entry.where})"

    def _roles(self, tenure: Tenure, active: list[Assignment]) -> Tenure:
        """Fill the other roles: what the most specific entry leaves open, the next one down may say."""
        found: dict[str, Held] = {}
        for role in ("approver", "reviewer", "rotator"):
            entry = next((entry for entry in active if getattr(entry, role)), None)
            if entry is not None:
                found[role] = self._people.held(getattr(entry, role), str(entry.where))
        cadence = next((entry.review_every for entry in active if entry.review_every is not None), None)
        separation = [item for role, held in found.items() if (item := self._separated(role, held, tenure.owner))]
        remarks = tuple(f"{role} {held.holder.name}: {held.lapse}" for role, held in found.items() if held.lapse)
        return replace(
            tenure,
            approver=found["approver"].holder if "approver" in found else None,
            reviewer=found["reviewer"].holder if "reviewer" in found else None,
            rotator=found["rotator"].holder if "rotator" in found else None,
            review_every=cadence,
            separation=tuple(separation),
            remarks=(*tenure.remarks, *remarks),
        )

    def _separated(self, role: str, held: Held, owner: Holder | None) -> Separation | None:
        if owner is None:
            return None
        if self._people.same(held.holder.id, owner.id):
            return Separation(role=role, says=f"{owner.name} is owner and {role}")
        if self._people.belongs(held.holder.id, owner.id):
            return Separation(role=role, says=f"{held.holder.name}, the {role}, is in the owning team {owner.name}")
        if self._people.belongs(owner.id, held.holder.id):
            return Separation(role=role, says=f"{owner.name}, the owner, is in the team {held.holder.name} ({role})")
        return None

    def _claimed(self, scoped: Scoped, ended: list[Assignment]) -> Tenure:
        """Nobody is assigned now: what labels and files claim, else the lapse of whoever was assigned last."""
        remarks = tuple(self._ended(entry) for entry in ended if entry.period.ended(self._at))
        claims = self._claims(scoped)
        if len(claims) > 1:
            named = " and ".join(f"{held.holder.name} ({held.holder.basis})" for held in claims)
            rivals = tuple(held.holder for held in claims)
            return Tenure(rivals=rivals, remarks=(*remarks, f"two owners are claimed: {named}"))
        if claims:
            held = claims[0]
            return Tenure(owner=held.holder, lapse=held.lapse, remarks=(*remarks, *filter(None, (held.remark,))))
        past = [entry for entry in ended if entry.period.ended(self._at)]
        if past:
            last = max(past, key=lambda entry: entry.period.until or self._at)
            holder = self._people.held(last.owner, str(last.where)).holder
            return Tenure(owner=holder, lapse=self._ended(last), remarks=())
        coming = [entry for entry in ended if not entry.period.ended(self._at)]
        later = tuple(
            f"{entry.owner} takes over on {iso(entry.period.since)[:10]}" for entry in coming[:1] if entry.period.since
        )
        return Tenure(remarks=later)

    def _disputed(self, tenure: Tenure, scoped: Scoped) -> Tenure:
        """The register decides; a claim that says otherwise is worth a remark."""
        if tenure.owner is None:
            return tenure
        others = [
            held.holder for held in self._claims(scoped) if not self._people.same(held.holder.id, tenure.owner.id)
        ]
        said = tuple(f"{holder.basis} names {holder.name}; the register decides" for holder in others)
        return replace(tenure, remarks=(*tenure.remarks, *said)) if said else tenure

    def _claims(self, scoped: Scoped) -> list[Held]:
        """Owners claimed outside the register: the object's own label, and the most specific file entries."""
        found: dict[str, Held] = {}
        if scoped.hint is not None:
            held = self._people.claimed(scoped.hint.owner, scoped.hint.origin, scoped.hint.contact)
            found[held.holder.id] = held
        best = max((rank for rank, _ in scoped.claims), default=None)
        for rank, index in scoped.claims:
            if rank == best:
                claim = self._register.claims[index]
                held = self._people.claimed(claim.owner, claim.origin, claim.contact)
                found.setdefault(held.holder.id, held)
        return list(found.values())

    def _with_reviews(
        self, tenure: Tenure, duty: str, scoped: Scoped, active: list[tuple[tuple[Rank, int], Assignment]]
    ) -> Tenure:
        done = [
            review
            for index in scoped.reviews
            if (review := self._register.reviews[index]).on <= self._at and self._rank(review.duties, duty) is not None
        ]
        if not done and tenure.review_every is None:
            return tenure
        own = [review for review in done if tenure.owner and self._people.same(review.by, tenure.owner.id)]
        counted = max((review for review in done if review not in own), key=lambda review: review.on, default=None)
        remarks = list(tenure.remarks)
        if own and (counted is None or max(review.on for review in own) > counted.on):
            remarks.append("a review by the owner does not count as a review")
        due = overdue = None
        if tenure.review_every is not None:
            since = counted.on if counted else next((entry.period.since for _, entry in active), None)
            due = since + timedelta(days=tenure.review_every) if since else None
            overdue = due is None or due <= self._at
            if counted is None and overdue:
                remarks.append("no review is on record")
        owed = counted.owed if counted else ()
        remarks += [f"decided in its last review and not done: {one}" for one in owed[:_MOST_OWED]]
        if len(owed) > _MOST_OWED:
            remarks.append(f"and {len(owed) - _MOST_OWED:,} more")
        return replace(
            tenure,
            last_review=iso(counted.on)[:10] if counted else None,
            last_reviewed_by=self._people.held(counted.by, str(counted.where)).holder.name if counted else "",
            next_review=iso(due)[:10] if due else None,
            overdue=bool(overdue or owed),
            remarks=tuple(remarks),
        )

    def _with_exceptions(self, tenure: Tenure, duty: str, scoped: Scoped) -> Tenure:
        found = [
            entry
            for index in scoped.exceptions
            if self._rank((entry := self._register.exceptions[index]).duties, duty) is not None
        ]
        if not found:
            return tenure
        valid, expired, remarks = [], [], list(tenure.remarks)
        for entry in found:
            if entry.period.ended(self._at):
                expired.append(entry.id)
            elif entry.period.contains(self._at) and self._people.same(entry.owner, entry.approved_by):
                remarks.append(f"exception {entry.id} does not count: its owner approved it")
            elif entry.period.contains(self._at):
                valid.append(entry.id)
        return replace(
            tenure,
            exceptions=tuple(sorted(valid)),
            expired_exceptions=tuple(sorted(expired)),
            remarks=tuple(remarks),
        )
