"""The page: template, style and script put together, under a policy that allows nothing else to load or run."""

from __future__ import annotations

import re
from functools import cache

import jinja2
from markupsafe import Markup, escape

from demarc.model.assessment import Assessment
from demarc.model.posture import Posture
from demarc.model.report_paths import IntruderPaths
from demarc.reports import words
from demarc.reports.beside import LETTERS, Beside
from demarc.reports.html import sections
from demarc.reports.html.findings import findings_told
from demarc.reports.html.links import fragment, web_address
from demarc.reports.html.paths import told
from demarc.reports.html.payload import embedded, payload
from demarc.reports.html.picture import picture
from demarc.reports.pages import digest, environment, part
from demarc.reports.text import count, safe_lines, safe_text


def render_html(
    assessment: Assessment,
    paths: IntruderPaths | None = None,
    posture: Posture | None = None,
    beside: Beside | None = None,
) -> str:
    """Write the page, with findings, evidence of roles and the ways of an intruder where they are given.

    The same values give the same page.
    """
    own = part(__package__, "style.css")
    own += part(__package__, "findings.css") if posture is not None else ""
    own += part(__package__, "paths.css") if paths is not None else ""
    style = Markup(own)  # noqa: S704 - our own files
    script = Markup(part(__package__, "page.js") + part(__package__, "matrix.js"))  # noqa: S704 - our own files
    return _template().render(
        a=assessment,
        words=words,
        style=style,
        script=script,
        policy=_policy(style, script),
        data=Markup(embedded(payload(assessment, beside))),  # noqa: S704 - escaped by embedded()
        provider=sections.provider_name(assessment),
        figures=sections.figures(assessment),
        shares=sections.shares(assessment),
        without_owner=sections.without_owner(assessment),
        owners=sections.owners(assessment),
        pictures=(picture(assessment, "wide", 1120, 132), picture(assessment, "narrow", 360, 0)),
        findings=None if posture is None else findings_told(posture),
        paths=None if paths is None else told(assessment, paths),
        beside=beside,
        letters=LETTERS,
        sources={source.id: source for source in assessment.sources},
    )


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{digest(style)}'",
            f"script-src '{digest(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


@cache
def _template() -> jinja2.Template:
    made = environment(__package__)
    made.filters |= {
        "count": count,
        "lines": safe_lines,
        "moment": lambda at: at.replace("T", " ").replace("Z", " UTC") if at[10:11] == "T" else at,
        "link": web_address,
        "coded": _coded,
        "short": lambda text: re.sub(r"\b([0-9a-f]{12})[0-9a-f]{52}\b", r"\1…", text),
        "label": lambda key, of: words.label_of(of, key),
    }
    made.globals |= {"fragment": fragment, "newline": Markup("\n")}
    return made.get_template("page.html.j2")


def _coded(text: str) -> Markup:
    """Text in which words between backticks stand as code, as the boundary's notes write them."""
    parts = safe_text(text).split("`")
    if len(parts) % 2 == 0:
        return escape(safe_text(text))
    return Markup().join(
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts)
    )
