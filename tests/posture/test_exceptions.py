"""Exceptions of the register over findings: in force, ended, not begun, self-approved, and for another scope."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from demarc.model.errors import Where
from demarc.model.posture import ExceptionState, Finding
from demarc.model.register import ExceptionEntry, Register, Selector
from demarc.model.time import Period
from demarc.posture import posture
from demarc.testing import a_container, a_deployment
from tests.accountability.given import a_register
from tests.posture.given import a_ground, check_named

HERE = Where(file="register.yaml", line=1)
PRIVILEGED = a_deployment("gateway", containers=[a_container(securityContext={"privileged": True})])


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def an_exception(since: str = "2026-01-01", until: str = "2027-01-01", **more: Any) -> ExceptionEntry:
    return ExceptionEntry(
        **{
            "id": "host",
            "duties": ("workload.pod-security",),
            "scope": Selector(namespace="shop", workload="Deployment/gateway"),
            "reason": "Until its replacement.",
            "owner": "payments",
            "approved_by": "carla",
            "period": Period(since=_day(since), until=_day(until)),
            "where": HERE,
            **more,
        }
    )


def finding(*entries: ExceptionEntry) -> Finding:
    base = a_register()
    register = Register(people=base.people, teams=base.teams, exceptions=entries, origin="register")
    found = posture(a_ground(PRIVILEGED, register=register), (check_named("DM-POD-001"),))
    return found.findings[0]


def state(*entries: ExceptionEntry) -> ExceptionState:
    return finding(*entries).exceptions[0]


def test_one_in_force_covers_and_says_who_approved_it():
    found = finding(an_exception())
    assert found.excepted
    assert not found.counts
    assert found.exceptions[0].says == "approved by carla, ends on 2027-01-01: Until its replacement."


def test_one_that_has_ended_does_not_count_and_is_told():
    assert state(an_exception(until="2026-11-01")) == ExceptionState(
        id="host", counts=False, says="ended on 2026-11-01"
    )
    assert finding(an_exception(until="2026-11-01")).counts


def test_one_that_has_not_begun_is_none():
    assert finding(an_exception(since="2026-12-01")).exceptions == ()


def test_one_that_its_own_owner_approved_does_not_count():
    assert state(an_exception(owner="bob", approved_by="bob")).says == "approved by its own owner"
    assert finding(an_exception(owner="bob", approved_by="bob")).counts


def test_duty_and_scope_must_cover_the_finding():
    assert finding(an_exception(duties=("identity.*",))).exceptions == ()
    assert finding(an_exception(scope=Selector(namespace="other"))).exceptions == ()
    assert finding(an_exception(scope=Selector(namespace="shop"), duties=("workload.*",))).excepted
    assert finding(an_exception(scope=Selector(workload="Deployment/other"))).exceptions == ()


def test_of_several_the_one_that_counts_stands_first():
    ended, good = an_exception(id="a-old", until="2026-02-01"), an_exception(id="b-new")
    assert [one.id for one in finding(ended, good).exceptions] == ["b-new", "a-old"]
