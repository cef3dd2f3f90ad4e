"""What goes into an audit pack, before it has any form."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from demarc.intake.manifest import Item
from demarc.model.assessment import Assessment
from demarc.model.frameworks import FrameworkView
from demarc.model.posture import Posture
from demarc.model.register import Register
from demarc.model.reviews import Campaign
from demarc.reports.beside import Beside


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """An entry of the ledger that the answer rests on."""

    seq: int
    kind: str
    subject: str
    actor: str
    recorded_at: str
    proof: bytes | None
    """Proof that it is in the ledger; None where no checkpoint covers it."""


class LedgerPart(Struct, frozen=True, kw_only=True):
    """What the ledger gives to a pack."""

    name: str
    origin: str
    size: int
    """Entries in the export."""
    known: int
    """Entries that the answer could rest on: those that were recorded by the moment that was asked for."""
    signed: int
    """Entries under the last checkpoint of the export; 0: nobody signed."""
    root: str
    export: Path
    checkpoint: bytes | None
    entries: tuple[LedgerEntry, ...]
    verifier: bytes
    register_too: bool
    """Whether the register comes from the ledger; otherwise only reviews do."""


class Content(Struct, frozen=True, kw_only=True):
    """Everything that a pack tells."""

    assessment: Assessment
    posture: Posture
    view: FrameworkView
    register: Register
    beside: Beside | None = None
    """What evidence says of the roles of rows; None where nobody asked it."""
    campaigns: tuple[Campaign, ...] = ()
    """Reviews that were done with the ledger, as of the date."""
    ledger: LedgerPart | None = None
    known_at: str = ""
    """By when it had to be recorded; empty: all that is recorded."""
    files: tuple[Item, ...] = ()
    """Files that are put in as they were read: the register's."""
