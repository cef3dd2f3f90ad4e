from __future__ import annotations

from typing import Any

import pytest

from demarc.model.evidence import Gap, GapReason, Grade
from demarc.testing import a_custom_resource_definition, a_daemon_set, a_deployment, a_node, a_pod
from tests.inventory import nodes
from tests.inventory.seen import a_listing, a_record, pool, pool_models, seen

AUTO = {"computeConfig": {"enabled": True, "nodePools": ["general-purpose", "system"]}}


def test_an_eks_cluster_mixes_models_node_by_node() -> None:
    found = seen(
        nodes.managed("ip-1", "general"),
        nodes.managed("ip-2", "general"),
        nodes.eks_node("ip-3"),
        nodes.fargate(),
        nodes.auto(),
        nodes.hybrid(),
        nodes.labelled(nodes.eks_node("ip-4"), **{"karpenter.sh/nodepool": "burst"}),
    )
    assert pool_models(found) == {
        "general": "managed_node_groups",
        "self_managed_nodes": "self_managed_nodes",
        "fargate": "fargate",
        "general-purpose": "auto_mode",
        "hybrid_nodes": "hybrid_nodes",
        "burst": "self_managed_nodes",
    }
    assert pool(found, "general").nodes == 2
    assert pool(found, "general").node_names == ("ip-1", "ip-2")


@pytest.mark.parametrize("forged", ["auto", "fargate", "hybrid"])
def test_a_compute_type_label_on_an_ordinary_instance_is_not_believed(forged: str) -> None:
    found = seen(nodes.labelled(nodes.eks_node(), **{"eks.amazonaws.com/compute-type": forged}))
    assert found.models == ("self_managed_nodes",)
    assert any("read as self-managed" in warning for warning in found.warnings)


def test_auto_mode_by_label_needs_its_api_group_or_description() -> None:
    node = nodes.labelled(nodes.eks_node(), **{"eks.amazonaws.com/compute-type": "auto"})
    group = a_custom_resource_definition("eks.amazonaws.com", "nodeclasses", "NodeClass")
    assert seen(node, group).models == ("auto_mode",)
    assert "auto_mode" in seen(node, records=(a_record("eks.cluster", "prod", AUTO),)).models
    off = a_record("eks.cluster", "prod", {"computeConfig": {"enabled": False}})
    assert seen(node, group, records=(off,)).models == ("self_managed_nodes",)


def test_a_node_group_that_the_provider_does_not_list_is_self_managed() -> None:
    found = seen(nodes.managed(group="ghost"), records=(a_listing("eks.nodegroup", ["general"]),))
    assert pool_models(found) == {"ghost": "self_managed_nodes", "general": "managed_node_groups"}
    assert pool(found, "general").nodes == 0


def test_a_list_that_goes_on_says_nothing_of_what_it_does_not_name() -> None:
    found = seen(nodes.managed(group="ghost"), records=(a_listing("eks.nodegroup", ["general"], more=True),))
    assert pool_models(found) == {"ghost": "managed_node_groups"}


def test_a_pool_carries_its_description_and_launch_template() -> None:
    group = a_record(
        "eks.nodegroup",
        "general",
        {"amiType": "CUSTOM", "launchTemplate": {"id": "lt-1", "version": "3"}},
        "prod",
    )
    templates = tuple(
        a_record("ec2.launchTemplateVersion", f"lt-1:{n}", {"LaunchTemplateId": "lt-1", "VersionNumber": n})
        for n in (2, 3)
    )
    found = seen(nodes.managed(), records=(group, *templates))
    described = pool(found, "general")
    assert (described.record_kind, described.record_name) == ("eks.nodegroup", "general")
    assert described.evidence[0].grade is Grade.ANSWERED
    facts = found.pool_facts["general"]
    assert facts["eks.nodegroup"]["amiType"] == "CUSTOM"
    assert facts["ec2.launchTemplateVersion"]["VersionNumber"] == 3


def test_a_described_pool_without_a_launch_template_has_none_and_is_not_unseen() -> None:
    group = a_record("eks.nodegroup", "general", {"amiType": "AL2023_x86_64_STANDARD"}, "prod")
    assert seen(nodes.managed(), records=(group,)).pool_facts["general"]["ec2.launchTemplateVersion"] == {}
    unseen = a_record("eks.nodegroup", "general", {"launchTemplate": {"id": "lt-1", "version": "1"}}, "prod")
    assert "ec2.launchTemplateVersion" not in seen(nodes.managed(), records=(unseen,)).pool_facts["general"]


