from __future__ import annotations

from typing import Any

import pytest

from demarc.model.evidence import Grade
from demarc.model.inventory import Installer, Management
from demarc.testing import a_container, a_daemon_set, a_deployment, a_pod, a_secret, an_object, managed_by
from tests.inventory import nodes
from tests.inventory.seen import a_listing, a_record, component, seen

AWS = "602401143452.dkr.ecr.eu-west-1.amazonaws.com"
CNI = f"{AWS}/amazon-k8s-cni:v1.19.2-eksbuild.5"
DNS = f"{AWS}/eks/coredns:v1.11.4-eksbuild.2"


def aws_node(*managers: str, **more: Any) -> dict[str, Any]:
    return a_daemon_set("aws-node", "kube-system", image=CNI, managers=managers, **more)


def written(item: dict[str, Any], *entries: tuple[str, str]) -> dict[str, Any]:
    item["metadata"]["managedFields"] = [managed_by(manager, time=time) for manager, time in entries]
    return item


def test_the_add_on_api_says_who_installed() -> None:
    record = a_record("eks.addon", "vpc-cni", {"addonName": "vpc-cni", "owner": "aws"}, "prod")
    found = seen(nodes.managed(), aws_node("kubectl-client-side-apply"), records=(record,))
    cni = component(found, "vpc-cni")
    assert (cni.installer, cni.management) == (Installer.PROVIDER, Management.PROVIDER_ADDON)
    assert cni.evidence[0].grade is Grade.ANSWERED
    assert any("kubectl-client-side-apply" in rival for rival in cni.rivals)
    assert (cni.record_kind, cni.record_name) == ("eks.addon", "vpc-cni")
    assert found.component_facts["vpc-cni"]["eks.addon"]["owner"] == "aws"


@pytest.mark.parametrize(
    ("described", "owner"),
    [
        ({}, "aws"),
        ({"owner": "aws"}, "aws"),
        ({"owner": "aws-marketplace"}, "aws-marketplace"),
        ({"marketplaceInformation": {"productId": "p"}}, None),
    ],
)
def test_an_add_on_without_an_owner_is_the_providers_unless_a_marketplace_sells_it(
    described: dict[str, Any], owner: str | None
) -> None:
    record = a_record("eks.addon", "vpc-cni", {"addonName": "vpc-cni", **described}, "prod")
    found = seen(nodes.managed(), aws_node(), records=(record,))
    assert found.component_facts["vpc-cni"]["eks.addon"].get("owner") == owner


def test_a_list_of_add_ons_that_does_not_name_it_makes_it_the_customers() -> None:
    found = seen(nodes.managed(), aws_node("eks"), records=(a_listing("eks.addon", ["coredns"]),))
    cni = component(found, "vpc-cni")
    assert cni.installer is Installer.CUSTOMER
    assert any("field manager 'eks'" in rival for rival in cni.rivals)


def test_descriptions_of_other_add_ons_say_nothing_of_this_one() -> None:
    record = a_record("eks.addon", "coredns", {}, "prod")
    assert component(seen(nodes.managed(), aws_node(), records=(record,)), "vpc-cni").installer is Installer.UNKNOWN


@pytest.mark.parametrize(
    ("manager", "installer", "management"),
    [
        ("eks", Installer.PROVIDER, Management.PROVIDER_ADDON),
        ("helm", Installer.CUSTOMER, Management.HELM),
        ("argocd-controller", Installer.CUSTOMER, Management.GITOPS),
        ("kustomize-controller", Installer.CUSTOMER, Management.GITOPS),
        ("kubectl-client-side-apply", Installer.CUSTOMER, Management.MANIFEST),
        ("Terraform", Installer.CUSTOMER, Management.MANIFEST),
        ("kube-controller-manager", Installer.UNKNOWN, Management.UNKNOWN),
        ("kubectl-edit", Installer.UNKNOWN, Management.UNKNOWN),
    ],
)
def test_field_managers_say_who_wrote_it(manager: str, installer: Installer, management: Management) -> None:
    cni = component(seen(nodes.managed(), aws_node(manager)), "vpc-cni")
    assert (cni.installer, cni.management) == (installer, management)


def test_hidden_field_managers_leave_both_readings_open() -> None:
    found = seen(nodes.managed(), aws_node())
    cni = component(found, "vpc-cni")
    assert cni.installer is Installer.UNKNOWN
    assert [rival.partition(":")[0] for rival in cni.rivals] == ["provider", "customer"]
    assert all("managedFields" in rival for rival in cni.rivals)
    assert any("managedFields" in warning for warning in found.warnings)


