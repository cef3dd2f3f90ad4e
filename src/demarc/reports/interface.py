"""The formats of an assessment: one visible tuple that the command line and its help are made from."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from demarc.model.assessment import Assessment
from demarc.model.posture import Posture
from demarc.model.report_paths import IntruderPaths
from demarc.reports.csv import render_csv
from demarc.reports.findings.digest import render_digests
from demarc.reports.findings.github import render_annotations, render_summary
from demarc.reports.findings.junit import render_junit
from demarc.reports.findings.policy_reports import render_open_reports, render_policy_reports
from demarc.reports.findings.sarif import render_sarif
from demarc.reports.findings.table import render_findings_csv
from demarc.reports.html import render_html
from demarc.reports.json import render_json
from demarc.reports.terminal.page import render_text


class Told(Struct, frozen=True, kw_only=True):
    """All that a report can tell."""

    assessment: Assessment
    posture: Posture
    paths: IntruderPaths | None = None


class Format(Struct, frozen=True, kw_only=True):
    """A way to write an assessment."""

    name: str
    media_type: str
    suffix: str
    says: str
    """What it is for, for the help."""
    render: Callable[[Told], bytes]
    """Gives the bytes of a file."""
    tells_paths: bool = False
    """Whether the ways of an intruder are in it, where they were looked for."""


FINDING_FORMATS: tuple[Format, ...] = (
    Format(
        name="sarif",
        media_type="application/sarif+json",
        suffix=".sarif",
        says="findings for code scanning (SARIF 2.1.0)",
        render=lambda told: render_sarif(told.posture),
    ),
    Format(
        name="junit",
        media_type="application/xml",
        suffix=".xml",
        says="findings as tests, for CI",
        render=lambda told: render_junit(told.posture),
    ),
    Format(
        name="findings-csv",
        media_type="text/csv; charset=utf-8",
        suffix=".findings.csv",
        says="findings for a spreadsheet",
        render=lambda told: render_findings_csv(told.posture),
    ),
    Format(
        name="openreports",
        media_type="application/yaml",
        suffix=".openreports.yaml",
        says="findings as OpenReports objects",
        render=lambda told: render_open_reports(told.posture),
    ),
    Format(
        name="policyreport",
        media_type="application/yaml",
        suffix=".policyreport.yaml",
        says="findings as PolicyReport objects",
        render=lambda told: render_policy_reports(told.posture),
    ),
    Format(
        name="github",
        media_type="text/plain; charset=utf-8",
        suffix=".github.txt",
        says="findings as annotations of GitHub Actions",
        render=lambda told: render_annotations(told.posture),
    ),
    Format(
        name="github-summary",
        media_type="text/markdown; charset=utf-8",
        suffix=".summary.md",
        says="findings for the summary of a GitHub step",
        render=lambda told: render_summary(told.posture),
    ),
    Format(
        name="digest",
        media_type="text/markdown; charset=utf-8",
        suffix=".md",
        says="findings by owner, ready to send",
        render=lambda told: render_digests(told.posture),
    ),
)
"""Formats that tell findings alone; ``demarc findings`` writes them too."""

FORMATS: tuple[Format, ...] = (
    Format(
        name="text",
        media_type="text/plain; charset=utf-8",
        suffix=".txt",
        says="a summary that fits on a screen",
        render=lambda told: render_text(told.assessment, told.posture),
    ),
    Format(
        name="html",
        media_type="text/html; charset=utf-8",
        suffix=".html",
        says="one self-contained page for people",
        render=lambda told: render_html(told.assessment, told.paths, told.posture).encode(),
        tells_paths=True,
    ),
    Format(
        name="json",
        media_type="application/json",
        suffix=".json",
        says="everything, with a published schema",
        render=lambda told: render_json(told.assessment, told.paths, told.posture),
        tells_paths=True,
    ),
    Format(
        name="csv",
        media_type="text/csv; charset=utf-8",
        suffix=".csv",
        says="the control matrix for a spreadsheet",
        render=lambda told: render_csv(told.assessment),
    ),
    *FINDING_FORMATS,
)


def format_named(name: str) -> Format:
    """The format of that name; KeyError when there is none."""
    return {form.name: form for form in FORMATS}[name]
