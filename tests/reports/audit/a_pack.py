"""Contents of packs built by hand, and what the tests read out of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from demarc.model.assessment import Assessment
from demarc.model.errors import Where
from demarc.model.posture import Posture
from demarc.model.register import ExceptionEntry, Register, Review, Selector
from demarc.model.reviews import About, Campaign, Choice, Decision, Item
from demarc.model.time import Period
from demarc.posture.frameworks import view
from demarc.reports.audit.content import Content
from tests.reports.a_report import HOSTILE, a_hostile_report, a_report
from tests.reports.findings.a_posture import a_hostile_posture, a_posture

WHERE = Where(file="register/x.yaml", line=3)


def an_exception(
    name: str = "EX-1", *, since: int = 2025, until: int = 2027, reason: str = "Until it is replaced."
) -> Any:
    return ExceptionEntry(
        id=name,
        duties=("workload.pod-security",),
        scope=Selector(namespace="payments"),
        reason=reason,
        owner="payments",
        approved_by="security",
        period=Period(since=datetime(since, 1, 1, tzinfo=UTC), until=datetime(until, 1, 1, tzinfo=UTC)),
        where=WHERE,
    )


def a_review(by: str = "frida", year: int = 2026) -> Review:
    on = datetime(year, 3, 1, tzinfo=UTC)
    return Review(duties=("identity.rbac",), scope=Selector(), by=by, on=on, evidence="minutes", where=WHERE)


def a_campaign() -> Campaign:
    items = tuple(
        Item(
            campaign="q4",
            number=number,
            about=About.ACCESS,
            what=f"grant {number}",
            duties=("identity.rbac",),
            scopes=({"namespace": "payments"},),
            reviewer="frida",
        )
        for number in (1, 2, 3)
    )
    at = "2026-03-02T00:00:00.000000Z"
    decisions = {
        1: Decision(number=1, choice=Choice.KEEP, by="frida", at=at, seq=7),
        3: Decision(number=3, choice=Choice.NOT_MINE, by="frida", at=at, seq=9),
    }
    return Campaign(id="q4", title="Access", opened_at=at, due=at, items=items, decisions=decisions)


def a_content(
    assessment: Assessment | None = None, posture: Posture | None = None, *, framework: str = "nist-csf", **more: Any
) -> Content:
    made, found = assessment or a_report(), posture or a_posture()
    given = {"register": Register(exceptions=(an_exception(),), reviews=(a_review(),))} | more
    return Content(assessment=made, posture=found, view=view(framework, found, made), **given)


def a_hostile_content() -> Content:
    register = Register(
        exceptions=tuple(an_exception(name, reason=name) for name in HOSTILE), reviews=tuple(map(a_review, HOSTILE))
    )
    return a_content(a_hostile_report(), a_hostile_posture(), register=register, known_at=HOSTILE[2])


def strings(value: Any) -> Iterator[str]:
    """Every text in plain values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from strings(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from strings(item)


def parts(value: Any, key: str) -> Iterator[Any]:
    """Everything that stands under a key, at any depth."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == key:
                yield item
            yield from parts(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from parts(item, key)
