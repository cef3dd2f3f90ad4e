"""What is wrong with a register, collected: everything at once, each with its place, sorted by how much it matters."""

from __future__ import annotations

from demarc.model.errors import Problem, Where
from demarc.register.words import Spellings, shown

LIMIT = 1_000
"""Problems of one sort that are kept one by one; above it they are counted."""
COMPARED = 500
"""Unknown names that are compared with the known ones, at some milliseconds each."""


class Problems:
    """Collects problems while files are read.

    Errors make an entry unusable. Blanks are markers that a draft left to be filled in. Warnings leave the entry in
    force: the matrix shows what they lead to.
    """

    def __init__(self) -> None:
        self._errors: dict[Problem, None] = {}
        self._blanks: dict[Problem, None] = {}
        self._warnings: dict[Problem, None] = {}
        self._more = 0
        self._compared = 0

    def error(self, what: str, where: Where, todo: str) -> None:
        """Something must be corrected before the entry counts."""
        self._add(self._errors, what, where, todo)

    def blank(self, what: str, where: Where, todo: str) -> None:
        """Something is still to be filled in."""
        self._add(self._blanks, what, where, todo)

    def warn(self, what: str, where: Where, todo: str) -> None:
        """Something is odd or will show in the matrix."""
        self._add(self._warnings, what, where, todo)

    def nearest(self, text: str, spellings: Spellings) -> str | None:
        """The name that was most likely meant, for the first hundreds that ask.

        After that nobody reads on, and the time for a hostile file stays bounded.
        """
        self._compared += 1
        return spellings.nearest(text) if self._compared <= COMPARED else None

    def did_you_mean(self, text: str, spellings: Spellings, otherwise: str) -> str:
        """What to do about a name that nobody knows: the nearest one, else ``otherwise``."""
        found = self.nearest(text, spellings)
        return f"did you mean {shown(found)}?" if found else otherwise

    def _add(self, kept: dict[Problem, None], what: str, where: Where, todo: str) -> None:
        problem = Problem(what=what, where=where, todo=todo)
        if len(kept) < LIMIT or problem in kept:
            kept[problem] = None
        else:
            self._more += 1

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Errors by file and line."""
        more = Problem(what=f"{self._more} more problems of these sorts", todo="correct these and check again")
        return (*_sorted(self._errors), *([more] if self._more else ()))

    @property
    def blanks(self) -> tuple[Problem, ...]:
        """Markers that are left, by file and line."""
        return _sorted(self._blanks)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Warnings by file and line."""
        return _sorted(self._warnings)


def in_order(problem: Problem) -> tuple[str, int]:
    """Sort key: file, then line."""
    return (problem.where.file, problem.where.line or 0) if problem.where else ("\U0010ffff", 0)


def _sorted(kept: dict[Problem, None]) -> tuple[Problem, ...]:
    return tuple(sorted(kept, key=in_order))
