"""What people write comes back as values, and what they meant is suggested where it does not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from demarc.model.boundary import Party
from demarc.model.errors import DemarcError
from demarc.model.register import Selector
from demarc.register import load, load_or_raise
from tests.register.reading import DUTIES, PARTS, read, told, written

ALICE = "people: [{id: alice}, {id: bob}]\nteams: [{id: payments, members: [alice]}]\n"


def test_a_full_register_becomes_values(tmp_path):
    loaded = read(
        tmp_path,
        people__yaml="""\
people:
  - id: alice
    name: Alice Meyer
    contact: alice@example.com
    valid_from: 2025-01-01
teams:
  - id: payments
    contact: "#payments"
    aliases: ["@acme/payments"]
    members:
      - alice
      - {person: bob, lead: true, valid_from: 2026-01-01, valid_to: 2026-07-01}
""",
        sub_in_bob__yml="people:\n- id: bob\n",
        duties__yaml="""\
assignments:
  - duty: [identity.*, secret.storage]
    scope:
      namespace: [shop, web-*]
      labels: {tier: front, empty: ""}
    owner: team:payments
    approver: person:alice
    reviewer: bob
    rotator: alice
    review_every: 12w
    valid_from: 2026-01-01
    valid_to: 2026-07-01T12:00:00+02:00
reviews:
  - duties: identity.access-review
    by: alice
    date: 2026-03-31
    evidence: SEC-1
exceptions:
  - id: legacy
    duty: workload.pod-security
    scope: {workload: Deployment/old}
    reason: |
      It needs the host.
      Until Q3.
    owner: payments
    approved_by: bob
    valid_from: 2026-08-01
    valid_to: 2026-12-01
contracts:
  - {id: msa, duty: node.patching, components: node_os, party: third_party, supplier: acme, document: MSA, clause: 4.20}
suppliers:
  - {id: acme, name: Acme Ltd, contact: sec@acme.example, components: [falco*], owner: payments}
settings:
  owner_labels: [team, example.com/owner]
  contact_annotations: slack
""",
    )
    assert loaded.problems == ()
    register = loaded.register
    assert [person.id for person in register.people] == ["alice", "bob"]
    assert register.people[1].name == "bob"
    team = register.teams[0]
    assert (team.name, team.aliases) == ("payments", ("@acme/payments",))
    assert [(member.person, member.lead) for member in team.members] == [("alice", False), ("bob", True)]
    first, second = register.assignments
    assert first.scope == Selector(namespace="shop", labels={"tier": "front", "empty": ""})
    assert second.scope.namespace == "web-*"
    assert (first.owner, first.approver, first.reviewer, first.review_every) == ("payments", "alice", "bob", 84)
    assert first.period.until == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert register.reviews[0].scope == Selector()
    assert register.exceptions[0].reason == "It needs the host.\nUntil Q3."
    term = register.contracts[0]
    assert (term.clause, term.party, term.components) == ("4.20", Party.THIRD_PARTY, ("node_os",))
    assert register.suppliers[0].components == ("falco*",)
    assert register.settings.owner_labels == ("team", "example.com/owner")
    assert register.settings.contact_annotations == ("slack",)


def test_a_hand_over_on_one_day_leaves_no_gap_and_no_overlap(tmp_path):
    loaded = read(
        tmp_path,
        ALICE
        + """\
assignments:
  - {duty: identity.rbac, owner: alice, valid_to: 2026-07-01}
  - {duty: identity.rbac, owner: bob, valid_from: 2026-07-01}
