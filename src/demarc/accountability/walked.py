"""Who answers for the step of a path: the matrix row of the duty that would have stopped it, where it would have.

A step names a scope as narrow as it knows; the matrix has rows per the duty's own unit. So a row is looked for from the
step's scope outwards (workload or identity, namespace, cluster), then among rows inside it. Knows no graph.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Self

from msgspec import Struct

from demarc.model.assessment import MatrixRow, Status
from demarc.model.duties import Unit
from demarc.model.inventory import Scope

URGENCY = (
    Status.UNOWNED,
    Status.LAPSED,
    Status.CONFLICT,
    Status.OVERDUE,
    Status.UNCOVERED,
    Status.UNKNOWN,
    Status.AMBIGUOUS,
    Status.ASSIGNED,
    Status.PROVIDER,
)
"""Of rows that fit equally well the one is shown in which there is most to do."""
_URGENT = {status: place for place, status in enumerate(URGENCY)}
_NARROW = frozenset({Unit.WORKLOAD, Unit.IDENTITY})

RowsOf = Callable[[str], Sequence[MatrixRow]]
"""Gives the rows of a duty."""


class Answerable(Struct, frozen=True, kw_only=True, gc=False):
    """Who answers for a duty in a scope."""

    duty: str
    scope: Scope
    """As asked for."""
    part: str
    row: MatrixRow | None
    """None where the matrix has no row for the duty, there or anywhere around it."""
    differing: int = 0
    """Other rows that fit as well and name another party, owner or status."""

    @property
    def owner(self) -> str:
        """Name of the owner; empty where there is none, or several are named."""
        return self.row.owner.name if self.row is not None and self.row.owner is not None else ""


class _OfDuty:
    """The rows of one duty, by where they hold: a matrix can have a row for each of very many scopes."""

    def __init__(self, rows: Iterable[MatrixRow]) -> None:
        self._at: dict[Scope, list[MatrixRow]] = {}
        self._inside: dict[str, list[MatrixRow]] = {}
        self._clusters: list[Scope] = []
        for row in rows:
            self._add(row)

    def _add(self, row: MatrixRow) -> None:
        scope = row.scope
        known = self._at.get(scope)
        if known is not None:
            known.append(row)
        else:
            self._at[scope] = [row]
            if scope.kind is Unit.CLUSTER:
                self._clusters.append(scope)
        namespace, slash, _ = scope.name.partition("/")
        if slash:
            self._inside.setdefault(namespace, []).append(row)

    def outwards(self, scope: Scope) -> Iterator[Sequence[MatrixRow]]:
        """Of the scope, its namespace, the cluster."""
        yield self._at.get(scope, ())
        if scope.kind in _NARROW and "/" in scope.name:
            yield self._at.get(Scope(kind=Unit.NAMESPACE, name=scope.name.partition("/")[0]), ())
        yield from (self._at[one] for one in self._clusters)

    def within(self, scope: Scope) -> Sequence[MatrixRow]:
        if scope.kind is Unit.CLUSTER:
            return [row for rows in self._at.values() for row in rows]
        return self._inside.get(scope.name, ()) if scope.kind is Unit.NAMESPACE else ()


class Walked:
    """The rows of an assessment, to be asked about steps. What is never asked about is not indexed."""

    def __init__(self, rows: Iterable[MatrixRow]) -> None:
        by_duty: dict[str, list[MatrixRow]] = {}
        for row in rows:
            by_duty.setdefault(row.duty, []).append(row)
        self._rows_of: RowsOf = lambda duty: by_duty.get(duty, ())
        self._duties: dict[str, _OfDuty] = {}
        self._wide: dict[tuple[str, Scope, str, Collection[str]], Answerable] = {}

    @classmethod
    def asking(cls, rows_of: RowsOf) -> Self:
        """The same over rows that are made when a duty is first asked about."""
        made = cls(())
        made._rows_of = rows_of
        return made

    def answerable(
        self, duty: str, scope: Scope, part: str = "", *, beside: Collection[str] = frozenset()
    ) -> Answerable:
        """Who answers for a duty where a step says that it would have been stopped; rows of ``beside`` do not count.

        Answers of wide scopes are kept, since they may be picked out of very many rows; those of narrow ones are quick.
        """
        if scope.kind in _NARROW:
            return self._find(duty, scope, part, beside)
        key = (duty, scope, part, beside)
        if key not in self._wide:
            self._wide[key] = self._find(duty, scope, part, beside)
        return self._wide[key]

    def _find(self, duty: str, scope: Scope, part: str, beside: Collection[str]) -> Answerable:
        of_duty = self._duties.get(duty)
        if of_duty is None:
            of_duty = self._duties[duty] = _OfDuty(self._rows_of(duty))
        for rows in of_duty.outwards(scope):
            if rows and (found := _fitting(rows, part, beside)):
                return _answerable(duty, scope, part, found)
        return _answerable(duty, scope, part, _fitting(of_duty.within(scope), part, beside))


def _fitting(rows: Sequence[MatrixRow], part: str, beside: Collection[str]) -> Sequence[MatrixRow]:
    """Rows for the part, else all; the one with most to do first."""
    counted = [row for row in rows if row.component not in beside] if beside else rows
    if len(counted) <= 1:
        return counted
    of_part = [row for row in counted if row.component == part]
    return sorted(of_part or counted, key=lambda row: (_URGENT[row.status], row.id))


def _answerable(duty: str, scope: Scope, part: str, rows: Sequence[MatrixRow]) -> Answerable:
    if not rows:
        return Answerable(duty=duty, scope=scope, part=part, row=None)
    differing = len({(row.party, row.owner, row.status) for row in rows}) - 1 if len(rows) > 1 else 0
    return Answerable(duty=duty, scope=scope, part=part, row=rows[0], differing=differing)
