"""What every object has, and the small types that many of them share."""

from __future__ import annotations

from msgspec import Struct, field


class Api(Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of everything that is decoded from the API."""


class FieldsEntry(Api, frozen=True, kw_only=True, gc=False):
    """One entry of managedFields: who wrote fields of the object, and when."""

    manager: str = ""
    operation: str = ""
    time: str | None = None
    subresource: str = ""


class OwnerReference(Api, frozen=True, kw_only=True, gc=False):
    """The object that owns this one."""

    kind: str = ""
    name: str = ""
    uid: str = ""
    api_version: str = ""
    controller: bool | None = None


class ObjectMeta(Api, frozen=True, kw_only=True, gc=False):
    """Metadata. ``last-applied-configuration`` is taken out on reading: it repeats values."""

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    """As the API server gave it; empty in manifests. Tells which of two copies of an object is the newer one."""
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[OwnerReference] | None = None
    managed_fields: list[FieldsEntry] | None = None
    finalizers: list[str] | None = None


class KubeObject(Api, frozen=True, kw_only=True, gc=False):
    """What every object has. Kinds without a type of their own are held as this."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    api_version: str = ""
    kind: str = ""
    source: str = field(default="", name="demarc.source")
    """Id of the snapshot source it was read from; set by the reader. Its name on the wire is one that no kind has
    (an Event, for one, has a ``source`` of its own, which is an object)."""

    lines: dict[str, int] | None = field(default=None, name="demarc.lines")
    """Path of a field -> its line in the manifest (``spec.containers[0].image``); set by the reader, for YAML only."""

    @property
    def key(self) -> str:
        """``namespace/name``, or ``name`` for cluster-scoped objects."""
        return f"{self.metadata.namespace}/{self.metadata.name}" if self.metadata.namespace else self.metadata.name

    @property
    def labels(self) -> dict[str, str]:
        """Labels, empty when there are none."""
        return self.metadata.labels or {}

    @property
    def annotations(self) -> dict[str, str]:
        """Annotations, empty when there are none."""
        return self.metadata.annotations or {}

    @property
    def managers(self) -> tuple[str, ...]:
        """Field managers, in order of first appearance."""
        return tuple(dict.fromkeys(entry.manager for entry in self.metadata.managed_fields or ()))


class NameReference(Api, frozen=True, kw_only=True, gc=False):
    """Reference to an object by name; ``namespace`` is empty where it is that of the object that refers."""

    name: str = ""
    namespace: str = ""


class LabelRequirement(Api, frozen=True, kw_only=True, gc=False):
    """A requirement of a label selector."""

    key: str = ""
    operator: str = ""
    values: list[str] | None = None


class LabelSelector(Api, frozen=True, kw_only=True, gc=False):
    """A label selector; an empty one selects everything."""

    match_labels: dict[str, str] | None = None
    match_expressions: list[LabelRequirement] | None = None
