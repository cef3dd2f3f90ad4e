"""Runs the catalogue's detections over a trail: what fired, for which place; what is quiet; what could not be seen."""

from demarc.incidents.detections.run import Given, run_detections
from demarc.incidents.detections.trail import Trail, look_at

__all__ = ["Given", "Trail", "look_at", "run_detections"]
