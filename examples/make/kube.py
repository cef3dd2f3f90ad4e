"""Kubernetes objects as the API server prints them, with the field managers that wrote them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from make.stable import number, uid

Object = dict[str, Any]

MERGE_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "conditions": ("type",),
    "addresses": ("type",),
    "imagePullSecrets": ("name",),
    "ownerReferences": ("uid",),
    "secrets": ("name",),
    "webhooks": ("name",),
}
"""Lists that the API server merges by key; every other list is owned as a whole."""

_PORT_KEYS = (("containerPort", "protocol"), ("port", "protocol"))
_APPLY = {"eks", "argocd-controller"}
"""Managers that use server-side apply."""


def _list_keys(name: str, items: list[Any]) -> tuple[str, ...] | None:
    if not items or not isinstance(items[0], dict):
        return None
    if name == "ports":
        return next((keys for keys in _PORT_KEYS if all(key in items[0] for key in keys)), None)
    keys = MERGE_KEYS.get(name)
    return keys if keys and all(all(key in item for key in keys) for item in items) else None


def fields(value: Any, name: str = "") -> dict[str, Any]:
    """Write who-owns-what of a value in the FieldsV1 notation of managedFields."""
    if isinstance(value, dict):
        return {f"f:{key}": fields(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        if name == "finalizers":
            return {f'v:"{item}"': {} for item in value}
        keys = _list_keys(name, value)
        if keys:
            owned = {}
            for item in value:
                key = json.dumps({key: item[key] for key in sorted(keys)}, separators=(",", ":"))
                owned[f"k:{key}"] = {".": {}} | fields(item)
            return owned
    return {}


def _manager_entry(item: Object, manager: str, time: str, part: dict[str, Any], subresource: str | None) -> Object:
    entry: Object = {
        "apiVersion": item["apiVersion"],
        "fieldsType": "FieldsV1",
        "fieldsV1": fields(part),
        "manager": manager,
        "operation": "Apply" if manager in _APPLY else "Update",
        "time": time,
    }
    if subresource:
        entry["subresource"] = subresource
    return entry


def managed(item: Object, manager: str, time: str, *, status_by: str | None = None, status_at: str = "") -> Object:
    """Note that ``manager`` wrote all of the object but its status, and ``status_by`` its status. Changes ``item``."""
    meta = item["metadata"]
    body = {key: value for key, value in item.items() if key not in {"apiVersion", "kind", "metadata", "status"}}
    owned_meta = {key: meta[key] for key in ("annotations", "labels", "ownerReferences", "finalizers") if key in meta}
    if owned_meta:
        body["metadata"] = owned_meta
    entries = [_manager_entry(item, manager, time, body, None)]
    if status_by and "status" in item:
        entries.append(_manager_entry(item, status_by, status_at or time, {"status": item["status"]}, "status"))
    meta["managedFields"] = entries
    return item


def touched(item: Object, manager: str, time: str, part: dict[str, Any]) -> Object:
    """Add a manager that later changed ``part`` of the object. Changes ``item``."""
    item["metadata"]["managedFields"].append(_manager_entry(item, manager, time, part, None))
    return item


def make(
    api: str,
    kind: str,
    name: str,
    namespace: str | None = None,
    *,
    made: str,
    by: str,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    owner: Object | None = None,
    status_by: str | None = None,
    status_at: str = "",
    generate: str | None = None,
    **body: Any,
) -> Object:
    """Build an object created at ``made`` by the field manager ``by``; ``body`` holds spec, data, rules and so on."""
    identity = uid(kind, namespace or "", name)
    meta: Object = {
        "creationTimestamp": made,
        "name": name,
        "resourceVersion": revision(identity, made),
        "uid": identity,
    }
    if namespace:
        meta["namespace"] = namespace
    if generate:
        meta["generateName"] = generate
    marked = (annotations or {}) | _marks(by, api, kind, namespace, name)
    if marked:
        meta["annotations"] = marked
    if labels:
        meta["labels"] = dict(labels)
    if owner:
        meta["ownerReferences"] = [reference(owner)]
    if "spec" in body and kind != "Namespace":
        meta["generation"] = 1
    item = {"apiVersion": api, "kind": kind, "metadata": meta, **body}
    return managed(item, by, made, status_by=status_by, status_at=status_at)


def _marks(by: str, api: str, kind: str, namespace: str | None, name: str) -> dict[str, str]:
    """Give the annotation that Argo CD leaves on what it applies."""
    if by != "argocd-controller" or kind in {"Application", "AppProject"}:
        return {}
    group = api.rpartition("/")[0]
    return {"argocd.argoproj.io/tracking-id": f"{namespace or 'cluster'}:{group}/{kind}:{namespace or ''}/{name}"}


def revision(identity: str, time: str) -> str:
    """Resource version that grows with the time of the last write."""
    days = (int(time[:4]) - 2024) * 372 + int(time[5:7]) * 31 + int(time[8:10])
    return str(days * 61_000 + int(time[11:13]) * 2_500 + number(identity, below=2_500))


def reference(owner: Object) -> Object:
    """Owner reference to a controller."""
    meta = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": owner["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
    }


def listing(items: Iterable[Object]) -> Object:
    """``kubectl get -A -o json`` of some objects."""
    ordered = sorted(items, key=lambda item: (item["metadata"].get("namespace", ""), item["metadata"]["name"]))
    return {"apiVersion": "v1", "items": ordered, "kind": "List", "metadata": {"resourceVersion": ""}}
