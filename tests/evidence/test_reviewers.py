"""The rules for reviewers: reviews that refer to something, in time, by whom the register names."""

from __future__ import annotations

from datetime import timedelta

import pytest

from demarc.model.errors import Where
from demarc.model.register import Review, Selector
from demarc.model.roles import Verdict
from tests.accountability.given import AT, an_assignment, period
from tests.evidence.given import a_reader, a_trail, one, people, report

DUTY = "identity.rbac"
SO, OTHERWISE, MISSING = Verdict.SAYS_SO, Verdict.SAYS_OTHERWISE, Verdict.MISSING
RECENT = AT - timedelta(days=20)


def a_record(by="carla", on=RECENT, evidence="SEC-1", file="reviews.yaml"):
    return Review(
        duties=("identity.*",), scope=Selector(), by=by, on=on, evidence=evidence, where=Where(file=file, line=3)
    )


def found(*reviews, trail=None, **more):
    held = an_assignment("platform", **{"reviewer": "security", "review_every": 90, **more})
    return one(report(people(assignments=(held,), reviews=reviews), trail=trail), DUTY, "reviewer")


def test_a_review_that_refers_to_something():
    item = found(a_record())
    assert (item.verdict, item.witnesses[0].who, item.witnesses[0].grade.name) == (SO, "Carla", "NAMED")


def test_one_that_the_ledger_keeps_is_harder_to_forge():
    assert found(a_record(file="ledger entry 12, reviews.yaml")).witnesses[0].grade.name == "WRITTEN"


def test_one_that_refers_to_nothing_is_a_claim():
    item = found(a_record(evidence=""))
    assert item.verdict is MISSING
    assert "refers to nothing" in item.why


@pytest.mark.parametrize(("by", "says"), [("bob", "not Security"), ("alice", "who holds the duty or is of Platform")])
def test_somebody_else_or_the_owner_did_it(by, says):
    item = found(a_record(by))
    assert item.verdict is OTHERWISE
    assert says in item.why
    assert item.todo


def test_a_review_that_is_too_old_is_missing_and_says_so():
    item = found(a_record(on=AT - timedelta(days=91)))
    assert item.verdict is MISSING
    assert "longer ago than it may be" in item.why


def test_a_review_of_something_else_or_later_than_the_moment_is_none():
    later = a_record(on=AT + timedelta(days=1))
    elsewhere = Review(
        duties=("*",), scope=Selector(namespace="pay"), by="carla", on=RECENT, evidence="x", where=Where(file="r")
    )
    item = found(later, elsewhere)
    assert (item.verdict, item.witnesses) == (MISSING, ())
    assert "demarc review" in item.todo


def test_a_review_before_somebody_was_named_was_others_to_do():
    since = period((RECENT + timedelta(days=1)).date().isoformat())
    assert found(a_record("bob"), period=since).verdict is MISSING


def test_reading_bindings_is_no_review_and_bears_one_out_that_is_on_record():
    then = a_trail(identities=(a_reader("carla-gh", RECENT - timedelta(days=3)),))
    alone = found(trail=then)
    assert alone.verdict is MISSING
    assert "read rolebindings" in alone.why
    borne = found(a_record(evidence=""), trail=then)
    assert borne.verdict is SO
    assert {one.grade.name for one in borne.witnesses} == {"WRITTEN"}


@pytest.mark.parametrize(
    "trail",
    [
        a_trail(identities=(a_reader("bob-gh", RECENT),)),
        a_trail(identities=(a_reader("carla-gh", RECENT, "pods"),)),
        a_trail(identities=(a_reader("carla-gh", RECENT - timedelta(days=40)),)),
    ],
)
def test_reads_by_others_of_other_things_or_long_before_bear_nothing_out(trail):
    assert found(a_record(evidence=""), trail=trail).verdict is MISSING


def test_a_cadence_without_a_reviewer_asks_for_a_name():
    item = found(a_record(), reviewer=None)
    assert (item.verdict, item.named) == (MISSING, "")
    assert item.todo == "name a reviewer in the register"