@pytest.mark.parametrize(("version", "expected"), [("$Latest", 3), ("$Default", 2), ("9", None)])
def test_symbolic_launch_template_versions_are_resolved(version: str, expected: int | None) -> None:
    group = a_record("eks.nodegroup", "general", {"launchTemplate": {"name": "base", "version": version}})
    templates = tuple(
        a_record(
            "ec2.launchTemplateVersion",
            f"lt-1:{n}",
            {"LaunchTemplateName": "base", "VersionNumber": n, "DefaultVersion": n == 2},
        )
        for n in (1, 2, 3)
    )
    facts = seen(nodes.managed(), records=(group, *templates)).pool_facts["general"]
    assert facts.get("ec2.launchTemplateVersion", {}).get("VersionNumber") == expected


def test_pools_of_which_no_node_runs_are_pools() -> None:
    records = (
        a_record("eks.cluster", "prod", AUTO),
        a_record("eks.nodegroup", "spare", {}, "prod"),
        a_record("eks.fargateProfile", "batch", {}, "prod"),
    )
    found = seen(records=records)
    assert pool_models(found) == {
        "spare": "managed_node_groups",
        "batch": "fargate",
        "general-purpose": "auto_mode",
        "system": "auto_mode",
    }
    assert all(item.nodes == 0 and item.evidence[0].grade is Grade.ANSWERED for item in found.pools)


def test_pods_name_the_fargate_profile_of_their_node() -> None:
    node = nodes.fargate()
    pod = a_pod("api-1", "shop", node=node["metadata"]["name"], labels={"eks.amazonaws.com/fargate-profile": "shop"})
    assert pool_models(seen(node, pod)) == {"shop": "fargate"}


def test_records_of_another_cluster_make_no_pools() -> None:
    records = (
        a_record("eks.cluster", "prod"),
        a_record("eks.cluster", "test"),
        a_record("eks.nodegroup", "general", {}, "prod"),
        a_record("eks.nodegroup", "other", {}, "test"),
    )
    assert pool_models(seen(records=records, context="prod")) == {"general": "managed_node_groups"}


@pytest.mark.parametrize(
    ("items", "records", "models"),
    [
        ([nodes.gke()], (), ("standard",)),
        ([nodes.gke("gk3-prod-pool-1-abc")], (), ("autopilot",)),
        ([nodes.gke()], (a_record("gke.cluster", "p", {"autopilot": {"enabled": True}}),), ("autopilot",)),
        ([nodes.gke()], (a_record("gke.cluster", "p", {}),), ("standard",)),
        (
            [nodes.gke(), nodes.gke("gk3-prod-auto-1", "auto")],
            (
                a_record("gke.cluster", "p", {}),
                a_record("gke.nodePool", "auto", {"autopilotConfig": {"enabled": True}}),
            ),
            ("autopilot", "standard"),
        ),
        (
            [nodes.gke("gk3-x", "own")],
            (a_record("gke.nodePool", "own", {"autopilotConfig": {"enabled": False}}),),
            ("standard",),
        ),
        ([], (a_record("gke.cluster", "p", {"autopilot": {"enabled": True}}),), ("autopilot",)),
        ([nodes.aks()], (), ("standard",)),
        ([nodes.aks()], (a_record("aks.cluster", "p", {"sku": {"name": "Automatic"}}),), ("automatic",)),
        ([nodes.aks()], (a_record("aks.cluster", "p", {"sku": {"name": "Base"}}),), ("standard",)),
        ([], (a_record("aks.cluster", "p", {"sku": {"name": "automatic"}}),), ("automatic",)),
        ([], (a_record("rosa.cluster", "p", {"hypershift": {"enabled": True}}),), ("hcp",)),
        ([], (a_record("rosa.cluster", "p", {"hypershift": {"enabled": False}}),), ("classic",)),
        ([], (a_record("aro.cluster", "p"),), ("classic",)),
        ([], (a_record("oke.cluster", "p", {"type": "ENHANCED_CLUSTER"}),), ("enhanced",)),
        ([], (a_record("oke.cluster", "p"),), ("basic",)),
        (
            [a_node("v", provider_id="ocid1.virtualnode.oc1.iad.x")],
            (a_record("oke.cluster", "p", {"type": "ENHANCED_CLUSTER"}),),
            ("virtual_nodes",),
        ),
        (
            [a_node("w", provider_id="ocid1.instance.oc1.iad.x")],
            (a_record("oke.cluster", "p", {"type": "ENHANCED_CLUSTER"}),),
            ("enhanced",),
        ),
        ([a_node("w", provider_id="ibm://a///b/c", kubelet_version="v1.32.1+IKS")], (), ("iks",)),
        ([a_node("w", provider_id="ibm://a///b/c"), nodes.cluster_version()], (), ("roks",)),
        (
            [
                a_node("k", provider_id="scaleway://instance/a", labels={"k8s.scaleway.com/pool-name": "p"}),
                a_node("x", provider_id="hcloud://1", labels={"k8s.scaleway.com/pool-name": "out"}),
            ],
            (a_record("scaleway.cluster", "p"),),
            ("kapsule", "kosmos_external_nodes"),
        ),
        ([a_node("w", provider_id="digitalocean://1")], (a_record("doks.cluster", "p"),), ("standard",)),
        ([], (a_record("ack.cluster", "p"),), ("managed",)),
    ],
)
def test_the_model_is_told_by_description_then_by_what_nodes_report(
    items: list[dict[str, Any]], records: tuple[Any, ...], models: tuple[str, ...]
) -> None:
    assert seen(*items, records=records).models == models


