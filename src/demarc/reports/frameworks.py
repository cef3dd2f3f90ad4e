"""A framework seen through a cluster, as JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from demarc.model.frameworks import FrameworkView, Requirement
from demarc.model.posture import Outcome
from demarc.reports.csv import safe_cell
from demarc.reports.findings.markdown import escaped
from demarc.reports.json import written

COLUMNS = (
    "framework",
    "version",
    "id",
    "title",
    "standing",
    "findings",
    "violated_checks",
    "unknown_checks",
    "holding_checks",
    "provider_findings",
    "excepted_findings",
    "duties",
    "owners",
    "unknown",
    "cluster",
    "at",
)


def render_framework_json(view: FrameworkView) -> bytes:
    """One line, stable."""
    return written(view)


def render_framework_csv(view: FrameworkView) -> bytes:
    """One requirement a line, safe in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in view.requirements:
        cells = cells_of(one) | {
            "framework": view.framework,
            "version": view.version,
            "cluster": view.cluster,
            "at": view.at,
        }
        writer.writerow([safe_cell(cells[column]) for column in COLUMNS])
    return out.getvalue().encode("utf-8", "backslashreplace")


def cells_of(one: Requirement) -> dict[str, str]:
    """Cells of a requirement by column, but those that are the same for all."""
    return {
        "id": one.id,
        "title": one.title,
        "standing": one.standing.value,
        "findings": str(sum(check.findings for check in one.checks)),
        "violated_checks": "; ".join(check.id for check in one.checks if check.findings),
        "unknown_checks": "; ".join(check.id for check in one.checks if check.outcome is Outcome.UNKNOWN),
        "holding_checks": "; ".join(check.id for check in one.checks if check.outcome is Outcome.HOLDS),
        "provider_findings": str(sum(check.provider for check in one.checks)),
        "excepted_findings": str(sum(check.excepted for check in one.checks)),
        "duties": "; ".join(duty.id for duty in one.duties),
        "owners": "; ".join(f"{name} ({number})" for name, number in one.owners.items()),
        "unknown": "; ".join(one.unknown),
    }


def render_framework_markdown(view: FrameworkView) -> bytes:
    """A table to hand on."""
    return "".join(f"{line}\n" for line in _markdown(view)).encode("utf-8", "backslashreplace")


def _markdown(view: FrameworkView) -> Iterator[str]:
    yield f"# {escaped(view.title)} {escaped(view.version)}: {escaped(view.cluster)} as of {view.at}"
    yield ""
    yield "Requirements relate to checks and duties by subject. It is never a claim of compliance."
    yield ""
    yield "| Id | Stands | Requirement | Findings | Violated by | Who answers |"
    yield "|---|---|---|---:|---|---|"
    for one in view.requirements:
        cells = cells_of(one)
        yield (
            f"| {escaped(one.id)} | {one.standing.value} | {escaped(one.title)} | {cells['findings']} "
            f"| {escaped(cells['violated_checks'])} | {escaped(cells['owners'])} |"
        )
