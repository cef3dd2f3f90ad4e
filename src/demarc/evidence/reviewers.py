"""Who reviews: reviews of the register that refer to something, campaigns of the ledger, and who looked at access.

A review that refers to nothing is a claim. That somebody read the bindings shows that they looked, not that it was a
review: it bears a review out that is on record, and is none by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from demarc.accountability.selectors import scope_rank
from demarc.evidence.ground import Ground
from demarc.evidence.judge import MISSING, OTHERWISE, SO, Doer, Named, doer, judged, named, when
from demarc.model.assessment import MatrixRow
from demarc.model.evidence import Grade
from demarc.model.register import Review
from demarc.model.roles import Role, RoleEvidence, Witness
from demarc.model.time import iso
from demarc.model.trail import UseMade

OWN: Final = frozenset({"identity.access-review"})
"""Duties that are to review: where no other reviewer is named, the owner does."""
LOOKED: Final = frozenset({"identity.access-review", "identity.rbac"})
"""Duties of which reading bindings and roles is a part."""
_READ: Final = frozenset({"rolebindings", "clusterrolebindings", "roles", "clusterroles"})
_VERBS: Final = frozenset({"list", "get", "watch"})
_BEFORE: Final = timedelta(days=30)
FROM_LEDGER: Final = "ledger entry "
"""How places in a ledger begin."""


def reviewer(row: MatrixRow, ground: Ground) -> RoleEvidence | None:
    """What evidence says of the reviewer of a row; None where nobody has to review it."""
    holder = named(Role.REVIEWER, row, OWN, ground.tenures)
    if holder is None and row.review_every is None:
        return None
    holder = holder or Named()
    witnesses = [*_reviews(row, holder, ground), *_reads(row, holder, ground)]
    return judged(
        row,
        Role.REVIEWER,
        holder,
        witnesses,
        nothing="no review of it is on record" if ground.register.reviews else "no reviews were given",
        todo="close a campaign (demarc review), or write the review with what shows it (evidence) into the register",
    )


def _reviews(row: MatrixRow, holder: Named, ground: Ground) -> Iterator[Witness]:
    """Reviews within the cadence; where there is none, the last one."""
    reviews = ground.reviews_of(row.duty)
    if not reviews:
        return
    place, cluster = ground.place(row.scope), ground.assessment.cluster.name
    found = [review for review in reviews if scope_rank(review.scope, place, cluster) is not None]
    limit = ground.at - timedelta(days=row.review_every) if row.review_every is not None else ground.since
    within = [review for review in found if review.on >= limit]
    for review in within:
        if holder.since is not None and review.on < holder.since:
            continue  # it was somebody else's to do then
        yield review_witness(review, row, holder, ground)
    for review in found[:1] if not within else ():
        who = ground.accounts.shown(review.by)
        says = f"it was last reviewed on {iso(review.on)[:10]} by {who}: longer ago than it may be"
        yield _witness(review, Doer(verdict=MISSING, who=who, says=says), says)


def review_witness(review: Review, row: MatrixRow, holder: Named, ground: Ground) -> Witness:
    """What a review that was done in time says of the reviewer."""
    did = doer(review.by, holder, ground.accounts, review.on)
    on = iso(review.on)[:10]
    says = f"reviewed on {on} by {did.who}" + (f": {did.says}" if did.says else "")
    person = ground.accounts.person(review.by)
    if (
        row.owner is not None
        and not holder.by_owner
        and person is not None
        and ground.accounts.among(person, row.owner.id, review.on)
    ):
        says = f"reviewed on {on} by {did.who}, who holds the duty or is of {row.owner.name}"
        return _witness(review, Doer(verdict=OTHERWISE, who=did.who, says=says), says)
    looked = _looked_then(review, row, ground)
    if did.verdict is SO and looked:
        return _witness(review, did, f"{says}, and the audit trail shows them reading {looked} then", trail=True)
    if did.verdict is SO and not review.evidence:
        says += ": the register says so and refers to nothing"
        return _witness(review, Doer(verdict=MISSING, who=did.who, says=says), says)
    if review.evidence:
        says += f", see {review.evidence}"
    return _witness(review, did, says)


def _looked_then(review: Review, row: MatrixRow, ground: Ground) -> str:
    """What whoever reviewed read in the weeks up to it; empty where the trail shows nothing."""
    if ground.trail is None or row.duty not in LOOKED:
        return ""
    names = {
        use.resource
        for identity in ground.trail.identities
        if (person := ground.accounts.person(identity.user)) and person == ground.accounts.person(review.by)
        for use in identity.uses
        if _is_look(use, ground.namespace(row.scope)) and -_BEFORE <= use.last - review.on <= timedelta(days=1)
    }
    return ", ".join(sorted(names))


def _witness(review: Review, did: Doer, says: str, *, trail: bool = False) -> Witness:
    kept = trail or review.where.file.startswith(FROM_LEDGER)
    return Witness(
        says=says,
        who=did.who,
        source=str(review.where),
        grade=Grade.WRITTEN if kept else Grade.NAMED,
        at=when(review.on),
        verdict=did.verdict,
        todo=did.todo,
    )


def _reads(row: MatrixRow, holder: Named, ground: Ground) -> Iterator[Witness]:
    """Reads of bindings and roles by whoever is named. Others may read them for any reason: they speak of nobody."""
    trail = ground.trail
    if trail is None or row.duty not in LOOKED or not holder.id:
        return
    for identity in trail.identities:
        person = ground.accounts.person(identity.user)
        if person is None or not ground.accounts.among(person, holder.id, identity.last):
            continue
        read = [use for use in identity.uses if _is_look(use, ground.namespace(row.scope))]
        if read:
            last = max(use.last for use in read)
            names = ", ".join(sorted({use.resource for use in read}))
            yield Witness(
                says=f"{person.name} read {names}, last on {iso(last)[:10]}: they looked; a review it is not",
                who=person.name,
                source=f"audit trail {trail.origin}",
                grade=Grade.WRITTEN,
                at=when(last),
                verdict=MISSING,
            )


def _is_look(use: UseMade, namespace: str) -> bool:
    return use.resource in _READ and use.verb in _VERBS and use.namespace in ("", namespace)
