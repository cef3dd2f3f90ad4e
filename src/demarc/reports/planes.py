"""Both planes of access as JSON, CSV, and review lists for each plane and owner, with the evidence in them.

Names come from input: cells are made safe for spreadsheets, and Markdown is escaped.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from demarc.model.planes import OwnedPlanes, OwnedRow, Use
from demarc.reports.csv import safe_cell
from demarc.reports.text import count, listed, safe_text

COLUMNS = (
    *("plane", "holder", "holder_kind", "powers", "over", "grant", "members", "duty", "scope", "owner", "party"),
    *("status", "last_review", "last_reviewed_by", "next_review", "unused", "unused_known", "last_used", "grade"),
    *("evidence", "remarks", "unknown", "at"),
)
REVIEW_COLUMNS = (*COLUMNS, "keep", "change_or_remove", "reviewed_by", "reviewed_on")
NOBODY = "nobody"
"""Name of the review list for grants without an owner."""
_MOST = 50
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!&~])")
_FILE = re.compile(r"[^a-z0-9]+")


def render_csv(planes: OwnedPlanes, columns: tuple[str, ...] = COLUMNS) -> bytes:
    """Write rows as CSV (RFC 4180); several values in a cell are joined by ``; ``."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for owned in planes.rows:
        cells = _cells(owned, planes)
        writer.writerow([safe_cell(cells.get(column, "")) for column in columns])
    return out.getvalue().encode("utf-8", "backslashreplace")


def render_json(planes: OwnedPlanes) -> bytes:
    """Write everything as one line of JSON; what is no text (a lone surrogate) is written in words."""
    try:
        return msgspec.json.encode(planes, order="deterministic") + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(_writable(msgspec.to_builtins(planes)), order="deterministic") + b"\n"


def _writable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_writable(name): _writable(item) for name, item in value.items()}
    return [_writable(item) for item in value] if isinstance(value, (list, tuple)) else value


def owners(row: OwnedRow) -> tuple[str, ...]:
    """Owners of a row by name; empty for none."""
    return tuple(holder.name for holder in (row.owner, *row.other_owners) if holder is not None)


def review_lists(planes: OwnedPlanes) -> dict[str, bytes]:
    """Files by name: Markdown and CSV for each plane and owner. A row with several owners is in the list of each."""
    lists: dict[tuple[str, str], list[OwnedRow]] = {}
    for owned in planes.rows:
        for name in owners(owned) or (NOBODY,):
            lists.setdefault((owned.row.plane.value, name), []).append(owned)
    files: dict[str, bytes] = {}
    for (plane, name), rows in sorted(lists.items()):
        start = _file_name(plane, name, files)
        part = OwnedPlanes(
            format=planes.format,
            at=planes.at,
            cluster=planes.cluster,
            rows=tuple(rows),
            unseen=planes.unseen,
            window=planes.window,
        )
        files[f"{start}.md"] = _markdown(part, plane, name).encode("utf-8", "backslashreplace")
        files[f"{start}.csv"] = render_csv(part, REVIEW_COLUMNS)
    return files


def window_words(planes: OwnedPlanes) -> str:
    """What the audit trail covers, in one sentence."""
    window = planes.window
    if window is None:
        return "No audit trail was given (--events): whether a power was used is unknown."
    reads = "" if window.records_reads else " It records no reads: whether reads were done is unknown."
    if window.lost:
        reads += " It does not hold all that tells which grant allowed a request: no power is called unused."
    broken = f" {count(window.unreadable, 'line')} could not be read." if window.unreadable else ""
    return (
        f"Unused means: not once from {window.since[:16]} to {window.until[:16]}, in {window.events:,} events of "
        f"{window.origin}.{reads}{broken}"
    )


def unused(row: OwnedRow) -> tuple[str, ...]:
    """Powers that were not used in the window."""
    return tuple(power.value for power, use in row.row.uses.items() if use is Use.UNUSED)


def _cells(owned: OwnedRow, planes: OwnedPlanes) -> dict[str, str]:
    row = owned.row
    return {
        "plane": row.plane.value,
        "holder": row.holder,
        "holder_kind": row.kind.value,
        "powers": "; ".join(power.value for power in row.powers),
        "over": "; ".join(row.over) or "cluster",
        "grant": row.grant,
        "members": "; ".join(f"{member.name} ({member.by})" for member in row.members),
        "duty": row.duty,
        "scope": str(row.scope),
        "owner": "; ".join(owners(owned)),
        "party": owned.party.value if owned.party else "",
        "status": owned.status.value,
        "last_review": owned.last_review or "",
        "last_reviewed_by": owned.last_reviewed_by,
        "next_review": owned.next_review or "",
        "unused": "; ".join(unused(owned)),
        "unused_known": "yes" if row.uses else "no",
        "last_used": row.last_used,
        "grade": row.grade.name.lower(),
        "evidence": "; ".join(item.says for item in row.evidence),
        "remarks": "; ".join(row.remarks),
        "unknown": row.unknown,
        "at": planes.at,
    }


def _file_name(plane: str, name: str, taken: Iterable[str]) -> str:
    """A file name of plain letters; names that come out the same are told apart by a number."""
    plain = _FILE.sub("-", name.lower()).strip("-")[:60] or "owner"
    start, number = f"{plane}-{plain}", 1
    there = set(taken)
    while f"{start}.md" in there:
        number += 1
        start = f"{plane}-{plain}-{number}"
    return start


def _markdown(planes: OwnedPlanes, plane: str, name: str) -> str:
    title = f"{plane.capitalize()} access of {planes.cluster}: review by {name}"
    lines = [f"# {_md(title)}", "", f"As of {_md(planes.at)}. {_md(window_words(planes))}", ""]
    if planes.unseen:
        lines += ["Not seen, and so not in this list:", "", *(f"- {_md(said)}" for said in planes.unseen), ""]
    for number, owned in enumerate(planes.rows, 1):
        lines += [*_entry(number, owned), ""]
    return "\n".join(lines)


def _entry(number: int, owned: OwnedRow) -> Iterable[str]:
    row = owned.row
    powers = ", ".join(power.value for power in row.powers)
    yield f"## {number}. {_md(row.holder)}: {powers}"
    yield ""
    yield f"- over: {_md(listed(row.over, _MOST) or 'the whole cluster')}"
    yield f"- by: {_md(row.grant)}"
    if row.members:
        said = [f"{member.name} ({member.by})" for member in row.members]
        yield f"- held by: {_md(listed(said, _MOST))}"
    reviewed = f"{owned.last_review} by {owned.last_reviewed_by}" if owned.last_review else "none on record"
    yield f"- duty: {row.duty}, {owned.status.value}; last review: {_md(reviewed)}"
    if row.uses:
        never = ", ".join(unused(owned)) or "nothing"
        yield f"- unused in the window: {never}" + (f"; last used {_md(row.last_used)}" if row.last_used else "")
    for item in row.evidence:
        yield f"- evidence ({item.grade.name.lower()}): {_md(item.says)}"
    for remark in row.remarks:
        yield f"- **note**: {_md(remark)}"
    if row.unknown:
        yield f"- **not known**: {_md(row.unknown)}"
    yield "- [ ] keep  [ ] change or remove  reviewed by, on:"


def _md(value: str) -> str:
    return _MARKDOWN.sub(r"\\\1", safe_text(value))
