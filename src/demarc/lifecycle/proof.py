"""Waiting and proving: a rollout that gets through, a new credential that works, an old one that nothing uses.

What cannot be seen is not proven: without anybody who can tell, a person has to confirm each use from outside.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from demarc.lifecycle.cluster.hands import Object
from demarc.lifecycle.cluster.kinds import POD, resource_of
from demarc.lifecycle.cluster.references import refers
from demarc.lifecycle.cluster.rollout import is_manual, pods_of, rollout_of, unhealthy
from demarc.lifecycle.credential import Consumer
from demarc.lifecycle.strategies.interface import Strategy
from demarc.lifecycle.unplanned import unplanned
from demarc.lifecycle.work import StopError, Work
from demarc.model.time import instant, iso

UNSEEN: Final = "unseen"
"""What a person confirms where no use could be seen and no consumer outside is known: that nothing else uses it."""
USED: Final = "used"
"""What a person confirms where access is withdrawn that is still in use: that whoever uses it knows."""
_FIRST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 5.0


def wait_for(work: Work, consumer: Consumer, *, patience: float) -> None:
    """Wait until a consumer's pods are new and ready. Raises StopError when they are not in time."""
    if not consumer.restarts:
        return
    resource = resource_of(consumer.kind)

    def problem() -> str:
        item = work.hands.get(resource, consumer.namespace, consumer.name)
        if item is None:
            return f"{consumer.key} is gone"
        if is_manual(item):
            _replace_by_hand(work, item)
        rollout = rollout_of(consumer.kind, item)
        return "" if rollout.through else rollout.says

    if says := _until(work, problem, patience):
        raise StopError(f"the rollout does not get through: {says}; look at its new pods, then apply again or undo")


def prove(work: Work, strategy: Strategy, *, patience: float) -> str:
    """Prove that the new credential works and that the old one is not used, over the quiet window."""
    if problem := strategy.works(work):
        raise StopError(problem)
    if problem := _still_refers(work):
        raise StopError(problem, waits=True)
    if not work.fact("quiet since"):
        work.note("quiet since", iso(work.tools.now()))

    def problem_now() -> str:
        used = strategy.used(work)
        if used.last is not None and used.last > instant(work.fact("quiet since")):
            work.note("last use", used.says)
            work.note("quiet since", iso(used.last))
        end = instant(work.fact("quiet since")) + timedelta(seconds=work.rotation.quiet)
        if work.tools.now() < end:
            still = f"the old one is still used ({work.fact('last use')}): " if work.fact("last use") else ""
            return f"{still}it must stay unused until {iso(end)}"
        if used.until is not None and used.until < end:
            return f"{used.says}: it has to reach {iso(end)}"
        if not used.known and not _all_confirmed(work):
            keys = " --confirm ".join(work.rotation.by_hand or (UNSEEN,))
            return f"nobody can tell whether the old one is used ({used.says}): --confirm {keys}"
        return ""

    if says := _until(work, problem_now, patience):
        raise StopError(says, waits=True)
    used = strategy.used(work)
    basis = used.says if used.known else "no consumer in the cluster refers to it; uses from outside are confirmed"
    return f"unused since {work.fact('quiet since')}: {basis}"


def suspend(work: Work, strategy: Strategy) -> None:
    """Turn the old credential off for now, and note since when it is."""
    strategy.suspend(work)
    work.note("suspended", iso(work.tools.now()))


def observe(work: Work, strategy: Strategy, *, patience: float) -> str:
    """See that all goes on with the old one turned off; turn it on again at once where it does not."""
    if not work.fact("suspended"):
        suspend(work, strategy)
    end = instant(work.fact("suspended")) + timedelta(seconds=work.rotation.observe)

    def problem() -> str:
        for consumer in work.credential.consumers:
            if says := unhealthy(work.hands, consumer):
                strategy.restore(work)
                work.note("suspended", "")
                raise StopError(f"without the old one, {says}: the old one was turned on again; undo, or find out why")
        return "" if work.tools.now() >= end else f"it stays turned off until {iso(end)} before it is removed"

    if says := _until(work, problem, patience):
        raise StopError(says, waits=True)
    return "every consumer went on"


def _until(work: Work, problem: Callable[[], str], patience: float) -> str:
    """Ask again and again until there is no problem; gives the last one when patience ends."""
    begun, wait = work.tools.now(), _FIRST_WAIT
    while says := problem():
        if (work.tools.now() - begun).total_seconds() >= patience:
            return says
        work.tools.sleep(wait)
        wait = min(_LONGEST_WAIT, wait * 1.5)
    return ""


def _all_confirmed(work: Work) -> bool:
    return all(key in work.state.confirmed for key in work.rotation.by_hand or (UNSEEN,))


def _still_refers(work: Work) -> str:
    """Pods that still refer to the old Secret, whoever made them; a Secret kept in place is not asked for.

    Raises StopError for an object that the plan does not know.
    """
    if work.rotation.in_place:
        return ""
    if problem := unplanned(work):
        raise StopError(f"{problem}: undo, then make a new plan")
    for pod in work.hands.list(POD, work.credential.namespace):
        if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            continue
        if refers("Pod", pod, work.credential.name):
            return f"Pod {pod['metadata']['name']} still refers to {work.credential.name}"
    return ""


def _replace_by_hand(work: Work, item: Object) -> None:
    """Evict one pod of a workload with OnDelete, as its budget allows; the next one when the new one is ready."""
    status = item.get("status") or {}
    pods = pods_of(work.hands, item)
    if status.get("readyReplicas", status.get("numberReady", 0)) < len(pods):
        return
    wanted = (item["spec"]["template"].get("metadata") or {}).get("annotations") or {}
    for pod in pods:
        stale = refers("Pod", pod, work.credential.name) and not work.rotation.in_place
        held = pod["metadata"].get("annotations") or {}
        if stale or any(held.get(name) != value for name, value in wanted.items()):
            work.hands.evict({**pod, "metadata": {**pod["metadata"]}})
            return