def test_autopilot_by_node_name_is_weak_and_said_to_be() -> None:
    found = seen(nodes.gke("gk3-prod-pool-1-abc"))
    assert found.pools[0].evidence[-1].grade is Grade.NAMED
    assert any("node names" in warning for warning in found.warnings)


def test_provisioning_labels_are_no_autopilot_signal() -> None:
    node = nodes.labelled(nodes.gke(), **{"cloud.google.com/gke-provisioning": "standard"})
    assert seen(node).models == ("standard",)


def test_rosa_classic_shows_its_control_plane_and_hosted_does_not() -> None:
    tags = {"red-hat-clustertype": "rosa"}
    classic = seen(
        nodes.openshift("m", "master"),
        nodes.openshift("i", "infra", "worker"),
        nodes.openshift("w", "worker"),
        nodes.infrastructure("HighlyAvailable", tags=tags),
    )
    assert pool_models(classic) == {"control-plane": "classic", "infra": "classic", "worker": "classic"}
    hosted = seen(
        nodes.labelled(nodes.openshift("w", "worker"), **{"hypershift.openshift.io/nodePool": "shop-workers"}),
        nodes.infrastructure("External", tags=tags),
        records=(a_record("rosa.nodePool", "workers"),),
    )
    assert pool_models(hosted) == {"shop-workers": "hcp"}
    assert pool(hosted, "shop-workers").record_name == "workers"


def test_aks_virtual_nodes_and_hosted_system_pools_are_pools() -> None:
    virtual = a_node("virtual-node-aci-linux", kubelet_version="v1.30.1-vk-azure-aci-1.6.2")
    body = {"sku": {"name": "Automatic"}, "hostedSystemProfile": {"enabled": True}}
    found = seen(nodes.aks(), virtual, records=(a_record("aks.cluster", "p", body),))
    assert pool_models(found) == {"sys": "automatic", "virtual-node": "automatic", "hosted-system": "automatic"}
    assert any("Virtual nodes" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    "items", [[], [a_deployment()], [a_daemon_set("aws-node", "kube-system", managers=["eks"])]], ids=str
)
def test_without_nodes_one_pool_is_assumed_and_says_so(items: list[dict[str, Any]]) -> None:
    gap = Gap(what="nodes", reason=GapReason.FORBIDDEN)
    found = seen(*items, gaps=(gap,))
    assert len(found.pools) == 1
    assert "assumed" in found.pools[0].evidence[0].says
    assert "forbidden" in found.pools[0].evidence[0].says
    assert any("assumed" in warning for warning in found.warnings)


def test_pools_with_one_name_and_two_models_keep_apart() -> None:
    plain = nodes.labelled(nodes.eks_node("ip-2"), **{"karpenter.sh/nodepool": "general"})
    found = seen(nodes.managed("ip-1", "general"), plain)
    assert set(pool_models(found)) == {"general (managed_node_groups)", "general (self_managed_nodes)"}


def test_shared_labels_are_those_that_all_nodes_of_a_pool_carry() -> None:
    one = nodes.labelled(nodes.managed("ip-1"), zone="a", team="x")
    two = nodes.labelled(nodes.managed("ip-2"), zone="b", team="x")
    labels = pool(seen(one, two), "general").labels
    assert labels["team"] == "x"
    assert "zone" not in labels


def test_the_minor_version_is_known_without_a_description() -> None:
    found = seen(nodes.managed(), server_version="v1.27.4-eks-abc")
    assert found.facts["eks.cluster"] == ({"version": "1.27"},)
    assert found.partial == {"eks.cluster": ("version",)}


def test_nodes_are_facts_with_their_provider_id_only_where_they_have_one() -> None:
    found = seen(nodes.managed(), a_node("bare"))
    assert found.facts["k8s.node"] == ({"spec": {}}, {"spec": {"providerID": "aws:///eu-west-1a/i-0aa"}})
