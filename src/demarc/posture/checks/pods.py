"""Checks of pods: what a container may on its node. Policies that would have stopped it are admission's matter."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.model.kubernetes import PodSpec
from demarc.model.posture import FieldSeen, Fix
from demarc.posture.checks.workloads import container_fix, each_container, each_pod, seen
from demarc.posture.ground import Box, Ground
from demarc.posture.interface import Check, Report


def _privileged(ground: Ground, report: Report) -> None:
    def looks(box: Box) -> Iterator[FieldSeen]:
        security = box.container.security_context
        if security is not None and security.privileged:
            yield seen(f"{box.path}.securityContext.privileged", True)

    fix = container_fix("Take the privilege away; grant the single capability or device that is needed.")
    each_container(ground, report, looks, "may do all that root may on its node", fix)


def _host_pid(ground: Ground, report: Report) -> None:
    def looks(spec: PodSpec, base: str) -> Iterator[FieldSeen]:
        if spec.host_pid:
            yield seen(f"{base}.hostPID", True)

    each_pod(ground, report, looks, "sees and may signal every process of its node", Fix(says="Remove hostPID."))


CHECKS: tuple[Check, ...] = (
    Check("DM-POD-001", _privileged),
    Check("DM-POD-002", _host_pid),
)
