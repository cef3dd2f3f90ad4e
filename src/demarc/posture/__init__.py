"""Checks over what was seen, and whose each finding is. It knows no format, no file and no terminal."""

from demarc.posture.ground import Ground
from demarc.posture.run import examine, posture

__all__ = ["Ground", "examine", "posture"]
