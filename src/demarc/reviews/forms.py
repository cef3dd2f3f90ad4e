"""Lists that a reviewer fills in and gives back: YAML, CSV or XLSX. Strict when they come back: all rows, or none."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from demarc.model.errors import DemarcError, Problem, Where
from demarc.model.reviews import Choice, Item
from demarc.reviews.campaign import Wanted
from demarc.reviews.sheets import csv_rows, xlsx_rows

CHOICES = ", ".join(one.value for one in Choice)
COLUMNS = (
    *("number", "decision", "note", "risk", "group", "what", "evidence", "owner", "duties"),
    *("last_review", "next_review"),
)
_UNSAFE = ("=", "+", "-", "@", "\t", "\r")
MOST_BYTES = 16 << 20


def as_yaml(items: Sequence[Item], head: str) -> bytes:
    """A list as YAML, with an empty decision for each item."""
    rows = [
        {
            "number": item.number,
            "decision": "",
            "note": "",
            "what": item.what,
            "risk": item.risk.value,
            "owner": item.owner or "nobody",
            "duties": list(item.duties),
            **({"last_review": item.last_review} if item.last_review else {}),
            **({"next_review": item.next_review} if item.next_review else {}),
            "evidence": list(item.evidence),
        }
        for item in items
    ]
    comments = "".join(f"# {line}\n" for line in (head, f"decision: {CHOICES}; change and revoke need a note"))
    text = yaml.safe_dump({"decisions": rows}, sort_keys=False, allow_unicode=True, width=110)
    return (comments + text).encode("utf-8", "backslashreplace")


def as_csv(items: Sequence[Item]) -> bytes:
    """A list as CSV. A cell that a spreadsheet would run as a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows_of(items):
        writer.writerow([row[0], *map(_cell, row[1:])])
    return out.getvalue().encode("utf-8", "backslashreplace")


def rows_of(items: Sequence[Item]) -> Iterator[tuple[str, ...]]:
    """Rows of a list, by ``COLUMNS``."""
    for item in items:
        yield (
            str(item.number),
            "",
            "",
            item.risk.value,
            item.group,
            item.what,
            "; ".join(item.evidence),
            item.owner or "nobody",
            "; ".join(item.duties),
            item.last_review,
            item.next_review,
        )


def filled(data: bytes, name: str) -> list[Wanted]:
    """Read a list that came back. Rows without a decision are left out. Raises DemarcError with all that is wrong."""
    if len(data) > MOST_BYTES:
        raise DemarcError("the list is too large", where=Where(file=name), todo="give the list as it was written")
    wanted: list[Wanted] = []
    problems: list[Problem] = []
    for where, row in list(_rows(data, name)):
        found = _wanted(where, row)
        if isinstance(found, Wanted):
            wanted.append(found)
        elif found is not None:
            problems.append(found)
    if problems:
        raise DemarcError.of(tuple(problems))
    return wanted


def _wanted(where: Where, row: Mapping[str, Any]) -> Wanted | Problem | None:
    """The decision of a row; what is wrong with it; None where it has none."""
    text = str(row.get("decision") or "").strip().lower()
    choice = "-".join(text.replace("_", " ").replace("-", " ").split())
    number = str(row.get("number", "")).strip()
    note = str(row.get("note") or "").strip()
    if not choice:
        if not note:
            return None
        return Problem(what="a note without a decision", where=where, todo=f"write one of {CHOICES}, or no note")
    if choice not in set(Choice):
        return Problem(what=f"no decision: {text[:40]!r}", where=where, todo=f"write one of {CHOICES}")
    if not (number.isascii() and number.isdecimal()):
        return Problem(what="the row has no number", where=where, todo="leave the numbers as they are")
    what = str(row.get("what") or "").strip()
    return Wanted(number=int(number), choice=Choice(choice), note=note, what=what, where=where)


def _rows(data: bytes, name: str) -> Iterable[tuple[Where, Mapping[str, Any]]]:
    kind = name.lower().rpartition(".")[2]
    if kind == "csv":
        return csv_rows(data, name)
    if kind in ("xlsx", "xlsm"):
        return xlsx_rows(data, name)
    if kind in ("xls", "ods", "numbers"):
        raise DemarcError(f"a .{kind} file cannot be read", where=Where(file=name), todo="save it as .xlsx, or as CSV")
    return _yaml_rows(data, name)


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_UNSAFE) else text


def _yaml_rows(data: bytes, name: str) -> Iterable[tuple[Where, Mapping[str, Any]]]:
    todo = "give the list as demarc review list writes it"
    try:
        found = yaml.load(data, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        raise DemarcError("not YAML", where=Where(file=name, line=line), todo=todo) from error
    rows = found.get("decisions") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DemarcError("no list of decisions", where=Where(file=name), todo=todo)
    for position, row in enumerate(rows):
        yield Where(file=name, field=f"decisions[{position}]"), row
