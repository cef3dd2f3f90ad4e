"""When a dump was taken: the newest time that the API server wrote into it. It compares times; it reads no clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from demarc.model.time import iso

_SERVER_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
_SKEW = timedelta(days=1)
"""No server's clock is wrong by more; a later time is an accident or a trick, and says nothing."""


class Newest:
    """Keeps the times that a server wrote (RFC 3339, UTC), the newest of each hour, and what bore them."""

    def __init__(self) -> None:
        self._by_hour: dict[str, tuple[str, str]] = {}

    def see(self, time: str, borne_by: str) -> None:
        """Take in a time as the server wrote it, and the kind of the object that bears it; others are passed over."""
        hour = time[:13]
        known = self._by_hour.get(hour)
        if (known is None or time > known[0]) and _SERVER_TIME.fullmatch(time):
            self._by_hour[hour] = (time, borne_by)

    def taken_at(self, now: datetime) -> tuple[datetime | None, str]:
        """Give the newest time, no later than ``now``, and in words how it is known; None where no server wrote one."""
        for hour in sorted(self._by_hour, reverse=True):
            time, borne_by = self._by_hour[hour]
            try:
                at = datetime.fromisoformat(time).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
            if at > now + _SKEW:
                continue
            basis = f"newest time that the API server wrote into it: {iso(at)}, on a {borne_by}"
            return (now, f"{basis}, which is ahead of this clock") if at > now else (at, basis)
        return None, ""
