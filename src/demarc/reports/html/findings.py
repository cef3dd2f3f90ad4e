"""What the page says of findings: sentences and rows, as plain values for the template."""

from __future__ import annotations

from typing import NamedTuple

from demarc.catalog.checks import checks
from demarc.model.assessment import Status
from demarc.model.posture import Finding, Fix, Outcome, Posture, Whose
from demarc.reports.findings.rows import NOBODY, FindingRow, holder, rows, standing
from demarc.reports.html.links import fragment
from demarc.reports.text import count, safe_text
from demarc.reports.words import STATUSES, party_key

_SHOWN = 8
"""Findings of one row that the page names; the rest is a command away."""


class Line(NamedTuple):
    """Equal findings."""

    anchor: str
    check: str
    title: str
    severity: str
    number: int
    new: int
    where: str
    owner: str
    nobody: bool
    party: str
    """Key of a party, for its chip."""
    status: str
    duty: str
    href: str
    """The row of the matrix that says whose it is."""
    why: str
    ask: str
    shown: tuple[Finding, ...]
    more: int
    fix: Fix
    command: str
    """Asks for all of them again."""


class Unknown(NamedTuple):
    """Checks that could not be answered for one reason."""

    todo: str
    why: str
    checks: tuple[str, ...]


class FindingsTold(NamedTuple):
    """The whole section."""

    answer: str
    lines: tuple[Line, ...]
    provider: tuple[Line, ...]
    excepted: tuple[Line, ...]
    unknown: tuple[Unknown, ...]
    holds: int
    checks: int


def findings_told(posture: Posture) -> FindingsTold:
    """Make the section."""
    counted = rows(one for one in posture.findings if one.counts)
    provider = rows(one for one in posture.findings if one.answers.whose is Whose.PROVIDER and not one.excepted)
    excepted = rows(one for one in posture.findings if one.excepted)
    return FindingsTold(
        answer=_answer(posture),
        lines=tuple(_line(row, f"finding-{number}") for number, row in enumerate(counted, 1)),
        provider=tuple(_line(row, f"provider-{number}") for number, row in enumerate(provider, 1)),
        excepted=tuple(_line(row, f"excepted-{number}") for number, row in enumerate(excepted, 1)),
        unknown=_unknown(posture),
        holds=sum(result.outcome is Outcome.HOLDS for result in posture.results),
        checks=len(posture.results),
    )


def _answer(posture: Posture) -> str:
    stands = standing(posture)
    total = sum(stands.by_severity.values())
    if not total:
        return "No check found anything that is yours to mend."
    parts = ", ".join(f"{number:,} {severity.value}" for severity, number in stands.by_severity.items())
    said = f"Checks found {count(total, 'thing')} to mend: {parts}."
    if stands.nobody:
        said += f" {stands.nobody:,} of them nobody holds."
    if stands.new is not None:
        said += f" {stands.new:,} {'is' if stands.new == 1 else 'are'} new since the baseline."
    return said


def _line(row: FindingRow, anchor: str) -> Line:
    first = row.first
    answers = first.answers
    facts = checks().get(first.check)
    owner = holder(first)
    status = answers.status or Status.UNKNOWN
    return Line(
        anchor=anchor,
        check=first.check,
        title=first.title,
        severity=first.severity.value,
        number=row.count,
        new=row.new,
        where=row.where,
        owner=owner,
        nobody=owner == NOBODY,
        party=party_key(answers.party, status),
        status=STATUSES[status].label,
        duty=answers.duty,
        href=fragment(row=safe_text(answers.row)) if answers.row else fragment(duty=answers.duty),
        why=facts.why if facts is not None else "",
        ask=answers.ask,
        shown=row.findings[:_SHOWN],
        more=max(0, row.count - _SHOWN),
        fix=first.fix,
        command=f"demarc findings --check {first.check}",
    )


def _unknown(posture: Posture) -> tuple[Unknown, ...]:
    """By what was missing: the one thing that answers most comes first."""
    groups: dict[str, tuple[str, list[str]]] = {}
    for result in posture.results:
        if result.outcome is not Outcome.UNKNOWN:
            continue
        todo = next((one.todo for one in result.unseen if one.todo), "")
        groups.setdefault(todo or result.says, (result.says, []))[1].append(result.check)
    found = [Unknown(todo, why, tuple(names)) for todo, (why, names) in groups.items()]
    return tuple(sorted(found, key=lambda one: (-len(one.checks), one.todo)))
