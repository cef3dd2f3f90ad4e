"""``frameworks``, as a user types it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from demarc.cli.main import run
from demarc.testing import a_container, a_deployment, a_list, a_namespace


@pytest.fixture
def dump(tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "140")
    path = tmp_path / "c.json"
    path.write_text(
        json.dumps(
            a_list([a_namespace("shop"), a_deployment(containers=[a_container(securityContext={"privileged": True})])])
        )
    )
    return str(path)


def test_list_names_versions(capsys):
    assert run(["frameworks", "list"]) == 0
    said = capsys.readouterr().out
    assert "nist-csf" in said
    assert "4.0.1" in said


def test_show_tells_standing_and_who_answers(dump, capsys):
    assert run(["frameworks", "show", "cis-k8s", dump, "--requirement", "5.2.2"]) == 0
    said = capsys.readouterr().out
    assert "violated" in said
    assert "DM-POD-001" in said
    assert run(["frameworks", "show", "csf-2.0", dump]) == 0
    assert "Cybersecurity Framework 2.0" in capsys.readouterr().out


def test_csv_json_and_markdown_carry_the_version(dump, capsys):
    assert run(["frameworks", "show", "owasp-k8s", dump, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))
    assert {row["version"] for row in rows} == {"2025"}
    assert next(row for row in rows if row["id"] == "K01:2025")["standing"] == "violated"
    assert run(["frameworks", "show", "owasp-k8s", dump, "--format", "json", "--stands", "violated"]) == 0
    view = json.loads(capsys.readouterr().out)
    assert {one["standing"] for one in view["requirements"]} == {"violated"}
    assert run(["frameworks", "show", "owasp-k8s", dump, "--format", "markdown"]) == 0
    assert "| K01:2025 | violated |" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["csf-1.1"], ["nist-csf", "--requirement", "ZZ.99"]])
def test_what_is_not_there_is_refused(words, dump, capsys):
    assert run(["frameworks", "show", words[0], dump, *words[1:]]) == 2
    assert "do: " in capsys.readouterr().err
