from __future__ import annotations

import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from demarc.testing import FakeCluster, a_deployment, a_namespace, a_pod, a_secret, an_object
from demarc.testing.cluster import TOKEN
from tests.recorded import NORTHWIND, needs_northwind

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


def ask(cluster: FakeCluster, path: str, accept: str = "application/json", token: str = TOKEN) -> tuple[int, str, Any]:
    request = urllib.request.Request(cluster.url + path, headers={"Accept": accept, "Authorization": f"Bearer {token}"})
    try:
        response: HTTPResponse | urllib.error.HTTPError = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        body, kind = response.read(), response.headers["Content-Type"]
    return response.status or 0, kind, json.loads(body) if "json" in kind else body.decode()


def test_items_of_built_in_kinds_carry_no_kind_and_custom_ones_do() -> None:
    with FakeCluster([a_pod(), an_object("shop.example/v1", "Widget", "round", namespace="shop")]) as cluster:
        _, _, pods = ask(cluster, "/api/v1/pods")
        _, _, widgets = ask(cluster, "/apis/shop.example/v1/widgets")
    assert (pods["kind"], "kind" in pods["items"][0]) == ("PodList", False)
    assert (widgets["kind"], widgets["items"][0]["kind"]) == ("WidgetList", "Widget")


def test_pages_say_what_remains_and_go_on() -> None:
    with FakeCluster([a_pod(f"p{number}") for number in range(7)]) as cluster:
        seen: list[str] = []
        left: list[int | None] = []
        token = ""
        while True:
            _, _, page = ask(cluster, f"/api/v1/pods?limit=3&continue={token}")
            seen += [item["metadata"]["name"] for item in page["items"]]
            left.append(page["metadata"].get("remainingItemCount"))
            token = page["metadata"].get("continue", "")
            if not token:
                break
    assert seen == [f"p{number}" for number in range(7)]
    assert left == [4, 1, None]


def test_a_namespace_can_be_listed_alone() -> None:
    with FakeCluster([a_pod("one", "a"), a_pod("two", "b")]) as cluster:
        _, _, page = ask(cluster, "/api/v1/namespaces/b/pods")
    assert [item["metadata"]["name"] for item in page["items"]] == ["two"]


def test_metadata_holds_no_values() -> None:
    with FakeCluster([a_secret()]) as cluster:
        _, _, table = ask(cluster, "/api/v1/secrets", TABLE)
        _, _, metadata = ask(cluster, "/api/v1/secrets", METADATA)
    assert table["rows"][0]["cells"][:3] == ["database", "Opaque", 1]
    assert set(table["rows"][0]["object"]) == {"kind", "apiVersion", "metadata"}
    assert set(metadata["items"][0]) == {"kind", "apiVersion", "metadata"}


@pytest.mark.parametrize(
    ("cluster", "path", "accept", "status", "says"),
    [
        (
            FakeCluster(forbid=["deployments.apps"], user="eve"),
            "/apis/apps/v1/namespaces/shop/deployments",
            "*/*",
            403,
            'cannot list resource "deployments" in API group "apps" in the namespace "shop"',
        ),
        (
            FakeCluster(forbid=["/version"]),
            "/version",
            "*/*",
            403,
            'forbidden: User "tester" cannot get path "/version"',
        ),
        (FakeCluster(tokens={"other"}), "/api", "*/*", 401, "Unauthorized"),
        (FakeCluster(), "/api/v1/gizmos", "*/*", 404, "the server could not find the requested resource"),
        (FakeCluster(), "/api/v1/pods", "image/png", 406, "only the following media types are accepted"),
        (FakeCluster(forms=False), "/api/v1/secrets", TABLE, 406, "only the following media types are accepted"),
        (FakeCluster(), "/api/v1/pods?continue=xx", "*/*", 400, "continue key is not valid"),
        (FakeCluster(fail={"pods": [503]}), "/api/v1/pods", "*/*", 503, "currently unable to handle the request"),
    ],
)
def test_refusals_are_worded_as_the_server_does(
    cluster: FakeCluster, path: str, accept: str, status: int, says: str
) -> None:
    with cluster:
        found, _, content = ask(cluster, path, accept)
    assert found == content["code"] == status
    assert content["kind"] == "Status"
    assert says in content["message"]


