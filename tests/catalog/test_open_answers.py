"""Where the pages of a provider leave a duty open, both readings are kept, with how to settle them and what to ask."""

from typing import NamedTuple

import pytest

from demarc.catalog.boundaries import boundary, providers
from demarc.model.boundary import BoundaryReading, BoundaryRow, Override, Party


class OpenAnswer(NamedTuple):
    name: str
    provider: str
    source: str | None
    readings: tuple[BoundaryReading, ...]
    settle: str
    ask: str


def open_answers() -> list[OpenAnswer]:
    answers = []
    for provider in providers():
        for row in boundary(provider).rows:
            named: list[tuple[str, BoundaryRow | Override]] = [(row.id, row)]
            named += [(f"{row.id} when {over.when.path}", over) for over in row.overrides]
            for name, held in named:
                if held.party is Party.AMBIGUOUS:
                    source = None if isinstance(held, Override) else held.source
                    answers.append(OpenAnswer(name, provider, source, held.readings, held.settle, held.ask))
    return answers


OPEN = open_answers()
open_answer = pytest.mark.parametrize("answer", OPEN, ids=[answer.name for answer in OPEN])


def test_all_open_answers_are_examined():
    assert len(OPEN) == 54 + 8


@open_answer
def test_readings_cite_sources_of_their_own_file(answer):
    listed = {source.id for source in boundary(answer.provider).sources}
    assert {reading.source for reading in answer.readings} - {None} <= listed


@open_answer
def test_an_answer_that_was_read_on_a_page_quotes_a_page(answer):
    assert answer.source is None or any(reading.source for reading in answer.readings)


@open_answer
def test_an_open_answer_holds_two_readings_that_name_different_parties(answer):
    parties = {reading.party for reading in answer.readings}
    assert len(parties) >= 2
    assert Party.AMBIGUOUS not in parties
    said = [reading.says for reading in answer.readings]
    assert len(said) == len(set(said))


@open_answer
def test_readings_and_settlement_are_short_whole_sentences(answer):
    for reading in answer.readings:
        assert reading.says[0].isupper()
        assert reading.says.endswith(".")
        assert len(reading.says.split()) <= 30
    assert answer.settle.endswith(".")
    assert 5 <= len(answer.settle.split()) <= 45


@open_answer
def test_an_open_answer_asks_for_yes_or_no_and_where_it_is_written_or_needs_no_asking(answer):
    if not answer.ask:
        assert "Read `" in answer.settle, "without a question, a look at a setting must settle it"
        return
    assert "yes or no" in answer.ask
    assert any(
        word in answer.ask for word in ("written", "name the", "Which page holds", "Which of the two pages")
    ) or ("Which table holds" in answer.ask)


def test_only_open_answers_carry_readings():
    held_by_rows: list[BoundaryRow | Override] = []
    for provider in providers():
        for row in boundary(provider).rows:
            held_by_rows += [row]
            held_by_rows += row.overrides
    settled = [held for held in held_by_rows if held.party is not Party.AMBIGUOUS]
    assert {(held.readings, held.settle, held.ask) for held in settled} == {((), "", "")}


def test_the_page_that_contradicts_itself_is_quoted_on_both_sides():
    row = boundary("aks").row("standard", "node.patching", "node_os")
    assert row is not None
    assert row.party is Party.AMBIGUOUS
    support_policy = {reading.party for reading in row.readings if reading.source == "aks_sup"}
    assert support_policy == {Party.PROVIDER, Party.CUSTOMER}
