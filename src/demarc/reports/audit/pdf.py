"""The report of a pack as PDF: what an auditor reads first. Names come as data into the template, never as markup.

Only the fonts that come with the typesetter are used, so that the same pack gives the same bytes on every machine;
letters of scripts that they lack are drawn as boxes, and stand as they are in the tables.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec
import typst

from demarc.model.time import instant
from demarc.reports.audit.content import Content
from demarc.reports.audit.told import told_of


def pdf(content: Content) -> bytes:
    """Typeset the report."""
    return typeset(content, "pdf")


def typeset(content: Content, form: Any, **more: Any) -> bytes:
    """Typeset it in one of the typesetter's formats; of a format with a file for each page, the first."""
    template = (files("demarc.reports.audit") / "report.typ").read_bytes()
    data = msgspec.json.encode(told_of(content)).decode()
    done = typst.compile(
        template,
        format=form,
        sys_inputs={"data": data},
        ignore_system_fonts=True,
        timestamp=instant(content.assessment.at),
        **more,
    )
    pages = done if isinstance(done, list) else [done]
    return bytes(pages[0] or b"")
