"""Whose account it is: logins of repository hosts, users of the cluster and addresses, joined with the register.

An account is somebody's only where the register or a directory says so. Names that merely look alike are not joined:
whoever may choose a login could choose that of the approver.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from demarc.model.inventory import DirectoryEntry
from demarc.model.register import Person, Register, Team

BOTS = ("[bot]", "system:serviceaccount:", "system:node:")


def is_machine(account: str) -> bool:
    """Whether an account is plainly no person's: a bot of the host, a service account, a node."""
    return account.endswith(BOTS[0]) or account.startswith(BOTS[1:])


class Accounts:
    """People of the register by every name under which they act."""

    def __init__(self, register: Register, directory: Iterable[DirectoryEntry] = ()) -> None:
        self._people = {person.id: person for person in register.people}
        self._teams = {team.id: team for team in register.teams}
        self._by_name: dict[str, str] = {}
        doubtful: set[str] = set()
        for person in register.people:
            for name in (person.id, person.contact, *person.accounts):
                if name and self._by_name.setdefault(name.lower(), person.id) != person.id:
                    doubtful.add(name.lower())
        for name in doubtful:
            # An account that the register gives to two people proves nothing of either.
            del self._by_name[name]
        for entry in directory:
            self._take(entry)

    def person(self, account: str) -> Person | None:
        """Whose account it is; None where nobody says so. Of a cloud role's session, the session's name counts."""
        if not account or is_machine(account):
            return None
        for name in (account, account.rpartition("/")[2] if account.startswith("arn:") else ""):
            found = self._by_name.get(name.lower())
            if found is not None:
                return self._people[found]
        return None

    def known(self, holder: str) -> bool:
        """Whether the register knows a person or team of this id."""
        return _bare(holder) in self._people or _bare(holder) in self._teams

    def shown(self, account: str) -> str:
        """Name of the person, else the account as it is written."""
        person = self.person(account)
        return person.name if person is not None else account

    def among(self, person: Person, holder: str, at: datetime) -> bool:
        """Whether a person is, or belongs as of ``at`` to, whoever holds a role."""
        bare = _bare(holder)
        if not holder.startswith("team:") and person.id == bare:
            return True
        team: Team | None = None if holder.startswith("person:") else self._teams.get(bare)
        return team is not None and any(
            member.person == person.id and member.period.contains(at) for member in team.members
        )

    def _take(self, entry: DirectoryEntry) -> None:
        """Take the other names of somebody whom a directory calls by a name that the register knows."""
        names = (entry.id.lower(), *entry.aliases)
        owners = {found for name in names if (found := self._by_name.get(name))}
        if entry.person and len(owners) == 1:
            owner = next(iter(owners))
            for name in names:
                # Display names are chosen by people themselves, and shared by some.
                if " " not in name:
                    self._by_name.setdefault(name, owner)


def _bare(holder: str) -> str:
    return holder.removeprefix("team:").removeprefix("person:")
