"""Workloads: pods and what stands between, folded into the controllers that people know.

A Pod, its ReplicaSet and its Deployment are one workload. Nothing here knows components, providers or owners.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from demarc.model.kubernetes import CronJob, FieldsEntry, KubeObject, OwnerReference, Pod, PodSpec, WorkloadObject
from demarc.model.snapshot import Snapshot

Key = tuple[str, str, str]
"""Namespace, kind, name."""

_TOPS: Final = ("Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "CronJob.batch")
_BETWEEN: Final = ("ReplicaSet.apps", "ReplicationController", "Job.batch")
_DEEPEST: Final = 8
"""Owner chains of real controllers have three links; a longer one is somebody's joke."""
_MIRROR: Final = "kubernetes.io/config.mirror"
STATIC: Final = "StaticPod"
"""Kind under which mirror pods of the same manifest on several nodes are one workload."""


class Workload(Struct, frozen=True, kw_only=True):
    """A top controller, or a bare pod, with what its pods show."""

    namespace: str
    kind: str
    name: str
    labels: dict[str, str]
    annotations: dict[str, str]
    fields: tuple[FieldsEntry, ...]
    images: tuple[str, ...]
    """Images of its containers, the first container first; init containers are not counted."""
    service_account: str
    nodes: frozenset[str]
    """Names of the nodes that its pods run on."""
    pods: int
    source: str
    owner: str
    """``Kind/name`` of its own controller, such as an operator's custom resource; empty without one."""

    @property
    def key(self) -> Key:
        """Namespace, kind and name."""
        return (self.namespace, self.kind, self.name)

    @property
    def scope(self) -> str:
        """``payments/Deployment/api``: its name as a scope."""
        return f"{self.namespace}/{self.kind}/{self.name}"

    @property
    def path(self) -> str:
        """``Deployment/payments/api``: its name as an object."""
        return f"{self.kind}/{self.namespace}/{self.name}"

    @property
    def managers(self) -> tuple[str, ...]:
        """Field managers, in order of first appearance."""
        return tuple(dict.fromkeys(entry.manager for entry in self.fields))


class _Seen:
    """What pods of one workload add up to."""

    __slots__ = ("nodes", "pod", "pods")

    def __init__(self, pod: Pod) -> None:
        self.pod = pod
        self.nodes: set[str] = set()
        self.pods = 0


def workloads(snapshot: Snapshot) -> tuple[Workload, ...]:
    """Fold everything that runs pods; sorted by namespace, kind and name. One pass over the pods."""
    folder = Folder(snapshot)
    seen: dict[Key, _Seen] = {}
    for pod in snapshot.all("Pod", Pod):
        key = folder.of_pod(pod)
        there = seen.get(key)
        if there is None:
            there = seen[key] = _Seen(pod)
        there.pods += 1
        if pod.spec.node_name:
            there.nodes.add(pod.spec.node_name)
    found = [_of_controller(item, kind, seen.pop(_key(item, kind), None)) for item, kind in folder.tops()]
    found += [_of_pods(key, there, folder.custom(key)) for key, there in seen.items()]
    return tuple(sorted(found, key=lambda item: item.key))


