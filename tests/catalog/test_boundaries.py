"""What every provider file must hold, so that an answer of the catalogue can be trusted and traced."""

import re
from collections import Counter
from datetime import date

import msgspec
import pytest

from demarc.catalog.boundaries import boundary, models, providers
from demarc.catalog.duties import duties, pairs
from demarc.model.boundary import Basis, BoundaryRow, Condition, Confidence, Override, Party

COMPLETE = ("aks", "eks", "gke", "rosa", "self_managed")
OPERATORS = {"eq", "ne", "in", "exists", "absent", "contains"}
PAIRS = {(pair.duty, pair.component) for pair in pairs()}


def provider_models() -> list[tuple[str, str]]:
    return [(provider, model) for provider in providers() for model in boundary(provider).models]


def rows(provider: str | None = None) -> list[BoundaryRow]:
    return [row for key in ((provider,) if provider else providers()) for row in boundary(key).rows]


def overrides() -> list[tuple[BoundaryRow, Override]]:
    return [(row, override) for row in rows() for override in row.overrides]


# --- the extent of the catalogue -------------------------------------------------------------------------------------


def test_the_catalogue_has_the_rows_and_overrides_that_were_compiled():
    assert len(providers()) == 13
    assert len(rows()) == 995
    assert len(overrides()) == 80
    assert sum(row.party is Party.AMBIGUOUS for row in rows()) == 54
    assert sum(override.party is Party.AMBIGUOUS for _, override in overrides()) == 8


def test_the_big_four_answer_every_pair_on_every_model():
    facts = [
        (row.provider, model, row.duty, row.component)
        for row in rows()
        if row.provider in {"aks", "eks", "gke", "rosa"}
        for model in row.models
    ]
    assert len(facts) == len(set(facts)) == 94 * 12 == 1128


@pytest.mark.parametrize(("provider", "model"), provider_models())
def test_a_model_answers_a_pair_at_most_once_and_never_an_unknown_pair(provider, model):
    answered = Counter((row.duty, row.component) for row in rows(provider) if model in row.models)
    assert max(answered.values()) == 1
    assert set(answered) <= PAIRS
    if provider in COMPLETE:
        assert set(answered) == PAIRS


@pytest.mark.parametrize(("provider", "model"), provider_models())
def test_every_duty_is_either_answered_or_said_to_be_open(provider, model):
    answered = {row.duty for row in rows(provider) if model in row.models}
    left_open = [duty for gap in boundary(provider).uncovered if gap.model == model for duty in gap.duties]
    assert len(left_open) == len(set(left_open))
    assert not answered & set(left_open)
    assert answered | set(left_open) == set(duties())


# --- what one file must hold -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", providers())
def test_a_file_is_complete_in_itself(provider):
    held = boundary(provider)
    assert held.provider == provider
    assert held.title
    assert held.models
    assert all(held.models.values())
    assert date.fromisoformat(held.compiled)
    assert {model for row in held.rows for model in row.models} == set(held.models)
    assert {gap.model for gap in held.uncovered} <= set(held.models)
    assert all(gap.reason for gap in held.uncovered)
    assert len({row.id for row in held.rows}) == len(held.rows)


@pytest.mark.parametrize("provider", providers())
def test_sources_are_listed_once_and_all_of_them_are_used(provider):
    listed = [source.id for source in boundary(provider).sources]
    used = {source for row in rows(provider) for source in (row.source, *row.other_sources) if source is not None}
    assert len(listed) == len(set(listed))
    assert used == set(listed)


@pytest.mark.parametrize("provider", providers())
def test_sources_have_an_address_and_a_date_as_precise_as_the_page(provider):
    for source in boundary(provider).sources:
        assert source.url.startswith(("https://", "pkg:pypi/")), source.id
        assert source.date is None or (len(source.date) in {4, 7, 10} and source.date <= boundary(provider).compiled)
        assert source.kind


@pytest.mark.parametrize("provider", providers())
def test_a_row_without_a_source_is_an_inference_of_low_confidence_and_the_other_way_round(provider):
    for row in rows(provider):
        inferred = row.basis is Basis.INFERENCE
        assert (row.source is None) is inferred, row.id
        assert (row.confidence is Confidence.LOW) is inferred, row.id
        assert row.basis is not Basis.CONTRACT, "a contract is the customer's own and never in the catalogue"


@pytest.mark.parametrize("provider", providers())
def test_notes_are_whole_short_sentences_in_words_of_a_newcomer(provider):
    for row in rows(provider):
        for note in (row.note, *(override.note for override in row.overrides)):
            assert note == note.strip()
            assert "\n" not in note
            assert note.endswith("."), note
            assert len(note.split()) >= 3, note
            assert "vendor" not in note.lower(), note
            sentences = re.split(r"(?<=\.)\s+(?=[A-Z])", note)
            assert max(len(sentence.split()) for sentence in sentences) <= 34, note


# --- overrides -------------------------------------------------------------------------------------------------------


def test_overrides_use_known_operators_and_objects_that_the_user_is_told_how_to_print():
    for row, override in overrides():
        condition = override.when
        assert condition.op in OPERATORS, row.id
        assert condition.object in boundary(row.provider).describe, row.id
        assert condition.path, row.id
        assert isinstance(condition.value, list) is (condition.op == "in"), row.id


def test_no_row_has_two_overrides_on_the_same_condition():
    for row in rows():
        conditions = [msgspec.json.encode(override.when) for override in row.overrides]
        assert len(conditions) == len(set(conditions)), row.id


def test_condition_values_survive_yaml_as_they_were_meant():
    """``None`` and ``Off`` are settings of a cloud here, never a null or a boolean of YAML."""
    wanted = Condition(
        object="aks.cluster",
        path="properties.autoUpgradeProfile.nodeOSUpgradeChannel",
        op="eq",
        value="None",
    )
    row = boundary("aks").row("standard", "node.patching", "node_os")
    assert row is not None
    assert wanted in [override.when for override in row.overrides]


# --- look-ups --------------------------------------------------------------------------------------------------------


def test_a_row_is_found_by_model_duty_and_part():
    row = boundary("eks").row("fargate", "node.patching", "node_os")
    assert row is not None
    assert row.party is Party.PROVIDER
    assert boundary("eks").row("fargate", "node.patching", "no_such_part") is None
    assert boundary("eks").row("no_such_model", "node.patching", "node_os") is None


def test_an_uncovered_duty_says_why():
    held = boundary("lke")
    gap = held.uncovered[0]
    assert held.why_uncovered(gap.model, gap.duties[0]) == gap.reason
    assert held.why_uncovered(gap.model, "platform.control-plane-patch") == ""


def test_a_source_is_found_by_its_id_and_no_id_finds_nothing():
    found = boundary("gke").source("gke_srm")
    assert found is not None
    assert found.date == "2026-04-10"
    assert boundary("gke").source("nowhere") is None
    assert boundary("gke").source(None) is None


def test_a_provider_that_is_not_in_the_catalogue_is_an_error():
    with pytest.raises(KeyError):
        boundary("nowhere")


def test_models_are_listed_by_provider():
    assert models()["gke"] == ("standard", "autopilot")
    assert sum(len(of_provider) for of_provider in models().values()) == 25


def test_the_heads_of_the_files_name_the_same_models_as_the_whole() -> None:
    assert models() == {provider: tuple(boundary(provider).models) for provider in providers()}
