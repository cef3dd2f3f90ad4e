"""Objects of Argo CD and Flux that say what is delivered from where."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.meta import Api, KubeObject, NameReference


class GitSource(Api, frozen=True, kw_only=True):
    """Where a GitOps object takes its manifests from."""

    repo_url: str = field(default="", name="repoURL")
    path: str = ""
    target_revision: str = ""


class Destination(Api, frozen=True, kw_only=True):
    """Where an Argo CD Application deploys to."""

    namespace: str = ""
    server: str = ""
    name: str = ""


class ApplicationSpec(Api, frozen=True, kw_only=True):
    """Spec of an Argo CD Application."""

    source: GitSource = field(default_factory=GitSource)
    sources: list[GitSource] | None = None
    destination: Destination = field(default_factory=Destination)
    project: str = ""


class Application(KubeObject, frozen=True, kw_only=True):
    """An Argo CD Application."""

    spec: ApplicationSpec = field(default_factory=ApplicationSpec)


class FluxSourceSpec(Api, frozen=True, kw_only=True):
    """Spec of a Flux GitRepository, OCIRepository or HelmRepository."""

    url: str = ""
    secret_ref: NameReference | None = None


class FluxSource(KubeObject, frozen=True, kw_only=True):
    """A Flux GitRepository, OCIRepository or HelmRepository."""

    spec: FluxSourceSpec = field(default_factory=FluxSourceSpec)
