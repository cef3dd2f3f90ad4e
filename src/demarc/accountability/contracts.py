"""Contract terms: the customer's own agreement says who performs a duty, and beats every published page."""

from __future__ import annotations

from datetime import datetime

from demarc.accountability.boundary import Resolution
from demarc.accountability.selectors import duty_rank, scope_rank
from demarc.model.boundary import BoundaryReading, Party
from demarc.model.inventory import Place
from demarc.model.register import ContractTerm


def terms_for(
    terms: tuple[ContractTerm, ...], duty: str, part: str, place: Place, *, cluster: str, at: datetime
) -> tuple[ContractTerm, ...]:
    """The most specific terms in force for a duty on a part in a place; more than one when several are equally so."""
    if not terms:
        return ()
    ranked = []
    for term in terms:
        if not term.period.contains(at) or (term.components and part not in term.components):
            continue
        by_scope = scope_rank(term.scope, place, cluster)
        by_duty = duty_rank(term.duties, duty)
        if by_scope is not None and by_duty is not None:
            ranked.append(((by_scope, bool(term.components), by_duty), term))
    best = max((rank for rank, _ in ranked), default=None)
    return tuple(term for rank, term in ranked if rank == best)


def cite(term: ContractTerm) -> str:
    """Document and clause, as a reader cites them."""
    return ", ".join(part for part in (term.document, term.clause) if part)


def overrule(resolution: Resolution, terms: tuple[ContractTerm, ...]) -> Resolution:
    """Apply terms to the boundary's answer. Terms that name different parties leave it ambiguous, never guessed."""
    parties = {term.party for term in terms}
    if len(parties) == 1:
        return Resolution(party=terms[0].party, row=resolution.row, supplier=terms[0].supplier or "")
    return Resolution(
        party=Party.AMBIGUOUS,
        row=resolution.row,
        readings=tuple(BoundaryReading(party=term.party, says=f"{cite(term)} ({term.where})") for term in terms),
        settle="Two contract terms in force name different parties: find out which of the clauses prevails.",
        ask="",
        why="contract terms contradict each other",
    )
