"""Who is who as of a moment: people and teams of the register, checked against the directory.

Knows nothing of duties or scopes.
"""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct

from demarc.model.assessment import Holder
from demarc.model.inventory import DirectoryEntry
from demarc.model.register import Person, Register, Team
from demarc.model.time import iso

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PREFIX = re.compile(r"^(?:(?:group|user|team|person):)?(?:default/)?@?(?:[\w.-]+/)?", re.IGNORECASE)


class Held(Struct, frozen=True, kw_only=True):
    """A name resolved as of a moment."""

    holder: Holder
    lapse: str = ""
    """Why nobody stands behind the name any more; empty while somebody does."""
    remark: str = ""


class Directory:
    """The people that the directory knows, by every name they go by, as of the moment it was read."""

    def __init__(self, entries: tuple[DirectoryEntry, ...], seen: datetime | None) -> None:
        self._seen = seen
        self.has_people = any(entry.person for entry in entries)
        self._by_name: dict[str, DirectoryEntry] = {}
        for entry in entries:
            for name in (entry.id.lower(), *entry.aliases):
                # One person may stand in two exports; being active in one of them is enough.
                known = self._by_name.get(name)
                if known is None or (known.active is False and entry.active is not False):
                    self._by_name[name] = entry

    def lapse(self, names: tuple[str, ...], at: datetime) -> str:
        """Why a person going by these names is not there as of ``at``; empty when they are, or nobody can tell."""
        if not self.has_people:
            return ""
        addresses = [found.group().lower() for name in names if (found := _ADDRESS.search(name))]
        known = [entry for name in (*names, *addresses) if (entry := self._by_name.get(name.lower()))]
        if known:
            if any(_there(entry, at) for entry in known):
                return ""
            left = known[0].left
            if left is None and self._before(at):
                return ""
            return "has left, by the directory" + (f" on {left.date().isoformat()}" if left else "")
        # Only an address claims to be in the directory; a nickname that it does not know proves nothing.
        return f"nobody in the directory goes by {addresses[0]}" if addresses and not self._before(at) else ""

    def _before(self, at: datetime) -> bool:
        # Today's directory does not say who was there at an earlier time.
        return self._seen is not None and at < self._seen


def _there(entry: DirectoryEntry, at: datetime) -> bool:
    if entry.left is not None:
        return at < entry.left
    return entry.active is not False


class People:
    """Resolves the names that the register and the cluster use."""

    def __init__(
        self, register: Register, directory: tuple[DirectoryEntry, ...], at: datetime, seen: datetime | None = None
    ) -> None:
        """Take the register, the directory and when it was read, and the moment that is asked about."""
        self._at = at
        self._directory = Directory(directory, seen)
        self._people = {person.id: person for person in register.people}
        self._teams = {team.id: team for team in register.teams}
        self._spelled: dict[str, str] = {}
        for team in register.teams:
            for name in (team.id, team.name, *team.aliases):
                self._spelled.setdefault(name.lower(), team.id)
        for person in register.people:
            for name in (person.id, person.name, person.contact):
                if name:
                    self._spelled.setdefault(name.lower(), person.id)
        self._cache: dict[tuple[str, str], Held] = {}

    def held(self, name: str, basis: str) -> Held:
        """Resolve a name of the register (``payments``, ``person:alice``)."""
        key = (name, basis)
        if key not in self._cache:
            self._cache[key] = self._resolve(name, basis)
        return self._cache[key]

    def claimed(self, name: str, basis: str, contact: str = "") -> Held:
        """Resolve a name as somebody wrote it outside the register (``team-payments``, ``@acme/payments``)."""
        known = self._known_as(name)
        if known is not None:
            return self.held(known, basis)
        holder = Holder(id=name, name=name, contact=contact, registered=False, basis=basis)
        return Held(holder=holder, lapse=self._directory.lapse((name, *((contact,) if contact else ())), self._at))

    def same(self, one: str, other: str) -> bool:
        """Tell whether two names mean the same person or team."""
        return one == other or (self._known_as(one) or one) == (self._known_as(other) or other)

    def belongs(self, person: str, team: str) -> bool:
        """Tell whether a person is in a team as of the moment."""
        found = self._teams.get(self._known_as(team) or team)
        who = self._known_as(person) or person
        return found is not None and any(
            member.person == who and member.period.contains(self._at) for member in found.members
        )

    def _known_as(self, name: str) -> str | None:
        bare = _PREFIX.sub("", name).lower()
        for spelling in (name.lower(), bare, bare.removeprefix("team-").removesuffix("-team"), f"team-{bare}"):
            if spelling in self._spelled:
                return self._spelled[spelling]
        return None

    def _resolve(self, name: str, basis: str) -> Held:
        kind, _, bare = name.partition(":") if name.startswith(("team:", "person:")) else ("", "", name)
        if kind != "person" and bare in self._teams:
            return self._team(self._teams[bare], basis)
        if kind != "team" and bare in self._people:
            return self._person(self._people[bare], basis)
        return Held(
            holder=Holder(id=bare, name=bare, registered=False, basis=basis),
            lapse=f"the register knows nobody called {bare}",
        )

    def _person(self, person: Person, basis: str) -> Held:
        holder = Holder(id=person.id, name=person.name, contact=person.contact, people=(person.name,), basis=basis)
        return Held(holder=holder, lapse=self._person_lapse(person))

    def _person_lapse(self, person: Person) -> str:
        if person.period.ended(self._at) and person.period.until:
            return f"{person.name} held it until {iso(person.period.until)[:10]}"
        if not person.period.contains(self._at):
            return f"{person.name} is not there yet"
        said = self._directory.lapse((person.contact, person.id), self._at)
        if not said:
            return ""
        return said if said.startswith("nobody") else f"{person.name} {said}"

    def _team(self, team: Team, basis: str) -> Held:
        members = [member for member in team.members if member.period.contains(self._at)]
        members.sort(key=lambda member: not member.lead)
        gone: list[str] = []
        present: list[str] = []
        for member in members:
            person = self._people.get(member.person)
            lapse = self._person_lapse(person) if person else self._directory.lapse((member.person,), self._at)
            name = person.name if person else member.person
            if lapse:
                gone.append(lapse)
            else:
                present.append(name)
        holder = Holder(
            id=team.id, name=team.name, contact=team.contact, people=tuple(dict.fromkeys(present)), basis=basis
        )
        if team.period.ended(self._at) and team.period.until:
            return Held(holder=holder, lapse=f"team {team.name} ended on {iso(team.period.until)[:10]}")
        if not team.period.contains(self._at):
            return Held(holder=holder, lapse=f"team {team.name} does not exist yet")
        if team.members and not present:
            why = "; ".join(gone) or "the time of every member has ended"
            return Held(holder=holder, lapse=f"nobody is left in team {team.name}: {why}")
        if not team.members:
            return Held(holder=holder, remark=f"the register names no person in team {team.name}")
        return Held(holder=holder, remark="; ".join(gone))
