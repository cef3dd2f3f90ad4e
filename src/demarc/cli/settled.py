"""What confirmations in the ledger settle of the boundary, for those who assess."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from demarc.accountability.assess import Answering
from demarc.cli.options import Ask
from demarc.cli.registers import known_at
from demarc.cli.screen import Screen
from demarc.cli.settings import Settings
from demarc.model.boundary import Settlement
from demarc.model.inventory import Inventory
from demarc.model.ledger import Entry
from demarc.model.register import Register
from demarc.model.snapshot import Snapshot

Answers = Callable[[Snapshot, Inventory, Register, datetime, str], Answering]
"""Answers for a moment, with what was confirmed by then."""


def answers(ask: Ask, settings: Settings, now: datetime, screen: Screen) -> Answers:
    """How to answer: by the published boundary, and by what a ledger holds of confirmations, where one was named."""
    entries = _entries(ask, settings, now)
    if not entries:
        return Answering
    told: set[int] = set()

    def settled(snapshot: Snapshot, inventory: Inventory, register: Register, at: datetime, at_basis: str) -> Answering:
        published = Answering(snapshot, inventory, register, at, at_basis)
        found, later = _settlements(entries, published, at)
        if later and later not in told:
            told.add(later)
            screen.note(
                f"{later:,} readings of the boundary were confirmed from after {at:%Y-%m-%d}: --at now counts them"
            )
        return Answering(snapshot, inventory, register, at, at_basis, settled=found) if found else published

    return settled


def _settlements(entries: tuple[Entry, ...], published: Answering, at: datetime) -> tuple[dict[str, Settlement], int]:
    """What is settled at a moment, and how many readings are settled only later. A change of the row lapses them."""
    from demarc.evidence.boundary import confirmations, settlements, standings, used_rows  # noqa: PLC0415 - only here

    used = used_rows(published.whole)
    found = settlements(standings(used, confirmations(entries, at), at=at, oldest=timedelta.max))
    ever = {one.row for one in confirmations(entries, datetime.max.replace(tzinfo=at.tzinfo)).values() if one.party}
    open_ = {row.id for row in used if row.readings}
    held = {one.row for one in confirmations(entries, at).values() if one.party}
    return found, len((ever & open_) - held)


def _entries(ask: Ask, settings: Settings, now: datetime) -> tuple[Entry, ...]:
    """Confirmations that had been recorded by the moment that was asked for."""
    ledger = ask.ledger or settings.ledger
    if not ledger:
        return ()
    from demarc.evidence.boundary import KIND  # noqa: PLC0415 - only where there is a ledger
    from demarc.ledger.store.quick import asking  # noqa: PLC0415

    with asking(ledger) as reader:
        return tuple(reader.standing(reader.head(known_at(ask, now)).size, kinds=(KIND,)))
