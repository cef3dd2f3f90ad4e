"""Lists that a reviewer fills in and gives back: YAML for people, CSV for spreadsheets. Strict when they come back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from demarc.model.errors import DemarcError, Problem, Where
from demarc.model.reviews import Choice, Item
from demarc.reviews.campaign import Wanted

CHOICES = ", ".join(one.value for one in Choice)
COLUMNS = ("number", "decision", "note", "what", "owner", "duties", "last_review", "next_review", "evidence")
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
    for item in items:
        texts = (item.what, item.owner or "nobody", "; ".join(item.duties), item.last_review, item.next_review)
        writer.writerow([item.number, "", "", *map(_cell, texts), _cell("; ".join(item.evidence))])
    return out.getvalue().encode("utf-8", "backslashreplace")


def filled(data: bytes, name: str) -> list[Wanted]:
    """Read a list that came back. Rows without a decision are left out. Raises DemarcError with all that is wrong."""
    if len(data) > MOST_BYTES:
        raise DemarcError("the list is too large", where=Where(file=name), todo="give the list as it was written")
    rows = list(_csv_rows(data, name) if name.lower().endswith(".csv") else _yaml_rows(data, name))
    wanted: list[Wanted] = []
    problems: list[Problem] = []
    for where, row in rows:
        text = str(row.get("decision") or "").strip().lower()
        if not text:
            continue
        number = str(row.get("number", "")).strip()
        if text not in set(Choice):
            problems.append(Problem(what=f"no decision: {text[:40]!r}", where=where, todo=f"write one of {CHOICES}"))
        elif not number.isdecimal():
            problems.append(Problem(what="the row has no number", where=where, todo="leave the numbers as they are"))
        else:
            note = str(row.get("note") or "").strip()
            wanted.append(Wanted(number=int(number), choice=Choice(text), note=note, where=where))
    if problems:
        raise DemarcError.of(tuple(problems))
    return wanted


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


def _csv_rows(data: bytes, name: str) -> Iterable[tuple[Where, Mapping[str, Any]]]:
    text = data.decode("utf-8-sig", "replace")
    reader = csv.DictReader(io.StringIO(text))
    if not {"number", "decision"} <= set(reader.fieldnames or ()):
        raise DemarcError(
            "the columns number and decision are missing",
            where=Where(file=name, line=1),
            todo="give the list as demarc review list writes it",
        )
    try:
        for row in reader:
            yield Where(file=name, line=reader.line_num), row
    except csv.Error as error:
        raise DemarcError("not CSV", where=Where(file=name, line=reader.line_num), todo="save it as CSV") from error
