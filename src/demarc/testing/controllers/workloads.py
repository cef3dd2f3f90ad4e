"""Rolls the pods of Deployments, StatefulSets and DaemonSets, one pod a step, and knows what each pod holds.

A pod takes the values of the Secrets that it refers to when it starts, as a kubelet does: variables stay as they are
for the pod's life, volumes follow the Secret, those with a subPath do not. A pod whose Secret or key is missing never
starts. Also keeps the status of PodDisruptionBudgets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from demarc.testing.objects import Object
from demarc.testing.verbs import Options, Verbs

_MANAGER = Options(manager="kube-controller-manager")


class Held(Struct, frozen=True, kw_only=True):
    """A value of a Secret that a pod holds."""

    secret: str
    key: str
    value: str
    """As in the Secret: base64."""
    follows: bool
    """Mounted as a volume without subPath: changes with the Secret."""


class WorkloadController:
    """``ready`` tells whether a pod becomes ready, from the pod and what it holds; by default it does."""

    def __init__(self, ready: Callable[[Object, tuple[Held, ...]], bool] | None = None) -> None:
        self._ready = ready
        self.held: dict[str, tuple[Held, ...]] = {}
        """Uid of a pod that has started -> what it holds."""

    def step(self, verbs: Verbs) -> None:
        """Start pods, roll at most one pod of each workload, write statuses."""
        self._start(verbs)
        for deployment in verbs.of("Deployment", "apps"):
            self._deployment(verbs, deployment)
        for kind in ("StatefulSet", "DaemonSet"):
            for workload in verbs.of(kind, "apps"):
                self._in_place(verbs, workload)
        _budgets(verbs)

    def running(self, verbs: Verbs) -> list[tuple[Object, tuple[Held, ...]]]:
        """Pods that are ready, with what they hold."""
        return [
            (pod, self.held[pod["metadata"]["uid"]])
            for pod in verbs.of("Pod")
            if _is_ready(pod) and pod["metadata"]["uid"] in self.held
        ]

    def _start(self, verbs: Verbs) -> None:
        for pod in verbs.of("Pod"):
            uid = pod["metadata"]["uid"]
            known = self.held.get(uid)
            if known is None:
                found = _loaded(verbs, pod)
                if found is None:
                    continue  # CreateContainerConfigError, or FailedMount: tried again next time
                self.held[uid] = known = found
            elif any(one.follows for one in known):
                fresh = {(one.secret, one.key): one for one in _loaded(verbs, pod) or ()}
                known = tuple(fresh.get((one.secret, one.key), one) if one.follows else one for one in known)
                self.held[uid] = known
            ready = self._ready is None or self._ready(pod, known)
            if ready != _is_ready(pod):
                _set_ready(verbs, pod, ready=ready)

    def _deployment(self, verbs: Verbs, deployment: Object) -> None:
        hashed = _hash(deployment["spec"]["template"])
        current = _replica_set(verbs, deployment, hashed)
        pods = _pods_of(verbs, deployment)
        new = [pod for pod in pods if _hash_of(pod) == hashed]
        old = [pod for pod in pods if _hash_of(pod) != hashed]
        wanted = deployment["spec"].get("replicas", 1)
        recreate = (deployment["spec"].get("strategy") or {}).get("type") == "Recreate"
        ready = sum(map(_is_ready, pods))
        if recreate and old:
            for pod in old:
                _remove(verbs, pod)
        elif len(new) < wanted and (recreate or len(pods) <= wanted):
            _make(verbs, deployment, hashed, owner=current)
        elif old and (ready > wanted or not _is_ready(old[0])):
            _remove(verbs, old[0])
        elif len(new) > wanted:
            _remove(verbs, new[-1])
        _write_status(verbs, deployment, hashed)

    def _in_place(self, verbs: Verbs, workload: Object) -> None:
        hashed = _hash(workload["spec"]["template"])
        wanted = workload["spec"].get("replicas", 1)
        pods = {pod["metadata"]["name"]: pod for pod in _pods_of(verbs, workload)}
        on_delete = (workload["spec"].get("updateStrategy") or {}).get("type") == "OnDelete"
        names = [f"{workload['metadata']['name']}-{number}" for number in range(wanted)]
        missing = next((name for name in names if name not in pods), None)
        if missing is not None:
            _make(verbs, workload, hashed, owner=workload, name=missing)
        elif not on_delete and all(map(_is_ready, pods.values())):
            stale = next((pods[name] for name in reversed(names) if _hash_of(pods[name]) != hashed), None)
            if stale is not None:
                _remove(verbs, stale)
        for name in set(pods) - set(names):
            _remove(verbs, pods[name])
        _write_status(verbs, workload, hashed)


def _loaded(verbs: Verbs, pod: Object) -> tuple[Held, ...] | None:
    """What a pod would hold if it started now; None when something that it needs is missing."""
    secrets = {
        item["metadata"]["name"]: item.get("data") or {}
        for item in verbs.of("Secret")
        if item["metadata"]["namespace"] == pod["metadata"]["namespace"]
    }
    found: list[Held] = []
    for name, key, follows, optional in _references(pod["spec"]):
        if name not in secrets or (key is not None and key not in secrets[name]):
            if optional:
                continue
            return None
        keys = [key] if key is not None else list(secrets[name])
        found += [Held(secret=name, key=one, value=secrets[name][one], follows=follows) for one in keys]
    return tuple(found)


def _references(spec: Object) -> Iterator[tuple[str, str | None, bool, bool]]:
    """Secrets that a pod needs to start: name, key (None: all), whether it follows the Secret, whether optional."""
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    for container in containers:
        for variable in container.get("env") or ():
            if reference := (variable.get("valueFrom") or {}).get("secretKeyRef"):
                yield reference["name"], reference["key"], False, bool(reference.get("optional"))
        for group in container.get("envFrom") or ():
            if reference := group.get("secretRef"):
                yield reference["name"], None, False, bool(reference.get("optional"))
    fixed = {mount["name"] for one in containers for mount in one.get("volumeMounts") or () if mount.get("subPath")}
    for volume in spec.get("volumes") or ():
        follows = volume["name"] not in fixed
        if secret := volume.get("secret"):
            yield secret["secretName"], None, follows, bool(secret.get("optional"))
        for source in (volume.get("projected") or {}).get("sources") or ():
            if secret := source.get("secret"):
                yield secret["name"], None, follows, bool(secret.get("optional"))


def _hash(template: Object) -> str:
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


def _hash_of(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get("pod-template-hash", ""))


def _pods_of(verbs: Verbs, workload: Object) -> list[Object]:
    wanted = workload["spec"]["selector"].get("matchLabels") or {}
    return [
        pod
        for pod in verbs.of("Pod")
        if pod["metadata"]["namespace"] == workload["metadata"]["namespace"]
        and all((pod["metadata"].get("labels") or {}).get(key) == value for key, value in wanted.items())
    ]


def _is_ready(pod: Object) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _set_ready(verbs: Verbs, pod: Object, *, ready: bool) -> None:
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}
    _status(verbs, pod, status)


def _replica_set(verbs: Verbs, deployment: Object, hashed: str) -> Object:
    resource = verbs.store.resource("ReplicaSet", "apps")
    namespace, name = deployment["metadata"]["namespace"], f"{deployment['metadata']['name']}-{hashed}"
    wanted = deployment["spec"].get("replicas", 1)
    for item in verbs.of("ReplicaSet", "apps"):
        owners = item["metadata"].get("ownerReferences") or ()
        mine = any(owner.get("uid") == deployment["metadata"]["uid"] for owner in owners)
        size = wanted if item["metadata"]["name"] == name else 0
        if mine and item["spec"].get("replicas") != size and item["metadata"]["namespace"] == namespace:
            patch = {"spec": {"replicas": size}}
            verbs.patch(
                resource,
                namespace,
                item["metadata"]["name"],
                content_type="application/merge-patch+json",
                patch=patch,
                options=_MANAGER,
            )
    found = verbs.store.get(resource, namespace, name)
    if found is not None:
        return found
    spec = {"replicas": wanted, "selector": deployment["spec"]["selector"], "template": deployment["spec"]["template"]}
    metadata = {"name": name, "ownerReferences": [_owner(deployment)]}
    return verbs.create(resource, namespace, {"metadata": metadata, "spec": spec}, _MANAGER)


def _make(verbs: Verbs, workload: Object, hashed: str, *, owner: Object, name: str = "") -> None:
    template = workload["spec"]["template"]
    given = template.get("metadata") or {}
    metadata: Object = {"labels": {**(given.get("labels") or {}), "pod-template-hash": hashed}}
    if given.get("annotations"):
        metadata["annotations"] = dict(given["annotations"])
    metadata |= {"name": name} if name else {"generateName": f"{workload['metadata']['name']}-{hashed}-"}
    metadata["ownerReferences"] = [_owner(owner)]
    namespace = workload["metadata"]["namespace"]
    pod = {"metadata": metadata, "spec": _admitted(verbs, namespace, template["spec"]), "status": {"phase": "Pending"}}
    verbs.create(verbs.store.resource("Pod"), namespace, pod, _MANAGER)


def _admitted(verbs: Verbs, namespace: str, spec: Object) -> Object:
    """As the ServiceAccount admission: a pod that names no pull secrets gets those of its account."""
    name = spec.get("serviceAccountName") or "default"
    account = verbs.store.get(verbs.store.resource("ServiceAccount"), namespace, name) or {}
    if spec.get("imagePullSecrets") or not account.get("imagePullSecrets"):
        return spec
    return {**spec, "imagePullSecrets": account["imagePullSecrets"]}


def _remove(verbs: Verbs, pod: Object) -> None:
    verbs.delete(verbs.store.resource("Pod"), pod["metadata"]["namespace"], pod["metadata"]["name"])


def _owner(item: Object) -> Object:
    metadata = item["metadata"]
    reference = {"apiVersion": item["apiVersion"], "kind": item["kind"], "name": metadata["name"]}
    return {**reference, "uid": metadata["uid"], "controller": True, "blockOwnerDeletion": True}


def _write_status(verbs: Verbs, workload: Object, hashed: str) -> None:
    pods = _pods_of(verbs, workload)
    updated = [pod for pod in pods if _hash_of(pod) == hashed]
    ready = sum(map(_is_ready, pods))
    status: Object = {"observedGeneration": workload["metadata"].get("generation", 1), "replicas": len(pods)}
    status |= {"updatedReplicas": len(updated), "readyReplicas": ready, "availableReplicas": ready}
    if workload["kind"] == "DaemonSet":
        status |= {"desiredNumberScheduled": workload["spec"].get("replicas", 1), "numberReady": ready}
        status |= {"updatedNumberScheduled": len(updated), "numberAvailable": ready}
    _status(verbs, workload, status)


def _budgets(verbs: Verbs) -> None:
    for budget in verbs.of("PodDisruptionBudget", "policy"):
        pods = _pods_of(verbs, budget)
        healthy = sum(map(_is_ready, pods))
        spec = budget["spec"]
        least = _number(spec["minAvailable"], len(pods)) if "minAvailable" in spec else 0
        if "maxUnavailable" in spec:
            least = len(pods) - _number(spec["maxUnavailable"], len(pods))
        allowed = max(0, healthy - least)
        status = {"currentHealthy": healthy, "desiredHealthy": least, "disruptionsAllowed": allowed}
        _status(verbs, budget, {**status, "expectedPods": len(pods)})


def _number(value: Any, of: int) -> int:
    if isinstance(value, str) and value.endswith("%"):
        return -(-int(value[:-1]) * of // 100)
    return int(value)


def _status(verbs: Verbs, item: Object, status: Object) -> None:
    if {**(item.get("status") or {}), **status} == item.get("status"):
        return
    group = item["apiVersion"].rpartition("/")[0]
    verbs.patch(
        verbs.store.resource(item["kind"], group),
        item["metadata"].get("namespace", ""),
        item["metadata"]["name"],
        content_type="application/merge-patch+json",
        patch={"status": status},
        options=Options(manager="kube-controller-manager", subresource="status"),
    )
