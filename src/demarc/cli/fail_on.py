"""When a run counts as failed: how many rows of which status, and findings of which severity, a pipeline tolerates."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from demarc.model.assessment import GAPS, Assessment, Status
from demarc.model.errors import DemarcError, Where
from demarc.model.posture import Change, Posture, Severity

_ROWS = {status.value for status in Status} - {"assigned", "provider"}
TODO = (
    "write a severity (critical, high, medium, low, info: that and worse), gaps, or a status (unowned, lapsed, "
    "conflict, overdue, ambiguous, uncovered, unknown); several with commas, each with =N for how many are tolerated"
)


class Tolerated(Struct, frozen=True, kw_only=True):
    """How many are tolerated of what."""

    rows: dict[frozenset[Status], int] = {}
    findings: dict[Severity, int] = {}
    """Severity -> findings of it and of worse ones."""


def limits(text: str) -> Tolerated:
    """Read ``high``, ``unowned,lapsed``, ``gaps=10,critical=0``."""
    rows: dict[frozenset[Status], int] = {}
    findings: dict[Severity, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = part.partition("=")
        name = name.strip()
        if number and not number.strip().isdigit():
            raise DemarcError(f"{number!r} is not a number", where=Where(file="--fail-on"), todo=TODO)
        tolerated = int(number) if number else 0
        if name in {severity.value for severity in Severity}:
            findings[Severity(name)] = tolerated
        elif name == "gaps":
            rows[GAPS] = tolerated
        elif name in _ROWS:
            rows[frozenset({Status(name)})] = tolerated
        else:
            raise DemarcError(f"--fail-on does not know {name!r}", where=Where(file="--fail-on"), todo=TODO)
    return Tolerated(rows=rows, findings=findings)


def exceeded(assessment: Assessment, posture: Posture | None, tolerated: Tolerated) -> list[str]:
    """What is above its limit, in words; empty when nothing is."""
    return [*_rows(assessment, tolerated.rows), *findings_exceeded(posture, tolerated)]


def _rows(assessment: Assessment, tolerated: Mapping[frozenset[Status], int]) -> list[str]:
    counts = assessment.tally.by_status
    said = []
    for statuses, limit in tolerated.items():
        count = sum(counts.get(status.value, 0) for status in statuses)
        if count > limit:
            name = "gaps" if statuses == GAPS else next(iter(statuses)).value
            said.append(f"{count} rows are {name}, {limit} tolerated")
    return said


def findings_exceeded(posture: Posture | None, tolerated: Tolerated) -> list[str]:
    """The same of findings. With a baseline only new ones count: a pipeline must not fail on what was there before."""
    if posture is None:
        return []
    counted = [one for one in posture.findings if one.counts and (not posture.baseline or one.change is Change.NEW)]
    said = []
    for severity, limit in tolerated.findings.items():
        count = sum(finding.severity.rank <= severity.rank for finding in counted)
        if count > limit:
            new = "new " if posture.baseline else ""
            worse = "" if severity is Severity.CRITICAL else " or worse"
            noun = "finding is" if count == 1 else "findings are"
            said.append(f"{count} {new}{noun} {severity.value}{worse}, {limit} tolerated")
    return said
