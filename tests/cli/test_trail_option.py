"""A trail on the command line: files or a stored one, and what checks say of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from demarc.cli.main import run
from demarc.events.importing import import_trails
from demarc.events.store import Store
from demarc.testing import a_list, a_namespace, a_node

EVENT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "Metadata",
    "auditID": "1",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/pods",
    "verb": "list",
    "user": {"username": "masterclient", "groups": ["system:masters"]},
    "sourceIPs": ["203.0.113.9"],
    "userAgent": "kubectl/v1.33",
    "objectRef": {"resource": "pods", "apiVersion": "v1"},
    "responseStatus": {"code": 200},
    "requestReceivedTimestamp": "2026-11-01T00:00:00.000000Z",
    "stageTimestamp": "2026-11-01T00:00:00.100000Z",
    "annotations": {"authorization.k8s.io/decision": "allow"},
}


@pytest.fixture(autouse=True)
def _at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DEMARC_REGISTER", raising=False)


@pytest.fixture
def cluster(tmp_path):
    path = tmp_path / "cluster.json"
    path.write_text(json.dumps(a_list([a_namespace(), a_node()])))
    return path


def _found(capsys, *arguments):
    assert run(["findings", *map(str, arguments), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    return {result["check"]: result["outcome"] for result in told["results"]}


def test_a_file_is_asked_and_so_is_a_store(tmp_path, cluster, capsys):
    trail = tmp_path / "audit.log"
    trail.write_text(json.dumps(EVENT) + "\n")
    store = Store.create(tmp_path / "store")
    import_trails(store, [str(trail)], now=datetime(2026, 11, 2, tzinfo=UTC))
    without = _found(capsys, cluster)
    assert without["DM-LOG-007"] == without["DM-LOG-003"] == "unknown"
    for given in (trail, tmp_path / "store"):
        found = _found(capsys, cluster, "--events", given)
        assert found["DM-LOG-007"] == "violated"
        assert found["DM-LOG-003"] == "holds"


def test_what_is_no_trail_is_an_error(tmp_path, cluster, capsys):
    other = tmp_path / "notes.txt"
    other.write_text("nothing of the kind\n")
    assert run(["findings", str(cluster), "--events", str(other)]) == 2
    assert "notes.txt" in capsys.readouterr().err
