"""Reviews, one a line: what is read, what is refused, and in which shape answers come."""

from __future__ import annotations

import json

import msgspec
import pytest

from demarc.access.review import Verdict, parsed_fields, reviews, verdicts
from demarc.model.access import FieldRequirement, Request
from demarc.model.errors import DemarcError
from tests.access.given import a_cluster_role, a_rule, an_authorizer, bound, user

SPEC = {"user": "jane", "groups": ["a"], "resourceAttributes": {"verb": "get", "resource": "pods"}}


def read(*specs):
    return reviews([json.dumps(spec).encode() for spec in specs], origin="file")


def test_a_spec_is_taken_as_it_is_no_group_is_added():
    ((who, request),) = read(
        {"user": "system:serviceaccount:a:b", "nonResourceAttributes": {"path": "/x", "verb": "get"}}
    )
    assert (who.groups, request) == ((), Request(verb="get", path="/x"))


def test_a_whole_review_is_read_too():
    assert read({"kind": "SubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": SPEC}) == read(SPEC)


def test_nulls_and_unknown_fields_are_no_trouble():
    line = {**SPEC, "groups": None, "extra": {"x": ["1"]}, "uid": None, "status": {"allowed": True}, "more": [1]}
    ((who, _),) = read(line)
    assert who.groups == ()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (r"\ud800x", "\ufffdx"),
        (r"\udc00", "\ufffd"),
        (r"\ud83d\ude00\uD83D", "😀\ufffd"),
        (r"\\ud800\ud800", "\\ud800\ufffd"),
    ],
)
def test_half_a_surrogate_pair_is_read_as_the_api_server_reads_it(written, name):
    line = f'{{"user": "{written}", "resourceAttributes": {{}}}}'.encode()
    ((who, _),) = reviews([line], origin="file")
    assert who.user == name


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"[]",
        b'{"user": 1}',
        b'{"user": "x"}',
        b'{"resourceAttributes": {"verb": "get"}}',
        b'{"user": "x", "resourceAttributes": {}, "nonResourceAttributes": {}}',
        b'{"user": "x", "resourceAttributes": {"verb": 7}}',
        b'{"user": "\xff", "resourceAttributes": {}}',
        b"[" * 100_000,
        b'{"user": "x", "resourceAttributes": {"verb": "get"}',
    ],
)
def test_a_malformed_line_is_named_by_its_number(line):
    with pytest.raises(DemarcError) as caught:
        reviews([json.dumps(SPEC).encode(), b"\n", line], origin="file")
    (problem,) = caught.value.problems
    assert problem.where is not None
    assert (problem.where.file, problem.where.line) == ("file", 3)


def test_all_malformed_lines_are_named_up_to_twenty():
    with pytest.raises(DemarcError) as caught:
        reviews([b"x"] * 50, origin="file")
    assert len(caught.value.problems) == 20


def test_field_selectors_are_read_as_the_api_reads_them():
    def fields(selector):
        return read({**SPEC, "resourceAttributes": {"verb": "list", "fieldSelector": selector}})[0][1].fields

    mine = (FieldRequirement(field="spec.nodeName", value="n1"),)
    requirement = {"key": "spec.nodeName", "operator": "In", "values": ["n1"]}
    assert fields({"requirements": [requirement]}) == mine
    assert fields({"rawSelector": "spec.nodeName=n1"}) == mine
    assert fields({"rawSelector": "spec.nodeName=n2", "requirements": [requirement]}) == mine
    assert fields({"requirements": [{**requirement, "values": ["n1", "n2"]}]}) == ()
    assert fields({"requirements": [{**requirement, "operator": "NotIn"}]}) == ()
    assert parsed_fields("a==b,c!=d,") == [FieldRequirement(field="a", value="b")]
    assert parsed_fields("a=b,nonsense") == []
    assert parsed_fields("") == []


def test_answers_have_allowed_and_reason_and_say_unknown():
    objects = (a_cluster_role("r", a_rule(["get"], ["pods"])), bound("b", "r", user("jane")))
    asked = read(SPEC, {**SPEC, "user": "bob"})
    found = list(verdicts(an_authorizer(*objects), asked))
    assert [msgspec.to_builtins(one) for one in found] == [
        {"allowed": True, "reason": 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to User "jane"'},
        {"allowed": False, "reason": ""},
    ]
    (unknown,) = verdicts(an_authorizer(whole=False), asked[1:])
    assert isinstance(unknown, Verdict)
    assert (unknown.allowed, unknown.unknown) == (False, True)
    assert unknown.reason.startswith("unknown: no clusterrolebindings")
