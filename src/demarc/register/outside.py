"""Joins what other files say of people and owners (Backstage, CSV, CODEOWNERS) with the register's own entries.

The register's own entries win; the others fill in who they do not name, and become claims, which are weaker than
assignments.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from demarc.model.errors import Where
from demarc.model.register import Claim, Membership, Person, Selector, Team
from demarc.register.backstage import Group, Owned, reference_id
from demarc.register.codeowners import Rule, default_rules, repository_of, rules_for
from demarc.register.folder import File
from demarc.register.memberships import Row
from demarc.register.names import Names
from demarc.register.problems import Problems
from demarc.register.read import Entry
from demarc.register.words import Spellings, shown


class Roster:
    """People and teams from files outside the register's format."""

    def __init__(self, names: Names, problems: Problems) -> None:
        self._names = names
        self._problems = problems
        self._people: dict[str, Person] = {}
        self._teams: dict[str, Team] = {}
        self._memberships: dict[str, list[Membership]] = {}

    def add_groups(self, groups: Iterable[Group]) -> None:
        """Take Backstage groups and users whose ids the register does not use."""
        related: dict[tuple[str, str], Where] = {}  # both sides may say the same
        for group in groups:
            known = self._names.people if group.person else self._names.teams
            if group.id not in known:
                known[group.id] = group.where
                if group.person:
                    self._people[group.id] = Person(
                        id=group.id, name=group.name, contact=group.contact, where=group.where
                    )
                else:
                    self._teams[group.id] = Team(
                        id=group.id, name=group.name, contact=group.contact, aliases=group.aliases, where=group.where
                    )
                for other in group.related:
                    pair = (other, group.id) if group.person else (group.id, other)
                    related.setdefault(pair, group.where)
            for spelling in group.aliases:
                self._names.also(spelling, group.id, team=not group.person)
        for (team, person), where in related.items():
            # A team that the register itself describes has the members that it names there.
            if team in self._teams and person in self._names.people:
                self._memberships.setdefault(team, []).append(Membership(person=person, where=where))

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Take memberships over time; people and teams whom nobody else names are taken from the rows too."""
        declared = Spellings(self._names.teams)
        for row in rows:
            team = self._row_id(row.team, team=True)
            person = self._row_id(row.person, team=False, contact=row.contact)
            if team not in self._names.teams:
                near = self._problems.nearest(team, declared)
                if near:
                    what = f"{shown(row.team)} is not under teams, where there is {shown(near)}"
                    todo = "correct the cell if the same is meant; else add it there"
                    self._problems.warn(what, row.where, todo)
                self._names.teams[team] = row.where
                self._teams[team] = Team(id=team, name=row.team, where=row.where)
            if person not in self._names.people:
                self._names.people[person] = row.where
                self._names.also(row.contact, person, team=False)
                self._people[person] = Person(
                    id=person, name=row.name or row.person, contact=row.contact, where=row.where
                )
            member = Membership(person=person, lead=row.lead, period=row.period, where=row.where)
            self._memberships.setdefault(team, []).append(member)

    def _row_id(self, text: str, *, team: bool, contact: str = "") -> str:
        """The id that a cell stands for: an id, another spelling of one, else the text itself as a new one."""
        known = self._names.teams if team else self._names.people
        prefix = "team:" if team else "person:"
        for word in (text, contact):
            spelled = self._names.spelled(word) if word else None
            if spelled and spelled.removeprefix(prefix) in known:
                return spelled.removeprefix(prefix)
        return "-".join(text.replace(":", " ").replace(",", " ").replace("*", " ").replace("?", " ").split()) or "-"

    def joined(
        self, people: tuple[Person, ...], teams: tuple[Team, ...]
    ) -> tuple[tuple[Person, ...], tuple[Team, ...]]:
        """All people and teams: the register's own first, each with its memberships."""
        merged = [
            replace(team, members=(*team.members, *self._memberships.get(team.id, ())))
            for team in (*teams, *self._teams.values())
        ]
        return (*people, *self._people.values()), tuple(merged)


def owned_claims(entities: Iterable[Owned], names: Names, problems: Problems) -> list[Claim]:
    """Claims of Backstage entities; those that no annotation places anywhere are counted in one warning a file."""
    claims: list[Claim] = []
    placeless: dict[str, list[Owned]] = {}
    for entity in entities:
        if not entity.scopes:
            placeless.setdefault(entity.where.file, []).append(entity)
        origin = f"{entity.where.file}:{entity.where.line} ({entity.title})"
        owner = names.spelled(entity.owner) or names.spelled(reference_id(entity.owner)) or entity.owner
        claims.extend(Claim(owner=owner, scope=scope, origin=origin, where=entity.where) for scope in entity.scopes)
    for file, missed in placeless.items():
        some = ", ".join(shown(entity.title, 60) for entity in missed[:3])
        what = f"{len(missed)} entities have an owner and no annotation that says where they run: {some}"
        todo = "annotate them with backstage.io/kubernetes-namespace or github.com/project-slug"
        problems.warn(what, Where(file=file, line=missed[0].where.line), todo)
    return claims


def rule_claims(
    files: Iterable[tuple[File, tuple[Rule, ...]]], settings: Iterable[Entry], names: Names, problems: Problems
) -> list[Claim]:
    """Claims of CODEOWNERS and OWNERS files, by the settings that say what they stand for."""
    described = {entry.text("file"): entry for entry in settings if entry.sound}
    found: list[Claim] = []
    for file, rules in files:
        entry = described.pop(str(file.relative), None)
        repository = (entry.text("repository") if entry else "") or repository_of(file.relative)
        if repository:
            found.extend(_claims(default_rules(rules), Selector(pipeline=repository), file, names))
        elif rules:
            what = "nothing says which repository this file is of"
            todo = f"name it under settings: codeowners: [{{file: {file.relative}, repository: github.com/acme/shop}}]"
            problems.warn(what, Where(file=file.name), todo)
        paths: dict[str, str] = (entry.values.get("paths") if entry else None) or {}
        for folder, namespace in paths.items():
            matched = rules_for(rules, folder)
            if not matched and entry:
                what = f"no rule of {file.relative} names an owner of {shown(folder)}"
                problems.warn(what, entry.at("paths"), "correct the path, or remove it")
            found.extend(_claims(matched, Selector(namespace=namespace), file, names))
    for name, entry in described.items():
        problems.error(f"there is no file {shown(name)} in the register", entry.at("file"), "correct the path")
    return found


def _claims(rules: Iterable[Rule], scope: Selector, file: File, names: Names) -> list[Claim]:
    return [
        Claim(
            owner=names.spelled(owner) or names.spelled(owner.lstrip("@")) or owner,
            scope=scope,
            origin=f"{rule.where.file}:{rule.where.line} ({file.relative.name} rule {shown(rule.pattern)[1:-1]})",
            where=rule.where,
        )
        for rule in rules
        for owner in rule.owners
    ]
