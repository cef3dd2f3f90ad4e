"""What writing to a cluster needs. Reader and writer are two interfaces: whoever is given a reader cannot write.

Whatever is sent carries the field manager ``demarc``; changes of what others made carry a resourceVersion or a uid.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from demarc.collect.live.interface import Answer, ClusterReader
from demarc.model.errors import DemarcError

FIELD_MANAGER = "demarc"


class ClusterWriter(ClusterReader, Protocol):
    """Reads and writes one cluster."""

    def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        body: bytes | None = None,
        content_type: str = "",
        accept: str = "application/json",
    ) -> Answer:
        """Send one request. Any status is an answer.

        Raises UnreachableError or NoAnswerError; after the latter it may or may not have been carried out.
        """


class RefusedError(DemarcError):
    """The API server refused."""

    def __init__(self, what: str, *, status: int, reason: str = "", todo: str = "") -> None:
        super().__init__(what, todo=todo)
        self.status = status
        self.reason = reason


class ConflictError(DemarcError):
    """Somebody else changed, owns or made what was to be written. Nothing was written."""