def test_a_users_apply_after_the_providers_is_a_conflict() -> None:
    item = written(aws_node(), ("eks", "2026-01-01T00:00:00Z"), ("kubectl-client-side-apply", "2026-02-01T00:00:00Z"))
    cni = component(seen(nodes.managed(), item), "vpc-cni")
    assert cni.installer is Installer.UNKNOWN
    assert {rival.partition(":")[0] for rival in cni.rivals} == {"provider", "customer"}


def test_an_add_on_that_took_over_is_the_providers_and_the_rest_is_drift() -> None:
    item = written(aws_node(), ("kubectl-client-side-apply", "2026-01-01T00:00:00Z"), ("eks", "2026-02-01T00:00:00Z"))
    cni = component(seen(nodes.managed(), item), "vpc-cni")
    assert cni.installer is Installer.PROVIDER
    assert any("drift" in rival for rival in cni.rivals)


def test_an_edit_of_an_add_on_is_drift_and_no_conflict() -> None:
    item = written(aws_node(), ("eks", "2026-01-01T00:00:00Z"), ("kubectl-edit", "2026-02-01T00:00:00Z"))
    cni = component(seen(nodes.managed(), item), "vpc-cni")
    assert cni.installer is Installer.PROVIDER
    assert any("kubectl-edit" in rival for rival in cni.rivals)


def test_status_writers_do_not_count() -> None:
    item = written(aws_node(), ("eks", "2026-01-01T00:00:00Z"))
    item["metadata"]["managedFields"].append(
        {**managed_by("helm", time="2026-03-01T00:00:00Z"), "subresource": "status"}
    )
    assert component(seen(nodes.managed(), item), "vpc-cni").installer is Installer.PROVIDER


def test_a_providers_field_manager_means_nothing_without_that_provider() -> None:
    found = seen(
        nodes.gke(), a_deployment("coredns", "kube-system", image="registry.k8s.io/coredns:1", managers=["eks"])
    )
    assert component(found, "coredns").installer is Installer.UNKNOWN


AKS_LABELS = {"addonmanager.kubernetes.io/mode": "Reconcile"}


@pytest.mark.parametrize(
    ("namespace", "image", "labels", "installer"),
    [
        ("kube-system", "mcr.microsoft.com/oss/kubernetes/coredns:v1.11", AKS_LABELS, Installer.PROVIDER),
        ("kube-system", "mcr.microsoft.com/oss/kubernetes/coredns:v1.11", {}, Installer.UNKNOWN),
        ("kube-system", "docker.io/acme/coredns:v1.11", AKS_LABELS, Installer.UNKNOWN),
        ("dns", "mcr.microsoft.com/oss/kubernetes/coredns:v1.11", AKS_LABELS, Installer.CUSTOMER),
        ("kube-system", "mcr.microsoft.com.evil.example/coredns:v1", AKS_LABELS, Installer.UNKNOWN),
    ],
)
def test_markers_count_only_with_namespace_and_registry(
    namespace: str, image: str, labels: dict[str, str], installer: Installer
) -> None:
    found = seen(nodes.aks(), a_deployment("coredns", namespace, image=image, labels=labels))
    assert component(found, "coredns").installer is installer


def test_an_add_on_managers_own_kubectl_does_not_make_it_the_customers() -> None:
    dns = a_deployment(
        "coredns",
        "kube-system",
        image="mcr.microsoft.com/oss/kubernetes/coredns:v1.11",
        labels=AKS_LABELS,
        managers=["kubectl-client-side-apply"],
    )
    assert component(seen(nodes.aks(), dns), "coredns").installer is Installer.PROVIDER


def test_what_application_routing_of_aks_writes_is_the_providers() -> None:
    nginx = a_deployment(
        "nginx",
        "app-routing-system",
        image="mcr.microsoft.com/oss/kubernetes/ingress/nginx-ingress-controller:v1.11.5",
        managers=["aks-app-routing-operator"],
    )
    assert component(seen(nodes.aks(), nginx), "ingress-nginx").installer is Installer.PROVIDER
    assert component(seen(nodes.managed(), nginx), "ingress-nginx").installer is not Installer.PROVIDER


