"""Memberships over time from CSV: team, person, valid_from, valid_to, as a personnel system exports them."""

from __future__ import annotations

import csv
import io
from datetime import datetime

from msgspec import Struct

from demarc.model.errors import Where
from demarc.model.time import Period
from demarc.register.fields import ID_LENGTH
from demarc.register.problems import Problems
from demarc.register.read import moment
from demarc.register.tree import decoded
from demarc.register.words import plain, shown, unsafe

_COLUMNS = {
    "team": ("team", "teamid", "teamname", "group", "groupid", "groupname", "squad", "unit"),
    "person": ("person", "personid", "user", "userid", "username", "member", "login", "employee"),
    "valid_from": ("validfrom", "from", "since", "start", "startdate", "begin"),
    "valid_to": ("validto", "to", "until", "end", "enddate", "validuntil"),
    "name": ("name", "fullname", "displayname", "personname"),
    "contact": ("email", "mail", "contact", "emailaddress"),
    "role": ("role", "lead", "function"),
}
_LEADS = {"lead", "leader", "teamlead", "manager", "owner", "head", "yes", "true", "1", "x"}


class Row(Struct, frozen=True, kw_only=True):
    """One line: a person's time in a team."""

    team: str
    person: str
    name: str
    contact: str
    lead: bool
    period: Period
    where: Where


def read_memberships(data: bytes, file: str, problems: Problems) -> tuple[Row, ...]:
    """Read a CSV file. Rows that cannot be used go to ``problems``; an empty file has no rows.

    The first line names the columns, in any order, case and spelling (``Valid From``), separated by comma, semicolon
    or tab. ``team`` and ``person`` must be there (``email`` stands in for ``person``). Columns that are not used are
    named in a warning.
    """
    text = decoded(data, file, problems)
    if text is None or not text.strip():
        return ()
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: dict[str, int] | None = None
    rows: list[Row] = []
    line = 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _header(cells, Where(file=file, line=start), problems)
                if columns is None:
                    return ()
                continue
            row = _row(cells, columns, Where(file=file, line=start), problems)
            if row is not None:
                rows.append(row)
    except csv.Error as error:
        where = Where(file=file, line=max(line, reader.line_num))
        problems.error(f"not CSV: {error}", where, "close the quotes, and double quotes within quotes")
    return tuple(rows)


def _header(cells: list[str], where: Where, problems: Problems) -> dict[str, int] | None:
    columns: dict[str, int] = {}
    ignored: list[str] = []
    for number, cell in enumerate(cells):
        field = next((field for field, words in _COLUMNS.items() if plain(cell) in words), None)
        if field is not None and field not in columns:
            columns[field] = number
        elif cell.strip():
            ignored.append(shown(cell.strip(), 40))
    if "person" not in columns and "contact" in columns:
        columns["person"] = columns["contact"]
    missing = [field for field in ("team", "person") if field not in columns]
    if missing:
        what = f"no column {' and no column '.join(missing)} in the first line"
        problems.error(what, where, "name the columns in the first line: team,person,valid_from,valid_to")
        return None
    if ignored:
        problems.warn(f"columns that are not used: {', '.join(ignored[:20])}", where, "nothing, if that is meant")
    return columns


def _row(cells: list[str], columns: dict[str, int], where: Where, problems: Problems) -> Row | None:
    def cell(field: str) -> str:
        number = columns.get(field)
        return cells[number].strip() if number is not None and number < len(cells) else ""

    values = {field: cell(field) for field in _COLUMNS}
    sound = True
    for field, value in values.items():
        bad = unsafe(value)
        if bad or len(value) > ID_LENGTH:
            what = f"it holds the character {bad}" if bad else f"longer than {ID_LENGTH} characters"
            problems.error(f"{field}: {what}", _at(where, field), "correct the cell")
            sound = False
    for field in ("team", "person"):
        if not values[field]:
            problems.error(f"a line without {field}", _at(where, field), f"fill in the {field}, or remove the line")
            sound = False
    times: dict[str, datetime | None] = {}
    for field in ("valid_from", "valid_to"):
        try:
            times[field] = moment(values[field]) if values[field] else None
        except ValueError as error:
            problems.error(f"{field}: {error}", _at(where, field), "write 2026-03-31")
            sound = False
    if not sound:
        return None
    since, until = times["valid_from"], times["valid_to"]
    if since and until and until <= since:
        what = f"it ends before it starts: {values['valid_from']} to {values['valid_to']}"
        problems.error(what, _at(where, "valid_to"), "valid_to is the first day on which it no longer holds")
        return None
    return Row(
        team=values["team"],
        person=values["person"],
        name=values["name"],
        contact=values["contact"],
        lead=plain(values["role"]) in _LEADS,
        period=Period(since=since, until=until),
        where=where,
    )


def _at(where: Where, field: str) -> Where:
    return Where(file=where.file, line=where.line, field=field)
