"""The inventory as a whole: the recorded cluster, hostile input, and the promises that hold for any input."""

from __future__ import annotations

import json
import time
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demarc.catalog.boundaries import models
from demarc.catalog.components import KINDS, components, fits, parse_image
from demarc.model.duties import Unit
from demarc.model.inventory import Installer, Management
from demarc.model.kubernetes import Pod, PodSpec
from demarc.testing import a_cluster_role_binding, a_deployment, a_namespace, a_node, a_subject, a_workload
from tests.inventory import nodes
from tests.inventory.seen import a_record, a_snapshot, component, decoded, inventory_of, seen
from tests.recorded import NORTHWIND, needs_northwind


def recorded(*, with_managers: bool = True) -> Any:
    items = []
    for path in sorted((NORTHWIND / "lists").glob("*.json")):
        answer = json.loads(path.read_text())
        for item in answer["items"]:
            if not with_managers:
                item["metadata"].pop("managedFields", None)
            items.append({**item, "apiVersion": answer["apiVersion"], "kind": answer["kind"].removesuffix("List")})
    return inventory_of(a_snapshot(*items, server_version="v1.36.2"))


@pytest.mark.recorded
@needs_northwind
def test_the_recorded_cluster_is_eks_with_three_managed_node_groups() -> None:
    found = recorded()
    assert (found.cluster.provider, found.cluster.name, found.cluster.region) == ("eks", "northwind-prod", "eu-west-1")
    assert {pool.name: pool.nodes for pool in found.pools} == {"general": 3, "gpu": 1, "spot": 1}
    assert found.models == ("managed_node_groups",)
    assert any("v1.36.2" in warning for warning in found.warnings)


@pytest.mark.recorded
@needs_northwind
def test_the_recorded_add_ons_are_the_providers_and_the_rest_the_customers() -> None:
    by_installer: dict[Installer, set[str]] = {}
    for item in recorded().components:
        by_installer.setdefault(item.installer, set()).add(item.id)
    assert by_installer[Installer.PROVIDER] >= {
        *("vpc-cni", "coredns", "kube-proxy", "aws-ebs-csi-driver", "eks-pod-identity-agent", "metrics-server"),
        *("aws-load-balancer-controller", "cluster-autoscaler"),
    }
    assert by_installer[Installer.CUSTOMER] >= {
        "argocd",
        "cert-manager",
        "ingress-nginx",
        "external-secrets",
        "datadog",
    }
    assert Installer.UNKNOWN not in by_installer
    assert component(recorded(), "cert-manager").management is Management.HELM


@pytest.mark.recorded
@needs_northwind
def test_the_recorded_cluster_without_field_managers_leaves_add_ons_open() -> None:
    found = recorded(with_managers=False)
    assert component(found, "vpc-cni").installer is Installer.UNKNOWN
    assert component(found, "cert-manager").management is Management.HELM  # its release Secret still tells
    assert component(found, "ingress-nginx").installer is Installer.CUSTOMER
    assert any("managedFields" in warning for warning in found.warnings)


@pytest.mark.recorded
@needs_northwind
def test_planted_accounts_of_the_recorded_cluster_are_not_taken_for_the_platforms() -> None:
    kinds = {item.scope.name: item.kinds for item in recorded().places if item.scope.kind is Unit.IDENTITY}
    for name in ("rbac-manager", "tiller"):
        assert "system" not in kinds[f"kube-system/ServiceAccount/{name}"]


def test_every_entry_of_the_catalogue_is_sound() -> None:
    catalogue = components()
    names = [entry.name for entry in catalogue.entries]
    assert len(names) == len(set(names)) >= 120
    for entry in catalogue.entries:
        assert entry.kind in KINDS
        assert entry.images, entry.name
        for pattern in entry.images:
            assert not pattern.startswith("*/"), entry.name
            assert pattern.split("/")[-1] not in {"*", "controller", "agent", "operator", "server"} or "/" in pattern
        assert set(entry.addons) <= set(models()), entry.name


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("registry.k8s.io/ingress-nginx/controller:v1.11.1@sha256:ab", "ingress-nginx"),
        ("localhost:5000/mirror/quay.io/jetstack/cert-manager-webhook", "cert-manager"),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/platform/grafana:11", "grafana"),
        ("falcosecurity/falco", "falco"),
        ("acme/controller:1", None),
        ("redis:7", None),
        ("", None),
        (":::@@@///", None),
        ("a/" * 5000, None),
    ],
)
def test_images_are_known_by_the_end_of_their_name(reference: str, name: str | None) -> None:
    found = components().by_image(parse_image(reference))
    assert (found.name if found else None) == name


