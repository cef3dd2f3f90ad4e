"""Descriptions to judge: written small, changed by path as the variants of a case are."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import yaml

from demarc.incidents.attribute import attribute
from demarc.incidents.reading import read
from demarc.model.incidents import Incident, Verdict

CASES = Path(__file__).parent / "cases"

PART: dict[str, Any] = {
    "id": "part",
    "kind": "self_installed_addon",
    "name": "a component",
    "supplier": "its makers",
    "installed_by": "customer",
    "managed_by": "customer_chart",
    "evidence": "seen",
    "defect": None,
}
STEP: dict[str, Any] = {
    "n": 1,
    "technique": "T1190",
    "component": "part",
    "action": "do it",
    "object": "thing",
    "identity": "somebody",
    "where": "runtime",
    "inside_cluster": True,
    "observable_in": ["k8s_audit"],
    "basis": "observed",
}
FLAW: dict[str, Any] = {
    "ref": "CVE-2025-1",
    "class": "vulnerability",
    "disclosed": "2025-03-01",
    "fix_released": "2025-03-01",
    "fix_delivery": "release",
}


def part(**changed: Any) -> dict[str, Any]:
    """A component with some fields changed."""
    return {**PART, **changed}


def step(**changed: Any) -> dict[str, Any]:
    """A step with some fields changed."""
    return {**STEP, **changed}


def flaw(**changed: Any) -> dict[str, Any]:
    """A vulnerability with some fields changed; ``kind`` is its class."""
    if "kind" in changed:
        changed["class"] = changed.pop("kind")
    return {**FLAW, **changed}


def facts(
    *, parts: list[dict[str, Any]] | None = None, steps: list[dict[str, Any]] | None = None, **top: Any
) -> dict[str, Any]:
    """A whole description; facts of the cluster as ``facts``."""
    cluster = {"provider": top.pop("provider", "eks"), "model": top.pop("model", "managed_node_groups")}
    return {
        "id": "case",
        "title": "A case",
        "kind": "incident",
        "cluster": {**cluster, "facts": {"operator": "Us", **top.pop("facts", {})}},
        "occurred": {"from": top.pop("since", "2025-06-01"), "to": top.pop("until", "2025-06-02")},
        "components": [part()] if parts is None else parts,
        "joint_conditions": top.pop("joint", []),
        "steps": [step()] if steps is None else steps,
        **top,
    }


def incident(described: dict[str, Any]) -> Incident:
    """Read a description as a file would be."""
    return read(yaml.safe_dump(described, sort_keys=False).encode(), "facts.yaml")


def judged(described: dict[str, Any]) -> Verdict:
    """The verdict on a description."""
    return attribute(incident(described))


def changed(described: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    """The description with values set by path, as the variants of a case name them."""
    whole = copy.deepcopy(described)
    for path, value in paths.items():
        place, rest = _place(whole, path)
        *outer, last = rest.split(".")
        for name in outer:
            place = place.setdefault(name, {})
        place[last] = value
    return whole


def _place(whole: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    if found := re.match(r"components\[(.+?)\]\.(.+)", path):
        return next(one for one in whole["components"] if one["id"] == found[1]), found[2]
    if found := re.match(r"steps\[(\d+)\]\.(.+)", path):
        return next(one for one in whole["steps"] if one["n"] == int(found[1])), found[2]
    return whole, path
