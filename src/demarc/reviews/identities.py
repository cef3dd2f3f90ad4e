"""A non-human identity or credential as something to decide on: what it can do, how old it is, who uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from demarc.model.nhi import AgeGrade, Dated, Nhi
from demarc.model.reviews import About, Item
from demarc.reviews.risk import of_identity

_MOST: Final = 12
"""Consumers, and other places, that an item names."""


def identity(one: Nhi, *, scope: dict[str, Any], reviewer: str) -> Item:
    """The item; its campaign and number are given to it later."""
    risk, group = of_identity(one)
    return Item(
        campaign="",
        number=0,
        about=About.IDENTITIES,
        what=f"{one.kind.value} {one.id}",
        evidence=tuple(_evidence(one)),
        duties=(one.answers.duty,),
        scopes=(scope,),
        owner=one.answers.owner_id,
        reviewer=reviewer,
        target=one.id,
        risk=risk,
        group=group,
    )


def _evidence(one: Nhi) -> Iterator[str]:
    for state in one.states:
        covered = f" (covered by exception {state.exception})" if state.exception else ""
        yield f"why look: {state.state.value}, {state.says}{covered}"
    if one.powers:
        yield f"can: {', '.join(power.value for power in one.powers)}" + (f" over {one.reach}" if one.reach else "")
    elif one.kind.is_identity:
        yield "can: nothing beyond what every identity can"
    yield f"value changed: {_dated(one.changed)}"
    if one.created.at:
        yield f"created: {one.created.at[:10]}"
    yield f"ends: {one.expires[:10] or ('never by itself' if one.endless else 'not known')}"
    yield f"last used: {_dated(one.last_used)}"
    yield f"used by: {_listed(one.consumers) or 'nothing that was read'}"
    yield f"made by: {one.issuer or 'not known'}" + (
        f"; to be changed at {one.source_of_truth}" if one.source_of_truth else ""
    )
    if one.same_value:
        yield f"the same value lies in: {_listed(one.same_value)}"
    if one.misplaced:
        yield f"also stands in: {_listed(one.misplaced)}"


def _dated(dated: Dated) -> str:
    """A time with the grade of its evidence: a bound is no proof, and what nobody notes is no absence."""
    if dated.at:
        return f"{dated.at[:10]}, by {dated.grade.value}" + (f" ({dated.says})" if dated.says else "")
    if dated.grade is AgeGrade.UNKNOWN:
        return "not known" + (f" ({dated.says})" if dated.says else "")
    return f"{dated.says} ({dated.grade.value})"


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST:,} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more
