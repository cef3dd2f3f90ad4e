"""The tables of a pack: the same rows for CSV and for the spreadsheet. Cells are text; each form makes them safe.

Where a row of the matrix is not settled, its party is ``ambiguous``, ``unknown`` or ``uncovered``, its owner stands in
a column of its own (whoever would hold it, were it the customer's), and every reading stands beside it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

from msgspec import Struct

from demarc.catalog.checks import checks
from demarc.model.assessment import MatrixRow
from demarc.model.posture import Outcome
from demarc.posture.frameworks import NOBODY, NOT_SETTLED
from demarc.reports.audit.content import Content
from demarc.reports.audit.evidence import EVIDENCE_COLUMNS, evidence_rows
from demarc.reports.audit.records import (
    EXCEPTION_COLUMNS,
    REVIEW_COLUMNS,
    exception_rows,
    review_rows,
)
from demarc.reports.audit.settled import UNSETTLED, readings, told
from demarc.reports.audit.settled import answers as answering
from demarc.reports.audit.unseen import UNSEEN_COLUMNS, unseen_rows
from demarc.reports.csv import COLUMNS, EVIDENCE, cells, evidence_cells, safe_cell
from demarc.reports.frameworks import COLUMNS as REQUIREMENT_COLUMNS
from demarc.reports.frameworks import cells_of
from demarc.reports.words import party_key

Row = tuple[str, ...]


class Table(Struct, frozen=True, kw_only=True):
    """One table."""

    name: str
    """Of its file, and of its sheet."""
    says: str
    """What a row is."""
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


MATRIX_COLUMNS = (*COLUMNS[:-1], "owner_if_yours", "readings", *EVIDENCE, "at")
FINDING_COLUMNS = (
    "id",
    "check",
    "severity",
    "title",
    "object",
    "scope",
    "says",
    "whose",
    "answers",
    "contact",
    "duty",
    "row",
    "row_status",
    "excepted_by",
    "fix",
    "file",
    "line",
)
CHECK_COLUMNS = ("check", "title", "severity", "outcome", "looked_at", "findings", "says", "duty", "rule", "unseen")
AMBIGUITY_COLUMNS = (
    "id",
    "duty",
    "part",
    "kind",
    "question",
    "readings",
    "settle",
    "scopes",
    "rows",
    "letter",
    "settled",
)
INPUT_COLUMNS = ("id", "origin", "kind", "shape", "sha256", "size")


def tables(content: Content) -> tuple[Table, ...]:
    """All tables, in the order in which an auditor reads them."""
    return tuple(
        Table(name=name, says=says, columns=columns, rows=tuple(rows(content))) for name, says, columns, rows in _TABLES
    )


def as_csv(table: Table) -> bytes:
    """A table as CSV, safe in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([safe_cell(cell) for cell in row] for row in table.rows)
    return out.getvalue().encode("utf-8", "backslashreplace")


def _requirements(content: Content) -> Iterator[Row]:
    view = content.view
    same = {"framework": view.framework, "version": view.version, "cluster": view.cluster, "at": view.at}
    for one in view.requirements:
        said = cells_of(one) | same
        yield tuple(said[column] for column in REQUIREMENT_COLUMNS)


def _matrix(content: Content) -> Iterator[Row]:
    assessment = content.assessment
    layers = {entry.duty.id: entry.duty.layer.value for entry in assessment.duties}
    pages = {source.id: (source.url, source.date or "") for source in assessment.sources}
    unclear = readings(assessment)
    for row in assessment.matrix:
        said = cells(row, layers.get(row.duty, ""), pages) | _settled(row) | {"at": assessment.at}
        said["readings"] = " | ".join(unclear.get(row.id, ()))
        said |= dict(zip(EVIDENCE, _evidence(row, content), strict=True))
        yield tuple(said[column] for column in MATRIX_COLUMNS)


