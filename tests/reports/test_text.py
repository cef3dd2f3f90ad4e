"""Text from input becomes visible, stays on its line, and stays itself."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from demarc.reports.text import count, listed, safe_lines, safe_text, share
from tests.reports.a_report import HOSTILE

anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@given(anything)
def test_nothing_that_steers_a_terminal_or_hides_survives(value: str) -> None:
    shown = safe_text(value)
    assert all(unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"} for character in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff\u061c")
    shown.encode()


@given(anything)
def test_making_text_safe_twice_changes_nothing(value: str) -> None:
    assert safe_text(safe_text(value)) == safe_text(value)


@given(anything, st.integers(1, 20))
def test_a_limit_holds(value: str, limit: int) -> None:
    assert len(safe_text(value, limit)) <= limit


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_plain_text_is_left_alone(value: str) -> None:
    assert safe_text(value) == value


def test_letters_of_other_scripts_are_left_alone() -> None:
    for name in ("Zürich", "東京", "Ελλάδα", "שלום", "مرحبا", "e\u0301te\u0301", "🚢"):
        assert safe_text(name) == name


def test_each_escape_says_which_character_it_was() -> None:
    assert safe_text("a\x1b[31mb\u202ec\x9b\U000e0041") == "a\\x1b[31mb\\u202ec\\x9b\\U000e0041"


def test_stacked_marks_cannot_spill_over_other_lines() -> None:
    assert "\u0301" not in safe_text("z" + "\u0301" * 40)


def test_markup_stays_text_in_rich() -> None:
    for name in HOSTILE:
        assert Text(safe_text(name)).plain == safe_text(name)


def test_lines_are_split_and_each_is_safe() -> None:
    assert safe_lines("Dear team,\r\n\n\x1b[2Jbye") == ("Dear team,", "", "\\x1b[2Jbye")


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_is_never_rounded_to_nothing_or_all(part: int, more: int) -> None:
    whole = part + more
    said = share(part, whole)
    assert (said == "0 %") == (part == 0)
    assert said != "100 %"


def test_counts_and_lists_read_as_words() -> None:
    assert count(1, "row") == "1 row"
    assert count(1200, "identity", "identities") == "1,200 identities"
    assert listed(["a", "b", "c", "d", "e"], 2) == "a, b and 3 more"
