"""Folding: rows that give the same answer over many scopes become one group with a count.

A cluster has tens of thousands of rows, but few different answers. Terminal and page show groups; what may differ from
scope to scope inside a group (where the owner is written, dates, remarks) is held as variants. Knows nothing of
drawing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

from demarc.model.assessment import Holder, MatrixRow, RowBasis, Separation, Status
from demarc.model.boundary import Party
from demarc.model.duties import Unit
from demarc.model.inventory import Scope
from demarc.reports.beside import Beside, Three

T = TypeVar("T")

_NAMESPACED = re.compile(r"([a-z0-9][-a-z0-9]*)/[A-Z]\w*/")
"""``namespace/Kind/name``; not ``User/arn:aws:iam::1/bob``, which has slashes of its own."""


def namespace_of(scope: Scope) -> str:
    """Namespace that a scope is or lies in, where its name says so; empty otherwise."""
    if scope.kind is Unit.NAMESPACE:
        return scope.name
    found = _NAMESPACED.match(scope.name) if scope.kind in {Unit.WORKLOAD, Unit.IDENTITY} else None
    return found[1] if found else ""


class Details(NamedTuple):
    """What may differ between the scopes of one group."""

    owner: Holder | None
    owners_in_conflict: tuple[Holder, ...]
    approver: Holder | None
    reviewer: Holder | None
    rotator: Holder | None
    review_every: int | None
    last_review: str | None
    last_reviewed_by: str
    next_review: str | None
    exceptions: tuple[str, ...]
    expired_exceptions: tuple[str, ...]
    separation: tuple[Separation, ...]
    remarks: tuple[str, ...]
    evidence: Three = Three()
    """Where the answers for the three roles stand, in what was laid beside the rows."""


class Answer(NamedTuple):
    """What all rows of a group share."""

    duty: str
    component: str
    unit: Unit
    models: tuple[str, ...]
    party: Party | None
    party_name: str
    basis: int
    """Position in ``Folded.bases``; -1 where there is none."""
    status: Status
    owner: str
    """Id of the owner; empty where there is none."""
    conflict: tuple[str, ...]
    """Ids of owners in conflict."""
    marks: str = ""
    """What evidence says of the roles, as one mark each."""


class Group:
    """Rows with one answer, by variant of their details. Rows stay in the order of the matrix."""

    __slots__ = ("answer", "rows", "variants")

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.rows: list[MatrixRow] = []
        self.variants: dict[int, list[MatrixRow]] = {}
        """Position in ``Folded.details`` -> rows."""

    @property
    def first(self) -> MatrixRow:
        """The first row; there is always one."""
        return self.rows[0]

    @property
    def next_review(self) -> str | None:
        """The earliest day on which a review falls due."""
        return min((row.next_review for row in self.rows if row.next_review), default=None)


class _Pool(Generic[T]):
    """Values by position, each held once.

    Remembers objects by identity first, since rows share most of theirs: callers must keep what they add alive.
    """

    def __init__(self) -> None:
        self.values: list[T] = []
        self._by_value: dict[T, int] = {}
        self._by_id: dict[int, int] = {}

    def add(self, value: T | None) -> int:
        """Position of the value; -1 for None."""
        if value is None:
            return -1
        position = self._by_id.get(id(value))
        if position is None:
            position = self._by_value.setdefault(value, len(self.values))
            if position == len(self.values):
                self.values.append(value)
            self._by_id[id(value)] = position
        return position


class Folded(NamedTuple):
    """The matrix as groups."""

    groups: list[Group]
    """In the order in which their first rows stand in the matrix."""
    bases: list[RowBasis]
    details: list[Details]


def fold(rows: Iterable[MatrixRow], beside: Beside | None = None) -> Folded:
    """Fold rows into groups of one answer, with what evidence says beside them. Linear in the number of rows."""
    bases: _Pool[RowBasis] = _Pool()
    holders: _Pool[Holder] = _Pool()
    details: dict[tuple[object, ...], int] = {}
    known: list[Details] = []
    groups: dict[Answer, Group] = {}
    for row in rows:
        answer = Answer(
            row.duty,
            row.component,
            row.scope.kind,
            row.models,
            row.party,
            row.party_name,
            bases.add(row.basis),
            row.status,
            row.owner.id if row.owner else "",
            tuple(holder.id for holder in row.owners_in_conflict),
            beside.marks(row) if beside is not None else "",
        )
        group = groups.get(answer)
        if group is None:
            group = groups[answer] = Group(answer)
        evidence = beside.places(row) if beside is not None else Three()
        key = (*_details_key(row, holders), evidence)
        position = details.get(key)
        if position is None:
            position = details[key] = len(known)
            known.append(_details(row, evidence))
        group.rows.append(row)
        group.variants.setdefault(position, []).append(row)
    return Folded(list(groups.values()), bases.values, known)


def _details_key(row: MatrixRow, holders: _Pool[Holder]) -> tuple[object, ...]:
    return (
        holders.add(row.owner),
        tuple(holders.add(holder) for holder in row.owners_in_conflict),
        holders.add(row.approver),
        holders.add(row.reviewer),
        holders.add(row.rotator),
        row.review_every,
        row.last_review,
        row.last_reviewed_by,
        row.next_review,
        row.exceptions,
        row.expired_exceptions,
        row.separation,
        row.remarks,
    )


def _details(row: MatrixRow, evidence: Three) -> Details:
    return Details._make([*(getattr(row, name) for name in Details._fields[:-1]), evidence])
