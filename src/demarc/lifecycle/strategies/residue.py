"""What is left of an old credential after its end: replica sets that would bring it back, copies.

Removes what only Demarc's change made useless; names what a person has to look at.
"""

from __future__ import annotations

from typing import Any, Final

from demarc.lifecycle.cluster.kinds import REPLICA_SET, SECRET
from demarc.lifecycle.cluster.references import refers
from demarc.lifecycle.work import Work

Object = dict[str, Any]
_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def sweep(work: Work, *, gone: str | None) -> tuple[str, ...]:
    """Sweep the namespace of a credential. ``gone``: name of the Secret that is no more; None: it was kept."""
    left: list[str] = []
    if gone is not None:
        left += _replica_sets(work, gone)
    else:
        _annotation(work)
    left += [f"Secret {copy} held the same value when the plan was made" for copy in work.credential.copies]
    return tuple(left)


def _replica_sets(work: Work, gone: str) -> list[str]:
    """Old replica sets of consumers that refer to the Secret: rolling back to one of them would start no pod."""
    names = {consumer.name for consumer in work.credential.consumers if consumer.kind == "Deployment"}
    left: list[str] = []
    for item in work.hands.list(REPLICA_SET, work.credential.namespace):
        item = {"apiVersion": "apps/v1", "kind": "ReplicaSet", **item}  # noqa: PLW2901 - lists leave the kind out
        owners = item["metadata"].get("ownerReferences") or ()
        if not refers("ReplicaSet", item, gone) or not any(owner.get("name") in names for owner in owners):
            continue
        if item["spec"].get("replicas", 1) == 0 and (item.get("status") or {}).get("replicas", 0) == 0:
            work.hands.delete(REPLICA_SET, item)
        else:
            left.append(f"ReplicaSet {item['metadata']['name']} still refers to {gone}")
    return left


def _annotation(work: Work) -> None:
    """The annotation of kubectl apply repeats the old data, whoever changes the Secret later."""
    found = work.hands.metadata(SECRET, work.credential.namespace, work.credential.name)
    if found is not None and _APPLIED in (found["metadata"].get("annotations") or {}):
        work.hands.merge(SECRET, found, {"metadata": {"annotations": {_APPLIED: None}}})
