"""The list as one page that works offline: nothing is loaded or sent; the filled list is saved as CSV.

It decides nothing by itself: an item without a decision stays open, and what is left of a group is kept only when it is
asked for and confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby

import jinja2
from markupsafe import Markup
from msgspec import Struct

from demarc.model.reviews import Campaign, Item, Risk
from demarc.reports.pages import digest, environment, part
from demarc.reviews.risk import in_order


class _Group(Struct, frozen=True, kw_only=True):
    """Items that are alike."""

    risk: Risk
    title: str
    items: tuple[Item, ...]


def as_html(items: Sequence[Item], campaign: Campaign, by: str) -> bytes:
    """Write the page. The same list gives the same page."""
    style, script = part(__package__, "page.css"), part(__package__, "page.js")
    page = _template().render(
        campaign=campaign,
        by=by,
        groups=list(_groups(items)),
        count=len(items),
        risks=[risk for risk in Risk if any(item.risk is risk for item in items)],
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704
        policy=f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )
    return page.encode("utf-8", "backslashreplace")


def _groups(items: Sequence[Item]) -> Iterator[_Group]:
    for (risk, title), found in groupby(sorted(items, key=in_order), key=lambda item: (item.risk, item.group)):
        yield _Group(risk=risk, title=title or "others", items=tuple(found))


@cache
def _template() -> jinja2.Template:
    return environment(__package__).get_template("page.html.j2")
