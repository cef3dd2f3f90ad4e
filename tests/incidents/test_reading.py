"""Descriptions: everything that is wrong at once, each with its line; nothing hostile gets through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from demarc.incidents.reading import read
from demarc.model.duties import Unit
from demarc.model.errors import DemarcError, Problem
from demarc.model.exposure import CredentialKind, Proof
from demarc.model.inventory import Scope
from tests.incidents.given import facts, flaw, incident, part, step

BAD = """id: x
kind: incidnet
cluster:
  provider: eksx
  facts: {viewpoint: sideways, patch_term_days: soon}
occurred: {from: last year, to: 2025-13}
components:
- {id: a, kind: adon, installed_by: me, defect: {class: vulnerabilty}}
- {id: a, kind: workload, colour: red}
joint_conditions: [[a, b]]
steps:
- {n: 2, technique: ESCALATE_ROL, component: zz, action: do it}
- {n: 1, technique: T1190, component: a, basis: maybe, at: noon, scope: {namespace: x, pool: y}}
"""


def problems(data: bytes) -> list[str]:
    with pytest.raises(DemarcError) as caught:
        read(data, "bad.yaml")
    return [str(one) for one in caught.value.problems]


def test_every_fault_is_told_at_once_with_its_line():
    told = problems(BAD.encode())
    expected = [
        ("bad.yaml:1", "title is missing"),
        ("bad.yaml:2", "unknown kind 'incidnet' - did you mean 'incident'?"),
        ("bad.yaml:4", "unknown provider 'eksx'"),
        ("bad.yaml:5", "unknown viewpoint 'sideways'"),
        ("bad.yaml:5", "patch_term_days is not a number of days"),
        ("bad.yaml:6", "from is not a date: 'last year'"),
        ("bad.yaml:6", "to is not a date: '2025-13'"),
        ("bad.yaml:7", "two components have the id 'a'"),
        ("bad.yaml:8", "unknown kind of component 'adon'"),
        ("bad.yaml:8", "unknown installed_by 'me'"),
        ("bad.yaml:8", "unknown class 'vulnerabilty' - did you mean 'vulnerability'?"),
        ("bad.yaml:9", "unknown key 'colour'"),
        ("bad.yaml:10", "no component has the id 'b'"),
        ("bad.yaml:12", "unknown technique 'ESCALATE_ROL' - did you mean 'ESCALATE_ROLE'?"),
        ("bad.yaml:12", "no component has the id 'zz'"),
        ("bad.yaml:13", "action is missing"),
        ("bad.yaml:13", "unknown basis 'maybe'"),
        ("bad.yaml:13", "at is not a time: 'noon'"),
        ("bad.yaml:13", "a scope has exactly one key"),
        ("bad.yaml:11", "the numbers of the steps are not in order"),
    ]
    for where, what in expected:
        assert any(one.startswith(where) and what in one for one in told), (where, what, told)
    assert len(told) == len(expected)


def test_problems_stand_in_the_order_of_the_file():
    lines = [int(one.split(":")[1].split()[0]) for one in problems(BAD.encode())]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"- a\n- b\n", "this is not a mapping"),
        (b"id: a\n---\nid: b\n", "more than one description"),
        (b"id: [unclosed\n", "not YAML"),
        (b"\xff\xfeid: x", "UTF-16"),
        (b"id: !!python/object:os.system x\n", "the YAML tag"),
        (b"id: a\nid: b\n", "twice"),
    ],
)
def test_what_is_no_description(data, says):
    assert any(says in one for one in problems(data))


def test_a_description_with_nothing_to_judge_is_refused():
    told = facts(steps=[step(basis="assumed")])
    assert any("nothing is left to judge" in one for one in problems(yaml.safe_dump(told).encode()))


def test_an_end_before_the_beginning_is_refused():
    told = facts(since="2025-06-02", until="2025-06-01")
    assert any("ended before it began" in one for one in problems(yaml.safe_dump(told).encode()))
    told = facts(steps=[step(at="2025-06-02T10:00:00Z", until="2025-06-02T09:00:00Z")])
    assert any("ended before it began" in one for one in problems(yaml.safe_dump(told).encode()))


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\u202eb", "x" * 5000])
def test_texts_that_act_on_a_terminal_or_have_no_end_are_refused(text):
    told = yaml.safe_dump(facts(parts=[part(name=text)])).encode()
    assert problems(told)


def test_every_optional_part_is_read():
    told = facts(
        parts=[part(defect=flaw(fix_released="2025", fix_applied="2025-04"))],
        steps=[step(at="2025-06-01T10:00:00+02:00", scope={"namespace": "shop"}, events=["a-1"], credential="stolen")],
        exposed=[{"kind": "token-secret", "name": "shop/deployer", "proven_read": "yes", "opens": ["registry"]}],
        left_behind=[{"kind": "cronjob", "name": "warm", "namespace": "shop", "changed": True}],
        facts={"name": "prod", "patch_term_days": "30"},
    )
    found = incident(told)
    only = found.steps[0]
    assert only.at is not None
    assert only.at.isoformat() == "2025-06-01T08:00:00+00:00"
    assert only.scope == Scope(kind=Unit.NAMESPACE, name="shop")
    assert only.evidence == ("a-1",)
    assert found.exposed[0].kind is CredentialKind.TOKEN_SECRET
    assert found.exposed[0].proven_read is Proof.YES
    assert found.left_behind[0].is_changed
    defect = found.components[0].defect
    assert defect is not None
    assert defect.fix_released is not None
    assert defect.fix_released.text == "2025"


def test_the_description_in_the_documentation_is_one():
    page = (Path(__file__).resolve().parents[2] / "docs" / "concepts" / "incidents.md").read_text()
    written = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0]
    found = read(written.encode(), "incidents.md")
    assert found.steps[0].at is not None
    assert found.exposed
    assert found.left_behind


def refusals(data: bytes) -> tuple[Problem, ...]:
    """What is wrong with a file; empty for a sound one. Anything but DemarcError is a fault of ours."""
    try:
        read(data, "any.yaml")
    except DemarcError as error:
        return error.problems
    return ()


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_whatever_is_in_the_file_it_is_read_or_refused(data):
    assert refusals(data)


WORDS = st.sampled_from(["id", "steps", "components", "cluster", "x", "", "null", "[]", "{}", "- a", "1", "~"])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(list(facts())), st.recursive(WORDS, lambda inner: st.lists(inner, max_size=3))))
def test_wrong_shapes_are_refused_with_words(changed):
    told = yaml.safe_dump({**facts(), **changed}).encode()
    assert all(one.what and one.where for one in refusals(told))
