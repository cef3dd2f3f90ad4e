"""Duties are the unit of every answer: registers written by customers rely on their ids and parts."""

import re

import pytest

from demarc.catalog.duties import duties, pairs
from demarc.model.duties import Layer, Unit

COARSER = (Unit.CLUSTER, Unit.POOL, Unit.COMPONENT)


def test_there_are_65_duties_on_94_parts():
    assert len(duties()) == 65
    assert len(pairs()) == 94
    assert len({(pair.duty, pair.component) for pair in pairs()}) == 94


@pytest.mark.parametrize("duty", duties().values(), ids=list(duties()))
def test_a_duty_is_named_after_its_layer_and_asks_who(duty):
    assert re.fullmatch(r"[a-z]+\.[a-z]+(-[a-z]+)*", duty.id)
    assert duty.id.split(".")[0] == duty.layer
    assert duty.question.startswith("Who ")
    assert duty.question.endswith("?")


@pytest.mark.parametrize("duty", duties().values(), ids=list(duties()))
def test_a_duty_never_names_a_party(duty):
    assert not re.search(r"\b(aws|google|microsoft|red hat)\b", duty.question, re.IGNORECASE)


def test_the_order_goes_layer_by_layer_from_the_floor_up():
    layers = [duty.layer for duty in duties().values()]
    order = list(dict.fromkeys(layers))
    assert set(order) == set(Layer)
    assert order[0] is Layer.PLATFORM
    assert layers == sorted(layers, key=order.index), "the duties of a layer stand together"


def test_every_duty_bites_on_some_part_and_every_pair_has_a_duty():
    assert {pair.duty for pair in pairs()} == set(duties())


@pytest.mark.parametrize("pair", pairs(), ids=[f"{pair.duty} on {pair.component}" for pair in pairs()])
def test_a_pair_asks_its_own_question_at_the_duty_s_unit_or_a_coarser_one(pair):
    assert pair.question.startswith("Who ")
    assert pair.question.endswith("?")
    assert pair.per is duties()[pair.duty].per or pair.per in COARSER
