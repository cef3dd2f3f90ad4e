"""A fake cluster without a network: reads and writes it as a client would, in the same process.

Fits wherever a reader or writer of a cluster is taken. ``interrupt`` is called around every write, to stop it before it
is sent, or after it was carried out but before its answer came back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from demarc.collect.live.interface import Answer
from demarc.testing.cluster import FakeCluster, Request


class FakeClient:
    """Reader and writer of a fake cluster, in the same process."""

    def __init__(
        self, cluster: FakeCluster, *, token: str = "", interrupt: Callable[[str], None] | None = None
    ) -> None:
        self._cluster = cluster
        self._token = token
        self._interrupt = interrupt

    @property
    def context(self) -> str:
        """Name of the context."""
        return "fake"

    @property
    def server(self) -> str:
        """Address of the server."""
        return "http://fake.invalid"

    @property
    def namespace(self) -> str:
        """Namespace of the context."""
        return "default"

    def get(self, path: str, query: Mapping[str, str], accept: str) -> Answer:
        """GET a path."""
        return self.send("GET", path, query, accept=accept)

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
        """Send a request."""
        if method != "GET" and self._interrupt is not None:
            self._interrupt(f"before {method} {path}")
        headers = {"accept": accept, "content-type": content_type}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        reply = self._cluster.answer(
            Request(method=method, path=path, query=dict(query), headers=headers, body=body or b"")
        )
        if method != "GET" and self._interrupt is not None:
            self._interrupt(f"after {method} {path}")
        wait = reply.headers.get("Retry-After")
        return Answer(
            status=reply.status,
            content_type=reply.content_type,
            body=reply.body,
            retry_after=float(wait) if wait else None,
        )
