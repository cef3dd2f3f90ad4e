"""What techniques look at: a snapshot with its indexes, made once and read by all of them. It makes no edges."""

from __future__ import annotations

from functools import cached_property
from typing import Final, TypeVar

from demarc.access.authorizer import Authorizer
from demarc.access.seen import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES
from demarc.access.techniques.guards import Guards
from demarc.access.techniques.network_policies import Network
from demarc.access.techniques.offers import offers
from demarc.access.techniques.pods import Running, Workloads
from demarc.access.techniques.rights import Rights
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Component, Inventory, Pool, Scope
from demarc.model.kubernetes import ConfigMap, KubeObject, Node, PersistentVolume, Secret, ServiceAccount
from demarc.model.snapshot import Record, Snapshot

T = TypeVar("T", bound=KubeObject)

MANAGED = ("eks", "gke", "aks", "rosa", "aro")
"""Providers that run the control plane and let nobody set its admission configuration."""

_EVERY_CLUSTER_HAS: Final = {
    "namespaces": "Namespace",
    "serviceaccounts": "ServiceAccount",
    "configmaps": "ConfigMap",
    "secrets": "Secret",
    "nodes": "Node",
    "pods": "Pod",
}
"""Resource -> kind. Secrets may truly be none; far more often they were left out of a dump."""


