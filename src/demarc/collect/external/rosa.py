"""Answers of rosa and ocm: clusters, machine pools and node pools, in the names of OpenShift Cluster Manager (OCM).

OCM marks every object with ``kind`` and an ``href`` but no apiVersion, which tells it from OpenShift's own objects.
The parent of a pool is OCM's id of the cluster, as the cluster's body holds it in ``id``.
"""

from __future__ import annotations

import re

from demarc.collect.external.shape import Body, Shape, described, field, text

_HREF = re.compile(r"^/api/(?:clusters_mgmt|aro_hcp)/\w+/clusters/([^/]+)(?:/(machine_pools|node_pools)/([^/]+))?$")

_POOLS = {"MachinePool": "machine_pools", "NodePool": "node_pools"}
_SIZES = frozenset({"instance_type", "aws_node_pool", "replicas", "autoscaling"})


def _collection(body: Body) -> str | None:
    """``clusters``, ``machine_pools`` or ``node_pools``; None for anything that OCM did not write."""
    found = _HREF.match(text(body, "href"))
    if found:
        return found[2] or "clusters"
    written = text(body, "kind") in _POOLS and "id" in body and bool(_SIZES & body.keys())
    return _POOLS[text(body, "kind")] if written and "apiVersion" not in body else None


def _product(body: Body) -> str:
    return text(body, "product", "id").lower()


def _is_cluster(body: Body) -> bool:
    return _collection(body) == "clusters" and text(body, "kind") == "Cluster"


def _cluster_id(body: Body) -> str:
    found = _HREF.match(text(body, "href"))
    return found[1] if found else ""


SHAPES: tuple[Shape, ...] = (
    described(
        "rosa describe cluster, list clusters",
        "rosa.cluster",
        looks=lambda b: _is_cluster(b) and _product(b) == "rosa",
        named=field("name"),
        many=("items",),
    ),
    described(
        "ocm describe cluster (another product than ROSA)",
        "ocm.cluster",
        looks=lambda b: _is_cluster(b) and _product(b) != "rosa",
        named=field("name"),
        many=("items",),
    ),
    described(
        "rosa list machinepools (classic)",
        "rosa.machinePool",
        looks=lambda b: _collection(b) == "machine_pools",
        named=field("id"),
        parent=_cluster_id,
        many=("items",),
    ),
    described(
        "rosa list machinepools, nodepools (hosted control plane)",
        "rosa.nodePool",
        looks=lambda b: _collection(b) == "node_pools",
        named=field("id"),
        parent=_cluster_id,
        many=("items",),
    ),
)
