"""Checks of what brings images into the cluster: what GitOps follows, and pipelines that deploy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from demarc.access.delivery import OPENS_CLOUD, OPENS_CLUSTER, Delivery, Pipeline
from demarc.access.techniques.view import shown
from demarc.inventory.pipelines import repository as named
from demarc.inventory.records import dig
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.kubernetes import (
    Application,
    FluxApplied,
    FluxSource,
    GitSource,
    KubeObject,
)
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.workloads import seen
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_COMMIT: Final = re.compile(r"^[0-9a-f]{40}$|^[0-9a-f]{64}$")
_EXACT: Final = re.compile(r"^v?\d+\.\d+\.\d+([-+][\w.+-]+)?$")
_TAG: Final = re.compile(r"^(refs/tags/.+|v?\d+(\.\d+)+([-+][\w.+-]+)?)$")


def _followed(ground: Ground, report: Report) -> None:
    applications = ground.snapshot.all("Application.argoproj.io", Application)
    for item in applications:
        report.looked()
        for source in (item.spec.source, *(item.spec.sources or ())):
            why = _moving(source)
            if why:
                report.violated(
                    _moving_found(
                        ground,
                        item,
                        why,
                        seen("spec.source.targetRevision", source.target_revision or None),
                        url=source.repo_url,
                    )
                )
    for kind in ("GitRepository", "OCIRepository"):
        for flux in ground.snapshot.all(f"{kind}.source.toolkit.fluxcd.io", FluxSource):
            report.looked()
            found = _moving_flux(flux)
            if found:
                report.violated(
                    _moving_found(ground, flux, found[0], seen("spec.ref", found[1] or None), url=flux.spec.url)
                )
    for release in ground.snapshot.all("HelmRelease.helm.toolkit.fluxcd.io", FluxApplied):
        report.looked()
        chart = release.spec.chart.spec if release.spec.chart is not None else None
        if chart is not None and not _EXACT.match(chart.version):
            why = f"takes any version {chart.version or '*'} of chart {chart.chart} that appears"
            report.violated(
                _moving_found(ground, release, why, seen("spec.chart.spec.version", chart.version or None), url="")
            )
    _followed_unseen(ground, report, some=bool(applications))


def _followed_unseen(ground: Ground, report: Report, *, some: bool) -> None:
    names = {one.name for one in ground.inventory.components if one.kind == "delivery_controller"}
    if "argocd" in names and not some:
        report.unseen(
            "applications.argoproj.io", ground.lacks("Application.argoproj.io"), "kubectl get applications -A -o json"
        )
    flux = [kind for kind in ground.snapshot.objects if kind.endswith(".toolkit.fluxcd.io")]
    if "flux" in names and not flux:
        why = ground.lacks("GitRepository.source.toolkit.fluxcd.io")
        report.unseen(
            "gitrepositories.source.toolkit.fluxcd.io",
            why,
            "kubectl get gitrepositories,ocirepositories,helmreleases -A -o json",
        )
    if not some and not flux:
        report.holds("no object of Argo CD or Flux is in the cluster")


def _moving(source: GitSource) -> str:
    """Why what an Application follows moves by itself; empty where it does not."""
    revision = source.target_revision
    if not source.repo_url:
        return ""
    if source.chart:
        return (
            ""
            if _EXACT.match(revision)
            else f"takes any version {revision or '*'} of chart {source.chart} that appears"
        )
    if _COMMIT.match(revision) or _TAG.match(revision):
        return ""
    return f"follows {revision or 'HEAD'} of {source.repo_url}: whoever pushes there deploys"


def _moving_flux(item: FluxSource) -> tuple[str, str] | None:
    ref = item.spec.ref
    if ref is not None and (ref.commit or ref.digest):
        return None
    if item.kind == "OCIRepository":
        if ref is not None and ref.tag and ref.tag != "latest" and not ref.semver:
            return None
        if item.spec.verify is not None:
            return None
        text = (ref.semver or ref.tag) if ref is not None else "latest"
        return f"follows {text or 'latest'} of {item.spec.url}, without asking for a signature", text
    if ref is not None and ref.tag:
        return None
    if item.spec.verify is not None:
        return None
    text = (ref.semver or ref.name or ref.branch) if ref is not None else "master"
    return f"follows {text or 'master'} of {item.spec.url}, without asking for signed commits", text


def _moving_found(ground: Ground, item: KubeObject, why: str, field: FieldSeen, *, url: str) -> Found:
    guarded = _guarded(ground, url)
    says = f"{item.kind} {item.key}: {why}" + (f" ({guarded})" if guarded else "")
    component = next((one.id for one in ground.inventory.components if one.kind == "delivery_controller"), "")
    return Found(
        object=ObjectRef(kind=item.kind, namespace=item.metadata.namespace, name=item.metadata.name),
        scope=Scope(kind=Unit.COMPONENT, name=component) if component else ground.namespace(item.metadata.namespace),
        says=says,
        fields=(field,),
        fix=Fix(
            says="Name a tag or commit, an exact version of a chart, and let releases move it by review; or protect "
            "the branch and verify signatures."
        ),
        component=component,
        severity=Severity.LOW if guarded else None,
        mark=url or field.path,
        evidence=(shown(item, why),),
        source=item.source,
    )


def _guarded(ground: Ground, url: str) -> str:
    """What guards the branch, in words: a change there is reviewed first."""
    repository = named(url) if url else ""
    found = Delivery(ground.snapshot).protection(repository) if repository else ()
    reviewed = [
        one for one in found if dig(one.body, "required_pull_request_reviews") or one.kind != "github.branchProtection"
    ]
    return f"{reviewed[0].name or 'a rule'} of {repository} is protected" if reviewed else ""


def _pipelines(ground: Ground, report: Report) -> None:
    delivery = Delivery(ground.snapshot)
    deploying = [one for one in delivery.pipelines if _deploys(one)]
    report.looked(len(delivery.pipelines))
    for one in deploying:
        problems = list(_problems(one))
        if not problems:
            continue
        severity = Severity.LOW if all(minor for _, _, minor in problems) else None
        says = f"{one.name} {'; '.join(text for text, _, _ in problems)}"
        report.violated(
            Found(
                object=ObjectRef(kind="Workflow", namespace="", name=one.name),
                scope=Scope(kind=Unit.PIPELINE, name=one.repository),
                says=says,
                fields=tuple(field for _, field, _ in problems),
                fix=Fix(
                    says="Pin every step to the digest of a commit, trade keys for OIDC with a role for this "
                    "repository and branch, and give the token the rights that it needs alone."
                ),
                severity=severity,
                evidence=(Evidence(says=f"{one.path}: {says}", grade=Grade.ANSWERED, source=one.source),),
                source=one.source,
            )
        )
    if not delivery.pipelines:
        why = "no definition of a pipeline was given"
        report.unseen(
            "pipelines",
            why,
            "give checkouts of the repositories that deploy (their .github/workflows or .gitlab-ci.yml)",
        )
    elif not deploying:
        report.holds(
            f"none of {len(delivery.pipelines)} pipelines deploys: no credential of a cluster or cloud, no push"
        )


def _deploys(one: Pipeline) -> bool:
    opens = any(OPENS_CLUSTER.search(name) or OPENS_CLOUD.search(name) for name in one.secrets)
    return opens or bool(one.roles) or bool(one.images) or one.federated


_FIRST_PARTY: Final = ("actions/", "github/")


def _problems(one: Pipeline) -> Iterator[tuple[str, FieldSeen, bool]]:
    """What is wrong with a pipeline: in words, the field, and whether it is a minor matter."""
    loose = [step.uses for step in one.steps if not step.pinned]
    others = [uses for uses in loose if not uses.startswith(_FIRST_PARTY)]
    if loose:
        listed = ", ".join((others or loose)[:3])
        more = f" and {len(others or loose) - 3} more" if len(others or loose) > 3 else ""
        yield (
            f"runs steps that somebody else can change: {listed}{more}",
            seen("uses", (others or loose)[0]),
            not others,
        )
    keys = [name for name in one.secrets if OPENS_CLOUD.search(name)]
    if keys:
        yield f"uses a static key of a cloud: {', '.join(keys[:3])}", seen("secrets", keys), False
    if one.writes_all:
        yield "gives its token every right (permissions: write-all)", seen("permissions", "write-all"), False


DELIVERED = (
    Check("DM-IMG-009", _followed),
    Check("DM-IMG-010", _pipelines),
)
