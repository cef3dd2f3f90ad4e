"""How long a schedule can stay silent: an upper bound, from which of its fields are limited at all."""

from __future__ import annotations

from typing import Final

_HOUR, _DAY = 3600, 86400
_NAMED: Final = {
    "@hourly": _HOUR,
    "@daily": _DAY,
    "@midnight": _DAY,
    "@weekly": 7 * _DAY,
    "@monthly": 31 * _DAY,
    "@yearly": 366 * _DAY,
    "@annually": 366 * _DAY,
}
UNKNOWN: Final = 31 * _DAY
"""For a schedule that cannot be read."""


def longest_gap(schedule: str) -> int:
    """Seconds that can lie between two runs of a cron schedule at most."""
    words = schedule.split()
    if words and words[0].startswith(("TZ=", "CRON_TZ=")):
        words = words[1:]
    if len(words) == 1:
        return _NAMED.get(words[0].lower(), UNKNOWN)
    if len(words) != 5:
        return UNKNOWN
    _, hour, day, month, weekday = words
    if not _any(month):
        return 366 * _DAY
    if not _any(day) and _any(weekday):
        return 31 * _DAY
    if not _any(weekday):
        return 7 * _DAY
    return _DAY if not _any(hour) else _HOUR


def _any(field: str) -> bool:
    return field in ("*", "?", "*/1")
