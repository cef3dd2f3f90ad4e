"""The writer to a live cluster, over the same connection, proxies and sign-in as the reader."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from demarc.collect.live.connection import Connection
from demarc.collect.live.interface import Answer
from demarc.collect.live.kubeconfig import SERVICE_ACCOUNT, KubeSettings, resolve


class KubeWriter:
    """A cluster that can be read and written."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    @property
    def context(self) -> str:
        """Name of the kubeconfig context, or ``in-cluster``."""
        return self._connection.context

    @property
    def server(self) -> str:
        """Address of the API server, without credentials."""
        return self._connection.server

    @property
    def namespace(self) -> str:
        """Namespace of the context; ``default`` where it names none."""
        return self._connection.namespace

    def get(self, path: str, query: Mapping[str, str], accept: str) -> Answer:
        """GET a path."""
        return self._connection.request("GET", path, query, accept=accept)

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
        """Send one request."""
        return self._connection.request(method, path, query, accept=accept, body=body, content_type=content_type)


def open_writer(
    settings: KubeSettings,
    *,
    environment: Mapping[str, str],
    home: Path,
    terminal: bool = False,
    service_account: Path = SERVICE_ACCOUNT,
) -> KubeWriter:
    """Open the cluster of a kubeconfig and context for writing; takes what ``open_cluster`` takes."""
    target = resolve(settings, environment=environment, home=home, service_account=service_account)
    return KubeWriter(Connection(target, environment=environment, terminal=terminal))
