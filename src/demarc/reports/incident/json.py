"""The report as JSON: the verdict's own keys on top, everything else beside them. One line, stable.

Keys of the verdict are those of the written format, so that an answer can be compared with an expected one.
"""

from __future__ import annotations

from typing import Any

import msgspec

from demarc.model.incident_report import FORMAT, IncidentReport
from demarc.reports.json import writable


def render_json(report: IncidentReport) -> bytes:
    """Write the whole report."""
    verdict = msgspec.to_builtins(report.verdict)
    beside = {
        "format": FORMAT,
        "version": report.version,
        "at": report.at,
        "title": report.incident.title,
        "register": report.register,
        "incident": msgspec.to_builtins(report.incident),
        "case": msgspec.to_builtins(report.case),
        "runbook": msgspec.to_builtins(report.runbook),
        "further": msgspec.to_builtins(report.further),
        "gaps": msgspec.to_builtins(report.gaps),
    }
    return _encoded({**verdict, **beside})


def _encoded(value: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(value) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(writable(value)) + b"\n"