class View:
    """One cluster, as techniques see it. Every index is made when it is first asked for."""

    def __init__(self, snapshot: Snapshot, inventory: Inventory, authorizer: Authorizer | None = None) -> None:
        self.snapshot = snapshot
        self.inventory = inventory
        self.authorizer = authorizer or Authorizer(snapshot)

    # Where duties are asked.

    @cached_property
    def cluster(self) -> Scope:
        """The cluster as a scope."""
        return Scope(kind=Unit.CLUSTER, name=self.inventory.cluster.name)

    def scope(self, namespace: str) -> Scope:
        """A namespace as a scope; the cluster for no namespace."""
        return Scope(kind=Unit.NAMESPACE, name=namespace) if namespace else self.cluster

    def pool(self, node: str) -> Scope:
        """The pool of a node as a scope; the cluster where it is in none that is known."""
        found = self.pools.get(node)
        return Scope(kind=Unit.POOL, name=found.name) if found is not None else self.cluster

    @staticmethod
    def workload(running: Running) -> Scope:
        """A workload as a scope."""
        return Scope(kind=Unit.WORKLOAD, name=running.scope)

    @staticmethod
    def identity(name: str) -> Scope:
        """An identity as a scope: ``payments/ServiceAccount/api``, ``User/bob``, ``payments/Secret/database``."""
        return Scope(kind=Unit.IDENTITY, name=name)

    # What is there.

    @property
    def provider(self) -> str:
        """Key of the boundary catalogue."""
        return self.inventory.cluster.provider

    @property
    def is_managed(self) -> bool:
        """Whether somebody else runs the control plane."""
        return self.provider in MANAGED

    @cached_property
    def pools(self) -> dict[str, Pool]:
        """Pools by node."""
        return {name: pool for pool in self.inventory.pools for name in pool.node_names}

    @cached_property
    def rights(self) -> Rights:
        """Who has which rights by RBAC, and who could have them by a binding that somebody may make."""
        plain = Rights(self.authorizer.bindings.all)
        extra = offers(plain, self.snapshot)
        return Rights((*plain.bounds, *extra)) if extra else plain

    @cached_property
    def workloads(self) -> Workloads:
        """Workloads with their pods."""
        return Workloads(self.snapshot)

    @cached_property
    def guards(self) -> Guards:
        """What may stop the creation of objects."""
        return Guards(self.snapshot, self.namespaces, managed=self.is_managed, provider=self.provider)

    @cached_property
    def network(self) -> Network:
        """Which pods may talk to which."""
        return Network(self.snapshot, self.workloads, self.namespaces, provider=self.provider)

    @cached_property
    def namespaces(self) -> dict[str, dict[str, str]]:
        """Labels by namespace; also of namespaces that only show in objects (then without labels)."""
        found = {item.metadata.name: item.labels for item in self.snapshot.objects.get("Namespace", ())}
        for kind in ("Pod", "ServiceAccount", "Secret", "RoleBinding.rbac.authorization.k8s.io"):
            for item in self.snapshot.objects.get(kind, ()):
                if item.metadata.namespace and item.metadata.namespace not in found:
                    found[item.metadata.namespace] = {}
        return found

    @cached_property
    def accounts(self) -> dict[tuple[str, str], ServiceAccount]:
        """Service accounts by namespace and name."""
        return _by_name(self.snapshot.all("ServiceAccount", ServiceAccount))

    @cached_property
    def secrets(self) -> dict[tuple[str, str], Secret]:
        """Secrets by namespace and name."""
        return _by_name(self.snapshot.all("Secret", Secret))

    @cached_property
    def config_maps(self) -> dict[tuple[str, str], ConfigMap]:
        """ConfigMaps by namespace and name."""
        return _by_name(self.snapshot.all("ConfigMap", ConfigMap))

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Nodes by name."""
        return {node.metadata.name: node for node in self.snapshot.all("Node", Node)}

    @cached_property
    def volumes(self) -> dict[tuple[str, str], PersistentVolume]:
        """PersistentVolumes by the namespace and name of their claim."""
        claims = ((volume, volume.spec.claim_ref) for volume in self.snapshot.all("PersistentVolume", PersistentVolume))
        return {(claim.namespace, claim.name): volume for volume, claim in claims if claim is not None}

    def records(self, kind: str) -> tuple[Record, ...]:
        """Descriptions of a kind from outside of the Kubernetes API, such as ``eks.cluster``."""
        return self.snapshot.of(kind)

    @cached_property
    def components(self) -> dict[str, Component]:
        """Components by the scope of a workload that they consist of: ``kube-system/Deployment/coredns``."""
        found: dict[str, Component] = {}
        for component in self.inventory.components:
            for path in component.objects:
                kind, _, rest = path.partition("/")
                namespace, _, name = rest.partition("/")
                found[f"{namespace}/{kind}/{name}"] = component
        return found

    # What was not seen.

    def lacks(self, kind: str) -> str:
        """Why objects of a kind that access rests on may be missing, in words; empty when all were seen."""
        return self.authorizer.seen.lacks(kind)

    @cached_property
    def rbac_unseen(self) -> str:
        """What of roles and bindings was not seen; empty when all were."""
        lacks = (self.lacks(kind) for kind in (CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS, CLUSTER_ROLES, ROLES))
        return next((why for why in lacks if why), "")

    def missing(self, resource: str) -> str:
        """Why a resource such as ``secrets`` was not seen, by the gap that says so; empty where there is none."""
        gap = self.snapshot.missing(resource)
        if gap is None:
            return ""
        return f"{resource} were not all seen: {gap.reason.value}" + (f", {gap.detail}" if gap.detail else "")

    def left_out(self, resource: str) -> str:
        """Why nothing can be said of what is not among the objects of a resource; empty where they were seen.

        A dump that leaves a kind out has no gap for it. That none is there of what every cluster has says as much.
        """
        if gap := self.missing(resource):
            return gap
        kind = _EVERY_CLUSTER_HAS.get(resource, "")
        return self.lacks(kind) if kind and not self.snapshot.objects.get(kind) else ""


def _by_name(items: tuple[T, ...]) -> dict[tuple[str, str], T]:
    return {(item.metadata.namespace, item.metadata.name): item for item in items}


def shown(item: KubeObject, says: str) -> Evidence:
    """Evidence of an object: ``Deployment payments/api: spec.template.spec.hostPID is true``."""
    return Evidence(says=f"{item.kind} {item.key}: {says}", grade=Grade.WRITTEN, source=item.source)


def seen_in(running: Running, says: str) -> Evidence:
    """Evidence of a workload's pods: ``DaemonSet kube-system/agent: spec.hostPID is true``."""
    return Evidence(says=f"{running.what}: {says}", grade=Grade.WRITTEN, source=running.source)
