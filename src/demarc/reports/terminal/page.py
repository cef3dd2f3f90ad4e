"""The summary as a file: the same text as in a terminal of 100 columns, without colour."""

from __future__ import annotations

import io

from rich.console import Console

from demarc.model.assessment import Assessment
from demarc.model.posture import Posture
from demarc.reports.terminal.summary import summary

WIDTH = 100


def render_text(assessment: Assessment, posture: Posture | None = None) -> bytes:
    """Write the summary as UTF-8 text without escapes."""
    out = io.StringIO()
    summary(assessment, posture, Console(file=out, width=WIDTH, color_system=None, force_terminal=False, legacy_windows=False))
    return out.getvalue().encode()
