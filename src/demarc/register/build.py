"""Makes the register's values out of entries: references resolved, scopes unfolded, faulty entries left out."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from math import prod

from msgspec import Struct

from demarc.model.register import (
    Assignment,
    ContractTerm,
    ExceptionEntry,
    Membership,
    Person,
    Review,
    Selector,
    Settings,
    Supplier,
    Team,
)
from demarc.register.fields import Kind
from demarc.register.names import Names
from demarc.register.problems import Problems
from demarc.register.read import Entry
from demarc.register.words import Spellings, shown

MOST_SCOPES = 10_000
"""Scopes that one entry may stand for, its lists multiplied."""

_AXES = ("cluster", "pool", "component", "namespace", "workload", "identity", "pipeline")

Entries = dict[str, list[Entry]]


class Built(Struct, frozen=True, kw_only=True):
    """The values that the register's own files hold."""

    people: tuple[Person, ...]
    teams: tuple[Team, ...]
    assignments: tuple[Assignment, ...]
    reviews: tuple[Review, ...]
    exceptions: tuple[ExceptionEntry, ...]
    contracts: tuple[ContractTerm, ...]
    suppliers: tuple[Supplier, ...]
    settings: Settings


class Builder:
    """Builds values; what does not fit goes to ``problems``."""

    def __init__(self, names: Names, problems: Problems, now: datetime | None) -> None:
        self._names = names
        self._problems = problems
        self._now = now

    def build(self, entries: Entries) -> Built:
        """Build everything from entries by section."""
        for section in entries.values():
            for entry in section:
                self._references(entry)
                self._sense(entry)
        sound = {name: [entry for entry in section if entry.sound] for name, section in entries.items()}
        return Built(
            people=tuple(self._person(entry) for entry in sound.get("people", ())),
            teams=tuple(self._team(entry) for entry in sound.get("teams", ())),
            assignments=tuple(a for entry in sound.get("assignments", ()) for a in self._assignments(entry)),
            reviews=tuple(r for entry in sound.get("reviews", ()) for r in self._reviews(entry)),
            exceptions=tuple(e for entry in sound.get("exceptions", ()) for e in self._exceptions(entry)),
            contracts=tuple(c for entry in sound.get("contracts", ()) for c in self._contracts(entry)),
            suppliers=tuple(self._supplier(entry) for entry in sound.get("suppliers", ())),
            settings=_settings(sound.get("settings", ())),
        )

    def _references(self, entry: Entry) -> None:
        """Resolve whom an entry names; members of a team are entries of their own."""
        for field in entry.record.fields:
            value = entry.values.get(field.name)
            if not value:
                continue
            if field.kind is Kind.RECORDS:
                for inner in value:
                    self._references(inner)
            elif field.kind in (Kind.HOLDER, Kind.PERSON):
                wanted = f"person:{value.removeprefix('person:')}" if field.kind is Kind.PERSON else value
                fault = self._names.fault(wanted)
                if fault:
                    entry.sound = False
                    self._problems.error(f"{field.name}: {fault[0]}", entry.at(field.name), fault[1])
                elif field.kind is Kind.PERSON:
                    entry.values[field.name] = wanted.removeprefix("person:")
                else:
                    entry.values[field.name] = self._names.held(value)
            elif field.kind is Kind.SUPPLIER and value not in self._names.suppliers:
                entry.sound = False
                todo = self._problems.did_you_mean(value, Spellings(self._names.suppliers), "add it under suppliers")
                self._problems.error(f"supplier: no supplier is called {shown(value)}", entry.at("supplier"), todo)

    def _sense(self, entry: Entry) -> None:
        """Check what an entry says as a whole; of faulty entries too, so that all is told at once."""
        owner = entry.text("owner")
        for role in ("approver", "reviewer", "rotator"):
            if owner and entry.text(role) == owner:
                what = f"the {role} is the owner: {shown(owner)}"
                todo = f"name somebody else as {role}: the one who does it does not also sign it off"
                self._problems.warn(what, entry.at(role), todo)
        if owner and entry.text("approved_by") == owner:
            entry.sound = False
            what = f"the exception {shown(entry.text('id'))} is approved by its own owner"
            self._problems.error(what, entry.at("approved_by"), "name somebody else who accepted the risk")
        done: datetime | None = entry.values.get("date")
        if done and self._now is not None and done > self._now:
            entry.sound = False
            what = f"a review that lies ahead: {done.date().isoformat()}"
            self._problems.error(what, entry.at("date"), "write the day on which it was done")

    def _person(self, entry: Entry) -> Person:
        return Person(
            id=entry.text("id"),
            name=entry.text("name") or entry.text("id"),
            contact=entry.text("contact"),
            accounts=entry.many("accounts"),
            period=entry.period,
            where=entry.where,
        )

    def _team(self, entry: Entry) -> Team:
        members = tuple(
            Membership(
                person=member.text("person"),
                lead=bool(member.values.get("lead")),
                period=member.period,
                where=member.where,
            )
            for member in entry.many("members")
            if member.sound
        )
        return Team(
            id=entry.text("id"),
            name=entry.text("name") or entry.text("id"),
            contact=entry.text("contact"),
            members=members,
            aliases=entry.many("aliases"),
            period=entry.period,
            where=entry.where,
        )

    def _assignments(self, entry: Entry) -> tuple[Assignment, ...]:
        return tuple(
            Assignment(
                duties=entry.duties,
                scope=scope,
                owner=entry.text("owner"),
                approver=entry.values.get("approver"),
                reviewer=entry.values.get("reviewer"),
                rotator=entry.values.get("rotator"),
                review_every=entry.values.get("review_every"),
                period=entry.period,
                where=entry.where,
            )
            for scope in self._scopes(entry)
        )

    def _reviews(self, entry: Entry) -> tuple[Review, ...]:
        return tuple(
            Review(
                duties=entry.duties,
                scope=scope,
                by=entry.text("by"),
                on=entry.values["date"],
                evidence=entry.text("evidence"),
                where=entry.where,
            )
            for scope in self._scopes(entry)
        )

    def _exceptions(self, entry: Entry) -> tuple[ExceptionEntry, ...]:
        return tuple(
            ExceptionEntry(
                id=entry.text("id"),
                duties=entry.duties,
                scope=scope,
                reason=entry.text("reason"),
                owner=entry.text("owner"),
                approved_by=entry.text("approved_by"),
                period=entry.period,
                where=entry.where,
            )
            for scope in self._scopes(entry)
        )

    def _contracts(self, entry: Entry) -> tuple[ContractTerm, ...]:
        return tuple(
            ContractTerm(
                id=entry.text("id"),
                duties=entry.duties,
                components=entry.many("components"),
                scope=scope,
                party=entry.values["party"],
                document=entry.text("document"),
                clause=entry.text("clause"),
                supplier=entry.values.get("supplier"),
                period=entry.period,
                where=entry.where,
            )
            for scope in self._scopes(entry)
        )

    def _supplier(self, entry: Entry) -> Supplier:
        return Supplier(
            id=entry.text("id"),
            name=entry.text("name") or entry.text("id"),
            contact=entry.text("contact"),
            components=entry.many("components"),
            owner=entry.values.get("owner"),
            period=entry.period,
            where=entry.where,
        )

    def _scopes(self, entry: Entry) -> tuple[Selector, ...]:
        """Unfold the lists of a scope: every combination is a selector of its own."""
        scope: Entry | None = entry.values.get("scope")
        if scope is None:
            return (Selector(),)
        choices: list[tuple[str | None, ...]] = [scope.many(axis) or (None,) for axis in _AXES]
        if prod(len(choice) for choice in choices) > MOST_SCOPES:
            what = f"the lists of this scope make more than {MOST_SCOPES:,} combinations"
            self._problems.error(what, scope.where, "use patterns, or several entries")
            return ()
        labels: dict[str, str] = scope.values.get("labels") or {}
        return tuple(Selector(**dict(zip(_AXES, chosen, strict=True)), labels=labels) for chosen in product(*choices))


def _settings(entries: list[Entry] | tuple[Entry, ...]) -> Settings:
    def joined(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word for entry in entries for word in entry.many(name)))

    return Settings(
        owner_labels=joined("owner_labels"),
        contact_annotations=joined("contact_annotations"),
        registries=joined("registries"),
    )
