"""Bodies are whatever a client wrote: looking into them answers or declines, and never fails."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.incidents.detections import confirm
from demarc.incidents.detections.looks import BODIES
from demarc.incidents.opening.exposure import named_in

NAMES = (
    "spec containers template capabilities add hostPath path image roleRef name rules verbs resources subjects data "
    "request status containerStatuses imageID op secret $setElementOrder/containers secretKeyRef serviceAccountName "
    "command"
)
WORDS = st.sampled_from(NAMES.split())
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text(max_size=8), WORDS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=20,
)


def row(value: Any) -> dict[str, Any]:
    text = json.dumps(value)
    return {"request_object": text, "response_object": text, "user_name": "u", "ts_us": 5}


@given(VALUES)
def test_any_body_is_answered(value):
    made: list[confirm.Confirm] = [*BODIES.values(), confirm.MovedTags(), confirm.OtherNode({"system:node:a": 1})]
    assert all(check(row(value)) in {True, False} for check in made)
    assert isinstance(list(named_in(value)), list)


@pytest.mark.parametrize("text", ["", "{", "nul", "[1,", '"x"'])
def test_what_is_no_json_is_nothing(text):
    assert not any(check({**row({}), "request_object": text, "response_object": ""}) for check in BODIES.values())


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        ("/", True),
        ("/etc/kubernetes", True),
        ("/var/run/docker.sock", True),
        ("/etcetera", False),
        ("/srv/data", False),
    ],
)
def test_paths_of_the_host_are_told_by_their_whole_parts(path, bad):
    assert confirm.hostpath(row({"spec": {"volumes": [{"hostPath": {"path": path}}]}})) is bad


@pytest.mark.parametrize(
    ("patch", "adds"),
    [
        ([{"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "x"}}], True),
        ([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "x"}], False),
        ([{"op": "add", "path": "/spec/template/spec/containers/0/env/-", "value": {}}], False),
    ],
)
def test_a_json_patch_adds_a_container_or_changes_one(patch, adds):
    assert confirm.sidecar(row(patch)) is adds
