"""The moment that an answer is for."""

from __future__ import annotations

from datetime import datetime

from demarc.model.errors import DemarcError, Where
from demarc.model.snapshot import Snapshot
from demarc.model.time import instant


def moment(asked: str | None, snapshot: Snapshot, now: datetime) -> tuple[datetime, str]:
    """The moment asked for, else when the snapshot was taken, else now; with the reason in words.

    A snapshot speaks of its own time: without ``--at``, who owned things then is what goes with what was there then,
    and the same snapshot and register give the same answer on any day.
    """
    if asked is None:
        if snapshot.taken_at is not None:
            return snapshot.taken_at, f"the snapshot's own time: {snapshot.taken_at_basis}"
        return now.replace(microsecond=0), "now: nothing in the input says when it was taken"
    return moment_or_now(asked, now), "now, as asked" if _is_now(asked) else "as asked"


def moment_or_now(asked: str | None, now: datetime) -> datetime:
    """The moment asked for, else now. Raises DemarcError for what is no time."""
    if asked is None or _is_now(asked):
        return now.replace(microsecond=0)
    try:
        return instant(asked)
    except ValueError as error:
        raise DemarcError(str(error), where=Where(file="--at"), todo="give a date, a time, or the word now") from error


def _is_now(asked: str) -> bool:
    return asked.strip().lower() == "now"
