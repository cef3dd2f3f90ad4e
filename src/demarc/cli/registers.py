"""Which register an answer rests on: a folder, the ledger as it is or as it was known, or a folder with its reviews."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from demarc.catalog.duties import duties, parts
from demarc.cli.options import Ask
from demarc.cli.screen import Screen
from demarc.cli.settings import Settings
from demarc.model.errors import DemarcError, Where
from demarc.model.register import Register
from demarc.model.time import instant, iso

RegisterAt = Callable[[datetime], Register]
"""Gives the register with which to answer for a moment."""


def registers(ask: Ask, settings: Settings, now: datetime, screen: Screen) -> RegisterAt:
    """Find the register that was asked for. What is wrong with it raises here, before anything else is read.

    ``--ledger`` alone takes the register from the ledger, even where a folder is set; a folder that was named as well
    is the register, and the ledger adds the reviews that were done with it.
    """
    ledger = ask.ledger or settings.ledger
    folder = folder_of(ask, settings)
    known = known_at(ask, now)
    if known is not None and (not ledger or folder):
        raise DemarcError(
            "only a ledger says what was known at an earlier time",
            where=Where(file="--as-known-at"),
            todo="give --ledger, and no --register: a folder says what is known today",
        )
    written = read_register(folder, now, screen) if folder is not None else None
    if not ledger:
        return lambda _: written or Register()
    return _from_ledger(ledger, written, known, screen)


def folder_of(ask: Ask, settings: Settings) -> Path | None:
    """The folder of the register that an answer rests on; None where it is the ledger, or there is none."""
    return ask.register or (None if ask.ledger else settings.register)


def read_register(folder: Path, now: datetime, screen: Screen) -> Register:
    """Read a folder. Warnings are counted on standard error; errors raise."""
    from demarc.register import load_or_raise  # noqa: PLC0415 - only where there is a register

    loaded = load_or_raise(folder, duties=duties().keys(), parts=parts(), now=now)
    others = len(loaded.warnings) + len(loaded.blanks)
    if others:
        noun = "remark" if others == 1 else "remarks"
        screen.note(f"register: {others} {noun}, see demarc register check {folder}")
    return loaded.register


def _from_ledger(ledger: str, written: Register | None, known: datetime | None, screen: Screen) -> RegisterAt:
    from demarc.ledger.asof import register_as_known, with_reviews  # noqa: PLC0415 - only where there is a ledger
    from demarc.ledger.store.quick import asking  # noqa: PLC0415

    with asking(ledger) as reader:
        title = reader.name

    told: set[str] = set()

    def note(said: str) -> None:
        if said not in told:
            screen.note(said)
        told.add(said)

    def at(moment: datetime) -> Register:
        with asking(ledger) as reader:
            if written is not None:
                return with_reviews(written, reader, at=moment).register
            name = title if known is None else f"{title} as recorded by {iso(known)}"
            found = register_as_known(reader, name=name, at=moment, known=known)
            whole = reader.head().size
        said = f"register: {found.head.size:,} of {whole:,} entries of the ledger"
        note(said + (f", those recorded by {iso(known)}" if known is not None else ""))
        if not found.head.size:
            note("the ledger held nothing then, so nobody is known to have held anything")
        return found.register

    return at


def known_at(ask: Ask, now: datetime) -> datetime | None:
    """By when something had to be recorded to count; None: all that is recorded does."""
    if ask.as_known_at is None:
        return None
    if ask.as_known_at.strip().lower() == "now":
        return now
    try:
        return instant(ask.as_known_at)
    except ValueError as error:
        raise DemarcError(str(error), where=Where(file="--as-known-at"), todo="give a date or a time") from error
