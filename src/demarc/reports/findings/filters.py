"""Which findings a reader asked for. Knows findings and nothing of how they are shown."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from demarc.model.posture import Change, Finding, Posture, Severity
from demarc.reports.filters import names, pattern
from demarc.reports.findings.rows import holder
from demarc.reports.folds import namespace_of


class FindingFilters(Struct, frozen=True, kw_only=True):
    """Conditions that a finding must all meet; of several values in one field, one must match. Empty: no condition.

    Globs (``*``, ``?``) are allowed in check, duty, scope and owner. Nothing depends on upper and lower case.
    """

    check: tuple[str, ...] = ()
    """Ids or patterns: ``DM-RBAC-*``."""
    family: tuple[str, ...] = ()
    severity: Severity | None = None
    """This severity and worse."""
    duty: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    """``namespace:payments``, a name alone, or a namespace, which stands for all that lies in it."""
    owner: tuple[str, ...] = ()
    """Name or id of the owner, or nobody."""
    whose: tuple[str, ...] = ()
    new: bool = False
    """Only what the baseline does not have."""
    excepted: bool = True
    """Also what an exception covers."""


def narrowed(posture: Posture, filters: FindingFilters) -> Posture:
    """The posture with those findings and with the results of the checks that were asked for."""
    check, duty = pattern(filters.check), pattern(filters.duty)
    scope, owner = pattern(filters.scope), pattern(filters.owner)
    family, whose = names(filters.family), names(filters.whose)
    worst = filters.severity.rank if filters.severity else len(Severity)

    def asked(finding: Finding) -> bool:
        answers = finding.answers
        return (
            (check is None or bool(check.match(finding.check)))
            and (not family or finding.family in family)
            and finding.severity.rank <= worst
            and (duty is None or bool(duty.match(answers.duty)))
            and (not whose or answers.whose.value in whose)
            and (owner is None or any(owner.match(name) for name in (holder(finding), answers.owner_id)))
            and (scope is None or any(scope.match(name) for name in _places(finding)))
            and (not filters.new or finding.change is Change.NEW)
            and (filters.excepted or not finding.excepted)
        )

    results = tuple(
        result
        for result in posture.results
        if (check is None or check.match(result.check)) and (not family or result.family in family)
    )
    return replace(posture, findings=tuple(filter(asked, posture.findings)), results=results)


def _places(finding: Finding) -> tuple[str, ...]:
    scope = finding.scope
    return (str(scope), scope.name, namespace_of(scope), finding.object.name, str(finding.object))
