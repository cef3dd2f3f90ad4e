"""From what was typed to what evidence says of approvers, reviewers and rotators."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from demarc.cli.answer import Answer, Run
from demarc.cli.main import STDIN
from demarc.cli.options import Ask, Sources, Trail
from demarc.cli.trail_seen import seen_trail
from demarc.evidence import Ground, Ticket, read_tickets, roles
from demarc.model.assessment import MatrixRow
from demarc.model.cloud_calls import CloudTrail
from demarc.model.errors import DemarcError, Where
from demarc.model.history import History
from demarc.model.ledger import Entry
from demarc.model.roles import RolesReport
from demarc.model.time import days
from demarc.model.trail import TrailFacts

ROTATION = "rotation"
_EARLIER = timedelta(days=731)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Witnesses:
    """What others recorded, read once and before a cluster is: what cannot be read must not cost its minute."""

    def __init__(self, sources: Sources, trail: Trail, ask: Ask, run: Run) -> None:
        self._cloud = _cloud(sources.cloud_trail)
        self._length = _length(sources.within)
        self._tickets = tuple(ticket for path in sources.tickets for ticket in _tickets(path))
        self.trail: TrailFacts | None = seen_trail(trail.events, run)
        self._rotations = _rotations(ask, run)
        self._histories = tuple(_history(path, run, self._length) for path in sources.repository)

    def roles(self, seen: Answer, rows: Iterable[MatrixRow] | None = None) -> RolesReport:
        """What evidence says of the roles of all rows, or of some."""
        ground = Ground(
            snapshot=seen.snapshot,
            inventory=seen.inventory,
            register=seen.register,
            assessment=seen.assessment,
            at=seen.at,
            since=seen.at - self._length,
            trail=self.trail,
            tickets=self._tickets,
            rotations=self._rotations,
            histories=self._histories,
            cloud=self._cloud,
        )
        return roles(ground, rows)


def _length(within: str) -> timedelta:
    try:
        return timedelta(days=days(within))
    except (ValueError, OverflowError) as error:
        raise DemarcError(str(error), where=Where(file="--within"), todo="write 90d, 12w, 6m or 1y") from error


def _tickets(path: Path) -> tuple[Ticket, ...]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DemarcError(
            f"cannot read {path}: {error.strerror or error}", where=Where(file="--tickets"), todo="name a CSV or JSON"
        ) from error
    return read_tickets(data, str(path))


def _cloud(given: tuple[str, ...]) -> CloudTrail | None:
    """The cloud's own trail; None where none was named."""
    if not given:
        return None
    from demarc.events.cloud import read_cloud_trail  # noqa: PLC0415 - only where one was named

    return read_cloud_trail(tuple("-" if one == STDIN else one for one in given), stdin=sys.stdin.buffer)


def _history(path: Path, run: Run, length: timedelta) -> History:
    """The history of a clone, two years longer than was asked for: answers for an earlier moment look further back."""
    from demarc.collect.git import read_history  # noqa: PLC0415 - only where a clone was named

    since = run.now - min(length + _EARLIER, run.now - _EPOCH)
    return read_history(path, since=since, now=run.now, search=os.environ.get("PATH", os.defpath))


def _rotations(ask: Ask, run: Run) -> tuple[Entry, ...] | None:
    """Rotations that a ledger holds, as of today; None without a ledger."""
    from demarc.ledger.store.quick import asking  # noqa: PLC0415 - only where there is a ledger

    ledger = ask.ledger or run.settings.ledger
    if not ledger:
        return None
    with asking(ledger) as reader:
        return tuple(reader.standing(reader.head().size, kinds=(ROTATION,)))
