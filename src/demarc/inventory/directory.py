"""The directory: people and groups as directory exports know them, in one form, whatever printed them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from demarc.collect.external.people import person
from demarc.inventory.records import words
from demarc.model.inventory import DirectoryEntry
from demarc.model.snapshot import Record, Snapshot
from demarc.model.time import instant

_GROUP_FIELDS: Final = (
    *("id", "GroupId", "displayName", "DisplayName", "name", "slug", "mail", "email", "mailNickname", "profile.name"),
    "full_path",
)
_MEMBER_FIELDS: Final = (
    *(
        "MemberId.UserId",
        "userPrincipalName",
        "mail",
        "email",
        "primaryEmail",
        "login",
        "username",
        "value",
        "id",
        "display",
    ),
    "profile.login",
)


def directory(snapshot: Snapshot) -> tuple[DirectoryEntry, ...]:
    """Entries, sorted by id and source. A person in two exports is two entries that share aliases."""
    members: dict[str, list[str]] = {}
    for record in snapshot.of("directory.membership"):
        members.setdefault(record.parent.lower(), []).extend(_aliases(record, _MEMBER_FIELDS))
    people = (entry for record in snapshot.of("directory.user") if (entry := _person(record)) is not None)
    groups = (_group(record, members) for record in snapshot.of("directory.group"))
    return tuple(sorted((*people, *groups), key=lambda entry: (entry.id, entry.source, entry.aliases)))


def _person(record: Record) -> DirectoryEntry | None:
    found = person(record)
    if found is None:
        return None
    names = (*found.emails, *found.ids, record.name, *((found.name,) if found.name else ()))
    return DirectoryEntry(
        id=record.name,
        aliases=tuple(dict.fromkeys(name.strip().lower() for name in names if name.strip())),
        active=found.active,
        person=True,
        left=_day(found.left),
        source=record.source,
    )


def _day(written: str | None) -> datetime | None:
    try:
        return instant(written) if written else None
    except ValueError:
        return None


def _group(record: Record, members: dict[str, list[str]]) -> DirectoryEntry:
    aliases = _aliases(record, _GROUP_FIELDS)
    inside = [name for alias in aliases for name in members.get(alias, ())]
    return DirectoryEntry(
        id=record.name,
        aliases=aliases,
        active=None,
        person=False,
        members=tuple(dict.fromkeys(inside)),
        source=record.source,
    )


def _aliases(record: Record, fields: tuple[str, ...]) -> tuple[str, ...]:
    """Lower-case names under which a record goes, its own first. A GitHub team goes by ``org/slug`` too."""
    names = [record.name, *(words(record.body, field) for field in fields)]
    if record.kind == "directory.group" and record.parent and words(record.body, "slug"):
        names.append(f"{record.parent}/{record.name}")
    return tuple(dict.fromkeys(name.strip().lower() for name in names if name.strip()))
