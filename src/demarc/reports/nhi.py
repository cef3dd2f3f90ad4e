"""The inventory of non-human identities as JSON, CSV and Markdown by owner."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Literal

import msgspec

from demarc.model.nhi import Nhi, NhiReport, NhiState
from demarc.reports.csv import safe_cell
from demarc.reports.findings.markdown import escaped
from demarc.reports.text import count

NOBODY = "nobody"
_AT_ONCE = 1000
"""Entries that are written together."""
COLUMNS = (
    "id",
    "kind",
    "namespace",
    "name",
    "state",
    "reasons",
    "owner",
    "contact",
    "whose",
    "issuer",
    "source_of_truth",
    "created",
    "changed",
    "changed_grade",
    "expires",
    "life_seconds",
    "last_used",
    "last_used_grade",
    "consumers",
    "references",
    "powers",
    "reach",
    "falls_with_it",
    "falls_in_steps",
    "same_value",
    "misplaced",
    "exceptions",
    "at",
)


def render_nhi(report: NhiReport, form: Literal["json", "csv", "markdown"]) -> Iterator[bytes]:
    """Write the inventory, in pieces: it may be far larger than what it is made from. Same report, same bytes."""
    if form == "json":
        return _json(report)
    lines = _csv(report) if form == "csv" else (f"{line}\n" for line in _markdown(report))
    return (line.encode("utf-8", "backslashreplace") for line in lines)


def _json(report: NhiReport) -> Iterator[bytes]:
    """As the encoder writes the whole report."""
    encode = msgspec.json.Encoder(order="deterministic").encode
    before = b"{"
    for name in report.__struct_fields__:
        yield b'%s"%s":' % (before, name.encode())
        before = b","
        if name == "items":
            yield b"["
            for start in range(0, len(report.items), _AT_ONCE):
                yield (b"," if start else b"") + encode(report.items[start : start + _AT_ONCE])[1:-1]
            yield b"]"
        else:
            yield encode(getattr(report, name))
    yield b"}\n"


def _csv(report: NhiReport) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for number, item in enumerate(report.items, start=1):
        cells = _cells(item)
        cells["at"] = report.at
        writer.writerow([safe_cell(cells[column]) for column in COLUMNS])
        if number % _AT_ONCE == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _cells(item: Nhi) -> dict[str, str]:
    return {
        "id": item.id,
        "kind": item.kind.value,
        "namespace": item.namespace,
        "name": item.name,
        "state": item.state.value,
        "reasons": "; ".join(f"{one.state.value}: {one.says}" for one in item.states),
        "owner": item.answers.owner or NOBODY,
        "contact": item.answers.contact,
        "whose": item.answers.whose.value,
        "issuer": item.issuer,
        "source_of_truth": item.source_of_truth,
        "created": item.created.at,
        "changed": item.changed.at,
        "changed_grade": item.changed.grade.value,
        "expires": item.expires or ("never" if item.endless else ""),
        "life_seconds": str(item.life or ""),
        "last_used": item.last_used.at,
        "last_used_grade": item.last_used.grade.value,
        "consumers": "; ".join(item.consumers),
        "references": "; ".join(item.references),
        "powers": "; ".join(power.value for power in item.powers),
        "reach": item.reach,
        "falls_with_it": f"{item.blast.impact}{'' if item.blast.certain else '?'}" if item.blast else "",
        "falls_in_steps": str(item.blast.steps or "") if item.blast else "",
        "same_value": "; ".join(item.same_value),
        "misplaced": "; ".join(item.misplaced),
        "exceptions": "; ".join(dict.fromkeys(one.exception for one in item.states if one.exception)),
    }


def _markdown(report: NhiReport) -> Iterator[str]:
    """A list for each owner, whoever has most to do first."""
    fine = (NhiState.HEALTHY, NhiState.UNKNOWN)
    order = {state: place for place, state in enumerate(NhiState)}
    by_owner: dict[str, list[Nhi]] = {}
    for item in report.items:
        by_owner.setdefault(item.answers.owner or NOBODY, []).append(item)
    yield f"# Non-human identities of {escaped(report.cluster)}, as of {report.at}"
    yield ""
    ordered = sorted(by_owner.items(), key=lambda entry: (-sum(one.state not in fine for one in entry[1]), entry[0]))
    for owner, items in ordered:
        open_ = sum(one.state not in fine for one in items)
        yield f"## {escaped(owner)}: {count(len(items), 'identity', 'identities')} and credentials, {open_:,} to act on"
        yield ""
        yield "| State | Kind | Name | Why | Changed | Last used |"
        yield "|---|---|---|---|---|---|"
        for item in sorted(items, key=lambda one: (order[one.state], one.id)):
            cells = (
                item.state.value,
                item.kind.value,
                item.id,
                item.states[0].says,
                f"{item.changed.at[:10]} ({item.changed.grade.value})",
                item.last_used.at[:10] or "not known",
            )
            yield f"| {' | '.join(escaped(cell) for cell in cells)} |"
        yield ""
