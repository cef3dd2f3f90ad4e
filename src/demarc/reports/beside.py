"""Verdicts on roles, laid beside the rows of the matrix. The matrix itself knows nothing of them.

Rows of which evidence says the same share one answer, so that a report on tens of thousands of rows holds few.
"""

from __future__ import annotations

from typing import NamedTuple

from demarc.evidence.roles import is_yours
from demarc.model.assessment import MatrixRow
from demarc.model.roles import Role, RoleEvidence, RoleSaid, RolesReport, RolesTold, Verdict
from demarc.reports.words import VERDICTS

LETTERS = {Role.APPROVER: "A", Role.REVIEWER: "R", Role.ROTATOR: "T"}
NOBODY = "-"
"""Mark of a role that nobody is named for."""


class Three(NamedTuple):
    """Positions of the answers for the three roles of a row; -1 where nobody would have to hold the role."""

    approver: int = -1
    reviewer: int = -1
    rotator: int = -1


_NONE = Three()


class Beside:
    """What evidence says of the roles of rows."""

    def __init__(self, report: RolesReport) -> None:
        self.report = report
        self.said: list[RoleEvidence] = []
        """Each different answer once, as the first row has it."""
        self._rows: list[list[str]] = []
        self._at: dict[str, Three] = {}
        known: dict[tuple[object, ...], int] = {}
        for item in report.roles:
            place = known.setdefault(_content(item), len(self.said))
            if place == len(self.said):
                self.said.append(item)
                self._rows.append([])
            self._rows[place].append(item.row)
            before = self._at.get(item.row, _NONE)
            self._at[item.row] = before._replace(**{item.role.value: place})

    def places(self, row: MatrixRow) -> Three:
        """Where in ``said`` the answers for a row stand."""
        return self._at.get(row.id, _NONE)

    def of(self, row: MatrixRow) -> dict[Role, RoleEvidence]:
        """Answers for the roles of a row; a role that nobody would have to hold is not in it."""
        found = zip(Role, self.places(row), strict=True)
        return {role: self.said[place] for role, place in found if place >= 0}

    def marks(self, row: MatrixRow) -> str:
        """``A✓ R✗ T?``; empty for what is not yours. A rotator shows where there is something to rotate."""
        if not is_yours(row):
            return ""
        answers = self.of(row)
        return " ".join(
            f"{letter}{VERDICTS[answers[role].verdict].letter if role in answers else NOBODY}"
            for role, letter in LETTERS.items()
            if role in answers or role is not Role.ROTATOR
        )

    def told(self) -> RolesTold:
        """Everything, for programs."""
        return RolesTold(
            since=self.report.since,
            said=tuple(_said(item, tuple(rows)) for item, rows in zip(self.said, self._rows, strict=True)),
            seen=self.report.seen,
            unseen=self.report.unseen,
        )


def from_whom(item: RoleEvidence) -> str:
    """Who the evidence comes from: sources of what decides, each once; for what is missing, why it is."""
    if item.verdict is Verdict.MISSING:
        return item.why
    deciding = (one.source for one in item.witnesses if one.verdict is item.verdict)
    return "; ".join(dict.fromkeys(deciding))


def _content(item: RoleEvidence) -> tuple[object, ...]:
    whose = (item.role, item.named, item.name, item.by_owner)
    return (*whose, item.verdict, item.why, item.todo, item.witnesses, item.more)


def _said(item: RoleEvidence, rows: tuple[str, ...]) -> RoleSaid:
    return RoleSaid(
        role=item.role,
        named=item.named,
        name=item.name,
        by_owner=item.by_owner,
        verdict=item.verdict,
        why=item.why,
        todo=item.todo,
        witnesses=item.witnesses,
        more=item.more,
        rows=rows,
    )
