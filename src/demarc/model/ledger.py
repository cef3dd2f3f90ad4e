"""What the ledger holds and says: entries with the time for which they hold and the time at which they were recorded.

Times are text of one fixed form, so that they sort as they read. Nothing here knows how entries are stored or signed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from msgspec import Struct

FORMAT = "demarc.ledger/1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def stamp(at: datetime) -> str:
    """Write an instant as the ledger does: ``2026-03-31T12:00:00.000000Z``, always to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@lru_cache(maxsize=4096)
def moment_of(text: str) -> datetime:
    """Read what ``stamp`` wrote. Raises ValueError for any other form."""
    if not _TIME.fullmatch(text):
        raise ValueError(f"not a time of the ledger: {text!r}")
    return datetime.fromisoformat(text)


@lru_cache(maxsize=4096)
def micros(text: str) -> int:
    """Microseconds since 1970 of a time of the ledger."""
    return (moment_of(text) - _EPOCH) // _MICROSECOND


def text_of(microseconds: int) -> str:
    """Time of the ledger out of microseconds since 1970."""
    return stamp(_EPOCH + timedelta(microseconds=microseconds))


class Act(StrEnum):
    """What an entry does."""

    STATES = "states"
    """It says something new."""
    REPLACES = "replaces"
    """It says something anew: what the superseded entry said no longer stands. The correction of a ledger."""
    WITHDRAWS = "withdraws"
    """What the superseded entry said no longer stands, and nothing comes in its place."""


class Draft(Struct, frozen=True, kw_only=True):
    """An entry before it has its place in the ledger."""

    actor: str
    """Whoever decided it, in the register's words. What the writer says: the ledger proves when, not who."""
    kind: str
    """What sort of thing it is: ``register.assignment``, ``approval``, ``rotation``, ..."""
    subject: str
    """What it is about, in words that are the same every time."""
    act: Act = Act.STATES
    supersedes: int | None = None
    """The entry that it replaces or withdraws; None for one that states."""
    valid_from: str | None = None
    """First moment for which it holds; None: it has always held."""
    valid_to: str | None = None
    """First moment for which it no longer holds; None: without end."""
    body: dict[str, Any] | None = None


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry. Its fields, in this order and in compact JSON, are the bytes that were hashed."""

    seq: int
    """Its place, from 0."""
    recorded_at: str
    """When it was recorded: the same for entries that were recorded at once, later for all that follow."""
    writer: str
    """The account that recorded it: of the database server, else of the operating system."""
    actor: str
    act: Act
    supersedes: int | None
    kind: str
    subject: str
    valid_from: str | None
    valid_to: str | None
    body: dict[str, Any] | None
    prev: str
    """Leaf hash of the entry before it, hex; 64 zeros for the first."""


class Head(Struct, frozen=True, kw_only=True):
    """The ledger as of a moment of recording: how many entries it had, and the root of the tree over them."""

    size: int
    root: bytes
    at: str
    """When the last of them was recorded; empty for a ledger without entries."""


class Finding(Struct, frozen=True, kw_only=True):
    """Something in a ledger that cannot be as it was written."""

    what: str
    seq: int | None = None
    """The entry it is about, or the first of two of which one was changed; None: of no single one."""

    def __str__(self) -> str:
        return self.what if self.seq is None else f"entry {self.seq}: {self.what}"


class Stamp(Struct, frozen=True, kw_only=True):
    """What a time stamp authority confirmed."""

    at: str
    """The authority's time, ISO 8601."""
    authority: str
    """Name in its certificate."""
    trusted: bool
    """Whether the certificate leads to one that the reader named."""
    size: int
    """Entries of the ledger that it covers."""


class Verified(Struct, frozen=True, kw_only=True):
    """The outcome of looking at a whole ledger."""

    origin: str
    size: int
    root: bytes
    findings: tuple[Finding, ...]
    more_findings: int
    """Findings beyond those that are listed."""
    signed: int
    """Entries under the last checkpoint with a good signature; 0: nobody signed."""
    signers: tuple[str, ...]
    """Names of the keys whose signatures were good."""
    keys_given: bool
    """Whether the reader named the keys. If not, they are those that the ledger names itself."""
    handed: tuple[int, ...]
    """Sizes of the checkpoints that the reader held, and that this ledger continues."""
    stamps: tuple[Stamp, ...]
    recorded: tuple[str, str]
    """When the first and the last entry were recorded; empty texts for a ledger without entries."""

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings
