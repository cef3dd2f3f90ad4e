from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from demarc.collect.live import lists as live_list
from demarc.collect.live.collect import collect_live
from demarc.model.errors import DemarcError
from demarc.model.evidence import GapReason
from demarc.testing import (
    FakeCluster,
    Reply,
    Request,
    a_config_map,
    a_custom_resource_definition,
    a_deployment,
    a_namespace,
    a_node,
    a_pod,
    a_secret,
    an_object,
    as_json,
    as_text,
)
from tests.collect.live_support import KeepingBuilder, KeepingWriter, collected, reading

PODS = "/api/v1/pods"
SECRETS = "/api/v1/secrets"


def many_pods(count: int) -> list[dict[str, object]]:
    return [a_pod(f"app-{number:04}") for number in range(count)]


def test_every_kind_is_listed_once_and_nothing_is_missing(tmp_path: Path) -> None:
    objects = [a_namespace(), a_node(), a_deployment(), a_pod(), a_secret()]
    with FakeCluster(objects) as cluster:
        found = collected(cluster, tmp_path)
    assert found.builder.gaps == []
    assert found.builder.context == "fake"
    assert found.builder.kinds["/apis/apps/v1/deployments"] is None
    assert found.builder.named("/apis/apps/v1/deployments") == ["app"]
    assert found.builder.named(SECRETS) == ["database"]
    paths = [request.path for request in cluster.requests]
    assert len(paths) == len(set(paths))
    assert {request.method for request in cluster.requests} == {"GET"}


def test_kinds_that_are_only_noise_are_not_asked_for(tmp_path: Path) -> None:
    with FakeCluster() as cluster:
        collected(cluster, tmp_path)
    asked = {request.path.rpartition("/")[2] for request in cluster.requests}
    assert not asked & {"events", "leases", "componentstatuses", "endpoints"}


def test_custom_kinds_are_listed_too(tmp_path: Path) -> None:
    objects = [
        a_custom_resource_definition("shop.example", "widgets", "Widget"),
        an_object("shop.example/v1", "Widget", "round", namespace="shop"),
    ]
    with FakeCluster(objects) as cluster:
        found = collected(cluster, tmp_path)
    assert found.builder.named("/apis/shop.example/v1/widgets") == ["round"]


def test_a_list_comes_in_pages_and_each_is_handed_on_as_it_came(tmp_path: Path) -> None:
    with FakeCluster(many_pods(1200)) as cluster:
        found = collected(cluster, tmp_path)
    asked = cluster.asked(PODS)
    assert [request.query.get("limit") for request in asked] == ["500"] * 3
    assert "resourceVersion" not in asked[0].query
    assert found.builder.named(PODS) == [f"app-{number:04}" for number in range(1200)]
    pages = [found.writer.pages[f"lists/v1_pods.{number:04}.json"] for number in (1, 2, 3)]
    assert all(page in cluster.sent for page in pages)


def test_an_older_server_is_discovered_group_by_group(tmp_path: Path) -> None:
    with FakeCluster([a_deployment()], aggregated=False, version="v1.25.0") as cluster:
        found = collected(cluster, tmp_path)
    assert found.builder.named("/apis/apps/v1/deployments") == ["app"]
    assert found.builder.gaps == []


@pytest.mark.parametrize("aggregated", [True, False])
def test_an_extension_api_that_is_down_is_a_gap_for_its_group(tmp_path: Path, *, aggregated: bool) -> None:
    with FakeCluster([a_pod()], down_groups=["metrics.k8s.io/v1beta1"], aggregated=aggregated) as cluster:
        found = collected(cluster, tmp_path)
    gap = found.builder.gap("*.metrics.k8s.io")
    assert gap.reason is GapReason.UNAVAILABLE
    assert gap.detail == "GET /apis/metrics.k8s.io/v1beta1: 503: service unavailable"
    assert found.builder.named(PODS)


def test_a_refused_kind_is_a_gap_that_names_kind_and_verb(tmp_path: Path) -> None:
    with FakeCluster([a_namespace(), a_secret()], forbid=["secrets"]) as cluster:
        found = collected(cluster, tmp_path)
    gap = found.builder.gap("secrets")
    assert gap.reason is GapReason.FORBIDDEN
    assert 'cannot list resource "secrets"' in gap.detail
    assert "demarc rbac-needed" in gap.todo
    assert [gap.what for gap in found.builder.gaps] == ["secrets"]
    assert found.writer.gaps == found.builder.gaps


def test_a_refused_cluster_wide_kind_is_not_tried_by_namespace(tmp_path: Path) -> None:
    with FakeCluster([a_namespace(), a_node()], forbid=["nodes"]) as cluster:
        found = collected(cluster, tmp_path)
    assert found.builder.gap("nodes").reason is GapReason.FORBIDDEN
    assert len(cluster.requests) == len({request.path for request in cluster.requests})


def test_an_account_of_some_namespaces_sees_those_and_says_which_it_does_not(tmp_path: Path) -> None:
    objects = [a_namespace("shop"), a_namespace("vault"), a_pod("seen", "shop"), a_pod("unseen", "vault")]
    with FakeCluster(objects, forbid=["pods"], allow=["pods/shop"]) as cluster:
        found = collected(cluster, tmp_path, namespace="shop")
    assert found.builder.named("/api/v1/namespaces/shop/pods") == ["seen"]
    assert "unseen" not in str(found.builder.documents)
    detail = found.builder.gap("pods").detail
    assert "seen only in 1 namespace: shop, not in 1 namespace: vault" in detail
    assert "lists/v1_pods@shop.0001.json" in found.writer.pages


def test_rights_in_every_namespace_one_by_one_leave_no_gap(tmp_path: Path) -> None:
    objects = [a_namespace("shop"), a_namespace("vault"), a_pod("one", "shop"), a_pod("two", "vault")]
    with FakeCluster(objects, forbid=["pods"], allow=["pods/*?"]) as cluster:
        found = collected(cluster, tmp_path, namespace="shop")
    assert found.builder.named("/api/v1/namespaces/vault/pods") == ["two"]
    assert found.builder.gaps == []


def test_an_account_that_cannot_list_namespaces_tries_that_of_its_context(tmp_path: Path) -> None:
    with FakeCluster([a_pod("seen", "shop")], forbid=["*"], allow=["*/shop"]) as cluster:
        found = collected(cluster, tmp_path, namespace="shop")
    assert found.builder.named("/api/v1/namespaces/shop/pods") == ["seen"]
    gap = found.builder.gap("pods")
    assert gap.reason is GapReason.FORBIDDEN
    assert "which namespaces there are is not known" in gap.detail
    assert found.builder.gap("namespaces").reason is GapReason.FORBIDDEN


def test_namespaces_that_refuse_everything_are_soon_left_alone(tmp_path: Path) -> None:
    objects = [a_namespace("shop"), *(a_namespace(f"other-{number}") for number in range(40))]
    with FakeCluster(objects, forbid=["*"], allow=["*/shop", "namespaces"]) as cluster:
        found = collected(cluster, tmp_path, namespace="shop", parallel=1)
    asked = [request for request in cluster.requests if "/namespaces/other-7/" in request.path]
    assert len(asked) == 8
    assert "not in 40 namespaces: " in found.builder.gap("pods").detail
    assert "and 30 more" in found.builder.gap("pods").detail


def test_secrets_are_asked_as_metadata_and_no_value_crosses_the_wire(tmp_path: Path) -> None:
    secret = a_secret(values={"password": "c4n-you-see-me"})
    with FakeCluster([secret]) as cluster:
        found = collected(cluster, tmp_path)
    (asked,) = cluster.asked(SECRETS)
    assert asked.headers["accept"] == "application/json;as=Table;v=v1;g=meta.k8s.io"
    assert asked.query["includeObject"] == "Metadata"
    value = secret["data"]["password"].encode()
    assert not any(value in body for body in cluster.sent)
    assert found.builder.named(SECRETS) == ["database"]


def test_a_server_without_tables_is_asked_for_metadata(tmp_path: Path) -> None:
    def no_tables(request: Request) -> None:
        cluster.forms = "as=Table" not in request.headers.get("accept", "")

    with FakeCluster([a_secret()], before=no_tables) as cluster:
        found = collected(cluster, tmp_path, parallel=1)
    assert [request.headers["accept"].split(";")[1] for request in cluster.asked(SECRETS)] == [
        "as=Table",
        "as=PartialObjectMetadataList",
    ]
    assert found.builder.named(SECRETS) == ["database"]


def test_a_server_that_cannot_give_metadata_is_never_asked_for_whole_secrets(tmp_path: Path) -> None:
    secret = a_secret()
    with FakeCluster([secret], forms=False) as cluster:
        found = collected(cluster, tmp_path)
    gap = found.builder.gap("secrets")
    assert gap.reason is GapReason.REFUSED
    assert not any(secret["data"]["password"].encode() in body for body in cluster.sent)


@pytest.mark.parametrize("wrap", ["list", "table", "metadata"])
def test_whole_secrets_sent_against_the_wish_are_thrown_away(tmp_path: Path, wrap: str) -> None:
    secret = a_secret(values={"password": "sent-anyway"})
    answer = {
        "list": {"kind": "SecretList", "apiVersion": "v1", "metadata": {}, "items": [secret]},
        "table": {"kind": "Table", "metadata": {}, "rows": [{"cells": [], "object": secret}]},
        "metadata": {
            "kind": "PartialObjectMetadataList",
            "metadata": {},
            "items": [{**secret, "kind": "PartialObjectMetadata"}],
        },
    }[wrap]
    with FakeCluster([secret], fixed={SECRETS: as_json(answer)}) as cluster:
        found = collected(cluster, tmp_path)
    gap = found.builder.gap("secrets")
    assert gap.reason is GapReason.REFUSED
    assert found.builder.named(SECRETS) == []
    value = secret["data"]["password"]
    assert value not in repr(found.builder.documents) + repr(found.writer.pages) + repr(gap)


def test_other_credential_bearing_kinds_come_as_metadata_only(tmp_path: Path) -> None:
    client = an_object("oauth.openshift.io/v1", "OAuthClient", "console", secret="open-sesame")
    with FakeCluster([client]) as cluster:
        found = collected(cluster, tmp_path)
    path = "/apis/oauth.openshift.io/v1/oauthclients"
    assert found.builder.named(path) == ["console"]
    assert found.builder.kinds[path] == ("oauth.openshift.io/v1", "OAuthClient")
    assert not any(b"open-sesame" in body for body in cluster.sent)


def test_a_list_that_expires_is_begun_again_once(tmp_path: Path) -> None:
    with FakeCluster(many_pods(1200), expire={"pods": 1}) as cluster:
        found = collected(cluster, tmp_path)
    names = found.builder.named(PODS)
    assert len(names) == 500 + 1200
    assert len(set(names)) == 1200
    assert found.builder.gaps == []
    assert len([name for name in found.writer.pages if name.startswith("lists/v1_pods.")]) == 4


def test_a_list_that_expires_twice_is_a_gap_and_goes_on_with_what_is_there(tmp_path: Path) -> None:
    with FakeCluster(many_pods(1200), expire={"pods": 2}) as cluster:
        found = collected(cluster, tmp_path)
    gap = found.builder.gap("pods")
    assert gap.reason is GapReason.EXPIRED
    assert "another moment" in gap.detail
    assert len(set(found.builder.named(PODS))) == 1200


def test_a_list_that_expires_all_the_time_ends(tmp_path: Path) -> None:
    with FakeCluster(many_pods(1200), expire={"pods": 1000}) as cluster:
        found = collected(cluster, tmp_path)
    assert found.builder.gap("pods").reason is GapReason.EXPIRED
    assert len(cluster.asked(PODS)) < 12


@pytest.mark.parametrize(("status", "waits"), [(429, [1.25, 1.25]), (503, [1.25, 2.25]), (504, [1.25, 2.25])])
def test_a_busy_server_is_asked_again_after_the_time_it_names(tmp_path: Path, status: int, waits: list[float]) -> None:
    with FakeCluster([a_pod()], fail={"pods": [status, status]}) as cluster:
        found = collected(cluster, tmp_path)
    assert found.slept == waits
    assert found.builder.named(PODS)
    assert found.builder.gaps == []


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_server_that_stays_busy_leaves_a_gap(tmp_path: Path, status: int) -> None:
    with FakeCluster([a_pod(), a_node()], fail={"pods": [status] * 50}) as cluster:
        found = collected(cluster, tmp_path)
    gap = found.builder.gap("pods")
    assert gap.reason is GapReason.UNAVAILABLE
    assert str(status) in gap.detail
    assert len(cluster.asked(PODS)) <= 5
    assert found.builder.named("/api/v1/nodes")


def test_a_wait_that_a_server_names_is_bounded(tmp_path: Path) -> None:
    busy = Reply(status=429, content_type="text/plain", body=b"no", headers={"Retry-After": "86400"})
    with FakeCluster(fixed={PODS: busy}) as cluster:
        found = collected(cluster, tmp_path)
    assert max(found.slept) <= 31


def test_rejected_credentials_end_the_collection_with_one_error(tmp_path: Path) -> None:
    with FakeCluster([a_pod()], tokens={"another"}) as cluster, pytest.raises(DemarcError) as caught:
        collected(cluster, tmp_path)
    assert "does not accept the credentials of context fake" in str(caught.value)
    assert "auth whoami" in caught.value.problems[0].todo


def test_credentials_that_end_midway_end_the_collection(tmp_path: Path) -> None:
    def lapse(request: Request) -> None:
        if request.path == PODS:
            cluster.tokens = {"another"}

    with FakeCluster([a_pod()], before=lapse) as cluster, pytest.raises(DemarcError, match="credentials"):
        collected(cluster, tmp_path)


def test_a_refused_version_is_a_gap(tmp_path: Path) -> None:
    with FakeCluster([a_pod()], forbid=["/version"]) as cluster:
        found = collected(cluster, tmp_path)
    assert found.builder.gap("version").reason is GapReason.FORBIDDEN
    assert found.builder.named(PODS)


def test_refused_discovery_is_one_error_that_says_what_to_bind(tmp_path: Path) -> None:
    with FakeCluster([a_pod()], forbid=["/api"]) as cluster, pytest.raises(DemarcError) as caught:
        collected(cluster, tmp_path)
    assert "system:discovery" in caught.value.problems[0].todo


def test_something_that_is_no_kubernetes_api_is_named_as_such(tmp_path: Path) -> None:
    page = Reply(content_type="text/html", body=b"<html>Sign in \x1b[31m</html>")
    with FakeCluster(fixed={"/api": page}) as cluster, pytest.raises(DemarcError) as caught:
        collected(cluster, tmp_path)
    assert "does not answer as a Kubernetes API" in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"kind":"PodList","items":[{"metadata"',
        b"\xff\xfe",
        b'{"kind":"PodList","items":7}',
    ],
)
def test_a_list_that_is_damaged_is_a_gap(tmp_path: Path, body: bytes) -> None:
    with FakeCluster([a_node()], fixed={PODS: Reply(body=body)}) as cluster:
        found = collected(cluster, tmp_path)
    assert found.builder.gap("pods").reason is GapReason.MALFORMED
    assert found.builder.named("/api/v1/nodes")


def test_a_kind_that_has_gone_meanwhile_is_a_gap(tmp_path: Path) -> None:
    with FakeCluster(fixed={PODS: as_text("404 page not found", 404)}) as cluster:
        found = collected(cluster, tmp_path)
    assert found.builder.gap("pods").detail == "list: 404: 404 page not found"


def test_a_list_that_never_ends_is_ended(tmp_path: Path) -> None:
    endless = as_json({"kind": "PodList", "metadata": {"continue": "again"}, "items": [{"metadata": {"name": "x"}}]})
    with FakeCluster(fixed={PODS: endless}) as cluster:
        found = collected(cluster, tmp_path)
    assert found.builder.gap("pods").reason is GapReason.MALFORMED


def test_a_custom_kind_with_too_many_objects_is_cut_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_list, "MOST_CUSTOM", 600)
    objects = [an_object("shop.example/v1", "Widget", f"w{number:04}") for number in range(1500)]
    with FakeCluster(objects) as cluster:
        found = collected(cluster, tmp_path)
    gap = found.builder.gap("widgets.shop.example")
    assert gap.reason is GapReason.TRUNCATED
    assert "1000 objects" in gap.detail


def test_pages_that_are_too_large_are_asked_for_in_smaller_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demarc.collect.live.connection._LARGEST_ANSWER", 300_000)
    objects = [a_config_map(f"big-{number:03}", data={"blob": "x" * 20_000}) for number in range(40)]
    objects.append(a_config_map("vast", "z", data={"blob": "x" * 400_000}))
    with FakeCluster(objects) as cluster:
        found = collected(cluster, tmp_path)
    assert [request.query["limit"] for request in cluster.asked("/api/v1/configmaps")][:3] == ["500", "50", "5"]
    assert len(set(found.builder.named("/api/v1/configmaps"))) == 40
    assert found.builder.gap("configmaps").reason is GapReason.TOO_LARGE


def test_a_message_of_the_server_cannot_steer_a_terminal(tmp_path: Path) -> None:
    status = {"kind": "Status", "reason": "Forbidden", "message": "no \x1b[2J\u202egnp.exe\nsecond line", "code": 403}
    with FakeCluster(fixed={"/api/v1/nodes": as_json(status, 403)}) as cluster:
        found = collected(cluster, tmp_path)
    detail = found.builder.gap("nodes").detail
    assert "\x1b" not in detail
    assert "\u202e" not in detail
    assert "second line" not in detail


def test_progress_counts_up_to_the_whole(tmp_path: Path) -> None:
    with FakeCluster(many_pods(600)) as cluster:
        found = collected(cluster, tmp_path)
    last = found.progress[-1]
    assert last.resources_done == last.resources_total
    assert last.objects == 600
    assert last.bytes == sum(len(data) for name, data in found.writer.pages.items() if name != "version.json")
    assert [step.objects for step in found.progress] == sorted(step.objects for step in found.progress)


class _InterruptingBuilder(KeepingBuilder):
    def add_document(self, data: bytes, **rest: Any) -> None:
        if len(self.documents) == 3:
            raise KeyboardInterrupt
        super().add_document(data, **rest)


def test_an_interrupt_goes_through_and_the_threads_end(tmp_path: Path) -> None:
    with FakeCluster(many_pods(3000)) as cluster, reading(cluster, tmp_path) as reader:
        with pytest.raises(KeyboardInterrupt):
            collect_live(reader, builder=_InterruptingBuilder(), writer=KeepingWriter(), sleep=lambda _: None)
        for thread in threading.enumerate():
            if thread.name.startswith("demarc-list"):
                thread.join(5)
                assert not thread.is_alive()


def test_no_more_pages_are_asked_for_than_fit_while_nobody_takes_them(tmp_path: Path) -> None:
    asked_meanwhile: list[int] = []

    class Slow(KeepingBuilder):
        def add_document(self, data: bytes, **rest: Any) -> None:
            super().add_document(data, **rest)
            if len(self.documents) == 2:
                before = len(cluster.requests)
                threading.Event().wait(0.3)
                asked_meanwhile.append(len(cluster.requests) - before)

    with FakeCluster(many_pods(6000)) as cluster, reading(cluster, tmp_path) as reader:
        collect_live(reader, builder=Slow(), writer=None, sleep=lambda _: None, parallel=2)
    assert asked_meanwhile[0] <= 2 * 2


def test_what_a_server_names_as_a_kind_cannot_leave_its_path(tmp_path: Path) -> None:
    odd = {"resource": "../../secrets", "scope": "Cluster", "verbs": ["list"], "responseKind": {"kind": "Odd"}}
    groups = {
        "kind": "APIGroupDiscoveryList",
        "items": [{"metadata": {"name": "odd.example"}, "versions": [{"version": "v1", "resources": [odd]}]}],
    }
    with FakeCluster(fixed={"/apis": as_json(groups)}) as cluster:
        found = collected(cluster, tmp_path)
    assert not any(".." in request.path for request in cluster.requests)
    assert found.builder.gap("*.odd.example").reason is GapReason.MALFORMED
