"""What every cluster has is known by content: no check of RBAC finds it, and what was added to it is found."""

from __future__ import annotations

from typing import Any

import pytest

from demarc.catalog.known import brought_bindings, known_bindings
from demarc.posture import examine
from demarc.posture.checks import rbac
from demarc.testing import a_cluster_role_binding, a_namespace, a_role_binding, a_subject, an_object
from tests.posture.clouds import AKS, GKE, ROSA, SELF
from tests.posture.given import BASE, Object, a_ground
from tests.posture.granting import EVERYTHING, a_role, a_rule, an_account


def _subject(text: str) -> Object:
    kind, _, name = text.partition(" ")
    if kind == "ServiceAccount":
        return an_account(*reversed(name.split("/")))
    return a_subject(kind, name)


def _rules(rules: Any) -> list[Object]:
    names = {"verbs": "verbs", "api_groups": "apiGroups", "resources": "resources", "resource_names": "resourceNames"}
    found = []
    for rule in rules:
        given = {wire: getattr(rule, name) for name, wire in names.items() if getattr(rule, name)}
        if rule.non_resource_urls:
            given["nonResourceURLs"] = rule.non_resource_urls
        found.append(given)
    return found


def every_default() -> list[Object]:
    """The roles and bindings that the API server makes, as the catalogue has them."""
    found: list[Object] = []
    for known in known_bindings().values():
        role, subjects = known.role or known.binding, [_subject(text) for text in known.subjects]
        namespace = known.namespace if known.role_kind == "Role" else ""
        found.append(a_role(role, *_rules(known.allows), namespace=namespace))
        if known.namespace:
            found.append(
                a_role_binding(known.binding, known.namespace, role=role, role_kind=known.role_kind, subjects=subjects)
            )
        else:
            found.append(a_cluster_role_binding(known.binding, role=role, subjects=subjects))
    return found


def told(objects: list[Object], base: tuple[Object, ...]) -> set[str]:
    ground = a_ground(*objects, a_namespace("kube-system"), base=base)
    return {f"{one.check}: {found.says}" for one in examine(ground, rbac.CHECKS) for found in one.found}


CLUSTER = an_object(
    "config.openshift.io/v1",
    "Infrastructure",
    "cluster",
    status={
        "platform": "AWS",
        "platformStatus": {
            "type": "AWS",
            "aws": {"region": "eu-west-1", "resourceTags": [{"key": "red-hat-clustertype", "value": "rosa"}]},
        },
    },
)
PROVIDERS = {
    "eks": (
        BASE,
        [
            ("eks:addon-cluster-admin", "cluster-admin", "User eks:addon-manager"),
            ("eks:node-manager", "eks:node-manager", "User eks:node-manager"),
            ("eks:certificate-controller", "eks:certificate-controller", "User eks:certificate-controller"),
            ("eks:kube-proxy", "system:node-proxier", "ServiceAccount kube-system/kube-proxy"),
            ("eks:kube-proxy-windows", "system:node-proxier", "Group eks:kube-proxy-windows"),
            ("eks:node-bootstrapper", "eks:node-bootstrapper", "Group system:bootstrappers"),
            ("vpc-resource-controller-rolebinding", "vpc-resource-controller-role", "User eks:vpc-resource-controller"),
        ],
    ),
    "gke": (
        GKE,
        [
            ("kubelet-cluster-admin", "system:kubelet-api-admin", "User kubelet"),
            ("storage-version-migration-migrator", "cluster-admin", "User system:storageversionmigrator"),
            ("system:gke-common-webhooks", "system:gke-common-webhooks", "User system:gke-common-webhooks"),
            ("system:konnectivity-server", "system:auth-delegator", "User system:konnectivity-server"),
            ("gce:beta:kubelet-certificate-bootstrap", "gce:beta:kubelet-certificate-bootstrap", "User kubelet"),
        ],
    ),
    "aks": (
        AKS,
        [
            ("aks-cluster-admin-binding", "cluster-admin", "User clusterAdmin"),
            ("aks-service-rolebinding", "aks-service", "User aks-support"),
            (
                "csi-azurefile-controller-secret-binding",
                "csi-azurefile-controller-secret-role",
                "ServiceAccount kube-system/csi-azurefile-controller-sa",
            ),
            (
                "system:azure-cloud-provider-secret-getter",
                "system:azure-cloud-provider-secret-getter",
                "ServiceAccount kube-system/azure-cloud-provider",
            ),
        ],
    ),
    "rosa": (
        (*ROSA, CLUSTER),
        [
            ("cluster-version-operator", "cluster-admin", "ServiceAccount openshift-cluster-version/default"),
            ("system:openshift:operator:etcd", "cluster-admin", "ServiceAccount openshift-etcd-operator/etcd-operator"),
            ("cluster-admins", "cluster-admin", "Group system:cluster-admins"),
            ("self-provisioners", "self-provisioner", "Group system:authenticated:oauth"),
            ("basic-users", "basic-user", "Group system:authenticated"),
        ],
    ),
    "self_managed": (SELF, [("kubeadm:cluster-admins", "cluster-admin", "Group kubeadm:cluster-admins")]),
}
DANGEROUS = (a_rule("get,list,create", "secrets"), a_rule("create", "pods"), a_rule("impersonate", "users"))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_new_cluster_has_no_finding(provider):
    base, bindings = PROVIDERS[provider]
    objects = every_default()
    for name, role, subject in bindings:
        if role not in ("cluster-admin", "system:node-proxier"):
            objects.append(a_role(role, *DANGEROUS))
        objects.append(a_cluster_role_binding(name, role=role, subjects=[_subject(subject)]))
    assert not told(objects, base)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_of_a_default_the_more_is_found(provider):
    base, bindings = PROVIDERS[provider]
    name, role, subject = next(one for one in bindings if one[1] == "cluster-admin")
    mallory = a_subject("User", "mallory")
    objects = [*every_default(), a_cluster_role_binding(name, role=role, subjects=[_subject(subject), mallory])]
    found = told(objects, base)
    assert any(text.startswith("DM-RBAC-001: User mallory may do everything") for text in found)
    assert all("mallory" in text for text in found)


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name != "rosa"])
def test_a_name_like_the_providers_does_not_hide_everything(provider):
    base, bindings = PROVIDERS[provider]
    name = f"{bindings[-1][0].partition(':')[0]}:helper"
    objects = [
        *every_default(),
        a_role("helper", EVERYTHING),
        a_cluster_role_binding(name, role="helper", subjects=[an_account("helper", "kube-system")]),
    ]
    assert any("ServiceAccount kube-system/helper may do everything" in text for text in told(objects, base))


def test_what_another_provider_brings_is_not_known():
    binding = a_cluster_role_binding("aks-cluster-admin-binding", subjects=[a_subject("User", "clusterAdmin")])
    assert told([*every_default(), binding], BASE)
    assert not told([*every_default(), binding], AKS)


def test_details_of_a_release_are_no_finding_and_a_new_power_is():
    def with_rule(rule: Object) -> set[str]:
        objects = every_default()
        for item in objects:
            if item["kind"] == "ClusterRole" and item["metadata"]["name"] == "system:kube-scheduler":
                item["rules"] = [*item["rules"], rule]
        return told(objects, BASE)

    assert not with_rule(a_rule("get,list,watch", "deviceclasses,resourceslices", "resource.k8s.io"))
    assert any("can read all Secrets" in text for text in with_rule(a_rule("get,list", "secrets")))


def test_entries_are_of_known_providers():
    assert all(brought_bindings(provider) for provider in PROVIDERS)
