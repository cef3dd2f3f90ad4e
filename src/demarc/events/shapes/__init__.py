"""The shapes in which users hold an audit trail, recognised by content, and how an event is taken out of each."""

from __future__ import annotations

from typing import Final

from demarc.events.shapes import azure, cloudwatch, collectors, falco, gke, kubernetes
from demarc.events.shapes.interface import ShapeReader

READERS: Final[tuple[ShapeReader, ...]] = (
    kubernetes.read,
    cloudwatch.read,
    azure.read,
    gke.read,
    falco.read,
    collectors.read,
)
"""Asked one after another; the first that knows a value reads it."""
