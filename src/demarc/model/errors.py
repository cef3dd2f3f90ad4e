"""The one error type. It carries what went wrong, where, and what to do; the command line prints exactly those."""

from __future__ import annotations

from msgspec import Struct


class Where(Struct, frozen=True, kw_only=True):
    """A place in the user's input."""

    file: str
    """Path or name of the input as the user gave it; a member of an archive is ``archive!member``."""
    line: int | None = None
    """1-based line, where the format has lines."""
    field: str | None = None
    """Path of the field, such as ``assignments[2].owner``."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return place if self.field is None else f"{place} ({self.field})"


class Problem(Struct, frozen=True, kw_only=True):
    """One thing wrong with an input, as a value: lists of these are reported at once."""

    what: str
    where: Where | None = None
    todo: str = ""
    """What the user can do about it, as an instruction."""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f" - {self.todo}" if self.todo else "")


class DemarcError(Exception):
    """Raised when an answer cannot be given; never carries a secret value.

    ``problems`` holds at least one entry. The command line prints each as what, where, what to do, and exits 2.
    """

    def __init__(self, what: str, *, where: Where | None = None, todo: str = "") -> None:
        self.problems: tuple[Problem, ...] = (Problem(what=what, where=where, todo=todo),)
        super().__init__(str(self.problems[0]))

    @classmethod
    def of(cls, problems: tuple[Problem, ...]) -> DemarcError:
        """Build one error out of several problems; ``problems`` must not be empty."""
        first = problems[0]
        error = cls(first.what, where=first.where, todo=first.todo)
        error.problems = problems
        return error
