"""What is told to a ledger: who decided what about which credential, and how it ended. A callback, and its values."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from demarc.lifecycle.plan import Decided


class LifecycleEntry(Struct, frozen=True, kw_only=True):
    """One decision or outcome. Never holds a secret value."""

    at: str
    what: str
    """``rotated``, ``withdrawn``, ``undone``."""
    credential: str
    """``namespace/name``; of a grant the binding and the subject."""
    strategy: str
    plan: str
    """Digest of the plan."""
    by: tuple[str, ...] = ()
    """Who approved, confirmed or asked for it."""
    journal: str = ""
    """Hash of the journal's last line: what proves how it went."""
    left: tuple[str, ...] = ()
    """What a person has to remove still."""
    decision: Decided | None = None
    """The decision of a review that it was done for."""
    proof: str = ""
    """What showed that it is gone."""
    grant: bool = False
    unused: str = ""
    """What showed that nobody used it."""


class Recorder(Protocol):
    """Takes entries for a ledger. Called again after a crash: the same entry can come twice."""

    def record(self, entry: LifecycleEntry) -> None:
        """Take one entry."""


class NoRecorder:
    """Where there is no ledger: the journal alone keeps it."""

    def record(self, entry: LifecycleEntry) -> None:
        """Keep nothing."""
