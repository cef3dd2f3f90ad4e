"""The example company's intrusion: what its truth says, from nothing and from every hint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demarc.access.authorizer import Authorizer
from demarc.access.techniques import View, access_graph
from demarc.cli.gather import inventory_of
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.reading import Reading
from demarc.events.cloud import read_cloud_trail
from demarc.events.engines import open_engine
from demarc.events.importing import import_trails
from demarc.events.interface import Engine
from demarc.events.store import Store
from demarc.incidents.clouds import sight_of
from demarc.incidents.detections import Given
from demarc.incidents.opening.investigate import Around, Opened, investigate
from demarc.incidents.opening.seeds import Hints
from demarc.model.duties import Stage
from demarc.model.investigation import Exposure
from demarc.model.register import Register
from tests.incidents.trails import NOW

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "fjordkite"
TRUTH = json.loads((EXAMPLE / "audit" / "truth.json").read_text())
OWN = {audit for step in TRUTH["steps"] for audit in step["auditIDs"]}
LOOK_ALIKES = {audit for one in TRUTH["look_alikes"] for audit in one["auditIDs"]}


@contextmanager
def engine_on(log: Path, folder: Path) -> Iterator[Engine]:
    store = Store.create(folder / "store")
    import_trails(store, [str(log)], now=NOW)
    with open_engine("duckdb", scratch=folder / "scratch") as engine:
        engine.register(store.table())
        yield engine


def around(*inputs: Path) -> Around:
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
    reading = Reading(builder)
    reading.read([str(one) for one in inputs])
    snapshot = reading.build(NOW)
    inventory = inventory_of(snapshot, Register())
    authorizer = Authorizer(snapshot)
    return Around(
        snapshot=snapshot,
        inventory=inventory,
        authorizer=authorizer,
        graph=access_graph(View(snapshot, inventory, authorizer)),
    )


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Around, Given]]:
    found = around(*(EXAMPLE / part for part in ("cluster", "cloud", "directory", "delivery")))
    calls = read_cloud_trail((str(EXAMPLE / "audit" / "cloudtrail.json"),))
    seen = sight_of(calls, found.snapshot, found.inventory)
    with engine_on(EXAMPLE / "audit" / "audit.log.gz", tmp_path_factory.mktemp("example")) as engine:
        yield engine, found, Given(authorizer=found.authorizer, cloud=seen)


@pytest.fixture(scope="module")
def opened(ground) -> Opened:
    engine, found, given = ground
    return investigate(engine, Hints(), given, found)


def test_every_step_is_found_and_no_look_alike_is_in_it(opened):
    ids = {event.audit_id for event in opened.events}
    assert ids >= OWN
    assert not ids & LOOK_ALIKES
    assert {event.address for event in opened.events} == set(TRUTH["addresses"])


@pytest.mark.parametrize(
    "hints",
    [
        *(Hints(addresses=(address,)) for address in TRUTH["addresses"]),
        Hints(tokens=("delivery/quotes-deployer-token",)),
        Hints(tokens=("monitoring/metrics-readers-token",)),
        Hints(tokens=("d19cebf0-76cf-4e4a-8dc9-5efccb45a727",)),
        Hints(identities=("sa:delivery/quotes-deployer",)),
        Hints(identities=("sa:argocd/argocd-application-controller",)),
        Hints(identities=("sa:monitoring/metrics-readers",)),
    ],
    ids=lambda hints: "".join((*hints.addresses, *hints.tokens, *hints.identities)),
)
def test_the_same_from_every_hint(hints, ground, opened):
    engine, found, given = ground
    again = investigate(engine, hints, given, found)
    assert [event.event_id for event in again.events] == [event.event_id for event in opened.events]


def test_the_root_lies_in_the_build_outside_the_cluster(opened):
    verdict = opened.investigation.verdict
    assert verdict.root_duty == TRUTH["root"]
    assert verdict.stage is Stage.BUILD
    assert verdict.root_inside_cluster is TRUTH["root_inside_cluster"]
    root = opened.investigation.incident.steps[0]
    assert "release-digest@v3" in root.action
    assert root.at.isoformat().startswith("2026-11-17T01:4")


def test_what_was_left_is_named(opened):
    kinds = {
        "cronjobs": "CronJob",
        "serviceaccounts": "ServiceAccount",
        "secrets": "Secret",
        "clusterrolebindings": "ClusterRoleBinding",
    }
    left = {
        f"{kinds[one.kind]} {one.namespace}/{one.name}" if one.namespace else f"{kinds[one.kind]} {one.name}"
        for one in opened.investigation.touched
        if one.is_backdoor
    }
    assert left == set(TRUTH["left_behind"])


def test_every_secret_that_was_given_out_has_to_be_rotated(opened):
    near = {Exposure.READ, Exposure.LISTED}
    found = {f"{one.namespace}/{one.name}" for one in opened.investigation.rotate if one.exposure in near}
    assert found == set(TRUTH["read_by_list"])


def test_the_binding_that_was_used_and_the_credentials_are_named(opened):
    assert TRUTH["binding_that_was_used"] in {grant.binding for grant in opened.investigation.grants}
    assert set(TRUTH["credentials"]) <= {birth.credential for birth in opened.investigation.births}


def test_the_cloud_role_that_was_taken_is_a_step(opened):
    roles = [step.object for step in opened.investigation.incident.steps if step.technique == "IRSA"]
    assert [role.rpartition("/")[2] for role in roles] == TRUTH["cloud_roles_taken"]


def test_what_could_not_be_seen_is_said(opened):
    said = " ".join(one.what for one in opened.investigation.unseen)
    assert "deletion of Kubernetes events" in said
    assert "typed and answered inside of pods" in said
    assert "metadata service" in said


def test_without_the_cluster_the_path_is_the_same(ground, opened):
    engine, _, _ = ground
    bare = investigate(engine, Hints(), Given(), Around())
    assert [event.event_id for event in bare.events] == [event.event_id for event in opened.events]
    assert bare.investigation is not None
    assert bare.investigation.verdict.root_duty == "supply.pipeline-credentials"


def test_what_each_identity_could_reach_stands_beside_what_it_did(opened):
    reached = {one.identity.rpartition(":")[2]: one.radius for one in opened.investigation.reached}
    assert reached["quotes-deployer"].certain > 100
    assert reached["quotes-deployer"].impacts