""",
    )
    assert loaded.problems == ()
    first, second = (assignment.period for assignment in loaded.register.assignments)
    for moment in (datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)):
        assert first.contains(moment) != second.contains(moment)


@pytest.mark.parametrize(
    ("line", "what", "todo"),
    [
        ("owner: no", "owner: YAML reads 'no' as a yes/no value", 'quote it: "no"'),
        ("owner: 12", "owner: YAML reads '12' as a number", 'quote it: "12"'),
        ("owner: 12:30", "owner: YAML reads '12:30' as a number", 'quote it: "12:30"'),
        (
            "owner:",
            "owner: it has no value, or one that starts with # and is not quoted",
            "name the person or team that answers for it",
        ),
        (
            "owner: ~",
            "owner: it has no value, or one that starts with # and is not quoted",
            "name the person or team that answers for it",
        ),
        ("owner: [alice]", "owner: a list where a text is wanted", "name the person or team that answers for it"),
        ("owner: person:payments", "owner: 'payments' is a team, not a person", "write team:payments"),
        ("owner: Alice", "owner: nobody is called 'Alice'", "did you mean 'alice'?"),
    ],
)
def test_an_owner_that_is_none_is_refused(tmp_path, line, what, todo):
    (error,) = read(tmp_path, ALICE + f"assignments:\n- duty: identity.rbac\n  {line}\n").errors
    assert (error.what, error.todo) == (what, todo)
    assert error.where
    assert (error.where.line, error.where.field) == (5, "assignments[0].owner")


@pytest.mark.parametrize("value", ["2026-02-30", "01.02.2026", "20260101", "2026", "soon", "2026-01-01T25:00", "[]"])
def test_a_date_that_is_none_is_refused(tmp_path, value):
    (error,) = read(tmp_path, f"people:\n- id: alice\n  valid_from: {value}\n").errors
    assert error.where
    assert error.where.line == 3
    assert "2026-03-31" in error.todo


def test_a_date_at_the_edge_of_time_is_refused_not_a_crash(tmp_path):
    content = "people:\n- {id: alice, valid_from: '0001-01-01T00:00:00+14:00'}\n"
    assert told(read(tmp_path, content)) == ["2: valid_from: out of range: '0001-01-01T00:00:00+14:00'"]


@pytest.mark.parametrize("value", ["0d", "-1d", "90x", "soon", "99999y", "[90d]", "1.5w"])
def test_a_length_that_is_none_is_refused(tmp_path, value):
    content = ALICE + f"assignments:\n- {{duty: identity.rbac, owner: alice, review_every: {value}}}\n"
    assert len(read(tmp_path, content).errors) == 1


@pytest.mark.parametrize(("value", "days"), [("90d", 90), ("90", 90), ("12w", 84), ("6m", 180), ("1y", 365)])
def test_lengths_are_days(tmp_path, value, days):
    content = ALICE + f"assignments:\n- {{duty: identity.rbac, owner: alice, review_every: {value}}}\n"
    assert read(tmp_path, content).register.assignments[0].review_every == days


def test_a_word_that_people_use_instead_is_told_once(tmp_path):
    content = ALICE + (
        "exceptions:\n- {id: x, duty: identity.rbac, why: so, owner: alice, approver: bob, expires: 2026-12-01}\n"
    )
    errors = read(tmp_path, content).errors
    assert [error.todo for error in errors] == [
        "did you mean 'reason'?",
        "did you mean 'approved_by'?",
        "did you mean 'valid_to'?",
    ]


def test_a_scope_that_slipped_out_of_its_indentation_does_not_become_everywhere(tmp_path):
    content = ALICE + "assignments:\n- duty: identity.rbac\n  owner: alice\n  scope:\n  namespace: web\n"
    loaded = read(tmp_path, content)
    assert loaded.register.assignments == ()
    assert "scope: it names nothing" in [error.what for error in loaded.errors]


def test_an_empty_list_in_a_scope_does_not_become_everywhere(tmp_path):
    content = ALICE + "assignments:\n- {duty: identity.rbac, owner: alice, scope: {namespace: []}}\n"
    loaded = read(tmp_path, content)
    assert told(loaded) == ["4: namespace: an empty list"]
    assert loaded.register.assignments == ()


def test_lists_in_a_scope_multiply_within_a_bound(tmp_path):
    names = ", ".join(f"n{number}" for number in range(200))
    content = ALICE + f"assignments:\n- {{duty: '*', owner: alice, scope: {{namespace: [{names}], pool: [{names}]}}}}\n"
    loaded = read(tmp_path, content)
    assert told(loaded) == ["4: the lists of this scope make more than 10,000 combinations"]


def test_an_id_that_is_a_person_and_a_team_needs_its_prefix(tmp_path):
    content = """\
