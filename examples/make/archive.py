"""Turns the story into files: which file holds what, and how each tool would have printed it."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

from make import (
    accounts,
    admission,
    bindings,
    cloud,
    credentials,
    custom,
    delivery,
    iam,
    incident,
    namespaces,
    network,
    nodes,
    platform,
    register,
    roles,
    tenants,
    trail,
)
from make.company import SLUG
from make.kube import Object, listing

FILES = {
    "Node": "nodes",
    "Namespace": "namespaces",
    "Pod": "pods",
    "Secret": "secrets",
    "ConfigMap": "configmaps",
    "ServiceAccount": "serviceaccounts",
    "Deployment": "workloads",
    "ReplicaSet": "workloads",
    "StatefulSet": "workloads",
    "DaemonSet": "workloads",
    "CronJob": "workloads",
    "Job": "workloads",
    "Role": "rbac",
    "ClusterRole": "rbac",
    "RoleBinding": "rbac",
    "ClusterRoleBinding": "rbac",
    "Service": "network",
    "Ingress": "network",
    "IngressClass": "network",
    "NetworkPolicy": "network",
    "ValidatingWebhookConfiguration": "admission",
    "MutatingWebhookConfiguration": "admission",
    "ClusterPolicy": "admission",
    "PolicyException": "admission",
    "Application": "delivery",
    "AppProject": "delivery",
}
"""File of the dump that a kind is in; every other kind is in ``other``."""


def objects() -> list[Object]:
    """Every object of the cluster."""
    parts = (
        nodes,
        namespaces,
        platform,
        tenants,
        accounts,
        roles,
        bindings,
        credentials,
        network,
        admission,
        custom,
        incident,
    )
    return [item for part in parts for item in part.objects()]


def gzipped(data: bytes) -> bytes:
    """Pack as gzip without a time or a system in the header."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + body + struct.pack("<II", zlib.crc32(data), len(data))


def _kubectl(value: Any) -> bytes:
    return (json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _printed(value: Any, indent: int) -> bytes:
    return (json.dumps(value, indent=indent, ensure_ascii=False) + "\n").encode()


def dump() -> dict[str, bytes]:
    """Files of the dump, as ``kubectl get KINDS -A -o json --show-managed-fields`` prints them."""
    sorted_in: dict[str, list[Object]] = {}
    for item in objects():
        sorted_in.setdefault(FILES.get(item["kind"], "other"), []).append(item)
    return {f"cluster/{name}.json": _kubectl(listing(items)) for name, items in sorted_in.items()}


def files() -> dict[str, bytes]:
    """All files of the example, by path within its folder."""
    found = dump()
    found |= {name: _printed(answer, 4) for name, answer in cloud.files().items()}
    found |= {name: _printed(answer, 2) for name, answer in delivery.answers().items()}
    found |= {name: text.encode() for name, text in (delivery.checkouts() | register.files()).items()}
    events, truth = trail.written(objects())
    lines = b"".join(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for event in events)
    found["audit/audit.log.gz"] = gzipped(lines)
    found["audit/cloudtrail.json"] = _printed(iam.trail(), 4)
    found["audit/truth.json"] = _printed(truth, 2)
    return found


def write(folder: Path) -> list[Path]:
    """Write the example below ``folder`` and return the files, sorted. Files there that are not part of it go."""
    root = folder / SLUG
    written = []
    for name, data in files().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written.append(path)
    for stale in set(root.rglob("*")) - set(written):
        if stale.is_file():
            stale.unlink()
    return sorted(written)
