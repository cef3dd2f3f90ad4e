"""Which deployment model a node runs in, per provider, as tables of rules: the first that fits decides.

Sources: the providers' documentation of providerID forms, reserved labels and node images. Where a rule rests on a
label it says so (grade NAMED), and a description or a server-written field that speaks against it comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from demarc.inventory.machines import Machine
from demarc.inventory.records import dig, true, words
from demarc.inventory.sight import Sight
from demarc.inventory.signals import OFF_CLOUD
from demarc.model.evidence import Evidence, Grade

COMPUTE_TYPE: Final = "eks.amazonaws.com/compute-type"
NODEGROUP: Final = "eks.amazonaws.com/nodegroup"


class Rule(Struct, frozen=True, kw_only=True):
    """A way to tell a model. ``test`` sees one node and the whole."""

    model: str
    says: str
    grade: Grade
    test: Callable[[Machine, Sight], bool]
    doubt: str = ""
    """What to tell the reader where this rule decided."""


def _fargate(machine: Machine) -> bool:
    """Fargate's providerID ends in the name of its machine; an EC2 instance's in an instance id."""
    return machine.provider_id.rpartition("/")[2].startswith("fargate-")


def _instance(machine: Machine) -> bool:
    return machine.provider_id.rpartition("/")[2].startswith("i-")


def auto_mode_on(sight: Sight) -> bool | None:
    """Whether the description says that Auto Mode is on; None without a description."""
    record = sight.descriptions.cluster
    return None if record is None or record.kind != "eks.cluster" else true(record.body, "computeConfig.enabled")


def _listed_elsewhere(machine: Machine, sight: Sight) -> bool:
    """The provider listed its node groups, and the one that the label names is not among them."""
    listing = sight.descriptions.listing("eks.nodegroup")
    names = dig(listing.body, "names") if listing else None
    return isinstance(names, list) and machine.label(NODEGROUP) not in names


def _described_pool(kind: str, label: str) -> Callable[[Machine, Sight], bool]:
    def test(machine: Machine, sight: Sight) -> bool:
        name = machine.label(label)
        return bool(name) and any(record.name == name for record in sight.descriptions.of(kind))

    return test


def _autopilot_pool(machine: Machine, sight: Sight) -> bool | None:
    """What the description of the node's pool says of Autopilot; None where it says nothing."""
    name = machine.label("cloud.google.com/gke-nodepool")
    for record in sight.descriptions.of("gke.nodePool"):
        if record.name == name:
            found = dig(record.body, "autopilotConfig.enabled")
            return found if isinstance(found, bool) else None
    return None


def autopilot_on(sight: Sight) -> bool | None:
    """Whether the description says that the cluster is an Autopilot one; None without a description."""
    record = sight.descriptions.cluster
    return None if record is None or record.kind != "gke.cluster" else true(record.body, "autopilot.enabled")


def sku(sight: Sight) -> str | None:
    """Name of the AKS SKU, ``Base`` or ``Automatic``, lower-case; None without a description."""
    record = sight.descriptions.cluster
    return None if record is None or record.kind != "aks.cluster" else words(record.body, "sku.name").lower()


def oke_type(sight: Sight) -> str:
    """``basic`` or ``enhanced``, by the description's ``BASIC_CLUSTER`` or ``ENHANCED_CLUSTER``; empty without one."""
    record = sight.descriptions.cluster
    return words(record.body, "type").lower().removesuffix("_cluster") if record else ""


def hosted_plane(sight: Sight) -> tuple[bool, Evidence] | None:
    """Whether an OpenShift control plane is hosted elsewhere, with the strongest evidence; None when nothing tells."""
    record = sight.descriptions.cluster
    if record is not None and record.kind == "rosa.cluster":
        enabled = true(record.body, "hypershift.enabled")
        says = f"the provider describes the cluster with hypershift.enabled {str(enabled).lower()}"
        return enabled, Evidence(says=says, grade=Grade.ANSWERED, source=record.source)
    topology = sight.infrastructure.status.control_plane_topology if sight.infrastructure else ""
    if topology and sight.infrastructure:
        says = f"Infrastructure.status.controlPlaneTopology is {topology}"
        return topology == "External", Evidence(says=says, grade=Grade.WRITTEN, source=sight.infrastructure.source)
    if sight.machines:
        masters = [machine for machine in sight.machines if machine.control_plane]
        says = f"{len(masters)} nodes of the control plane are listed"
        return not masters, Evidence(says=says, grade=Grade.NAMED, source=sight.machines[0].source)
    return None


