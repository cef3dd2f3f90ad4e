"""What changed between two assessments, and a trend over many, as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from demarc.model.posture import Finding, Severity
from demarc.posture.baseline import Differences, Point
from demarc.reports.csv import safe_cell
from demarc.reports.findings.markdown import TABLE_HEAD, escaped, table
from demarc.reports.findings.rows import rows
from demarc.reports.text import count


def render_changes(found: Differences, form: Literal["json", "markdown"]) -> bytes:
    """Write differences as one line of JSON, or as Markdown to send."""
    if form == "json":
        return msgspec.json.encode(found, order="deterministic") + b"\n"
    return "".join(f"{line}\n" for line in _markdown(found)).encode("utf-8", "backslashreplace")


def _markdown(found: Differences) -> Iterator[str]:
    yield f"# Findings from {found.before} to {found.after}"
    yield ""
    yield from _part("New", found.new)
    yield from _part("Gone", found.gone)
    if found.handed:
        yield f"## {count(len(found.handed), 'finding')} in other hands"
        yield ""
        yield from (f"- {escaped(one.after.says)}: {escaped(one.says)}" for one in found.handed)
        yield ""
    if found.lost:
        yield f"## {count(len(found.lost), 'check')} that can no longer be answered"
        yield ""
        yield from (f"- {one.check} {escaped(one.title)}: {escaped(one.why)}" for one in found.lost)
        yield ""


def _part(title: str, findings: tuple[Finding, ...]) -> Iterator[str]:
    if findings:
        yield f"## {title}: {count(len(findings), 'finding')}"
        yield ""
        yield from TABLE_HEAD
        yield from (table(row) for row in rows(findings))
        yield ""


def render_trend(points: Iterable[Point], form: Literal["json", "csv"]) -> bytes:
    """Write a trend, one assessment a line."""
    if form == "json":
        return b"".join(msgspec.json.encode(point, order="deterministic") + b"\n" for point in points)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    severities = [severity.value for severity in Severity]
    rest = ("new", "gone", "excepted", "provider", "unknown", "oldest_days")
    writer.writerow(("cluster", "at", *severities, *rest))
    for point in points:
        counts = [str(point.by_severity[severity]) for severity in severities]
        oldest = "" if point.oldest_days is None else str(point.oldest_days)
        numbers = (point.new, point.gone, point.excepted, point.provider, point.unknown)
        writer.writerow((safe_cell(point.cluster), point.at, *counts, *map(str, numbers), oldest))
    return out.getvalue().encode("utf-8", "backslashreplace")
