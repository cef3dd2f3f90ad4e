"""What the ledger says about a duty, a scope or an owner over time: when it held, and when it was recorded.

Reads entries; knows nothing of clusters or of the catalogue of duties.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct

from demarc.ledger.elements import PREFIX
from demarc.model.ledger import Act, Entry, stamp

_AXES = ("cluster", "pool", "component", "namespace", "workload", "identity", "pipeline")
_ROLES = ("owner", "approver", "reviewer", "rotator", "by", "approved_by", "person", "team", "supplier")


class Event(Struct, frozen=True, kw_only=True):
    """One entry of the history, with what it did to an earlier one."""

    entry: Entry
    was: Entry | None
    """The entry that it replaced or withdrew."""
    until: Entry | None
    """The entry that replaced or withdrew it."""


def history(entries: Iterable[Entry], about: str, *, at: datetime | None = None) -> list[Event]:
    """The entries about something, in the order in which they were recorded.

    ``about`` is a duty (``identity.rbac``), a scope (``namespace:payments``, or a name alone), or a person or team;
    with ``at``, only what holds at that time.
    """
    by_seq: dict[int, Entry] = {}
    closed: dict[int, Entry] = {}
    told: set[int] = set()
    for entry in entries:
        old = by_seq.get(entry.supersedes) if entry.supersedes is not None else None
        if is_about(entry, about) or (old is not None and is_about(old, about)):
            told.add(entry.seq)
            if old is not None:
                told.add(old.seq)
        by_seq[entry.seq] = entry
        if old is not None:
            closed[old.seq] = entry
    moment = stamp(at) if at is not None else None
    return [
        Event(
            entry=by_seq[seq],
            was=by_seq.get(by_seq[seq].supersedes or 0) if by_seq[seq].supersedes is not None else None,
            until=closed.get(seq),
        )
        for seq in sorted(told)
        if moment is None or _holds(by_seq[seq], moment)
    ]


def is_about(entry: Entry, about: str) -> bool:
    """Tell whether an entry is about a duty, a scope, or a person or team."""
    body = entry.body or {}
    kind, colon, name = about.partition(":")
    if colon and kind in _AXES:
        return _in_scope(body.get("scope") or {}, name, (kind,))
    bare = name if colon and kind in {"team", "person"} else about
    if entry.kind in {f"{PREFIX}person", f"{PREFIX}team"}:
        return entry.subject == bare
    return (
        any(fnmatchcase(about, str(duty)) for duty in _listed(body.get("duties")))
        or any(_named(body.get(role), bare) for role in _ROLES)
        or _in_scope(body.get("scope") or {}, about, _AXES)
        or (not entry.kind.startswith(PREFIX) and _mentions(entry, bare))
    )


def _holds(entry: Entry, moment: str) -> bool:
    starts = entry.valid_from is None or entry.valid_from <= moment
    return entry.act is not Act.WITHDRAWS and starts and (entry.valid_to is None or moment < entry.valid_to)


def _in_scope(scope: dict[str, Any], name: str, axes: tuple[str, ...]) -> bool:
    return any((wanted := scope.get(axis)) is not None and fnmatchcase(name, str(wanted)) for axis in axes)


def _named(value: Any, name: str) -> bool:
    return (isinstance(value, str) and value.partition(":")[2] == name) or value == name


def _mentions(entry: Entry, name: str) -> bool:
    """Whether an entry that has no duties or roles names the thing: as its actor, a word of its subject, or a value."""
    return entry.actor == name or name in entry.subject.replace(",", " ").split() or name in _values(entry.body)


def _values(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return {text for inner in value.values() for text in _values(inner)}
    if isinstance(value, list):
        return {text for inner in value for text in _values(inner)}
    return set()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
