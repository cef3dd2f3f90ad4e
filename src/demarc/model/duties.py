"""Duties: the unit of accountability. A duty never names who; the boundary and the register do."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Layer(StrEnum):
    """Where a duty bites, from the provider's floor up to governance."""

    PLATFORM = "platform"
    CLUSTER = "cluster"
    NODE = "node"
    ADDON = "addon"
    IDENTITY = "identity"
    SECRET = "secret"  # noqa: S105 - a layer, not a password
    ADMISSION = "admission"
    WORKLOAD = "workload"
    NETWORK = "network"
    SUPPLY = "supply"
    DELIVERY = "delivery"
    MONITORING = "monitoring"
    RESPONSE = "response"
    GOVERNANCE = "governance"
    ENDPOINT = "endpoint"


class Stage(StrEnum):
    """Where in the life of a workload a duty is performed."""

    BUILD = "build"
    DEPLOY = "deploy"
    RUNTIME = "runtime"


class Plane(StrEnum):
    """Which access a duty is about: to the cluster (people, pipelines, provider), or of what runs in it."""

    CLUSTER = "cluster"
    WORKLOAD = "workload"
    NONE = "none"


class Unit(StrEnum):
    """What a duty is resolved per, and so the kinds of scope."""

    CLUSTER = "cluster"
    POOL = "pool"
    COMPONENT = "component"
    NAMESPACE = "namespace"
    WORKLOAD = "workload"
    IDENTITY = "identity"
    PIPELINE = "pipeline"


class Duty(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing somebody must do."""

    id: str
    layer: Layer
    stage: Stage
    plane: Plane
    per: Unit
    question: str


class Pair(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A duty as it bites on one part of a cluster: the row that every boundary answers."""

    component: str
    """Name in the boundary's vocabulary of parts: control_plane, node_os, coredns, rbac, ..."""
    duty: str
    question: str
    per: Unit
    """The duty's unit, or coarser where the part exists once: the provider's own staff are not per namespace."""
