"""Checks of images: what runs, where it comes from, and who may change it on the way."""

from __future__ import annotations

from demarc.posture.checks.image_delivery import DELIVERED
from demarc.posture.checks.image_references import PROVENANCE, REFERENCES, VULNERABLE
from demarc.posture.checks.image_registries import REGISTRIES, SCANNING, SIGNATURES
from demarc.posture.interface import Check

CHECKS: tuple[Check, ...] = (*REFERENCES, SIGNATURES, PROVENANCE, SCANNING, VULNERABLE, *REGISTRIES, *DELIVERED)
