"""Frameworks seen through a cluster: every standing, who answers, and ids that exist."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from demarc.catalog.checks import checks
from demarc.catalog.frameworks import duty_map, framework, frameworks
from demarc.model.assessment import Status
from demarc.model.boundary import Party
from demarc.model.frameworks import Requirement, Standing
from demarc.model.posture import Outcome
from demarc.posture import posture
from demarc.posture.frameworks import named_by, related_to, view
from demarc.testing import a_container, a_deployment
from tests.accountability.given import a_namespace, a_register, an_assignment, an_inventory, answer
from tests.posture.given import a_ground, check_named
from tests.reports.findings.a_posture import AWS, NODES, a_finding, a_posture, a_result

OWNED = answer(an_inventory(places=(a_namespace("payments"),)), a_register(an_assignment("platform")))
BARE = answer(an_inventory(places=(a_namespace("payments"),)))
CHECK = "DM-POD-001"
SECTION = "5.2.2"


def of(made, assessment=OWNED, name: str = "cis-k8s", requirement: str = SECTION) -> Requirement:
    return next(one for one in view(name, made, assessment).requirements if one.id == requirement)


def only(outcome: Outcome, *findings, unseen=()):
    return replace(a_posture(), results=(a_result(CHECK, outcome, unseen=unseen),), findings=findings)


def test_a_finding_that_counts_violates():
    found = of(only(Outcome.VIOLATED, a_finding(check=CHECK)))
    assert found.standing is Standing.VIOLATED
    assert found.checks[0].findings == 1
    assert found.checks[0].direct


def test_what_is_the_providers_or_excepted_does_not_violate():
    mine = only(Outcome.VIOLATED, a_finding("aws-node", "kube-system", AWS, check=CHECK))
    assert of(mine).standing is not Standing.VIOLATED
    assert of(mine).checks[0].provider == 1


def test_a_check_that_could_not_be_answered_leaves_it_unknown_with_the_reason():
    found = of(only(Outcome.UNKNOWN, unseen=(NODES,)))
    assert found.standing is Standing.UNKNOWN
    assert found.unknown == ("nodes were not seen",)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.ASSIGNED, "Platform"),
        (Status.LAPSED, "nobody"),
        (Status.AMBIGUOUS, "not settled"),
        (Status.UNKNOWN, "not settled"),
        (Status.UNCOVERED, "not settled"),
    ],
)
def test_nobody_answers_for_what_has_lapsed_or_is_not_settled(status, said):
    rows = tuple(replace(row, status=status) for row in OWNED.matrix if row.owner is not None)
    requirement = duty_map()[rows[0].duty]["nist-csf"][0]
    found = of(a_posture(), replace(OWNED, matrix=rows), "nist-csf", requirement)
    assert set(found.owners) == {said if said != "Platform" else rows[0].owner.name if rows[0].owner else ""}


def test_a_check_that_holds_lets_it_hold_unless_nobody_answers():
    duties = [duty for duty, relations in duty_map().items() if SECTION in relations.get("cis-k8s", ())]
    assert of(only(Outcome.HOLDS)).standing is Standing.HOLDS
    if duties:
        assert of(only(Outcome.HOLDS), BARE).standing is Standing.OPEN


def test_without_a_check_it_stands_by_who_holds_the_duties():
    none = replace(a_posture(), results=(), findings=())
    requirement = next(one for one in view("nist-csf", none, OWNED).requirements if one.duties and not one.checks)
    rows = [row for row in OWNED.matrix if row.duty in {duty.id for duty in requirement.duties}]
    party = {"party": Party.PROVIDER, "status": Status.PROVIDER, "party_name": "AWS", "owner": None}
    provider = replace(OWNED, matrix=tuple(replace(row, **party) for row in rows))
    assert of(none, provider, "nist-csf", requirement.id).standing is Standing.PROVIDER
    assert of(none, provider, "nist-csf", requirement.id).owners == {"AWS": len(rows)}
    held = replace(OWNED, matrix=tuple(replace(row, status=Status.ASSIGNED) for row in rows))
    assert of(none, held, "nist-csf", requirement.id).standing is Standing.OWNED
    gone = replace(OWNED, matrix=tuple(replace(row, status=Status.LAPSED) for row in rows))
    assert of(none, gone, "nist-csf", requirement.id).standing is Standing.OPEN
    assert of(none, replace(OWNED, matrix=()), "nist-csf", requirement.id).standing is Standing.UNKNOWN


@pytest.mark.parametrize("name", frameworks())
def test_every_framework_is_seen_whole_and_counts_add_up(name):
    seen = view(name, a_posture(), OWNED)
    assert {item.id for item in framework(name).items} <= {one.id for one in seen.requirements}
    assert sum(seen.by_standing.values()) == len(seen.requirements)
    assert seen.version == framework(name).version


def test_sections_are_in_the_order_of_their_numbers():
    ids = [one.id for one in view("cis-k8s", posture(a_ground(a_deployment())), OWNED).requirements]
    sections = [tuple(map(int, one.split("."))) for one in ids if one.replace(".", "").isdigit()]
    assert sections == sorted(sections)


@pytest.mark.parametrize("name", list(checks()))
def test_requirements_that_a_check_names_are_of_frameworks_that_are_here(name):
    for key, ids in named_by(checks()[name]).items():
        assert key in frameworks()
        if not key.startswith("cis-"):
            assert set(ids) <= {item.id for item in framework(key).items}, key
    assert "nist-csf" in related_to(checks()[name])


def test_a_real_posture_goes_through():
    made = posture(
        a_ground(a_deployment(containers=[a_container(securityContext={"privileged": True})])), (check_named(CHECK),)
    )
    assert of(made).standing is Standing.VIOLATED
