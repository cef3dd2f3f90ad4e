"""Small clusters for the inventory, read as from a real dump."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.model.nhi import Nhi, NhiReport, NhiState
from demarc.model.snapshot import Snapshot, SourceKind
from demarc.model.trail import TrailFacts
from demarc.nhi import Policy, nhi_report
from demarc.posture import Ground
from demarc.testing import a_cluster_role_binding, a_role_binding, a_secret, a_subject, an_object, managed_by
from tests.posture.given import AT, BASE, Object, a_ground

RBAC_V1 = "rbac.authorization.k8s.io/v1"
CLUSTER_ADMIN = an_object(
    RBAC_V1,
    "ClusterRole",
    "cluster-admin",
    rules=[{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
)
RBAC = (
    CLUSTER_ADMIN,
    a_cluster_role_binding("cluster-admin", subjects=[a_subject("Group", "system:masters")]),
    a_role_binding("editors"),
    an_object(RBAC_V1, "Role", "reader", namespace="shop", rules=[]),
)
"""Roles and bindings of each kind, so that none of them counts as not seen."""
OLD, NEW = "2024-01-15T09:30:00Z", "2026-11-20T09:30:00Z"


def report(
    *objects: Object, policy: Policy | None = None, trail: TrailFacts | None = None, at: datetime = AT, **more: Any
) -> NhiReport:
    """The inventory of a cluster."""
    earlier = more.pop("earlier", None)
    ground = a_ground(*objects, at=at, **more)
    if trail is not None:
        ground = Ground(ground.snapshot, ground.inventory, ground.register, ground.assessment, ground.at, trail=trail)
    return nhi_report(ground, policy or Policy(), earlier=earlier)


def item(found: NhiReport, name: str) -> Nhi:
    """One entry by its id."""
    return next(one for one in found.items if one.id == name)


def states(found: NhiReport, name: str) -> set[NhiState]:
    """All states of an entry."""
    return {one.state for one in item(found, name).states}


def a_snapshot(*objects: Object, time: datetime = AT) -> Snapshot:
    """A snapshot with the key that all tests share."""
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
    dump = {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": [*BASE, *objects]}
    builder.add_document(json.dumps(dump).encode(), origin="earlier.json", kind=SourceKind.DUMP)
    return builder.build(now=time)


def written(name: str, at: str, created: str = OLD, **more: Any) -> Object:
    """A Secret whose values a field manager wrote at a time."""
    secret = a_secret(name, created=created, **more)
    fields: Object = {"f:data": {f"f:{key}": {} for key in secret["data"]}}
    secret["metadata"]["managedFields"] = [managed_by("kubectl-create", fields=fields, time=at)]
    return secret


def bare(name: str, created: str = OLD, **more: Any) -> Object:
    """A Secret of which nothing shows when it was written."""
    secret = a_secret(name, created=created, **more)
    del secret["metadata"]["managedFields"]
    return secret
