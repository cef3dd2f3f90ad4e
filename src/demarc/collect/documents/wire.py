"""Kubernetes objects as they come over the wire, where that differs from the model: fields that are used up on reading.

Values of Secrets and ConfigMaps live in these types only, for as long as one object is read. Nothing here decides.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct, field

from demarc.model.kubernetes import Certificate, KubeObject, Literal, Node, NodeStatus, Pod

CERTIFICATES, SHAPES_OF, LITERALS = "demarc.certificates", "demarc.shapes", "demarc.literals"
EXPIRES, UNREAD, TRUSTS = "demarc.expires", "demarc.unread", "demarc.trusts"
"""Fields in which a stored snapshot keeps what was told of values that it no longer has. No kind has them."""


class Condition(Struct, gc=False):
    """Times of a condition in a status."""

    last_heartbeat: str | None = field(default=None, name="lastHeartbeatTime")
    last_transition: str | None = field(default=None, name="lastTransitionTime")


class ContainerStatus(Struct, gc=False):
    """What a container runs, as the node resolved its image."""

    name: str = ""
    image_id: str = field(default="", name="imageID")


class PodStatus(Struct):
    """Status of a pod: its phase, its times, and what its containers run."""

    phase: str = ""
    conditions: list[Condition] | None = None
    containers: list[ContainerStatus] | None = field(default=None, name="containerStatuses")
    init_containers: list[ContainerStatus] | None = field(default=None, name="initContainerStatuses")


class PodWire(Pod, frozen=True, kw_only=True):
    """A pod with the times in its status."""

    status: PodStatus | None = None


class NodeStatusWire(NodeStatus, frozen=True, kw_only=True):
    """Status of a node with its heartbeats."""

    conditions: list[Condition] | None = None


class NodeWire(Node, frozen=True, kw_only=True):
    """A node with its heartbeats."""

    status: NodeStatusWire = field(default_factory=NodeStatusWire)


class LeaseSpec(Struct):
    """When a lease was last renewed: the holder writes it every few seconds."""

    renew_time: str | None = field(default=None, name="renewTime")


class LeaseWire(KubeObject, frozen=True, kw_only=True):
    """A lease."""

    spec: LeaseSpec | None = None


class EventWire(KubeObject, frozen=True, kw_only=True):
    """An event, with the times of its last occurrence."""

    last_timestamp: str | None = None
    deprecated_last_timestamp: str | None = None
    event_time: str | None = None


class SecretWire(KubeObject, frozen=True, kw_only=True):
    """A Secret with its values, base64 as the API gives them."""

    type: str = ""
    data: dict[str, str | None] | None = None
    string_data: dict[str, str | None] | None = None
    immutable: bool | None = None
    certificates: list[Certificate] | None = field(default=None, name=CERTIFICATES)
    shapes: dict[str, str] | None = field(default=None, name=SHAPES_OF)
    expires: int = field(default=0, name=EXPIRES)
    literals: list[Literal] | None = field(default=None, name=LITERALS)
    unread: str = field(default="", name=UNREAD)
    trusts: list[str] | None = field(default=None, name=TRUSTS)

    def __repr__(self) -> str:
        return "SecretWire(...)"


class ConfigMapWire(KubeObject, frozen=True, kw_only=True):
    """A ConfigMap, its values undecoded."""

    data: dict[str, msgspec.Raw] | None = None
    binary_data: dict[str, msgspec.Raw] | None = None
    literals: list[Literal] | None = field(default=None, name=LITERALS)
    unread: str = field(default="", name=UNREAD)
    trusts: list[str] | None = field(default=None, name=TRUSTS)


class OwnedFields(Struct):
    """What a field manager owns of a Secret, at its top level."""

    data: dict[str, msgspec.Raw] | None = field(default=None, name="f:data")
    type: dict[str, msgspec.Raw] | None = field(default=None, name="f:type")


class OwnedEntry(Struct):
    """An entry of managedFields with the fields it is about."""

    time: str | None = None
    fields: OwnedFields | None = field(default=None, name="fieldsV1")


class OwnedMeta(Struct):
    """The managedFields of an object."""

    entries: list[OwnedEntry] | None = field(default=None, name="managedFields")


class Owned(Struct):
    """An object, read for who owns its fields."""

    metadata: OwnedMeta | None = None


class PartialWire(KubeObject, frozen=True, kw_only=True):
    """An object of which only metadata was given."""


class Column(Struct):
    """A column of a Table answer."""

    name: str = ""


class Row(Struct):
    """A row of a Table answer; ``object`` is its PartialObjectMetadata, or null."""

    cells: list[msgspec.Raw] = []
    object: msgspec.Raw = msgspec.Raw(b"null")


class Table(Struct):
    """A Table answer."""

    columns: list[Column] = field(default_factory=list, name="columnDefinitions")
    rows: list[Row] | None = None


class ListMeta(Struct):
    """Metadata of a List."""

    resource_version: str = field(default="", name="resourceVersion")
    continues: str = field(default="", name="continue")
    remaining: int | None = field(default=None, name="remainingItemCount")


class ListWire(Struct):
    """A List, its items undecoded."""

    kind: str = ""
    api_version: str = field(default="", name="apiVersion")
    items: list[msgspec.Raw] | None = None
    metadata: ListMeta | None = None


class StatusDetails(Struct):
    """What a refusal is about: ``kind`` is the resource, such as ``secrets``."""

    kind: str | None = None
    group: str | None = None
    name: str | None = None


class Status(Struct):
    """A refusal of the API server."""

    status: str | None = None
    message: str | None = None
    reason: str | None = None
    code: int | None = None
    details: StatusDetails | None = None
