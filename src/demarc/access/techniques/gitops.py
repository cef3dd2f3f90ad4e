"""Delivery controllers: repositories that they apply, objects that steer them, and what their state holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.build import repository, scope_of
from demarc.access.techniques.grants import Writer
from demarc.access.techniques.pods import Running
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, seen_in, shown
from demarc.inventory.pipelines import repository as named
from demarc.model.duties import Unit
from demarc.model.graph import Thing
from demarc.model.inventory import Scope
from demarc.model.kubernetes import Application, FluxSource

_GIT: Final = "GitRepository.source.toolkit.fluxcd.io"
_LOCAL: Final = ("", "https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local")
_ARGO: Final = "argocd-application-controller"
_FLUX: Final = (
    ("kustomize-controller", "create|update|patch kustomizations.kustomize.toolkit.fluxcd.io", "a Kustomization"),
    ("helm-controller", "create|update|patch helmreleases.helm.toolkit.fluxcd.io", "a HelmRelease"),
)
_RELEASE: Final = re.compile(r"^sh\.helm\.release\.v1\.(.+)\.v\d+$")
_CLUSTER_LABEL: Final = "argocd.argoproj.io/secret-type"
_PROJECTS: Final = "what the AppProjects allow was not read"


def controllers(view: View, name: str) -> Iterator[Running]:
    """Workloads of a delivery controller, by the usual name, with or without a prefix of the release."""
    for running in view.workloads.all:
        if running.name == name or running.name.endswith(f"-{name}"):
            yield running


def gitops_source(view: View, graph: GraphBuilder) -> None:
    """Repositories to what a controller applies from them."""
    for item in view.snapshot.all("Application.argoproj.io", Application):
        spec = item.spec
        target = graph.node(Thing.DELIVERY_CONTROLLER, f"{item.metadata.namespace}/Application/{item.metadata.name}")
        for source in (spec.source, *(spec.sources or ())):
            name = named(source.repo_url)
            if name:
                revision = f", {source.target_revision}" if source.target_revision else ""
                _edge(view, graph, repository(graph, name), target, item, f"{item.key} applies {name}{revision}", name)
        if spec.destination.server in _LOCAL and spec.destination.name in ("", "in-cluster"):
            _applies(view, graph, item, target)
    for source_of in view.snapshot.all(_GIT, FluxSource):
        name = named(source_of.spec.url)
        if not name:
            continue
        key = f"{source_of.metadata.namespace}/GitRepository/{source_of.metadata.name}"
        target = graph.node(Thing.DELIVERY_CONTROLLER, key)
        _edge(view, graph, repository(graph, name), target, source_of, f"Flux follows {name}", name)
        for running in controllers(view, "kustomize-controller"):
            says = f"{running.what} applies what {key} brings"
            unknown = "which Kustomizations follow it, and as which account they are applied, was not read"
            _edge(view, graph, target, _account(graph, running), source_of, says, name, unknown=unknown)


def _applies(view: View, graph: GraphBuilder, item: Application, target: int) -> None:
    where = item.spec.destination.namespace
    if where:
        says = f"{item.key} writes any object that a namespace can hold into {where}"
        _edge(view, graph, target, things.namespace(graph, where), item, says, "", unknown=_limits(item))
    for running in controllers(view, _ARGO):
        says = f"{running.what} applies with its own account"
        unknown = (
            _PROJECTS if item.spec.project != "default" else f"{_PROJECTS}: default allows all unless it was changed"
        )
        _edge(view, graph, target, _account(graph, running), item, says, "", unknown=unknown)


def _limits(item: Application) -> str:
    """A project other than the one that comes with Argo CD may leave kinds out, not namespaces that it deploys to."""
    return (
        ""
        if item.spec.project in ("", "default")
        else f"which kinds AppProject {item.spec.project} allows was not read"
    )


def _edge(  # noqa: PLR0917 - one call, and each says another thing
    view: View,
    graph: GraphBuilder,
    source: int,
    target: int,
    item: Application | FluxSource,
    says: str,
    name: str,
    unknown: str = "",
) -> None:
    graph.edge(
        "GITOPS_SOURCE",
        source,
        target,
        scope=_component(view) or scope_of(name, view),
        says=says,
        evidence=(shown(item, says),),
        grants=(f"{item.kind or 'object'} {item.key}",),
        unknown=unknown,
    )


def _component(view: View) -> Scope | None:
    found = next((item.id for item in view.inventory.components if item.kind == "delivery_controller"), "")
    return Scope(kind=Unit.COMPONENT, name=found) if found else None


def _account(graph: GraphBuilder, running: Running) -> int:
    return things.account(graph, running.namespace, running.account)


def gitops_deputy(view: View, graph: GraphBuilder) -> None:
    """Rights over the objects that steer a controller, to the controller's account."""
    writer = Writer(view, graph, "GITOPS_DEPUTY")
    for running in controllers(view, _ARGO):
        for claim in view.rights.claims("create|update|patch applications.argoproj.io"):
            if claim.namespace not in ("", running.namespace):
                continue
            says = f"writing an Application, which {running.what} applies"
            writer.edge(claim, _account(graph, running), says, unknown=_PROJECTS, more=(seen_in(running, "runs"),))
    for name, right, what in _FLUX:
        for running in controllers(view, name):
            arguments = [text for _, one in running.containers() for text in one.args or ()]
            default = any(text.startswith("--default-service-account") for text in arguments)
            unknown = "objects without an account of their own are applied as another one" if default else ""
            for claim in view.rights.claims(right):
                says = f"writing {what} without an account of its own, which {running.what} applies"
                writer.edge(claim, _account(graph, running), says, unknown=unknown, more=(seen_in(running, "runs"),))


