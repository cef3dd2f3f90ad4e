"""Kubernetes objects as the API prints them, for tests: plain dicts with the fields that a server fills in.

Nothing here is random or reads a clock: uids come from kind, namespace and name, so the same call gives the same
object. It knows the shapes of the API only, nothing of what Demarc makes of them.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

Object = dict[str, Any]
"""One object as decoded JSON."""

CREATED = "2026-01-15T09:30:00Z"
"""Creation time of every built object, unless given."""


def an_object(
    api_version: str,
    kind: str,
    name: str,
    *,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    owner: Object | None = None,
    managers: Iterable[str] = (),
    created: str = CREATED,
    **body: Any,
) -> Object:
    """Build any object.

    ``owner`` is the controlling object; ``managers`` become entries of managedFields written at ``created``; ``body``
    is merged in at the top level (``spec=...``, ``data=...``), where None leaves a field out.
    """
    metadata: Object = {"name": name}
    if namespace is not None:
        metadata["namespace"] = namespace
    metadata["uid"] = uid_of(kind, namespace or "", name)
    metadata["creationTimestamp"] = created
    if labels:
        metadata["labels"] = dict(labels)
    if annotations:
        metadata["annotations"] = dict(annotations)
    if owner is not None:
        metadata["ownerReferences"] = [_reference_to(owner)]
    entries = [managed_by(manager, api_version=api_version, time=created) for manager in managers]
    if entries:
        metadata["managedFields"] = entries
    given = {field: value for field, value in body.items() if value is not None}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **given}


def uid_of(kind: str, namespace: str, name: str) -> str:
    """Give the uid that a built object has: a UUID made from its names."""
    digest = hashlib.sha256(f"{kind}/{namespace}/{name}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def managed_by(
    manager: str,
    *,
    fields: Mapping[str, Any] | None = None,
    operation: str = "Update",
    api_version: str = "v1",
    time: str = CREATED,
) -> Object:
    """Build one entry of ``metadata.managedFields``; ``fields`` is its fieldsV1 tree."""
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": api_version,
        "time": time,
        "fieldsType": "FieldsV1",
        "fieldsV1": dict(fields) if fields is not None else {"f:metadata": {"f:labels": {".": {}}}},
    }


def a_namespace(name: str = "shop", **more: Any) -> Object:
    """Build a Namespace, with the label that every API server sets on it."""
    labels = {"kubernetes.io/metadata.name": name, **(more.pop("labels", None) or {})}
    body = {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}, **more}
    return an_object("v1", "Namespace", name, labels=labels, **body)


def a_node(
    name: str = "node-1",
    *,
    provider_id: str = "",
    kubelet_version: str = "v1.36.2",
    os_image: str = "Linux",
    **more: Any,
) -> Object:
    """Build a Node."""
    labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        **(more.pop("labels", None) or {}),
    }
    info = {
        "architecture": "amd64",
        "containerRuntimeVersion": "containerd://2.1.0",
        "kernelVersion": "6.12.0",
        "kubeletVersion": kubelet_version,
        "operatingSystem": "linux",
        "osImage": os_image,
    }
    spec = {"providerID": provider_id} if provider_id else {}
    return an_object("v1", "Node", name, labels=labels, **{"spec": spec, "status": {"nodeInfo": info}, **more})


def a_container(name: str = "app", image: str = "registry.example/shop/app:1.4.2", **more: Any) -> Object:
    """Build a container of a pod spec."""
    return {"name": name, "image": image, "imagePullPolicy": "IfNotPresent", "resources": {}, **more}


def a_pod_spec(
    *,
    image: str = "registry.example/shop/app:1.4.2",
    containers: Iterable[Object] | None = None,
    service_account: str = "default",
    node: str = "",
    **more: Any,
) -> Object:
    """Build a pod spec: of a Pod, or of the template of a workload. ``image`` is for its one container."""
    spec: Object = {
        "containers": list(containers) if containers is not None else [a_container(image=image)],
        "restartPolicy": "Always",
        "serviceAccount": service_account,
        "serviceAccountName": service_account,
    }
    if node:
        spec["nodeName"] = node
    return {**spec, **more}


def a_pod(
    name: str = "app-7d4b9c6f5-x2x8k",
    namespace: str = "shop",
    *,
    image: str = "registry.example/shop/app:1.4.2",
    containers: Iterable[Object] | None = None,
    service_account: str = "default",
    node: str = "",
    pod_spec: Mapping[str, Any] | None = None,
    **more: Any,
) -> Object:
    """Build a running Pod; ``pod_spec`` overrides or adds fields of its spec."""
    spec = a_pod_spec(
        image=image, containers=containers, service_account=service_account, node=node, **(pod_spec or {})
    )
    body = {"spec": spec, "status": {"phase": "Running"}, **more}
    return an_object("v1", "Pod", name, namespace=namespace, **body)


def a_workload(
    kind: str,
    name: str,
    namespace: str = "shop",
    *,
    image: str = "registry.example/shop/app:1.4.2",
    containers: Iterable[Object] | None = None,
    service_account: str = "default",
    replicas: int | None = None,
    pod_labels: Mapping[str, str] | None = None,
    pod_spec: Mapping[str, Any] | None = None,
    **more: Any,
) -> Object:
    """Build a Deployment, DaemonSet, StatefulSet or ReplicaSet (``apps/v1``); labels select its pods by ``app``."""
    selected = {"app": name, **(pod_labels or {})}
    template_spec = a_pod_spec(image=image, containers=containers, service_account=service_account, **(pod_spec or {}))
    spec: Object = {
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": selected}, "spec": template_spec},
    }
    if replicas is not None:
        spec["replicas"] = replicas
    return an_object("apps/v1", kind, name, namespace=namespace, **{"spec": spec, **more})


def a_deployment(name: str = "app", namespace: str = "shop", *, replicas: int = 2, **more: Any) -> Object:
    """Build a Deployment; takes what ``a_workload`` takes."""
    return a_workload("Deployment", name, namespace, replicas=replicas, **more)


def a_daemon_set(name: str = "agent", namespace: str = "kube-system", **more: Any) -> Object:
    """Build a DaemonSet; takes what ``a_workload`` takes."""
    return a_workload("DaemonSet", name, namespace, **more)


def a_secret(
    name: str = "database",
    namespace: str = "shop",
    *,
    values: Mapping[str, str] | None = None,
    type: str = "Opaque",  # noqa: A002 - the field's own name
    manager: str = "kubectl-create",
    **more: Any,
) -> Object:
    """Build a Secret with ``values`` (plain text; encoded here) and the managedFields that its writer leaves."""
    plain = {"password": f"not-a-real-password-of-{name}"} if values is None else values
    data = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
    secret = an_object("v1", "Secret", name, namespace=namespace, **{"data": data or None, "type": type, **more})
    fields: Object = {"f:data": {".": {}, **{f"f:{key}": {} for key in data}}, "f:type": {}}
    created = secret["metadata"]["creationTimestamp"]
    secret["metadata"].setdefault("managedFields", [managed_by(manager, fields=fields, time=created)])
    return secret


def a_config_map(
    name: str = "settings", namespace: str = "shop", *, data: Mapping[str, str] | None = None, **more: Any
) -> Object:
    """Build a ConfigMap."""
    return an_object("v1", "ConfigMap", name, namespace=namespace, data=dict(data) if data else None, **more)


def a_service_account(name: str = "default", namespace: str = "shop", **more: Any) -> Object:
    """Build a ServiceAccount."""
    return an_object("v1", "ServiceAccount", name, namespace=namespace, **more)


def a_subject(kind: str, name: str, namespace: str = "") -> Object:
    """Build a subject of a binding: ``User``, ``Group`` or ``ServiceAccount`` (with its namespace)."""
    if kind == "ServiceAccount":
        return {"kind": kind, "name": name, "namespace": namespace}
    return {"apiGroup": _RBAC_GROUP, "kind": kind, "name": name}


def a_cluster_role_binding(
    name: str = "admins", *, role: str = "cluster-admin", subjects: Iterable[Object] | None = None, **more: Any
) -> Object:
    """Build a ClusterRoleBinding; by default the group ``platform-admins``. No subjects: the field is absent."""
    given = [a_subject("Group", "platform-admins")] if subjects is None else list(subjects)
    body = {"roleRef": _role_ref("ClusterRole", role), "subjects": given or None, **more}
    return an_object(f"{_RBAC_GROUP}/v1", "ClusterRoleBinding", name, **body)


def a_role_binding(
    name: str = "editors",
    namespace: str = "shop",
    *,
    role: str = "edit",
    role_kind: str = "ClusterRole",
    subjects: Iterable[Object] | None = None,
    **more: Any,
) -> Object:
    """Build a RoleBinding; by default the group ``shop-developers``."""
    given = [a_subject("Group", "shop-developers")] if subjects is None else list(subjects)
    body = {"roleRef": _role_ref(role_kind, role), "subjects": given or None, **more}
    return an_object(f"{_RBAC_GROUP}/v1", "RoleBinding", name, namespace=namespace, **body)


def a_custom_resource_definition(
    group: str, plural: str, kind: str, *, namespaced: bool = True, version: str = "v1", **more: Any
) -> Object:
    """Build a CustomResourceDefinition, named ``plural.group`` as the API demands."""
    spec = {
        "group": group,
        "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
        "scope": "Namespaced" if namespaced else "Cluster",
        "versions": [{"name": version, "served": True, "storage": True}],
    }
    body = {"spec": spec, **more}
    return an_object("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{group}", **body)


def a_list(items: Iterable[Object]) -> Object:
    """Wrap objects as ``kubectl get -o json`` does."""
    return {"apiVersion": "v1", "items": list(items), "kind": "List", "metadata": {"resourceVersion": ""}}


_RBAC_GROUP = "rbac.authorization.k8s.io"


def _role_ref(kind: str, name: str) -> Object:
    return {"apiGroup": _RBAC_GROUP, "kind": kind, "name": name}


def _reference_to(owner: Object) -> Object:
    metadata = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": owner["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }
