"""The checks, by family: one visible tuple. Each is data in ``catalog/checks`` and a function here."""

from __future__ import annotations

from demarc.posture.checks import (
    admission,
    authentication,
    control_plane,
    delivery,
    logs,
    network,
    people,
    pods,
    rbac,
    runtime,
    secrets_content,
    secrets_exposed,
    secrets_use,
    service_accounts,
    tenancy,
)
from demarc.posture.interface import Check

CHECKS: tuple[Check, ...] = (
    *admission.CHECKS,
    *authentication.CHECKS,
    *control_plane.CHECKS,
    *delivery.CHECKS,
    *logs.CHECKS,
    *network.CHECKS,
    *people.CHECKS,
    *pods.CHECKS,
    *rbac.CHECKS,
    *runtime.CHECKS,
    *secrets_content.CHECKS,
    *secrets_exposed.CHECKS,
    *secrets_use.CHECKS,
    *service_accounts.CHECKS,
    *tenancy.CHECKS,
)
"""All checks, in the order in which they are run and listed."""
