"""What is odd in a register though every entry can be read: conflicts, separation of duties, times that do not fit."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

from msgspec import Struct

from demarc.model.boundary import Party
from demarc.model.errors import Where
from demarc.model.register import (
    Assignment,
    ContractTerm,
    ExceptionEntry,
    Person,
    Register,
    Selector,
    Team,
)
from demarc.model.time import Period, iso
from demarc.register.problems import Problems
from demarc.register.words import shown

_START = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


class _Claim(Struct, frozen=True, kw_only=True):
    """One duty in one scope that an entry gives to somebody for a time."""

    key: tuple[object, ...]
    """Claims with the same key speak of the same thing."""
    duty: str
    scope: Selector
    answer: str
    plural: str
    """What answers are, for messages."""
    period: Period
    where: Where


def check(register: Register, problems: Problems) -> None:
    """Report what the matrix will show as conflict, lapse or broken separation, while it is easy to correct."""
    people = {person.id: person for person in register.people}
    teams = {team.id: team for team in register.teams}
    _spellings(register.teams, problems)
    for team in register.teams:
        _team(team, people, problems)
    for exception in register.exceptions:
        _approval(exception, teams, problems)
    for term in register.contracts:
        _third_party(term, problems)
    _twice(_assigned(register.assignments), problems)
    _twice(_agreed(register.contracts), problems)


def _team(team: Team, people: dict[str, Person], problems: Problems) -> None:
    """Members outside their own time, and members who are in the team twice at once."""
    last: dict[str, tuple[Period, Where]] = {}
    for member in sorted(team.members, key=lambda member: member.period.since or _START):
        person = people.get(member.person)
        if person is not None and _outside(member.period, person.period):
            what = f"{shown(member.person)} is in {shown(team.id)} outside the time for which the person is there"
            span = _span(person.period)
            problems.warn(what, member.where, f"correct the member's time, or the person's ({span})")
        before = last.get(member.person)
        if before and before[0].overlaps(member.period):
            if before[0] == member.period:
                continue  # two files say the same
            what = f"{shown(member.person)} is in {shown(team.id)} twice at the same time: also at {_line(before[1])}"
            problems.warn(what, member.where, "let the first time end where the second begins")
        last[member.person] = (member.period, member.where)


def _spellings(teams: tuple[Team, ...], problems: Problems) -> None:
    """Spellings that stand for two teams: a label that carries one would name either."""
    taken = {team.id.casefold(): team for team in teams}
    for team in teams:
        for alias in team.aliases:
            other = taken.setdefault(alias.casefold(), team)
            if other.id != team.id:
                what = f"{shown(alias)} stands for two teams: {shown(team.id)} and {shown(other.id)}"
                problems.warn(what, _field(team.where, "aliases"), "keep it with one of them")


def _outside(inner: Period, outer: Period) -> bool:
    """Tell whether a time that is written out leaves another; an open side makes no claim."""
    if not inner.overlaps(outer):
        return True
    early = inner.since is not None and outer.since is not None and inner.since < outer.since
    late = inner.until is not None and outer.until is not None and inner.until > outer.until
    return early or late


def _approval(exception: ExceptionEntry, teams: dict[str, Team], problems: Problems) -> None:
    team = teams.get(exception.owner.removeprefix("team:"))
    approver = exception.approved_by.removeprefix("person:")
    if team and any(member.person == approver and member.period.overlaps(exception.period) for member in team.members):
        what = f"{shown(approver)}, who approved the exception, is in the team that owns it"
        problems.warn(what, _field(exception.where, "approved_by"), "let somebody outside the team accept the risk")


def _third_party(term: ContractTerm, problems: Problems) -> None:
    if term.party is Party.THIRD_PARTY and term.supplier is None:
        what = f"the contract {shown(term.id)} gives the duty to a third party that it does not name"
        problems.warn(what, _field(term.where, "party"), "add supplier: with the id of the supplier")


def _twice(claims: list[_Claim], problems: Problems) -> None:
    """Report entries for the same duty and scope whose times overlap: a conflict, or the same thing said twice.

    Claims are swept in the order of their starts, against the one so far that lasts longest.
    """
    groups: dict[tuple[object, ...], list[_Claim]] = defaultdict(list)
    for claim in claims:
        groups[claim.key].append(claim)
    told: set[tuple[Where, Where]] = set()
    for group in groups.values():
        group.sort(key=lambda claim: claim.period.since or _START)
        longest = group[0]
        for claim in group[1:]:
            if longest.period.overlaps(claim.period) and (longest.where, claim.where) not in told:
                told.add((longest.where, claim.where))
                _tell(longest, claim, problems)
            if (claim.period.until or _END) > (longest.period.until or _END):
                longest = claim


def _tell(first: _Claim, second: _Claim, problems: Problems) -> None:
    there = f"{second.duty} for {second.scope}"
    if first.answer == second.answer:
        if first.where != second.where:
            what = f"{there} is given to {shown(second.answer)} twice: also at {_line(first.where)}"
            problems.warn(what, second.where, "remove one of the two, or let one end where the other begins")
        return
    what = f"two {second.plural} at the same time for {there}: {shown(first.answer)} at {_line(first.where)}, "
    todo = "end the first with valid_to where the second begins; until then the matrix shows a conflict"
    problems.warn(what + shown(second.answer), second.where, todo)


def _assigned(assignments: tuple[Assignment, ...]) -> list[_Claim]:
    return [
        _Claim(
            key=(duty, *_key(entry.scope)),
            duty=duty,
            scope=entry.scope,
            answer=entry.owner,
            plural="owners",
            period=entry.period,
            where=entry.where,
        )
        for entry in assignments
        for duty in entry.duties
    ]


def _agreed(contracts: tuple[ContractTerm, ...]) -> list[_Claim]:
    return [
        _Claim(
            key=(duty, part, *_key(entry.scope)),
            duty=duty,
            scope=entry.scope,
            answer=entry.party.value,
            plural="parties",
            period=entry.period,
            where=entry.where,
        )
        for entry in contracts
        for duty in entry.duties
        for part in entry.components or ("*",)
    ]


def _key(scope: Selector) -> tuple[object, ...]:
    named = (
        scope.cluster,
        scope.pool,
        scope.component,
        scope.namespace,
        scope.workload,
        scope.identity,
        scope.pipeline,
    )
    return (*named, tuple(sorted(scope.labels.items())))


def _line(where: Where) -> str:
    return f"{where.file}:{where.line}"


def _field(where: Where, name: str) -> Where:
    return Where(file=where.file, line=where.line, field=f"{where.field}.{name}" if where.field else name)


def _span(period: Period) -> str:
    since = f"from {iso(period.since)[:10]}" if period.since else ""
    until = f"until {iso(period.until)[:10]}" if period.until else ""
    return " ".join(part for part in (since, until) if part)
