"""Checks of runtime detection: whether a sensor runs on every node, and is well. What it saw is no matter here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Component, Scope
from demarc.model.kubernetes import WorkloadObject
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_SCANNERS: Final = frozenset({"trivy-operator", "kube-bench", "robusta"})
"""Tools of the same kind in the catalogue that look now and then rather than all the time."""


def sensors(ground: Ground) -> Iterator[tuple[Component, WorkloadObject]]:
    """DaemonSets of components that watch what happens on nodes."""
    sets = {item.key: item for item in ground.snapshot.all("DaemonSet.apps", WorkloadObject)}
    for component in ground.inventory.components:
        if component.kind != "runtime_sensor" or component.name in _SCANNERS:
            continue
        for path in component.objects:
            kind, _, key = path.partition("/")
            if kind == "DaemonSet" and key in sets:
                yield component, sets[key]


def _unseen(ground: Ground, report: Report) -> bool:
    for name in ("nodes", "daemonsets.apps", "pods"):
        report.unseen(name, ground.view.missing(name), f"allow listing {name}, see demarc rbac-needed")
    if not ground.view.nodes:
        report.unseen("nodes", "no node was seen", "include nodes (kubectl get nodes -o json)")
    return not ground.view.nodes or any(ground.view.missing(name) for name in ("nodes", "daemonsets.apps", "pods"))


def _coverage(ground: Ground, report: Report) -> None:
    if _unseen(ground, report):
        return
    nodes = set(ground.view.nodes)
    report.looked(len(nodes))
    found = list(sensors(ground))
    if not found:
        report.violated(
            _found(
                ground.cluster,
                ObjectRef(kind="Cluster", name=ground.inventory.cluster.name),
                f"no sensor watches what happens inside the containers of {len(nodes)} nodes: an intruder there is "
                "seen by nobody",
                (FieldSeen(path="DaemonSet", value="absent"),),
                "Run a sensor on every node (Falco, Tetragon, the provider's own), with somebody who reads its alerts.",
            )
        )
        return
    running = {
        ground.view.workloads.by_key.get((item.metadata.namespace, "DaemonSet", item.metadata.name))
        for _, item in found
    }
    covered = {node for one in running if one is not None for node in one.nodes}
    names = ", ".join(dict.fromkeys(component.title for component, _ in found))
    if nodes <= covered:
        report.holds(f"{names} on all {len(nodes)} nodes")
    for pool in ground.inventory.pools:
        bare = sorted(set(pool.node_names) & nodes - covered)
        if bare:
            more = f" and {len(bare) - 3} more" if len(bare) > 3 else ""
            fargate = pool.model == "fargate"
            report.violated(
                _found(
                    Scope(kind=Unit.POOL, name=pool.name),
                    ObjectRef(kind="Pool", name=pool.name),
                    f"{names} does not run on {', '.join(bare[:3])}{more}"
                    + (": Fargate takes no DaemonSets" if fargate else ""),
                    tuple(FieldSeen(path=f"Node {name}", value="no pod of a sensor") for name in bare[:5]),
                    "Put the sensor into the pods there (a sidecar), or use the provider's detection for Fargate."
                    if fargate
                    else "Let its DaemonSet tolerate the taints of the pool and select its nodes.",
                )
            )


def _health(ground: Ground, report: Report) -> None:
    if _unseen(ground, report):
        return
    found = list(sensors(ground))
    if not found:
        report.holds("no sensor is there that could be unwell; DM-LOG-004 says so")
    for component, item in found:
        report.looked()
        status = item.status
        if status is None or not status.desired_number_scheduled:
            why = "its status was not given" if status is None else "it wants to run on no node"
            report.unseen(f"DaemonSet {item.key}", why, "give the DaemonSet as the API server has it")
            continue
        wanted, ready = status.desired_number_scheduled, status.number_ready or 0
        fields = []
        if ready < wanted:
            fields.append(FieldSeen(path="status.numberReady", value=f"{ready} of {wanted}"))
        if (status.updated_number_scheduled or 0) < wanted:
            value = f"{status.updated_number_scheduled or 0} of {wanted}"
            fields.append(FieldSeen(path="status.updatedNumberScheduled", value=value))
        if fields:
            at = item.metadata
            told = " and ".join(
                "is not ready on all nodes" if "Ready" in field.path else "runs an older version on some"
                for field in fields
            )
            report.violated(
                _found(
                    Scope(kind=Unit.WORKLOAD, name=f"{at.namespace}/DaemonSet/{at.name}"),
                    ObjectRef(kind="DaemonSet", namespace=at.namespace, name=at.name),
                    f"{component.title} {told}: {', '.join(field.value for field in fields)}",
                    tuple(fields),
                    f"Look at: kubectl rollout status daemonset --namespace {at.namespace} {at.name}",
                    component=component.id,
                )
            )


def _found(
    scope: Scope, at: ObjectRef, says: str, fields: tuple[FieldSeen, ...], fix: str, *, component: str = ""
) -> Found:
    return Found(
        object=at,
        scope=scope,
        says=says,
        fields=fields,
        fix=Fix(says=fix),
        component=component,
        evidence=(Evidence(says=f"{at}: {says}", grade=Grade.WRITTEN),),
    )


CHECKS: tuple[Check, ...] = (
    Check("DM-LOG-004", _coverage),
    Check("DM-LOG-005", _health),
)
