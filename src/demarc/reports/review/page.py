"""The list as one page that works offline: nothing is loaded or sent; the filled list is saved as CSV.

It decides nothing by itself: an item without a decision stays open, and what is left of a group is kept only when it is
asked for and confirmed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any

import jinja2
from markupsafe import Markup
from msgspec import Struct

from demarc.model.reviews import Campaign, Item, Risk
from demarc.reports.text import safe_text
from demarc.reviews.risk import in_order


class _Group(Struct, frozen=True, kw_only=True):
    """Items that are alike."""

    risk: Risk
    title: str
    items: tuple[Item, ...]


def as_html(items: Sequence[Item], campaign: Campaign, by: str) -> bytes:
    """Write the page. The same list gives the same page."""
    style, script = _part("page.css"), _part("page.js")
    page = _template().render(
        campaign=campaign,
        by=by,
        groups=list(_groups(items)),
        count=len(items),
        risks=[risk for risk in Risk if any(item.risk is risk for item in items)],
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704
        policy=f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )
    return page.encode("utf-8", "backslashreplace")


def _groups(items: Sequence[Item]) -> Iterator[_Group]:
    for (risk, title), found in groupby(sorted(items, key=in_order), key=lambda item: (item.risk, item.group)):
        yield _Group(risk=risk, title=title or "others", items=tuple(found))


def _part(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_part),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")


def _safe(value: Any) -> Any:
    return value if isinstance(value, Markup) or not isinstance(value, str) else safe_text(value)
