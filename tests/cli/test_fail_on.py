from __future__ import annotations

import pytest

from demarc.cli.fail_on import Tolerated, exceeded, limits
from demarc.model.assessment import GAPS, Status
from demarc.model.errors import DemarcError
from demarc.model.posture import Severity
from tests.accountability.given import a_namespace, a_register, an_assignment, an_inventory, answer
from tests.reports.findings.a_posture import a_posture

BARE = answer(an_inventory(places=(a_namespace("web"),)))
OWNED = answer(an_inventory(places=(a_namespace("web"),)), a_register(an_assignment("platform")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gaps", Tolerated(rows={GAPS: 0})),
        ("unowned", Tolerated(rows={frozenset({Status.UNOWNED}): 0})),
        (
            " unowned = 3 , conflict",
            Tolerated(rows={frozenset({Status.UNOWNED}): 3, frozenset({Status.CONFLICT}): 0}),
        ),
        ("high", Tolerated(findings={Severity.HIGH: 0})),
        ("critical=2,gaps", Tolerated(rows={GAPS: 0}, findings={Severity.CRITICAL: 2})),
    ],
)
def test_limits_are_read(text, expected):
    assert limits(text) == expected


@pytest.mark.parametrize("text", ["severe", "high=some", "unowned=many", "unowned=-1", "assigned", "gaps;unowned"])
def test_what_is_no_limit_is_refused_with_what_to_do(text):
    with pytest.raises(DemarcError) as caught:
        limits(text)
    assert "gaps" in caught.value.problems[0].todo


def test_more_than_is_tolerated_fails_and_says_what():
    count = BARE.tally.by_status["unowned"]
    assert exceeded(BARE, None, limits("unowned")) == [f"{count} rows are unowned, 0 tolerated"]
    assert exceeded(BARE, None, limits(f"unowned={count - 1}"))
    assert not exceeded(BARE, None, limits(f"unowned={count}"))


def test_nothing_of_the_kind_passes():
    assert not exceeded(OWNED, None, limits("unowned,lapsed,conflict"))
    assert exceeded(OWNED, None, limits("ambiguous"))


def test_findings_count_with_worse_ones_and_without_what_is_not_ours_to_mend():
    # Of six, one is the provider's and one excepted.
    assert exceeded(BARE, a_posture(), limits("high")) == ["4 findings are high or worse, 0 tolerated"]
    assert exceeded(BARE, a_posture(), limits("critical")) == ["1 finding is critical, 0 tolerated"]
    assert not exceeded(BARE, a_posture(), limits("high=4"))


def test_with_a_baseline_only_new_findings_fail():
    known = a_posture(baseline="base.json")
    assert exceeded(BARE, known, limits("high")) == ["1 new finding is high or worse, 0 tolerated"]
    assert not exceeded(BARE, known, limits("critical"))
