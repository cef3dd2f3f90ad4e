"""What checks of pods share: every container or pod spec is looked at, and a workload gets one finding for all of them.

A container that is in several revisions is told once. What the fields mean is each check's own matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from demarc.access.techniques.pods import Running
from demarc.access.techniques.view import View
from demarc.model.evidence import Evidence, Grade
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.ground import Box, Ground, PodSeen
from demarc.posture.interface import Report
from demarc.posture.pod_security import LATEST, Examine, Shape

ABSENT = "absent"
LONGEST = 120

Looks = Callable[[PodSeen, Box], Iterable[FieldSeen]]
"""Fields of a container that violate; none where it holds."""
PodLooks = Callable[[PodSeen], Iterable[FieldSeen]]
"""Fields of a pod spec that violate."""
Mends = Callable[["Hit"], Fix]
"""What mends a workload."""
Weighs = Callable[["Hit"], tuple[Severity | None, str]]
"""Another severity than the check's for a workload, and the words that say why."""


class Hit:
    """What violates in one workload: fields, in order and each once, and the containers that they are of."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.fields: dict[FieldSeen, None] = {}
        self.boxes: dict[tuple[str, str], Box] = {}
        """By kind and name; the first revision's where there are several."""
        self.pods: list[PodSeen] = []
        """Specs in which the pod itself violates."""

    @property
    def names(self) -> list[str]:
        """Names of the containers."""
        return list(dict.fromkeys(name for _, name in self.boxes))

    def add(self, box: Box, fields: Iterable[FieldSeen]) -> None:
        """Keep what violates in a container."""
        self.fields.update(dict.fromkeys(fields))
        self.boxes.setdefault((box.kind, box.container.name), box)


def seen(path: str, value: object) -> FieldSeen:
    """Give a field as seen; None is a field that is not there."""
    if value is None:
        return FieldSeen(path=path, value=ABSENT)
    text = msgspec.json.encode(value).decode()
    return FieldSeen(path=path, value=text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def each_container(
    ground: Ground, report: Report, looks: Looks, says: str, fix: Mends, *, weigh: Weighs | None = None
) -> None:
    """Look at every container. ``says`` is about containers, and ``fix`` about those that violate."""
    found: dict[Running, Hit] = {}
    for pod in ground.pods:
        for box in pod.boxes.values():
            report.looked()
            fields = tuple(looks(pod, box))
            if fields:
                found.setdefault(pod.running, Hit(pod.running)).add(box, fields)
    _tell(ground, report, found, says, fix, weigh=weigh)


def each_pod(
    ground: Ground, report: Report, looks: PodLooks, says: str, fix: Mends, *, weigh: Weighs | None = None
) -> None:
    """Look at the pod spec of every workload."""
    found: dict[Running, Hit] = {}
    for pod in ground.pods:
        report.looked()
        fields = tuple(looks(pod))
        if fields:
            hit = found.setdefault(pod.running, Hit(pod.running))
            hit.fields.update(dict.fromkeys(fields))
            hit.pods.append(pod)
    _tell(ground, report, found, says, fix, weigh=weigh)


def each_shape(ground: Ground, report: Report, examine: Examine, says: str, fix: Mends, *, linux: bool = False) -> None:
    """Hold the pod spec of every workload to one control of the Pod Security Standards, in its latest version.

    ``linux``: pods on Windows have no such thing, whether or not they say that they are for it.
    """
    found: dict[Running, Hit] = {}
    for pod in ground.pods:
        report.looked()
        if linux and ground.is_windows(pod):
            continue
        for path, value in examine(Shape(pod.spec, pod.annotations), LATEST):
            hit = found.setdefault(pod.running, Hit(pod.running))
            place, _, field = path.partition(".")
            box = pod.boxes.get(place)
            if box is not None:
                hit.add(box, (seen(f"{box.path}.{field}", value),))
            else:
                hit.fields[seen(in_manifest(pod, path), value)] = None
                hit.pods.append(pod)
    _tell(ground, report, found, says, fix)


def in_manifest(pod: PodSeen, path: str) -> str:
    """Where a field of a pod lies in the manifest of its workload: within the spec, or beside it in the metadata."""
    if path.startswith("metadata."):
        return f"{pod.base.removesuffix('spec')}{path}"
    return f"{pod.base}.{path}"


def _tell(
    ground: Ground, report: Report, found: dict[Running, Hit], says: str, fix: Mends, *, weigh: Weighs | None = None
) -> None:
    for running, hit in found.items():
        severity, why = weigh(hit) if weigh is not None else (None, "")
        told = f"{_named(hit.names)} {says}" if hit.boxes else says
        one = of_workload(ground, running, f"{told} ({why})" if why else told, tuple(hit.fields), fix(hit))
        report.violated(msgspec.structs.replace(one, severity=severity) if severity is not None else one)
    unseen_workloads(ground, report)


def of_workload(
    ground: Ground, running: Running, says: str, fields: tuple[FieldSeen, ...], fix: Fix | None, *, mark: str = ""
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


def _named(names: list[str]) -> str:
    if len(names) == 1:
        return f"container {names[0]}"
    shown = ", ".join(names[:3])
    return f"containers {shown}" + (f" and {len(names) - 3} more" if len(names) > 3 else "")
