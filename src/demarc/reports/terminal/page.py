"""What a terminal shows as a file: the same text as in one of 100 columns, without colour."""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console

from demarc.model.assessment import Assessment
from demarc.model.posture import Posture
from demarc.reports.beside import Beside
from demarc.reports.terminal.findings import findings
from demarc.reports.terminal.summary import summary

WIDTH = 100


def render_text(assessment: Assessment, posture: Posture | None = None, beside: Beside | None = None) -> bytes:
    """Write the summary as UTF-8 text without escapes."""
    return _printed(lambda console: summary(assessment, console, posture, beside))


def render_findings_text(posture: Posture) -> bytes:
    """Write findings as UTF-8 text without escapes."""
    return _printed(lambda console: findings(posture, console))


def _printed(show: Callable[[Console], None]) -> bytes:
    out = io.StringIO()
    show(Console(file=out, width=WIDTH, color_system=None, force_terminal=False, legacy_windows=False))
    return out.getvalue().encode("utf-8", "backslashreplace")
