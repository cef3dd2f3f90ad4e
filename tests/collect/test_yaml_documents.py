from __future__ import annotations

import json
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from demarc.intake.limits import Limits
from demarc.intake.yaml_documents import YamlDamage, YamlDocument, yaml_documents
from demarc.model.evidence import GapReason
from tests.collect.support import built, names


def only(text: bytes) -> YamlDocument | YamlDamage:
    (document,) = yaml_documents(text, Limits())
    return document


def value(text: str) -> object:
    document = only(text.encode())
    assert isinstance(document, YamlDocument), document
    return json.loads(document.data)


JSONISH = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("abc<:é #", max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSONISH)
def test_what_was_written_as_yaml_reads_as_it_was(written):
    if written in (None, ""):
        return
    text = yaml.safe_dump(written, allow_unicode=True)
    document = only(text.encode())
    assert isinstance(document, YamlDocument)
    assert json.loads(document.data) == written


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("[yes, No, on, OFF, true]", [True, False, True, False, True]),
        ("[0777, 0x1F, 0b11, 1_000, -5]", [511, 31, 3, 1000, -5]),
        ("[1e3, .5, 1.0]", [1000.0, 0.5, 1.0]),
        ("[22:22, 2024-01-01, 2024-01-01T00:00:00Z]", ["22:22", "2024-01-01", "2024-01-01T00:00:00Z"]),
        ("['yes', \"1\", !!str 5, !!int '5']", ["yes", "1", "5", 5]),
        ("{1: a, yes: b, null: c}", {"1": "a", "true": "b", "null": "c"}),
        (
            "x: &x {a: 1}\ny: {<<: *x, b: 2}\nz: {<<: [*x, {a: 5, c: 3}], b: 2}",
            {"x": {"a": 1}, "y": {"a": 1, "b": 2}, "z": {"a": 1, "b": 2, "c": 3}},
        ),
        ("a: |\n  --- not a document\n  x", {"a": "--- not a document\nx"}),
        ("n: 99999999999999999999999", {"n": 1e23}),
        ("r: !Ref x", {"r": "x"}),
    ],
)
def test_scalars_read_as_the_cluster_reads_them(text, read):
    assert value(text) == read


def test_documents_and_their_lines():
    text = b"# Helm\n---\n# Source: a.yaml\n---\na: 1\n---\n\n---\n# x\nb: 2\n...\nc: 3\n--- {d: 4}\n"
    found = list(yaml_documents(text, Limits()))
    assert [json.loads(item.data) for item in found if isinstance(item, YamlDocument)] == [
        {"a": 1},
        {"b": 2},
        {"c": 3},
        {"d": 4},
    ]
    assert [item.line for item in found] == [4, 8, 11, 13]


def test_a_damaged_document_does_not_cost_the_others():
    text = b"a: 1\n---\nb: [\n---\nc: 3\n---\nd: *x\n---\n\te: 1\n---\nf: 6\n"
    found = list(yaml_documents(text, Limits()))
    assert [isinstance(item, YamlDamage) for item in found] == [False, True, False, True, True, False]


NINE = b",".join([b"*%c"] * 9)
BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (letter, letter, NINE % ((letter - 1,) * 9)) for letter in range(98, 112)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        b"[" * 100_000,
        b"{a: " * 100_000,
        b"- " * 100_000,
        b"? " * 10_000,
        b"a: &a [*a]",
        b"a: *nowhere",
        b"{[a]: 1}",
        b"a: &a " + b"x" * 1_000_000 + b"\nb: [" + b"*a, " * 1000 + b"]",
        b"\n".join(b" " * n + b"a:" for n in range(3000)),
    ],
)
def test_yaml_that_grows_or_nests_without_end_is_refused_at_once(text):
    start = time.process_time()
    found = only(text)
    assert isinstance(found, YamlDamage)
    assert found.refused
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "text",
    [
        b"a: \0",
        b"a: \xff\xfe",
        b"a: b: SECRETVALUE",
        b'a: "SECRETVALUE',
        b"\ta: SECRETVALUE",
        b"SECRETVALUE: [",
        b"a: *SECRETVALUE",
        b"a: 'SECRETVALUE\n---\n",
    ],
)
def test_errors_name_a_line_and_no_content(text):
    found = next(iter(yaml_documents(text, Limits())))
    assert isinstance(found, YamlDamage)
    assert found.line >= 1
    assert "SECRETVALUE" not in found.says


def test_a_key_that_stands_twice_is_told_and_the_last_counts():
    text = b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  name: b\n"
    snapshot = built(text)
    assert names(snapshot) == {"Pod": ["b"]}
    (gap,) = snapshot.gaps
    assert gap.reason is GapReason.MALFORMED
    assert "line 5" in gap.detail


def test_a_list_that_was_cut_off_is_told():
    text = b"apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a, uid: u}\n"
    snapshot = built(text)
    assert names(snapshot) == {"Pod": ["a"]}
    assert [gap.reason for gap in snapshot.gaps] == [GapReason.TRUNCATED]
