"""What the commands of the ledger share: which ledger, whose key, and what the world outside says."""

from __future__ import annotations

import getpass
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from demarc.cli.answer import Run
from demarc.cli.screen import Screen
from demarc.model.errors import DemarcError, Where
from demarc.model.time import instant
from demarc.reports.text import count

if TYPE_CHECKING:
    from demarc.ledger.note import Key
    from demarc.ledger.signing import Signer
    from demarc.ledger.store.store import Store

BOOK = Group("Which ledger", sort_key=1)
KEY_FILE = "ledger.key"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Book:
    """Which ledger."""

    ledger: Annotated[str | None, Parameter(group=BOOK)] = None
    """File of the ledger, or postgresql://USER@HOST/DATABASE. Default: $DEMARC_LEDGER."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Signing:
    """Whose key signs."""

    key: Annotated[Path | None, Parameter(group=BOOK)] = None
    """Private key that signs: Ed25519, PEM. Default: ledger.key in $DEMARC_HOME, where there is one."""
    sign_command: Annotated[str | None, Parameter(group=BOOK)] = None
    """Command that signs its standard input instead: a key service, or a hardware module."""


def target(book: Book, run: Run) -> str:
    """The ledger that was named. Raises DemarcError when none was."""
    named = book.ledger or run.settings.ledger
    if not named:
        raise DemarcError(
            "no ledger was named", where=Where(file="--ledger"), todo="give --ledger FILE, or set DEMARC_LEDGER"
        )
    return named


def opened(book: Book, run: Run, *, writing: bool = False) -> Store:
    """Open the ledger that was named."""
    from demarc.ledger.store.open import open_store  # noqa: PLC0415 - the database's library is slow to import

    return open_store(target(book, run), writing=writing)


def clock() -> datetime:
    """The time of this machine."""
    return datetime.now(tz=UTC)


def account() -> str:
    """The account of the operating system, as far as there is one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def told_time(text: str | None, option: str) -> datetime | None:
    """Read a time that was typed."""
    if text is None:
        return None
    if text.strip().lower() == "now":
        return clock()
    try:
        return instant(text)
    except ValueError as error:
        raise DemarcError(str(error), where=Where(file=option), todo="give a date, or a time") from error


def identity(store: Store) -> tuple[str, tuple[Key, ...]]:
    """Origin of a ledger, and the keys that sign it now: those of its first entry, or the one handed over to."""
    from demarc.ledger.chain import KEY  # noqa: PLC0415 - loaded only when needed
    from demarc.ledger.note import Key  # noqa: PLC0415

    with store.reading() as reader:
        first = reader.entry(0)
        handed = list(reader.entries(reader.head().size, kinds=[KEY]))
    body = (first.body if first is not None else None) or {}
    try:
        named = [(one.body or {})["key"] for one in handed[-1:]] or body.get("keys", ())
        return str(body["origin"]), tuple(Key.parse(text) for text in named)
    except (KeyError, ValueError) as error:
        raise DemarcError(
            "the ledger was never opened: its first entry does not say what it is",
            where=Where(file=store.name),
            todo="demarc ledger init, or restore it from a backup",
        ) from error


def signer(signing: Signing, keys: tuple[Key, ...], run: Run) -> tuple[Signer, Key] | None:
    """Whoever signs for one of the ledger's keys; None where no key is at hand and none was named."""
    from demarc.ledger.signing import CommandSigner, FileSigner  # noqa: PLC0415 - loaded only when needed

    if signing.sign_command is not None:
        if not keys:
            raise DemarcError("this ledger has no key", todo="demarc ledger init names it, with --public-key")
        return CommandSigner(words(signing.sign_command), keys[0].public), keys[0]
    path = signing.key or run.settings.home / KEY_FILE
    if signing.key is None and not path.is_file():
        return None
    file = FileSigner(path)
    key = next((key for key in keys if key.public == file.public), None)
    if key is not None:
        return file, key
    if signing.key is None:
        return None
    raise DemarcError(
        "this key is none of the ledger's", where=Where(file=str(path)), todo="demarc ledger show 0 names its keys"
    )


def words(command: str) -> tuple[str, ...]:
    """A command as its words."""
    try:
        found = tuple(shlex.split(command))
    except ValueError:
        found = ()
    if not found:
        raise DemarcError("this is no command", where=Where(file="--sign-command"), todo="write a command, quoted")
    return found


def sign(store: Store, signing: Signing, run: Run, *, needed: bool) -> bytes | None:
    """Sign the ledger as it stands and keep the checkpoint.

    None where no key is at hand; with ``needed`` that is an error.
    """
    from demarc.ledger.signing import checkpoint  # noqa: PLC0415 - loaded only when needed

    origin, keys = identity(store)
    found = signer(signing, keys, run)
    if found is None:
        if needed:
            raise DemarcError(
                "no key of this ledger is at hand",
                where=Where(file="--key"),
                todo=f"name it with --key, or put it into {run.settings.home / KEY_FILE}",
            )
        return None
    who, key = found
    with store.reading() as reader:
        head = reader.head()
    note = checkpoint(who, name=key.name, origin=origin, size=head.size, root=head.root)
    store.keep(note)
    return note


def said(screen: Screen, store: Store, signing: Signing, run: Run, size: int) -> None:
    """After something was recorded: sign where a key is at hand, and say whether."""
    held = count(size, "entry", "entries")
    signed = sign(store, signing, run, needed=False)
    if signed is None:
        screen.note(f"{held}; not signed: no key of this ledger is at hand (demarc ledger checkpoint --key)")
    else:
        screen.note(f"{held}, signed")
