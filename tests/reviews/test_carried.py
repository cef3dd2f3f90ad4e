"""Planned, done, undone: the campaign and the register of the ledger read the same out of the same entries."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from demarc.ledger.asof import register_as_known
from demarc.model.reviews import Choice, Planned, is_done
from demarc.reviews.carried import planning, settling, undoing
from tests.reviews.test_campaign import NOW, Ledger, an_item

PARTS = ("a", "b")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("plan"), st.sets(st.sampled_from(PARTS)), st.integers(0, 1)),
        st.tuples(st.just("done"), st.sampled_from(("", *PARTS)), st.just(0)),
        st.tuples(st.just("undone"), st.sampled_from(PARTS), st.just(0)),
    ),
    max_size=6,
)


def carried_out(ledger, steps):
    for kind, what, orders in steps:
        campaign = ledger.campaign()
        if kind == "plan":
            made = [Planned(number=1, at="", plan="p" * 64, parts=tuple(sorted(what)), orders=orders)]
            drafts = planning(campaign, "p" * 64, made, actor="ann", now=NOW)
        elif kind == "done":
            drafts = [settling(campaign, 1, "refused", actor="ann", now=NOW, part=what)]
        else:
            drafts = undoing(campaign, 1, actor="ann", part=what)
        if drafts:
            ledger.append(drafts)


def expected(steps):
    """What is done, told without any entry."""
    parts, orders, done = set(), 0, set()
    for kind, what, number in steps:
        if kind == "plan":
            parts, orders = what, number
        elif kind == "done":
            done.add(what)
        else:
            done.discard(what)
    return "" in done or (bool(parts) and not orders and parts <= done)


@given(steps=STEPS)
def test_both_readings_agree(steps, tmp_path_factory):
    ledger = Ledger(tmp_path_factory.mktemp("carried") / "l.db", an_item(1, reviewer="security"))
    ledger.decide("sue", n1=Choice.REVOKE)
    ledger.close()
    carried_out(ledger, steps)
    done = expected(steps)
    assert ledger.campaign().is_done(1) is done
    assert bool(ledger.campaign().owed) is not done
    at = NOW + timedelta(days=30)
    with ledger.store.reading() as reader:
        (review,) = register_as_known(reader, name="l", at=at, known=None).register.reviews
    assert bool(review.owed) is not done


def test_before_its_day_nothing_is_past_due_and_a_new_decision_begins_anew(tmp_path):
    ledger = Ledger(tmp_path / "l.db", an_item(1, reviewer="security"))
    ledger.decide("sue", n1=Choice.REVOKE)
    carried_out(ledger, [("done", "", 0)])
    assert ledger.campaign().is_done(1)
    ledger.decide("sue", n1=Choice.CHANGE)
    assert not ledger.campaign().is_done(1)
    ledger.close()
    for days, owed in ((13, False), (15, True)):
        with ledger.store.reading() as reader:
            (review,) = register_as_known(reader, name="l", at=NOW + timedelta(days=days), known=None).register.reviews
        assert bool(review.owed) is owed


def test_a_plan_of_orders_alone_is_done_when_somebody_says_so():
    assert not is_done(Planned(number=1, at="", plan="", orders=1), {"a"})
    assert is_done(Planned(number=1, at="", plan="", orders=1), {""})
    assert not is_done(None, {"a"})
