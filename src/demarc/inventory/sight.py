"""Everything that the rules of the inventory look at, gathered once from a snapshot. It decides nothing."""

from __future__ import annotations

from msgspec import Struct

from demarc.inventory.machines import Machine, machines
from demarc.inventory.records import Descriptions, descriptions
from demarc.inventory.workloads import Workload, workloads
from demarc.model.evidence import GapReason
from demarc.model.kubernetes import CustomResourceDefinition, Infrastructure, KubeObject
from demarc.model.snapshot import Snapshot

_NAME_LABELS = ("alpha.eksctl.io/cluster-name", "kubernetes.azure.com/cluster")


class Sight(Struct, frozen=True, kw_only=True):
    """What is there to look at."""

    snapshot: Snapshot
    machines: tuple[Machine, ...]
    workloads: tuple[Workload, ...]
    descriptions: Descriptions
    namespaces: dict[str, KubeObject]
    groups: dict[str, str]
    """API groups that CustomResourceDefinitions or objects show, with the source that shows them."""
    infrastructure: Infrastructure | None
    """OpenShift's own description of itself."""
    openshift: bool
    """A ClusterVersion or Infrastructure object is there. Leftovers as ``openshift-service-ca.crt`` do not count."""
    managers_hidden: bool
    """There are workloads, and none of them shows managedFields: the dump left them out."""
    nodes_unseen: str
    """Why nodes were not seen; empty when they were."""

    def has_group(self, *suffixes: str) -> str:
        """The first API group that is, or ends in a dot and, one of these; empty without one."""
        for suffix in suffixes:
            for group in self.groups:
                if group == suffix or group.endswith(f".{suffix}"):
                    return group
        return ""


def look(snapshot: Snapshot) -> Sight:
    """Gather. Costs one pass over the pods and one over everything else."""
    nodes = machines(snapshot)
    runs = workloads(snapshot)
    infrastructure = next(iter(snapshot.all("Infrastructure.config.openshift.io", Infrastructure)), None)
    hints = (
        snapshot.context or "",
        *(value for node in nodes for label in _NAME_LABELS if (value := node.label(label))),
    )
    return Sight(
        snapshot=snapshot,
        machines=nodes,
        workloads=runs,
        descriptions=descriptions(snapshot, tuple(dict.fromkeys(hints))),
        namespaces={item.metadata.name: item for item in snapshot.objects.get("Namespace", ())},
        groups=_groups(snapshot),
        infrastructure=infrastructure,
        openshift=bool(infrastructure or snapshot.objects.get("ClusterVersion.config.openshift.io")),
        managers_hidden=bool(runs) and not any(workload.fields for workload in runs),
        nodes_unseen="" if nodes else _why_no_nodes(snapshot),
    )


def _groups(snapshot: Snapshot) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in snapshot.all("CustomResourceDefinition.apiextensions.k8s.io", CustomResourceDefinition):
        found.setdefault(item.spec.group or item.metadata.name.partition(".")[2], item.source)
    for kind, items in snapshot.objects.items():
        group = kind.partition(".")[2]
        if group and items:
            found.setdefault(group, items[0].source)
    return dict(sorted(found.items()))


def _why_no_nodes(snapshot: Snapshot) -> str:
    gap = snapshot.missing("nodes")
    if gap is not None:
        words = {GapReason.FORBIDDEN: "reading nodes is forbidden", GapReason.NOT_GIVEN: "no nodes were given"}
        return words.get(gap.reason, f"nodes could not be read ({gap.reason.value})")
    return "no nodes are in what was given"