names = st.text(min_size=1, max_size=40)
hostile = st.sampled_from(
    [
        "\x1b[31mred",
        "<script>alert(1)</script>",
        "\u202etxt",
        "=cmd()",
        "a" * 300,
        "../../x",
        "name with spaces",
        "名前",
    ]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    name=st.one_of(names, hostile),
    provider_id=st.one_of(names, hostile, st.sampled_from(["aws:///a/i-1", "azure:///", "gce://", "ocid1.instance.x"])),
    kubelet=st.one_of(names, st.sampled_from(["v1.32.1-eks-a", "v1.33.0-gke.1", "v1.32+IKS"])),
    labels=st.dictionaries(st.one_of(names, st.just("eks.amazonaws.com/nodegroup")), names, max_size=3),
    body=st.dictionaries(
        st.sampled_from(["sku", "autopilot", "computeConfig", "addonProfiles", "version", "nodePools", "id", "arn"]),
        st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), names), st.lists, max_leaves=4),
    ),
    kind=st.sampled_from(
        ["eks.cluster", "gke.cluster", "aks.cluster", "rosa.cluster", "eks.addon", "eks.nodegroupList"]
    ),
)
def test_any_input_gives_a_whole_inventory(
    *, name: str, provider_id: str, kubelet: str, labels: dict[str, str], body: dict[str, Any], kind: str
) -> None:
    found = seen(
        a_node(name, provider_id=provider_id, kubelet_version=kubelet, labels=labels),
        a_namespace(name, labels=labels),
        a_deployment(name, name, image=name, labels=labels),
        a_cluster_role_binding(name, subjects=[a_subject("User", name)]),
        records=(a_record(kind, name, body),),
    )
    assert found.pools
    assert found.cluster.provider in models()
    assert all(pool.model in models()[found.cluster.provider] for pool in found.pools)
    assert all(pool.evidence for pool in found.pools)
    assert all(item.evidence for item in found.components)
    assert len({item.id for item in found.components}) == len(found.components)
    assert len({pool.name for pool in found.pools}) == len(found.pools)
    assert found == seen(
        a_node(name, provider_id=provider_id, kubelet_version=kubelet, labels=labels),
        a_namespace(name, labels=labels),
        a_deployment(name, name, image=name, labels=labels),
        a_cluster_role_binding(name, subjects=[a_subject("User", name)]),
        records=(a_record(kind, name, body),),
    )


def test_ten_thousand_pods_take_little_time() -> None:
    items: list[dict[str, Any]] = [nodes.managed(f"ip-{at}", f"g{at % 5}") for at in range(300)]
    items += [a_namespace(f"ns-{at}", labels={"team": f"t{at % 9}"}) for at in range(100)]
    for at in range(1000):
        deployment = a_deployment(f"app-{at}", f"ns-{at % 100}")
        items += [deployment, a_workload("ReplicaSet", f"app-{at}-5d9", f"ns-{at % 100}", owner=deployment)]
    snapshot = a_snapshot(*items)
    owners = snapshot.objects["ReplicaSet.apps"]
    pods = []
    for at in range(10_000):
        above = owners[at % 1000]
        reference = {"kind": "ReplicaSet", "name": above.metadata.name, "controller": True}
        _, pod = decoded(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"p-{at}",
                    "namespace": above.metadata.namespace,
                    "ownerReferences": [reference],
                },
                "spec": {"nodeName": f"ip-{at % 300}", "containers": [{"name": "a", "image": "acme/app:1"}]},
            }
        )
        assert isinstance(pod, Pod)
        assert isinstance(pod.spec, PodSpec)
        pods.append(pod)
    snapshot.objects["Pod"] = tuple(pods)
    before = time.process_time()
    found = inventory_of(snapshot)
    assert time.process_time() - before < 1.5
    assert sum(item.scope.kind is Unit.WORKLOAD for item in found.places) == 1000


@given(
    name=st.text(alphabet="ab-", max_size=8),
    pattern=st.text(alphabet="ab-*", max_size=6),
)
def test_patterns_fit_as_shell_globs_do(name: str, pattern: str) -> None:
    assert fits(name, pattern) == fnmatchcase(name, pattern)
