"""Properties of patches and of who manages what."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from demarc.testing import FakeCluster, a_secret
from demarc.testing.patches import json_patch, merge_patch
from tests.testing.writing import SECRETS, owners, patch, send

KEYS = st.text("abc", min_size=1, max_size=2)
VALUES = st.recursive(
    st.integers(0, 3) | st.text("xy", max_size=2), lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)
DATA = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["eA==", "eQ==", "eg=="]), max_size=4)


def difference(before: Any, after: Any) -> Any:
    """The merge patch that turns one value into another."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    found: dict[str, Any] = dict.fromkeys(set(before) - set(after))
    return found | {key: difference(before.get(key), value) for key, value in after.items() if before.get(key) != value}


@given(OBJECTS, OBJECTS)
def test_a_merge_patch_of_the_difference_gives_the_other(before, after):
    assert merge_patch(before, difference(before, after)) == after


@given(OBJECTS, OBJECTS)
def test_a_json_patch_that_replaces_every_field_gives_the_other(before, after):
    steps = [{"op": "remove", "path": f"/{key}"} for key in before]
    steps += [{"op": "add", "path": f"/{key}", "value": value} for key, value in after.items()]
    assert json_patch(before, steps) == after


@given(st.lists(st.tuples(st.sampled_from(["ann", "bo"]), DATA), min_size=1, max_size=5))
def test_what_applies_hold_together(applies):
    """Applied with force: the object holds what each applied last, and whoever names a value owns it."""
    cluster = FakeCluster([a_secret("database", values={})])
    last: dict[str, dict[str, str]] = {}
    for manager, data in applies:
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "database"}, "data": data}
        path = f"{SECRETS}/database"
        status, item = patch(cluster, path, body, "apply-patch+yaml", fieldManager=manager, force="true")
        assert status == 200
        last[manager] = data
        held = item.get("data") or {}
        for key, value in data.items():
            assert held[key] == value
            assert (manager, "Apply") in owners(item, f"f:{key}")
        for key in held:
            names = {owner for owner, _ in owners(item, f"f:{key}")}
            assert names
            assert all(last[name].get(key) == held[key] for name in names)
    _, item = send(cluster, "GET", f"{SECRETS}/database")
    assert set(item.get("data") or {}) <= set().union(*last.values())
