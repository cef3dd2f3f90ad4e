"""The document as one page: nothing is loaded, no script runs. The runbook stands in two columns."""

from __future__ import annotations

from functools import cache

import jinja2
from markupsafe import Markup

from demarc.model.incident_report import IncidentReport
from demarc.reports import words
from demarc.reports.diagrams.svg import svg
from demarc.reports.html.links import web_address
from demarc.reports.incident.document import document, owner_word
from demarc.reports.incident.route import route
from demarc.reports.incident.timeline import timeline
from demarc.reports.pages import digest, environment, part
from demarc.reports.text import safe_text

_SHARED = "demarc.reports.html"


def render_html(report: IncidentReport) -> bytes:
    """Write the page. The same report gives the same page."""
    style = Markup(part(_SHARED, "style.css") + part(_SHARED, "paths.css") + part(__package__, "style.css"))  # noqa: S704 - our own files
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


def _policy(style: str) -> str:
    return f"default-src 'none'; style-src '{digest(style)}'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def _template() -> jinja2.Template:
    made = environment(__package__, safe=_safe)
    made.filters |= {"link": web_address, "owner": owner_word, "kind": lambda block: type(block).__name__}
    return made.get_template("page.html.j2")


def _safe(text: str) -> str:
    """Make text safe to show line by line: line feeds of letters and commands stay."""
    return "\n".join(safe_text(line) for line in text.split("\n"))
