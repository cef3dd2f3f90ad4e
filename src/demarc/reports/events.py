"""What a trail holds and what it can prove, as text, JSON lines and CSV. Rows are written as they come, however many.

Everything in an event was written by somebody else: it is made safe for terminals and spreadsheets.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

import msgspec

from demarc.events.coverage import Coverage, Proof, lost_by
from demarc.events.importing import Imported
from demarc.events.interface import Answer, Value
from demarc.events.pieces import Reject
from demarc.events.policy import BODIES
from demarc.events.store import SourceRecord
from demarc.model.events import Shape
from demarc.reports.csv import safe_cell
from demarc.reports.text import safe_text

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES: Final = "_us"
_LENGTHS: Final = frozenset({"silent_us", "longer_us"})
_WIDEST: Final = 60
_LOOK: Final = 500
"""Rows by which the widths of a table are chosen."""
_SHAPES: Final = {
    Shape.KUBERNETES: "events of the API server",
    Shape.CLOUDWATCH: "EKS, by CloudWatch",
    Shape.AKS_DIAGNOSTIC: "AKS diagnostic records",
    Shape.AKS_TABLE: "rows of AKSAudit",
    Shape.GKE: "GKE, by Cloud Logging",
    Shape.ELASTIC: "documents of a collector",
    Shape.OTEL: "OpenTelemetry records",
    Shape.GELF: "GELF messages",
    Shape.FALCO: "Falco alerts",
}


def time_of(us: int) -> str:
    """Microseconds as ``2026-11-23T19:05:55.616123Z``; empty for 0, and for what is no time."""
    if us <= 0:
        return ""
    try:
        return (_EPOCH + timedelta(microseconds=us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    except OverflowError:
        return ""


def imported(done: Imported) -> Iterator[str]:
    """Lines of what an import did."""
    for source in done.sources:
        yield from _source(source)
    for origin in done.known:
        yield f"{safe_text(origin)}: imported before, nothing new"
    for unread in done.unread:
        yield f"{safe_text(unread.origin)}: left out, {safe_text(unread.says)}"
    shapes = sorted({shape for source in done.sources for shape in source.shapes})
    yield from losses(shapes)


def losses(shapes: Sequence[str]) -> Iterator[str]:
    """Lines of what shapes cannot show."""
    for shape, columns in lost_by(shapes).items():
        yield f"{_SHAPES[Shape(shape)]} cannot show: {', '.join(columns)}. That these are empty says nothing."


def _source(source: SourceRecord) -> Iterator[str]:
    noun = "event" if source.events == 1 else "events"
    parts = [f"{source.events:,} {noun}"]
    if source.first_us:
        parts.append(f"{time_of(source.first_us)[:19]}Z to {time_of(source.last_us)[:19]}Z")
    parts += [_SHAPES[Shape(shape)] for shape in source.shapes]
    yield f"{source.id}  {safe_text(source.origin)}: {', '.join(parts)}"
    if source.clusters:
        yield f"    cluster {', '.join(safe_text(name) for name in source.clusters)}"
    notes = [
        (source.duplicates, "that were there already"),
        (source.rejected, "that could not be read: demarc events sources --rejects"),
        (source.truncated, "that arrived cut, and were read as far as they go"),
        (source.reused, "whose auditID another event has too: demarc events query reused-ids"),
    ]
    yield from (f"    {count:,} {says}" for count, says in notes if count)
    yield from (f"    {count:,} left out: {says}" for says, count in sorted(source.others.items()))
    if source.damaged:
        yield f"    not read to its end: {source.damaged}"
    if source.unfinished:
        yield "    its last line ends early and was left: import it again when it is whole"


def sources(found: Iterable[SourceRecord], rejects: Iterable[Reject]) -> Iterator[str]:
    """Lines of what a store holds."""
    for source in found:
        yield from _source(source)
        yield f"    sha256 {source.sha256}, {source.size:,} bytes, imported {source.imported_at}"
    for reject in rejects:
        yield f"{reject.source}:{reject.position}  {safe_text(reject.says)}: {safe_text(reject.text, limit=200)}"


def table(answer: Answer) -> Iterator[str]:
    """Rows of an answer, aligned by the first of them."""
    rows = (tuple(_cell(name, value) for name, value in zip(answer.columns, row, strict=True)) for row in answer.rows)
    head = list(islice(rows, _LOOK))
    names = [name.removesuffix(_TIMES) if name not in _LENGTHS else name for name in answer.columns]
    used = [index for index in range(len(names)) if any(row[index] for row in head)] or list(range(len(names)))
    widths = [min(_WIDEST, max(len(names[index]), *(len(row[index]) for row in head), 1)) for index in used]
    yield _aligned([names[index] for index in used], widths)
    for rest in (head, rows):
        for row in rest:
            yield _aligned([row[index] for index in used], widths)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cell(name: str, value: Value | None) -> str:
    if name.endswith(_TIMES) and name not in _LENGTHS and isinstance(value, int):
        return time_of(value)
    if isinstance(value, bool):
        return name if value else ""
    return safe_text("" if value is None else str(value).replace("\n", ", "), limit=_WIDEST)


def events(answer: Answer) -> Iterator[str]:
    """Lines of requests: when, with which result, who, what, from where; then what is odd about it.

    Of the stages of a request that follow each other the last one is shown.
    """
    for row in _last_stages(answer):
        text = {name: safe_text("" if value is None else str(value).replace("\n", " ")) for name, value in row.items()}
        what = text["resource"] + (f"/{text['subresource']}" if text["subresource"] else "")
        what += f".{text['api_group']}" if text["api_group"] else ""
        where = "/".join(part for part in (text["namespace"], text["name"]) if part)
        who = text["user_name"] or "(nobody)"
        if text["impersonated_user"]:
            who += f" as {text['impersonated_user']}"
        parts = [
            time_of(int(row["ts_us"] or 0)) or "(no time)",
            f"{text['code'] if row['code'] else '-':>3} {text['decision'] or '-':<6}",
            who,
            f"{text['verb']} {what or text['uri']}{' ' + where if where else ''}",
            f"from {text['source_ips']}" if text["source_ips"] else "",
            text["agent"],
        ]
        yield "  ".join(part for part in parts if part)
        yield from (f"      {line}" for line in _odd(row, text))


def _last_stages(answer: Answer) -> Iterator[dict[str, Value | None]]:
    held: dict[str, Value | None] | None = None
    for row in answer.dicts():
        if held is not None and (held["audit_id"], held["ts_us"]) != (row["audit_id"], row["ts_us"]):
            yield held
        held = row
    if held is not None:
        yield held


def _odd(row: dict[str, Value | None], text: dict[str, str]) -> Iterator[str]:
    if row["command"]:
        yield f"command: {text['command']}"
    marks = [
        (row["stage"] in {"RequestReceived", "Panic"}, f"no answer in the trail: {text['stage']}"),
        (row["dry_run"], "dry run: it changed nothing"),
        (row["truncated"], "cut: read as far as it goes"),
        (row["id_reused"], "another event has its auditID"),
        (row["legacy_secret"], f"with the lasting token of Secret {text['legacy_secret']}"),
        (row["code"] == 101, "101: the connection was upgraded; that the command ran is not shown"),
    ]
    yield from (says for holds, says in marks if holds)


def json_lines(answer: Answer) -> Iterator[bytes]:
    """One object a row."""
    for row in answer.dicts():
        yield msgspec.json.encode(row) + b"\n"


def csv_lines(answer: Answer) -> Iterator[bytes]:
    """CSV (RFC 4180), safe in spreadsheets."""
    yield _csv(answer.columns)
    for row in answer.rows:
        yield _csv([_plain(value) for value in row])


def _plain(value: Value | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else safe_cell(value or "")


def _csv(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode("utf-8", "backslashreplace")


_ANSWERS: Final = {
    Proof.YES: "its absence proves that it did not happen",
    Proof.NO: "its absence proves nothing",
    Proof.UNKNOWN: "what its absence proves is unknown",
}


def coverage(found: Sequence[tuple[str, Coverage]], basis: Sequence[str]) -> Iterator[str]:
    """Lines of answers to whether requests would have been logged; many as a table with its reasons below."""
    yield from (safe_text(line) for line in basis)
    yield ""
    if len(found) == 1:
        yield from _covered(found[0][1])
        return
    reasons: dict[str, int] = {}
    lines = [("when", "request", "level", "seen", "absence proves it", "because")]
    for says, answer in found:
        numbers = [reasons.setdefault(reason, len(reasons) + 1) for reason in answer.reasons]
        seen = "" if answer.seen is None else f"{answer.seen:,}"
        because = ", ".join(str(number) for number in sorted(numbers))
        lines.append((says, safe_text(str(answer.question)), _levels(answer), seen, answer.absence.value, because))
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]))]
    yield from (_aligned(line, widths) for line in lines)
    yield ""
    yield from (f"{number:>3}. {safe_text(reason)}" for reason, number in reasons.items())


def _covered(answer: Coverage) -> Iterator[str]:
    yield safe_text(str(answer.question))
    yield f"  written: {answer.written.value}, level {_levels(answer)}"
    yield from (f"    {level.value}: {BODIES[level]}" for level in answer.levels)
    yield f"  delivered: {answer.delivered.value}"
    if answer.seen is not None:
        yield f"  in the trail: {answer.seen:,}"
    yield f"  {_ANSWERS[answer.absence]}"
    yield from (f"    - {safe_text(reason)}" for reason in answer.reasons)


def _levels(answer: Coverage) -> str:
    return " or ".join(level.value for level in answer.levels) or "unknown"
