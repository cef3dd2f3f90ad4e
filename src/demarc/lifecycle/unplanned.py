"""Consumers that the plan does not know: made since, or hidden from whoever made it. Before anything is removed.

Looks at templates, since a CronJob runs tonight and a workload may be scaled to zero. Reads only.
"""

from __future__ import annotations

from typing import Final

from demarc.lifecycle.cluster.kinds import resource_of
from demarc.lifecycle.cluster.references import refers
from demarc.lifecycle.work import Work

LOOKED_AT: Final = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "ServiceAccount", "Ingress")


def unplanned(work: Work) -> str:
    """Which other objects of the namespace refer to the credential's Secret; empty when none does.

    Nothing refers to a grant.
    """
    if work.credential.given is not None:
        return ""
    planned = {(one.kind, one.name) for one in work.credential.consumers}
    found: list[str] = []
    for kind in LOOKED_AT:
        for item in work.hands.list(resource_of(kind), work.credential.namespace):
            name = item["metadata"]["name"]
            if (kind, name) not in planned and refers(kind, item, work.credential.name):
                found.append(f"{kind} {name}")
    if not found:
        return ""
    return f"{', '.join(found)} {'refers' if len(found) == 1 else 'refer'} to it, too: the plan does not know that"
