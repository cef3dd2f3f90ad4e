"""How a change was approved: what stood when it was merged, by whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.evidence.changes import Approval, changes
from tests.evidence.given import HEAD, MERGE, a_merge_request, a_pull, a_review, a_snapshot


def judged(*records):
    return changes(a_snapshot(*records))[0]


def test_somebody_else_who_approved_what_was_merged():
    found = judged(a_pull(), a_review("bob-gh"))
    assert found.approval is Approval.INDEPENDENT
    assert [one.account for one in found.approvers] == ["bob-gh"]
    assert found.commits == (MERGE, HEAD)


@pytest.mark.parametrize(
    ("reviews", "approval", "why"),
    [
        ([a_review("alice-gh")], Approval.SELF, "author alone"),
        ([a_review("ALICE-gh")], Approval.SELF, "author alone"),
        ([a_review("bob-gh", "COMMENTED")], Approval.NONE, "without an approval"),
        ([a_review("bob-gh", at="2026-11-01T13:00:00Z")], Approval.NONE, "without an approval"),
        ([a_review("bob-gh", commit_id="c" * 40)], Approval.NONE, "after the approval"),
        ([a_review("ci[bot]")], Approval.NONE, "bot alone"),
        ([a_review("ci", user={"login": "ci", "type": "Bot"})], Approval.NONE, "bot alone"),
        ([], Approval.UNKNOWN, "not given"),
    ],
)
def test_what_is_no_independent_approval(reviews, approval, why):
    found = judged(a_pull(), *reviews)
    assert found.approval is approval
    assert why in found.why


@pytest.mark.parametrize("later", ["CHANGES_REQUESTED", "DISMISSED"])
def test_the_last_word_of_a_reviewer_stands_and_a_comment_is_none(later):
    first = a_review("bob-gh", at="2026-11-01T10:00:00Z")
    assert judged(a_pull(), first, a_review("bob-gh", later)).approval is Approval.NONE
    assert judged(a_pull(), first, a_review("bob-gh", "COMMENTED")).approval is Approval.INDEPENDENT


def test_what_was_not_merged_is_no_change():
    assert changes(a_snapshot(a_pull(merged_at=None))) == ()
    assert changes(a_snapshot(a_pull(merged_at="soon"))) == ()


@pytest.mark.parametrize(
    ("records", "approval"),
    [
        (a_merge_request("alice-gh", "bob-gh"), Approval.INDEPENDENT),
        (a_merge_request("alice-gh", "alice-gh"), Approval.SELF),
        (a_merge_request("alice-gh", "project_44_bot_x"), Approval.NONE),
        (a_merge_request("alice-gh"), Approval.NONE),
        (a_merge_request("alice-gh", given=False), Approval.UNKNOWN),
    ],
)
def test_merge_requests_of_gitlab(records, approval):
    assert judged(*records).approval is approval


@given(st.lists(st.sampled_from(["APPROVED", "COMMENTED", "DISMISSED", "CHANGES_REQUESTED"]), max_size=6))
def test_an_author_never_approves_independently(states):
    reviews = [a_review("alice-gh", state, at=f"2026-11-01T10:{minute:02}:00Z") for minute, state in enumerate(states)]
    assert judged(a_pull(), *reviews).approval is not Approval.INDEPENDENT