def test_helm_on_a_marked_object_is_a_users_word_against_the_marker() -> None:
    dns = a_deployment(
        "coredns", "kube-system", image="mcr.microsoft.com/coredns:v1", labels=AKS_LABELS, managers=["helm"]
    )
    found = component(seen(nodes.aks(), dns), "coredns")
    assert found.installer is Installer.CUSTOMER
    assert any("agree" in rival for rival in found.rivals)


@pytest.mark.parametrize(
    ("body", "installer"),
    [
        ({"addonProfiles": {"omsagent": {"enabled": True}}}, Installer.PROVIDER),
        ({"addonProfiles": {"omsAgent": {"enabled": True}}}, Installer.PROVIDER),
        ({"properties": {"addonProfiles": {"omsagent": {"enabled": True}}}}, Installer.PROVIDER),
        ({"addonProfiles": {"omsagent": {"enabled": False}}}, Installer.CUSTOMER),
        ({"addonProfiles": None}, Installer.UNKNOWN),
    ],
)
def test_aks_profiles_decide_in_any_casing(body: dict[str, Any], installer: Installer) -> None:
    logs = a_daemon_set("ama-logs", "kube-system", image="mcr.microsoft.com/azuremonitor/containerinsights/ciprod:3")
    found = seen(nodes.aks(), logs, records=(a_record("aks.cluster", "prod", body),))
    assert component(found, "ama-logs").installer is installer


def test_a_mesh_that_the_provider_describes_as_disabled_is_the_customers() -> None:
    istiod = a_deployment("istiod", "istio-system", image="docker.io/istio/pilot:1.24")
    record = a_record("aks.cluster", "prod", {"serviceMeshProfile": {"mode": "Disabled"}})
    assert component(seen(nodes.aks(), istiod, records=(record,)), "istio").installer is Installer.CUSTOMER


def test_gke_add_ons_are_read_where_they_are_switched_on_or_off() -> None:
    driver = a_daemon_set("filestore-node", "kube-system", image="gke.gcr.io/gcp-filestore-csi-driver:v1")
    for state, installer in ((True, Installer.PROVIDER), (False, Installer.CUSTOMER)):
        body = {"addonsConfig": {"gcpFilestoreCsiDriverConfig": {"enabled": state}}}
        found = seen(nodes.gke(), driver, records=(a_record("gke.cluster", "p", body),))
        assert component(found, "gcp-filestore-csi-driver").installer is installer


def test_an_extension_of_aks_is_the_providers() -> None:
    flux = a_deployment("source-controller", "flux-system", image="mcr.microsoft.com/oss/fluxcd/source-controller:v1")
    record = a_record("aks.extension", "flux", {"extensionType": "microsoft.flux"}, "prod")
    found = component(seen(nodes.aks(), flux, records=(record,)), "flux")
    assert found.installer is Installer.PROVIDER
    assert found.record_kind == "aks.extension"


def test_a_helm_release_counts_with_its_secret_and_not_by_label_alone() -> None:
    labels = {"app.kubernetes.io/instance": "cert-manager", "app.kubernetes.io/managed-by": "Helm"}
    item = a_deployment(
        "cert-manager", "kube-system", image="quay.io/jetstack/cert-manager-controller:v1", labels=labels
    )
    assert component(seen(nodes.managed(), item), "cert-manager").installer is Installer.UNKNOWN
    release = a_secret("sh.helm.release.v1.cert-manager.v3", "kube-system", type="helm.sh/release.v1")
    found = component(seen(nodes.managed(), item, release), "cert-manager")
    assert (found.installer, found.management) == (Installer.CUSTOMER, Management.HELM)
    forged = a_secret("sh.helm.release.v1.cert-manager.v3", "kube-system", type="Opaque")
    assert component(seen(nodes.managed(), item, forged), "cert-manager").installer is Installer.UNKNOWN


def test_an_argo_cd_application_that_tracks_it_is_a_users_delivery() -> None:
    tracking = {"argocd.argoproj.io/tracking-id": "platform:apps/Deployment:kube-system/metrics-server"}
    item = a_deployment(
        "metrics-server", "kube-system", image="registry.k8s.io/metrics-server:v1", annotations=tracking
    )
    application = an_object("argoproj.io/v1alpha1", "Application", "platform", namespace="argocd", spec={})
    found = component(seen(nodes.managed(), item, application), "metrics-server")
    assert (found.installer, found.management) == (Installer.CUSTOMER, Management.GITOPS)


def test_what_the_provider_does_not_offer_in_a_namespace_of_users_is_theirs() -> None:
    falco = component(seen(nodes.managed(), a_daemon_set("falco", "falco", image="falcosecurity/falco:0.40")), "falco")
    assert (falco.installer, falco.kind, falco.supplier) == (Installer.CUSTOMER, "runtime_sensor", "Falco project")


