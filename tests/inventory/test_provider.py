from __future__ import annotations

import pytest

from demarc.model.evidence import Gap, GapReason, Grade
from demarc.testing import (
    a_config_map,
    a_custom_resource_definition,
    a_daemon_set,
    a_namespace,
    a_node,
    a_pod,
)
from tests.inventory import nodes
from tests.inventory.seen import a_record, seen


def crd(group: str) -> dict[str, object]:
    return a_custom_resource_definition(group, "things", "Thing")


def static_api_server(node: str) -> dict[str, object]:
    return a_pod(
        f"kube-apiserver-{node}",
        "kube-system",
        image="registry.k8s.io/kube-apiserver:v1.32.0",
        node=node,
        annotations={"kubernetes.io/config.mirror": "abc"},
    )


CASES = {
    "eks": [nodes.managed()],
    "gke": [nodes.gke()],
    "aks": [nodes.aks()],
    "ibm": [a_node("w", provider_id="ibm://acc///cluster/worker", kubelet_version="v1.32.1+IKS")],
    "ack": [a_node("w", provider_id="cn-hangzhou.i-bp1abc", kubelet_version="v1.32.1-aliyun.1")],
    "oke": [
        a_node("w", provider_id="ocid1.instance.oc1.iad.abc", labels={"oke.oraclecloud.com/tenant_agent.version": "1"})
    ],
    "doks": [a_node("w", provider_id="digitalocean://123", labels={"doks.digitalocean.com/node-pool": "p"})],
    "lke": [a_node("w", provider_id="linode://123", labels={"lke.linode.com/pool-id": "1"})],
    "ovh": [a_node("w", provider_id="openstack:///abc", labels={"node.k8s.ovh/type": "standard", "nodepool": "p"})],
    "scaleway": [
        a_node("w", provider_id="scaleway://instance/fr-par-1/abc", labels={"k8s.scaleway.com/pool-name": "p"})
    ],
}


@pytest.mark.parametrize("provider", CASES)
def test_each_provider_is_known_by_what_its_nodes_report(provider: str) -> None:
    found = seen(*CASES[provider]).cluster
    assert (found.provider, found.identified) == (provider, True)
    assert found.evidence[0].grade is Grade.WRITTEN


@pytest.mark.parametrize("provider", ["eks", "gke", "aks", "rosa", "aro", "oke", "ibm", "doks", "lke", "ovh", "ack"])
def test_a_description_alone_identifies_its_provider(provider: str) -> None:
    found = seen(records=(a_record(f"{provider}.cluster", "prod"),))
    assert (found.cluster.provider, found.cluster.name, found.cluster.identified) == (provider, "prod", True)
    assert found.pools


@pytest.mark.parametrize(
    ("version", "provider"),
    [
        ("v1.32.3-eks-bcf3d70", "eks"),
        ("v1.33.4-gke.1172000", "gke"),
        ("v1.32.1+IKS", "ibm"),
        ("v1.32.1-aliyun.1", "ack"),
        ("v1.32.1+k3s1", "self_managed"),
        ("v1.32.1+rke2r1", "self_managed"),
    ],
)
def test_the_version_of_the_api_server_identifies_its_builder(version: str, provider: str) -> None:
    found = seen(server_version=version).cluster
    assert (found.provider, found.identified, found.version) == (provider, True, version)


def test_labels_alone_never_identify_a_provider_against_what_nodes_report() -> None:
    forged = a_node(
        "worker",
        provider_id="aws:///eu-west-1a/i-0aa",
        kubelet_version="v1.32.1",
        labels={"eks.amazonaws.com/nodegroup": "general", "alpha.eksctl.io/cluster-name": "prod"},
    )
    found = seen(forged, a_config_map("aws-auth", "kube-system"))
    assert (found.cluster.provider, found.cluster.identified) == ("self_managed", False)
    assert any(rival.startswith("eks: ") for rival in found.cluster.rivals)
    assert any("handled as self-managed" in warning for warning in found.warnings)


def test_names_are_believed_with_a_warning_where_no_node_was_seen() -> None:
    aws_node = a_daemon_set(
        "aws-node", "kube-system", image="602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.19.2"
    )
    found = seen(aws_node, a_config_map("aws-auth", "kube-system"))
    assert (found.cluster.provider, found.cluster.identified) == ("eks", True)
    assert any("Only names, labels and images" in warning for warning in found.warnings)


