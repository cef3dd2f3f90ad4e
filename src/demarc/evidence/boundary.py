"""Boundary rows that a cluster rests on, and whether a named person confirmed them against contract and description.

The catalogue says what pages say; what holds between two firms is in their contract. A confirmation is for what the
row said that day: when the row says something else, its source is newer, or it is too old, it asks to be looked at.
Knows no store: entries come in, drafts go out.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

import msgspec
from msgspec import Struct

from demarc.model.assessment import Assessment, MatrixRow
from demarc.model.boundary import Party, Settlement
from demarc.model.errors import DemarcError, Where
from demarc.model.ledger import Draft, Entry, moment_of, stamp

KIND: Final = "boundary.confirmation"
_SUBJECT: Final = "boundary row "
_DATE: Final = len("2026-01-01")
_BY_PAGES: Final = frozenset({"contradiction", "silence"})
"""Kinds of ambiguity that a document can settle: in others somebody has to look at the cluster."""


class State(StrEnum):
    """How a row stands."""

    UNCONFIRMED = "unconfirmed"
    CHANGED = "changed"
    """It, or its source, says something else than what was confirmed."""
    AGED = "aged"
    """It was to be looked at again by now."""
    CONFIRMED = "confirmed"


DUE = frozenset({State.UNCONFIRMED, State.CHANGED, State.AGED})
"""States in which a row asks for somebody."""


class UsedRow(Struct, frozen=True, kw_only=True):
    """A row of the boundary, or a term of a contract, that rows of the matrix rest on."""

    id: str
    duties: tuple[str, ...]
    components: tuple[str, ...]
    parties: tuple[str, ...]
    """More than one where a fact of the cluster moves it in some places."""
    source: str
    """Address of the page, or document and clause; empty for an inference."""
    source_date: str
    """As precise as the page gives it; empty where none is visible."""
    digest: str
    """Of what it says here: party, basis, facts that moved it, source with its date."""
    rows: int
    """Rows of the matrix that rest on it."""
    readings: tuple[str, ...] = ()
    """Parties of the tenable readings, where it leaves something open."""


class Confirmation(Struct, frozen=True, kw_only=True):
    """What somebody confirmed."""

    row: str
    by: str
    on: datetime
    document: str
    clause: str
    again_by: datetime
    digest: str
    seq: int
    """Its entry in the ledger."""
    party: str = ""
    """The reading that was confirmed, where the row leaves it open."""
    since: datetime
    """From when it holds: not later than it was confirmed."""


class Standing(Struct, frozen=True, kw_only=True):
    """A row with how it stands."""

    row: UsedRow
    state: State
    why: str
    confirmation: Confirmation | None = None


def used_rows(assessment: Assessment) -> tuple[UsedRow, ...]:
    """Every row of the boundary that the matrix rests on, sorted by its id."""
    pages = {source.id: (source.url, source.date or "") for source in assessment.sources}
    found: dict[str, list[MatrixRow]] = defaultdict(list)
    for row in assessment.matrix:
        if row.basis is not None:
            found[row.basis.row].append(row)
    open_: dict[str, set[str]] = defaultdict(set)
    for entry in assessment.ambiguities:
        for row_id in entry.rows if entry.kind in _BY_PAGES else ():
            open_[row_id] |= {reading.party.value for reading in entry.readings} - {Party.AMBIGUOUS.value}
    return tuple(_used(name, rows, pages, open_) for name, rows in sorted(found.items()))


def _used(
    name: str, rows: Sequence[MatrixRow], pages: dict[str, tuple[str, str]], open_: Mapping[str, set[str]]
) -> UsedRow:
    bases = [row.basis for row in rows if row.basis is not None]
    first = bases[0]
    url, date = pages.get(first.source or "", ("", ""))
    says = sorted(
        {
            "\x1f".join((row.party.value if row.party else "", basis.kind.value, basis.note, basis.override))
            for row in rows
            if (basis := row.basis) is not None
        }
    )
    whole = "\x1e".join((*says, url, date, first.clause))
    return UsedRow(
        id=name,
        duties=tuple(dict.fromkeys(row.duty for row in rows)),
        components=tuple(dict.fromkeys(row.component for row in rows)),
        parties=tuple(sorted({row.party.value for row in rows if row.party})),
        source=first.clause or url,
        source_date=date,
        digest=hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest(),
        rows=len(rows),
        readings=tuple(sorted({party for row in rows for party in open_.get(row.id, ())})),
    )


def confirmations(entries: Iterable[Entry], at: datetime) -> dict[str, Confirmation]:
    """The newest confirmation of each row, done until ``at``. Entries of other kinds, or of other forms, are none."""
    found: dict[str, Confirmation] = {}
    for entry in entries:
        one = _confirmation(entry)
        known = found.get(one.row) if one is not None else None
        if one is not None and one.since <= at and (known is None or (known.on, known.seq) < (one.on, one.seq)):
            found[one.row] = one
    return found


class _Body(Struct, frozen=True, kw_only=True):
    row: str
    by: str
    document: str
    clause: str
    again_by: str
    digest: str
    party: str = ""
    on: str = ""


def _confirmation(entry: Entry) -> Confirmation | None:
    if entry.kind != KIND:
        return None
    try:
        body = msgspec.convert(entry.body, _Body)
        again = moment_of(body.again_by)
        since = moment_of(entry.valid_from or entry.recorded_at)
        on = moment_of(body.on) if body.on else since
    except (msgspec.ValidationError, ValueError):
        return None
    return Confirmation(
        row=body.row,
        by=body.by,
        on=on,
        since=since,
        party=body.party,
        document=body.document,
        clause=body.clause,
        again_by=again,
        digest=body.digest,
        seq=entry.seq,
    )


def standings(
    rows: Iterable[UsedRow], confirmed: dict[str, Confirmation], *, at: datetime, oldest: timedelta
) -> tuple[Standing, ...]:
    """How each row stands as of a moment; ``oldest`` is the age at which a confirmation asks to be looked at anyhow."""
    return tuple(_standing(row, confirmed.get(row.id), at, oldest) for row in rows)


def _standing(row: UsedRow, found: Confirmation | None, at: datetime, oldest: timedelta) -> Standing:
    if found is None:
        return Standing(row=row, state=State.UNCONFIRMED, why="nobody has confirmed it")
    on = stamp(found.on)[:_DATE]
    if row.source_date and _newer(row.source_date, on):
        state, why = State.CHANGED, f"its source is of {row.source_date}, newer than the confirmation"
    elif row.digest != found.digest:
        state, why = State.CHANGED, "it says something else here than on the day it was confirmed"
    elif found.again_by <= at:
        state, why = State.AGED, f"it was to be looked at again by {stamp(found.again_by)[:_DATE]}"
    elif at - found.on > oldest:
        state, why = State.AGED, f"it was confirmed more than {oldest.days} days ago"
    else:
        state, why = State.CONFIRMED, ""
    return Standing(row=row, state=state, why=why, confirmation=found)


def settlements(standings: Iterable[Standing]) -> dict[str, Settlement]:
    """What confirmations settle that pages leave open, by the boundary row: of rows that stand as confirmed alone."""
    found = {}
    for one in standings:
        said = one.confirmation
        if one.state is State.CONFIRMED and said is not None and said.party in one.row.readings:
            found[one.row.id] = Settlement(
                row=one.row.id,
                party=Party(said.party),
                by=said.by,
                document=said.document,
                clause=said.clause,
                until=stamp(said.again_by)[:_DATE],
                entry=said.seq,
            )
    return found


def _newer(date: str, on: str) -> bool:
    """Whether a page's date is later than a day; a month or a year alone only where all of it is later."""
    return date[:_DATE] > on[: len(date[:_DATE])]


