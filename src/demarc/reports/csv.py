"""The control matrix as CSV, one line per row, for spreadsheets.

RFC 4180: comma, CRLF, quotes doubled; UTF-8. Control characters are shown as escapes, so that a row is one line.
A cell that a spreadsheet would take for a formula (it starts with ``=``, ``+``, ``-``, ``@`` or their full-width forms,
also after blanks) gets an apostrophe before it. Columns stay as they are; new ones are added at the end.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from demarc.evidence.roles import is_yours
from demarc.model.assessment import Assessment, Holder, MatrixRow
from demarc.model.roles import Role
from demarc.reports.beside import Beside, from_whom
from demarc.reports.folds import namespace_of
from demarc.reports.text import safe_text

COLUMNS = (
    "id",
    "layer",
    "duty",
    "component",
    "scope_kind",
    "namespace",
    "scope",
    "models",
    "party",
    "party_name",
    "status",
    "owner",
    "owner_contact",
    "owner_basis",
    "approver",
    "reviewer",
    "rotator",
    "review_every_days",
    "last_review",
    "next_review",
    "exceptions",
    "expired_exceptions",
    "basis",
    "confidence",
    "source_url",
    "source_date",
    "clause",
    "hangs_on",
    "separation",
    "remarks",
    "at",
)
EVIDENCE = tuple(f"{role.value}_evidence{tail}" for role in Role for tail in ("", "_from"))
"""Columns of what evidence says of the roles, where it was asked for."""

FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a value begins that a spreadsheet takes for a formula."""


def render_csv(assessment: Assessment, beside: Beside | None = None) -> bytes:
    """Write the matrix; several values in a cell are joined by ``; ``. With what evidence says of the roles, last."""
    layers = {entry.duty.id: entry.duty.layer.value for entry in assessment.duties}
    pages = {source.id: (source.url, source.date or "") for source in assessment.sources}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow((*COLUMNS, *(EVIDENCE if beside is not None else ())))
    for row in assessment.matrix:
        told = cells(row, layers.get(row.duty, ""), pages) | {"at": assessment.at}
        shown = [told[column] for column in COLUMNS]
        shown += evidence_cells(row, beside) if beside is not None else ()
        writer.writerow([safe_cell(cell) for cell in shown])
    return out.getvalue().encode("utf-8", "backslashreplace")


def evidence_cells(row: MatrixRow, beside: Beside) -> Iterator[str]:
    """Two cells for each role: the verdict, and who says so or why it is missing."""
    answers, yours = beside.of(row), is_yours(row)
    for role in Role:
        item = answers.get(role)
        if item is not None:
            yield from (item.verdict.value, from_whom(item))
        else:
            yield from ("nobody-named" if yours else "not-yours", "")


def safe_cell(value: str) -> str:
    """Make a value safe in a spreadsheet; see the module for what is done."""
    if not value or (value.isascii() and value.isprintable() and value[0].isalnum()):
        return value  # nearly all of a large inventory
    value = safe_text(value)
    return f"'{value}" if value.lstrip().startswith(FORMULA) else value


def cells(row: MatrixRow, layer: str, pages: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Cells of a row by column, but ``at``; ``pages``: id of a source -> its address and date."""
    basis = row.basis
    url, date = pages.get(basis.source, ("", "")) if basis and basis.source else ("", "")
    owners = row.owners_in_conflict or ((row.owner,) if row.owner else ())
    return {
        "id": row.id,
        "layer": layer,
        "duty": row.duty,
        "component": row.component,
        "scope_kind": row.scope.kind.value,
        "namespace": namespace_of(row.scope),
        "scope": row.scope.name,
        "models": "; ".join(row.models),
        "party": row.party.value if row.party else "",
        "party_name": row.party_name,
        "status": row.status.value,
        "owner": "; ".join(owner.name for owner in owners),
        "owner_contact": "; ".join(owner.contact for owner in owners if owner.contact),
        "owner_basis": "; ".join(owner.basis for owner in owners if owner.basis),
        "approver": _name(row.approver),
        "reviewer": _name(row.reviewer),
        "rotator": _name(row.rotator),
        "review_every_days": "" if row.review_every is None else str(row.review_every),
        "last_review": row.last_review or "",
        "next_review": row.next_review or "",
        "exceptions": "; ".join(row.exceptions),
        "expired_exceptions": "; ".join(row.expired_exceptions),
        "basis": basis.kind.value if basis else "",
        "confidence": basis.confidence.value if basis else "",
        "source_url": url,
        "source_date": date,
        "clause": basis.clause if basis else "",
        "hangs_on": "; ".join(basis.hangs_on) if basis else "",
        "separation": "; ".join(f"{item.role}: {item.says}" for item in row.separation),
        "remarks": "; ".join(row.remarks),
    }


def _name(holder: Holder | None) -> str:
    return holder.name if holder else ""
