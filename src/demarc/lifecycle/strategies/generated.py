"""A secret that nobody issues: a random value that those who share it compare or encrypt with.

While it rolls, some pods have the old value and some the new; where the program can hold both, ``previous_key`` names
the key under which it looks for the old one.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.values import SecretValues
from demarc.lifecycle.credential import Credential, CredentialKind
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.work import Used, Work

_LEAST_BYTES: Final = 16


class GeneratedIssuer:
    """Makes random values."""

    name = "generated"
    settings = (
        Setting(name="keys", says="keys of the Secret to make anew, with commas", default="all"),
        Setting(name="bytes", says="random bytes of each value, written as base64url", default="32"),
        Setting(name="previous_key", says="key under which the program looks for the old value, if it can hold two"),
    )
    words: Mapping[str, str] = {
        "stage": "make a new random value in a new Secret",
        "revoke": "remove the Secret with the old value",
    }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """For opaque Secrets alone, and only by name: a value that somebody issued cannot be made up."""
        if credential.kind is not CredentialKind.OPAQUE:
            return Fit(problem=f"a {credential.kind.value} is issued by somebody; a random value would not work")
        if (size := settings.get("bytes", "32")) and not (size.isdecimal() and int(size) >= _LEAST_BYTES):
            return Fit(problem=f"bytes: {size!r} is too short to be a secret", todo=f"at least {_LEAST_BYTES}")
        shared = len(credential.consumers) > 1 or any(one.replicas > 1 for one in credential.consumers)
        outage: tuple[str, ...] = ()
        if shared and not settings.get("previous_key"):
            outage = (
                "pods with the old and pods with the new value run side by side, and may not understand each other",
            )
        return Fit(
            why="a random value that nobody issues",
            cannot_undo=("what was encrypted or signed with the new value, once the old one is back",),
            outage=outage,
        )

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """None besides the Secret's own."""
        del credential
        return ()

    def precheck(self, work: Work, old: SecretValues) -> None:
        """Nothing can be wrong that would show here."""

    def mint(self, work: Work, old: SecretValues) -> SecretValues:
        """Random values for the keys; all others stay."""
        size = int(work.rotation.settings.get("bytes", "32"))
        chosen = work.rotation.settings.get("keys", "all")
        keys = tuple(old) if chosen == "all" else tuple(key.strip() for key in chosen.split(","))
        previous = work.rotation.settings.get("previous_key", "")
        fresh = {
            key: base64.urlsafe_b64encode(work.tools.random_bytes(size)).rstrip(b"=") for key in keys if key != previous
        }
        kept = {previous: old.get(next(iter(fresh)), b"")} if previous and fresh else {}
        return SecretValues({**old, **fresh, **kept})

    def activate(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Nobody has to be told."""

    def works(self, work: Work, values: SecretValues) -> bool | None:
        """Only the program itself can tell."""
        return None

    def used(self, work: Work, old: SecretValues, new: SecretValues) -> Used:
        """Whatever refers to the Secret uses it; a copy elsewhere cannot be seen."""
        return Used(known=not work.rotation.by_hand, says="nothing in the cluster refers to the old Secret")

    def suspend(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Cannot be done."""

    def restore(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Cannot be done."""

    def destroy(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Goes with its Secret."""

    def discard(self, work: Work, old: SecretValues, new: SecretValues | None) -> None:
        """Goes with its Secret."""
