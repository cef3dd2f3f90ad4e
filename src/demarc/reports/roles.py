"""Evidence of roles as JSON and CSV, whole, and folded for people: rows that say the same are one line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from demarc.model.roles import RoleEvidence, RolesReport, Verdict
from demarc.reports.text import safe_text

COLUMNS = (
    *("row", "duty", "scope", "role", "named", "by_owner", "verdict", "why", "todo"),
    *("who", "evidence", "source", "grade", "at", "more", "as_of"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Fold(Struct, frozen=True, kw_only=True):
    """Rows of one role that say the same."""

    first: RoleEvidence
    rows: tuple[RoleEvidence, ...]

    @property
    def scopes(self) -> tuple[str, ...]:
        """Scopes, each once."""
        return tuple(dict.fromkeys(str(row.scope) for row in self.rows))

    @property
    def duties(self) -> tuple[str, ...]:
        """Duties, each once."""
        return tuple(dict.fromkeys(row.duty for row in self.rows))


_ORDER = (Verdict.SAYS_OTHERWISE, Verdict.MISSING, Verdict.SAYS_SO)


def folded(roles: Iterable[RoleEvidence]) -> list[Fold]:
    """Fold rows that have the same role, name, verdict and reason; what speaks against first."""
    groups: dict[tuple[object, ...], list[RoleEvidence]] = {}
    for item in roles:
        key = (item.role, item.named, item.name, item.by_owner, item.verdict, item.why)
        groups.setdefault(key, []).append(item)
    found = [Fold(first=rows[0], rows=tuple(rows)) for rows in groups.values()]
    return sorted(found, key=lambda fold: _ORDER.index(fold.first.verdict))


def render_json(report: RolesReport) -> bytes:
    """Everything, for programs."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def render_csv(report: RolesReport) -> bytes:
    """One line for each role of each row, with the evidence that decides first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for item in report.roles:
        writer.writerow([_cell(text) for text in _cells(item, report.at)])
    return out.getvalue().encode("utf-8", "backslashreplace")


def _cells(item: RoleEvidence, at: str) -> Sequence[str]:
    first = item.witnesses[0] if item.witnesses else None
    seen = (first.who, first.says, first.source, first.grade.name.lower(), first.at) if first else ("",) * 5
    others = max(0, len(item.witnesses) - 1) + item.more
    return (
        *(item.row, item.duty, str(item.scope), item.role.value, item.name, "yes" if item.by_owner else "no"),
        *(item.verdict.value, item.why, item.todo, *seen, str(others), at),
    )


def _cell(value: str) -> str:
    text = safe_text(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
