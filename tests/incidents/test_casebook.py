"""The casebook of public incidents, where it is at hand: every expected field, every variant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from demarc.incidents.attribute import attribute
from demarc.incidents.reading import read
from tests.incidents.given import changed
from tests.recorded import SHARED

CASEBOOK = SHARED / "casebook"
FOLDERS = sorted(path for path in CASEBOOK.glob("*") if path.is_dir()) if CASEBOOK.is_dir() else []
FREE = {
    "id",
    "steps",
    "ambiguity",
    "provider_telemetry",
    "rules",
    "rationale",
    "confidence",
    "variants",
    "by_viewpoint",
}
"""Fields that are compared in their own way, or are words of a writer."""

pytestmark = [pytest.mark.recorded, pytest.mark.skipif(not FOLDERS, reason="the casebook is not at hand")]


def plain(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def wrong(expected: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """Fields in which an answer is not among those that count as right."""
    found = []
    for key, value in expected.items():
        if key in FREE or key.endswith("_any"):
            continue
        among = expected.get(f"{key}_any")
        same = sorted(got[key]) == sorted(value) if isinstance(value, list) else got[key] == value
        if not (got[key] in among if among else same):
            found.append(f"{key}: {got[key]}, not {among or value}")
    return found


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_expected_field(folder):
    expected = plain(folder / "expected.yaml")
    got = msgspec.to_builtins(attribute(read((folder / "facts.yaml").read_bytes(), "facts.yaml")))
    assert wrong(expected, got) == []
    assert (got["ambiguity"] is None) is (expected["ambiguity"] is None)
    steps = {one["n"]: one for one in got["steps"]}
    for one in expected["steps"]:
        assert steps[one["n"]]["duty"] in one.get("duty_any", [one["duty"]]), one
        assert steps[one["n"]]["party"] in one.get("party_any", [one["party"]]), one
    for view in expected.get("by_viewpoint", []):
        told = [(one["viewpoint"], one["party"], one["root_duty"]) for one in got["by_viewpoint"]]
        assert (view["viewpoint"], view["party"], view["root_duty"]) in told


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_variant(folder):
    facts = plain(folder / "facts.yaml")
    for variant in plain(folder / "expected.yaml").get("variants", []):
        varied = changed(facts, variant["set"])
        got = msgspec.to_builtins(attribute(read(yaml.safe_dump(varied).encode(), "facts.yaml")))
        assert wrong(variant["expect"], got) == [], variant["why"]
