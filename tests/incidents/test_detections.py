"""Every detection: fires, does not fire on what looks alike, and is unknown where the trail cannot show it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from demarc.access.authorizer import Authorizer
from demarc.catalog.detections import detections
from demarc.catalog.duties import duties
from demarc.catalog.techniques import techniques
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.events.portability import portability_problems
from demarc.events.query import query_of
from demarc.incidents.clouds import CloudSight
from demarc.incidents.detections import Given, Trail, look_at, run_detections
from demarc.model.cloud_calls import CloudTrail
from demarc.model.detections import Level, Need, Outcome, State
from demarc.model.snapshot import Snapshot, SourceKind
from demarc.testing import a_cluster_role_binding, a_list, a_service_account
from tests.incidents.detection_cases import CASES, addresses, trail
from tests.incidents.trails import NOW, asked

CLOUD_ONLY = {name for name, facts in detections().items() if not facts.sql}
NUMBERS = {name: number for number, name in enumerate(CASES)}


def snapshot() -> Snapshot:
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
    strong = a_cluster_role_binding(
        "strong", role="cluster-admin", subjects=[{"kind": "ServiceAccount", "name": "strong", "namespace": "shop"}]
    )
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "cluster-admin"},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
    }
    listed = a_list([strong, role, a_service_account("strong", namespace="shop")])
    builder.add_document(json.dumps(listed).encode(), origin="dump.json", kind=SourceKind.DUMP)
    return builder.build(now=NOW)


def given() -> Given:
    quiet = addresses(NUMBERS["disallowed-user"], "disallowed-user")[1]
    bad = addresses(NUMBERS["tor-or-ioc-ip"], "tor-or-ioc-ip")[0]
    return Given(
        authorizer=Authorizer(snapshot()),
        people=frozenset({f"person-{quiet}"}),
        bad_addresses=(bad,),
        cloud=CloudSight(trail=CloudTrail(calls=())),
    )


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    with asked(trail().lines, tmp_path_factory.mktemp("trail")) as engine:
        return {one.detection: one for one in run_detections(engine, look_at(engine), given())}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """The same trail as an export leaves it that keeps neither bodies nor reads nor much else; nothing given."""
    made = trail()
    made.events = [
        event
        for event in made.events
        if event["verb"] not in {"get", "list", "watch"} or event.get("objectRef", {}).get("subresource") == "exec"
    ]
    for event in made.events:
        event.pop("requestObject", None)
        event.pop("responseObject", None)
        event["level"] = "Metadata"
        event["user"].get("extra", {}).pop("authentication.kubernetes.io/credential-id", None)
        event["annotations"] = {}
        event["requestURI"] = ""
        event["userAgent"] = ""
        event["sourceIPs"] = []
        if event.get("objectRef", {}).get("resource") == "events":
            event["objectRef"]["resource"] = "eventlogs"
    with asked(made.lines, tmp_path_factory.mktemp("bare")) as engine:
        return {one.detection: one for one in run_detections(engine, look_at(engine), Given())}


def test_every_detection_has_a_case():
    assert set(CASES) | CLOUD_ONLY == set(detections())


@pytest.mark.parametrize("name", CASES)
def test_it_fires(name, outcomes):
    seen = {sighting.place.address for sighting in outcomes[name].sightings}
    assert outcomes[name].state is State.FIRED
    assert addresses(NUMBERS[name], name)[0] in seen


@pytest.mark.parametrize("name", CASES)
def test_it_does_not_fire_on_what_looks_alike(name, outcomes):
    seen = {sighting.place.address for sighting in outcomes[name].sightings}
    assert addresses(NUMBERS[name], name)[1] not in seen


BLIND = [name for name, facts in detections().items() if set(facts.needs) - {Need.IMPERSONATION}]


@pytest.mark.parametrize("name", BLIND)
def test_it_is_unknown_where_the_trail_cannot_show_it(name, bare):
    assert bare[name].state is State.UNKNOWN
    assert bare[name].why


@pytest.mark.parametrize(("shape", "is_blind"), [("aks-table", True), ("kubernetes", False)])
def test_who_was_impersonated_is_unknown_in_a_shape_without_it(shape, is_blind):
    seen = Trail(events=1, since_us=1, until_us=2, shapes=(shape,), cut=0, undated=0, has={Need.IMPERSONATION: False})
    assert bool(seen.lacks(Need.IMPERSONATION)) is is_blind


def test_a_detection_that_fired_says_for_how_many_it_is_blind(tmp_path):
    made = trail()
    pods = [event for event in made.events if event.get("objectRef", {}).get("resource") == "pods"]
    hidden = next(event for event in pods if event["verb"] == "create" and not event["objectRef"].get("subresource"))
    hidden.pop("requestObject", None)
    with asked(made.lines, tmp_path) as engine:
        (found,) = run_detections(engine, look_at(engine), Given(), only=["hostpid"])
    assert found.state is State.FIRED
    assert found.blind >= 1
    assert "without what would show it" in found.why


@pytest.mark.parametrize("name", [name for name, facts in detections().items() if facts.sql])
def test_queries_keep_to_the_rules_of_portability(name):
    assert portability_problems(query_of(detections()[name].sql, name=name)) == ()


def test_the_catalogue_names_duties_and_techniques_that_are_there():
    for facts in detections().values():
        assert {facts.duty, *facts.also} <= duties().keys(), facts.id
        assert facts.technique.startswith("T1") or facts.technique in techniques(), facts.id
        assert 0 <= facts.weight <= 5
        assert facts.sql or facts.level is Level.CLOUD
        assert (Need.CLOUD in facts.needs) == (facts.level is Level.CLOUD)


def test_the_page_is_up_to_date():
    path = Path(__file__).parents[2] / "tools" / "detection_pages.py"
    spec = importlib.util.spec_from_file_location("detection_pages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text() == module.page(), "run: python tools/detection_pages.py"
