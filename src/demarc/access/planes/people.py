"""The directory seen from access: who is in a group, and who has left. Names are compared without regard to case."""

from __future__ import annotations

from datetime import datetime

from demarc.model.inventory import DirectoryEntry
from demarc.model.planes import HolderKind, Member


class Directory:
    """People and groups by every name that they go by."""

    def __init__(self, entries: tuple[DirectoryEntry, ...], at: datetime | None) -> None:
        self._at = at
        self._people: dict[str, list[DirectoryEntry]] = {}
        self._groups: dict[str, list[DirectoryEntry]] = {}
        for entry in entries:
            table = self._people if entry.person else self._groups
            for alias in entry.aliases:
                table.setdefault(alias, []).append(entry)

    @property
    def given(self) -> bool:
        """Whether any person is known."""
        return bool(self._people)

    def knows(self, name: str) -> bool:
        """Whether a person of this name is there, whatever the state."""
        return name.lower() in self._people

    def left(self, name: str) -> str:
        """Why somebody is taken for having left, in words; empty for whoever is there or not known."""
        entries = self._people.get(name.lower(), ())
        for entry in entries:
            if entry.left is not None and (self._at is None or entry.left <= self._at):
                return f"{name} left on {entry.left.date().isoformat()}, by the directory"
            if entry.active is False:
                return f"{name} is not active any more, by the directory"
        return ""

    def gone(self) -> tuple[DirectoryEntry, ...]:
        """Everybody who has left, each entry once."""
        once = {id(entry): entry for entries in self._people.values() for entry in entries}
        return tuple(entry for entry in once.values() if self.left(entry.aliases[0]))

    def members(self, group: str) -> tuple[Member, ...]:
        """Members of a group, also through groups in it."""
        found: dict[str, None] = {}
        todo, done = [group.lower()], set[str]()
        while todo:
            name = todo.pop()
            if name in done:
                continue
            done.add(name)
            for entry in self._groups.get(name, ()):
                for member in entry.members:
                    if member in self._groups:
                        todo.append(member)
                    else:
                        found[member] = None
        return tuple(
            Member(name=self._shown(name), kind=HolderKind.PERSON, by="member in the directory")
            for name in sorted(found)
        )

    def _shown(self, name: str) -> str:
        entries = self._people.get(name, ())
        return entries[0].id if entries else name
