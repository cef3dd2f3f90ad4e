"""Places: every scope of the cluster for which a duty can be asked, with what selectors and the boundary need of it."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.inventory.components import Components, is_control_plane
from demarc.inventory.identities import cloud_roles, identities
from demarc.inventory.pipelines import pipelines
from demarc.inventory.platform import BUILT_IN, OPENSHIFT, installs, reserved
from demarc.inventory.pools import Pools
from demarc.inventory.sight import Sight
from demarc.inventory.workloads import STATIC, Workload
from demarc.model.duties import Unit
from demarc.model.inventory import Component, Installer, Place, Scope


def places(sight: Sight, provider: str, found: Pools, parts: Components) -> tuple[Place, ...]:
    """Every scope but the cluster, sorted by scope."""
    everything = (
        *_pools(found),
        *_components(parts),
        *_namespaces(sight, provider, found, parts),
        *_workloads(sight, provider, found, parts),
        *identities(sight, provider, parts),
        *pipelines(sight.snapshot),
    )
    return tuple(sorted(everything, key=lambda place: place.scope))


def models_of(workload: Workload, found: Pools) -> tuple[str, ...]:
    """Deployment models of the nodes that a workload's pods run on; empty where none was seen on a known node."""
    return tuple(sorted({found.by_node[node].model for node in workload.nodes if node in found.by_node}))


def _pools(found: Pools) -> Iterator[Place]:
    for pool in found.pools:
        yield Place(scope=Scope(kind=Unit.POOL, name=pool.name), labels=pool.labels, models=(pool.model,))


def _components(parts: Components) -> Iterator[Place]:
    for component in parts.components:
        yield Place(
            scope=Scope(kind=Unit.COMPONENT, name=component.id),
            namespace=component.namespace,
            labels=component.labels,
            models=component.models,
            component=component.id,
            kinds=(component.kind,),
        )


def _namespaces(sight: Sight, provider: str, found: Pools, parts: Components) -> Iterator[Place]:
    runs: dict[str, list[Workload]] = {}
    for workload in sight.workloads:
        runs.setdefault(workload.namespace, []).append(workload)
    by_id = {component.id: component for component in parts.components}
    for name in sorted({*sight.namespaces, *runs} - {""}):
        workloads = runs.get(name, [])
        owners = {parts.by_workload.get(workload.key, "") for workload in workloads}
        yield Place(
            scope=Scope(kind=Unit.NAMESPACE, name=name),
            namespace=name,
            labels=sight.namespaces[name].labels if name in sight.namespaces else {},
            models=tuple(sorted({model for workload in workloads for model in models_of(workload, found)})),
            component=next(iter(owners)) if len(owners) == 1 else "",
            kinds=("system",)
            if _is_platforms(name, sight, provider, [by_id[owner] for owner in owners if owner])
            else (),
        )


def _is_platforms(name: str, sight: Sight, provider: str, inside: list[Component]) -> bool:
    """A reserved name alone makes no namespace the platform's: what runs there must be the provider's as well."""
    if name in BUILT_IN:
        return True
    if not reserved(name, provider):
        return False
    there = sight.namespaces.get(name)
    if there is not None and any(installs(manager) for manager in there.managers):
        return False
    if not inside:
        return provider in OPENSHIFT
    return all(component.installer is Installer.PROVIDER for component in inside)


def _workloads(sight: Sight, provider: str, found: Pools, parts: Components) -> Iterator[Place]:
    by_id = {component.id: component for component in parts.components}
    roles = cloud_roles(sight)
    for workload in sight.workloads:
        component = parts.by_workload.get(workload.key, "")
        yield Place(
            scope=Scope(kind=Unit.WORKLOAD, name=workload.scope),
            namespace=workload.namespace,
            labels=workload.labels,
            models=models_of(workload, found),
            component=component,
            kinds=tuple(_kinds(workload, provider, by_id.get(component), roles)),
        )


def _kinds(
    workload: Workload, provider: str, component: Component | None, roles: frozenset[tuple[str, str]]
) -> Iterator[str]:
    if is_control_plane(workload):
        yield "control-plane"
        if provider != "self_managed":
            yield "system"
    elif component is not None and component.installer is Installer.PROVIDER:
        yield "system"
    if (workload.namespace, workload.service_account) in roles:
        yield "cloud-role"
    if workload.kind in ("Pod", STATIC):
        yield "bare-pod" if workload.kind == "Pod" else "static-pod"