class Folder:
    """Finds the workload that a pod, a ReplicaSet or a Job belongs to."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._standard: dict[Key, KubeObject] = {}
        self._custom: dict[Key, KubeObject] | None = None
        self._folded: dict[Key, Key] = {}
        for kind in (*_TOPS, *_BETWEEN):
            for item in snapshot.objects.get(kind, ()):
                self._standard[_key(item, kind)] = item

    def tops(self) -> Iterable[tuple[KubeObject, str]]:
        """Controllers that nothing folds further: the usual kinds, and those of the kinds between without an owner."""
        for kind in _TOPS:
            yield from ((item, kind) for item in self._snapshot.objects.get(kind, ()))
        for kind in _BETWEEN:
            for item in self._snapshot.objects.get(kind, ()):
                key = _key(item, kind)
                if self.top(key) == key:
                    yield item, kind

    def of_pod(self, pod: Pod) -> Key:
        """The workload that a pod belongs to."""
        meta, namespace = pod.metadata, _space(pod.metadata.namespace)
        owner = _controller(meta.owner_references)
        if owner is None or owner.kind == "Node":
            if owner is not None or _MIRROR in pod.annotations:
                return (namespace, STATIC, meta.name.removesuffix(f"-{pod.spec.node_name}"))
            return (namespace, "Pod", meta.name)
        return self.top((namespace, owner.kind, owner.name))

    def top(self, key: Key) -> Key:
        """Follow controllers upwards from one that is named."""
        found = self._folded.get(key)
        if found is None:
            found = key
            for _ in range(_DEEPEST):
                above = self._above(found)
                if above is None or above == key:
                    break
                found = above
            self._folded[key] = found
        return found

    def custom(self, key: Key) -> KubeObject | None:
        """The object behind a key of a kind that is none of the usual ones."""
        if self._custom is None:
            known = {*_TOPS, *_BETWEEN, "Pod", "Secret", "ConfigMap", "ServiceAccount", "Event"}
            self._custom = {
                (item.metadata.namespace, kind.partition(".")[0], item.metadata.name): item
                for kind, items in self._snapshot.objects.items()
                if kind not in known
                for item in items
                if item.metadata.namespace
            }
        return self._custom.get(key)

    def _above(self, key: Key) -> Key | None:
        namespace, kind, _name = key
        if kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob"):
            return None
        item = self._standard.get(key)
        if item is None and kind in ("ReplicaSet", "Job"):
            return self._guessed(key)
        item = item or self.custom(key)
        owner = _controller(item.metadata.owner_references) if item else None
        return (namespace, owner.kind, owner.name) if owner else None

    def _guessed(self, key: Key) -> Key | None:
        """A ReplicaSet or Job that was not collected, by its name, where its controller is there to vouch for it."""
        namespace, kind, name = key
        above = "Deployment" if kind == "ReplicaSet" else "CronJob"
        candidate = (namespace, above, name.rpartition("-")[0])
        return candidate if candidate in self._standard else None


def _controller(references: list[OwnerReference] | None) -> OwnerReference | None:
    if not references:
        return None
    return next((item for item in references if item.controller), None)


def _key(item: KubeObject, kind: str) -> Key:
    return (_space(item.metadata.namespace), kind.partition(".")[0], item.metadata.name)


def _space(namespace: str) -> str:
    """Manifests may leave the namespace to whoever applies them: without one it is ``default``."""
    return namespace or "default"


def _template(item: KubeObject) -> PodSpec:
    if isinstance(item, WorkloadObject):
        return item.spec.template.spec
    return item.spec.job_template.spec.template.spec if isinstance(item, CronJob) else PodSpec()


def _of_controller(item: KubeObject, kind: str, seen: _Seen | None) -> Workload:
    spec = _template(item)
    if not spec.containers and seen is not None:
        spec = seen.pod.spec
    return _made(_key(item, kind), item, spec, seen, labels=item.labels)


def _of_pods(key: Key, seen: _Seen, custom: KubeObject | None) -> Workload:
    about = custom or seen.pod
    return _made(key, about, seen.pod.spec, seen, labels=custom.labels if custom and custom.labels else seen.pod.labels)


def _made(key: Key, about: KubeObject, spec: PodSpec, seen: _Seen | None, *, labels: dict[str, str]) -> Workload:
    namespace, kind, name = key
    owner = _controller(about.metadata.owner_references)
    return Workload(
        namespace=namespace,
        kind=kind,
        name=name,
        labels=labels,
        annotations=about.annotations,
        fields=tuple(about.metadata.managed_fields or ()),
        images=tuple(container.image for container in spec.containers),
        service_account=spec.service_account_name or "default",
        nodes=frozenset(seen.nodes) if seen else frozenset(),
        pods=seen.pods if seen else 0,
        source=about.source,
        owner=f"{owner.kind}/{owner.name}" if owner else "",
    )
