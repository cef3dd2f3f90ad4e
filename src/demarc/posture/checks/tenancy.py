"""The checks of tenancy and ownership, in the order of their ids; each part has a module of its own."""

from __future__ import annotations

from demarc.posture.checks import ownership, tenants
from demarc.posture.interface import Check

CHECKS: tuple[Check, ...] = tuple(sorted((*ownership.CHECKS, *tenants.CHECKS)))
