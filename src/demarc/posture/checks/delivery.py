"""Checks of delivery controllers: what they may apply, for whom, and what they believe the sources of.

Argo CD is bounded by its AppProjects, Flux by the account that it applies as.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from msgspec.structs import replace

from demarc.access.techniques.gitops import controllers
from demarc.access.techniques.pods import Running
from demarc.access.techniques.rbac import is_everything
from demarc.model.evidence import Evidence, Grade
from demarc.model.kubernetes import Application, AppProject, FluxApplied, FluxSource
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.grants import command, shortened, unseen_rbac
from demarc.posture.checks.workloads import of_workload, seen
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_ARGO = "argocd-application-controller"
_FLUX = {
    "kustomize-controller": "Kustomization.kustomize.toolkit.fluxcd.io",
    "helm-controller": "HelmRelease.helm.toolkit.fluxcd.io",
}
_SOURCES = ("GitRepository", "OCIRepository", "HelmRepository", "Bucket")
_VERIFIED = frozenset({"GitRepository", "OCIRepository"})
"""Sources that can be verified; a chart out of a HelmRepository is where its HelmRelease asks for it."""
_ALL = "*"
_NONE = "no delivery controller runs here"


def _argo(ground: Ground) -> tuple[Running, ...]:
    return tuple(controllers(ground.view, _ARGO))


def _flux(ground: Ground) -> Iterator[tuple[Running, str]]:
    for name, kind in _FLUX.items():
        yield from ((running, kind) for running in controllers(ground.view, name))


def _arguments(running: Running) -> tuple[str, ...]:
    return tuple(text for _, one in running.containers() for text in (*(one.command or ()), *(one.args or ())))


def _projects(ground: Ground, report: Report) -> tuple[AppProject, ...]:
    """AppProjects; where there are none Argo CD has at least ``default``, so that none seen is not seen."""
    found = ground.snapshot.all("AppProject.argoproj.io", AppProject)
    if not found:
        why = ground.view.missing("appprojects.argoproj.io") or "no AppProject is in what was given"
        report.unseen("AppProjects", why, "give kubectl get appprojects,applications -A -o json as one more input")
    return found


def _is_open(project: AppProject) -> bool:
    spec = project.spec
    return (
        any(one.group == _ALL and one.kind == _ALL for one in spec.cluster_resource_whitelist or ())
        and any(one.namespace == _ALL for one in spec.destinations or ())
        and _ALL in (spec.source_repos or ())
    )


def _has_everything(ground: Ground, running: Running) -> bool:
    bounds = ground.granted_to.get((running.namespace, running.account), ())
    return any(not bound.namespace and is_everything(bound.rules) for bound in bounds)


def _unbounded(ground: Ground, report: Report) -> None:
    argo, flux = _argo(ground), dict(_flux(ground))
    for running in argo:
        report.looked()
        if not _has_everything(ground, running):
            continue
        for project in _projects(ground, report):
            report.looked()
            if _is_open(project):
                report.violated(_open_project(ground, running, project))
    for running in flux:
        report.looked()
        locked = any(text.startswith("--default-service-account=") for text in _arguments(running))
        if _has_everything(ground, running) and not locked:
            fields = (seen("args: --default-service-account", None),)
            fix = Fix(
                says="Start it with --default-service-account and --no-cross-namespace-refs, so that what names no "
                "account is applied as one of its own namespace.",
                command=command("edit", running.kind.lower(), running.name, running.namespace),
            )
            says = "its account may do everything in the cluster, and what names no account is applied as it"
            found = of_workload(ground, running, says, fields, fix)
            report.violated(replace(found, asked=ground.component(found.component)))
    unseen_rbac(ground, report)
    _nothing(ground, report, bool(argo or flux))


def _nothing(ground: Ground, report: Report, there: bool) -> None:
    for name, why in ground.workloads_unseen:
        report.unseen(name, why, f"allow listing {name}, see demarc rbac-needed")
    if not there and ground.is_manifests:
        report.unseen(
            "controllers", "only manifests were given: which controllers run is not known", "give a dump as well"
        )
    elif not there:
        report.holds(_NONE)


def _open_project(ground: Ground, running: Running, project: AppProject) -> Found:
    return Found(
        object=ObjectRef(kind="AppProject", namespace=project.metadata.namespace, name=project.metadata.name),
        scope=ground.namespace(project.metadata.namespace),
        says=f"AppProject {project.key} lets Applications deploy any kind from any repository to any namespace, with "
        f"{running.what}, which may do everything",
        fields=(
            seen("spec.sourceRepos", project.spec.source_repos),
            seen("spec.destinations[].namespace", [one.namespace for one in project.spec.destinations or ()]),
            seen("spec.clusterResourceWhitelist", [one.kind for one in project.spec.cluster_resource_whitelist or ()]),
        ),
        fix=Fix(
            says="Make a project for each team with its repositories and namespaces, move the Applications, then close "
            "this one.",
            patch="spec:\n  sourceRepos: []\n  destinations: []\n  clusterResourceWhitelist: []",
        ),
        component=ground.component_of(running),
        asked=ground.component(ground.component_of(running)),
        evidence=(Evidence(says=f"AppProject {project.key} allows *", grade=Grade.WRITTEN, source=project.source),),
        source=project.source,
    )


def _foreign_targets(ground: Ground, report: Report) -> None:
    argo, flux = _argo(ground), tuple(_flux(ground))
    if argo:
        _across_projects(ground, report, argo[0])
    for running, kind in flux:
        arguments = _arguments(running)
        report.looked()
        for item in ground.snapshot.all(kind, FluxApplied):
            report.looked()
            if item.metadata.namespace == running.namespace:
                continue
            fields = tuple(_reaching(item, arguments))
            if fields:
                report.violated(_of_flux(ground, running, kind.partition(".")[0], item, fields))
        resource = f"{kind.partition('.')[0].lower()}s.{kind.partition('.')[2]}"
        report.unseen(resource, ground.view.missing(resource), f"allow listing {resource}, see demarc rbac-needed")
    _nothing(ground, report, bool(argo or flux))


def _across_projects(ground: Ground, report: Report, running: Running) -> None:
    """A project is shared where its Applications go to several namespaces and it keeps none of them apart."""
    found = {(one.metadata.namespace, one.metadata.name): one for one in _projects(ground, report)}
    members: dict[tuple[str, str], dict[str, None]] = {}
    for item in ground.snapshot.all("Application.argoproj.io", Application):
        report.looked()
        key = (running.namespace, item.spec.project or "default")
        members.setdefault(key, {})[item.spec.destination.namespace] = None
    for key, namespaces in members.items():
        project = found.get(key)
        if project is None or len(namespaces) < 2:
            continue
        if any(one.namespace == _ALL for one in project.spec.destinations or ()):
            named = shortened(sorted(filter(None, namespaces)))
            report.violated(
                Found(
                    object=ObjectRef(kind="AppProject", namespace=key[0], name=key[1]),
                    scope=ground.namespace(key[0]),
                    says=f"Applications for {named} share AppProject {project.key}, which allows every namespace: "
                    "whoever writes the repository of one may deploy into the others",
                    fields=(seen("spec.destinations[].namespace", [_ALL]),),
                    fix=Fix(
                        says="Make a project for each team whose destinations are its own namespaces.",
                        patch="spec:\n  destinations:\n  - server: https://kubernetes.default.svc\n    namespace: TEAM",
                    ),
                    component=ground.component_of(running),
                    asked=ground.component(ground.component_of(running)),
                    evidence=(
                        Evidence(
                            says=f"{len(namespaces)} destinations in it", grade=Grade.WRITTEN, source=project.source
                        ),
                    ),
                    source=project.source,
                )
            )


def _reaching(item: FluxApplied, arguments: tuple[str, ...]) -> Iterator[FieldSeen]:
    """Fields by which an object of a tenant reaches beyond its namespace."""
    spec = item.spec
    if not spec.service_account_name and not any(text.startswith("--default-service-account=") for text in arguments):
        yield seen("spec.serviceAccountName", None)
        if spec.target_namespace and spec.target_namespace != item.metadata.namespace:
            yield seen("spec.targetNamespace", spec.target_namespace)
    if not any(text in ("--no-cross-namespace-refs", "--no-cross-namespace-refs=true") for text in arguments):
        chart = spec.chart.spec.source_ref if spec.chart is not None else None
        for name, reference in (("sourceRef", spec.source_ref or chart), ("chartRef", spec.chart_ref)):
            if reference is not None and reference.namespace not in ("", item.metadata.namespace):
                yield seen(f"spec.{name}.namespace", reference.namespace)


def _of_flux(ground: Ground, running: Running, kind: str, item: FluxApplied, fields: tuple[FieldSeen, ...]) -> Found:
    free = any(field.path == "spec.serviceAccountName" for field in fields)
    says = (
        f"is applied as {running.namespace}/{running.account}, not as an account of {item.metadata.namespace}: it may "
        "hold objects of any namespace"
        if free
        else "follows a source of another namespace"
    )
    return Found(
        object=ObjectRef(kind=kind, namespace=item.metadata.namespace, name=item.metadata.name),
        scope=ground.namespace(item.metadata.namespace),
        says=f"{kind} {item.key} {says}",
        fields=fields,
        fix=Fix(
            says="Name an account of its namespace that may do what it deploys.",
            patch="spec:\n  serviceAccountName: ACCOUNT",
        )
        if free
        else Fix(says="Follow a source of its own namespace, and start the controller with --no-cross-namespace-refs."),
        component=ground.component_of(running),
        asked=ground.component(ground.component_of(running)),
        severity=None if free else Severity.MEDIUM,
        evidence=(Evidence(says=f"{kind} {item.key}: {fields[0].path}", grade=Grade.WRITTEN, source=item.source),),
        source=item.source,
    )


def _believed(ground: Ground, report: Report) -> None:
    component = next((one.id for one in ground.inventory.components if one.kind == "delivery_controller"), "")
    sources = [
        (kind, item)
        for kind in _SOURCES
        for item in ground.snapshot.all(f"{kind}.source.toolkit.fluxcd.io", FluxSource)
    ]
    for kind, item in sources:
        plain = bool(item.spec.insecure) or urlsplit(item.spec.url).scheme == "http"
        unverified = kind in _VERIFIED and item.spec.verify is None
        if plain or unverified:
            report.violated(_of_source(ground, item, kind, component, plain=plain, unverified=unverified))
    applications = ground.snapshot.all("Application.argoproj.io", Application)
    _of_argo(ground, report, applications, component)
    report.looked(len(sources) + len(applications))
    for resource in ("gitrepositories.source.toolkit.fluxcd.io", "applications.argoproj.io"):
        report.unseen(resource, ground.view.missing(resource), f"allow listing {resource}, see demarc rbac-needed")
    if not sources and not applications:
        there = bool(_argo(ground) or dict(_flux(ground)))
        if there:
            report.unseen("sources", "a delivery controller runs here, and none of its objects was given", "list them")
        _nothing(ground, report, there)


def _of_argo(ground: Ground, report: Report, applications: tuple[Application, ...], component: str) -> None:
    members: dict[str, list[Application]] = {}
    for application in applications:
        members.setdefault(application.spec.project or "default", []).append(application)
        urls = [source.repo_url for source in (application.spec.source, *(application.spec.sources or ()))]
        if any(urlsplit(url).scheme == "http" for url in urls):
            report.violated(_of_source(ground, application, "Application", component, plain=True, unverified=False))
    for project in _projects(ground, report) if applications else ():
        mine = members.get(project.metadata.name, [])
        if mine and not project.spec.signature_keys:
            report.violated(_unsigned(ground, project, mine, component))


def _of_source(
    ground: Ground, item: FluxSource | Application, kind: str, component: str, *, plain: bool, unverified: bool
) -> Found:
    parts = ["is fetched without TLS" if plain else "", "is not verified by a signature" if unverified else ""]
    fields = [seen("spec.url: scheme", "http") if plain else None, seen("spec.verify", None) if unverified else None]
    return Found(
        object=ObjectRef(kind=kind, namespace=item.metadata.namespace, name=item.metadata.name),
        scope=ground.namespace(item.metadata.namespace),
        says=f"{kind} {item.key} {' and '.join(part for part in parts if part)}: whoever is on the way, or in the "
        "repository, decides what is deployed",
        fields=tuple(field for field in fields if field is not None),
        fix=Fix(
            says="Fetch it over https, and verify signatures by keys that its authors hold.",
            patch="spec:\n  verify:\n    mode: HEAD\n    secretRef: {name: KEYS}" if kind == "GitRepository" else "",
        ),
        component=component,
        asked=ground.component(component),
        severity=Severity.HIGH if plain else None,
        evidence=(Evidence(says=f"{kind} {item.key}", grade=Grade.WRITTEN, source=item.source),),
        source=item.source,
    )


def _unsigned(ground: Ground, project: AppProject, members: list[Application], component: str) -> Found:
    named = shortened([one.metadata.name for one in members])
    return Found(
        object=ObjectRef(kind="AppProject", namespace=project.metadata.namespace, name=project.metadata.name),
        scope=ground.namespace(project.metadata.namespace),
        says=f"AppProject {project.key} asks for no signed commits: {named} deploy whatever is pushed",
        fields=(seen("spec.signatureKeys", None),),
        fix=Fix(
            says="Have commits signed, and name the keys in the project.",
            patch="spec:\n  signatureKeys:\n  - keyID: KEY",
        ),
        component=component,
        asked=ground.component(component),
        evidence=(Evidence(says=f"AppProject {project.key}", grade=Grade.WRITTEN, source=project.source),),
        source=project.source,
    )


CHECKS: tuple[Check, ...] = (
    Check("DM-GIT-001", _unbounded),
    Check("DM-GIT-002", _foreign_targets),
    Check("DM-GIT-003", _believed),
)
