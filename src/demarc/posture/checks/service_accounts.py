"""The checks of service accounts and their credentials, in the order of their ids; each part has its own module."""

from __future__ import annotations

from demarc.posture.checks import accounts, accounts_used, lasting
from demarc.posture.interface import Check

CHECKS: tuple[Check, ...] = tuple(sorted((*accounts.CHECKS, *accounts_used.CHECKS, *lasting.CHECKS)))
