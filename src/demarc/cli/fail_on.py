"""When a run counts as failed: how many rows of which status a pipeline tolerates."""

from __future__ import annotations

from collections.abc import Mapping

from demarc.model.assessment import GAPS, Assessment, Status
from demarc.model.errors import DemarcError, Where

TODO = (
    "write gaps, a status (unowned, lapsed, conflict, overdue, ambiguous, uncovered, unknown), several with commas, "
    "each with =N for how many are tolerated"
)


def limits(text: str) -> Mapping[frozenset[Status], int]:
    """Read ``gaps``, ``unowned,lapsed``, ``gaps=10,conflict=0``: statuses -> rows that are tolerated."""
    found: dict[frozenset[Status], int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = part.partition("=")
        name = name.strip()
        if name == "gaps":
            statuses = GAPS
        elif name in {status.value for status in Status} - {"assigned", "provider"}:
            statuses = frozenset({Status(name)})
        else:
            raise DemarcError(f"--fail-on does not know {name!r}", where=Where(file="--fail-on"), todo=TODO)
        if number and not number.strip().isdigit():
            raise DemarcError(f"{number!r} is not a number of rows", where=Where(file="--fail-on"), todo=TODO)
        found[statuses] = int(number) if number else 0
    return found


def exceeded(assessment: Assessment, tolerated: Mapping[frozenset[Status], int]) -> list[str]:
    """What is above its limit, in words; empty when nothing is."""
    counts = assessment.tally.by_status
    said = []
    for statuses, limit in tolerated.items():
        count = sum(counts.get(status.value, 0) for status in statuses)
        if count > limit:
            name = "gaps" if statuses == GAPS else next(iter(statuses)).value
            said.append(f"{count} rows are {name}, {limit} tolerated")
    return said
