"""What checks look at: the cluster as techniques see it, with the register, the matrix and the audit trail beside it.

Indexes are made once, when first asked for. It decides nothing about any check.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from demarc.access.bindings import Bound
from demarc.access.cloud.logins import Logins
from demarc.access.planes.cluster import logins_of
from demarc.access.planes.ground import ground as access_ground
from demarc.access.seen import CLUSTER_ROLES
from demarc.access.techniques.exposure import Exposure, exposures
from demarc.access.techniques.pods import KINDS, Running, template_of
from demarc.access.techniques.view import View
from demarc.accountability.assess import Answering
from demarc.accountability.people import People
from demarc.accountability.walked import Walked
from demarc.inventory.records import words
from demarc.model.assessment import Assessment
from demarc.model.duties import Unit
from demarc.model.inventory import Component, Installer, Inventory, Scope
from demarc.model.kubernetes import Container, PodSpec, Role
from demarc.model.register import Register
from demarc.model.snapshot import Snapshot, SourceKind
from demarc.model.trail import TrailFacts
from demarc.posture.granted import Granted
from demarc.posture.pod_security import is_windows

OS = "kubernetes.io/os"
_MINOR = re.compile(r"v?1\.(\d{1,4})")

POD_SPECS = {"Pod": "spec", "StaticPod": "spec", "CronJob": "spec.jobTemplate.spec.template.spec"}
"""Where the pod spec lies in an object; ``spec.template.spec`` in every other kind."""

WORKLOAD_LISTS = (
    "pods",
    "deployments.apps",
    "daemonsets.apps",
    "statefulsets.apps",
    "replicasets.apps",
    "replicationcontrollers",
    "jobs.batch",
    "cronjobs.batch",
)


class Box(NamedTuple):
    """A container where it stands."""

    running: Running
    spec: PodSpec
    container: Container
    path: str
    """``spec.template.spec.initContainers[0]``: where the workload's manifest has it, else where its pods have it."""
    kind: str
    """``containers``, ``initContainers`` or ``ephemeralContainers``."""
    written: bool
    """Whether the workload's manifest has it. False for what was put into its pods: debug containers, sidecars."""


class PodSeen(NamedTuple):
    """A pod spec of a workload: one for each revision that runs."""

    running: Running
    spec: PodSpec
    annotations: dict[str, str]
    digests: dict[str, str]
    """Digests of what its containers run, as the status of its pods says."""
    base: str
    """Where the spec lies in the workload's manifest."""
    boxes: dict[str, Box]
    """Its containers by their place in the spec: ``initContainers[0]``."""


