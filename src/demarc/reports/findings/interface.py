"""The formats of findings: one visible tuple that the command line and its help are made from."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from demarc.model.posture import Posture
from demarc.reports.findings.digest import render_digests
from demarc.reports.findings.github import render_annotations, render_summary
from demarc.reports.findings.junit import render_junit
from demarc.reports.findings.policy_reports import render_open_reports, render_policy_reports
from demarc.reports.findings.sarif import render_sarif
from demarc.reports.findings.table import render_findings_csv
from demarc.reports.json import render_posture_json
from demarc.reports.terminal.page import render_findings_text


class FindingFormat(Struct, frozen=True, kw_only=True):
    """A way to write findings."""

    name: str
    media_type: str
    suffix: str
    says: str
    """What it is for, for the help."""
    render: Callable[[Posture], bytes]
    """Gives the bytes of a file."""


ALONE: tuple[FindingFormat, ...] = (
    FindingFormat(
        name="sarif",
        media_type="application/sarif+json",
        suffix=".sarif",
        says="findings for code scanning (SARIF 2.1.0)",
        render=render_sarif,
    ),
    FindingFormat(
        name="junit",
        media_type="application/xml",
        suffix=".xml",
        says="findings as tests, for CI",
        render=render_junit,
    ),
    FindingFormat(
        name="findings-csv",
        media_type="text/csv; charset=utf-8",
        suffix=".findings.csv",
        says="findings for a spreadsheet",
        render=render_findings_csv,
    ),
    FindingFormat(
        name="openreports",
        media_type="application/yaml",
        suffix=".openreports.yaml",
        says="findings as OpenReports objects",
        render=render_open_reports,
    ),
    FindingFormat(
        name="policyreport",
        media_type="application/yaml",
        suffix=".policyreport.yaml",
        says="findings as PolicyReport objects",
        render=render_policy_reports,
    ),
    FindingFormat(
        name="github",
        media_type="text/plain; charset=utf-8",
        suffix=".github.txt",
        says="findings as annotations of GitHub Actions",
        render=render_annotations,
    ),
    FindingFormat(
        name="github-summary",
        media_type="text/markdown; charset=utf-8",
        suffix=".summary.md",
        says="findings for the summary of a GitHub step",
        render=render_summary,
    ),
    FindingFormat(
        name="digest",
        media_type="text/markdown; charset=utf-8",
        suffix=".digest.md",
        says="findings by owner, ready to send",
        render=render_digests,
    ),
)
"""Formats that tell findings and nothing else; ``demarc assess`` writes them too."""

FINDING_FORMATS: tuple[FindingFormat, ...] = (
    FindingFormat(
        name="text",
        media_type="text/plain; charset=utf-8",
        suffix=".txt",
        says="equal findings as one line",
        render=render_findings_text,
    ),
    FindingFormat(
        name="json",
        media_type="application/json",
        suffix=".json",
        says="everything, with a published schema; a baseline",
        render=render_posture_json,
    ),
    *ALONE,
)


def finding_format(name: str) -> FindingFormat:
    """The format of that name; KeyError when there is none."""
    return {form.name: form for form in FINDING_FORMATS}[name]
