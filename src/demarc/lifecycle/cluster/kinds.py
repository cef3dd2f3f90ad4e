"""The kinds that a rotation reads and writes."""

from __future__ import annotations

from typing import Final

from demarc.collect.live.kinds import BUILT_IN, KNOWN_CUSTOM, Resource

_BY_KIND: Final = {resource.kind: resource for resource in (*KNOWN_CUSTOM, *BUILT_IN)}

SECRET: Final = _BY_KIND["Secret"]
POD: Final = _BY_KIND["Pod"]
SERVICE_ACCOUNT: Final = _BY_KIND["ServiceAccount"]
CONFIG_MAP: Final = _BY_KIND["ConfigMap"]
REPLICA_SET: Final = _BY_KIND["ReplicaSet"]
BUDGET: Final = _BY_KIND["PodDisruptionBudget"]
LEASE: Final = _BY_KIND["Lease"]
CERTIFICATE: Final = _BY_KIND["Certificate"]
EXTERNAL_SECRET: Final = _BY_KIND["ExternalSecret"]
NAMESPACE: Final = _BY_KIND["Namespace"]
CLUSTER_ROLE_BINDING: Final = _BY_KIND["ClusterRoleBinding"]


def resource_of(kind: str) -> Resource:
    """The resource of a consumer's kind."""
    return _BY_KIND[kind]
