"""Which rows of the matrix a reader asked for. Knows rows and nothing of how they are shown."""

from __future__ import annotations

import fnmatch
import re

from msgspec import Struct

from demarc.model.assessment import Assessment, MatrixRow
from demarc.reports.folds import namespace_of
from demarc.reports.words import party_key


class Filters(Struct, frozen=True, kw_only=True):
    """Conditions that a row must all meet; of several values in one field, one must match. Empty: no condition.

    Globs (``*``, ``?``) are allowed in duty, scope and owner. Nothing depends on upper and lower case.
    """

    duty: tuple[str, ...] = ()
    """Duty ids or patterns: ``identity.*``."""
    scope: tuple[str, ...] = ()
    """``namespace:payments``, a name alone, or a namespace, which stands for all that lies in it."""
    party: tuple[str, ...] = ()
    """Party; ``uncovered`` for rows without one, ``unknown`` for rows that hang on something not seen."""
    status: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    """Id or name of the owner, or of one in conflict."""
    layer: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ", ".join(
            f"{name} {' or '.join(getattr(self, name))}" for name in self.__struct_fields__ if getattr(self, name)
        )


def select(assessment: Assessment, filters: Filters) -> tuple[MatrixRow, ...]:
    """Rows that meet the filters, in the order of the matrix."""
    layers = {entry.duty.id: entry.duty.layer.value for entry in assessment.duties}
    duty, scope, owner = pattern(filters.duty), pattern(filters.scope), pattern(filters.owner)
    party, status, layer = names(filters.party), names(filters.status), names(filters.layer)
    return tuple(
        row
        for row in assessment.matrix
        if (duty is None or duty.match(row.duty))
        and (not party or party_key(row.party, row.status) in party)
        and (not status or row.status.value in status)
        and (not layer or layers.get(row.duty) in layer)
        and (owner is None or any(owner.match(name) for name in _owners(row)))
        and (scope is None or any(scope.match(name) for name in _places(row)))
    )


def pattern(globs: tuple[str, ...]) -> re.Pattern[str] | None:
    """One expression for all globs, whatever their case; None where there are none."""
    if not globs:
        return None
    return re.compile("|".join(fnmatch.translate(glob) for glob in globs), re.IGNORECASE)


def names(values: tuple[str, ...]) -> frozenset[str]:
    """Names to compare with in lower case."""
    return frozenset(value.lower() for value in values)


def _owners(row: MatrixRow) -> list[str]:
    holders = [row.owner] if row.owner else []
    return [name for holder in (*holders, *row.owners_in_conflict) for name in (holder.id, holder.name)]


def _places(row: MatrixRow) -> tuple[str, ...]:
    namespace = namespace_of(row.scope)
    return (str(row.scope), row.scope.name, namespace) if namespace else (str(row.scope), row.scope.name)
