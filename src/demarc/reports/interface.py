"""The formats of an assessment: one visible tuple that the command line and its help are made from."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from demarc.model.assessment import Assessment
from demarc.model.posture import Posture
from demarc.model.report_paths import IntruderPaths
from demarc.reports.beside import Beside
from demarc.reports.csv import render_csv
from demarc.reports.findings.interface import ALONE, FindingFormat
from demarc.reports.html import render_html
from demarc.reports.json import render_json
from demarc.reports.terminal.page import render_text


class Told(Struct, frozen=True, kw_only=True):
    """All that a report can tell."""

    assessment: Assessment
    posture: Posture
    paths: IntruderPaths | None = None
    beside: Beside | None = None
    """What evidence says of the roles of rows."""


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


def _of_findings(form: FindingFormat) -> Format:
    return Format(
        name=form.name,
        media_type=form.media_type,
        suffix=form.suffix,
        says=form.says,
        render=lambda told: form.render(told.posture),
    )


FORMATS: tuple[Format, ...] = (
    Format(
        name="text",
        media_type="text/plain; charset=utf-8",
        suffix=".txt",
        says="a summary that fits on a screen",
        render=lambda told: render_text(told.assessment, told.posture, told.beside),
    ),
    Format(
        name="html",
        media_type="text/html; charset=utf-8",
        suffix=".html",
        says="one self-contained page for people",
        render=lambda told: render_html(told.assessment, told.paths, told.posture, told.beside).encode(),
        tells_paths=True,
    ),
    Format(
        name="json",
        media_type="application/json",
        suffix=".json",
        says="everything, with a published schema",
        render=lambda told: render_json(
            told.assessment, told.paths, told.posture, told.beside.told() if told.beside else None
        ),
        tells_paths=True,
    ),
    Format(
        name="csv",
        media_type="text/csv; charset=utf-8",
        suffix=".csv",
        says="the control matrix for a spreadsheet",
        render=lambda told: render_csv(told.assessment, told.beside),
    ),
    *(_of_findings(form) for form in ALONE),
)


def format_named(name: str) -> Format:
    """The format of that name; KeyError when there is none."""
    return {form.name: form for form in FORMATS}[name]
