"""The recorded cluster: its dangerous grants are in the graph, and no right is that its authorizer denied."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime

import pytest

from demarc.access.review import reviews
from demarc.access.techniques import View, access_graph
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.inventory.build import build
from demarc.model.access import Asker, Request
from demarc.model.graph import Hop
from tests.recorded import NORTHWIND, needs_northwind

pytestmark = needs_northwind


@pytest.fixture(scope="module")
def hops():
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
    builder.add_document((NORTHWIND / "cluster.json").read_bytes(), origin="cluster.json")
    snapshot = builder.build(now=datetime(2026, 11, 24, tzinfo=UTC))
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    graph = access_graph(View(snapshot, inventory))
    return tuple(graph.hop(edge) for edge in range(len(graph.arrays)))


@pytest.fixture(scope="module")
def truth():
    return json.loads((NORTHWIND / "inventory.json").read_text())


def who(subject: dict[str, str]) -> str:
    if subject["kind"] == "ServiceAccount":
        return f"ServiceAccount {subject['namespace']}/{subject['name']}"
    return f"{subject['kind']} {subject['name']}"


def edges(hops) -> set[tuple[str, str]]:
    return {(hop.source.name, hop.target.name) for hop in hops}


def test_every_binding_to_cluster_admin_leads_from_its_subjects_to_everything(hops, truth):
    found = edges(hops)
    for one in truth["clusterAdminBindings"]:
        binding = f"ClusterRoleBinding {one['binding']}"
        assert (binding, "cluster-admin") in found
        assert {(who(subject), binding) for subject in one["subjects"]} <= found


def test_every_public_or_broad_binding_leads_on_from_its_group(hops, truth):
    found = edges(hops)
    for one in truth["publicOrBroadBindings"]:
        binding = f"{one['kind']} {one['ns']}/{one['binding']}" if one["ns"] else f"{one['kind']} {one['binding']}"
        kind = "User" if one["subject"] == "system:anonymous" else "Group"
        assert (f"{kind} {one['subject']}", binding) in found


def test_live_token_secrets_open_their_accounts_and_invalidated_ones_do_not(hops, truth):
    found = {(hop.source.name, hop.target.name) for hop in hops if hop.technique == "TOKEN_SECRET_READ"}
    expected = {
        (one["secret"], f"ServiceAccount {one['secret'].partition('/')[0]}/{one['sa']}")
        for one in truth["legacyTokenSecrets"]
        if "kubernetes.io/legacy-token-invalid-since" not in one["labels"]
    }
    assert found == expected


def test_privileged_pods_and_those_with_the_host_get_out_or_onto_its_network(hops, truth):
    ways = {
        hop.source.name.split("/")[0] + "/" + hop.source.name.split("/")[2]
        for hop in hops
        if hop.source.kind == "workload"
        and (hop.target.kind == "node" or hop.technique in ("HOST_NETWORK", "KUBELET_DIR", "SHARED_VOLUME"))
    }
    for pod in truth["privilegedOrHostPods"]:
        name = re.sub(r"-[0-9a-f]{8,10}$|-\d{8}$", "", pod)
        assert name in ways, pod


_RIGHTS = {
    "SECRET_READ": ("secrets", ("get", "list", "watch"), ""),
    "TOKEN_REQUEST": ("serviceaccounts", ("create",), "token"),
    "POD_CREATE": ("pods", ("create",), ""),
    "POD_EXEC": ("pods", ("create", "get"), "exec"),
    "KUBELET_PROXY": ("nodes", ("create", "get"), "proxy"),
}


def test_no_technique_is_where_the_recorded_authorizer_said_no(hops):
    """For each answer no, the graph must not hold that right for the subject in that namespace or everywhere."""
    by_source: dict[str, list[Hop]] = {}
    for hop in hops:
        by_source.setdefault(hop.source.name, []).append(hop)
    checked = 0
    with gzip.open(NORTHWIND / "subjectaccessreviews.jsonl.gz") as file:
        lines = file.read().splitlines()
    for line, (asker, request) in zip(lines, reviews(lines, origin="recorded"), strict=True):
        if json.loads(line)["status"]["allowed"] or request.path is not None:
            continue
        for technique, (resource, verbs, subresource) in _RIGHTS.items():
            if (request.resource, request.subresource) != (resource, subresource) or request.verb not in verbs:
                continue
            checked += 1
            assert not _has(by_source, asker, request, technique), line
    assert checked > 100


def _has(by_source: dict[str, list[Hop]], asker: Asker, request: Request, technique: str) -> bool:
    """Whether one of an asker's own grants has the technique for all that was asked about, by the very verb."""
    names = [f"Group {group}" for group in asker.groups]
    account = re.fullmatch(r"system:serviceaccount:([^:]+):([^:]+)", asker.user)
    names.append(f"ServiceAccount {account[1]}/{account[2]}" if account else f"User {asker.user}")
    space = request.namespace or "*"
    for name in names:
        for grant in by_source.get(name, ()):
            for hop in by_source.get(grant.target.name, ()) if grant.technique == "GRANTED" else ():
                whole = hop.target.name.removeprefix("ServiceAccount ").split("/")[0] in ("*", space)
                every = hop.target.name.endswith("/*")
                said = " ".join(one.says for one in hop.evidence)
                if hop.technique == technique and whole and every and f"allows {request.verb} " in said:
                    return True
    return False
