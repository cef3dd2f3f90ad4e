"""The register as of a moment of recording: what was believed then, of any time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from demarc.ledger.elements import KINDS, REVIEW, joined, review_of
from demarc.model.ledger import Entry, Head, stamp
from demarc.model.register import Register, Review
from demarc.model.reviews import DONE, PLANNED, Planned, is_done

LEDGER_REVIEW = "review"
"""A review that was done with the ledger's own campaigns; it counts as one of the register."""
_ELEMENTS = tuple(kind for kind in KINDS if kind != REVIEW)


class Asked(Protocol):
    """What of a ledger's reader is needed here."""

    def head(self, known: datetime | None = None) -> Head:
        """The ledger as of a moment of recording."""
        ...

    def standing(self, size: int, *, kinds: tuple[str, ...]) -> list[Entry]:
        """Entries that stood."""
        ...

    def latest(self, size: int, *, kind: str, at: datetime) -> list[Entry]:
        """The last of each subject."""
        ...


class Known(Struct, frozen=True, kw_only=True):
    """A register, and the state of the ledger that it was taken from."""

    register: Register
    head: Head


def register_as_known(reader: Asked, *, name: str, at: datetime, known: datetime | None) -> Known:
    """The register that the ledger held at ``known`` (None: holds now), with the reviews done until ``at``."""
    head = reader.head(known)
    register = joined(
        reader.standing(head.size, kinds=_ELEMENTS),
        _reviews(reader, head, (REVIEW, LEDGER_REVIEW), at),
        origin=name,
        sha256=head.root.hex(),
    )
    return Known(register=register, head=head)


def with_reviews(register: Register, reader: Asked, *, at: datetime) -> Known:
    """A register that was read elsewhere, with the reviews that were done with the ledger."""
    head = reader.head()
    done = _reviews(reader, head, (LEDGER_REVIEW,), at)
    return Known(register=replace(register, reviews=(*register.reviews, *done)), head=head)


def rests_on(reader: Asked, head: Head, *, at: datetime, register_too: bool) -> list[Entry]:
    """The entries that such a register is made of; without ``register_too``, those of reviews done with the ledger."""
    kinds = (REVIEW, LEDGER_REVIEW) if register_too else (LEDGER_REVIEW,)
    found = reader.standing(head.size, kinds=_ELEMENTS) if register_too else []
    return [*found, *(entry for kind in kinds for entry in reader.latest(head.size, kind=kind, at=at))]


def _reviews(reader: Asked, head: Head, kinds: tuple[str, ...], at: datetime) -> list[Review]:
    found = [entry for kind in kinds for entry in reader.latest(head.size, kind=kind, at=at)]
    ordered = any((entry.body or {}).get("orders") for entry in found)
    carried = reader.standing(head.size, kinds=(PLANNED, DONE)) if ordered else []
    done = _done(entry for entry in carried if (entry.valid_from or "") <= stamp(at))
    return [replace(review_of(entry), owed=_owed(entry, done, stamp(at))) for entry in found]


def _done(carried: Iterable[Entry]) -> set[tuple[str, int]]:
    """Campaign and entry of each decision for which all is done."""
    planned: dict[tuple[str, int], Planned] = {}
    parts: dict[tuple[str, int], set[str]] = {}
    for entry in carried:
        body = entry.body or {}
        name = str(body.get("campaign", ""))
        if entry.kind == DONE:
            parts.setdefault((name, body["decision"]), set()).add(str(body.get("part", "")))
            continue
        for one in body.get("items", ()):
            planned[name, one["decision"]] = Planned(
                number=one["number"],
                at=entry.recorded_at,
                plan=str(body.get("plan", "")),
                parts=tuple(one.get("parts", ())),
                orders=int(one.get("orders", 0)),
            )
    return {key for key, found in parts.items() if is_done(planned.get(key), found)}


def _owed(entry: Entry, done: set[tuple[str, int]], at: str) -> tuple[str, ...]:
    """What a review decided on that is past due and not done, in words."""
    body = entry.body or {}
    name = str(body.get("campaign", ""))
    return tuple(
        f"{one['choice']} {one['what']} ({name} {one['number']}), due on {one['due'][:10]}"
        for one in body.get("orders", ())
        if one["due"] <= at and (name, one["decision"]) not in done
    )
