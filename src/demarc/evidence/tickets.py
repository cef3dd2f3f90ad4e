"""Change tickets, as any ticket system exports them once its columns are named: CSV or JSON.

Reads bytes that somebody else opened. Strict: a list in which a line cannot be read is refused with all that is wrong,
for an approval that was passed over in silence would be reported as missing.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Final

from msgspec import Struct

from demarc.model.errors import DemarcError, Problem, Where
from demarc.model.inventory import Scope
from demarc.model.time import instant

COLUMNS: Final = (
    *("id", "requested_by", "approved_by", "approved_at"),
    *("implemented_by", "implemented_at", "duties", "scopes", "status"),
)
NEEDED: Final = ("id", "requested_by", "approved_by", "approved_at")
MOST_BYTES: Final = 64 << 20
_OFF: Final = frozenset({"rejected", "cancelled", "canceled", "withdrawn", "declined", "draft"})
_TODO: Final = f"give the columns {', '.join(COLUMNS)}; the first four are needed"


class Ticket(Struct, frozen=True, kw_only=True):
    """A change that was asked for."""

    id: str
    requested_by: str
    approved_by: str
    """Empty for a change that nobody approved."""
    approved_at: datetime | None
    implemented_by: str = ""
    implemented_at: datetime | None = None
    duties: tuple[str, ...] = ()
    """Duties or patterns that it changes; empty: those of approving changes alone."""
    scopes: tuple[str, ...] = ()
    """``namespace:payments``, ``pool:*``, ``cluster``; empty: the whole cluster."""
    where: Where

    @property
    def at(self) -> datetime | None:
        """When it was carried out, else approved."""
        return self.implemented_at or self.approved_at

    def touches(self, scope: Scope, namespace: str) -> bool:
        """Whether it is about a scope, or about the namespace in which it lies."""
        wanted = (str(scope), scope.kind.value, *((f"namespace:{namespace}",) if namespace else ()))
        if not self.scopes:
            return scope.kind.value == "cluster"
        return any(fnmatchcase(name, pattern) for pattern in self.scopes for name in wanted)


def read_tickets(data: bytes, name: str) -> tuple[Ticket, ...]:
    """Read a list of tickets, without those that were rejected or withdrawn. Raises DemarcError with all faults."""
    if len(data) > MOST_BYTES:
        raise DemarcError("the list of tickets is too large", where=Where(file=name), todo="give it in parts")
    found: list[Ticket] = []
    problems: list[Problem] = []
    for where, row in _csv(data, name) if name.lower().endswith(".csv") else _json(data, name):
        try:
            ticket = _ticket(row, where)
        except ValueError as error:
            problems.append(Problem(what=str(error), where=where, todo=_TODO))
            continue
        if ticket is not None:
            found.append(ticket)
    if problems:
        raise DemarcError.of(tuple(problems))
    return tuple(found)


def _ticket(row: Mapping[str, Any], where: Where) -> Ticket | None:
    known = {_key(name): value for name, value in row.items() if isinstance(name, str)}
    missing = [name for name in NEEDED if name not in known]
    if missing:
        raise ValueError(f"the ticket has no {', '.join(missing)}")
    if not _text(known["id"]):
        raise ValueError("the ticket has an empty id")
    approved_at = _time(known["approved_at"])
    approved_by = _text(known["approved_by"])
    if approved_by and approved_at is None:
        raise ValueError("it says who approved it, and not when")
    if _text(known.get("status")).lower() in _OFF:
        return None
    return Ticket(
        id=_text(known["id"]),
        requested_by=_text(known["requested_by"]),
        approved_by=approved_by,
        approved_at=approved_at,
        implemented_by=_text(known.get("implemented_by")),
        implemented_at=_time(known.get("implemented_at")),
        duties=_many(known.get("duties")),
        scopes=_many(known.get("scopes")),
        where=where,
    )


def _key(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _time(value: Any) -> datetime | None:
    text = _text(value)
    return instant(text).astimezone(UTC) if text else None


def _many(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else _text(value).split(";")
    return tuple(text for part in parts if (text := _text(part)))


def _csv(data: bytes, name: str) -> Iterator[tuple[Where, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig", "replace")))
    try:
        if not set(NEEDED) <= {_key(column) for column in reader.fieldnames or ()}:
            raise DemarcError("columns of the tickets are missing", where=Where(file=name, line=1), todo=_TODO)
        for row in reader:
            yield Where(file=name, line=reader.line_num), row
    except csv.Error as error:
        raise DemarcError("not CSV", where=Where(file=name, line=reader.line_num), todo=_TODO) from error


def _json(data: bytes, name: str) -> Iterator[tuple[Where, Mapping[str, Any]]]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DemarcError("neither CSV (by its name) nor JSON", where=Where(file=name), todo=_TODO) from error
    rows = found.get("tickets") if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DemarcError("no list of tickets", where=Where(file=name), todo=_TODO)
    for position, row in enumerate(rows):
        yield Where(file=name, field=f"tickets[{position}]"), row
