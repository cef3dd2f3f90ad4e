"""x"""

from __future__ import annotations
from demarc.incidents.duties import View
from demarc.incidents.ground import Ground


def telemetry(ground: Ground, seen: tuple[View, ...], root: View) -> tuple[str, ...]:
    """x"""
    return ()
