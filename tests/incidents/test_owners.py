"""Who held the control of a step as of its time: the matrix as of then, of a cluster seen or only described."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from demarc.accountability.assess import assess
from demarc.catalog.duties import duties, parts
from demarc.incidents.attribute import attribute
from demarc.incidents.owners import responders, stand_in, with_owners
from demarc.incidents.runbook import PHASES
from demarc.model.assessment import Assessment
from demarc.model.incidents import Verdict
from demarc.register import load_or_raise
from tests.incidents.given import facts, incident, part, step

PEOPLE = """
people:
- {id: ann, name: Ann, contact: ann@us.example}
- {id: bob, name: Bob}
"""
ASSIGNMENTS = """
assignments:
- {duty: identity.rbac, owner: ann, valid_to: 2025-06-01}
- {duty: identity.rbac, owner: bob, valid_from: 2025-06-01}
- {duty: secret.access, scope: {namespace: shop}, owner: ann}
- {duty: "addon.*", scope: {component: part}, owner: bob}
- {duty: "response.*", owner: ann}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.yaml").write_text(PEOPLE)
    (tmp_path / "assignments.yaml").write_text(ASSIGNMENTS)
    return tmp_path


def judged(described, folder: Path) -> Verdict:
    found = incident(described)
    register = load_or_raise(folder, duties=duties().keys(), parts=parts())
    snapshot, inventory = stand_in(found)

    def as_of(at: datetime) -> Assessment:
        return assess(snapshot, inventory, register.register, at, "as asked")

    return with_owners(found, attribute(found), as_of)


def names(verdict: Verdict) -> list[str]:
    return [one.owner.name if one.owner else "-" for one in verdict.steps]


def test_the_owner_is_the_one_of_the_steps_own_time(folder):
    rights = [part(kind="rbac", managed_by="customer_manifest")]
    steps = [
        step(technique="POD_EXEC", at="2025-05-31T23:59:59Z"),
        step(n=2, technique="POD_EXEC", at="2025-06-01T00:00:00Z"),
    ]
    assert names(judged(facts(parts=rights, steps=steps), folder)) == ["Ann", "Bob"]
    undated = [step(technique="POD_EXEC")]
    assert names(judged(facts(parts=rights, steps=undated, since="2025-05", until=None), folder)) == ["Ann"]


def test_a_scope_that_the_step_names_is_asked_and_nobody_is_an_answer(folder):
    keys = [part(kind="secrets")]
    within = [step(technique="SECRET_READ", scope={"namespace": "shop"})]
    assert names(judged(facts(parts=keys, steps=within), folder)) == ["Ann"]
    elsewhere = judged(facts(parts=keys, steps=[step(technique="SECRET_READ", scope={"namespace": "yard"})]), folder)
    owner = elsewhere.steps[0].owner
    assert owner is not None
    assert (owner.name, owner.status) == ("", "unowned")


def test_a_namespace_answers_for_what_is_asked_per_workload(folder):
    with (folder / "assignments.yaml").open("a") as written:
        written.write("- {duty: identity.cloud-roles, scope: {namespace: lake}, owner: bob}\n")
    role = [part(kind="workload_identity")]
    within = [step(technique="IRSA", scope={"namespace": "lake"})]
    assert names(judged(facts(parts=role, steps=within), folder)) == ["Bob"]


def test_without_a_scope_an_owner_that_differs_by_scope_is_not_picked(folder):
    keys = [part(kind="secrets"), part(id="other", kind="secrets")]
    steps = [
        step(technique="SECRET_READ"),
        step(n=2, technique="SECRET_READ", scope={"namespace": "shop"}),
        step(n=3, technique="SECRET_READ", scope={"namespace": "yard"}),
    ]
    owner = judged(facts(parts=keys, steps=steps), folder).steps[0].owner
    assert owner is not None
    assert (owner.name, owner.status) == ("", "differs by scope")
    assert "namespace" in owner.basis


def test_duties_per_component_are_asked_for_the_part(folder):
    proxy = facts(parts=[part(kind="ingress_controller")], steps=[step(technique="T1999")])
    assert names(judged(proxy, folder)) == ["Bob"]


def test_what_the_provider_holds_names_the_provider(folder):
    plane = [part(kind="control_plane", installed_by="provider")]
    owner = judged(facts(parts=plane, steps=[step(technique="T1999")]), folder).steps[0].owner
    assert owner is not None
    assert (owner.name, owner.status) == ("Amazon Web Services", "provider")


def test_the_basis_and_the_date_of_an_owner_are_told(folder):
    owner = judged(facts(parts=[part(kind="rbac", managed_by="customer_manifest")]), folder).steps[0].owner
    assert owner is not None
    assert owner.as_of == "2025-06-01T00:00:00Z"
    assert owner.row


def test_responders_are_those_of_now(folder):
    found = incident(facts())
    register = load_or_raise(folder, duties=duties().keys(), parts=parts()).register
    snapshot, inventory = stand_in(found)
    now = datetime(2025, 6, 10, tzinfo=UTC)
    held = responders(lambda at: assess(snapshot, inventory, register, at, "as asked"), now)
    assert set(held) == {duty for *_, duty in PHASES}
    assert held["response.tenant"].name == "Ann"
    assert held["monitoring.audit-review"].name == ""


@pytest.mark.parametrize("provider", ["eks", "gke", "aks", "rosa", "self-managed", "oke", "other:any", "other:service"])
@pytest.mark.parametrize("model", [None, "autopilot", "nonsense"])
def test_a_cluster_that_is_only_described_can_be_assessed(provider, model):
    found = incident(facts(provider=provider, model=model, parts=[part(), part(id="cni", kind="cni")]))
    _, inventory = stand_in(found)
    assert inventory.models
    assert inventory.cluster.identified is not provider.startswith("other:")
    assert {one.id for one in inventory.components} == {"part", "cni"}