@pytest.mark.parametrize(
    ("cluster", "path", "status", "says"),
    [
        (
            FakeCluster(down_groups=["metrics.k8s.io/v1beta1"]),
            "/apis/metrics.k8s.io/v1beta1",
            503,
            "service unavailable\n",
        ),
        (FakeCluster(), "/nowhere", 404, "404 page not found\n"),
        (FakeCluster(fail={"pods": [429]}), "/api/v1/pods", 429, "Too many requests, please try again later.\n"),
    ],
)
def test_some_refusals_are_plain_text(cluster: FakeCluster, path: str, status: int, says: str) -> None:
    with cluster:
        assert ask(cluster, path) == (status, "text/plain; charset=utf-8", says)


def test_an_expired_token_comes_with_one_that_goes_on() -> None:
    with FakeCluster([a_pod(f"p{number}") for number in range(4)], expire={"pods": 1}) as cluster:
        _, _, first = ask(cluster, "/api/v1/pods?limit=2")
        status, _, refused = ask(cluster, f"/api/v1/pods?limit=2&continue={first['metadata']['continue']}")
        _, _, rest = ask(cluster, f"/api/v1/pods?limit=2&continue={refused['metadata']['continue']}")
    assert (status, refused["reason"]) == (410, "Expired")
    assert [item["metadata"]["name"] for item in rest["items"]] == ["p2", "p3"]


def test_it_remembers_what_it_was_asked() -> None:
    with FakeCluster() as cluster:
        ask(cluster, "/api/v1/pods?limit=2")
    (request,) = cluster.asked("/api/v1/pods")
    assert (request.method, request.query, request.headers["accept"]) == ("GET", {"limit": "2"}, "application/json")


@pytest.mark.recorded
@needs_northwind
def test_pages_are_as_a_real_server_gave_them() -> None:
    whole = json.loads((NORTHWIND / "lists" / "core_v1_secrets.json").read_bytes())
    with FakeCluster({"apiVersion": "v1", "kind": "Secret", **item} for item in whole["items"]) as cluster:
        token = ""
        for number in (1, 2):
            recorded = json.loads((NORTHWIND / f"secrets.page{number}.limit30.json").read_bytes())
            _, _, page = ask(cluster, f"/api/v1/secrets?limit=30&continue={token}")
            names = [[item["metadata"]["name"] for item in answer["items"]] for answer in (page, recorded)]
            assert names[0] == names[1]
            assert page["metadata"]["remainingItemCount"] == recorded["metadata"]["remainingItemCount"]
            token = page["metadata"]["continue"]
            starts = [json.loads(base64.urlsafe_b64decode(t + "==")) for t in (token, recorded["metadata"]["continue"])]
            assert starts[0].keys() == starts[1].keys()
            assert starts[0]["start"].strip("/") == starts[1]["start"].strip("/")
        recorded = json.loads((NORTHWIND / "secrets.table.json").read_bytes())
        _, _, table = ask(cluster, "/api/v1/secrets", TABLE)
    cells = [[row["cells"][:3] for row in answer["rows"]] for answer in (table, recorded)]
    assert cells[0] == cells[1]
    assert [column["name"] for column in table["columnDefinitions"]] == [
        column["name"] for column in recorded["columnDefinitions"]
    ]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
@pytest.mark.parametrize("aggregated", [True, False])
def test_kubectl_takes_it_for_a_cluster(tmp_path: Path, *, aggregated: bool) -> None:
    objects = [a_namespace(), *(a_deployment(f"d{number}") for number in range(5)), a_secret()]
    with FakeCluster(objects, aggregated=aggregated, down_groups=["metrics.k8s.io/v1beta1"]) as cluster:
        (tmp_path / "config").write_text(cluster.kubeconfig())

        def kubectl(*arguments: str) -> str:
            command = ["kubectl", f"--kubeconfig={tmp_path}/config", f"--cache-dir={tmp_path}/cache", *arguments]
            return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

        names = kubectl("get", "deployments", "-A", "--chunk-size=2", "-o", "name").split()
        secrets = kubectl("get", "secrets", "-n", "shop")
    assert names == [f"deployment.apps/d{number}" for number in range(5)]
    assert "Opaque" in secrets
