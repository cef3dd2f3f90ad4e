"""Which repository delivers into which namespace, and which commit runs there, as Argo CD and Flux say it.

Knows nothing of who approved a commit.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Final

from msgspec import Struct

from demarc.evidence.changes import Change, moment
from demarc.inventory.pipelines import repository
from demarc.model.kubernetes import Application, FluxApplied, FluxSource
from demarc.model.snapshot import Snapshot

_HASH: Final = re.compile(r"(?:^|[:/@])([0-9a-f]{40}|[0-9a-f]{64})$")
_LOCAL: Final = ("", "https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local")
_APPLIED: Final = ("Kustomization.kustomize.toolkit.fluxcd.io", "HelmRelease.helm.toolkit.fluxcd.io")


class Deployment(Struct, frozen=True, kw_only=True):
    """A commit of a repository that an object delivers into a namespace."""

    by: str
    """``Application argocd/booking``."""
    namespace: str
    repository: str
    path: str
    """Folder in the repository; empty for all of it."""
    commit: str
    """Hash; empty where the status names none, as for a chart's version."""
    at: datetime | None
    source: str

    def covers(self, file: str) -> bool:
        """Whether a file of the repository is part of what is delivered."""
        return not self.path or file == self.path or file.startswith(f"{self.path}/")


class Delivered:
    """What delivers into which namespace."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @cached_property
    def all(self) -> tuple[Deployment, ...]:
        """Every deployment that has a repository."""
        found = (*self._argo(), *self._flux())
        return tuple(item for item in found if item.repository)

    @cached_property
    def into(self) -> dict[str, tuple[Deployment, ...]]:
        """Deployments by the namespace that they deliver into."""
        found: dict[str, list[Deployment]] = defaultdict(list)
        for item in self.all:
            found[item.namespace].append(item)
        return {namespace: tuple(items) for namespace, items in found.items()}

    @cached_property
    def controllers(self) -> frozenset[str]:
        """Namespaces in which objects that deliver lie: what runs there delivers."""
        kinds = ("Application.argoproj.io", *_APPLIED)
        return frozenset(item.metadata.namespace for kind in kinds for item in self._snapshot.objects.get(kind, ()))

    def namespaces_of(self, name: str) -> frozenset[str]:
        """Namespaces that a repository is delivered into."""
        return self._namespaces.get(name, frozenset())

    @cached_property
    def _namespaces(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for item in self.all:
            found[item.repository].add(item.namespace)
        return {name: frozenset(namespaces) for name, namespaces in found.items()}

    def touches(self, change: Change, files: tuple[str, ...] | None, namespace: str) -> bool | None:
        """Whether a change is part of what is delivered into a namespace; None where its files would have to tell."""
        here = [item for item in self.into.get(namespace, ()) if item.repository == change.repository]
        if not here:
            return False
        if files is not None:
            return any(item.covers(file) for item in here for file in files)
        alone = self.namespaces_of(change.repository) == {namespace} and any(not item.path for item in here)
        return True if alone else None

    def _argo(self) -> Iterator[Deployment]:
        for item in self._snapshot.all("Application.argoproj.io", Application):
            target, status = item.spec.destination, item.status
            if target.server not in _LOCAL or target.name not in ("", "in-cluster"):
                continue
            several = bool(item.spec.sources)
            sync = status.sync if status is not None else None
            revisions = (sync.revisions or []) if sync is not None and several else [sync.revision if sync else ""]
            history = status.history if status is not None else None
            last = history[-1] if history else None
            for place, source in enumerate(item.spec.sources or [item.spec.source]):
                yield Deployment(
                    by=f"Application {item.key}",
                    namespace=target.namespace,
                    repository=repository(source.repo_url),
                    path=_folder(source.path),
                    commit=_hash(revisions[place] if place < len(revisions) else ""),
                    at=moment(last.deployed_at) if last is not None else None,
                    source=item.source,
                )

    def _flux(self) -> Iterator[Deployment]:
        sources = {item.key: item for item in self._snapshot.all("GitRepository.source.toolkit.fluxcd.io", FluxSource)}
        for kind in _APPLIED:
            for item in self._snapshot.all(kind, FluxApplied):
                chart = item.spec.chart
                wanted = item.spec.source_ref or (chart.spec.source_ref if chart is not None else None)
                if wanted is None or wanted.kind not in ("", "GitRepository"):
                    continue
                found = sources.get(f"{wanted.namespace or item.metadata.namespace}/{wanted.name}")
                if found is None:
                    continue
                for namespace in self._targets(item, kind):
                    yield _of_flux(item, found, f"{kind.partition('.')[0]} {item.key}", namespace)

    def _targets(self, item: FluxApplied, kind: str) -> tuple[str, ...]:
        """Where it applies to: as it says, else where what it applied lies, else beside itself."""
        if item.spec.target_namespace:
            return (item.spec.target_namespace,)
        return tuple(sorted(self._applied.get((kind, item.key), ()))) or (item.metadata.namespace,)

    @cached_property
    def _applied(self) -> dict[tuple[str, str], set[str]]:
        """Namespaces of what an object of Flux applied, by the labels that Flux writes."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for item in (item for items in self._snapshot.objects.values() for item in items):
            for kind in _APPLIED:
                prefix = kind.partition(".")[2]
                name = item.labels.get(f"{prefix}/name")
                if name and item.metadata.namespace:
                    found[kind, f"{item.labels.get(f'{prefix}/namespace', '')}/{name}"].add(item.metadata.namespace)
        return found


def _of_flux(item: FluxApplied, source: FluxSource, by: str, namespace: str) -> Deployment:
    artifact = source.status.artifact if source.status is not None else None
    applied = item.status.last_applied_revision if item.status is not None else ""
    return Deployment(
        by=by,
        namespace=namespace,
        repository=repository(source.spec.url),
        path=_folder(item.spec.path),
        commit=_hash(applied) or _hash(artifact.revision if artifact is not None else ""),
        at=moment(artifact.last_update_time) if artifact is not None else None,
        source=item.source,
    )


def _folder(path: str) -> str:
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def _hash(revision: str) -> str:
    """Commit of a revision: as it is, or behind ``main@sha1:``, ``main/``."""
    found = _HASH.search(revision)
    return found[1] if found else ""
