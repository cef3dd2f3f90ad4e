"""Cases of checks of runtime detection."""

from __future__ import annotations

from typing import Any

from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.testing import a_daemon_set, a_namespace, a_node, a_pod
from tests.posture.given import EKS, Case, Object

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
IMAGE = "docker.io/falcosecurity/falco:0.41.0"
SECOND = a_node(
    "n2", provider_id="aws:///eu-west-1b/i-0a1b2c3d4e5f60719", kubelet_version="v1.33.5-eks-3025e55", labels=EKS
)


def _falco(**status: Any) -> Object:
    return a_daemon_set("falco", "falco", image=IMAGE, status=status or None)


def _on(*nodes: str) -> tuple[Object, ...]:
    owner = _falco()
    pods = tuple(a_pod(f"falco-{node}", "falco", image=IMAGE, node=node, owner=owner) for node in nodes)
    return (a_namespace("falco"), *pods)


WELL = {"desiredNumberScheduled": 1, "numberReady": 1, "updatedNumberScheduled": 1}

CASES = (
    Case("DM-LOG-004", VIOLATED, (a_pod("app"),), on=("Cluster cluster",), says="no sensor watches"),
    Case("DM-LOG-004", VIOLATED, (SECOND, _falco(), *_on("n1")), on=("Pool general",), says="does not run on n2"),
    Case("DM-LOG-004", HOLDS, (SECOND, _falco(), *_on("n1", "n2")), says="on all 2 nodes"),
    Case("DM-LOG-004", UNKNOWN, (_falco(),), gaps=(("pods", GapReason.FORBIDDEN),)),
    Case("DM-LOG-005", VIOLATED, (_falco(**{**WELL, "numberReady": 0}), *_on("n1")), on=("DaemonSet falco/falco",)),
    Case(
        "DM-LOG-005",
        VIOLATED,
        (_falco(**{**WELL, "updatedNumberScheduled": 0}), *_on("n1")),
        on=("DaemonSet falco/falco",),
        says="older version",
    ),
    Case("DM-LOG-005", HOLDS, (_falco(**WELL), *_on("n1"))),
    Case("DM-LOG-005", UNKNOWN, (_falco(), *_on("n1")), says="its status was not given"),
)
