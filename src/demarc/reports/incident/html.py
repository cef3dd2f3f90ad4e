"""The document as one page: nothing is loaded, no script runs. The runbook stands in two columns."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from demarc.model.incident_report import IncidentReport
from demarc.reports import words
from demarc.reports.diagrams.svg import svg
from demarc.reports.html.links import web_address
from demarc.reports.incident.document import document, owner_word
from demarc.reports.incident.route import route
from demarc.reports.incident.timeline import timeline
from demarc.reports.text import safe_text

_SHARED = "demarc.reports.html"


def render_html(report: IncidentReport) -> bytes:
    """Write the page. The same report gives the same page."""
    style = Markup(_part(_SHARED, "style.css") + _part(_SHARED, "paths.css") + _part(__package__, "style.css"))  # noqa: S704 - our own files
    drawings = {
        "timeline": Markup(timeline(report)),  # noqa: S704 - escaped where it is drawn
        "path": Markup(svg(route(report), name="way", says=safe_text(report.verdict.rationale))),  # noqa: S704
    }
    page = _template().render(
        d=document(report),
        report=report,
        words=words,
        style=style,
        policy=_policy(style),
        drawings=drawings,
        verdict=report.verdict,
    )
    return page.encode()


def _part(package: str | None, name: str) -> str:
    return files(package or "").joinpath(name).read_text(encoding="utf-8")


def _policy(style: str) -> str:
    digest = "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src '{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: _part(__package__, name)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"link": web_address, "owner": owner_word, "kind": lambda block: type(block).__name__}
    return environment.get_template("page.html.j2")


def _safe(value: Any) -> Any:
    """All text from input becomes safe to show, then Jinja escapes it. Line feeds of letters and commands stay."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return "\n".join(safe_text(line) for line in value.split("\n"))
    return value
