"""Public samples of a cloud's trail, where they are at hand: each file is read, as what it is."""

import pytest

from demarc.events.cloud import read_cloud_trail
from demarc.model.cloud_calls import CallKind, Outcome
from tests.recorded import SHARED

SAMPLES = SHARED / "data" / "public-audit" / "khi-gke" / "gke_audit"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the public samples are not at hand (DEMARC_SHARED)")


def test_the_life_of_clusters_and_pools_is_read_from_yaml():
    trail = read_cloud_trail((str(SAMPLES),))
    assert trail.rejects == ()
    assert trail.unread == ()
    assert all(source.calls == 1 for source in trail.sources)
    assert {call.kind for call in trail.calls} == {CallKind.CLUSTER_CHANGE}
    assert {call.name.rpartition(".")[2] for call in trail.calls} == {
        f"{verb}{what}" for verb in ("Create", "Delete") for what in ("Cluster", "NodePool")
    }


def test_the_sample_with_an_error_failed_and_names_the_workload_behind_it():
    (call,) = read_cloud_trail((str(SAMPLES / "cluster_creation_started_with_error.yaml"),)).calls
    assert call.outcome is Outcome.FAILED
    assert call.workload.startswith("system:serviceaccount:composer-")
    assert call.issuer == "project-id.svc.id.goog"