def test_nothing_at_all_is_handled_as_self_managed_with_a_warning() -> None:
    found = seen()
    assert (found.cluster.provider, found.cluster.identified, found.cluster.name) == ("self_managed", False, "cluster")
    assert found.warnings
    assert found.cluster.evidence


@pytest.mark.parametrize(
    "node",
    [
        a_node("n", provider_id="k3s://n", kubelet_version="v1.32.1+k3s1"),
        a_node("n", kubelet_version="v1.32.1+rke2r1"),
        a_node("n", provider_id="kind://docker/kind/n"),
        a_node("n", provider_id="aws:///eu-west-1a/i-0aa", os_image="Talos (v1.9.0)"),
        a_node("n", annotations={"kubeadm.alpha.kubernetes.io/cri-socket": "unix:///run/containerd/containerd.sock"}),
        a_node("n", provider_id="aws:///eu-west-1a/i-0aa", labels={"kops.k8s.io/instancegroup": "nodes"}),
    ],
)
def test_distributions_that_users_run_are_identified_as_self_managed(node: dict[str, object]) -> None:
    found = seen(node)
    assert (found.cluster.provider, found.cluster.identified) == ("self_managed", True)
    assert {pool.model for pool in found.pools} == {"kubeadm_or_other"}


def test_an_api_server_among_the_pods_outweighs_kubelets_of_eks_distro() -> None:
    found = seen(nodes.eks_node("master"), static_api_server("master"), server_version="v1.32.1-eks-abc")
    assert found.cluster.provider == "self_managed"
    assert any(rival.startswith("eks: ") for rival in found.cluster.rivals)


def test_an_api_server_pod_on_a_node_that_is_not_there_counts_for_nothing() -> None:
    found = seen(nodes.managed(), static_api_server("no-such-node"))
    assert found.cluster.provider == "eks"


def test_eks_distro_off_aws_is_eks_anywhere() -> None:
    node = a_node("n", provider_id="vsphere://abc", kubelet_version="v1.32.1-eks-abc")
    found = seen(node, static_api_server("n"))
    assert (found.cluster.provider, found.models) == ("eks", ("eks_anywhere",))


def test_gke_kubelets_outside_google_are_not_gke() -> None:
    node = a_node("n", provider_id="vsphere://abc", kubelet_version="v1.32.1-gke.100")
    assert seen(node).cluster.provider == "self_managed"


def test_a_description_wins_over_nodes_and_the_contradiction_is_told() -> None:
    found = seen(nodes.gke(), records=(a_record("eks.cluster", "prod", {"version": "1.32"}),))
    assert found.cluster.provider == "eks"
    assert any(rival.startswith("gke: ") for rival in found.cluster.rivals)
    assert any("points to gke" in warning for warning in found.warnings)


def test_a_cluster_that_is_only_registered_with_eks_is_not_run_by_it() -> None:
    body = {"connectorConfig": {"provider": "RANCHER"}}
    assert seen(records=(a_record("eks.cluster", "prod", body),)).cluster.provider == "self_managed"


def test_an_api_server_without_the_providers_suffix_is_a_contradiction() -> None:
    found = seen(nodes.managed(), server_version="v1.36.2")
    assert found.cluster.provider == "eks"
    assert any("v1.36.2" in rival for rival in found.cluster.rivals)
    assert any("v1.36.2" in warning for warning in found.warnings)


def test_openshift_leftovers_make_no_openshift() -> None:
    found = seen(nodes.managed(), a_config_map("openshift-service-ca.crt", "shop"), a_namespace("openshift-config"))
    assert found.cluster.provider == "eks"


ROSA_TAGS = {"red-hat-managed": "true", "red-hat-clustertype": "rosa"}


