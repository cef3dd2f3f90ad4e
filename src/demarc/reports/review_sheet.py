"""A reviewer's list as a workbook to fill in: the decision by a menu, the evidence beside it, the riskiest first."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import xlsxwriter  # type: ignore[import-untyped]

from demarc.model.reviews import Choice, Item
from demarc.reports.audit.xlsx import cell
from demarc.reports.csv import FORMULA
from demarc.reviews.forms import COLUMNS, rows_of

_WIDTHS: Final = {"number": 8, "decision": 12, "note": 36, "risk": 9, "group": 30, "what": 44, "evidence": 90}
_OTHER_WIDTH: Final = 18
_COLOURS: Final = {"high": "#f8d7da", "medium": "#fff3cd"}
_HELP: Final = "keep, change, revoke or not-mine; change and revoke need a note; an empty one stays open"


def as_xlsx(items: Sequence[Item], head: str) -> bytes:
    """One sheet. Whatever begins like a formula is marked as text, never computed."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": cell(head)})
        sheet = book.add_worksheet("review")
        top = {"valign": "top", "text_wrap": True}
        heading = book.add_format({**top, "bold": True, "bg_color": "#e8edf3"})
        plain, marked = book.add_format(top), book.add_format({**top, "quote_prefix": True})
        to_fill = book.add_format({**top, "bg_color": "#e7f5ec", "border": 1, "border_color": "#b7c7bd"})
        for at, column in enumerate(COLUMNS):
            sheet.write_string(0, at, column, heading)
            sheet.set_column(at, at, _WIDTHS.get(column, _OTHER_WIDTH))
        for down, row in enumerate(rows_of(items), 1):
            for at, value in enumerate(row):
                text = cell(value)
                if COLUMNS[at] in ("decision", "note"):
                    sheet.write_blank(down, at, None, to_fill)
                elif COLUMNS[at] == "number":
                    sheet.write_number(down, at, int(value), plain)
                else:
                    sheet.write_string(down, at, text, marked if text.lstrip().startswith(FORMULA) else plain)
        last = max(len(items), 1)
        menu = {"validate": "list", "source": [one.value for one in Choice], "input_message": _HELP}
        sheet.data_validation(1, COLUMNS.index("decision"), last, COLUMNS.index("decision"), menu)
        for risk, colour in _COLOURS.items():
            rule = {"type": "cell", "criteria": "==", "value": f'"{risk}"'}
            where = COLUMNS.index("risk")
            sheet.conditional_format(1, where, last, where, {**rule, "format": book.add_format({"bg_color": colour})})
        sheet.freeze_panes(1, 3)
        sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
    return out.getvalue()
