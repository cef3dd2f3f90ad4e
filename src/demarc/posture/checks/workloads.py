"""What checks of pods share: every container or pod spec is looked at, and a workload gets one finding for all of them.

A container that is in several revisions is told once. What the fields mean is each check's own matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from demarc.access.techniques.pods import Running
from demarc.access.techniques.view import View
from demarc.model.evidence import Evidence, Grade
from demarc.model.kubernetes import PodSpec
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef
from demarc.posture.ground import POD_SPECS, Box, Ground
from demarc.posture.interface import Report

ABSENT = "absent"
LONGEST = 120

Looks = Callable[[Box], Iterable[FieldSeen]]
"""Fields of a container that violate; none where it holds."""
PodLooks = Callable[[PodSpec, str], Iterable[FieldSeen]]
"""Fields of a pod spec that violate; its second argument is where the spec lies in the object."""


def seen(path: str, value: object) -> FieldSeen:
    """Give a field as seen; None is a field that is not there."""
    if value is None:
        return FieldSeen(path=path, value=ABSENT)
    text = msgspec.json.encode(value).decode()
    return FieldSeen(path=path, value=text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def each_container(ground: Ground, report: Report, looks: Looks, says: str, fix: Callable[[list[str]], Fix]) -> None:
    """Look at every container. ``says`` is about containers; ``fix`` takes the names of those that violate."""
    found: dict[Running, tuple[dict[FieldSeen, None], dict[str, None]]] = {}
    for box in ground.boxes:
        report.looked()
        fields = tuple(looks(box))
        if fields:
            known, named = found.setdefault(box.running, ({}, {}))
            known.update(dict.fromkeys(fields))
            named[box.container.name] = None
    for running, (fields_of, names_of) in found.items():
        names = list(names_of)
        told = f"{_named(names)} {says}"
        report.violated(of_workload(ground, running, told, tuple(fields_of), fix(names)))
    unseen_workloads(ground, report)


def each_pod(ground: Ground, report: Report, looks: PodLooks, says: str, fix: Fix) -> None:
    """Look at the pod spec of every workload."""
    for running in ground.workloads:
        base = POD_SPECS.get(running.kind, "spec.template.spec")
        report.looked()
        fields = dict.fromkeys(field for spec in running.specs for field in looks(spec, base))
        if fields:
            report.violated(of_workload(ground, running, says, tuple(fields), fix))
    unseen_workloads(ground, report)


def of_workload(
    ground: Ground, running: Running, says: str, fields: tuple[FieldSeen, ...], fix: Fix, *, mark: str = ""
) -> Found:
    """Make a finding on a workload, with its component and evidence."""
    evidence = Evidence(
        says="; ".join(f"{field.path} is {field.value}" for field in fields[:3]) or says,
        grade=Grade.WRITTEN,
        source=running.source,
    )
    return Found(
        object=ObjectRef(kind=running.kind, namespace=running.namespace, name=running.name),
        scope=View.workload(running),
        says=f"{running.what}: {says}",
        fields=fields,
        fix=fix,
        component=ground.component_of(running),
        mark=mark,
        evidence=(evidence,),
        source=running.source,
    )


def unseen_workloads(ground: Ground, report: Report) -> None:
    """Say which lists of workloads were not seen whole: a check of workloads is then unknown for the rest."""
    for name, why in ground.workloads_unseen:
        report.unseen(name, why, f"allow listing {name}, see demarc rbac-needed")
    if not ground.workloads and not ground.workloads_unseen:
        report.unseen(
            "workloads", "no workload is in what was given", "give a dump that has pods and their controllers"
        )


def patch(running_kind: str, body: Iterator[str] | Iterable[str]) -> str:
    """Give a patch of a pod spec as YAML, nested as the kind of workload has it; ``body`` are the spec's own lines."""
    keys = POD_SPECS.get(running_kind, "spec.template.spec").split(".")
    lines = [f"{'  ' * depth}{key}:" for depth, key in enumerate(keys)]
    return "\n".join((*lines, *("  " * len(keys) + line for line in body)))


def container_fix(says: str, *lines: str) -> Callable[[list[str]], Fix]:
    """Give a fix whose patch sets the same lines in every container that violates."""

    def made(names: list[str]) -> Fix:
        body = ["containers:"]
        for name in names:
            body += [f"- name: {name}", *(f"  {line}" for line in lines)]
        return Fix(says=says, patch="\n".join(body))

    return made


def _named(names: list[str]) -> str:
    if len(names) == 1:
        return f"container {names[0]}"
    shown = ", ".join(names[:3])
    return f"containers {shown}" + (f" and {len(names) - 3} more" if len(names) > 3 else "")
