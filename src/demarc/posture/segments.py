"""How far policies of the network reach: which workloads none is for, and what may be for them all the same.

NetworkPolicies are evaluated. Policies of other kinds (Cilium, Calico, AdminNetworkPolicy, security groups for pods)
are not read: where there are some, a workload "may be covered", which is unknown and neither a pass nor a finding.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final, NamedTuple

from demarc.access.techniques.pods import Running
from demarc.model.kubernetes import KubeObject, LabelSelector, NetworkPolicy
from demarc.posture.ground import Ground

NETWORK_POLICY: Final = "NetworkPolicy.networking.k8s.io"
_OF_NAMESPACE: Final = (
    *("CiliumNetworkPolicy.cilium.io", "NetworkPolicy.crd.projectcalico.org", "NetworkPolicy.projectcalico.org"),
    *("NetworkPolicy.crd.antrea.io", "ApplicationNetworkPolicy.networking.k8s.aws", "EgressFirewall.k8s.ovn.org"),
    *("FQDNNetworkPolicy.networking.gke.io", "SecurityGroupPolicy.vpcresources.k8s.aws"),
)
_OF_CLUSTER: Final = (
    *("CiliumClusterwideNetworkPolicy.cilium.io", "GlobalNetworkPolicy.crd.projectcalico.org"),
    *("GlobalNetworkPolicy.projectcalico.org", "ClusterNetworkPolicy.crd.antrea.io"),
    *("AdminNetworkPolicy.policy.networking.k8s.io", "BaselineAdminNetworkPolicy.policy.networking.k8s.io"),
    *("ClusterNetworkPolicy.policy.networking.k8s.io", "ClusterNetworkPolicy.networking.k8s.aws"),
)


class Open(NamedTuple):
    """A workload that no NetworkPolicy is for in some direction."""

    running: Running
    inwards: bool
    outwards: bool


class Segments:
    """Coverage by policies. Built once for each check that asks."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.network = ground.view.network

    @cached_property
    def unseen(self) -> str:
        """Why NetworkPolicies may be there that were not seen; empty when all were."""
        return self._ground.lacks(NETWORK_POLICY)

    @cached_property
    def spaces(self) -> dict[str, list[Running]]:
        """Namespaces of users, with the workloads that run in the network of pods."""
        found: dict[str, list[Running]] = {}
        for one in self._ground.workloads:
            if one.namespace in self._ground.systems or not one.pods:
                continue
            if not any(spec.host_network for spec in one.specs):
                found.setdefault(one.namespace, []).append(one)
        return found

    @cached_property
    def policies(self) -> dict[str, list[NetworkPolicy]]:
        """NetworkPolicies by namespace."""
        found: dict[str, list[NetworkPolicy]] = {}
        for policy in self.network.policies:
            found.setdefault(policy.metadata.namespace, []).append(policy)
        return found

    def open(self, namespace: str) -> list[Open]:
        """Workloads of a namespace that some direction is open for."""
        states = (
            Open(one, not self.network.closed_in(one), not self.network.closed_out(one))
            for one in self.spaces.get(namespace, ())
        )
        return [state for state in states if state.inwards or state.outwards]

    def others(self, namespace: str) -> str:
        """Policies of other kinds that may be for pods of a namespace, in words; empty without any."""
        found = [*self._cluster_wide, *self._by_space.get(namespace, ())]
        if not found:
            return ""
        shown = ", ".join(f"{item.kind} {item.key}" for item in found[:2])
        more = f" and {len(found) - 2} more" if len(found) > 2 else ""
        return f"pods of {namespace} may be covered by {shown}{more}: what these say is not read"

    @cached_property
    def _cluster_wide(self) -> list[KubeObject]:
        return [item for kind in _OF_CLUSTER for item in self._ground.snapshot.objects.get(kind, ())]

    @cached_property
    def _by_space(self) -> dict[str, list[KubeObject]]:
        found: dict[str, list[KubeObject]] = {}
        for kind in _OF_NAMESPACE:
            for item in self._ground.snapshot.objects.get(kind, ()):
                found.setdefault(item.metadata.namespace, []).append(item)
        return found


def selects_all(selector: LabelSelector) -> bool:
    """Whether a selector is empty."""
    return not selector.match_labels and not selector.match_expressions
