"""The formats of an assessment: one visible tuple that the command line and its help are made from."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from demarc.model.assessment import Assessment
from demarc.model.report_paths import IntruderPaths
from demarc.reports.csv import render_csv
from demarc.reports.html import render_html
from demarc.reports.json import render_json
from demarc.reports.terminal.page import render_text


class Format(Struct, frozen=True, kw_only=True):
    """A way to write an assessment."""

    name: str
    media_type: str
    suffix: str
    says: str
    """What it is for, for the help."""
    render: Callable[[Assessment], bytes]
    """Gives the bytes of a file."""
    with_paths: Callable[[Assessment, IntruderPaths], bytes] | None = None
    """The same with the ways of an intruder; None for formats that do not tell them."""


FORMATS: tuple[Format, ...] = (
    Format(
        name="text",
        media_type="text/plain; charset=utf-8",
        suffix=".txt",
        says="a summary that fits on a screen",
        render=render_text,
    ),
    Format(
        name="html",
        media_type="text/html; charset=utf-8",
        suffix=".html",
        says="one self-contained page for people",
        render=lambda assessment: render_html(assessment).encode(),
        with_paths=lambda assessment, paths: render_html(assessment, paths).encode(),
    ),
    Format(
        name="json",
        media_type="application/json",
        suffix=".json",
        says="everything, with a published schema",
        render=render_json,
        with_paths=render_json,
    ),
    Format(
        name="csv",
        media_type="text/csv; charset=utf-8",
        suffix=".csv",
        says="the control matrix for a spreadsheet",
        render=render_csv,
    ),
)


def format_named(name: str) -> Format:
    """The format of that name; KeyError when there is none."""
    return {form.name: form for form in FORMATS}[name]
