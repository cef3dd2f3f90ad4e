"""Instants and periods. All instants are aware UTC datetimes; the clock itself is never read here."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from msgspec import Struct

_DURATION = re.compile(r"^(\d+)\s*(d|w|m|y)$")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


class Period(Struct, frozen=True, kw_only=True):
    """A half-open span of time: ``since <= t < until``. ``None`` means unbounded on that side.

    A date stands for its first moment in UTC, so ``valid_to: 2026-07-01`` hands over cleanly to
    ``valid_from: 2026-07-01``, and nothing holds for longer than it says.
    """

    since: datetime | None = None
    until: datetime | None = None

    def contains(self, at: datetime) -> bool:
        """Tell whether the period holds at ``at``."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)

    def ended(self, at: datetime) -> bool:
        """Tell whether the period is over at ``at``."""
        return self.until is not None and self.until <= at

    def overlaps(self, other: Period) -> bool:
        """Tell whether both periods share a moment."""
        starts_before_end = self.since is None or other.until is None or self.since < other.until
        return starts_before_end and (other.since is None or self.until is None or other.since < self.until)


ALWAYS = Period()


def instant(value: str | date | datetime) -> datetime:
    """Read an ISO 8601 instant, a date (its first moment in UTC), or what YAML made of either.

    An instant without an offset is taken as UTC. Raises ValueError with the accepted forms.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time.min, UTC)
    try:
        parsed = datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise ValueError(f"not a time: {value!r}; write 2026-03-31 or 2026-03-31T12:00:00Z") from error
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def iso(at: datetime) -> str:
    """Write an instant as ``2026-03-31T12:00:00Z``, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def days(value: str | int) -> int:
    """Read a length such as ``90d``, ``12w``, ``6m`` (30 days each) or ``1y`` (365 days) as days."""
    if isinstance(value, int):
        return value
    match = _DURATION.match(value.strip().lower())
    if not match:
        raise ValueError(f"not a length of time: {value!r}; write 90d, 12w, 6m or 1y")
    return int(match[1]) * _DAYS[match[2]]
