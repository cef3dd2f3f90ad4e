"""The checks of RBAC, in the order of their ids; each part has a module of its own."""

from __future__ import annotations

from demarc.posture.checks import rbac_bindings, rbac_indirect, rbac_rights, rbac_trail
from demarc.posture.interface import Check

CHECKS: tuple[Check, ...] = tuple(
    sorted((*rbac_bindings.CHECKS, *rbac_rights.CHECKS, *rbac_indirect.CHECKS, *rbac_trail.CHECKS))
)
