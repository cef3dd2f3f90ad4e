"""The register as the ledger keeps it: one element for each thing that can change by itself, and back again.

Where something was written is kept, but it is not what changed: a line that moved is no decision.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from demarc.ledger.line import MOST_TEXT, clean
from demarc.model.errors import Where
from demarc.model.ledger import Entry, moment_of, stamp
from demarc.model.register import (
    Assignment,
    Claim,
    ContractTerm,
    ExceptionEntry,
    Membership,
    Person,
    Register,
    Review,
    Selector,
    Settings,
    Supplier,
    Team,
)

T = TypeVar("T", bound=Struct)

PREFIX = "register."
MEMBERSHIP, REVIEW, SETTINGS, TEAM = "register.membership", "register.review", "register.settings", "register.team"
_SHORTENED = MOST_TEXT - 80

_TYPES: dict[str, tuple[str, type[Struct]]] = {
    "register.person": ("people", Person),
    "register.team": ("teams", Team),
    "register.assignment": ("assignments", Assignment),
    "register.review": ("reviews", Review),
    "register.exception": ("exceptions", ExceptionEntry),
    "register.contract": ("contracts", ContractTerm),
    "register.supplier": ("suppliers", Supplier),
    "register.claim": ("claims", Claim),
}
KINDS = (*_TYPES, MEMBERSHIP, SETTINGS)
"""Every kind of element."""


class Element(Struct, frozen=True, kw_only=True):
    """A thing of the register, with the time for which it holds."""

    kind: str
    subject: str
    """What stays the same while the rest changes: of an assignment the duties and the scope, not the owner."""
    valid_from: str | None
    valid_to: str | None
    body: dict[str, Any]
    """Without ``where``."""
    where: dict[str, Any]

    @property
    def content(self) -> bytes:
        """All that makes a difference, as bytes that are equal when it is."""
        said = (self.kind, self.subject, self.valid_from, self.valid_to, self.body)
        return msgspec.json.encode(said, order="sorted")


def elements(register: Register) -> list[Element]:
    """Take a register apart."""
    found: list[Element] = []
    folder = register.origin.rstrip("/") + "/"
    for kind, (section, _) in _TYPES.items():
        for given in getattr(register, section):
            # Where the register lies today says nothing of who owns what.
            value: Any = replace(given, origin=given.origin.replace(folder, "")) if isinstance(given, Claim) else given
            found.append(_element(kind, value, folder))
            if kind == TEAM:
                found.extend(_element(MEMBERSHIP, member, folder, team=value.id) for member in value.members)
    if register.settings != Settings():
        found.append(_element(SETTINGS, register.settings, folder))
    return found


def element_of(entry: Entry) -> Element:
    """Read an element back out of its entry."""
    body = dict(entry.body or {})
    where = body.pop("where", {})
    return Element(
        kind=entry.kind,
        subject=entry.subject,
        valid_from=entry.valid_from,
        valid_to=entry.valid_to,
        body=body,
        where=where,
    )


def joined(entries: Iterable[Entry], reviews: Sequence[Review], *, origin: str, sha256: str) -> Register:
    """Put a register together out of standing entries, in the order in which it was written."""
    sections: dict[str, list[Any]] = defaultdict(list)
    members: dict[str, list[Membership]] = defaultdict(list)
    settings = Settings()
    for entry in sorted(entries, key=_written):
        element = element_of(entry)
        if entry.kind == MEMBERSHIP:
            body = dict(element.body)
            members[body.pop("team")].append(_value(Membership, element, entry.seq, body))
        elif entry.kind == SETTINGS:
            settings = msgspec.convert(element.body, Settings)
        else:
            section, form = _TYPES[entry.kind]
            sections[section].append(_value(form, element, entry.seq, element.body))
    teams = [replace(team, members=tuple(members[team.id])) for team in sections.pop("teams", ())]
    sections["reviews"].extend(reviews)
    return Register(
        teams=tuple(teams),
        settings=settings,
        origin=origin,
        sha256=sha256,
        **{name: tuple(values) for name, values in sections.items()},
    )


def review_of(entry: Entry) -> Review:
    """Read a review; what else its body holds is left aside."""
    element = element_of(entry)
    names = ("duties", "scope", "by", "evidence")
    return _value(Review, element, entry.seq, {name: element.body[name] for name in names if name in element.body})


def subject_of(text: str) -> str:
    """A subject that any entry may have: what is too long, or cannot be shown, is told apart by a digest."""
    safe = clean(text)
    if safe == text and len(text) <= MOST_TEXT:
        return text
    return f"{safe[:_SHORTENED]} #{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:16]}"


def scoped(duties: Sequence[str], scope: Selector) -> str:
    """Duties and scope in words."""
    return f"{', '.join(duties)} @ {scope}"


def _element(kind: str, value: Any, folder: str, team: str = "") -> Element:
    body: dict[str, Any] = msgspec.to_builtins(value)
    where = body.pop("where", None) or {}
    body.pop("period", None)
    body.pop("on", None)
    body.pop("members", None)
    if kind == MEMBERSHIP:
        body["team"] = team
    since, until = _times(value)
    file = str(where.get("file", "")).removeprefix(folder)
    return Element(
        kind=kind,
        subject=subject_of(_subject(kind, value, team)),
        valid_from=since,
        valid_to=until,
        body=_short(body),
        where={"file": file, "line": where["line"]} if where.get("line") else {"file": file},
    )


def _times(value: Any) -> tuple[str | None, str | None]:
    if isinstance(value, Review):
        return stamp(value.on), None
    period = getattr(value, "period", None)
    if period is None:
        return None, None
    return (stamp(period.since) if period.since else None, stamp(period.until) if period.until else None)


def _subject(kind: str, value: Any, team: str) -> str:
    match value:
        case Membership():
            return f"{value.person} in {team}"
        case Assignment():
            return scoped(value.duties, value.scope)
        case Review():
            return f"{scoped(value.duties, value.scope)} by {value.by}"
        case ExceptionEntry() | ContractTerm():
            return f"{value.id}: {scoped(value.duties, value.scope)}"
        case Claim():
            return f"{value.scope} by {value.origin}"
        case Person() | Team() | Supplier():
            return str(value.id)
    return kind.removeprefix(PREFIX)


def _short(value: Any) -> Any:
    """Without what is the default anyway: none, empty and false."""
    if isinstance(value, dict):
        return {key: _short(inner) for key, inner in value.items() if not _is_default(inner)}
    return value


def _is_default(value: Any) -> bool:
    return value is None or value is False or value in ("", [], (), {})


def _written(entry: Entry) -> tuple[str, int, int]:
    where = (entry.body or {}).get("where", {})
    return (str(where.get("file", "")), int(where.get("line", 0)), entry.seq)


def _place(element: Element, seq: int) -> Where:
    return Where(
        file=f"ledger entry {seq}, {element.where.get('file') or 'without a file'}", line=element.where.get("line")
    )


def _value(form: type[T], element: Element, seq: int, body: dict[str, Any]) -> T:
    given = {**body, "where": _place(element, seq)}
    if "period" in form.__struct_fields__:
        given["period"] = {
            "since": moment_of(element.valid_from) if element.valid_from else None,
            "until": moment_of(element.valid_to) if element.valid_to else None,
        }
    if form is Review:
        given["on"] = moment_of(element.valid_from) if element.valid_from else None
    return msgspec.convert(given, form)
