"""What a check is: an id of the catalogue and a function that looks and reports.

Adding one is a function in ``checks/``, its entry in the catalogue, and its three cases in the tests. A check reports
through ``Report`` alone, so that none can pass without saying what it looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from demarc.model.posture import Examined, Found, Unseen
from demarc.posture.ground import Ground


class Report:
    """What a check reports while it looks."""

    def __init__(self, check: str) -> None:
        self._check = check
        self._looked_at = 0
        self._found: list[Found] = []
        self._unseen: dict[Unseen, None] = {}
        self._holds = ""
        self._not_applicable = ""

    def looked(self, things: int = 1) -> None:
        """Count what was examined."""
        self._looked_at += things

    def violated(self, found: Found) -> None:
        """Report a violation."""
        self._found.append(found)

    def unseen(self, what: str, why: str, todo: str = "") -> None:
        """Report what was needed and not seen; an empty ``why`` reports nothing, as the ground gives it."""
        if why:
            self._unseen[Unseen(what=what, why=why, todo=todo)] = None

    def holds(self, says: str) -> None:
        """Say what the check rests on where nothing is violated: ``no Ingress is in the cluster``."""
        self._holds = says

    def not_applicable(self, why: str) -> None:
        """Say why the question does not arise in this cluster."""
        self._not_applicable = why

    def done(self, what: str) -> Examined:
        """Give what came out. A check that looked at nothing and says nothing of it has seen nothing: unknown."""
        if not (self._found or self._unseen or self._looked_at or self._holds or self._not_applicable):
            self.unseen(what, f"no {what} was seen")
        return Examined(
            check=self._check,
            looked_at=self._looked_at,
            found=tuple(self._found),
            unseen=tuple(self._unseen),
            holds=self._holds,
            not_applicable=self._not_applicable,
        )


class Check(NamedTuple):
    """A check and what performs it."""

    id: str
    """In the catalogue."""
    examine: Callable[[Ground, Report], None]
