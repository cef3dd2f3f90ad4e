from __future__ import annotations

from demarc.accountability.todo import MOST
from demarc.model.evidence import Gap, GapReason
from demarc.model.register import Selector
from tests.accountability.given import a_namespace, a_pool, a_register, an_assignment, an_inventory, answer, day, period


def titles(inventory, register=None):
    return [item.title for item in answer(inventory, register).todo]


def test_without_a_register_the_first_thing_is_to_start_one_and_no_other_repeats_it():
    todo = answer(an_inventory()).todo
    assert todo[0].title == "Start a register of owners"
    assert todo[0].command.startswith("demarc register init")
    assert not [item for item in todo if item.title.startswith("Name an owner")]


def test_at_most_five_and_each_with_a_command_and_a_reason():
    assigned = a_register(an_assignment("platform", scope=Selector(namespace="other")))
    todo = answer(an_inventory(places=tuple(a_namespace(f"n{i}") for i in range(20))), assigned).todo
    assert len(todo) == MOST
    assert all(item.command and item.why for item in todo)


def test_a_lapsed_owner_comes_before_a_single_unowned_duty():
    register = a_register(an_assignment("payments", period=period(None, "2026-01-01")))
    assert titles(an_inventory(), register)[0] == "Name a successor for Payments"


def test_a_conflict_is_named_with_both_sides():
    register = a_register(an_assignment("payments"), an_assignment("platform"))
    assert titles(an_inventory(), register)[0] == "Decide between Payments and Platform"


def test_refused_rights_are_asked_for():
    gap = Gap(what="secrets", reason=GapReason.FORBIDDEN)
    todo = answer(an_inventory(gaps=(gap,)), a_register(an_assignment("platform"))).todo
    assert any(item.command == "demarc rbac-needed" and "secrets" in item.why for item in todo)


def test_names_with_spaces_are_quoted_in_commands():
    register = a_register(an_assignment("a b", period=period(None, "2026-01-01")))
    assert "--owner 'a b'" in answer(an_inventory(), register).todo[0].command


def test_when_all_is_owned_only_questions_to_the_provider_are_left():
    found = answer(an_inventory(facts={"eks.cluster": ({},)}), a_register(an_assignment("platform", scope=Selector())))
    assert found.todo
    assert all(not item.title.startswith("Name an owner") for item in found.todo)


def test_settings_that_were_not_seen_are_one_thing_to_do():
    found = answer(an_inventory("gke", pools=(a_pool(model="standard"),)), a_register(an_assignment("platform")))
    todo = [item for item in found.todo if item.title == "Give the provider's description of the cluster"]
    assert [item.command for item in todo] == ["demarc assess --cloud"]
    assert todo[0].rows == found.tally.by_status["unknown"]


def test_a_date_long_before_the_pages_were_read_is_warned_of():
    assert not answer(an_inventory()).warnings
    assert "2020-01-01" in answer(an_inventory(), at=day("2020-01-01")).warnings[0]
