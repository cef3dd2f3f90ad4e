from __future__ import annotations

import pytest

from demarc.cli.fail_on import exceeded, limits
from demarc.model.assessment import GAPS, Status
from demarc.model.errors import DemarcError
from tests.accountability.given import a_namespace, a_register, an_assignment, an_inventory, answer

BARE = answer(an_inventory(places=(a_namespace("web"),)))
OWNED = answer(an_inventory(places=(a_namespace("web"),)), a_register(an_assignment("platform")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gaps", {GAPS: 0}),
        ("unowned", {frozenset({Status.UNOWNED}): 0}),
        (" unowned = 3 , conflict", {frozenset({Status.UNOWNED}): 3, frozenset({Status.CONFLICT}): 0}),
    ],
)
def test_limits_are_read(text, expected):
    assert limits(text) == expected


@pytest.mark.parametrize("text", ["high", "unowned=many", "unowned=-1", "assigned", "gaps;unowned"])
def test_what_is_no_limit_is_refused_with_what_to_do(text):
    with pytest.raises(DemarcError) as caught:
        limits(text)
    assert "gaps" in caught.value.problems[0].todo


def test_more_than_is_tolerated_fails_and_says_what():
    count = BARE.tally.by_status["unowned"]
    assert exceeded(BARE, limits("unowned")) == [f"{count} rows are unowned, 0 tolerated"]
    assert exceeded(BARE, limits(f"unowned={count - 1}"))
    assert not exceeded(BARE, limits(f"unowned={count}"))


def test_nothing_of_the_kind_passes():
    assert not exceeded(OWNED, limits("unowned,lapsed,conflict"))
    assert exceeded(OWNED, limits("ambiguous"))
