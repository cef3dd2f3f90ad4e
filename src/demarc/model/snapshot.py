"""The snapshot: what was seen of a cluster at one moment, where it came from, and what was not seen."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct

from demarc.model.evidence import Gap
from demarc.model.kubernetes import KubeObject, SecretReference

T = TypeVar("T", bound=KubeObject)


class SourceKind(StrEnum):
    """What sort of input a source is."""

    LIVE = "live"
    DUMP = "dump"
    MANIFESTS = "manifests"
    """Rendered or written manifests: objects that somebody wants, not objects that a cluster has."""
    CLOUD = "cloud"
    DIRECTORY = "directory"
    DELIVERY = "delivery"


class Source(Struct, frozen=True, kw_only=True):
    """One input, named so that evidence can point to it."""

    id: str
    """``s1``, ``s2``, ... in the order of reading; stable for the same input."""
    origin: str
    """Path as given, ``archive!member``, ``stdin``, or the name of the kubeconfig context."""
    kind: SourceKind
    shape: str
    """What the content was recognised as, such as ``v1 List``, ``aws eks describe-cluster``."""
    sha256: str
    """Hex digest of the bytes as they were received."""
    size: int
    """Bytes as received."""


class Record(Struct, frozen=True, kw_only=True):
    """One described thing from outside the Kubernetes API: a cloud, directory or delivery export."""

    kind: str
    """``eks.cluster``, ``gke.nodePool``, ``aks.cluster``, ``directory.user``, ``github.pull-request``, ..."""
    name: str
    """Its name or id in its own system."""
    parent: str = ""
    """Name of what it belongs to: the cluster of a node group, the repository of a pull request."""
    body: dict[str, Any]
    """The description as the tool printed it, unwrapped of its envelope. Never holds secret values."""
    source: str


class Snapshot(Struct, frozen=True, kw_only=True):
    """What was seen. Frozen: every answer for it can be given again."""

    taken_at: datetime | None
    """When it was taken: as recorded by the collector, else the newest time that the API server wrote into it."""
    taken_at_basis: str
    """How ``taken_at`` is known, in words; empty when it is not."""
    sources: tuple[Source, ...]
    gaps: tuple[Gap, ...]
    objects: dict[str, tuple[KubeObject, ...]]
    """Kubernetes objects by ``Kind.group`` (``Pod``, ``Deployment.apps``), each sorted by namespace and name."""
    records: tuple[Record, ...] = ()
    whole: dict[str, dict[str, bytes]] = {}
    """Objects that were kept whole because somebody asked for their kind: ``Kind.group`` -> ``namespace/name`` -> JSON
    with secret values taken out."""
    references: dict[str, dict[str, tuple[SecretReference, ...]]] = {}
    """Secrets that custom resources refer to: ``Kind.group`` -> ``namespace/name`` of the object -> by field."""
    schemaless: tuple[str, ...] = ()
    """Custom kinds with objects whose schema was not seen: their references are known by names of fields alone."""
    server_version: str | None = None
    """``gitVersion`` of the API server, where it was asked."""
    context: str | None = None
    """Name of the kubeconfig context or cluster, where it is known."""

    def all(self, kind: str, of: type[T]) -> tuple[T, ...]:
        """Objects of a kind such as ``Deployment.apps``, typed; empty when there are none."""
        found = self.objects.get(kind, ())
        return tuple(item for item in found if isinstance(item, of))

    def of(self, kind: str) -> tuple[Record, ...]:
        """Records of a kind such as ``eks.nodegroup``."""
        return tuple(record for record in self.records if record.kind == kind)

    def missing(self, what: str) -> Gap | None:
        """The gap that covers a resource or record kind, if any."""
        return next((gap for gap in self.gaps if gap.what == what), None)