class Ground:
    """One cluster, as checks see it. Built once and not changed afterwards."""

    def __init__(
        self,
        snapshot: Snapshot,
        inventory: Inventory,
        register: Register,
        answered: Assessment | Answering,
        at: datetime,
        *,
        trail: TrailFacts | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.inventory = inventory
        self.register = register
        self._answered = answered
        self.at = at
        """The moment that answers are for: expiry and overdue are measured against it."""
        self.trail = trail
        """The audit trail, condensed; None where none was given."""
        self.view = View(snapshot, inventory)

    @property
    def assessment(self) -> Assessment:
        """The whole answer; made now, where only an answering was given."""
        return self._answered.whole if isinstance(self._answered, Answering) else self._answered

    @cached_property
    def walked(self) -> Walked:
        """The rows of the matrix, to be asked who answers; of an answering only those of the duties that are asked."""
        if isinstance(self._answered, Answering):
            return Walked.asking(self._answered.rows)
        return Walked(self._answered.matrix)

    @cached_property
    def people(self) -> People:
        """People and teams as of the moment, checked against the directory."""
        return People(self.register, self.inventory.directory, self.at, seen=self.snapshot.taken_at)

    @property
    def provider(self) -> str:
        """Key of the boundary catalogue."""
        return self.inventory.cluster.provider

    @property
    def cluster(self) -> Scope:
        """The cluster as a scope."""
        return self.view.cluster

    @cached_property
    def is_manifests(self) -> bool:
        """Whether all that was given are manifests: what somebody wants, not what a cluster has."""
        kinds = {source.kind for source in self.snapshot.sources}
        return bool(kinds) and kinds.isdisjoint({SourceKind.LIVE, SourceKind.DUMP})

    @cached_property
    def is_live(self) -> bool:
        """Whether the cluster itself was asked: what it did not give it does not have."""
        return any(source.kind is SourceKind.LIVE for source in self.snapshot.sources)

    @property
    def version(self) -> str:
        """Kubernetes version of the control plane; empty where it is not known."""
        return self.inventory.cluster.version or ""

    @cached_property
    def granted(self) -> Granted:
        """What is bound beyond what every cluster has."""
        return Granted(self.view.authorizer.bindings.all, self.snapshot.all(CLUSTER_ROLES, Role), self.provider)

    @cached_property
    def granted_to(self) -> dict[tuple[str, str], list[Bound]]:
        """Bindings beyond the defaults by the service account that they name, by namespace and name."""
        found: dict[tuple[str, str], list[Bound]] = {}
        for bound in self.granted.bounds:
            for subject in self.granted.rights.subjects_of(bound):
                if subject.kind == "ServiceAccount":
                    found.setdefault((subject.namespace, subject.name), []).append(bound)
        return found

    @cached_property
    def authentication_mode(self) -> str:
        """How EKS lets principals in: API, API_AND_CONFIG_MAP or CONFIG_MAP; empty where that was not seen."""
        described = self.inventory.facts.get("eks.cluster", ())
        return words(described[0], "accessConfig.authenticationMode") if described else ""

    @cached_property
    def custom_kinds(self) -> frozenset[str]:
        """Custom resources that the cluster knows, as ``applications.argoproj.io``."""
        kind = "CustomResourceDefinition.apiextensions.k8s.io"
        return frozenset(item.metadata.name for item in self.snapshot.objects.get(kind, ()))

    @cached_property
    def logins(self) -> Logins:
        """Principals of the cloud that are let in, and what they are in the cluster."""
        return logins_of(access_ground(self.snapshot, self.inventory, self.view.authorizer, at=self.at, uses=None))

    @cached_property
    def minor(self) -> int | None:
        """Minor version of the cluster: of its control plane, else of its newest kubelet."""
        said = self.inventory.cluster.version or self.snapshot.server_version or ""
        kubelets = (node.status.node_info.kubelet_version for node in self.view.nodes.values())
        found = [int(seen[1]) for text in ((said,) if said else kubelets) if (seen := _MINOR.match(text))]
        return max(found, default=None)

    # Workloads and their containers.

    @property
    def workloads(self) -> tuple[Running, ...]:
        """Every workload once: a Pod, its ReplicaSet and its Deployment are the Deployment."""
        return self.view.workloads.all

    @cached_property
    def pods(self) -> tuple[PodSeen, ...]:
        """Every pod spec of every workload."""
        return tuple(
            PodSeen(running, spec, annotations, digests, base, _boxes(running, spec, base, template))
            for running in self.workloads
            for base, template in (_manifest(running, self._templates),)
            for spec, annotations, digests in zip(running.specs, running.annotations, running.digests, strict=True)
        )

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """Every container of every workload, init and debug containers too; one spec for each revision that runs."""
        return tuple(box for pod in self.pods for box in pod.boxes.values())

    @cached_property
    def _templates(self) -> dict[tuple[str, str, str], PodSpec]:
        """Pod specs of the manifests of workloads."""
        return {
            (item.metadata.namespace or "default", kind, item.metadata.name): template.spec
            for kind, where in KINDS.items()
            for item in self.snapshot.objects.get(where, ())
            if (template := template_of(item)) is not None
        }

    @cached_property
    def _windows(self) -> frozenset[str]:
        """Names of nodes that run Windows."""
        return frozenset(name for name, node in self.view.nodes.items() if node.labels.get(OS) == "windows")

    def is_windows(self, pod: PodSeen) -> bool:
        """Whether a pod is for Windows, as it says itself or as the nodes that it runs on do."""
        nodes = pod.running.nodes
        return is_windows(pod.spec) or (bool(nodes) and self._windows.issuperset(nodes))

    @cached_property
    def exposures(self) -> tuple[Exposure, ...]:
        """Everything that takes traffic from outside of the cluster."""
        return exposures(self.view)

    @cached_property
    def workloads_unseen(self) -> tuple[tuple[str, str], ...]:
        """Lists of workloads that were not seen whole, each with the reason."""
        return tuple((name, why) for name in WORKLOAD_LISTS if (why := self.view.missing(name)))

    def lacks(self, kind: str) -> str:
        """Why objects of a kind (``NetworkPolicy.networking.k8s.io``) may be missing; empty when all were seen."""
        return self.view.lacks(kind)

    @cached_property
    def systems(self) -> frozenset[str]:
        """Namespaces of the platform's own."""
        return frozenset(
            place.scope.name
            for place in self.inventory.places
            if place.scope.kind is Unit.NAMESPACE and "system" in place.kinds
        )

    @cached_property
    def components(self) -> dict[str, Component]:
        """Components by id."""
        return {component.id: component for component in self.inventory.components}

    def component_of(self, running: Running) -> str:
        """Id of the component that a workload belongs to; empty for none."""
        found = self.view.components.get(running.scope)
        return found.id if found is not None else ""

    @cached_property
    def component_accounts(self) -> dict[tuple[str, str], str]:
        """Service account by namespace and name -> id of the component whose workloads use it."""
        found: dict[tuple[str, str], str] = {}
        for running in self.workloads:
            if component := self.component_of(running):
                found.setdefault((running.namespace, running.account), component)
        return found

    @cached_property
    def platform_namespaces(self) -> frozenset[str]:
        """Namespaces that the API server or the provider made for themselves."""
        places = self.inventory.places
        return frozenset(one.scope.name for one in places if one.scope.kind is Unit.NAMESPACE and "system" in one.kinds)

    @cached_property
    def component_namespaces(self) -> frozenset[str]:
        """Namespaces in which nothing but one component runs."""
        places = self.inventory.places
        return frozenset(one.scope.name for one in places if one.scope.kind is Unit.NAMESPACE and one.component)

    def is_providers(self, component: str) -> bool:
        """Whether the provider installed a component."""
        found = self.components.get(component)
        return found is not None and found.installer is Installer.PROVIDER

    def may_be_providers(self, component: str) -> bool:
        """Whether the provider installed a component, or nobody knows who did and it is in the platform's own space.

        Whose it is then is for the matrix to say, which has both readings.
        """
        found = self.components.get(component)
        unclear = found is not None and found.installer is Installer.UNKNOWN and found.namespace in self.systems
        return unclear or self.is_providers(component)

    def component(self, name: str) -> Scope:
        """A component as a scope; the cluster for none."""
        return Scope(kind=Unit.COMPONENT, name=name) if name else self.cluster

    def namespace(self, name: str) -> Scope:
        """A namespace as a scope; the cluster for none."""
        return self.view.scope(name)

    def identity(self, name: str) -> Scope:
        """An identity as a scope: ``payments/ServiceAccount/api``, ``User/bob``."""
        return Scope(kind=Unit.IDENTITY, name=name)


def _manifest(running: Running, templates: dict[tuple[str, str, str], PodSpec]) -> tuple[str, PodSpec | None]:
    """Where the pod spec lies in a workload's manifest, and the spec that is there; None where it was not seen."""
    base = POD_SPECS.get(running.kind, "spec.template.spec")
    return base, templates.get((running.namespace, running.kind, running.name))


def _boxes(running: Running, spec: PodSpec, base: str, template: PodSpec | None) -> dict[str, Box]:
    found: dict[str, Box] = {}
    for kind, containers, written in (
        ("containers", spec.containers, template and template.containers),
        ("initContainers", spec.init_containers, template and template.init_containers),
        ("ephemeralContainers", spec.ephemeral_containers, ()),
    ):
        places = {one.name: number for number, one in enumerate(written or ())}
        for number, container in enumerate(containers or ()):
            place = f"{kind}[{number}]"
            own = container.name in places or (template is None and kind != "ephemeralContainers")
            path = f"{base}.{kind}[{places.get(container.name, number)}]" if own else f"pods: spec.{place}"
            found[place] = Box(running, spec, container, path, kind, own)
    return found


def namespace_of(scope: Scope) -> str:
    """Namespace that a scope is or lies in; empty for one of the whole cluster."""
    if scope.kind is Unit.NAMESPACE:
        return scope.name
    inside = scope.kind in (Unit.WORKLOAD, Unit.IDENTITY) and scope.name.count("/") >= 2
    return scope.name.partition("/")[0] if inside else ""
