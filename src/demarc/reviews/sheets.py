"""Filled lists as spreadsheets give them back: CSV with whatever separator and encoding, and XLSX. Rows by line."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook  # type: ignore[import-untyped]

from demarc.model.errors import DemarcError, Where

Row = tuple[Where, dict[str, str]]
NEEDED: Final = ("number", "decision")
_TODO: Final = "give the list as demarc review list writes it"
_SEPARATORS: Final = ",;\t|"
_HEADING_WITHIN: Final = 20
"""Rows within which the heading must come: people put a title above it."""
_MOST_UNPACKED: Final = 64 << 20
_MOST_COLUMNS: Final = 64


def csv_rows(data: bytes, name: str) -> Iterator[Row]:
    """Rows of a CSV file, as Excel and others save it: ``,`` or ``;`` or tabs, UTF-8, UTF-16 or Windows-1252."""
    text = _decoded(data)
    if text[:4].lower() == "sep=":
        text = "\n" + text.partition("\n")[2]  # Excel's own first line; kept as an empty one, so that lines count
    start, separator, columns = _heading(text, name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    line = 0
    try:
        for cells in reader:
            first, line = line + 1, reader.line_num
            if first > start and any(cell.strip() for cell in cells):
                yield Where(file=name, line=first), dict(zip(columns, cells, strict=False))
    except csv.Error as error:
        raise DemarcError("not CSV", where=Where(file=name, line=line + 1), todo="save it as CSV") from error


def xlsx_rows(data: bytes, name: str) -> Iterator[Row]:
    """Rows of the first sheet of a workbook that has the columns."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            whole = sum(member.file_size for member in packed.infolist())
        if whole > _MOST_UNPACKED:
            raise DemarcError("the workbook is too large", where=Where(file=name), todo=_TODO)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        found = next((rows for sheet in book.worksheets if (rows := _sheet(sheet, name))), None)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, ParseError, OSError) as error:
        raise DemarcError("not a workbook", where=Where(file=name), todo="save it as .xlsx, or as CSV") from error
    if found is None:
        raise DemarcError(f"no sheet has the columns {' and '.join(NEEDED)}", where=Where(file=name), todo=_TODO)
    yield from found[1]


def _sheet(sheet: Any, name: str) -> tuple[str, list[Row]] | None:
    """Name and rows of a sheet; None where it has no heading. Read to its end before anything is taken of it."""
    columns: list[str] | None = None
    rows: list[Row] = []
    for line, values in enumerate(sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS), 1):
        cells = [_text(value) for value in values]
        if columns is None:
            if _is_heading(cells):
                columns = _columns(cells)
            elif line > _HEADING_WITHIN:
                return None
        elif any(cell.strip() for cell in cells):
            where = Where(file=name, line=line, field=f"sheet {sheet.title}")
            rows.append((where, dict(zip(columns, cells, strict=False))))
    return None if columns is None else (str(sheet.title), rows)


def _text(value: object) -> str:
    """A cell as text: a spreadsheet makes a number of ``12``, and some make 12.0 of it."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _heading(text: str, name: str) -> tuple[int, str, list[str]]:
    """Line of the heading, the separator, and the columns."""
    for line, said in enumerate(text.splitlines()[:_HEADING_WITHIN], 1):
        for separator in _SEPARATORS:
            cells = next(csv.reader([said], delimiter=separator), [])
            if _is_heading(cells):
                return line, separator, _columns(cells)
    raise DemarcError(f"the columns {' and '.join(NEEDED)} are missing", where=Where(file=name, line=1), todo=_TODO)


def _is_heading(cells: Sequence[str]) -> bool:
    return set(NEEDED) <= set(_columns(cells))


def _columns(cells: Sequence[str]) -> list[str]:
    return [cell.strip().lower() for cell in cells]
