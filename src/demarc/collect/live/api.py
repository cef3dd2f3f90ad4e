"""The way to a cluster that is read: opens what the kubeconfig names, and gives answers as raw bytes.

It only ever sends GET; how it is sent is the connection's matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from demarc.collect.live.connection import Connection
from demarc.collect.live.interface import Answer
from demarc.collect.live.kubeconfig import SERVICE_ACCOUNT, KubeSettings, resolve

__all__ = ["KubeReader", "KubeSettings", "open_cluster"]


def open_cluster(
    settings: KubeSettings,
    *,
    environment: Mapping[str, str],
    home: Path,
    terminal: bool = False,
    service_account: Path = SERVICE_ACCOUNT,
) -> KubeReader:
    """Open the cluster that kubectl would talk to with this kubeconfig and context.

    ``environment`` is the process's own (KUBECONFIG, PATH, proxies, and what plugins read), ``home`` the folder that
    holds ``.kube``, ``terminal`` tells whether a plugin may ask somebody at standard input. A sign-in plugin is run;
    nothing is asked of the cluster yet. Use it as a context manager, or close it. Raises DemarcError.
    """
    target = resolve(settings, environment=environment, home=home, service_account=service_account)
    return KubeReader(Connection(target, environment=environment, terminal=terminal))


class KubeReader:
    """A cluster that can be read. Safe for several threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"KubeReader({self._connection!r})"

    def close(self) -> None:
        """Close the connections."""
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
