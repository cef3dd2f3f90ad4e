"""Checks of RBAC: rights that lead on. To the map of cloud identities, through roles that grow, through controllers."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.access.bindings import Bound
from demarc.access.techniques.controllers import OPERATORS
from demarc.access.techniques.gitops import controllers
from demarc.access.techniques.offers import GROUP
from demarc.access.techniques.pods import Running
from demarc.access.techniques.rights import Claim
from demarc.model.access import SubjectRef
from demarc.model.kubernetes import Role
from demarc.model.posture import Fix, Found, ObjectRef, Severity
from demarc.posture.checks.grants import (
    Danger,
    Holding,
    command,
    component_of,
    each_subject,
    shortened,
    take,
    tell,
    unseen_rbac,
    written,
)
from demarc.posture.checks.workloads import seen
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_CHANGE = "create|update|patch"
_AWS_AUTH = "aws-auth"
_MAPS = (
    ("azurepodidentityexceptions", "aadpodidentity.k8s.io", "exempt pods from Azure pod identity"),
    ("iamidentitymappings", "iamauthenticator.k8s.aws", "map identities of AWS to users"),
    ("accessentries", "eks.services.k8s.aws", "write access entries of EKS"),
)
"""Custom resources by which identities of a cloud are let in."""


def _identity_map(ground: Ground, report: Report) -> None:
    dangers = [
        Danger((f"{_CHANGE} {resource}.{group}",), can)
        for resource, group, can in _MAPS
        if f"{resource}.{group}" in ground.custom_kinds
    ]
    mode = ground.authentication_mode
    if ground.provider == "eks" and mode != "API":
        there = ("kube-system", _AWS_AUTH) in ground.view.config_maps
        verbs = "update|patch" if there else _CHANGE
        what = f"change ConfigMap {_AWS_AUTH}, which maps identities of AWS to users and groups"
        dangers.append(Danger((f"{verbs} configmaps",), what, place="kube-system", names=(_AWS_AUTH,)))
    if not dangers:
        why = "EKS reads access entries alone here" if mode == "API" else "no object here maps identities of a cloud"
        report.not_applicable(f"{why}: nobody can change by RBAC who is let in")
        return
    each_subject(ground, report, Severity.CRITICAL, dangers)


def _growing(ground: Ground, report: Report) -> None:
    """Whoever may bind or escalate anyway gains nothing by a label, and is told elsewhere."""
    rights = ground.granted.lesser
    beyond = {
        subject
        for verb in ("bind", "escalate")
        for held in rights.held(f"{verb} clusterroles.{GROUP}")
        if held.power.names is None
        for subject in rights.subjects_of(held.bound)
    }
    changers: dict[SubjectRef, Claim] = {}
    for claim in rights.claims(f"update|patch clusterroles.{GROUP}"):
        if not claim.namespace and claim.names[0] is None:
            for subject in rights.subjects_of(claim.bound):
                if subject not in beyond:
                    changers.setdefault(subject, claim)
    by_role: dict[str, list[Bound]] = {}
    for bound in ground.granted.bounds:
        if bound.binding.role_ref.kind == "ClusterRole":
            by_role.setdefault(bound.binding.role_ref.name, []).append(bound)
    report.looked(len(ground.granted.aggregated))
    for name, role in sorted(ground.granted.aggregated.items()):
        bounds = by_role.get(name, [])
        if not bounds or not changers:
            continue
        holders = dict.fromkeys(subject for bound in bounds for subject in ground.granted.rights.subjects_of(bound))
        first = next(iter(changers))
        report.violated(
            Found(
                object=ObjectRef(kind="ClusterRole", name=name),
                scope=ground.cluster,
                says=f"ClusterRole {name}, which {shortened(map(str, holders), 3)} has, takes over the rules of every "
                f"ClusterRole labelled {_labels(role)}; {shortened(map(str, changers), 3)} may label any",
                fields=(seen("aggregationRule.clusterRoleSelectors", _labels(role)),),
                fix=Fix(
                    says=f"Limit {first}'s right to change ClusterRoles to those that are its own, by resourceNames.",
                    command=command(
                        "edit",
                        changers[first].bound.binding.role_ref.kind.lower(),
                        changers[first].bound.binding.role_ref.name,
                    ),
                ),
                evidence=(written(changers[first].bound, f"lets {first} change any ClusterRole"),),
                source=role.source,
            )
        )
    unseen_rbac(ground, report)
    if not ground.granted.aggregated:
        report.holds("no ClusterRole takes over rules of others")


def _labels(role: Role) -> str:
    selectors = (role.aggregation_rule and role.aggregation_rule.cluster_role_selectors) or ()
    return " or ".join(
        ", ".join(f"{key}={value}" for key, value in (selector.match_labels or {}).items()) or "anyhow"
        for selector in selectors
    )


def _deputies(ground: Ground, report: Report) -> None:
    """Objects by which a controller that runs here is told what to create, in the hands of anybody but itself."""
    rights, found = ground.granted.lesser, dict[SubjectRef, Holding]()
    steered = dict.fromkeys(_steered(ground))
    for resource, group, running, place in steered:
        for claim in rights.claims(f"{_CHANGE} {resource}.{group}"):
            if claim.names[0] is not None or place not in ("", claim.namespace or place):
                continue
            if not all(_is_own(ground, running, subject) for subject in rights.subjects_of(claim.bound)):
                take(rights, found, claim, f"write {resource}, on which {running.what} acts")
                for subject in (claim.subject,) if claim.subject else rights.subjects_of(claim.bound):
                    found[subject].asked = ground.component(ground.component_of(running))
    if not steered:
        unseen_rbac(ground, report)
        report.holds("no controller that is known to act for others runs here")
        return
    tell(ground, report, Severity.HIGH, found)


def _is_own(ground: Ground, running: Running, subject: SubjectRef) -> bool:
    """Whether it is the controller, or another part of its component."""
    if (subject.namespace, subject.name) == (running.namespace, running.account):
        return True
    component = ground.component_of(running)
    return bool(component) and component_of(ground, subject) == component


def _steered(ground: Ground) -> Iterator[tuple[str, str, Running, str]]:
    """Resources that steer a controller, with their group, the controller, and the one namespace that it looks at."""
    for running in controllers(ground.view, "argocd-application-controller"):
        yield "applications", "argoproj.io", running, running.namespace
        yield "applicationsets", "argoproj.io", running, running.namespace
    for running in controllers(ground.view, "kustomize-controller"):
        yield "kustomizations", "kustomize.toolkit.fluxcd.io", running, ""
    for running in controllers(ground.view, "helm-controller"):
        yield "helmreleases", "helm.toolkit.fluxcd.io", running, ""
    images: dict[str, Running] = {}
    for running in ground.workloads:
        for _, container in running.containers() if running.pods else ():
            images.setdefault(container.image, running)
    for operator in OPERATORS:
        found = next((running for image, running in images.items() if operator.image in image), None)
        if found is not None:
            yield operator.resource, operator.group, found, ""


CHECKS: tuple[Check, ...] = (
    Check("DM-RBAC-018", _identity_map),
    Check("DM-RBAC-025", _growing),
    Check("DM-RBAC-033", _deputies),
)
