"""A strategy that does nothing yet: what others are made from, so that each has only the methods it needs."""

from __future__ import annotations

from collections.abc import Mapping

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.credential import Consumer, Credential
from demarc.lifecycle.plan import Phase
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.strategies.repoint import CHANGED
from demarc.lifecycle.work import Used, Work


class PlainStrategy:
    """Every method of a strategy, without effect."""

    name = ""
    settings: tuple[Setting, ...] = ()
    phases: Mapping[Phase, tuple[str, str]] = {}

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """Whether it can be used."""
        return Fit()

    def handles(self, consumer: Consumer) -> bool:
        """Whatever has references that can be changed."""
        return consumer.kind in CHANGED

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """To read and write the Secret."""
        verbs = ("get", "patch")
        return tuple(Right(verb=verb, resource="secrets", namespace=credential.namespace) for verb in verbs)

    def precheck(self, work: Work) -> None:
        """Nothing to look at."""

    def stage(self, work: Work) -> None:
        """Nothing to make."""

    def unstage(self, work: Work) -> None:
        """Nothing was made."""

    def switch(self, work: Work) -> None:
        """Nothing to put elsewhere."""

    def unswitch(self, work: Work) -> None:
        """Nothing was put elsewhere."""

    def roll(self, work: Work, consumer: Consumer) -> None:
        """Nothing to tell a consumer."""

    def unroll(self, work: Work, consumer: Consumer) -> None:
        """Nothing was told."""

    def used(self, work: Work) -> Used:
        """Nobody can tell."""
        return Used(known=False, says="nobody notes it")

    def works(self, work: Work) -> str:
        """Nothing to try."""
        return ""

    def suspend(self, work: Work) -> None:
        """Cannot be done."""

    def restore(self, work: Work) -> None:
        """Cannot be done."""

    def revoke(self, work: Work) -> None:
        """Nothing to end."""

    def sweep(self, work: Work) -> tuple[str, ...]:
        """Nothing is left."""
        return ()

    def verify(self, work: Work) -> str:
        """Nothing to check."""
        return ""