_WEAK_GKE: Final = (
    "Whether this is Autopilot was read from node names: give `gcloud container clusters describe` to be sure"
)
_WEAK_AKS: Final = (
    "Nothing in the cluster tells AKS Standard from Automatic: Standard was assumed; give `az aks show` to be sure"
)
_WEAK_OKE: Final = "Nothing in the cluster tells basic from enhanced OKE: give the cluster's description to be sure"

RULES: Final[dict[str, tuple[Rule, ...]]] = {
    "eks": (
        Rule(
            model="eks_anywhere",
            says="EKS Distro outside AWS, with EKS Anywhere's own machines",
            grade=Grade.WRITTEN,
            test=lambda m, s: m.cloud in OFF_CLOUD or ("anywhere.eks.amazonaws.com" in s.groups and m.cloud != "aws"),
        ),
        Rule(
            model="hybrid_nodes",
            says="providerID eks-hybrid",
            grade=Grade.WRITTEN,
            test=lambda m, _s: m.cloud == "eks-hybrid",
        ),
        Rule(
            model="fargate",
            says="providerID ends in a Fargate machine",
            grade=Grade.WRITTEN,
            test=lambda m, _s: _fargate(m),
        ),
        Rule(
            model="auto_mode",
            says="node image is that of EKS Auto Mode",
            grade=Grade.WRITTEN,
            test=lambda m, s: "EKS Auto" in m.system and auto_mode_on(s) is not False,
        ),
        Rule(
            model="managed_node_groups",
            says="the provider describes the node group that the node is labelled with",
            grade=Grade.ANSWERED,
            test=_described_pool("eks.nodegroup", NODEGROUP),
        ),
        Rule(
            model="self_managed_nodes",
            says="labelled with a node group that is not among those that the provider lists",
            grade=Grade.ANSWERED,
            test=lambda m, s: bool(m.label(NODEGROUP)) and _listed_elsewhere(m, s),
            doubt="Nodes carry the label of a node group that the provider does not list: read as self-managed",
        ),
        Rule(
            model="managed_node_groups",
            says=f"label {NODEGROUP} on an EC2 instance",
            grade=Grade.NAMED,
            test=lambda m, _s: bool(m.label(NODEGROUP)),
        ),
        Rule(
            model="hybrid_nodes",
            says=f"label {COMPUTE_TYPE}=hybrid",
            grade=Grade.NAMED,
            test=lambda m, _s: m.label(COMPUTE_TYPE) == "hybrid" and not _instance(m),
        ),
        Rule(
            model="fargate",
            says=f"label {COMPUTE_TYPE}=fargate and a Fargate name",
            grade=Grade.NAMED,
            test=lambda m, _s: (
                m.label(COMPUTE_TYPE) == "fargate" and m.name.startswith("fargate-") and not _instance(m)
            ),
        ),
        Rule(
            model="auto_mode",
            says=f"label {COMPUTE_TYPE}=auto, and the description says that Auto Mode is on",
            grade=Grade.ANSWERED,
            test=lambda m, s: m.label(COMPUTE_TYPE) == "auto" and auto_mode_on(s) is True,
        ),
        Rule(
            model="auto_mode",
            says=f"label {COMPUTE_TYPE}=auto, and Auto Mode's API group eks.amazonaws.com is installed",
            grade=Grade.WRITTEN,
            test=lambda m, s: (
                m.label(COMPUTE_TYPE) == "auto" and auto_mode_on(s) is None and "eks.amazonaws.com" in s.groups
            ),
        ),
        Rule(
            model="self_managed_nodes",
            says=f"labelled {COMPUTE_TYPE}={{auto, fargate, hybrid}}, which nothing else confirms",
            grade=Grade.NAMED,
            test=lambda m, _s: m.label(COMPUTE_TYPE) in ("auto", "fargate", "hybrid"),
            doubt=f"Nodes carry the label {COMPUTE_TYPE} that nothing else confirms: they were read as self-managed",
        ),
        Rule(
            model="self_managed_nodes",
            says="Karpenter that the cluster's users run made the node (karpenter.sh/nodepool, no Auto Mode)",
            grade=Grade.NAMED,
            test=lambda m, _s: m.labelled("karpenter.sh/"),
        ),
        Rule(
            model="self_managed_nodes",
            says="EC2 instance without any mark of a node group, Fargate or Auto Mode",
            grade=Grade.WRITTEN,
            test=lambda _m, _s: True,
        ),
    ),
    "gke": (
        Rule(
            model="autopilot",
            says="the provider describes the node's pool as run by Autopilot",
            grade=Grade.ANSWERED,
            test=lambda m, s: _autopilot_pool(m, s) is True,
        ),
        Rule(
            model="standard",
            says="the provider describes the node's pool as not run by Autopilot",
            grade=Grade.ANSWERED,
            test=lambda m, s: _autopilot_pool(m, s) is False,
        ),
        Rule(
            model="autopilot",
            says="the provider describes the cluster with autopilot.enabled true",
            grade=Grade.ANSWERED,
            test=lambda _m, s: autopilot_on(s) is True,
        ),
        Rule(
            model="autopilot",
            says="node name starts with gk3-",
            grade=Grade.NAMED,
            test=lambda m, _s: m.name.startswith("gk3-"),
            doubt=_WEAK_GKE,
        ),
        Rule(
            model="standard",
            says="the provider describes the cluster without Autopilot",
            grade=Grade.ANSWERED,
            test=lambda _m, s: autopilot_on(s) is False,
        ),
        Rule(
            model="standard",
            says="node name does not start with gk3-",
            grade=Grade.NAMED,
            test=lambda _m, _s: True,
            doubt=_WEAK_GKE,
        ),
    ),
    "aks": (
        Rule(
            model="automatic",
            says="the provider describes the cluster with sku.name Automatic",
            grade=Grade.ANSWERED,
            test=lambda _m, s: sku(s) == "automatic",
        ),
        Rule(
            model="standard",
            says="the provider describes the cluster with another SKU than Automatic",
            grade=Grade.ANSWERED,
            test=lambda _m, s: sku(s) is not None,
        ),
        Rule(
            model="standard",
            says="assumed: no description tells the SKU",
            grade=Grade.NAMED,
            test=lambda _m, _s: True,
            doubt=_WEAK_AKS,
        ),
    ),
    "oke": (
        Rule(
            model="virtual_nodes",
            says="providerID of a virtual node",
            grade=Grade.WRITTEN,
            test=lambda m, _s: m.cloud == "ocid1.virtualnode",
        ),
        Rule(
            model="enhanced",
            says="the provider describes an enhanced cluster",
            grade=Grade.ANSWERED,
            test=lambda _m, s: oke_type(s) == "enhanced",
        ),
        Rule(
            model="basic",
            says="the provider describes a basic cluster",
            grade=Grade.ANSWERED,
            test=lambda _m, s: oke_type(s) == "basic",
        ),
        Rule(
            model="basic",
            says="assumed: no description tells",
            grade=Grade.NAMED,
            test=lambda _m, _s: True,
            doubt=_WEAK_OKE,
        ),
    ),
    "ibm": (
        Rule(model="roks", says="OpenShift objects are there", grade=Grade.WRITTEN, test=lambda _m, s: s.openshift),
        Rule(model="iks", says="no OpenShift object is there", grade=Grade.WRITTEN, test=lambda _m, _s: True),
    ),
    "scaleway": (
        Rule(
            model="kosmos_external_nodes",
            says="Kosmos labels on a machine that is not Scaleway's",
            grade=Grade.WRITTEN,
            test=lambda m, _s: m.cloud != "scaleway" or m.provider_id.startswith("scaleway://external"),
        ),
        Rule(model="kapsule", says="a Scaleway machine", grade=Grade.WRITTEN, test=lambda _m, _s: True),
    ),
}
"""Rules by provider; a provider that is not here has one model, or is handled in ``pools.py`` (OpenShift)."""