def gitops_cluster_secret(view: View, graph: GraphBuilder) -> None:
    """Secrets by which Argo CD reaches other clusters, to these."""
    for secret in view.secrets.values():
        if secret.labels.get(_CLUSTER_LABEL) == "cluster":
            graph.edge(
                "GITOPS_CLUSTER_SECRET",
                things.secret(graph, secret.metadata.namespace, secret.metadata.name),
                things.outside(graph, f"cluster of Secret {secret.key}"),
                scope=view.scope(secret.metadata.namespace),
                says=f"Secret {secret.key} holds the login of Argo CD to another cluster",
                evidence=(shown(secret, f"label {_CLUSTER_LABEL}: cluster"),),
                grants=(f"Secret {secret.key}",),
            )


def helm_state(view: View, graph: GraphBuilder) -> None:
    """Releases of Helm, to the Secrets that they rendered: their values lie in the release once more."""
    rendered: dict[tuple[str, str], list[str]] = {}
    for secret in view.secrets.values():
        release = secret.annotations.get("meta.helm.sh/release-name", "")
        if release:
            space = secret.annotations.get("meta.helm.sh/release-namespace", secret.metadata.namespace)
            rendered.setdefault((space, release), []).append(secret.key)
    for secret in view.secrets.values():
        found = _RELEASE.match(secret.metadata.name) if secret.type == "helm.sh/release.v1" else None
        for key in rendered.get((secret.metadata.namespace, found[1]), ()) if found else ():
            namespace, _, name = key.partition("/")
            graph.edge(
                "HELM_STATE",
                things.secret(graph, secret.metadata.namespace, secret.metadata.name),
                things.secret(graph, namespace, name),
                scope=view.scope(secret.metadata.namespace),
                says=f"release Secret {secret.key} holds the manifest of Secret {key}, values included",
                evidence=(shown(secret, "type helm.sh/release.v1"),),
                grants=(f"Secret {secret.key}",),
            )


TECHNIQUES = (
    Technique("GITOPS_SOURCE", gitops_source),
    Technique("GITOPS_DEPUTY", gitops_deputy),
    Technique("GITOPS_CLUSTER_SECRET", gitops_cluster_secret),
    Technique("HELM_STATE", helm_state),
)
