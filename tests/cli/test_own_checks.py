"""Checks of one's own, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from demarc.cli.main import run
from demarc.testing import a_deployment, a_list, a_namespace
from tests.posture.user.given import a_policy

NAMED = a_policy("has(object.metadata.labels) && 'team' in object.metadata.labels")
TEST: dict[str, Any] = {
    "apiVersion": "demarc.dev/v1",
    "kind": "CheckTest",
    "metadata": {"name": "teams"},
    "policy": "cost-centre.example.com",
    "cases": [
        {"name": "without", "expect": "violated", "object": a_deployment("a")},
        {"name": "with", "expect": "holds", "object": a_deployment("a", labels={"team": "x"})},
        {"name": "another kind", "expect": "not-matched", "object": a_namespace("a")},
    ],
}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "140")
    register = Path(tmp_path, "ownership")
    (register / "checks").mkdir(parents=True)
    (register / "teams.yaml").write_text("teams:\n  - id: platform\n    contact: '#platform'\n")
    (register / "checks" / "own.yaml").write_text(yaml.safe_dump_all([NAMED, TEST], sort_keys=False))
    return register


@pytest.fixture
def dump(tmp_path) -> str:
    path = tmp_path / "c.json"
    path.write_text(json.dumps(a_list([a_namespace("shop"), a_deployment("web")])))
    return str(path)


def test_checks_beside_the_register_are_run(folder, dump, capsys):
    words = ["findings", dump, "--register", str(folder), "--check", "cost-centre.example.com", "--fail-on", "medium"]
    assert run(words) == 1
    said = capsys.readouterr().out
    assert "Deployment shop/web" in said
    assert run([*words[:2], "--checks", str(folder / "checks" / "own.yaml"), "--family", "user"]) == 0


def test_they_are_tested(folder, capsys):
    assert run(["check", "test", str(folder / "checks")]) == 0
    assert "3 cases passed, 0 failed" in capsys.readouterr().out
    wrong = {**TEST, "cases": [{**TEST["cases"][0], "expect": "holds"}]}
    (folder / "checks" / "own.yaml").write_text(yaml.safe_dump_all([NAMED, wrong], sort_keys=False))
    assert run(["check", "test", "--register", str(folder)]) == 1
    said = capsys.readouterr().out
    assert "expected holds, it is violated" in said
    assert "no case is violated" in said


def test_what_is_wrong_with_them_stops_everything_with_file_and_line(folder, dump, capsys):
    (folder / "checks" / "own.yaml").write_text(yaml.safe_dump(a_policy("quantity('1') == 1"), sort_keys=False))
    assert run(["findings", dump, "--register", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "quantity library" in said
    assert "own.yaml:" in said


def test_without_any_there_is_nothing_to_test(tmp_path, capsys):
    assert run(["check", "test", str(tmp_path)]) == 2
    assert run(["check", "test", str(tmp_path / "none.yaml")]) == 2
    assert "do: " in capsys.readouterr().err
