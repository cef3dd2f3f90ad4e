"""Secrets that the External Secrets operator copies out of a store: read anew, once the store holds a new value.

The value itself is rotated where the store is; by whom, the plan says. Demarc has the operator read it, sees by the
operator's own hash that it changed, and brings it to the consumers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.kinds import EXTERNAL_SECRET, SECRET
from demarc.lifecycle.credential import Credential
from demarc.lifecycle.plan import Phase
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.strategies.reconciled import ReconciledStrategy, wait_until
from demarc.lifecycle.work import StopError, Work

Object = dict[str, Any]
_GROUP: Final = "external-secrets.io"
_FORCE: Final = "external-secrets.io/force-sync"
_HASH: Final = "reconcile.external-secrets.io/data-hash"
_NEVER: Final = ("0", "0s", "0m", "0h", "0h0m0s")


class ExternalSecretsStrategy(ReconciledStrategy):
    """Has the operator read the store."""

    name = "external-secrets"
    settings: tuple[Setting, ...] = ()
    phases: Mapping[Phase, tuple[str, str]] = {
        Phase.STAGE: (
            "have the operator read the store, and see that the value changed",
            "only while the store holds the old value",
        ),
        Phase.ROLL: ("restart {consumer}, so that it takes the new value", "nothing to undo"),
        Phase.PROVE: ("see that the Secret holds the new value", "nothing to undo"),
        Phase.VERIFY: ("see that the Secret still holds the new value", "nothing to undo"),
    }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """For a Secret that the operator writes."""
        manager = credential.manager
        if manager is None or manager.kind != "external-secrets":
            return Fit(problem="the External Secrets operator does not keep it")
        return Fit(
            why="the operator keeps it: the value has to change in the store first",
            in_place=True,
            cannot_undo=("the operator replaces the value at once; the way back leads through the store",),
            unseen=("whether the old value still works at whoever issued it: its owner has to end it there",),
        )

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """To see the Secret's metadata, and to annotate its source."""
        where = credential.namespace
        return (
            Right(verb="get", resource="secrets", namespace=where),
            Right(verb="get", resource="externalsecrets", group=_GROUP, namespace=where),
            Right(verb="patch", resource="externalsecrets", group=_GROUP, namespace=where),
        )

    def precheck(self, work: Work) -> None:
        """It reads again when told."""
        item = self._source(work)
        policy = item["spec"].get("refreshPolicy", "Periodic")
        if policy == "CreatedOnce" or str(item["spec"].get("refreshInterval", "1h")) in _NEVER:
            raise StopError("the ExternalSecret never reads the store again (refreshPolicy, refreshInterval)")

    def stage(self, work: Work) -> None:
        """Tell the operator, once, and wait until the hash of the data is another one."""
        if not work.fact("old hash"):
            work.note("old hash", self._hash(work) or "none")
        mark = work.plan[:16]
        item = self._source(work)
        if (item["metadata"].get("annotations") or {}).get(_FORCE) != mark:
            work.note("read before", _read_mark(item))
            work.hands.merge(EXTERNAL_SECRET, item, {"metadata": {"annotations": {_FORCE: mark}}})
        wait_until(work, lambda: self._is_read(work), "the operator has not read the store yet")
        if self._hash(work) == work.fact("old hash"):
            # To have it read again the next time.
            item = self._source(work)
            work.hands.merge(EXTERNAL_SECRET, item, {"metadata": {"annotations": {_FORCE: f"{mark}-again"}}})
            raise StopError("the store still holds the old value: change it there, then apply again", waits=True)

    def unstage(self, work: Work) -> None:
        """Nothing was changed while the value is the old one."""
        if work.fact("old hash") and self._hash(work) != work.fact("old hash"):
            raise StopError("the value has changed: put the old one back into the store, then undo again")

    def works(self, work: Work) -> str:
        """The hash is another one."""
        return "" if self._hash(work) != work.fact("old hash") else "the Secret holds the old value"

    def verify(self, work: Work) -> str:
        """The same."""
        return self.works(work)

    def _is_read(self, work: Work) -> bool:
        if self._hash(work) != work.fact("old hash"):
            return True
        return _read_mark(self._source(work)) != work.fact("read before")

    def _source(self, work: Work) -> Object:
        manager = work.credential.manager
        found = work.hands.get(EXTERNAL_SECRET, work.credential.namespace, manager.name if manager else "")
        if found is None:
            raise StopError(f"ExternalSecret {work.credential.namespace}/{manager.name if manager else ''} is gone")
        return found

    def _hash(self, work: Work) -> str:
        found = work.hands.metadata(SECRET, work.credential.namespace, work.credential.name)
        return str(((found or {}).get("metadata", {}).get("annotations") or {}).get(_HASH, ""))


def _read_mark(item: Object) -> str:
    """When and for which annotations the operator read the store last."""
    status = item.get("status") or {}
    return f"{status.get('refreshTime', '')} {status.get('syncedResourceVersion', '')}"
