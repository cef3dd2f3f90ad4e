"""What the page says apart from the matrix: sentences, tables and lists, as plain values for the template."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from demarc.model.assessment import Assessment, Holder, MatrixRow, Status
from demarc.model.boundary import Party
from demarc.reports.folds import namespace_of
from demarc.reports.html.links import fragment
from demarc.reports.text import count, listed, share
from demarc.reports.words import PARTIES, STATUSES

NOBODY = (Status.UNOWNED, Status.LAPSED, Status.CONFLICT)
_PLACES = 12


class Figure(NamedTuple):
    """A number with the sentence that it belongs to."""

    number: int
    sentence: str
    href: str
    weight: str
    """bad, unclear or good."""


class Share(NamedTuple):
    """A party's part of the matrix."""

    party: str
    number: int
    share: str
    x: float
    """Start and width on a scale of 1000."""
    width: float


class PlaceWithout(NamedTuple):
    """A place where duties have nobody."""

    name: str
    href: str
    rows: int
    why: str
    duties: str


class OwnerLine(NamedTuple):
    """What one owner holds."""

    holder: Holder
    href: str
    held: int
    overdue: int
    lapsed: int
    conflict: int


def figures(assessment: Assessment) -> list[Figure]:
    """The numbers that come first, the worst before the rest."""
    states = assessment.tally.by_status
    nobody = sum(states.get(status, 0) for status in NOBODY)
    why = [f"{states[status]:,} {STATUSES[status].label.lower()}" for status in NOBODY if states.get(status)]
    unclear = states.get(Status.AMBIGUOUS, 0)
    uncovered = states.get(Status.UNCOVERED, 0)
    unknown = states.get(Status.UNKNOWN, 0)
    overdue = states.get(Status.OVERDUE, 0)
    held = states.get(Status.ASSIGNED, 0)
    questions = count(len(assessment.ambiguities), "question")
    found = [
        Figure(nobody, f"{_rows(nobody)} nobody holds: {', '.join(why)}", fragment(status="nobody"), "bad"),
        Figure(overdue, f"{_rows(overdue)} held, but not reviewed in time", fragment(status="overdue"), "bad"),
        Figure(unclear, f"{_rows(unclear)} with two tenable readings, in {questions}", "#ambiguities", "unclear"),
        Figure(
            uncovered, f"{_rows(uncovered)} that no published page answers", fragment(status="uncovered"), "unclear"
        ),
        Figure(unknown, f"{_rows(unknown)} that hang on something not seen", fragment(status="unknown"), "unclear"),
        Figure(held, f"{_rows(held)} held by a named owner", fragment(status="assigned"), "good"),
    ]
    return [figure for figure in found if figure.number]


def _rows(number: int) -> str:
    return "row" if number == 1 else "rows"


def shares(assessment: Assessment) -> list[Share]:
    """Parts of the parties, in their order; together 1000 wide."""
    total = assessment.tally.rows
    found, x = [], 0.0
    for party in PARTIES:
        number = assessment.tally.by_party.get(party, 0)
        if number and total:
            width = 1000 * number / total
            found.append(Share(party, number, share(number, total), round(x, 1), round(width, 1)))
            x += width
    return found


def provider_name(assessment: Assessment) -> str:
    """The firm behind provider rows, where one name stands in them."""
    names = Counter(row.party_name for row in assessment.matrix if row.party is Party.PROVIDER)
    del names[""]
    return names.most_common(1)[0][0] if names else "the provider"


def without_owner(assessment: Assessment) -> tuple[list[PlaceWithout], int]:
    """Places where nobody holds duties, the worst first, and how many more there are."""
    places: dict[tuple[str, str], list[MatrixRow]] = {}
    for row in assessment.matrix:
        if row.status in NOBODY:
            namespace = namespace_of(row.scope)
            key = ("namespace", namespace) if namespace else (row.scope.kind.value, row.scope.name)
            places.setdefault(key, []).append(row)
    worst = sorted(places.items(), key=lambda item: (-len(item[1]), item[0]))
    return [_place(kind, name, rows) for (kind, name), rows in worst[:_PLACES]], max(0, len(worst) - _PLACES)


def _place(kind: str, name: str, rows: list[MatrixRow]) -> PlaceWithout:
    states = Counter(row.status for row in rows)
    why = ", ".join(f"{states[status]:,} {STATUSES[status].label.lower()}" for status in NOBODY if states[status])
    duties = [duty for duty, _ in Counter(row.duty for row in rows).most_common()]
    href = fragment(status="nobody", namespace=name) if kind == "namespace" else fragment(status="nobody", q=name)
    return PlaceWithout(f"{kind} {name}", href, len(rows), why, listed(duties, 4))


def owners(assessment: Assessment) -> list[OwnerLine]:
    """Everybody who is named as an owner, those who hold most first."""
    holders: dict[str, Holder] = {}
    counts: dict[str, Counter[str]] = {}
    for row in assessment.matrix:
        for holder in (row.owner, *row.owners_in_conflict):
            if holder is not None:
                holders.setdefault(holder.id, holder)
                counts.setdefault(holder.id, Counter())[row.status.value] += 1
    lines = [_owner(holders[name], states) for name, states in counts.items()]
    return sorted(lines, key=lambda line: (-line.held, -line.lapsed, line.holder.name))


def _owner(holder: Holder, states: Counter[str]) -> OwnerLine:
    lapsed, conflict = states[Status.LAPSED], states[Status.CONFLICT]
    held = sum(states.values()) - lapsed - conflict
    return OwnerLine(holder, fragment(owner=holder.name), held, states[Status.OVERDUE], lapsed, conflict)
