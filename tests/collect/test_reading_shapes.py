"""What comes in, told by content: every shape in which people keep Kubernetes objects."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from demarc.intake import framing
from demarc.intake.limits import Limits
from demarc.model.evidence import GapReason
from demarc.model.kubernetes import Node, Pod
from demarc.model.snapshot import SourceKind
from demarc.testing import objects
from tests.collect.support import as_json, built, names, sourceless

CLUSTER = [
    objects.a_namespace("shop"),
    objects.a_node("ip-10-0-0-1"),
    *(objects.a_pod(f"app-{number}", labels={"n": str(number), "quote": '"\\{[é'}) for number in range(5)),
    objects.a_deployment("app"),
    objects.a_secret("database"),
    objects.a_config_map("settings", data={"a": "b"}),
    objects.a_cluster_role_binding("admins"),
    objects.an_object(
        "example.com/v1", "Widget", "w", namespace="shop", spec={"source": {"items": [1]}}, source={"a": 1}
    ),
]
BY_KIND: dict[tuple[str, str], list[Any]] = {}
for each in CLUSTER:
    BY_KIND.setdefault((each["apiVersion"], each["kind"]), []).append(each)
WHOLE = sourceless(built(objects.a_list(CLUSTER)))


def typed_list(api_version: str, kind: str, items: list[Any], *, sort: bool = False) -> dict[str, Any]:
    bare = [{name: value for name, value in item.items() if name not in {"kind", "apiVersion"}} for item in items]
    value = {"kind": f"{kind}List", "apiVersion": api_version, "metadata": {"resourceVersion": "1"}, "items": bare}
    return dict(sorted(value.items())) if sort else value


FORMS = {
    "compact": lambda items: as_json(objects.a_list(items)),
    "pretty": lambda items: as_json(objects.a_list(items), 4),
    "lines": lambda items: b"\n".join(map(as_json, items)) + b"\n",
    "concatenated": lambda items: b"".join(map(as_json, items)),
    "array": as_json,
    "yaml documents": lambda items: yaml.safe_dump_all(items, allow_unicode=True).encode(),
    "yaml list": lambda items: yaml.safe_dump(objects.a_list(items)).encode(),
    "list in yaml": lambda items: (
        b"# Source: chart/templates/x.yaml\n---\n" + yaml.safe_dump(objects.a_list(items)).encode()
    ),
    "list in a list": lambda items: as_json(objects.a_list([objects.a_list(items)])),
    "byte-order mark": lambda items: b"\xef\xbb\xbf" + as_json(objects.a_list(items)),
    "windows": lambda items: (
        json.dumps(objects.a_list(items), ensure_ascii=False, indent=4).replace("\n", "\r\n").encode("utf-16")
    ),
    "warnings first": lambda items: (
        b"Warning: v1 X is deprecated\nE1124 10:00:00.000000 1 memcache.go:265] x\n" + as_json(objects.a_list(items))
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_objects(form):
    snapshot = built(FORMS[form](CLUSTER))
    assert sourceless(snapshot) == WHOLE
    assert snapshot.gaps == ()
    assert {source.kind for source in snapshot.sources} == {SourceKind.DUMP}


@pytest.mark.parametrize("sort", [False, True])
def test_typed_lists_give_their_kind_to_their_items(sort):
    pages = [typed_list(*named, items, sort=sort) for named, items in BY_KIND.items()]
    snapshot = built(*pages)
    assert sourceless(snapshot) == WHOLE
    assert snapshot.gaps == ()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from(sorted(FORMS))), min_size=len(CLUSTER), max_size=len(CLUSTER)
    ),
    st.permutations(range(len(CLUSTER))),
)
def test_any_split_into_files_gives_the_same_objects(places, order):
    files: dict[tuple[int, str], list[Any]] = {}
    for position in order:
        files.setdefault(places[position], []).append(CLUSTER[position])
    assert sourceless(built(*(FORMS[form](items) for (_, form), items in files.items()))) == WHOLE


@pytest.mark.parametrize("piece", [16, 100, 1000])
@pytest.mark.parametrize("form", ["compact", "pretty", "lines", "array"])
def test_no_object_is_lost_where_the_window_moves(piece, form, monkeypatch):
    monkeypatch.setattr(framing, "_PIECE", piece)
    assert sourceless(built(FORMS[form](CLUSTER))) == WHOLE
    for sort in (False, True):
        pages = [as_json(typed_list(*named, items, sort=sort), 2) for named, items in BY_KIND.items()]
        snapshot = built(*pages)
        assert (sourceless(snapshot), snapshot.gaps) == (WHOLE, ())


def test_a_dump_cut_within_what_stands_behind_its_items_is_cut():
    text = as_json(objects.a_list(CLUSTER), 4)
    for at in range(text.rindex(b"]"), len(text) - 3):
        assert GapReason.TRUNCATED in {gap.reason for gap in built(text[:at]).gaps}, at


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_cut_dump_loses_no_object_before_the_cut(data):
    text = as_json(objects.a_list(CLUSTER), 4)
    at = data.draw(st.integers(1, len(text) - 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(framing, "_PIECE", 512)
        snapshot = built(text[:at])
    found = sum(map(len, snapshot.objects.values()))
    begun = sum(text[:at].count(as_json(item["metadata"]["uid"])) > 0 for item in CLUSTER)
    assert begun - 1 <= found
    assert GapReason.TRUNCATED in {gap.reason for gap in snapshot.gaps}


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ({"metadata": {"name": "x", "labels": ["a"]}}, "$.metadata.labels"),
        ({"metadata": "x"}, "$.metadata"),
        ({"metadata": None}, "without a name"),
        ({"metadata": {"name": 5}}, "$.metadata.name"),
        ({"spec": {"containers": "x"}}, "$.spec.containers"),
        ({"spec": []}, "$.spec"),
        ({"kind": None}, "kind"),
    ],
)
def test_one_malformed_object_is_a_gap_and_the_rest_is_read(damage, says):
    bad = {**objects.a_pod("bad"), **damage}
    snapshot = built(objects.a_list([*CLUSTER[:3], bad, *CLUSTER[3:]]))
    assert sourceless(snapshot) == WHOLE
    (gap,) = snapshot.gaps
    assert (gap.what, gap.reason, gap.source) == ("file0", GapReason.MALFORMED, "s1")
    assert says in gap.detail
    assert gap.detail.startswith("at byte ")


@pytest.mark.parametrize(
    "bad",
    [
        b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":NaN}}',
        b'{"kind":"Pod","a":"\\ud800"}',
        b'{"a":"\x01"}',
        b"{]}",
        b'{"x":"\\q"}',
        b"[" * 3000 + b"]" * 3000,
    ],
)
@pytest.mark.parametrize("piece", [200, 1 << 20])
def test_what_is_no_json_costs_only_itself(bad, piece, monkeypatch):
    monkeypatch.setattr(framing, "_PIECE", piece)
    items = [as_json(item) for item in CLUSTER]
    text = b'{"apiVersion":"v1","kind":"List","items":[' + b",\n".join([*items[:2], bad, *items[2:]]) + b"]}"
    lines = b"\n".join([*items[:2], bad, *items[2:]])
    for document in (text, lines) if piece == 200 else (lines,):
        snapshot = built(document)
        assert sourceless(snapshot) == WHOLE
        assert snapshot.gaps
        assert {gap.reason for gap in snapshot.gaps} == {GapReason.MALFORMED}


def test_bytes_that_are_no_text_cost_only_their_object():
    secret = as_json(objects.a_secret("bad")).replace(b'"f:type"', b'"f:\xfftype"')
    described = as_json(objects.a_config_map("aws-auth", "kube-system", data={"mapRoles": "x"}))
    lists = as_json({"apiVersion": "v1", "kind": "XList", "items": [], "metadata": {"name": "n"}}).replace(
        b"XList", b"\xffList"
    )
    assert [gap.reason for gap in built(b'{"apiVersion":"v1","kind":"List","items":[' + lists + b"]}").gaps] == [
        GapReason.MALFORMED
    ]
    bad = [
        described.replace(b'"x"', b'"\xff"'),
        described.replace(b'"x"', b"5"),
        as_json(CLUSTER[2]).replace(b"app-0", b"\xff"),
    ]
    snapshot = built(b"\n".join([*map(as_json, CLUSTER), secret, *bad]))
    assert [gap.reason for gap in snapshot.gaps] == [GapReason.MALFORMED] * 3
    assert names(snapshot)["Secret"] == ["shop/bad", "shop/database"]
    assert sum(map(len, snapshot.objects.values())) == len(CLUSTER) + 1


def test_a_field_that_is_null_counts_as_not_given():
    pod = objects.a_pod("app")
    pod["metadata"]["namespace"] = None
    pod["spec"]["serviceAccountName"] = None
    snapshot = built(pod)
    assert snapshot.gaps == ()
    assert snapshot.all("Pod", Pod)[0].spec.service_account_name == ""


def test_an_object_cannot_name_its_own_source():
    pod = {**objects.a_pod("app"), "source": "s9", "demarc.source": "s8"}
    assert built(pod).objects["Pod"][0].source == "s1"
    secret = {**objects.a_secret("s"), "keys": {"x": "fp1:1"}, "leakedInAnnotations": ["x"]}
    assert "x" not in repr(built(secret).objects["Secret"][0].keys)  # type: ignore[attr-defined]


def test_the_newer_copy_of_an_object_wins_whatever_the_order():
    def version(number: str, **labels: str) -> dict[str, Any]:
        pod = objects.a_pod("app", labels=labels)
        pod["metadata"]["resourceVersion"] = number
        return pod

    old, new = version("9", age="old"), version("10", age="new")
    for documents in ((old, new), (new, old)):
        (pod,) = built(*documents).objects["Pod"]
        assert pod.labels == {"age": "new"}


def test_moved_kinds_and_versions_are_one_kind():
    spec = {"extensions/v1beta1": "Deployment", "apps/v1": "Deployment"}
    copies = [objects.an_object(version, kind, "app", namespace="shop") for version, kind in spec.items()]
    events = [objects.an_object(version, "Event", "e", namespace="shop") for version in ("v1", "events.k8s.io/v1")]
    assert names(built(*copies, *events)) == {"Deployment.apps": ["shop/app"], "Event": ["shop/e"]}


def manifest(**more: object) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a", "namespace": "shop", **more}}


def test_manifests_that_contradict_each_other_are_named():
    assert built(manifest(), manifest()).gaps == ()
    snapshot = built(manifest(), manifest(labels={"a": "b"}))
    (gap,) = snapshot.gaps
    assert (gap.what, gap.reason) == ("ServiceAccount shop/a", GapReason.MALFORMED)
    assert "file1" in gap.detail
    assert snapshot.objects["ServiceAccount"][0].labels == {}
    assert {source.kind for source in snapshot.sources} == {SourceKind.MANIFESTS}
    assert snapshot.taken_at is None
    assert snapshot.taken_at_basis == ""


def test_manifests_without_a_name_of_their_own_are_each_kept():
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "migrate-"}}
    assert len(built(job, job).objects["Job.batch"]) == 2


def test_taken_at_is_never_read_from_a_spec_and_never_ahead_of_now():
    node = objects.a_node("n")
    node["metadata"]["resourceVersion"] = "1"
    node["spec"]["at"] = "2026-11-24T00:00:00Z"
    node["status"]["conditions"] = [{"type": "Ready", "lastHeartbeatTime": "2026-11-23T10:00:00Z"}]
    snapshot = built(node)
    assert snapshot.taken_at is not None
    assert snapshot.taken_at.isoformat() == "2026-11-23T10:00:00+00:00"
    assert isinstance(snapshot.all("Node", Node)[0], Node)
    node["status"]["conditions"][0]["lastHeartbeatTime"] = "2026-11-25T00:00:07Z"
    ahead = built(node)
    assert ahead.taken_at is not None
    assert ahead.taken_at.isoformat() == "2026-11-25T00:00:00+00:00"
    assert "ahead" in ahead.taken_at_basis
    node["status"]["conditions"][0]["lastHeartbeatTime"] = "9999-12-31T00:00:00Z"
    odd = built(node)
    assert odd.taken_at is not None
    assert odd.taken_at.year == 2026
    lease = objects.an_object(
        "coordination.k8s.io/v1", "Lease", "l", namespace="x", spec={"renewTime": "2026-11-24T01:02:03.123456Z"}
    )
    event = objects.an_object(
        "v1", "Event", "e", namespace="x", lastTimestamp="2026-11-24T02:00:00Z", source={"component": "kubelet"}
    )
    assert "Lease" in built(lease).taken_at_basis
    assert "Event" in built(lease, event).taken_at_basis


@pytest.mark.parametrize(
    ("answer", "what", "reason"),
    [
        (
            {"code": 403, "details": {"kind": "secrets"}, "message": "secrets is forbidden"},
            "secrets",
            GapReason.FORBIDDEN,
        ),
        ({"code": 403, "details": {"kind": "deployments", "group": "apps"}}, "deployments.apps", GapReason.FORBIDDEN),
        ({"code": 503, "message": "down"}, "file0", GapReason.UNAVAILABLE),
        ({"code": 410, "reason": "Expired"}, "file0", GapReason.EXPIRED),
    ],
)
def test_a_saved_refusal_is_a_gap(answer, what, reason):
    (gap,) = built({"kind": "Status", "apiVersion": "v1", "status": "Failure", "metadata": {}, **answer}).gaps
    assert (gap.what, gap.reason) == (what, reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"service unavailable\n", GapReason.UNAVAILABLE),
        (b'Error from server (Forbidden): nodes is forbidden: User "x" cannot list', GapReason.FORBIDDEN),
        (b"The connection to the server localhost:8080 was refused - connection refused", GapReason.UNAVAILABLE),
        (b"error: You must be logged in to the server (Unauthorized)", GapReason.FORBIDDEN),
    ],
)
def test_a_saved_plain_text_answer_is_a_gap(text, reason):
    (gap,) = built(text).gaps
    assert gap.reason is reason


def test_nothing_found_is_no_gap():
    snapshot = built(b"No resources found\n", typed_list("v1", "Pod", []))
    assert snapshot.gaps == ()
    assert snapshot.objects == {}


def test_what_holds_no_objects_is_known():
    known = {
        "version": {"major": "1", "minor": "36", "gitVersion": "v1.36.2"},
        "kubectl version": {"clientVersion": {"gitVersion": "v1.1.1"}, "serverVersion": {"gitVersion": "v1.36.2"}},
        "discovery": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
        "aggregated": {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": "apidiscovery.k8s.io/v2",
            "items": [{"metadata": {"name": "apps"}}],
        },
        "openapi": {"openapi": "3.0.0", "paths": {}},
        "keys": {"keys": [{"kty": "RSA"}]},
        "audit": {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "x"},
        "kustomization": {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": ["a.yaml"],
        },
    }
    for value in known.values():
        snapshot = built(value)
        assert snapshot.gaps == ()
        assert snapshot.objects == {}
    assert built(known["version"]).server_version == "v1.36.2"
    assert built(known["kubectl version"]).server_version == "v1.36.2"


def test_a_kubeconfig_is_refused_without_a_word_of_it():
    text = b"apiVersion: v1\nkind: Config\nusers:\n- name: me\n  user: {token: abcdefgh}\n"
    snapshot = built(text)
    (gap,) = snapshot.gaps
    assert gap.reason is GapReason.REFUSED
    assert "abcdefgh" not in repr(snapshot)


def test_a_shape_nobody_knows_is_named_once():
    snapshot = built(b'{"a": 1}\n' * 500)
    assert [gap.reason for gap in snapshot.gaps] == [GapReason.UNKNOWN_SHAPE] * 2
    assert snapshot.gaps[0].todo
    assert "499 more" in snapshot.gaps[1].detail


def test_an_aws_export_becomes_a_record():
    cluster = {
        "cluster": {
            "name": "shop",
            "arn": "arn:aws:eks:eu-west-1:1:cluster/shop",
            "version": "1.31",
            "platformVersion": "eks.1",
            "endpoint": "https://x",
            "resourcesVpcConfig": {},
        }
    }
    snapshot = built(cluster)
    (record,) = [record for record in snapshot.records if record.kind == "eks.cluster"]
    assert (record.name, record.source) == ("shop", "s1")
    assert snapshot.sources[0].kind is SourceKind.CLOUD


def test_an_export_nested_without_end_is_refused():
    deep = b'{"cluster":' * 300 + b"1" + b"}" * 300
    (gap,) = built(deep).gaps
    assert gap.reason is GapReason.REFUSED


def test_a_page_with_more_to_come_is_not_a_whole_list():
    page = typed_list("apps/v1", "Deployment", [objects.a_deployment("a")])
    page["metadata"] = {"resourceVersion": "7", "continue": "abc", "remainingItemCount": 1}
    last = typed_list("apps/v1", "Deployment", [objects.a_deployment("b")])
    last["metadata"] = {"resourceVersion": "7"}
    (gap,) = built(page).gaps
    assert (gap.what, gap.reason) == ("deployments.apps", GapReason.TRUNCATED)
    assert built(page, last).gaps == ()
    page["metadata"]["remainingItemCount"] = 2
    assert [gap.what for gap in built(page, last).gaps] == ["deployments.apps"]


def test_metadata_of_an_unknown_kind_is_not_guessed():
    items = [{"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {"name": "a"}}]
    (gap,) = built(
        {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "items": items}
    ).gaps
    assert gap.reason is GapReason.UNKNOWN_SHAPE


def test_a_table_with_more_keys_than_its_managers_name_is_told():
    def row(name: str, cells: int, managed: list[Any]) -> dict[str, Any]:
        return {
            "cells": [name, "Opaque", cells, "1d"],
            "object": {"metadata": {"name": name, "managedFields": managed}},
        }

    managed = objects.a_secret(values={"a": "x"})["metadata"]["managedFields"]
    table = {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "columnDefinitions": [{"name": name} for name in ("Name", "Type", "Data", "Age")],
        "rows": [row("one", 1, managed), row("two", 2, managed), {"cells": ["x", "y", 1, "1d"], "object": None}],
    }
    snapshot = built(table)
    assert names(snapshot) == {"Secret": ["one", "two"]}
    assert {gap.reason for gap in snapshot.gaps} == {GapReason.NOT_GIVEN, GapReason.MALFORMED}


def test_damaged_objects_beyond_a_number_are_counted():
    bad = b'{"apiVersion":"v1","kind":"Pod","metadata":5}\n' * 200
    snapshot = built(bad, limits=Limits(gaps=3))
    assert len(snapshot.gaps) == 4
    assert "197 more" in snapshot.gaps[-1].detail


def test_a_huge_value_is_refused_and_not_held():
    value = b'{"a":"' + b"x" * 100_000 + b'"}'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(framing, "_PIECE", 1000)
        (gap,) = built(value, limits=Limits(document_bytes=10_000)).gaps
    assert gap.reason is GapReason.TOO_LARGE
