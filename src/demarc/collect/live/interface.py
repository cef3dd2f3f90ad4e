"""What collecting from a live cluster needs of its surroundings: who reads the API, and who takes what came.

The reader knows how to get there (addresses, credentials, proxies) and nothing of Kubernetes objects; the collector
knows the API and nothing of credentials. There is no writer to the cluster here, and none may be added: the one that
there is belongs to demarc.lifecycle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from demarc.model.errors import DemarcError
from demarc.model.evidence import Gap
from demarc.model.snapshot import SourceKind


class Answer(Struct, frozen=True, kw_only=True):
    """What the API server answered, byte for byte (after content decoding)."""

    status: int
    content_type: str
    body: bytes
    retry_after: float | None = None
    """Seconds to wait before the next try, where the server names them."""

    def __repr__(self) -> str:
        return f"Answer(status={self.status}, content_type={self.content_type!r}, {len(self.body)} bytes)"


class UnreachableError(DemarcError):
    """No connection came about: name, address, TLS or proxy. Asking for something else will not help."""


class NoAnswerError(DemarcError):
    """Connected, but the answer did not come whole: timed out or broken off. Another try may help."""


class AnswerTooLargeError(DemarcError):
    """The answer is larger than one answer may be. A smaller page may help."""


class ClusterReader(Protocol):
    """Reads one cluster. Safe to be used by several threads at once."""

    @property
    def context(self) -> str:
        """Name of the kubeconfig context, or ``in-cluster``."""

    @property
    def server(self) -> str:
        """Address of the API server, without credentials."""

    @property
    def namespace(self) -> str:
        """Namespace of the context; ``default`` where it names none."""

    def get(self, path: str, query: Mapping[str, str], accept: str) -> Answer:
        """GET ``path`` (begins with a slash). Any status is an answer; redirects are not followed.

        Raises UnreachableError, NoAnswerError or AnswerTooLargeError.
        """


class Builder(Protocol):
    """Takes documents and gaps; makes a snapshot of them. Removes duplicates by itself."""

    context: str | None
    """Name of the kubeconfig context."""

    def add_document(self, data: bytes, *, origin: str, kind: SourceKind, of: tuple[str, str] | None = None) -> None:
        """Take one answer; ``of`` is the apiVersion and kind of its objects where it does not say them itself."""

    def add_gap(self, gap: Gap) -> None:
        """Take something that could not be seen."""


class PageWriter(Protocol):
    """Keeps pages and gaps; takes Secret values out before anything reaches a disk."""

    def add_page(self, name: str, data: bytes, origin: str, *, of: tuple[str, str] | None = None) -> None:
        """Keep one answer under a relative name such as ``lists/apps_v1_deployments.0001.json``; ``of`` as above."""

    def add_gap(self, gap: Gap) -> None:
        """Keep something that could not be seen."""


class Progress(Struct, frozen=True, kw_only=True):
    """How far a collection is."""

    resources_done: int
    resources_total: int
    objects: int
    bytes: int
    resource: str
    """What the last page was of: ``deployments.apps``."""
