"""The checks, by family: one visible tuple. Each is data in ``catalog/checks`` and a function here."""

from __future__ import annotations

from demarc.posture.checks import (
    admission,
    authentication,
    cloud_roles,
    control_plane,
    delivery,
    images,
    logs,
    network,
    nodes,
    people,
    pods,
    rbac,
    recovery,
    runtime,
    secrets_content,
    secrets_exposed,
    secrets_use,
    service_accounts,
    tenancy,
    versions,
)
from demarc.posture.interface import Check

CHECKS: tuple[Check, ...] = (
    *admission.CHECKS,
    *authentication.CHECKS,
    *cloud_roles.CHECKS,
    *control_plane.CHECKS,
    *delivery.CHECKS,
    *images.CHECKS,
    *logs.CHECKS,
    *network.CHECKS,
    *nodes.CHECKS,
    *people.CHECKS,
    *pods.CHECKS,
    *rbac.CHECKS,
    *recovery.CHECKS,
    *runtime.CHECKS,
    *secrets_content.CHECKS,
    *secrets_exposed.CHECKS,
    *secrets_use.CHECKS,
    *service_accounts.CHECKS,
    *tenancy.CHECKS,
    *versions.CHECKS,
)
"""All checks, in the order in which they are run and listed."""
