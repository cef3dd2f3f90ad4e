"""What a strategy is: how one sort of credential is replaced and revoked. See docs/concepts/strategies.md.

The engine calls these in the order of the phases, each again after a crash: every method has to find out what it did
already, and do only the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.credential import Consumer, Credential
from demarc.lifecycle.plan import Phase
from demarc.lifecycle.work import Used, Work


class Setting(Struct, frozen=True, kw_only=True):
    """A setting that a strategy takes. Never a secret value: those are named by the Secret that holds them."""

    name: str
    says: str
    required: bool = False
    default: str = ""


class Fit(Struct, frozen=True, kw_only=True):
    """Whether a strategy can be used for a credential, and what that means for people."""

    problem: str = ""
    """Why not; empty: it can."""
    todo: str = ""
    why: str = ""
    """Why it is the safe way, in words."""
    cannot_undo: tuple[str, ...] = ()
    outage: tuple[str, ...] = ()
    """What it may interrupt, whatever the consumers are."""
    unseen: tuple[str, ...] = ()
    in_place: bool = False
    """It replaces the data of the Secret under its name."""


class Strategy(Protocol):
    """One way to replace or retire a credential."""

    @property
    def name(self) -> str:
        """Name in plans and settings files."""

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Settings that it takes."""

    @property
    def phases(self) -> Mapping[Phase, tuple[str, str]]:
        """Phases that it has, each with what it does and how that is undone (empty: not at all), in words."""

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """Whether it can be used, judged from values alone."""

    def handles(self, consumer: Consumer) -> bool:
        """Whether it can give the new credential to a consumer; else a person has to."""

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """Rights that it needs, besides those on consumers."""

    def precheck(self, work: Work) -> None:
        """Look whether all is as the plan says; write nothing. Raises StopError or DemarcError."""

    def stage(self, work: Work) -> None:
        """Make the new credential, valid beside the old one; nothing uses it yet."""

    def unstage(self, work: Work) -> None:
        """Take the new credential away again."""

    def switch(self, work: Work) -> None:
        """Put the new credential under the old name; only for what works in place."""

    def unswitch(self, work: Work) -> None:
        """Put the old one back."""

    def roll(self, work: Work, consumer: Consumer) -> None:
        """Make a consumer take the new credential. The engine waits until its pods are ready."""

    def unroll(self, work: Work, consumer: Consumer) -> None:
        """Make a consumer take the old one again."""

    def used(self, work: Work) -> Used:
        """When the old credential was used last, as far as anybody can tell."""

    def works(self, work: Work) -> str:
        """Why the new credential does not work; empty when it does."""

    def suspend(self, work: Work) -> None:
        """Turn the old credential off in a way that can be taken back."""

    def restore(self, work: Work) -> None:
        """Turn it on again."""

    def revoke(self, work: Work) -> None:
        """Remove the old credential for good, and see that it is refused."""

    def sweep(self, work: Work) -> tuple[str, ...]:
        """Remove what is left of it; gives what a person has to remove."""

    def verify(self, work: Work) -> str:
        """Why the end is not as it should be; empty when it is: the new one works, the old one does not."""