def confirming(
    rows: Sequence[UsedRow],
    patterns: Sequence[str],
    *,
    by: str,
    document: str,
    clause: str,
    on: datetime,
    again_by: datetime,
    party: str = "",
    since: datetime | None = None,
) -> list[Draft]:
    """Entries that confirm rows by id or pattern.

    ``party`` is the reading that the document settles; ``since`` is from when it does, else ``on``. Raises DemarcError
    where a pattern names nothing that is used here, and where a row has other readings than ``party``.
    """
    wanted: dict[str, UsedRow] = {}
    for pattern in patterns:
        matching = [row for row in rows if row.id == pattern or fnmatchcase(row.id, pattern)]
        if not matching:
            raise DemarcError(
                f"no row of the boundary that is used here is called {pattern}",
                where=Where(file="--row"),
                todo="demarc boundary list names them; quote patterns",
            )
        wanted |= {row.id: row for row in matching}
    if again_by <= on:
        raise DemarcError("it would be due at once", where=Where(file="--again-by"), todo="give a later day")
    for row in wanted.values():
        _tenable(row, party)
    return [
        Draft(
            actor=by,
            kind=KIND,
            subject=f"{_SUBJECT}{row.id}",
            valid_from=stamp(since or on),
            body={
                "row": row.id,
                "by": by,
                "document": document,
                "clause": clause,
                "again_by": stamp(again_by),
                "digest": row.digest,
                "parties": list(row.parties),
                "source": row.source,
                "source_date": row.source_date,
                "on": stamp(on),
                **({"party": party} if row.readings else {}),
            },
        )
        for row in wanted.values()
    ]


def _tenable(row: UsedRow, party: str) -> None:
    """Raise DemarcError unless a reading was named where there are several, and it is one of them."""
    if row.readings and party not in row.readings:
        which = " or ".join(row.readings)
        raise DemarcError(
            f"pages leave {row.id} open" + (f", and none reads it as {party}" if party else f": {which}"),
            where=Where(file="--party"),
            todo=f"name the reading that the document settles, {which}; write any other into the register's contracts",
        )
    if party and not row.readings and party not in row.parties:
        said = " or ".join(row.parties) or "nobody"
        raise DemarcError(
            f"{row.id} says {said}, not {party}",
            where=Where(file="--party"),
            todo="write what the contract says as a term into the register: it overrides the published boundary",
        )
