"""The recorded cluster: the attack among the stories, joined into one case, and none of the others in it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from demarc.events.interface import Engine
from demarc.incidents.detections import Given
from demarc.incidents.opening.investigate import Around, Opened, investigate
from demarc.incidents.opening.seeds import Hints
from demarc.model.investigation import Exposure, Fate, Investigation
from tests.incidents.test_example_case import around, engine_on
from tests.recorded import NORTHWIND, needs_northwind

pytestmark = [needs_northwind, pytest.mark.recorded]
ATTACK = 2


def story(*numbers: int, others: bool = False) -> set[str]:
    lines = (NORTHWIND / "ground_truth.jsonl").read_text().splitlines()
    steps = [json.loads(line) for line in lines]
    return {event["auditID"] for step in steps if (step["story"] in numbers) is not others for event in step["events"]}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Around]]:
    with engine_on(NORTHWIND / "audit.log.gz", tmp_path_factory.mktemp("northwind")) as engine:
        yield engine, around(NORTHWIND / "lists")


def opened(ground: tuple[Engine, Around], hints: Hints | None = None) -> tuple[Investigation, Opened]:
    engine, found = ground
    whole = investigate(engine, hints or Hints(), Given(authorizer=found.authorizer), found)
    assert whole.investigation is not None
    return whole.investigation, whole


HINTS = [
    Hints(),
    Hints(addresses=("127.0.0.66",)),
    Hints(addresses=("127.0.0.67",)),
    Hints(identities=("sa:ci/deployer",)),
    Hints(identities=("sa:kube-system/rbac-manager",)),
    Hints(identities=("sa:monitoring/prometheus",)),
    Hints(tokens=("ci/deployer-token",)),
    Hints(tokens=("monitoring/default-token-9x2kd",)),
]


@pytest.mark.parametrize(
    "hints", HINTS, ids=lambda hints: "".join((*hints.addresses, *hints.tokens, *hints.identities)) or "nothing"
)
def test_the_attack_is_one_case_and_no_other_story_is_in_it(hints, ground):
    case, found = opened(ground, hints)
    ids = {event.audit_id for event in found.events}
    assert ids == story(ATTACK)
    assert not ids & story(ATTACK, others=True)
    in_steps = {audit for step in case.incident.steps for audit in step.evidence}
    assert in_steps >= story(ATTACK)


def test_the_pipelines_own_use_of_the_same_token_is_left_out(ground):
    left = {one.place.address: one.because for one in opened(ground)[0].apart if one.place is not None}
    assert "as always" in left["127.0.2.20"]


def test_the_backdoor_is_named_and_what_is_gone_is_gone(ground):
    touched = {f"{one.namespace}/{one.name}": one for one in opened(ground)[0].touched}
    assert touched["monitoring/default-token-9x2kd"].is_backdoor
    assert touched["/system:kube-controller-mgr"].fate is Fate.GONE
    assert touched["ci/node-shell-7f2"].fate is Fate.GONE


def test_every_secret_of_the_cluster_has_to_be_rotated(ground):
    case, _ = opened(ground)
    made = {("monitoring", "default-token-9x2kd")}
    dump = json.loads((NORTHWIND / "cluster.json").read_text())
    secrets = {
        (item["metadata"]["namespace"], item["metadata"]["name"]) for item in dump["items"] if item["kind"] == "Secret"
    }
    near = {Exposure.READ, Exposure.LISTED}
    listed = {(one.namespace, one.name) for one in case.rotate if one.exposure in near}
    assert listed >= secrets - made
    assert not listed & made


def test_the_binding_and_its_author_are_named(ground):
    grants = {grant.binding: grant for grant in opened(ground)[0].grants}
    assert grants["ClusterRoleBinding ci-deployer"].written_by == "kubernetes-admin"
    assert grants["ClusterRoleBinding system:kube-controller-mgr"].by_case


def test_minted_tokens_lead_on_to_their_use(ground):
    births = {birth.credential: birth for birth in opened(ground)[0].births}
    minted = births["JTI=1ce20810-1bf6-45b1-b44e-d05fefa63b9e"]
    assert minted.made_with == "Secret ci/deployer-token"
    assert minted.used
