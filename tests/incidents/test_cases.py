"""Cases of our own: other products, providers, installers and dates than any that the rules were written beside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from tests.incidents.given import CASES, changed, judged

NAMES = sorted(path.stem for path in CASES.glob("*.yaml"))


def written(name: str) -> dict[str, Any]:
    case: dict[str, Any] = yaml.safe_load(Path(CASES / f"{name}.yaml").read_text())
    return case


def compare(verdict: Any, expected: dict[str, Any]) -> list[str]:
    """Everything in which a verdict differs from what is expected, in words."""
    got = msgspec.to_builtins(verdict)
    steps = {one["n"]: one for one in got["steps"]}
    wrong = []
    for key, value in expected.items():
        if key == "steps":
            wrong += [
                f"step {one['n']} {field}: {steps[one['n']][field]}, not {one[field]}"
                for one in value
                for field in ("duty", "party")
                if steps[one["n"]][field] != one[field]
            ]
        elif key == "ambiguous":
            if (got["ambiguity"] is not None) is not value:
                wrong.append(f"ambiguity: {got['ambiguity']}")
        elif key == "rules":
            wrong += [f"rule {one} did not speak" for one in value if one not in got["rules"]]
        elif (sorted(got[key]) if isinstance(value, list) else got[key]) != (
            sorted(value) if isinstance(value, list) else value
        ):
            wrong.append(f"{key}: {got[key]}, not {value}")
    return wrong


@pytest.mark.parametrize("name", NAMES)
def test_case(name):
    case = written(name)
    assert compare(judged(case["facts"]), case["expected"]) == []


@pytest.mark.parametrize(
    ("name", "at"), [(name, at) for name in NAMES for at in range(len(written(name).get("variants", [])))]
)
def test_variant(name, at):
    case = written(name)
    variant = case["variants"][at]
    assert compare(judged(changed(case["facts"], variant["set"])), variant["expect"]) == []


def test_there_are_enough_of_them_and_they_differ():
    providers = {written(name)["facts"]["cluster"]["provider"] for name in NAMES}
    parties = {written(name)["expected"]["party"] for name in NAMES}
    assert len(NAMES) >= 12
    assert len(providers) >= 8
    assert parties == {"provider", "customer", "third_party", "shared", "ambiguous"}
