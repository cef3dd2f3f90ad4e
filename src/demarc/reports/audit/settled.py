"""Which rows are settled, and the readings of those that are not. No form of a pack shows those as settled."""

from __future__ import annotations

from collections.abc import Iterable

from demarc.model.assessment import Ambiguity, Assessment, MatrixRow, Reading, Status
from demarc.model.posture import Finding, Whose
from demarc.posture.frameworks import NOBODY, NOT_SETTLED
from demarc.reports.findings.rows import holder
from demarc.reports.words import PARTIES, label_of

UNSETTLED = frozenset({Status.AMBIGUOUS, Status.UNKNOWN, Status.UNCOVERED})
"""It is not known whose it is."""


def unsettled(rows: Iterable[MatrixRow]) -> tuple[MatrixRow, ...]:
    """Rows of which it is not known whose they are."""
    return tuple(row for row in rows if row.status in UNSETTLED)


def readings(assessment: Assessment) -> dict[str, tuple[str, ...]]:
    """Every reading of every row that is not settled, by id of the row; at least one."""
    said: dict[str, list[Ambiguity]] = {}
    for one in assessment.ambiguities:
        for row_id in one.rows:
            said.setdefault(row_id, []).append(one)
    return {
        row.id: tuple(dict.fromkeys(told(reading) for one in said.get(row.id, ()) for reading in one.readings))
        or _without(row)
        for row in unsettled(assessment.matrix)
    }


def answers(finding: Finding) -> str:
    """Who answers for a finding, in a few words; nobody is named where the owner has lapsed or it is open."""
    if finding.answers.whose in (Whose.AMBIGUOUS, Whose.UNKNOWN):
        return NOT_SETTLED
    return NOBODY if finding.answers.status is Status.LAPSED else holder(finding)


def told(reading: Reading) -> str:
    """One reading in a line: party, what it says, who says so."""
    return f"{label_of(PARTIES, reading.party.value)}: {reading.says} ({reading.who})"


def _without(row: MatrixRow) -> tuple[str, ...]:
    """What can be said of a row that the ambiguity register does not name: a place or a page that was not seen."""
    if row.status is Status.UNCOVERED:
        return ("Nobody says it: no page that was read answers this duty for this part and model.",)
    why = "; ".join(row.remarks) or "what it hangs on was not seen"
    likely = f"{label_of(PARTIES, row.party.value)}, if what was not seen changes nothing: {why}" if row.party else why
    return (likely, f"Another party, or nobody: {why}")
