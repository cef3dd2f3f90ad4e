from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.accountability.conditions import OPERATORS, UNSEEN, View, evaluate, values
from demarc.catalog.boundaries import boundary, providers
from demarc.model.boundary import Condition

LOGGING = {"logging": {"clusterLogging": [{"types": ["api", "audit"], "enabled": True}, {"types": ["scheduler"]}]}}
ARM = {"properties": {"autoUpgradeProfile": {"nodeOSUpgradeChannel": "NodeImage"}}}
CLI = {"autoUpgradeProfile": {"nodeOsUpgradeChannel": "NodeImage"}}
CHANNEL = "properties.autoUpgradeProfile.nodeOSUpgradeChannel"


def holds(document, path, op, value=True):
    return evaluate(Condition(object="x", path=path, op=op, value=value), View(documents=(document,)))


@pytest.mark.parametrize(
    ("document", "path", "op", "value", "expected"),
    [
        ({"a": {"b": 1}}, "a.b", "eq", 1, True),
        ({"a": {"b": True}}, "a.b", "eq", 1, False),
        ({"a": {"b": 1}}, "a.b", "eq", True, False),
        ({"a": {"b": "X"}}, "a.b", "eq", "x", True),
        ({}, "a.b", "eq", 1, False),
        ({}, "a.b", "ne", 1, True),
        ({"a": None}, "a.b", "ne", True, True),
        ({"a": "x"}, "a", "in", ["x", "y"], True),
        ({"a": "z"}, "a", "in", ["x", "y"], False),
        ({"a": {}}, "a", "exists", True, False),
        ({"a": {"b": 0}}, "a", "exists", True, True),
        ({"a": None}, "a", "absent", True, True),
        ({"a": "set"}, "a", "absent", True, False),
        (LOGGING, "logging.clusterLogging[?enabled].types[]", "contains", "audit", True),
        (LOGGING, "logging.clusterLogging[?enabled].types[]", "contains", "scheduler", False),
        ({"c": ["A", "B"]}, "c", "contains", "B", True),
        (ARM, CHANNEL, "eq", "NodeImage", True),
        (CLI, CHANNEL, "eq", "NodeImage", True),
        (CLI, CHANNEL, "eq", "None", False),
    ],
)
def test_operators(document, path, op, value, expected):
    assert holds(document, path, op, value) is expected


def test_what_was_not_given_is_unseen_and_not_absent():
    condition = Condition(object="eks.cluster", path="outpostConfig", op="exists", value=True)
    assert evaluate(condition, UNSEEN) is None
    assert evaluate(condition, View(documents=())) is False


def test_a_partly_known_object_answers_only_for_what_is_known():
    view = View(documents=({"version": "1.27"},), known_paths=("version",))
    assert evaluate(Condition(object="x", path="version", op="in", value=["1.27"]), view) is True
    assert evaluate(Condition(object="x", path="outpostConfig", op="exists", value=True), view) is None


def test_every_condition_of_the_catalogue_can_be_evaluated():
    for provider in providers():
        for row in boundary(provider).rows:
            for override in row.overrides:
                assert override.when.op in OPERATORS
                assert evaluate(override.when, View(documents=({},))) in (True, False)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "properties"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(
    json_values, st.sampled_from(["a", "a.b", "a[].b", "a[?b].a[]", "properties.a"]), st.sampled_from(sorted(OPERATORS))
)
def test_any_document_gives_an_answer_and_never_an_error(document, path, op):
    list(values(document, path))
    value = ["x"] if op == "in" else True
    if isinstance(document, dict):
        assert holds(document, path, op, value) in (True, False)
