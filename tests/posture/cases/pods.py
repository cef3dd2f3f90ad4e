"""Cases of checks of pods."""

from __future__ import annotations

from typing import Any

from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.testing import a_container, a_deployment, a_pod, a_pod_spec, a_workload, an_object
from tests.posture.given import Case, Object

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
NO_PODS = (("pods", GapReason.FORBIDDEN),)


def _box(**security: Any) -> Object:
    return a_container(securityContext=security)


def _nightly(**spec: Any) -> Object:
    template = {"spec": {"template": {"spec": a_pod_spec(**spec)}}}
    return an_object("batch/v1", "CronJob", "nightly", namespace="shop", spec={"jobTemplate": template})


CASES = (
    Case(
        "DM-POD-001",
        VIOLATED,
        (a_deployment(containers=[_box(privileged=True)]),),
        on=("Deployment shop/app",),
        says="container app may do all",
    ),
    Case(
        "DM-POD-001",
        VIOLATED,
        (a_deployment(pod_spec={"initContainers": [a_container("setup", securityContext={"privileged": True})]}),),
        on=("Deployment shop/app",),
        about="init containers count",
    ),
    Case("DM-POD-001", VIOLATED, (_nightly(containers=[_box(privileged=True)]),), on=("CronJob shop/nightly",)),
    Case("DM-POD-001", HOLDS, (a_deployment(containers=[_box(privileged=False)]), a_pod("bare"))),
    Case("DM-POD-001", UNKNOWN, (a_deployment(),), gaps=NO_PODS, says="pods were not all seen"),
    Case("DM-POD-001", UNKNOWN, says="no workload is in what was given", about="nothing to look at is no pass"),
    Case("DM-POD-002", VIOLATED, (a_pod("bare", pod_spec={"hostPID": True}),), on=("Pod shop/bare",)),
    Case("DM-POD-002", HOLDS, (a_workload("StatefulSet", "db", pod_spec={"hostPID": False}),)),
    Case("DM-POD-002", UNKNOWN, (a_deployment(),), gaps=NO_PODS),
)