def test_without_a_provider_everything_is_the_customers() -> None:
    items = [aws_node("eks"), a_deployment("coredns", "kube-system", image=DNS)]
    assert {item.installer for item in seen(*items, server_version="v1.32.1+k3s1").components} == {Installer.CUSTOMER}


def test_mirror_images_match_and_names_alone_do_not() -> None:
    items = [
        a_deployment(
            "dns-of-ours", "kube-system", image="harbor.acme.example/mirror/registry.k8s.io/coredns/coredns:v1"
        ),
        a_deployment("coredns", "shop", image="registry.acme.example/shop/frontend:1"),
    ]
    found = seen(nodes.managed(), *items)
    assert [item.objects for item in found.components] == [("Deployment/kube-system/dns-of-ours",)]


def test_a_known_agent_beside_an_application_does_not_make_it_a_component() -> None:
    containers = [a_container("app", image="acme/shop:1"), a_container("logs", image="fluent/fluent-bit:3")]
    assert seen(nodes.managed(), a_deployment("shop", "shop", containers=containers)).components == ()


def test_sidecars_do_not_decide_what_a_workload_is() -> None:
    containers = [
        a_container("provisioner", image="registry.k8s.io/sig-storage/csi-provisioner:v5"),
        a_container("driver", image=f"{AWS}/eks/aws-ebs-csi-driver:v1.39.0"),
    ]
    found = seen(nodes.managed(), a_deployment("ebs-csi-controller", "kube-system", containers=containers))
    assert [item.id for item in found.components] == ["aws-ebs-csi-driver"]


def test_an_unknown_image_beside_a_known_one_joins_by_name() -> None:
    items = [
        a_deployment("argocd-server", "argocd", image="quay.io/argoproj/argocd:v2"),
        a_deployment("argocd-redis", "argocd", image="redis:7", labels={"app.kubernetes.io/name": "argocd-redis"}),
    ]
    found = component(seen(nodes.managed(), *items), "argocd")
    assert found.objects == ("Deployment/argocd/argocd-redis", "Deployment/argocd/argocd-server")


def test_one_component_in_two_namespaces_is_two() -> None:
    image = "registry.k8s.io/ingress-nginx/controller:v1.11.1"
    found = seen(
        nodes.managed(), *(a_deployment("ingress-nginx-controller", space, image=image) for space in ("a", "b"))
    )
    assert [item.id for item in found.components] == ["ingress-nginx@a", "ingress-nginx@b"]


def test_an_add_on_of_the_provider_and_a_users_copy_are_kept_apart() -> None:
    items = [
        a_deployment("coredns", "kube-system", image=DNS, managers=["eks"]),
        a_deployment("coredns-extra", "kube-system", image=DNS, managers=["helm"]),
    ]
    found = seen(nodes.managed(), *items)
    assert {item.id: item.installer for item in found.components} == {
        "coredns@kube-system/coredns": Installer.PROVIDER,
        "coredns@kube-system/coredns-extra": Installer.CUSTOMER,
    }


def test_an_add_on_record_is_not_taken_for_a_users_copy_elsewhere() -> None:
    items = [a_deployment("coredns", space, image=DNS) for space in ("kube-system", "dns")]
    found = seen(nodes.managed(), *items, records=(a_record("eks.addon", "coredns", {}, "prod"),))
    assert component(found, "coredns@kube-system").installer is Installer.PROVIDER
    assert component(found, "coredns@dns").installer is not Installer.PROVIDER


def test_an_unknown_workload_of_the_platforms_namespace_is_called_by_its_name() -> None:
    found = component(
        seen(nodes.managed(), a_daemon_set("acme-tuner", "kube-system", image="acme/tuner:1")), "acme-tuner"
    )
    assert (found.kind, found.title, found.installer) == ("component", "acme-tuner", Installer.UNKNOWN)


def test_parts_of_auto_mode_and_fargate_are_there_without_a_workload() -> None:
    found = seen(nodes.auto(), nodes.fargate(), aws_node("eks"))
    ids = {item.id: (item.management, item.models) for item in found.components}
    assert ids["vpc-cni@auto_mode"] == (Management.NODE_IMAGE, ("auto_mode",))
    assert ids["vpc-cni@fargate"] == (Management.SERVICE, ("fargate",))
    assert ids["karpenter"] == (Management.SERVICE, ("auto_mode",))
    assert "coredns" in ids
    assert "coredns@fargate" not in ids


