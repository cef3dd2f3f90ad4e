"""Where an object refers to a Secret, and the same object referring to another one instead.

Pure functions over objects as the API gives them: pod templates, service accounts and ingresses.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]

_IN_TREE = ("azureFile", "cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos")


def template_path(kind: str) -> str | None:
    """JSON pointer of the pod spec in an object of a kind; None for one that has none."""
    if kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController"):
        return "/spec/template/spec"
    return {"CronJob": "/spec/jobTemplate/spec/template/spec", "Pod": "/spec"}.get(kind)


def at(item: Object, pointer: str) -> Any:
    """The value at a JSON pointer without escapes; None where there is none."""
    value: Any = item
    for part in pointer.strip("/").split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def slots(kind: str, item: Object) -> Iterator[tuple[dict[str, Any], str]]:
    """Every place that names a Secret, as the map that holds the name and its field in it."""
    if kind == "ServiceAccount":
        yield from ((one, "name") for one in item.get("imagePullSecrets") or ())
    elif kind == "Ingress":
        yield from ((one, "secretName") for one in item.get("spec", {}).get("tls") or () if "secretName" in one)
    elif pointer := template_path(kind):
        yield from _pod_slots(at(item, pointer) or {})


def _pod_slots(spec: Object) -> Iterator[tuple[dict[str, Any], str]]:
    yield from ((one, "name") for one in spec.get("imagePullSecrets") or ())
    for group in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(group) or ():
            for variable in container.get("env") or ():
                if reference := (variable.get("valueFrom") or {}).get("secretKeyRef"):
                    yield reference, "name"
            for source in container.get("envFrom") or ():
                if reference := source.get("secretRef"):
                    yield reference, "name"
    for volume in spec.get("volumes") or ():
        yield from _volume_slots(volume)


def _volume_slots(volume: Object) -> Iterator[tuple[dict[str, Any], str]]:
    if secret := volume.get("secret"):
        yield secret, "secretName"
    for source in (volume.get("projected") or {}).get("sources") or ():
        if secret := source.get("secret"):
            yield secret, "name"
    if reference := (volume.get("csi") or {}).get("nodePublishSecretRef"):
        yield reference, "name"
    for name in _IN_TREE:
        inside = volume.get(name) or {}
        if "secretName" in inside:
            yield inside, "secretName"
        if reference := inside.get("secretRef"):
            yield reference, "name"


def refers(kind: str, item: Object, secret: str) -> bool:
    """Tell whether an object refers to a Secret of its namespace."""
    return any(holder.get(field) == secret for holder, field in slots(kind, item))


def repointed(kind: str, item: Object, old: str, new: str) -> Object:
    """The same object, referring to ``new`` wherever it referred to ``old``."""
    result = copy.deepcopy(item)
    for holder, field in slots(kind, result):
        if holder.get(field) == old:
            holder[field] = new
    return result


def pointers(kind: str) -> tuple[str, ...]:
    """JSON pointers of the parts of an object that a repointing changes."""
    if kind == "ServiceAccount":
        return ("/imagePullSecrets",)
    if kind == "Ingress":
        return ("/spec/tls",)
    pointer = template_path(kind)
    return (pointer,) if pointer else ()
