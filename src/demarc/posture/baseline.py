"""Findings against earlier ones: new against a baseline, changed between two snapshots, counted over many.

Findings are told apart by their fingerprints alone. It reads no file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from demarc.model.posture import Change, CheckResult, Finding, Outcome, Posture, Severity
from demarc.model.time import instant

NOBODY = "nobody"


def against(posture: Posture, known: frozenset[str], origin: str) -> Posture:
    """Mark every finding as new or known; ``known`` are fingerprints of the baseline."""
    marked = tuple(
        replace(finding, change=Change.KNOWN if finding.id in known else Change.NEW) for finding in posture.findings
    )
    return replace(posture, findings=marked, baseline=origin)


class Handed(Struct, frozen=True, kw_only=True):
    """A finding that is in both and whose answer is another one."""

    before: Finding
    after: Finding
    says: str
    """``payments to nobody``, ``yours to provider``."""


class Lost(Struct, frozen=True, kw_only=True):
    """A check that could be answered before and no longer can: what is gone from it may still be there."""

    check: str
    title: str
    why: str


class Differences(Struct, frozen=True, kw_only=True):
    """What is different between two assessments of one cluster."""

    before: str
    """Moment of the first, ISO 8601."""
    after: str
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    """No longer found, by a check that did look."""
    handed: tuple[Handed, ...]
    lost: tuple[Lost, ...]


def differences(before: Posture, after: Posture) -> Differences:
    """Compare. What is missing from a check that is unknown now is not gone: nobody looked."""
    old = {finding.id: finding for finding in before.findings}
    new = {finding.id: finding for finding in after.findings}
    blind = {result.check: result for result in after.results if result.unseen}
    answered = {result.check for result in before.results if not result.unseen}
    return Differences(
        before=before.at,
        after=after.at,
        new=tuple(finding for finding in after.findings if finding.id not in old),
        gone=tuple(one for one in before.findings if one.id not in new and one.check not in blind),
        handed=tuple(filter(None, (_handed(old[one.id], one) for one in after.findings if one.id in old))),
        lost=tuple(
            Lost(check=check, title=result.title, why=_why(result))
            for check, result in blind.items()
            if check in answered
        ),
    )


def _why(result: CheckResult) -> str:
    return "; ".join(dict.fromkeys(one.why for one in result.unseen))


def _handed(before: Finding, after: Finding) -> Handed | None:
    said = []
    if before.answers.whose is not after.answers.whose:
        said.append(f"{before.answers.whose.value} to {after.answers.whose.value}")
    if before.answers.owner_id != after.answers.owner_id:
        said.append(f"{before.answers.owner or NOBODY} to {after.answers.owner or NOBODY}")
    if before.excepted != after.excepted:
        said.append("no longer excepted" if before.excepted else "excepted")
    return Handed(before=before, after=after, says=", ".join(said)) if said else None


class Point(Struct, frozen=True, kw_only=True):
    """One assessment in a trend."""

    at: str
    cluster: str
    by_severity: dict[str, int]
    """Findings that count, by severity; every severity has its key."""
    by_owner: dict[str, int]
    excepted: int
    provider: int
    unknown: int
    """Checks that could not be answered."""
    new: int
    """Findings that the point before did not have; 0 for the first."""
    gone: int
    oldest_days: int | None
    """Days since the oldest finding of this point was first seen in the series; None where there is none."""


def trend(postures: Iterable[Posture]) -> tuple[Point, ...]:
    """Count over assessments, by cluster and then by time."""
    points: list[Point] = []
    by_cluster: dict[str, list[Posture]] = {}
    for posture in postures:
        by_cluster.setdefault(posture.cluster, []).append(posture)
    for cluster in sorted(by_cluster):
        first: dict[str, str] = {}
        last: frozenset[str] | None = None
        for posture in sorted(by_cluster[cluster], key=lambda one: one.at):
            ids = frozenset(finding.id for finding in posture.findings if finding.counts)
            first = {name: first.get(name, posture.at) for name in ids}
            points.append(_point(posture, ids, last, min(first.values(), default=None)))
            last = ids
    return tuple(points)


def _point(posture: Posture, ids: frozenset[str], last: frozenset[str] | None, oldest: str | None) -> Point:
    counted = [finding for finding in posture.findings if finding.counts]
    severities = Counter(finding.severity.value for finding in counted)
    owners = Counter(finding.answers.owner or NOBODY for finding in counted)
    return Point(
        at=posture.at,
        cluster=posture.cluster,
        by_severity={severity.value: severities[severity.value] for severity in Severity},
        by_owner=dict(sorted(owners.items(), key=lambda item: (-item[1], item[0]))),
        excepted=sum(finding.excepted for finding in posture.findings),
        provider=sum(not finding.counts and not finding.excepted for finding in posture.findings),
        unknown=sum(result.outcome is Outcome.UNKNOWN for result in posture.results),
        new=len(ids - last) if last is not None else 0,
        gone=len(last - ids) if last is not None else 0,
        oldest_days=(instant(posture.at) - instant(oldest)).days if oldest else None,
    )
