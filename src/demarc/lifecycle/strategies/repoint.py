"""Makes consumers refer to another Secret, or restart to read the same one again.

Reads the object, changes only the references, and writes with its resourceVersion. A change by somebody else in between
is looked at once more; whoever changed the template itself stops us.
"""

from __future__ import annotations

from typing import Any, Final

from demarc.lifecycle.cluster.hands import Hands, managers_of
from demarc.lifecycle.cluster.interface import ConflictError
from demarc.lifecycle.cluster.kinds import resource_of
from demarc.lifecycle.cluster.references import at, pointers, refers, repointed
from demarc.lifecycle.cluster.rollout import may_begin
from demarc.lifecycle.credential import Consumer
from demarc.lifecycle.work import StopError, Work

Object = dict[str, Any]
RESTARTED: Final = "kubectl.kubernetes.io/restartedAt"
"""The annotation that kubectl rollout restart writes, too."""
_TRIES: Final = 5
"""A workload's status changes its resourceVersion all the time while it rolls."""
CHANGED: Final = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "ServiceAccount", "Ingress")
"""Kinds whose references can be changed; a pod or a job has to be made anew by whoever made it."""


def live(hands: Hands, consumer: Consumer) -> Object:
    """A consumer as it is now. Raises StopError when it is gone."""
    item = hands.get(resource_of(consumer.kind), consumer.namespace, consumer.name)
    if item is None:
        raise StopError(f"{consumer.key} is gone: make a new plan")
    return item


def repoint(work: Work, consumer: Consumer, old: str, new: str, *, back: bool = False) -> None:
    """Make a consumer refer to ``new`` instead of ``old``. On the way ``back`` no budget is asked."""
    for _ in range(_TRIES):
        item = live(work.hands, consumer)
        if not refers(consumer.kind, item, old):
            if refers(consumer.kind, item, new):
                return
            by = ", ".join(managers_of(item)[:3])
            raise StopError(f"{consumer.key} refers to neither {old} nor {new}: somebody changed it ({by})")
        if consumer.restarts and not back and (why := may_begin(work.hands, consumer, item)):
            raise StopError(why, waits=True)
        after = repointed(consumer.kind, item, old, new)
        changes = [(path, at(after, path)) for path in pointers(consumer.kind)]
        try:
            work.hands.replace_at(resource_of(consumer.kind), item, changes)
        except ConflictError:
            continue
        return
    raise StopError(f"{consumer.key} changes faster than it can be written: try again later", waits=True)


def try_out(work: Work, consumer: Consumer, old: str, new: str) -> None:
    """Have the server say whether it would take the change, admission included; nothing is written."""
    item = live(work.hands, consumer)
    if refers(consumer.kind, item, old):
        after = repointed(consumer.kind, item, old, new)
        changes = [(path, at(after, path)) for path in pointers(consumer.kind)]
        work.hands.replace_at(resource_of(consumer.kind), item, changes, dry_run=True)


def restart(work: Work, consumer: Consumer, mark: str, *, back: bool = False) -> None:
    """Make the pods of a consumer anew, once for each ``mark``. On the way ``back`` no budget is asked."""
    for _ in range(_TRIES):
        item = live(work.hands, consumer)
        template = item["spec"]["template"]
        if (template.get("metadata", {}).get("annotations") or {}).get(RESTARTED) == mark:
            return
        if not back and (why := may_begin(work.hands, consumer, item)):
            raise StopError(why, waits=True)
        patch = {"spec": {"template": {"metadata": {"annotations": {RESTARTED: mark}}}}}
        try:
            work.hands.merge(resource_of(consumer.kind), item, patch)
        except ConflictError:
            continue
        return
    raise StopError(f"{consumer.key} changes faster than it can be written: try again later", waits=True)
