"""Findings as CSV, one a line. Columns stay as they are; new ones are added at the end."""

from __future__ import annotations

import csv
import io

from demarc.model.posture import Finding, Posture
from demarc.reports.csv import safe_cell
from demarc.reports.findings.rows import holder

COLUMNS = (
    "id",
    "severity",
    "check",
    "title",
    "kind",
    "namespace",
    "name",
    "says",
    "whose",
    "owner",
    "contact",
    "duty",
    "status",
    "exceptions",
    "counts",
    "change",
    "fix",
    "command",
    "fields",
    "file",
    "line",
    "matrix_row",
    "at",
)


def render_findings_csv(posture: Posture) -> bytes:
    """Write the findings; several values in a cell are joined by ``; ``. Safe in a spreadsheet, as the matrix is."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for finding in posture.findings:
        cells = _cells(finding) | {"at": posture.at}
        writer.writerow([safe_cell(cells[column]) for column in COLUMNS])
    return out.getvalue().encode("utf-8", "backslashreplace")


def _cells(finding: Finding) -> dict[str, str]:
    answers = finding.answers
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "check": finding.check,
        "title": finding.title,
        "kind": finding.object.kind,
        "namespace": finding.object.namespace,
        "name": finding.object.name,
        "says": finding.says,
        "whose": answers.whose.value,
        "owner": holder(finding),
        "contact": answers.contact,
        "duty": answers.duty,
        "status": answers.status.value if answers.status else "",
        "exceptions": "; ".join(f"{one.id}: {one.says}" for one in finding.exceptions),
        "counts": "yes" if finding.counts else "no",
        "change": finding.change.value if finding.change else "",
        "fix": finding.fix.says,
        "command": finding.fix.command,
        "fields": "; ".join(f"{field.path}={field.value}" for field in finding.fields),
        "file": finding.file,
        "line": "" if finding.line is None else str(finding.line),
        "matrix_row": answers.row,
    }
