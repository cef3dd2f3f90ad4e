"""Equal findings as one row with a count: what reports show where a cluster has thousands of them.

Findings are equal that come from one check, weigh the same, and are answered by the same. Knows nothing of drawing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from demarc.model.posture import Change, Finding, Posture, Severity, Whose
from demarc.reports.folds import namespace_of
from demarc.reports.text import listed


class FindingRow(Struct, frozen=True, kw_only=True):
    """Findings of one check with one answer."""

    findings: tuple[Finding, ...]
    """In the order of the posture; at least one."""
    where: str
    """Namespaces, or objects where there are few: ``payments (3), shop and 2 more``."""

    @property
    def first(self) -> Finding:
        """The one that stands for all."""
        return self.findings[0]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.findings)

    @property
    def new(self) -> int:
        """How many the baseline did not have."""
        return sum(finding.change is Change.NEW for finding in self.findings)


def rows(findings: Iterable[Finding]) -> tuple[FindingRow, ...]:
    """Fold findings; rows stand in the order of their first findings. Linear."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        answers = finding.answers
        key = (finding.check, finding.severity, answers.whose, answers.owner_id, answers.party_name, finding.excepted)
        groups.setdefault(key, []).append(finding)
    return tuple(FindingRow(findings=tuple(group), where=_where(group)) for group in groups.values())


def _where(group: list[Finding]) -> str:
    if len(group) == 1:
        return str(group[0].object)
    spaces = Counter(namespace_of(finding.scope) or finding.scope.name for finding in group)
    named = [name if number == 1 else f"{name} ({number:,})" for name, number in spaces.most_common()]
    return listed(named, 3)


NOBODY = "nobody"


def holder(finding: Finding) -> str:
    """Who answers, in a few words: the owner, the provider, nobody."""
    answers = finding.answers
    if answers.whose is Whose.PROVIDER:
        return answers.party_name or "the provider"
    if answers.whose is Whose.THIRD_PARTY and not answers.owner:
        return answers.party_name or "a supplier"
    if answers.owner:
        return answers.owner
    if answers.whose is Whose.UNKNOWN:
        return "not known"
    return NOBODY


class Standing(Struct, frozen=True, kw_only=True):
    """What the findings come to."""

    by_severity: dict[Severity, int]
    """Findings that count; severities without any are left out."""
    nobody: int
    """Of these, how many nobody holds."""
    provider: int
    excepted: int
    lapsed_exceptions: int
    """Findings under an exception that no longer counts."""
    new: int | None
    """None where no baseline was given."""


def standing(posture: Posture) -> Standing:
    """Count. What is the provider's, or excepted, is counted apart."""
    counted = [finding for finding in posture.findings if finding.counts]
    severities = Counter(finding.severity for finding in counted)
    return Standing(
        by_severity={severity: severities[severity] for severity in Severity if severities[severity]},
        nobody=sum(holder(finding) == NOBODY for finding in counted),
        provider=sum(finding.answers.whose is Whose.PROVIDER for finding in posture.findings),
        excepted=sum(finding.excepted for finding in posture.findings),
        lapsed_exceptions=sum(bool(finding.exceptions) and not finding.excepted for finding in posture.findings),
        new=sum(finding.change is Change.NEW for finding in counted) if posture.baseline else None,
    )
