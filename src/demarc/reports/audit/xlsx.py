"""The tables as one spreadsheet. Every cell is text: what begins like a formula is marked as text, never computed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from demarc.reports.audit.tables import Table
from demarc.reports.csv import FORMULA
from demarc.reports.text import safe_text

MOST_ROWS = 1_048_575
"""Rows below the heading that a sheet can hold."""
MOST_CHARACTERS = 32_767
_WIDEST, _NARROWEST = 60, 8
_OUTSIDE_XML = re.compile("[\ufffe\uffff]")
"""Characters that XML cannot hold and that are no control characters."""


def workbook(tables: Iterable[Table], *, title: str, about: str, at: datetime) -> bytes:
    """A sheet for each table after a first one that says what they are. The same tables give the same bytes."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": cell(title), "created": at.replace(tzinfo=None)})
        heading = book.add_format({"bold": True, "bg_color": "#e8edf3", "text_wrap": True, "valign": "top"})
        plain = book.add_format({"valign": "top"})
        marked = book.add_format({"valign": "top", "quote_prefix": True})
        tables = tuple(tables)
        first = Table(
            name="about",
            says="",
            columns=(title, ""),
            rows=(("", about), *((table.name, f"each row: {table.says}") for table in tables)),
        )
        for table in (first, *tables):
            _sheet(book.add_worksheet(table.name[:31]), table, heading, plain, marked)
    return out.getvalue()


def cell(value: str) -> str:
    """Text that a sheet can hold: safe to look at, and no longer than a cell."""
    return _OUTSIDE_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", safe_text(value, MOST_CHARACTERS))


def _sheet(sheet: Any, table: Table, heading: Any, plain: Any, marked: Any) -> None:
    widths = [len(column) for column in table.columns]
    for at, column in enumerate(table.columns):
        sheet.write_string(0, at, cell(column), heading)
    for down, row in enumerate(table.rows[:MOST_ROWS], 1):
        for at, value in enumerate(row):
            text = cell(value)
            if text:
                sheet.write_string(down, at, text, marked if text.lstrip().startswith(FORMULA) else plain)
                widths[at] = max(widths[at], len(text))
    for at, width in enumerate(widths):
        sheet.set_column(at, at, min(max(width + 1, _NARROWEST), _WIDEST))
    sheet.freeze_panes(1, 1)
    if table.rows:
        sheet.autofilter(0, 0, min(len(table.rows), MOST_ROWS), len(table.columns) - 1)
    if len(table.rows) > MOST_ROWS:
        sheet.write_comment(0, 0, f"{len(table.rows):,} rows: the rest is in {table.name}.csv")
