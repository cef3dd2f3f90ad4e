"""Pipelines: the repositories from which things reach the cluster, as delivery exports and GitOps objects name them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from demarc.inventory.records import words
from demarc.model.duties import Unit
from demarc.model.inventory import Place, Scope
from demarc.model.kubernetes import Application, FluxSource
from demarc.model.snapshot import Record, Snapshot

_SCP: Final = re.compile(r"^[\w.-]+@([\w.-]+):(?!\d+/)(.+)$")
_URL: Final = re.compile(r"^[a-z][a-z0-9+.-]*://(?:[^@/]*@)?([^/:?#]+)(?::\d+)?/([^?#]+)")
_PATH: Final = re.compile(r"^[\w.-]+/[\w./-]+$")
_CHARTS: Final = ("OCIRepository.source.toolkit.fluxcd.io", "HelmRepository.source.toolkit.fluxcd.io")
_GIT: Final = "GitRepository.source.toolkit.fluxcd.io"
_HOSTS: Final = {"github": "github.com", "gitlab": "gitlab.com"}
_LOCAL: Final = ("", "https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local")


class _Seen(Struct, frozen=True, kw_only=True):
    name: str
    namespace: str
    labels: dict[str, str]
    kinds: tuple[str, ...]


def repository(address: str) -> str:
    """Name a repository as ``host/owner/name``: no scheme, user, port or ``.git``; empty for what is no address.

    Users and tokens in an address never get through.
    """
    found = _SCP.match(address.strip()) or _URL.match(address.strip())
    if not found:
        return ""
    path = found[2].strip("/").removesuffix(".git")
    return f"{found[1].lower()}/{path}" if path else ""


def pipelines(snapshot: Snapshot) -> tuple[Place, ...]:
    """Every repository once; with a namespace where it delivers into exactly one."""
    seen: dict[str, list[_Seen]] = {}
    for item in (*_of_objects(snapshot), *_of_records(snapshot)):
        if item.name:
            seen.setdefault(item.name, []).append(item)
    return tuple(_place(name, items) for name, items in sorted(seen.items()))


def _place(name: str, items: list[_Seen]) -> Place:
    namespaces = {item.namespace for item in items if item.namespace}
    kinds = dict.fromkeys(kind for item in items for kind in item.kinds)
    return Place(
        scope=Scope(kind=Unit.PIPELINE, name=name),
        namespace=namespaces.pop() if len(namespaces) == 1 else "",
        labels=next((item.labels for item in items if item.labels), {}),
        kinds=tuple(kinds),
    )


def _of_objects(snapshot: Snapshot) -> Iterator[_Seen]:
    for application in snapshot.all("Application.argoproj.io", Application):
        spec = application.spec
        here = spec.destination.server in _LOCAL and spec.destination.name in ("", "in-cluster")
        for source in (spec.source, *(spec.sources or ())):
            namespace = spec.destination.namespace if here else ""
            yield _Seen(
                name=repository(source.repo_url), namespace=namespace, labels=application.labels, kinds=("pipeline",)
            )
    for item in snapshot.all(_GIT, FluxSource):
        yield _Seen(name=repository(item.spec.url), namespace="", labels=item.labels, kinds=("pipeline",))
    for kind in _CHARTS:
        for item in snapshot.all(kind, FluxSource):
            yield _Seen(name=repository(item.spec.url), namespace="", labels=item.labels, kinds=("pipeline", "charts"))


def _of_records(snapshot: Snapshot) -> Iterator[_Seen]:
    for record in snapshot.records:
        system = record.kind.partition(".")[0]
        name = _named(record, system) if system in _HOSTS or record.kind.startswith("git.") else ""
        if name:
            yield _Seen(name=name, namespace="", labels={}, kinds=("pipeline",))


def _named(record: Record, system: str) -> str:
    """Repository that a delivery record is of: by its own address, else by ``owner/name`` on the system's own host."""
    if record.kind in ("github.repository", "gitlab.project"):
        found = repository(words(record.body, "html_url") or words(record.body, "web_url"))
        return found or _on_host(record.name, system)
    if system == "git":
        return repository(words(record.body, "url")) or repository(words(record.body, "remote"))
    return _on_host(record.parent.partition("#")[0], system)


def _on_host(path: str, system: str) -> str:
    return f"{_HOSTS[system]}/{path.strip('/')}" if system in _HOSTS and _PATH.match(path) else ""
