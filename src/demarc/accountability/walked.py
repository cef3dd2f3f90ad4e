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


class Walked:
    """The rows of an assessment, to be asked about steps."""

    def __init__(self, rows: Iterable[MatrixRow]) -> None:
        self._rows: dict[str, dict[Scope, list[MatrixRow]]] = {}
        for row in rows:
            self._rows.setdefault(row.duty, {}).setdefault(row.scope, []).append(row)
        self._known: dict[tuple[str, Scope, str], Answerable] = {}

    def answerable(self, duty: str, scope: Scope, part: str = "") -> Answerable:
        """Who answers for a duty where a step says that it would have been stopped."""
        key = (duty, scope, part)
        if key not in self._known:
            self._known[key] = self._find(duty, scope, part)
        return self._known[key]

    def _find(self, duty: str, scope: Scope, part: str) -> Answerable:
        by_scope = self._rows.get(duty, {})
        for wider in _outwards(scope, by_scope):
            if found := _fitting(by_scope.get(wider, ()), part):
                return _answerable(duty, scope, part, found)
        inside = [row for narrower, rows in by_scope.items() if _within(narrower, scope) for row in rows]
        return _answerable(duty, scope, part, _fitting(inside, part))


def _outwards(scope: Scope, known: Iterable[Scope]) -> Iterator[Scope]:
    """The scope, its namespace, the cluster."""
    yield scope
    if scope.kind in {Unit.WORKLOAD, Unit.IDENTITY} and "/" in scope.name:
        yield Scope(kind=Unit.NAMESPACE, name=scope.name.partition("/")[0])
    yield from (one for one in known if one.kind is Unit.CLUSTER)


def _within(narrower: Scope, scope: Scope) -> bool:
    if scope.kind is Unit.CLUSTER:
        return True
    return scope.kind is Unit.NAMESPACE and narrower.name.startswith(f"{scope.name}/")


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
