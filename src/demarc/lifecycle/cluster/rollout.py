"""Is a workload's rollout through, and may it begin: status of the workload, and of the budgets over its pods.

Reads only; whoever waits decides how long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from demarc.lifecycle.cluster.hands import Hands
from demarc.lifecycle.cluster.kinds import BUDGET, POD, resource_of
from demarc.lifecycle.credential import Consumer

Object = dict[str, Any]


class Rollout(Struct, frozen=True, kw_only=True):
    """How far a workload is."""

    through: bool
    says: str


def rollout_of(kind: str, item: Object) -> Rollout:
    """How far the rollout of a workload is, as ``kubectl rollout status`` tells it."""
    status, spec = item.get("status") or {}, item.get("spec") or {}
    name = f"{kind} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"
    if status.get("observedGeneration", 0) < item["metadata"].get("generation", 1):
        return Rollout(through=False, says=f"{name}: its controller has not seen the change yet")
    if kind == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        updated, total, available = (
            status.get("updatedNumberScheduled", 0),
            wanted,
            status.get("numberAvailable", 0),
        )
    else:
        wanted = spec.get("replicas", 1)
        updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
        available = status.get("availableReplicas", 0)
    through = updated >= wanted and total <= updated and available >= wanted
    return Rollout(through=through, says=f"{name}: {updated} of {wanted} pods are new, {available} available")


def is_manual(item: Object) -> bool:
    """Tell whether pods of a workload are made anew only when somebody deletes them."""
    return ((item.get("spec") or {}).get("updateStrategy") or {}).get("type") == "OnDelete"


def may_begin(hands: Hands, consumer: Consumer, item: Object) -> str:
    """Why the rollout of a workload must wait now; empty when it need not.

    A rollout does not ask PodDisruptionBudgets by itself: it is us who must not begin while one of them allows no
    disruption. A rollout that first adds and then removes disrupts nothing.
    """
    if not _goes_below(consumer.kind, item):
        return ""
    labels = (((item.get("spec") or {}).get("template") or {}).get("metadata") or {}).get("labels") or {}
    for budget in hands.list(BUDGET, consumer.namespace):
        covers = "selector" in budget["spec"] and selects(budget["spec"]["selector"] or {}, labels)
        if covers and (budget.get("status") or {}).get("disruptionsAllowed", 0) < 1:
            return f"PodDisruptionBudget {budget['metadata']['name']} allows no disruption of {consumer.key} now"
    return ""


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Tell whether a label selector of policy/v1 selects labels; an empty one selects everything."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for term in selector.get("matchExpressions") or ():
        held, values = labels.get(term["key"]), term.get("values") or ()
        holds = {
            "In": held in values,
            "NotIn": held not in values,
            "Exists": held is not None,
            "DoesNotExist": held is None,
        }
        if not holds.get(term["operator"], True):
            return False
    return True


def outage(hands: Hands, consumer: Consumer) -> str:
    """What the rollout of a consumer may interrupt; empty where pods go on meanwhile."""
    if not consumer.restarts:
        return ""
    item = hands.get(resource_of(consumer.kind), consumer.namespace, consumer.name)
    spec = (item or {}).get("spec") or {}
    if (spec.get("strategy") or {}).get("type") == "Recreate":
        return f"{consumer.key} stops all its pods before it starts new ones (Recreate)"
    if item is not None and consumer.kind == "StatefulSet" and spec.get("replicas", 1) == 1:
        return f"{consumer.key} has one pod, which is stopped before the new one starts"
    return ""


def _goes_below(kind: str, item: Object) -> bool:
    """Whether a rollout may run fewer pods than wanted for a while. Default of maxUnavailable: 25 %, rounded down."""
    if kind != "Deployment":
        return True
    spec = item.get("spec") or {}
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return True
    limit = (strategy.get("rollingUpdate") or {}).get("maxUnavailable", "25%")
    if isinstance(limit, str) and limit.endswith("%"):
        return int(limit[:-1]) * int(spec.get("replicas", 1)) // 100 > 0
    return int(limit) > 0


def unhealthy(hands: Hands, consumer: Consumer) -> str:
    """Why a consumer does not run as it should; empty when it does."""
    if not consumer.restarts:
        return ""
    item = hands.get(resource_of(consumer.kind), consumer.namespace, consumer.name)
    if item is None:
        return f"{consumer.key} is gone"
    rollout = rollout_of(consumer.kind, item)
    return "" if rollout.through else rollout.says


def pods_of(hands: Hands, item: Object) -> list[Object]:
    """Pods of a workload by its selector."""
    wanted = ((item.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    labels = ",".join(f"{key}={value}" for key, value in sorted(wanted.items()))
    return hands.list(POD, item["metadata"]["namespace"], labels=labels) if labels else []
