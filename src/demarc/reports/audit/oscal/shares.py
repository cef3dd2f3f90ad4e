"""Settled rows of one duty that have the same answer, as one share: what is provided, left to do, taken, or by nobody.

A row that is not settled is in no share: there is nothing here that could be claimed of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from demarc.model.assessment import MatrixRow, Status
from demarc.model.boundary import Party
from demarc.reports.audit.settled import UNSETTLED

TAKEN = frozenset({Status.ASSIGNED, Status.OVERDUE})
"""Somebody holds it."""


class Share(Struct, frozen=True, kw_only=True):
    """Rows of one duty on one part with one answer."""

    duty: str
    part: str
    party: Party
    party_name: str
    status: Status
    owner_id: str
    models: tuple[str, ...]
    basis: str
    rows: tuple[MatrixRow, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """What its uuids are made from: it stays when scopes come and go."""
        models = ",".join(self.models)
        return (self.duty, self.part, self.party.value, self.party_name, self.basis, self.owner_id, models, self.status)

    @property
    def taken(self) -> bool:
        """Whether somebody of the customer's holds what is left to do."""
        return self.status in TAKEN

    @property
    def first(self) -> MatrixRow:
        """The row that stands for all."""
        return self.rows[0]

    @property
    def where(self) -> str:
        """Its scopes."""
        return "; ".join(str(row.scope) for row in self.rows)


def shares(rows: Iterable[MatrixRow]) -> tuple[Share, ...]:
    """Group settled rows, in the order of the matrix."""
    found: dict[tuple[object, ...], list[MatrixRow]] = {}
    for row in rows:
        if row.status in UNSETTLED or row.party is None or row.party is Party.AMBIGUOUS:
            continue
        owner, basis = row.owner.id if row.owner else "", row.basis.row if row.basis else ""
        key = (row.duty, row.component, row.party, row.party_name, row.status, owner, row.models, basis)
        found.setdefault(key, []).append(row)
    return tuple(
        Share(
            duty=group[0].duty,
            part=group[0].component,
            party=group[0].party or Party.CUSTOMER,
            party_name=group[0].party_name,
            status=group[0].status,
            owner_id=group[0].owner.id if group[0].owner else "",
            models=group[0].models,
            basis=group[0].basis.row if group[0].basis else "",
            rows=tuple(group),
        )
        for group in found.values()
    )
