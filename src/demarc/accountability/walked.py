"""Who answers for the step of a path: the matrix row of the duty that would have stopped it, where it would have.

A step names a scope as narrow as it knows; the matrix has rows per the duty's own unit. So a row is looked for from the
step's scope outwards (workload or identity, namespace, cluster), then among rows inside it. Knows no graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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


class Answerable(Struct, frozen=True, kw_only=True):
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

    def __init__(self) -> None:
        self._at: dict[Scope, list[MatrixRow]] = {}
        self._inside: dict[str, list[MatrixRow]] = {}
        self._clusters: list[Scope] = []

    def add(self, row: MatrixRow) -> None:
        if row.scope not in self._at and row.scope.kind is Unit.CLUSTER:
            self._clusters.append(row.scope)
        self._at.setdefault(row.scope, []).append(row)
        namespace, slash, _ = row.scope.name.partition("/")
        if slash:
            self._inside.setdefault(namespace, []).append(row)

    def outwards(self, scope: Scope) -> Iterator[list[MatrixRow]]:
        """Of the scope, its namespace, the cluster."""
        yield self._at.get(scope, [])
        if scope.kind in {Unit.WORKLOAD, Unit.IDENTITY} and "/" in scope.name:
            yield self._at.get(Scope(kind=Unit.NAMESPACE, name=scope.name.partition("/")[0]), [])
        yield from (self._at[one] for one in self._clusters)

    def within(self, scope: Scope) -> list[MatrixRow]:
        if scope.kind is Unit.CLUSTER:
            return [row for rows in self._at.values() for row in rows]
        return self._inside.get(scope.name, []) if scope.kind is Unit.NAMESPACE else []


class Walked:
    """The rows of an assessment, to be asked about steps."""

    def __init__(self, rows: Iterable[MatrixRow]) -> None:
        self._duties: dict[str, _OfDuty] = {}
        for row in rows:
            self._duties.setdefault(row.duty, _OfDuty()).add(row)
        self._known: dict[tuple[str, Scope, str], Answerable] = {}

    def answerable(self, duty: str, scope: Scope, part: str = "") -> Answerable:
        """Who answers for a duty where a step says that it would have been stopped."""
        key = (duty, scope, part)
        if key not in self._known:
            self._known[key] = self._find(duty, scope, part)
        return self._known[key]

    def _find(self, duty: str, scope: Scope, part: str) -> Answerable:
        of_duty = self._duties.get(duty)
        if of_duty is None:
            return _answerable(duty, scope, part, [])
        for rows in of_duty.outwards(scope):
            if found := _fitting(rows, part):
                return _answerable(duty, scope, part, found)
        return _answerable(duty, scope, part, _fitting(of_duty.within(scope), part))


def _fitting(rows: Iterable[MatrixRow], part: str) -> list[MatrixRow]:
    """Rows for the part, else all; the one with most to do first."""
    rows = list(rows)
    of_part = [row for row in rows if row.component == part]
    return sorted(of_part or rows, key=lambda row: (URGENCY.index(row.status), row.id))


def _answerable(duty: str, scope: Scope, part: str, rows: list[MatrixRow]) -> Answerable:
    if not rows:
        return Answerable(duty=duty, scope=scope, part=part, row=None)
    answers = {(row.party, row.owner, row.status) for row in rows}
    return Answerable(duty=duty, scope=scope, part=part, row=rows[0], differing=len(answers) - 1)
