from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from demarc.collect.live.kinds import BUILT_IN, Resource
from demarc.collect.live.rbac import needed_cluster_role, needed_resources
from demarc.testing import FakeCluster, a_custom_resource_definition
from tests.collect.live_support import collected, reading


def rules(text: str) -> dict[tuple[str, str], list[str]]:
    role = next(iter(yaml.safe_load_all(text)))
    return {
        (group, plural): rule["verbs"]
        for rule in role["rules"]
        for group in rule.get("apiGroups", ())
        for plural in rule["resources"]
    }


def test_the_role_grants_exactly_what_a_collection_asks_for(tmp_path: Path) -> None:
    objects = [a_custom_resource_definition("shop.example", "widgets", "Widget")]
    with FakeCluster(objects) as cluster:
        with reading(cluster, tmp_path) as reader:
            found = needed_resources(reader, sleep=lambda _: None)
        cluster.requests.clear()
        collected(cluster, tmp_path)
    granted = rules(needed_cluster_role(found.resources))
    asked = set()
    for request in cluster.requests:
        parts = request.path.strip("/").split("/")
        if parts[0] == "api" and len(parts) == 3:
            asked.add(("", parts[2]))
        elif parts[0] == "apis" and len(parts) == 4:
            asked.add((parts[1], parts[3]))
    assert set(granted) == asked
    assert {verb for verbs in granted.values() for verb in verbs} == {"list"}
    assert ("shop.example", "widgets") in granted


def test_without_a_cluster_the_known_kinds_are_named() -> None:
    granted = rules(needed_cluster_role(needed_resources(None, sleep=lambda _: None).resources))
    assert {("", "pods"), ("apps", "deployments"), ("argoproj.io", "applications")} <= set(granted)
    assert not {("", "events"), ("coordination.k8s.io", "leases")} & set(granted)
    assert "*" not in {part for key in granted for part in key}


def test_discovery_paths_are_for_reading_only() -> None:
    role = yaml.safe_load(needed_cluster_role(BUILT_IN))
    (paths,) = [rule for rule in role["rules"] if "nonResourceURLs" in rule]
    assert paths["verbs"] == ["get"]
    assert set(paths["nonResourceURLs"]) == {"/version", "/api", "/api/*", "/apis", "/apis/*"}


def test_secrets_stand_apart_with_what_their_right_means() -> None:
    text = needed_cluster_role(BUILT_IN)
    rule = text[text.index("# Secrets are asked for as metadata") :]
    assert yaml.safe_load(text)["rules"][-1] == {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}
    assert "Unknown" in rule


def test_a_role_without_secrets_can_be_made() -> None:
    text = needed_cluster_role(resource for resource in BUILT_IN if resource.plural != "secrets")
    assert ("", "secrets") not in rules(text)
    assert "Secrets" not in text


def test_a_binding_can_come_with_it() -> None:
    documents = list(yaml.safe_load_all(needed_cluster_role(BUILT_IN, with_binding=True, namespace="audit")))
    assert [document["kind"] for document in documents] == ["ClusterRole", "ServiceAccount", "ClusterRoleBinding"]
    role, account, binding = documents
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"][0]["namespace"] == account["metadata"]["namespace"] == "audit"


def test_a_namespace_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not a namespace"):
        needed_cluster_role(BUILT_IN, with_binding=True, namespace="a: b")


def test_built_in_kinds_are_named_once() -> None:
    names = [resource.name for resource in BUILT_IN]
    assert len(names) == len(set(names))
    assert Resource(group="", version="v1", plural="pods", kind="Pod", namespaced=True) in BUILT_IN
