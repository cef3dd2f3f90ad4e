"""Checks of the network: segmentation between pods, and what is open to the outside."""

from __future__ import annotations

from demarc.posture.checks.network_exposure import DANGLING, EXPOSED
from demarc.posture.checks.network_policies import SEGMENTATION
from demarc.posture.checks.network_reach import METADATA_SERVICE, READS_SECRETS
from demarc.posture.interface import Check

CHECKS: tuple[Check, ...] = (*SEGMENTATION, METADATA_SERVICE, *EXPOSED, READS_SECRETS, DANGLING)
