"""Whatever a file holds, reading ends with values and problems, never with a crash."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demarc.register import Loaded
from demarc.register.fields import Record
from demarc.register.format import DOCUMENT
from tests.register.reading import read

FILES = ("a.yaml", "catalog-info.yaml", "b.csv", "CODEOWNERS", "OWNERS")


def keys_of(record: Record) -> set[str]:
    inner = [keys_of(field.record) for field in record.fields if field.record is not None]
    return {field.name for field in record.fields}.union(*inner)


KEYS = st.sampled_from(
    [*sorted(keys_of(DOCUMENT)), "apiVersion", "kind", "metadata", "spec", "annotations", "approvers", "<<", "profile"]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.dates()
    | st.sampled_from(["alice", "TODO", "*", "identity.rbac", "backstage.io/v1alpha1", "Group", "Component", "team:"])
)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=30
)


def read_all(name: str, content: bytes) -> Loaded:
    with TemporaryDirectory() as folder:
        files: dict[str, str | bytes] = {name: content, "shop_in_CODEOWNERS": "* @x"}
        return read(Path(folder), None, **files)


def is_sound(loaded: Loaded) -> None:
    for problem in loaded.problems:
        assert problem.what
        assert problem.todo
        assert "\x1b" not in str(problem)
    known = {person.id for person in loaded.register.people} | {team.id for team in loaded.register.teams}
    assert not {entry.owner for entry in loaded.register.assignments} - known or loaded.errors


@given(st.dictionaries(st.sampled_from([field.name for field in DOCUMENT.fields]), TREES | st.lists(TREES, max_size=3)))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_tree_under_the_registers_keys_is_read(tree):
    is_sound(read_all("a.yaml", yaml.safe_dump(tree, allow_unicode=True).encode()))


@given(TREES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_backstage_entity_is_read(tree):
    entity = {"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": "x"}, "spec": tree}
    is_sound(read_all("catalog-info.yaml", yaml.safe_dump(entity, allow_unicode=True).encode()))
    is_sound(read_all("OWNERS", yaml.safe_dump({"approvers": tree}, allow_unicode=True).encode()))


@given(st.sampled_from(FILES), st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read(name, content):
    is_sound(read_all(name, content))
