"""Until when versions of Kubernetes are supported: dated data, with its source. What it does not cover is unknown."""

from __future__ import annotations

from datetime import date
from functools import cache

import msgspec
from msgspec import Struct

from demarc.catalog.files import read


class Support(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a version is supported; the day named is the last."""

    ends: date
    extended: date | None = None
    """Last day of a further time that is paid for."""


class Calendar(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The calendar of one provider."""

    provider: str
    """Key of the boundary catalogue."""
    source: str
    as_of: date
    command: str
    """What to run for the calendar of the day."""
    versions: dict[str, Support]
    """By minor version: ``1.33``."""

    def support(self, minor: str) -> Support | None:
        """Support of a version: that of the oldest known for one that is older; None for one that is not known."""
        if minor in self.versions:
            return self.versions[minor]
        oldest = min(self.versions, key=_number)
        return self.versions[oldest] if _number(minor) < _number(oldest) else None


def _number(minor: str) -> tuple[int, ...]:
    return tuple(int(part) for part in minor.split("."))


@cache
def calendars() -> dict[str, Calendar]:
    """Calendars by provider."""
    found = msgspec.convert(read("versions.yaml"), tuple[Calendar, ...], strict=False)
    return {calendar.provider: calendar for calendar in found}
