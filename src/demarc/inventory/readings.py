"""One observation's word on who installed a component: the value that the rules about installers exchange."""

from __future__ import annotations

from msgspec import Struct

from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Installer, Management


class Reading(Struct, frozen=True, kw_only=True):
    """What one observation says of who installed."""

    installer: Installer
    management: Management
    evidence: Evidence


def reading(installer: Installer, way: Management, says: str, grade: Grade, source: str) -> Reading:
    """Make a reading from its parts."""
    return Reading(installer=installer, management=way, evidence=Evidence(says=says, grade=grade, source=source))
