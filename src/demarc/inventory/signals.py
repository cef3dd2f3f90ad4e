"""What points to which provider, as tables: one row, one signal. Whoever adds a provider adds rows here.

Sources: the providers' own documentation of providerID forms, version suffixes and reserved labels. A signal says what
was seen; ``provider.py`` weighs. The weight orders signals of one grade; several nodes count by their share.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from demarc.catalog.components import parse_image
from demarc.inventory.machines import Machine
from demarc.inventory.records import CLUSTERS, words
from demarc.inventory.sight import Sight
from demarc.inventory.workloads import STATIC
from demarc.model.evidence import Evidence, Grade

OFF_CLOUD: Final = frozenset({"vsphere", "tinkerbell", "cloudstack", "nutanix", "aws-snow", "docker"})
"""providerID schemes of machines on which EKS Anywhere runs."""
AKS_MACHINE: Final = re.compile(r"/virtualmachines(?:calesets)?/aks-", re.IGNORECASE)
AKS_GROUP: Final = re.compile(r"/resourcegroups/mc_", re.IGNORECASE)


class Signal(Struct, frozen=True, kw_only=True):
    """One observation that points to a provider."""

    provider: str
    evidence: Evidence
    weight: float = 1


class _NodeRule(Struct, frozen=True, kw_only=True):
    provider: str
    says: str
    test: Callable[[Machine], bool]
    weight: float
    grade: Grade = Grade.WRITTEN


_NODE_RULES: Final = (
    _NodeRule(
        provider="eks",
        says="kubelet built by Amazon EKS on an AWS machine",
        test=lambda m: "-eks-" in m.kubelet and m.cloud == "aws",
        weight=4,
    ),
    _NodeRule(provider="eks", says="EKS hybrid node", test=lambda m: m.cloud == "eks-hybrid", weight=4),
    _NodeRule(
        provider="eks",
        says="kubelet of EKS Distro on a machine outside AWS (EKS Anywhere)",
        test=lambda m: "-eks-" in m.kubelet and m.cloud in OFF_CLOUD,
        weight=3,
    ),
    _NodeRule(
        provider="gke",
        says="kubelet built by GKE on a Google machine",
        test=lambda m: "-gke." in m.kubelet and m.cloud == "gce",
        weight=4,
    ),
    _NodeRule(
        provider="self_managed",
        says="kubelet built by GKE on a machine outside Google Cloud (Google Distributed Cloud or attached)",
        test=lambda m: "-gke." in m.kubelet and m.cloud not in ("gce", ""),
        weight=4,
    ),
    _NodeRule(
        provider="aks",
        says="providerID names an AKS machine",
        test=lambda m: m.cloud == "azure" and bool(AKS_MACHINE.search(m.provider_id)),
        weight=3,
    ),
    _NodeRule(
        provider="aks",
        says="providerID lies in an AKS node resource group",
        test=lambda m: m.cloud == "azure" and bool(AKS_GROUP.search(m.provider_id)),
        weight=2,
    ),
    _NodeRule(
        provider="aks",
        says="label kubernetes.azure.com/cluster names the resource group of the node's providerID",
        test=lambda m: (
            m.cloud == "azure"
            and bool(m.label("kubernetes.azure.com/cluster"))
            and f"/resourcegroups/{m.label('kubernetes.azure.com/cluster')}/".lower() in m.provider_id.lower()
        ),
        weight=2,
    ),
    _NodeRule(
        provider="aks", says="kubelet of an AKS virtual node", test=lambda m: "-vk-azure-aci" in m.kubelet, weight=2
    ),
    _NodeRule(provider="ibm", says="kubelet built by IBM Cloud", test=lambda m: "+IKS" in m.kubelet, weight=4),
    _NodeRule(provider="ibm", says="providerID of an IBM Cloud worker", test=lambda m: m.cloud == "ibm", weight=5),
    _NodeRule(provider="ack", says="kubelet built by Alibaba Cloud", test=lambda m: "-aliyun." in m.kubelet, weight=4),
    _NodeRule(
        provider="ack",
        says="Alibaba Cloud machine with ACK's labels",
        test=lambda m: m.cloud == "alicloud" and m.labelled("alibabacloud.com/"),
        weight=2,
    ),
    _NodeRule(
        provider="oke",
        says="providerID of an OKE virtual node",
        test=lambda m: m.cloud == "ocid1.virtualnode",
        weight=4,
    ),
    _NodeRule(
        provider="oke",
        says="Oracle Cloud machine with OKE's labels",
        test=lambda m: m.cloud in ("ocid1.instance", "oci") and m.labelled("oke.oraclecloud.com/"),
        weight=2,
    ),
    _NodeRule(
        provider="oke",
        says="Oracle Cloud machine with OKE's node pool annotation",
        test=lambda m: m.cloud in ("ocid1.instance", "oci") and "oci.oraclecloud.com/node-pool-id" in m.annotations,
        weight=2,
    ),
    _NodeRule(
        provider="doks",
        says="DigitalOcean machine with DOKS labels",
        test=lambda m: m.cloud == "digitalocean" and m.labelled("doks.digitalocean.com/"),
        weight=2,
    ),
    _NodeRule(
        provider="lke",
        says="Linode machine with LKE labels",
        test=lambda m: m.cloud == "linode" and m.labelled("lke.linode.com/"),
        weight=2,
    ),
    _NodeRule(
        provider="ovh",
        says="OpenStack machine with OVHcloud's labels",
        test=lambda m: m.cloud == "openstack" and (m.labelled("node.k8s.ovh/") or m.labelled("k8s.ovh.net/")),
        weight=2,
    ),
    _NodeRule(
        provider="scaleway",
        says="Scaleway machine with Kapsule or Kosmos labels",
        test=lambda m: m.cloud == "scaleway" and m.labelled("k8s.scaleway.com/"),
        weight=2,
    ),
    _NodeRule(
        provider="self_managed",
        says="kubelet of a distribution that its user runs (k3s, RKE2, k0s, Tanzu)",
        test=lambda m: any(mark in m.kubelet for mark in ("+k3s", "+rke2", "+k0s", "+vmware")),
        weight=4,
    ),
    _NodeRule(
        provider="self_managed",
        says="node of a local cluster (kind, k3d)",
        test=lambda m: m.cloud in ("kind", "k3s"),
        weight=3,
    ),
    _NodeRule(
        provider="self_managed", says="node runs Talos Linux", test=lambda m: m.system.startswith("Talos"), weight=3
    ),
    _NodeRule(
        provider="self_managed",
        says="machine of the user's own infrastructure",
        test=lambda m: (
            m.cloud in ("vsphere", "metal3", "baremetalhost", "hcloud", "harvester", "proxmox", "nutanix")
            and "-eks-" not in m.kubelet
        ),
        weight=1,
    ),
    *(
        _NodeRule(
            provider=provider,
            says=f"label {prefix}... on nodes",
            test=lambda m, prefix=prefix: m.labelled(prefix),  # type: ignore[misc]
            weight=1,
            grade=Grade.NAMED,
        )
        for provider, prefix in (
            ("eks", "eks.amazonaws.com/"),
            ("gke", "cloud.google.com/gke-"),
            ("aks", "kubernetes.azure.com/"),
            ("ibm", "ibm-cloud.kubernetes.io/"),
            ("oke", "oke.oraclecloud.com/"),
            ("doks", "doks.digitalocean.com/"),
            ("lke", "lke.linode.com/"),
            ("ovh", "node.k8s.ovh/"),
            ("scaleway", "k8s.scaleway.com/"),
            ("ack", "alibabacloud.com/nodepool-id"),
            ("self_managed", "kops.k8s.io/"),
            ("self_managed", "microk8s.io/"),
            ("self_managed", "minikube.k8s.io/"),
            ("self_managed", "rke.cattle.io/"),
        )
    ),
    _NodeRule(
        provider="self_managed",
        says="node was set up by kubeadm (annotation kubeadm.alpha.kubernetes.io/cri-socket)",
        test=lambda m: "kubeadm.alpha.kubernetes.io/cri-socket" in m.annotations,
        weight=1,
        grade=Grade.NAMED,
    ),
)

_VERSIONS: Final = (
    ("-eks-", "eks"),
    ("-gke.", "gke"),
    ("+IKS", "ibm"),
    ("-aliyun.", "ack"),
    ("+k3s", "self_managed"),
    ("+rke2", "self_managed"),
    ("+k0s", "self_managed"),
    ("+vmware", "self_managed"),
)

_GROUPS: Final = (
    ("anywhere.eks.amazonaws.com", "eks", Grade.WRITTEN, 12),
    ("eks.amazonaws.com", "eks", Grade.WRITTEN, 2),
    ("vpcresources.k8s.aws", "eks", Grade.BUILT, 1),
    ("auto.gke.io", "gke", Grade.WRITTEN, 2),
    ("networking.gke.io", "gke", Grade.WRITTEN, 1),
    ("aro.openshift.io", "aro", Grade.WRITTEN, 3),
    ("oci.oraclecloud.com", "oke", Grade.WRITTEN, 1),
    ("kops.k8s.io", "self_managed", Grade.BUILT, 1),
)
"""API groups that a service writes into its clusters. Exact names: sub-groups are rows of their own."""

_CONTEXTS: Final = (
    (re.compile(r"^arn:aws[\w-]*:eks:|\.eksctl\.io$"), "eks"),
    (re.compile(r"^gke_[^_]+_[^_]+_"), "gke"),
    (re.compile(r"^do-[a-z]{3}\d-"), "doks"),
    (re.compile(r"^lke\d+(-ctx)?$"), "lke"),
    (re.compile(r"^(kind|k3d|minikube|microk8s)($|-)|@kubernetes$"), "self_managed"),
)


def _described(sight: Sight) -> Iterator[Signal]:
    for record in sight.descriptions.clusters:
        provider = CLUSTERS[record.kind]
        connected = words(record.body, "connectorConfig.provider")
        if provider == "eks" and connected and connected != "EKS_ANYWHERE":
            says = f"{record.kind} {record.name} is only registered with EKS (connectorConfig.provider {connected})"
            yield _signal("self_managed", says, Grade.ANSWERED, record.source)
            continue
        yield _signal(
            provider, f"the provider describes the cluster ({record.kind} {record.name})", Grade.ANSWERED, record.source
        )
    for kind, provider in (
        ("eks.addon", "eks"),
        ("eks.nodegroup", "eks"),
        ("gke.nodePool", "gke"),
        ("aks.agentPool", "aks"),
    ):
        found = sight.descriptions.of(kind)
        if found and not sight.descriptions.clusters:
            yield _signal(
                provider,
                f"the provider describes a part of the cluster ({kind} {found[0].name})",
                Grade.ANSWERED,
                found[0].source,
            )


def _server_version(sight: Sight) -> Iterator[Signal]:
    version = sight.snapshot.server_version or ""
    for mark, provider in _VERSIONS:
        if mark in version:
            yield _signal(provider, f"the API server's version is {version}", Grade.WRITTEN, "", 4)


def _nodes(sight: Sight) -> Iterator[Signal]:
    total = len(sight.machines)
    for rule in _NODE_RULES:
        matching = [machine for machine in sight.machines if rule.test(machine)]
        if matching:
            first = matching[0]
            example = f"{first.name}: {first.kubelet}, {first.provider_id or 'no providerID'}"
            says = f"{rule.says} ({len(matching)} of {total} nodes; {example})"
            yield _signal(rule.provider, says, rule.grade, first.source, rule.weight * len(matching) / total)


def _groups(sight: Sight) -> Iterator[Signal]:
    for group, provider, grade, weight in _GROUPS:
        if group in sight.groups:
            yield _signal(provider, f"API group {group} is installed", grade, sight.groups[group], weight)


def _openshift(sight: Sight) -> Iterator[Signal]:
    """ROSA and ARO differ from OpenShift that its user runs by what their services write into it."""
    if not sight.openshift:
        return
    infrastructure = sight.infrastructure
    status = infrastructure.status if infrastructure else None
    source = infrastructure.source if infrastructure else ""
    found: list[Signal] = []
    tags = (
        {tag.key: tag.value for tag in (status.platform_status.aws.resource_tags or ())}
        if status and status.platform_status.aws
        else {}
    )
    kind = tags.get("red-hat-clustertype", "")
    if kind:
        provider = "rosa" if kind == "rosa" else "self_managed"
        found.append(
            _signal(
                provider, f"Infrastructure object carries the tag red-hat-clustertype={kind}", Grade.WRITTEN, source, 6
            )
        )
    address = (status.api_server_url if status else "").partition("://")[2].partition(":")[0]
    for suffix, provider in ((".openshiftapps.com", "rosa"), (".aroapp.io", "aro"), (".cloud.ibm.com", "ibm")):
        if address.endswith(suffix):
            found.append(
                _signal(provider, f"Infrastructure object gives the API address {address}", Grade.WRITTEN, source, 4)
            )
    managed = sight.has_group("managed.openshift.io")
    if managed and (status is None or status.platform in ("AWS", "")):
        found.append(
            _signal(
                "rosa",
                f"API group {managed} of Red Hat's managed OpenShift is installed",
                Grade.WRITTEN,
                sight.groups[managed],
                3,
            )
        )
    elsewhere = sight.has_group("aro.openshift.io") or any(machine.cloud == "ibm" for machine in sight.machines)
    yield from found
    if not found and not elsewhere:
        yield _signal("self_managed", "OpenShift without any mark of ROSA, ARO or IBM", Grade.WRITTEN, source, 12)


def _own_control_plane(sight: Sight) -> Iterator[Signal]:
    """Pods of the API server: a managed service shows none, so whoever shows them runs the control plane."""
    if sight.openshift:
        return
    nodes = {machine.name for machine in sight.machines}
    for workload in sight.workloads:
        if (
            workload.kind != STATIC
            or not workload.name.startswith("kube-apiserver")
            or workload.namespace != "kube-system"
        ):
            continue
        if nodes and not workload.nodes & nodes:
            continue
        anywhere = any(machine.cloud in OFF_CLOUD and "-eks-" in machine.kubelet for machine in sight.machines)
        provider = "eks" if anywhere else "self_managed"
        yield _signal(
            provider, f"the API server runs in the cluster ({workload.path})", Grade.WRITTEN, workload.source, 10
        )


def _field_managers(sight: Sight) -> Iterator[Signal]:
    written = [item for item in sight.workloads if item.namespace == "kube-system" and "eks" in item.managers]
    if written:
        says = f"field manager 'eks' wrote {written[0].path} and {len(written) - 1} more in kube-system"
        yield _signal("eks", says, Grade.WRITTEN, written[0].source, 2)


def _images(sight: Sight) -> Iterator[Signal]:
    """Who built the images of kube-system; a copy or a mirror says nothing."""
    builders = (("602401143452.dkr.ecr.", "eks"), ("gke.gcr.io", "gke"), ("mcr.microsoft.com", "aks"))
    for prefix, provider in builders:
        for workload in sight.workloads:
            if workload.namespace == "kube-system" and any(
                parse_image(image).registry.startswith(prefix) for image in workload.images
            ):
                yield _signal(provider, f"image of {workload.path} comes from {prefix}", Grade.BUILT, workload.source)
                break


def _names(sight: Sight) -> Iterator[Signal]:
    context = sight.snapshot.context or ""
    for pattern, provider in _CONTEXTS:
        if pattern.search(context):
            yield _signal(provider, f"the context is called {context}", Grade.NAMED, "")
    maps = {item.key: item for item in sight.snapshot.objects.get("ConfigMap", ())}
    for key, provider in (("kube-system/aws-auth", "eks"), ("kube-system/kubeadm-config", "self_managed")):
        if key in maps:
            yield _signal(provider, f"ConfigMap {key} is there", Grade.NAMED, maps[key].source)


def _signal(provider: str, says: str, grade: Grade, source: str, weight: float = 1) -> Signal:
    return Signal(provider=provider, evidence=Evidence(says=says, grade=grade, source=source), weight=weight)


DETECTORS: Final[tuple[Callable[[Sight], Iterator[Signal]], ...]] = (
    _described,
    _server_version,
    _nodes,
    _groups,
    _openshift,
    _own_control_plane,
    _field_managers,
    _images,
    _names,
)
"""Every way of finding out, in the order in which evidence is shown within a grade."""