people: [{id: sam}, {id: alice}]
teams: [{id: sam, members: [alice]}]
assignments:
  - {duty: identity.rbac, owner: sam}
  - {duty: secret.storage, owner: team:sam}
  - {duty: secret.rotation, owner: person:sam, approver: team:sam}
"""
    loaded = read(tmp_path, content)
    assert told(loaded) == ["4: owner: 'sam' is a person and a team"]
    assert [entry.owner for entry in loaded.register.assignments] == ["team:sam", "person:sam"]
    assert loaded.warnings == ()


def test_a_fault_in_an_entry_does_not_make_its_id_unknown(tmp_path):
    content = "people: [{id: alice, nmae: A}]\nassignments: [{duty: identity.rbac, owner: alice}]\n"
    assert told(read(tmp_path, content)) == ["1: unknown key 'nmae' in a person"]


def test_markers_are_blanks_not_errors_and_do_not_count(tmp_path):
    content = """\
people: [{id: alice, contact: TODO}]
teams: [{id: payments, members: [todo, alice]}, {id: web, members: TODO}]
assignments:
  - {duty: identity.rbac, owner: TODO}
  - {duty: TODO, owner: alice}
  - {duty: secret.storage, owner: alice, reviewer: TODO, scope: {namespace: web}}
  - {duty: secret.rotation, owner: alice, scope: {namespace: TODO}}
  - TODO
exceptions:
  - {id: x, duty: secret.storage, reason: TODO, owner: alice, approved_by: TODO, valid_to: TODO}
"""
    loaded = read(tmp_path, content)
    assert loaded.errors == ()
    assert [blank.where.line for blank in loaded.blanks if blank.where] == [1, 2, 2, 4, 5, 6, 7, 8, 10, 10, 10]
    (kept,) = loaded.register.assignments
    assert (kept.duties, kept.reviewer) == (("secret.storage",), None)
    assert loaded.register.exceptions == ()
    assert [len(team.members) for team in loaded.register.teams] == [1, 0]


def test_reviews_ahead_are_errors_only_when_now_is_given(tmp_path):
    folder = written(tmp_path, r__yaml=ALICE + "reviews: [{duty: identity.rbac, by: alice, date: 2030-01-01}]\n")
    assert load(folder, duties=DUTIES, parts=PARTS).errors == ()
    loaded = load(folder, duties=DUTIES, parts=PARTS, now=datetime(2029, 1, 1, tzinfo=UTC))
    assert told(loaded) == ["3: a review that lies ahead: 2030-01-01"]
    assert loaded.register.reviews == ()


def test_load_or_raise_carries_all_errors_and_lets_markers_pass(tmp_path):
    with pytest.raises(DemarcError) as caught:
        load_or_raise(written(tmp_path / "a", r__yaml="people: [{}, {}]\n"), duties=DUTIES, parts=PARTS)
    assert len(caught.value.problems) == 2
    half = written(tmp_path / "b", r__yaml="assignments: [{duty: identity.rbac, owner: TODO}]\n")
    assert len(load_or_raise(half, duties=DUTIES, parts=PARTS).blanks) == 1


def test_anchors_and_merge_keys_save_repetition(tmp_path):
    content = (
        ALICE
        + """\
assignments:
  - &base
    duty: identity.rbac
    owner: alice
    scope: {namespace: a}
  - <<: *base
    scope: {namespace: b}
"""
    )
    loaded = read(tmp_path, content)
    assert loaded.problems == ()
    assert [entry.scope.namespace for entry in loaded.register.assignments] == ["a", "b"]
