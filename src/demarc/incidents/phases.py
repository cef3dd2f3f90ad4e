"""Where an act lies beside a fix: before it, after it and the agreed term, between the two, or across.

Dates are as exact as the record gives them: a start is read as its first day, an end as its last. Knows no party.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from demarc.model.incidents import Day


class Phase(StrEnum):
    """Where the time of an act lies."""

    BEFORE = "before"
    """There was no fix, or it came as the act ended."""
    BETWEEN = "between"
    """There was a fix, and the term to roll it out still ran."""
    AFTER = "after"
    ACROSS = "across"
    """It began before the fix and lasted beyond the term, or has no end on record."""
    UNSETTLED = "unsettled"
    """It touches the term, and so cannot be told."""


def phase(since: Day, until: Day | None, fixed: Day | None, term: timedelta) -> Phase:
    """Place an act beside a fix. Without a fix it lies before it, however long it lasted."""
    if fixed is None:
        return Phase.BEFORE
    start, fix, due = since.first, fixed.first, fixed.first + term
    end = until.last if until is not None else None
    if end is not None and (end < fix or (end == fix and start < fix)):
        return Phase.BEFORE
    if start >= due:
        return Phase.AFTER
    if start < fix:
        return Phase.ACROSS if _beyond(end, due) else Phase.UNSETTLED
    return Phase.UNSETTLED if _beyond(end, due) else Phase.BETWEEN


def _beyond(end: date | None, due: date) -> bool:
    return end is None or end >= due
