"""Joins both planes of access with the matrix: who answers for each grant, and when it was last reviewed.

A grant belongs to the row of its duty in its scope. One over the whole cluster, for a duty that is asked by namespace
or workload, belongs to all of their owners: the first is named, the others stand beside.
"""

from __future__ import annotations

from collections.abc import Iterable

from demarc.model.assessment import Assessment, Holder, MatrixRow, Status
from demarc.model.inventory import Scope
from demarc.model.planes import OwnedPlanes, OwnedRow, PlaneRow, Planes

FORMAT = "demarc.planes/1"
_WORST = (
    *(Status.CONFLICT, Status.LAPSED, Status.UNOWNED, Status.UNCOVERED, Status.UNKNOWN, Status.AMBIGUOUS),
    *(Status.OVERDUE, Status.ASSIGNED, Status.PROVIDER),
)


def owned_planes(planes: Planes, assessment: Assessment) -> OwnedPlanes:
    """Give every row its owner."""
    matrix = _Matrix(assessment.matrix)
    return OwnedPlanes(
        format=FORMAT,
        at=assessment.at,
        cluster=assessment.cluster.name,
        rows=tuple(matrix.owned(row) for row in planes.rows),
        unseen=planes.unseen,
        window=planes.window,
    )


class _Matrix:
    def __init__(self, rows: Iterable[MatrixRow]) -> None:
        self._by_scope: dict[tuple[str, Scope], list[MatrixRow]] = {}
        self._by_duty: dict[str, list[MatrixRow]] = {}
        self._known: dict[tuple[str, Scope], tuple[MatrixRow, tuple[Holder, ...]] | None] = {}
        for row in rows:
            self._by_scope.setdefault((row.duty, row.scope), []).append(row)
            self._by_duty.setdefault(row.duty, []).append(row)

    def owned(self, row: PlaneRow) -> OwnedRow:
        key = (row.duty, row.scope)
        if key not in self._known:
            self._known[key] = self._answer(*key)
        found = self._known[key]
        if found is None:
            return OwnedRow(row=row, matrix_row="", party=None, owner=None, status=Status.UNCOVERED, last_review=None)
        answer, owners = found
        return OwnedRow(
            row=row,
            matrix_row=answer.id,
            party=answer.party,
            owner=owners[0] if owners else None,
            other_owners=owners[1:],
            status=answer.status,
            last_review=answer.last_review,
            last_reviewed_by=answer.last_reviewed_by,
            next_review=answer.next_review,
        )

    def _answer(self, duty: str, scope: Scope) -> tuple[MatrixRow, tuple[Holder, ...]] | None:
        """The row in the scope; else all rows of the duty together, the one that stands worst for all."""
        rows = self._by_scope.get((duty, scope)) or self._in_namespace(duty, scope) or self._by_duty.get(duty, [])
        if not rows:
            return None
        worst = min(rows, key=lambda row: (_WORST.index(row.status), row.last_review or "", row.id))
        owners = [row.owner for row in (worst, *rows) if row.owner is not None]
        owners += [holder for row in rows for holder in row.owners_in_conflict]
        return worst, tuple(dict.fromkeys(owners))

    def _in_namespace(self, duty: str, scope: Scope) -> list[MatrixRow]:
        """For a workload that the matrix does not ask of, or a namespace where it asks by workload: what lies there."""
        namespace = scope.name.partition("/")[0]
        return [row for row in self._by_duty.get(duty, []) if row.scope.name.partition("/")[0] == namespace]
