"""What a shape is, and the few words in which readers describe theirs.

A shape is one kind of answer that a user's own tool prints: how to know it by content, and what Records it holds. The
readers beside this module are tables of shapes; nothing here knows a provider.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from demarc.collect.external.plain import withhold
from demarc.model.snapshot import Record, SourceKind

Body = dict[str, Any]


class Shape(Struct, frozen=True, kw_only=True):
    """One kind of answer. ``matches`` and ``records`` take a JSON object of any content and never raise."""

    name: str
    """In words, as the command that prints it: ``aws eks describe-cluster``."""
    source: SourceKind
    kinds: tuple[str, ...]
    """Kinds of the Records that it gives."""
    matches: Callable[[Body], bool]
    records: Callable[[Body], list[Record]]


def dig(value: Any, *path: str) -> Any:
    """Follow fields into nested objects; None where one is missing or is no object."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text(value: Any, *path: str) -> str:
    """Read a field as text: whole numbers are written out, anything else but text is empty."""
    found = dig(value, *path)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 2**64 else ""


def objects(value: Any) -> list[Body]:
    """Keep the objects of a list; empty for anything that is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """Keep the texts of a list; empty for anything that is no list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def has(body: Body, *names: str) -> bool:
    """Tell whether all fields are there, whatever they hold."""
    return all(name in body for name in names)


def record(kind: str, body: Body, *, name: str, parent: str = "") -> Record:
    """Make a Record whose source the caller fills in."""
    return Record(kind=kind, name=name, parent=parent, body=body, source="")


def listing(kind: str, answer: Body, names: list[str], *, by: str, parent: str = "", unread: int = 0) -> Record:
    """Keep what a list answer enumerates: "there are none" is not the same as "not given".

    The body holds ``names``; ``more`` tells that the answer goes on in another page; ``total`` is the number that the
    answer itself states, or null; ``unread`` counts entries that were not what the answer should hold; ``by`` is the
    name of the shape, so that pages of one list are told from another list.
    """
    body = {"by": by, "names": names, "more": _goes_on(answer), "total": _total(answer), "unread": unread}
    return record(f"{kind}List", body, name=parent, parent=parent)


_NEXT = ("nextToken", "NextToken", "nextPageToken", "next_page_token", "nextLink", "@odata.nextLink", "skip_token")
_ENVELOPE = frozenset({*_NEXT, "total_count", "IsTruncated", "Marker", "ResponseMetadata"})
"""What an envelope holds beside its list."""


def _goes_on(answer: Body) -> bool:
    return answer.get("IsTruncated") is True or any(answer.get(name) for name in _NEXT)


def _total(answer: Body) -> int | None:
    for name in ("total_count", "totalResults", "total"):
        found = answer.get(name)
        if isinstance(found, int) and not isinstance(found, bool):
            return found
    return None


def nothing(_: Body) -> str:
    """Parent of things that belong to nothing."""
    return ""


def same(body: Body) -> Body:
    """Tidy nothing."""
    return body


def field(*path: str) -> Callable[[Body], str]:
    """Read the name or parent from a field."""
    return lambda body: text(body, *path)


def described(
    name: str,
    kind: str,
    *,
    source: SourceKind = SourceKind.CLOUD,
    looks: Callable[[Body], bool],
    named: Callable[[Body], str],
    parent: Callable[[Body], str] = nothing,
    one: str = "",
    many: tuple[str, ...] = (),
    none: tuple[str, ...] = (),
    bare: bool = True,
    tidy: Callable[[Body], Body] = same,
    besides: Callable[[Body, str], list[Record]] | None = None,
    besides_kinds: tuple[str, ...] = (),
) -> Shape:
    """Describe a thing that tools print bare, in an envelope of one, or in an envelope of many.

    ``looks`` knows the thing itself; ``one`` and ``many`` name the envelopes' fields, where there are any. An
    envelope of many also leaves a listing; ``none`` names those that say enough to be known when they are empty.
    ``bare`` is false for things too plain to be known outside of their envelope. ``besides`` gives further Records
    held in the tidied body (pools in a cluster).
    """

    def single(answer: Body) -> Body | None:
        if bare and looks(answer):
            return answer
        inner = answer.get(one) if one else None
        return inner if isinstance(inner, dict) and looks(inner) else None

    def envelope(answer: Body) -> str | None:
        for key in many:
            if any(looks(item) for item in objects(answer.get(key))):
                return key
        return next((key for key in none if answer.get(key) == [] and answer.keys() <= _ENVELOPE | {key}), None)

    def of(body: Body) -> list[Record]:
        tidied = tidy(body)
        called = named(tidied)
        return [
            record(kind, tidied, name=called, parent=parent(tidied)),
            *(besides(tidied, called) if besides else []),
        ]

    def records(answer: Body) -> list[Record]:
        alone = single(answer)
        if alone is not None:
            return of(alone)
        entries = answer[envelope(answer) or ""]
        found = [item for item in objects(entries) if looks(item)]
        inner = [made for item in found for made in of(item)]
        names = [item.name for item in inner if item.kind == kind]
        return [*inner, listing(kind, answer, names, by=name, unread=len(entries) - len(found))]

    kinds = (kind, *((f"{kind}List",) if many else ()), *besides_kinds)
    return Shape(
        name=name,
        source=source,
        kinds=kinds,
        matches=lambda answer: single(answer) is not None or envelope(answer) is not None,
        records=records,
    )


def enumerated(
    name: str,
    kind: str,
    *,
    source: SourceKind = SourceKind.CLOUD,
    key: str,
    names: Callable[[Any], list[str]] = texts,
    parent: str = "",
) -> Shape:
    """Describe a list answer of names alone, such as ``{"addons": ["coredns"]}``; empty lists count.

    ``parent`` names a field that says what the list belongs to.
    """
    allowed = _ENVELOPE | {key, parent}

    def matches(answer: Body) -> bool:
        entries = answer.get(key)
        return isinstance(entries, list) and allowed.issuperset(answer) and len(names(entries)) == len(entries)

    def records(answer: Body) -> list[Record]:
        return [listing(kind, answer, names(answer[key]), by=name, parent=text(answer, parent) if parent else "")]

    return Shape(name=name, source=source, kinds=(f"{kind}List",), matches=matches, records=records)


def delivered(name: str, kind: str, **given: Any) -> Shape:
    """Make the shape of something that delivery tools describe."""
    return described(name, kind, source=SourceKind.DELIVERY, **given)


def without_value(body: Body) -> Body:
    """Withhold what stands under ``value``."""
    return {**body, "value": withhold(body.get("value"))}


def without_key(body: Body) -> Body:
    """Withhold what stands under ``key``."""
    return {**body, "key": withhold(body.get("key"))}
