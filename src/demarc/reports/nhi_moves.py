"""How the inventory moved, as JSON with its schema and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from demarc.model.nhi_moves import NhiDiff, NhiTrend
from demarc.reports.csv import safe_cell
from demarc.reports.json import schema_of, written

DIFF_COLUMNS = ("move", "id", "kind", "was", "now", "owner", "says", "before", "after")
TREND_COLUMNS = (
    *("at", "cluster", "identities", "credentials", "humans", "ratio", "new", "gone", "rotated"),
    *("what", "name", "number", "since"),
)


def diff_schema() -> dict[str, Any]:
    """JSON Schema of ``render_diff``."""
    return schema_of(NhiDiff, "urn:demarc:nhi-diff:1", "Demarc: what moved in the inventory")


def trend_schema() -> dict[str, Any]:
    """JSON Schema of ``render_trend``."""
    return schema_of(NhiTrend, "urn:demarc:nhi-trend:1", "Demarc: the inventory over time")


def render_diff(found: NhiDiff, form: Literal["json", "csv"]) -> bytes:
    """Write what moved; as CSV an entry a line."""
    return written(found) if form == "json" else _csv(DIFF_COLUMNS, _moves(found))


def render_trend(found: NhiTrend, form: Literal["json", "csv"]) -> bytes:
    """Write the numbers; as CSV a line for each kind, state and long-lived credential of each snapshot."""
    return written(found) if form == "json" else _csv(TREND_COLUMNS, _numbers(found))


def _csv(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        cells = (row.get(column) for column in columns)
        writer.writerow([safe_cell("" if cell is None else str(cell)) for cell in cells])
    return out.getvalue().encode("utf-8", "backslashreplace")


def _moves(found: NhiDiff) -> Iterator[dict[str, Any]]:
    when = {"before": found.before, "after": found.after}
    for move, refs in (("new", found.new), ("gone", found.gone), ("rotated", found.rotated)):
        for one in refs:
            yield {"move": move, "id": one.id, "kind": one.kind.value, "now": one.state.value, "owner": one.owner} | (
                {"says": one.says} | when
            )
    for move, shifts in (("worse", found.worse), ("better", found.better), ("owner", found.owners)):
        for shift in shifts:
            yield {"move": move, "id": shift.id, "kind": shift.kind.value, "was": shift.was, "now": shift.now} | (
                {"says": shift.says} | when
            )
    yield from ({"move": "unseen", "says": why} | when for why in found.unseen)


def _numbers(found: NhiTrend) -> Iterator[dict[str, Any]]:
    for point in found.points:
        same = {name: getattr(point, name) for name in TREND_COLUMNS[:9]}
        for what, numbers in (("kind", point.by_kind), ("state", point.by_state)):
            yield from (same | {"what": what, "name": name, "number": number} for name, number in numbers.items())
        for old in point.longest:
            yield same | {"what": "longest-lived", "name": old.id, "number": old.days, "since": old.since}
        yield from (same | {"what": "unseen", "name": why} for why in point.unseen)
