"""Live collection against a fake that serves a recorded cluster: the same as reading the recorded lists from disk."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.live.ask import Asker
from demarc.collect.live.collect import collect_live
from demarc.collect.live.discovery import discover
from demarc.collect.live.interface import Answer
from demarc.collect.live.kinds import BUILT_IN, why_left_out
from demarc.collect.snapshot_file import SnapshotWriter, read_folder
from demarc.model.evidence import GapReason
from demarc.model.snapshot import Snapshot
from demarc.testing import FakeCluster
from tests.collect.live_support import NOW, collected, reading
from tests.recorded import NORTHWIND, needs_northwind

pytestmark = [needs_northwind, pytest.mark.recorded]


@cache
def recorded_objects() -> tuple[dict[str, Any], ...]:
    objects: list[dict[str, Any]] = []
    for file in sorted((NORTHWIND / "lists").iterdir()):
        document = json.loads(file.read_bytes())
        kind = document["kind"].removesuffix("List")
        objects += [
            {"apiVersion": document["apiVersion"], "kind": kind, **item}
            for item in document["items"]
            if "events" not in file.name
        ]
    return tuple(objects)


def names(snapshot: Snapshot) -> dict[str, set[str]]:
    return {kind: {item.key for item in items} for kind, items in snapshot.objects.items() if items}


def test_the_same_objects_are_found_as_in_the_recorded_lists(tmp_path: Path) -> None:
    key = FingerprintKey(b"k" * 32)
    live, offline = SnapshotBuilder(key), SnapshotBuilder(key)
    with (
        FakeCluster(recorded_objects(), down_groups=["metrics.k8s.io/v1beta1"]) as cluster,
        reading(cluster, tmp_path) as reader,
    ):
        collect_live(reader, builder=live, writer=None, sleep=lambda _: None)
    for file in sorted((NORTHWIND / "lists").iterdir()):
        offline.add_document(file.read_bytes(), origin=file.name)
    found, expected = names(live.build(now=NOW, taken_at=NOW)), names(offline.build(now=NOW, taken_at=NOW))
    not_collected = {"Event", "Lease.coordination.k8s.io", "ComponentStatus", "Endpoints"}
    assert found == {kind: keys for kind, keys in expected.items() if kind not in not_collected}
    snapshot = live.build(now=NOW, taken_at=NOW)
    assert [(gap.what, gap.reason) for gap in snapshot.gaps if gap.what.startswith("*")] == [
        ("*.metrics.k8s.io", GapReason.UNAVAILABLE)
    ]
    assert snapshot.server_version == "v1.36.2"


def test_a_stored_collection_reads_back_the_same(tmp_path: Path) -> None:
    key = FingerprintKey(b"k" * 32)
    live, again = SnapshotBuilder(key), SnapshotBuilder(key)
    objects = recorded_objects()
    with (
        FakeCluster(objects, down_groups=["metrics.k8s.io/v1beta1"], forbid=["configmaps"], page_limit=40) as cluster,
        reading(cluster, tmp_path) as reader,
        SnapshotWriter(tmp_path / "snapshot", key=key, version="0") as writer,
    ):
        collect_live(reader, builder=live, writer=writer, sleep=lambda _: None)
        writer.commit(taken_at=NOW)
    read_folder(tmp_path / "snapshot", again, "snapshot")
    first, second = live.build(now=NOW, taken_at=NOW), again.build(now=NOW, taken_at=NOW)
    assert names(first) == names(second)
    assert {(gap.what, gap.reason) for gap in first.gaps} == {(gap.what, gap.reason) for gap in second.gaps}
    assert {gap.what for gap in first.gaps} >= {"*.metrics.k8s.io", "configmaps"}
    stored = b"".join(file.read_bytes() for file in (tmp_path / "snapshot").rglob("*.json"))
    assert not [value for value in secret_values() if value.encode() in stored]


def secret_values() -> set[str]:
    """Encoded values of recorded Secrets, but for those that are published elsewhere too (authorities, names)."""
    public = json.dumps([item for item in recorded_objects() if item["kind"] != "Secret"])
    values = {
        value
        for item in recorded_objects()
        if item["kind"] == "Secret"
        for value in (item.get("data") or {}).values()
        if len(value) >= 16
    }
    return {value for value in values if value not in public}


def test_no_recorded_secret_value_crosses_the_wire_but_in_annotations(tmp_path: Path) -> None:
    values = secret_values()
    assert len(values) > 50
    with FakeCluster(recorded_objects()) as cluster:
        collected(cluster, tmp_path)
        sent = [body for request, body in zip(cluster.requests, cluster.sent, strict=True) if "secrets" in request.path]
    assert sent
    for body in sent:
        table = json.loads(body)
        for row in table.get("rows", ()):
            row["object"]["metadata"].pop("annotations", None)
        bare = json.dumps(table)
        assert not [value for value in values if value in bare]


class _Recorded:
    """Answers discovery byte for byte as recorded."""

    context, server, namespace = "northwind", "https://recorded", "default"

    def __init__(self, *, aggregated: bool) -> None:
        self._aggregated = aggregated

    def get(self, path: str, query: object, accept: str) -> Answer:
        if path == "/apis/metrics.k8s.io/v1beta1":
            return Answer(status=503, content_type="text/plain; charset=utf-8", body=b"service unavailable\n")
        kind = ".aggregated" if self._aggregated else ""
        name = {"/api": f"api{kind}", "/apis": f"apis{kind}", "/api/v1": "core_v1"}.get(
            path, path.removeprefix("/apis/").replace("/", "_")
        )
        file = NORTHWIND / "discovery" / f"{name}.json"
        # Only preferred versions were recorded; the others list nothing that those do not.
        body = file.read_bytes() if file.exists() else b'{"kind":"APIResourceList","resources":[]}'
        return Answer(status=200, content_type="application/json", body=body)


@pytest.mark.parametrize("aggregated", [True, False])
def test_recorded_discovery_is_read_whole(*, aggregated: bool) -> None:
    reader = _Recorded(aggregated=aggregated)
    found = discover(Asker(reader, sleep=lambda _: None, jitter=lambda: 0.0), reader)
    listed = {resource.name: resource for resource in found.resources}
    assert len(listed) == 68  # 69 in all, one of them in two versions
    assert listed["horizontalpodautoscalers.autoscaling"].version == "v2"
    assert set(BUILT_IN) <= set(found.resources)
    assert [gap.what for gap in found.gaps] == ["*.metrics.k8s.io"]
    assert {name for name, resource in listed.items() if why_left_out(resource)} == {
        "componentstatuses",
        "endpoints",
        "events",
        "events.events.k8s.io",
        "leases.coordination.k8s.io",
    }
