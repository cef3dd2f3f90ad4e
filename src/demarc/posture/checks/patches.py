"""Patches of workloads: YAML that merges into the manifest, nested as the kind of workload has its pods.

They are strategic merge patches, as ``kubectl patch`` and Kustomize take them: lists of containers, ports, volumes and
mounts merge by their keys, null takes a field out. What is not in the manifest cannot be patched there, and is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import yaml

from demarc.access.techniques.pods import KINDS, Running
from demarc.model.posture import Fix
from demarc.posture.checks.workloads import Hit, Mends
from demarc.posture.ground import POD_SPECS, Box

Body = dict[str, Any]
Sets = Callable[[Box], Body]
"""Fields to set in a container, or none of them where it needs no change."""


def as_yaml(body: Body) -> str:
    """Give a patch as text."""
    # The C form of the safe dumper: there may be thousands.
    text = yaml.dump(
        body, Dumper=yaml.CSafeDumper, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True
    )
    return str(text).rstrip()


def containers(says: str, sets: Sets | Body, *, pod: Body | None = None, pod_always: bool = True) -> Mends:
    """Give what mends containers: fields to set in each that violates, and in the pod where that is needed too.

    ``pod`` is always set, or else only where the pod itself violates.
    """

    def made(hit: Hit) -> Fix:
        beside = pod if pod and (pod_always or hit.pods) else {}
        return mended(hit, says, {**(beside or {}), **of_containers(hit.boxes.values(), sets)})

    return made


def pods(says: str, body: Body) -> Mends:
    """Give what mends a pod spec."""
    return lambda hit: mended(hit, says, body)


def words(says: str) -> Mends:
    """Give what cannot be patched."""
    return lambda _: Fix(says=says)


def mended(hit: Hit, says: str, body: Body, *, template: Body | None = None) -> Fix:
    """Make the fix of a workload from what to set in its pod spec (``template``: beside the spec, such as metadata)."""
    added = [box for box in hit.boxes.values() if not box.written]
    said = [says, *_outside(added)]
    patch = ""
    if body or template:
        if has_manifest(hit.running):
            patch = as_yaml(nested(hit.running, body, template or {}))
        else:
            said.append(f"Its pods are made by a {hit.running.kind}: change what that makes them from.")
    return Fix(says=" ".join(said), patch=patch)


def has_manifest(running: Running) -> bool:
    """Whether the place of the pod spec in its kind's manifest is known."""
    return running.kind in POD_SPECS or running.kind in KINDS


def nested(running: Running, body: Body, template: Body) -> Body:
    """Put fields of a pod spec, and those beside it, where a kind's manifest has them."""
    *outer, last = POD_SPECS.get(running.kind, "spec.template.spec").split(".")
    found: Body = {**template, **({last: body} if body else {})}
    for key in reversed(outer):
        found = {key: found}
    return found


def of_containers(boxes: Iterable[Box], sets: Sets | Body) -> Body:
    """Fields to set, by container: ``containers`` and ``initContainers`` apart, as the manifest has them."""
    found: Body = {}
    for box in boxes:
        fields = sets if isinstance(sets, dict) else sets(box)
        if box.written and fields:
            found.setdefault(box.kind, []).append({"name": box.container.name, **fields})
    return found


def _outside(added: list[Box]) -> Iterable[str]:
    debug = [box.container.name for box in added if box.kind == "ephemeralContainers"]
    if debug:
        yield f"Debug container {', '.join(debug)} goes with its pod: delete the pod."
    others = [box.container.name for box in added if box.kind != "ephemeralContainers"]
    if others:
        yield f"Container {', '.join(others)} is put into the pods on admission: change what puts it there."
