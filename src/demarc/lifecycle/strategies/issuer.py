"""What an issuer is: whoever makes a credential valid, and can end that. One for each system that issues credentials.

``strategies.new_secret`` brings the credential into the cluster and to its consumers; an issuer does only its own part.
Every method is called again after a crash, and has to find out what it did already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.values import SecretValues
from demarc.lifecycle.credential import Credential
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.work import Used, Work


class Issuer(Protocol):
    """Makes and ends one sort of credential."""

    @property
    def name(self) -> str:
        """Name of the strategy that it makes."""

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Settings that it takes."""

    @property
    def words(self) -> Mapping[str, str]:
        """What ``stage``, ``suspend`` and ``revoke`` do here, in words; without ``suspend``, it cannot."""

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """Whether it can be used for a credential."""

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """Rights that it needs in the cluster, besides those on the Secret."""

    def precheck(self, work: Work, old: SecretValues) -> None:
        """Look whether it could issue; changes nothing."""

    def mint(self, work: Work, old: SecretValues) -> SecretValues:
        """Give the data of the new Secret: made here, or asked of the system that issues it.

        What an earlier call made and could not deliver has to be taken back first, or given again.
        """

    def activate(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Make the new values valid. They lie in the cluster already, so that no crash loses them."""

    def works(self, work: Work, values: SecretValues) -> bool | None:
        """Whether values are accepted now; None where that cannot be tried."""

    def used(self, work: Work, old: SecretValues, new: SecretValues) -> Used:
        """When the old values were used last."""

    def suspend(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Turn the old values off for now."""

    def restore(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Turn them on again."""

    def destroy(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """End the old values for good."""

    def discard(self, work: Work, old: SecretValues, new: SecretValues | None) -> None:
        """Undo ``mint`` and ``activate``; ``new`` is None where it never reached the cluster."""