def test_auto_modes_storage_and_load_balancing_follow_their_switches() -> None:
    body = {"computeConfig": {"enabled": True}, "storageConfig": {"blockStorage": {"enabled": True}}}
    names = {item.name for item in seen(records=(a_record("eks.cluster", "p", body),)).components}
    assert "aws-ebs-csi-driver" in names
    assert "aws-load-balancer-controller" not in names


def test_add_ons_that_only_the_api_knows_are_components() -> None:
    found = seen(records=(a_listing("eks.addon", ["vpc-cni", "acme_thing"]), a_record("eks.cluster", "p")))
    assert component(found, "vpc-cni").installer is Installer.PROVIDER
    assert component(found, "acme_thing").title == "EKS add-on acme_thing"


def test_a_capability_runs_outside_the_cluster() -> None:
    record = a_record("eks.capability", "gitops", {"type": "ARGOCD"}, "p")
    found = seen(nodes.managed(), records=(record, a_record("eks.cluster", "p")))
    assert component(found, "argocd").management is Management.SERVICE
    assert found.facts["eks.capability"] == ({"type": "ARGOCD"},)


def test_what_a_provider_runs_everywhere_is_named_only_where_no_workload_was_seen() -> None:
    record = a_record("gke.cluster", "p", {})
    assert {"kube-proxy", "kube-dns"} <= {item.name for item in seen(records=(record,)).components}
    assert seen(nodes.gke(), a_deployment(), records=(record,)).components == ()


def test_own_networking_of_the_customer_is_not_implied_as_the_providers() -> None:
    record = a_record("aks.cluster", "p", {"networkProfile": {"networkPlugin": "none"}})
    assert "azure-cni" not in {item.name for item in seen(records=(record,)).components}


def test_static_pods_come_with_the_node_and_the_control_plane_is_no_component() -> None:
    mirror = {"kubernetes.io/config.mirror": "x"}
    items = [
        a_pod("kube-proxy-gke-1", "kube-system", image="gke.gcr.io/kube-proxy:v1", node="gke-1", annotations=mirror),
        a_pod("kube-proxy-gke-2", "kube-system", image="gke.gcr.io/kube-proxy:v1", node="gke-2", annotations=mirror),
        a_pod("etcd-gke-1", "kube-system", image="registry.k8s.io/etcd:3", node="gke-1", annotations=mirror),
    ]
    found = seen(nodes.gke("gke-1"), nodes.gke("gke-2"), *items)
    assert [item.id for item in found.components] == ["kube-proxy"]
    assert component(found, "kube-proxy").management is Management.NODE_IMAGE
    assert component(found, "kube-proxy").objects == ("StaticPod/kube-system/kube-proxy",)


RELEASE = "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:" + "0" * 64


def test_openshift_tells_platform_operators_from_what_users_subscribed_to() -> None:
    tags = {"red-hat-clustertype": "rosa"}
    subscription = an_object("operators.coreos.com/v1alpha1", "Subscription", "logging", namespace="openshift-logging")
    found = seen(
        nodes.infrastructure("External", tags=tags),
        an_object("config.openshift.io/v1", "ClusterOperator", "dns"),
        subscription,
        a_daemon_set("dns-default", "openshift-dns", image=RELEASE),
        a_deployment("oauth", "openshift-authentication", image=RELEASE),
        a_deployment(
            "cluster-logging-operator", "openshift-logging", image="registry.redhat.io/x/cluster-logging-operator"
        ),
    )
    dns = component(found, "coredns")
    assert (dns.installer, dns.management) == (Installer.PROVIDER, Management.OPERATOR)
    assert component(found, "openshift-authentication").installer is Installer.PROVIDER
    assert component(found, "logging-operator").installer is Installer.CUSTOMER


def test_models_of_a_component_are_those_of_the_nodes_it_runs_on() -> None:
    agent = a_daemon_set("falco", "falco", image="falcosecurity/falco:1")
    pods = [
        a_pod(f"falco-{at}", "falco", image="falcosecurity/falco:1", node=node, owner=agent)
        for at, node in enumerate(("ip-1", "ip-2"))
    ]
    found = seen(nodes.managed("ip-1"), nodes.eks_node("ip-2"), agent, *pods)
    assert component(found, "falco").models == ("managed_node_groups", "self_managed_nodes")
    assert component(found, "falco").versions == ("1",)
