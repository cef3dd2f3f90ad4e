"""The formats of an incident's report, by name."""

from __future__ import annotations

from collections.abc import Callable

from demarc.model.incident_report import IncidentReport
from demarc.reports.incident.html import render_html
from demarc.reports.incident.json import render_json
from demarc.reports.incident.markdown import render_markdown

FORMATS: dict[str, Callable[[IncidentReport], bytes]] = {
    "json": render_json,
    "markdown": render_markdown,
    "html": render_html,
}
"""Formats that make a file; text is shown by ``terminal``."""
