"""Objects of Argo CD and Flux that say what is delivered from where."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.meta import Api, KubeObject, NameReference


class GitSource(Api, frozen=True, kw_only=True):
    """Where a GitOps object takes its manifests from."""

    repo_url: str = field(default="", name="repoURL")
    path: str = ""
    chart: str = ""
    """Of a Helm repository; empty for a repository of manifests."""
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


class SyncStatus(Api, frozen=True, kw_only=True, gc=False):
    """What of its repositories an Application was last compared with."""

    status: str = ""
    revision: str = ""
    revisions: list[str] | None = None
    """One for each of several sources."""


class Initiator(Api, frozen=True, kw_only=True, gc=False):
    """Who started a deployment."""

    username: str = ""
    automated: bool | None = None


class Deployed(Api, frozen=True, kw_only=True):
    """A deployment in the history of an Application."""

    revision: str = ""
    revisions: list[str] | None = None
    deployed_at: str = ""
    initiated_by: Initiator | None = None


class ApplicationStatus(Api, frozen=True, kw_only=True):
    """Status of an Argo CD Application."""

    sync: SyncStatus | None = None
    history: list[Deployed] | None = None


class Application(KubeObject, frozen=True, kw_only=True):
    """An Argo CD Application."""

    spec: ApplicationSpec = field(default_factory=ApplicationSpec)
    status: ApplicationStatus | None = None


class ProjectResource(Api, frozen=True, kw_only=True, gc=False):
    """Kinds that an AppProject allows; each part may be ``*``."""

    group: str = ""
    kind: str = ""


class SignatureKey(Api, frozen=True, kw_only=True, gc=False):
    """A GnuPG key by which commits must be signed."""

    key_id: str = field(default="", name="keyID")


class AppProjectSpec(Api, frozen=True, kw_only=True):
    """Spec of an AppProject: what its Applications may deploy, from where and to where."""

    source_repos: list[str] | None = None
    destinations: list[Destination] | None = None
    cluster_resource_whitelist: list[ProjectResource] | None = None
    signature_keys: list[SignatureKey] | None = None


class AppProject(KubeObject, frozen=True, kw_only=True):
    """An AppProject of Argo CD."""

    spec: AppProjectSpec = field(default_factory=AppProjectSpec)


class FluxVerify(Api, frozen=True, kw_only=True, gc=False):
    """By what a source of Flux is verified."""

    provider: str = ""
    mode: str = ""


class FluxRef(Api, frozen=True, kw_only=True, gc=False):
    """What of a repository Flux follows."""

    branch: str = ""
    tag: str = ""
    semver: str = ""
    commit: str = ""
    digest: str = ""
    name: str = ""


class FluxSourceSpec(Api, frozen=True, kw_only=True):
    """Spec of a Flux GitRepository, OCIRepository, HelmRepository or Bucket."""

    url: str = ""
    ref: FluxRef | None = None
    secret_ref: NameReference | None = None
    endpoint: str = ""
    """Of a Bucket."""
    insecure: bool | None = None
    verify: FluxVerify | None = None


class SourceReference(Api, frozen=True, kw_only=True, gc=False):
    """The source that a Flux object follows; ``namespace`` is empty where it is its own."""

    kind: str = ""
    name: str = ""
    namespace: str = ""


class ChartSpec(Api, frozen=True, kw_only=True):
    """Spec of the chart of a HelmRelease."""

    chart: str = ""
    version: str = ""
    """Exact, or a range; empty for the newest."""
    source_ref: SourceReference | None = None
    verify: FluxVerify | None = None


class ChartTemplate(Api, frozen=True, kw_only=True):
    """Chart of a HelmRelease."""

    spec: ChartSpec = field(default_factory=ChartSpec)


class FluxAppliedSpec(Api, frozen=True, kw_only=True):
    """Spec of a Kustomization or HelmRelease of Flux."""

    service_account_name: str = ""
    """As whom it is applied; empty for the controller itself."""
    target_namespace: str = ""
    path: str = ""
    """Folder of the source that a Kustomization applies."""
    source_ref: SourceReference | None = None
    chart: ChartTemplate | None = None
    chart_ref: SourceReference | None = None


class FluxAppliedStatus(Api, frozen=True, kw_only=True, gc=False):
    """Status of a Kustomization or HelmRelease of Flux."""

    last_applied_revision: str = ""
    """``main@sha1:`` and the commit; of older releases ``main/`` and the commit."""


class FluxApplied(KubeObject, frozen=True, kw_only=True):
    """A Kustomization or HelmRelease of Flux."""

    spec: FluxAppliedSpec = field(default_factory=FluxAppliedSpec)
    status: FluxAppliedStatus | None = None


class FluxArtifact(Api, frozen=True, kw_only=True, gc=False):
    """What a source of Flux last took."""

    revision: str = ""
    last_update_time: str = ""


class FluxSourceStatus(Api, frozen=True, kw_only=True):
    """Status of a source of Flux."""

    artifact: FluxArtifact | None = None


class FluxSource(KubeObject, frozen=True, kw_only=True):
    """A Flux GitRepository, OCIRepository or HelmRepository."""

    spec: FluxSourceSpec = field(default_factory=FluxSourceSpec)
    status: FluxSourceStatus | None = None
