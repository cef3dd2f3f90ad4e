"""Checks of the network: segmentation between pods, and what is open to the outside."""

from __future__ import annotations

from demarc.posture.checks.network_exposure import DANGLING, EXPOSED
from demarc.posture.checks.network_policies import READS_SECRETS, SEGMENTATION
from demarc.posture.interface import Check

CHECKS: tuple[Check, ...] = (*SEGMENTATION, *EXPOSED, READS_SECRETS, DANGLING)
