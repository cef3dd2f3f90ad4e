"""Checks of admission: what is enforced, how it is gone round, and who answers for its exceptions."""

from __future__ import annotations

from demarc.posture.checks.admission_exceptions import EXCEPTIONS
from demarc.posture.checks.admission_levels import LEVEL_CHECKS
from demarc.posture.checks.admission_webhooks import WEBHOOKS
from demarc.posture.interface import Check

CHECKS: tuple[Check, ...] = (*LEVEL_CHECKS, *WEBHOOKS, *EXCEPTIONS)