@pytest.mark.parametrize(
    ("items", "provider"),
    [
        ([nodes.infrastructure("HighlyAvailable", tags=ROSA_TAGS)], "rosa"),
        ([nodes.infrastructure("External", address="https://api.shop.x.p3.openshiftapps.com:443")], "rosa"),
        ([nodes.infrastructure("External"), crd("upgrade.managed.openshift.io")], "rosa"),
        ([nodes.infrastructure("HighlyAvailable", platform="Azure"), crd("aro.openshift.io")], "aro"),
        (
            [nodes.infrastructure("HighlyAvailable", address="https://api.x.eastus.aroapp.io:6443", platform="Azure")],
            "aro",
        ),
        ([nodes.infrastructure("HighlyAvailable", address="https://api.shop.example.com:6443")], "self_managed"),
        ([nodes.cluster_version()], "self_managed"),
        ([nodes.infrastructure("HighlyAvailable", tags={"red-hat-clustertype": "osd"})], "self_managed"),
        ([nodes.cluster_version(), a_node("w", provider_id="ibm://acc///c/w", kubelet_version="v1.31.4")], "ibm"),
    ],
)
def test_openshift_is_told_apart_by_what_its_service_writes(items: list[dict[str, object]], provider: str) -> None:
    assert seen(nodes.openshift("w1", "worker"), *items).cluster.provider == provider


def test_an_address_that_only_looks_like_the_services_counts_for_nothing() -> None:
    address = "https://api.openshiftapps.com.evil.example:6443"
    found = seen(nodes.infrastructure("HighlyAvailable", address=address))
    assert found.cluster.provider == "self_managed"


def test_of_several_descriptions_the_one_that_the_context_names_is_used() -> None:
    records = (a_record("eks.cluster", "prod", {"version": "1.32"}), a_record("eks.cluster", "nonprod", {}))
    found = seen(records=records, context="arn:aws:eks:eu-west-1:111122223333:cluster/prod")
    assert (found.cluster.name, found.cluster.region, found.cluster.account) == ("prod", "eu-west-1", "111122223333")
    assert found.facts["eks.cluster"] == ({"version": "1.32"},)
    assert any("nonprod" in warning for warning in found.warnings)


def test_several_descriptions_that_nothing_tells_apart_are_not_used() -> None:
    found = seen(records=(a_record("eks.cluster", "a", {"version": "1.32"}), a_record("eks.cluster", "b")))
    assert found.cluster.provider == "eks"
    assert "eks.cluster" not in found.facts
    assert any("several clusters" in warning for warning in found.warnings)


def test_descriptions_of_two_providers_alone_decide_nothing() -> None:
    found = seen(records=(a_record("eks.cluster", "a"), a_record("gke.cluster", "b")))
    assert (found.cluster.provider, found.cluster.identified) == ("self_managed", False)


@pytest.mark.parametrize(
    ("items", "more", "expected"),
    [
        ([], {"context": "gke_acme-prod_europe-west1_shop"}, ("shop", "acme-prod", "europe-west1")),
        ([], {"context": "bob@shop.eu-north-1.eksctl.io"}, ("shop", "", "eu-north-1")),
        ([nodes.aks()], {}, ("cluster", "00000000-0000-0000-0000-000000000001", "")),
        ([nodes.infrastructure("External", tags=ROSA_TAGS)], {}, ("shop", "", "")),
    ],
)
def test_name_account_and_region_are_read_where_they_stand(
    items: list[dict[str, object]], more: dict[str, str], expected: tuple[str, str, str]
) -> None:
    found = seen(*items, **more).cluster
    assert (found.name, found.account, found.region) == expected


def test_what_is_missing_is_named_with_how_to_get_it() -> None:
    gap = Gap(what="nodes", reason=GapReason.FORBIDDEN, detail="403")
    found = seen(a_daemon_set("aws-node", "kube-system", managers=["eks"]), gaps=(gap,))
    whats = {item.what: item for item in found.gaps}
    assert whats["nodes"] is gap
    assert "describe-cluster" in whats["eks.cluster"].todo
    assert "list-addons" in whats["eks.addon"].todo


def test_a_list_without_entries_is_not_missing() -> None:
    empty = a_record("eks.fargateProfileList", "", {"names": [], "more": False, "unread": 0})
    found = seen(nodes.managed(), records=(a_record("eks.cluster", "prod"), empty))
    assert not {"eks.fargateProfile", "eks.cluster"} & {gap.what for gap in found.gaps}
    assert found.facts["eks.fargateProfile"] == ()
