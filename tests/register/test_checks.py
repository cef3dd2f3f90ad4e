"""What can be read and is odd all the same: told before the matrix shows it."""

from __future__ import annotations

import pytest

from tests.register.reading import read

PEOPLE = "people: [{id: alice}, {id: bob}, {id: carla, valid_from: 2026-01-01, valid_to: 2026-06-01}]\n"


def warnings(loaded):
    assert loaded.errors == ()
    return [f"{warning.where.line}: {warning.what}" for warning in loaded.warnings if warning.where]


def test_two_owners_at_once_are_a_conflict_and_both_stay(tmp_path):
    loaded = read(
        tmp_path,
        PEOPLE
        + """\
assignments:
  - {duty: [identity.rbac, secret.storage], owner: alice, scope: {namespace: web}}
  - {duty: identity.rbac, owner: bob, scope: {namespace: web}, valid_from: 2026-01-01}
  - {duty: identity.rbac, owner: bob, scope: {namespace: shop}}
  - {duty: identity.*, owner: bob, scope: {namespace: web}}
""",
    )
    (said,) = warnings(loaded)
    assert said.startswith("4: two owners at the same time for identity.rbac for namespace=web: 'alice' at ")
    assert said.endswith("register.yaml:3, 'bob'")
    assert len(loaded.register.assignments) == 4


def test_a_short_entry_inside_a_long_one_is_found_past_others(tmp_path):
    loaded = read(
        tmp_path,
        PEOPLE
        + """\
assignments:
  - {duty: identity.rbac, owner: alice, valid_from: 2020-01-01, valid_to: 2030-01-01}
  - {duty: identity.rbac, owner: alice, valid_from: 2021-01-01, valid_to: 2021-02-01}
  - {duty: identity.rbac, owner: bob, valid_from: 2025-01-01, valid_to: 2025-02-01}
""",
    )
    assert [said[:20] for said in warnings(loaded)] == ["4: identity.rbac for", "5: two owners at the"]


@pytest.mark.parametrize("role", ["approver", "reviewer", "rotator"])
def test_an_owner_in_another_role_of_the_same_entry_is_told(tmp_path, role):
    loaded = read(tmp_path, PEOPLE + f"assignments:\n- duty: identity.rbac\n  owner: alice\n  {role}: alice\n")
    assert warnings(loaded) == [f"5: the {role} is the owner: 'alice'"]


def test_an_approver_from_the_owning_team_is_told(tmp_path):
    loaded = read(
        tmp_path,
        PEOPLE
        + """\
teams: [{id: web, members: [{person: alice, valid_to: 2026-03-01}, bob]}]
exceptions:
  - {id: x, duty: secret.storage, reason: r, owner: web, approved_by: bob, valid_to: 2027-01-01}
  - {id: y, duty: identity.*, reason: s, owner: web, approved_by: alice, valid_from: 2026-04-01, valid_to: 2027-01-01}
""",
    )
    assert warnings(loaded) == ["4: 'bob', who approved the exception, is in the team that owns it"]


def test_a_membership_outside_the_time_of_the_person_is_told(tmp_path):
    loaded = read(
        tmp_path,
        PEOPLE
        + """\
teams:
  - id: web
    members:
      - carla
      - {person: carla, valid_from: 2026-05-01, valid_to: 2026-07-01}
  - id: shop
    members:
      - {person: carla, valid_from: 2026-06-01}
""",
    )
    assert warnings(loaded) == [
        "6: 'carla' is in 'web' outside the time for which the person is there",
        f"6: 'carla' is in 'web' twice at the same time: also at {tmp_path}/register.yaml:5",
        "9: 'carla' is in 'shop' outside the time for which the person is there",
    ]


def test_a_spelling_of_two_teams_is_told(tmp_path):
    loaded = read(tmp_path, "teams:\n- {id: web, aliases: [front]}\n- {id: shop, aliases: [FRONT, Web]}\n")
    assert warnings(loaded) == [
        "3: 'FRONT' stands for two teams: 'shop' and 'web'",
        "3: 'Web' stands for two teams: 'shop' and 'web'",
    ]


def test_a_third_party_without_a_name_and_contradicting_clauses_are_told(tmp_path):
    loaded = read(
        tmp_path,
        """\
contracts:
  - {id: a, duty: node.patching, party: third_party, document: MSA, clause: "1"}
  - {id: b, duty: node.patching, party: provider, document: SLA, clause: "2"}
""",
    )
    assert [said.partition(" at the same")[0] for said in warnings(loaded)] == [
        "2: the contract 'a' gives the duty to a third party that it does not name",
        "3: two parties",
    ]