def _evidence(row: MatrixRow, content: Content) -> tuple[str, ...]:
    if content.beside is None:
        return ("not-asked", "") * (len(EVIDENCE) // 2)
    return tuple(evidence_cells(row, content.beside))


def _settled(row: MatrixRow) -> dict[str, str]:
    if row.status not in UNSETTLED:
        return {"owner_if_yours": ""}
    named = row.owner.name if row.owner else ""
    nobody = dict.fromkeys(("owner", "owner_contact", "owner_basis", "approver", "reviewer", "rotator"), "")
    return nobody | {"party": party_key(row.party, row.status), "party_name": "", "owner_if_yours": named}


def _findings(content: Content) -> Iterator[Row]:
    for one in content.posture.findings:
        answers, who = one.answers, answering(one)
        yield (
            one.id,
            one.check,
            one.severity.value,
            one.title,
            str(one.object),
            str(one.scope),
            one.says,
            answers.whose.value,
            who,
            answers.contact if who not in (NOBODY, NOT_SETTLED) else "",
            answers.duty,
            answers.row,
            answers.status.value if answers.status else "",
            "; ".join(f"{state.id}: {state.says}" for state in one.exceptions),
            one.fix.says,
            one.file,
            "" if one.line is None else str(one.line),
        )


def _checks(content: Content) -> Iterator[Row]:
    """Checks of the framework's requirements, and those that could not be answered, whatever they relate to."""
    related = {check.id for one in content.view.requirements for check in one.checks}
    for result in content.posture.results:
        if result.check not in related and result.outcome is not Outcome.UNKNOWN:
            continue
        facts = checks().get(result.check)
        yield (
            result.check,
            result.title,
            result.severity.value,
            result.outcome.value,
            str(result.looked_at),
            str(result.findings),
            result.says,
            result.answers.duty,
            facts.rule if facts else "a check of the customer's own",
            "; ".join(f"{one.what}: {one.why}" for one in result.unseen),
        )


def _ambiguities(content: Content) -> Iterator[Row]:
    for one in (*content.assessment.ambiguities, *content.assessment.settled):
        yield (
            one.id,
            one.duty,
            one.component,
            one.kind,
            one.question,
            " | ".join(told(reading) for reading in one.readings),
            one.settle,
            "; ".join(str(scope) for scope in one.scopes),
            "; ".join(one.rows),
            one.letter,
            one.settled,
        )


def _inputs(content: Content) -> Iterator[Row]:
    for source in content.assessment.inputs:
        yield source.id, source.origin, source.kind.value, source.shape, source.sha256, str(source.size)


_TABLES: tuple[tuple[str, str, tuple[str, ...], Callable[[Content], Iterator[Row]]], ...] = (
    (
        "requirements",
        "a requirement of the framework: how it stands, and who answers",
        REQUIREMENT_COLUMNS,
        _requirements,
    ),
    ("matrix", "a duty on a part in a scope: party, owner, basis, status", MATRIX_COLUMNS, _matrix),
    ("evidence", "an observation or a source behind a row of the matrix", EVIDENCE_COLUMNS, evidence_rows),
    ("findings", "a check that does not hold for an object, with its owner", FINDING_COLUMNS, _findings),
    ("checks", "a check: what it rests on, or why it is unknown", CHECK_COLUMNS, _checks),
    (
        "reviews",
        "a review on record, a decision of a campaign, what was done for it or is not done, or an item that waits",
        REVIEW_COLUMNS,
        review_rows,
    ),
    ("exceptions", "an exception of the register, and how it stands at the date", EXCEPTION_COLUMNS, exception_rows),
    ("ambiguities", "something unclear: both readings, how to settle it, the letter", AMBIGUITY_COLUMNS, _ambiguities),
    ("not-seen", "something that was not seen, or was not given", UNSEEN_COLUMNS, unseen_rows),
    ("inputs", "an input, with its digest", INPUT_COLUMNS, _inputs),
)
