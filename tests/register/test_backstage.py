"""Backstage: groups and users fill in, owners become claims where annotations place the entity, and nowhere else."""

from __future__ import annotations

import pytest

from demarc.model.register import Selector
from tests.register.reading import read, told

GROUPS = """\
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments}
spec:
  type: team
  profile: {displayName: Payments Team, email: payments@example.com}
  members: [alice]
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: alice}
spec:
  profile: {displayName: Alice Meyer, email: alice@example.com}
  memberOf: [payments, group:default/other]
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew, namespace: ops}
"""


def component(annotations: str, owner: str = "group:default/payments") -> str:
    return f"""\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: checkout
  annotations: {{{annotations}}}
spec:
  owner: {owner}
"""


def test_groups_and_users_become_teams_and_people(tmp_path):
    loaded = read(tmp_path, groups__yaml=GROUPS)
    assert loaded.problems == ()
    payments, crew = loaded.register.teams
    assert (payments.id, payments.name, payments.contact) == ("payments", "Payments Team", "payments@example.com")
    assert "group:default/payments" in payments.aliases
    assert [member.person for member in payments.members] == ["alice"]
    assert crew.id == "ops/crew"
    assert loaded.register.people[0].contact == "alice@example.com"


def test_the_registers_own_entries_win(tmp_path):
    content = "people: [{id: bob}]\nteams: [{id: payments, contact: mine, members: [bob]}]\n"
    loaded = read(tmp_path, content, groups__yaml=GROUPS)
    team = loaded.register.teams[0]
    assert (team.contact, [member.person for member in team.members]) == ("mine", ["bob"])
    assert [team.id for team in loaded.register.teams] == ["payments", "ops/crew"]


@pytest.mark.parametrize(
    ("annotations", "scopes"),
    [
        ("backstage.io/kubernetes-namespace: pay", [Selector(namespace="pay")]),
        (
            "backstage.io/kubernetes-id: checkout, backstage.io/kubernetes-namespace: pay",
            [Selector(namespace="pay", labels={"backstage.io/kubernetes-id": "checkout"})],
        ),
        (
            "backstage.io/kubernetes-label-selector: 'app=a, tier == web', backstage.io/kubernetes-cluster: prod",
            [Selector(cluster="prod", labels={"app": "a", "tier": "web"})],
        ),
        ("github.com/project-slug: acme/checkout", [Selector(pipeline="github.com/acme/checkout")]),
        (
            "gitlab.com/project-slug: acme/sub/checkout, backstage.io/kubernetes-namespace: pay",
            [Selector(namespace="pay"), Selector(pipeline="gitlab.com/acme/sub/checkout")],
        ),
    ],
)
def test_annotations_place_an_entity(tmp_path, annotations, scopes):
    loaded = read(tmp_path, groups__yaml=GROUPS, **{"catalog-info.yaml": component(annotations)})
    assert loaded.problems == ()
    assert [claim.scope for claim in loaded.register.claims] == scopes
    claim = loaded.register.claims[0]
    assert claim.owner == "payments"
    assert claim.origin.endswith("catalog-info.yaml:7 (Backstage Component checkout)")


@pytest.mark.parametrize("selector", ["env in (prod,test)", "app!=checkout", "app", "!app", "app=a,app=b"])
def test_a_selector_that_equality_cannot_say_claims_nothing(tmp_path, selector):
    notes = f"backstage.io/kubernetes-label-selector: '{selector}', backstage.io/kubernetes-namespace: pay"
    loaded = read(tmp_path, **{"catalog-info.yaml": component(notes)})
    assert loaded.register.claims == ()
    assert "not of equalities" in loaded.warnings[0].what


def test_an_entity_that_nothing_places_claims_nothing_and_is_told_once_a_file(tmp_path):
    loaded = read(tmp_path, **{"catalog-info.yaml": component("x: y") + "---\n" + component("x: y")})
    assert loaded.register.claims == ()
    (warning,) = loaded.warnings
    assert warning.what.startswith("2 entities have an owner and no annotation")


def test_an_owner_whom_nobody_knows_stays_as_written(tmp_path):
    loaded = read(tmp_path, **{"catalog-info.yaml": component("backstage.io/kubernetes-namespace: p", "user:zoe")})
    assert loaded.register.claims[0].owner == "user:zoe"


@pytest.mark.parametrize(
    "content",
    [
        "apiVersion: backstage.io/v1alpha1\nkind: Component\n",
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: [x]}\n",
        'apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: "a\\eb"}\n',
        'apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: x}\nspec: {owner: "\\u202e"}\n',
    ],
)
def test_entities_that_cannot_be_used_are_told(tmp_path, content):
    loaded = read(tmp_path, **{"catalog-info.yaml": content})
    assert len(loaded.errors) == 1, told(loaded)


@pytest.mark.parametrize("content", ["spec: []", "spec: {owner: {a: b}}", "spec: {owner: }", "metadata: []"])
def test_entities_of_the_wrong_shape_do_not_crash(tmp_path, content):
    head = "apiVersion: backstage.io/v1alpha1\nkind: Location\n"
    assert read(tmp_path, **{"catalog-info.yaml": head + content}).register.claims == ()
    head = "apiVersion: backstage.io/v1alpha1\nkind: System\n" + ("" if "meta" in content else "metadata: {name: x}\n")
    assert read(tmp_path, **{"catalog-info.yaml": head + content}).register.claims == ()
