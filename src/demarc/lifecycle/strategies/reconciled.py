"""What the strategies share that only ask an operator to do it: the Secret is replaced in place, by its own keeper.

There is no way back for Demarc here: the operator holds the truth, and takes back whatever others write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from demarc.lifecycle.credential import Consumer
from demarc.lifecycle.strategies.plain import PlainStrategy
from demarc.lifecycle.strategies.repoint import restart
from demarc.lifecycle.work import StopError, Used, Work

_POLL: Final = 2.0
_PATIENCE: Final = 300.0


class ReconciledStrategy(PlainStrategy):
    """Rolls consumers by restarting them."""

    def handles(self, consumer: Consumer) -> bool:
        """Workloads are restarted; ingresses and jobs to come read the Secret by themselves."""
        return consumer.restarts or consumer.kind in ("Ingress", "CronJob", "ServiceAccount")

    def roll(self, work: Work, consumer: Consumer) -> None:
        """Restart it."""
        if consumer.restarts:
            restart(work, consumer, f"{work.plan[:12]}-new")

    def used(self, work: Work) -> Used:
        """Pods were made anew since the Secret was replaced; what is outside, nobody can tell."""
        return Used(known=not work.rotation.by_hand, says="every consumer was restarted since the Secret was replaced")


def wait_until(work: Work, is_so: Callable[[], bool], otherwise: str) -> None:
    """Wait for an operator. Raises StopError when it does not come to it."""
    begun = work.tools.now()
    while not is_so():
        if (work.tools.now() - begun).total_seconds() >= _PATIENCE:
            raise StopError(otherwise, waits=True)
        work.tools.sleep(_POLL)
