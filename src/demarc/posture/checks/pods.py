"""Checks of pods: what a container may on its node. Policies that would have stopped it are admission's matter."""

from __future__ import annotations

from demarc.posture.checks.pod_files import HOST_FILES, ROOT_FILES
from demarc.posture.checks.pod_privileges import HOST_PROCESS, PRIVILEGES, PROFILES
from demarc.posture.checks.pod_running import HOST_PORT, RUNNING
from demarc.posture.interface import Check

CHECKS: tuple[Check, ...] = (*PRIVILEGES, *HOST_FILES, HOST_PORT, *PROFILES, ROOT_FILES, HOST_PROCESS, *RUNNING)
