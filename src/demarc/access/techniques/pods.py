"""Workloads with the pods that run for them: one per controller, whatever number of pods it has.

Pods of one controller are the same but for what rollouts and debugging change, so a workload keeps one pod for each
revision, and those that somebody attached a debug container to. It knows no technique.
"""

from __future__ import annotations

from collections.abc import Iterator

# The folding of pods into their controllers, which the inventory keeps to itself.
from demarc.inventory.workloads import Folder, workloads
from demarc.model.kubernetes import Container, CronJob, KubeObject, Pod, PodSpec, PodTemplate, WorkloadObject
from demarc.model.snapshot import Snapshot

KINDS = {
    "Deployment": "Deployment.apps",
    "StatefulSet": "StatefulSet.apps",
    "DaemonSet": "DaemonSet.apps",
    "CronJob": "CronJob.batch",
    "ReplicaSet": "ReplicaSet.apps",
    "ReplicationController": "ReplicationController",
    "Job": "Job.batch",
}


class Running:
    """A workload: its pods' specs, labels and nodes. Built once and not changed afterwards."""

    __slots__ = (
        "account",
        "annotations",
        "digests",
        "kind",
        "labels",
        "name",
        "names",
        "namespace",
        "nodes",
        "pods",
        "scope",
        "source",
        "specs",
        "what",
    )

    def __init__(self, namespace: str, kind: str, name: str, account: str, source: str) -> None:
        self.namespace = namespace
        self.kind = kind
        self.name = name
        self.scope = f"{namespace}/{kind}/{name}"
        """Its name as a scope and in the graph."""
        self.what = f"{kind} {namespace}/{name}"
        """Its name in words."""
        self.account = account
        self.source = source
        self.specs: tuple[PodSpec, ...] = ()
        """Of its pods, one for each revision; of its template where it has no pods."""
        self.labels: tuple[dict[str, str], ...] = ()
        """Labels of the pods, beside each of ``specs``."""
        self.annotations: tuple[dict[str, str], ...] = ()
        """Annotations of the pods, beside each of ``specs``."""
        self.digests: tuple[dict[str, str], ...] = ()
        """Digests of what the pods run by container, beside each of ``specs``."""
        self.nodes: tuple[str, ...] = ()
        self.pods = 0
        """0: nothing runs, and the spec is what would."""
        self.names: tuple[str, ...] = ()
        """Names of its containers, in order."""

    def containers(self) -> Iterator[tuple[PodSpec, Container]]:
        """Every container that goes on running, once by name for each spec: init containers are gone by then."""
        for spec in self.specs:
            for container in running_containers(spec):
                yield spec, container


def running_containers(spec: PodSpec) -> Iterator[Container]:
    """Containers that go on running: the main ones, sidecars among the init containers, and debug containers."""
    yield from spec.containers
    yield from (one for one in spec.init_containers or () if one.restart_policy == "Always")
    yield from spec.ephemeral_containers or ()


ENDED = frozenset({"Succeeded", "Failed"})
"""Phases in which no container of a pod runs any more: nobody enters it. Those of a CronJob come back."""


class Workloads:
    """All workloads of a snapshot, by key, by pod and by namespace."""

    def __init__(self, snapshot: Snapshot) -> None:
        folder = Folder(snapshot)
        self.by_key: dict[tuple[str, str, str], Running] = {}
        for one in workloads(snapshot):
            self.by_key[one.key] = Running(one.namespace, one.kind, one.name, one.service_account, one.source)
        self.of_pod: dict[tuple[str, str], Running] = {}
        kept: dict[tuple[str, str, str], dict[str, Pod]] = {}
        nodes: dict[tuple[str, str, str], dict[str, None]] = {}
        for pod in snapshot.all("Pod", Pod):
            key = folder.of_pod(pod)
            running = self.by_key.get(key)
            if running is None or (pod.phase in ENDED and running.kind != "CronJob"):
                continue
            self.of_pod[pod.metadata.namespace or "default", pod.metadata.name] = running
            running.pods += 1
            nodes.setdefault(key, {})[pod.spec.node_name] = None
            revision = pod.metadata.name if pod.spec.ephemeral_containers else _revision(pod)
            kept.setdefault(key, {}).setdefault(revision, pod)
        for key, pods in kept.items():
            running = self.by_key[key]
            running.specs = tuple(pod.spec for pod in pods.values())
            running.labels = tuple(pod.labels for pod in pods.values())
            running.annotations = tuple(pod.annotations for pod in pods.values())
            running.digests = tuple(pod.digests for pod in pods.values())
            running.nodes = tuple(sorted(name for name in nodes[key] if name))
        self._templates(snapshot)
        self.all = tuple(self.by_key.values())
        for running in self.all:
            running.names = tuple(dict.fromkeys(container.name for _, container in running.containers()))
        self.in_namespace: dict[str, list[Running]] = {}
        for running in self.all:
            self.in_namespace.setdefault(running.namespace, []).append(running)

    def _templates(self, snapshot: Snapshot) -> None:
        for kind, where in KINDS.items():
            for item in snapshot.objects.get(where, ()):
                running = self.by_key.get((item.metadata.namespace or "default", kind, item.metadata.name))
                template = template_of(item)
                if running is not None and not running.specs and template is not None:
                    running.specs, running.labels = (template.spec,), (template.metadata.labels or {},)
                    running.annotations = (template.metadata.annotations or {},)
                    running.digests = ({},)


def _revision(pod: Pod) -> str:
    """Name of what made the pod: a ReplicaSet is one revision of a Deployment; else the hash that its controller set.

    Jobs of one CronJob differ in nothing that matters here.
    """
    owner = next((one for one in pod.metadata.owner_references or () if one.controller), None)
    if owner is None or owner.kind == "Job":
        return ""
    return pod.labels.get("controller-revision-hash", owner.name)


def template_of(item: KubeObject) -> PodTemplate | None:
    """What a workload makes its pods from; None for what makes none."""
    if isinstance(item, WorkloadObject):
        return item.spec.template
    return item.spec.job_template.spec.template if isinstance(item, CronJob) else None
