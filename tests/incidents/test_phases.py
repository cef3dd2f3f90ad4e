"""An act beside a fix: the dates alone decide, however exact they are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.incidents.fields import day
from demarc.incidents.phases import Phase, phase
from demarc.model.incidents import Day

TERM = timedelta(days=14)
DAYS = st.dates(min_value=date(2015, 1, 1), max_value=date(2030, 12, 31))


def at(text: str) -> Day:
    found = day(text)
    assert found is not None
    return found


def of(one: date) -> Day:
    return Day(first=one, last=one, text=one.isoformat())


@pytest.mark.parametrize(
    ("since", "until", "fixed", "expected"),
    [
        ("2025-01-01", "2025-01-02", "2025-01-03", Phase.BEFORE),
        ("2025-01-01", "2025-01-03", "2025-01-03", Phase.BEFORE),  # open until the fix came
        ("2025-01-03", "2025-01-03", "2025-01-03", Phase.BETWEEN),
        ("2025-01-05", "2025-01-06", "2025-01-03", Phase.BETWEEN),
        ("2025-01-17", "2025-01-17", "2025-01-03", Phase.AFTER),
        ("2025-01-16", "2025-01-16", "2025-01-03", Phase.BETWEEN),
        ("2025-01-01", None, "2025-01-03", Phase.ACROSS),
        ("2025-01-01", "2025-03-01", "2025-01-03", Phase.ACROSS),
        ("2025-01-01", "2025-01-05", "2025-01-03", Phase.UNSETTLED),
        ("2025-01-05", None, "2025-01-03", Phase.UNSETTLED),
        ("2025-01-05", "2025-03-01", "2025-01-03", Phase.UNSETTLED),
        ("2024", "2024-05", "2024-06", Phase.BEFORE),
        ("2025", None, "2024-06", Phase.AFTER),
    ],
)
def test_phase(since, until, fixed, expected):
    assert phase(at(since), at(until) if until else None, at(fixed), TERM) is expected


def test_without_a_fix_it_lies_before_it_however_long_it_lasts():
    assert phase(at("2025"), None, None, TERM) is Phase.BEFORE


@given(since=DAYS, fixed=DAYS, length=st.integers(0, 400), term=st.integers(0, 90))
def test_exactly_one_side_and_without_a_term_nothing_lies_between(since, fixed, length, term):
    until = of(since + timedelta(days=length))
    found = phase(of(since), until, of(fixed), timedelta(days=term))
    if found is Phase.BEFORE:
        assert since < fixed
    if found is Phase.AFTER:
        assert since >= fixed + timedelta(days=term)
    if term == 0:
        assert found not in {Phase.BETWEEN, Phase.UNSETTLED}


@given(fixed=DAYS, gap=st.integers(1, 4000), term=st.integers(0, 90))
def test_moving_an_act_across_the_fix_and_the_term_moves_it_from_before_to_after(fixed, gap, term):
    early, late = of(fixed - timedelta(days=gap)), of(fixed + timedelta(days=term + gap))
    assert phase(early, early, of(fixed), timedelta(days=term)) is Phase.BEFORE
    assert phase(late, late, of(fixed), timedelta(days=term)) is Phase.AFTER


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-10", date(2024, 2, 10), date(2024, 2, 10)),
    ],
)
def test_a_short_date_lasts_from_its_first_to_its_last_day(text, first, last):
    found = at(text)
    assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize("text", ["24", "2024-13", "2024-02-30", "2024/02", "last year", "2024-2", "0000"])
def test_what_is_no_date_is_none(text):
    assert day(text) is None
