"""Who is who in a register: the ids of people, teams and suppliers, and what a reference to one of them means."""

from __future__ import annotations

from demarc.model.errors import Where
from demarc.register.problems import Problems
from demarc.register.read import Entry
from demarc.register.words import Spellings, shown

_PREFIXES = ("team:", "person:")


class Names:
    """The ids that references may use. Ids of entries that are otherwise faulty count: one fault, one message."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._cached: tuple[tuple[int, ...], dict[str, Spellings]] = ((), {})
        self.people: dict[str, Where] = {}
        self.teams: dict[str, Where] = {}
        self.suppliers: dict[str, Where] = {}
        self._alike: dict[str, tuple[str, bool]] = {}

    def also(self, spelling: str, known: str, *, team: bool) -> None:
        """Note another spelling of an id; it is suggested, never silently taken in the register's own files."""
        if spelling:
            self._alike.setdefault(spelling.casefold(), (known, team))

    def spelled(self, text: str) -> str | None:
        """The id that a spelling of the outside world (a contact, an alias, a name) stands for."""
        if text in self.people or text in self.teams:
            return self.canonical(text, team=text in self.teams)
        known = self._alike.get(text.casefold())
        return self.canonical(known[0], team=known[1]) if known else None

    def canonical(self, known: str, *, team: bool) -> str:
        """The reference to an id: the id, with its prefix only where a person and a team share it."""
        if known in self.people and known in self.teams:
            return f"team:{known}" if team else f"person:{known}"
        return known

    def fault(self, reference: str) -> tuple[str, str] | None:
        """What is wrong with a reference to a person or team, and what to do; None when it is sound."""
        kind, bare = _split(reference)
        if kind == "team":
            return None if bare in self.teams else self._missing("team", bare, bare in self.people)
        if kind == "person":
            return None if bare in self.people else self._missing("person", bare, bare in self.teams)
        if bare in self.people and bare in self.teams:
            return f"{shown(bare)} is a person and a team", f"write team:{bare} or person:{bare}"
        if bare in self.people or bare in self.teams:
            return None
        otherwise = "add the person under people or the team under teams"
        todo = self._problems.did_you_mean(bare, self._spellings("both"), otherwise)
        return f"nobody is called {shown(bare)}", todo

    def held(self, reference: str) -> str:
        """A sound reference in its shortest form."""
        kind, bare = _split(reference)
        return self.canonical(bare, team=kind == "team") if kind else bare

    def _missing(self, sort: str, bare: str, other: bool) -> tuple[str, str]:
        if other:
            opposite = "person" if sort == "team" else "team"
            return f"{shown(bare)} is a {opposite}, not a {sort}", f"write {opposite}:{bare}"
        section = "teams" if sort == "team" else "people"
        todo = self._problems.did_you_mean(bare, self._spellings(sort), f"add the {sort} under {section}")
        return f"no {sort} is called {shown(bare)}", todo

    def _spellings(self, sort: str) -> Spellings:
        """What references of a sort (team, person, both) may have meant; made anew only when ids have been added."""
        state = (len(self.people), len(self.teams), len(self._alike))
        if self._cached[0] != state:
            self._cached = (state, {})
        made = self._cached[1]
        if sort not in made:
            alike = {
                spelling: self.canonical(known, team=team) if sort == "both" else known
                for spelling, (known, team) in self._alike.items()
                if sort == "both" or team == (sort == "team")
            }
            ids = {"team": [*self.teams], "person": [*self.people], "both": [*self.teams, *self.people]}
            made[sort] = Spellings(ids[sort], alike)
        return made[sort]


def _split(reference: str) -> tuple[str, str]:
    for prefix in _PREFIXES:
        if reference.startswith(prefix):
            return prefix[:-1], reference[len(prefix) :]
    return "", reference


def collect_ids(entries: dict[str, list[Entry]], names: Names, problems: Problems) -> None:
    """Take the ids of all entries that have one; an id that is there twice is an error at the second place."""
    exceptions: dict[str, Where] = {}
    contracts: dict[str, Where] = {}
    for section, known in (
        ("people", names.people),
        ("teams", names.teams),
        ("suppliers", names.suppliers),
        ("exceptions", exceptions),
        ("contracts", contracts),
    ):
        for entry in entries.get(section, ()):
            given = entry.values.get("id")
            if not given:
                continue
            first = known.get(given)
            if first is not None:
                entry.sound = False
                what = f"the id {shown(given)} is there twice in {section}: first at {first.file}:{first.line}"
                todo = "give one of them another id, or make one entry of both"
                if section == "teams":
                    todo = "make one entry of both; times of their own belong to the members"
                problems.error(what, entry.at("id"), todo)
                continue
            known[given] = entry.at("id")
            if section in ("people", "teams"):
                for spelling in (entry.text("name"), entry.text("contact"), *entry.many("aliases")):
                    names.also(spelling, given, team=section == "teams")
