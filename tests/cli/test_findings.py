"""``findings``, ``diff``, ``trend`` and ``check``, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from demarc.cli.main import run
from demarc.testing import a_container, a_deployment, a_list, a_namespace, a_pod

PRIVILEGED = {"privileged": True}


def a_dump(path: Path, *names: str, time: str = "2026-11-20T10:00:00Z") -> str:
    items = [
        a_namespace("shop"),
        *(a_deployment(name, containers=[a_container(securityContext=PRIVILEGED)]) for name in names),
    ]
    items.append(a_pod("calm", "shop", created=time))
    path.write_text(json.dumps(a_list(items)))
    return str(path)


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")


def test_findings_are_shown_with_owner_and_fix(tmp_path, capsys):
    assert run(["findings", a_dump(tmp_path / "c.json", "web"), "--check", "DM-POD-001"]) == 0
    said = capsys.readouterr().out
    assert "Deployment shop/web" in said
    assert "nobody" in said
    assert "Fix: " in said
    assert "securityContext.privileged = true" in said


def test_fail_on_counts_and_tolerates(tmp_path, capsys):
    dump = a_dump(tmp_path / "c.json", "web", "api")
    only = ["--check", "DM-POD-001"]
    assert run(["findings", dump, *only, "--fail-on", "high"]) == 1
    assert "2 findings are high or worse, 0 tolerated" in capsys.readouterr().err
    assert run(["findings", dump, *only, "--fail-on", "high=2"]) == 0
    assert run(["findings", dump, *only, "--fail-on", "critical"]) == 0
    assert run(["assess", dump, "--fail-on", "high", "--format", "csv"]) == 1


def test_with_a_baseline_only_what_is_new_fails(tmp_path, capsys):
    baseline = tmp_path / "base.json"
    assert run(["findings", a_dump(tmp_path / "a.json", "web"), "--format", "json", "-o", str(baseline)]) == 0
    later = a_dump(tmp_path / "b.json", "web", "api")
    since = ["--check", "DM-POD-001", "--new-since", str(baseline)]
    assert run(["findings", a_dump(tmp_path / "a.json", "web"), *since, "--fail-on", "high"]) == 0
    assert run(["findings", later, *since, "--fail-on", "high"]) == 1
    assert "1 new finding is high or worse" in capsys.readouterr().err
    assert run(["findings", later, *since, "--new"]) == 0
    shown = capsys.readouterr().out
    assert "shop/api" in shown
    assert "shop/web" not in shown


def test_an_assessment_is_a_baseline_too(tmp_path):
    stored = tmp_path / "assessment.json"
    dump = a_dump(tmp_path / "a.json", "web")
    assert run(["assess", dump, "--format", "json", "--output", str(stored)]) == 0
    assert run(["findings", dump, "--new-since", str(stored), "--fail-on", "low"]) == 0


def test_manifests_have_file_and_line(tmp_path, capsys):
    folder = tmp_path / "manifests"
    folder.mkdir()
    deployment = a_deployment("web", containers=[a_container(securityContext=PRIVILEGED)])
    del deployment["metadata"]["uid"], deployment["metadata"]["creationTimestamp"]
    (folder / "web.yaml").write_text(yaml.safe_dump(deployment, sort_keys=False))
    lines = (folder / "web.yaml").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "privileged" in text)
    assert run(["findings", str(folder), "--check", "DM-POD-001", "--format", "github"]) == 0
    assert f"web.yaml,line={line}," in capsys.readouterr().out


def test_files_beside_and_digests_are_written(tmp_path):
    sarif, junit, letters = tmp_path / "x.sarif", tmp_path / "x.xml", tmp_path / "letters"
    words = ["findings", a_dump(tmp_path / "a.json", "web"), "--write", f"sarif={sarif}", "--write", f"junit={junit}"]
    assert run([*words, "--digests", str(letters)]) == 0
    assert json.loads(sarif.read_text())["version"] == "2.1.0"
    assert junit.read_text().startswith("<?xml")
    assert (letters / "nobody.md").is_file()


def test_diff_tells_new_and_gone(tmp_path, capsys):
    before, after = a_dump(tmp_path / "a.json", "web"), a_dump(tmp_path / "b.json", "api")
    assert run(["diff", before, after, "--fail-on", "high"]) == 1
    said = capsys.readouterr().out
    assert "New: " in said
    assert "Deployment shop/api" in said
    assert "Gone: " in said
    assert run(["diff", before, before, "--fail-on", "info"]) == 0
    assert run(["diff", before, after, "--format", "markdown"]) == 0
    assert "## New" in capsys.readouterr().out


def test_trend_reads_a_folder_of_stored_assessments(tmp_path, capsys):
    stored = tmp_path / "history"
    stored.mkdir()
    for number, names in enumerate((("web",), ("web", "api"))):
        dump = a_dump(tmp_path / f"{number}.json", *names, time=f"2026-11-2{number}T10:00:00Z")
        assert (
            run(["findings", dump, "--check", "DM-POD-001", "--format", "json", "-o", str(stored / f"{number}.json")])
            == 0
        )
    (stored / "other.json").write_text("{}")
    assert run(["trend", str(stored), "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert run(["trend", str(stored)]) == 0
    assert "2026-11-21" in capsys.readouterr().out


def test_checks_are_listed_and_shown(capsys):
    assert run(["check", "list", "--family", "pods"]) == 0
    assert "DM-POD-001" in capsys.readouterr().out
    assert run(["check", "show", "dm-pod-001"]) == 0
    assert "Why it matters" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        ["findings", "{dump}", "--new"],
        ["findings", "{dump}", "--fail-on", "gaps"],
        ["findings", "{dump}", "--write", "pdf=x.pdf"],
        ["findings", "{dump}", "--write", "sarif"],
        ["findings", "{dump}", "--new-since", "{dump}"],
        ["findings", "{dump}", "--new-since", "no-such-file"],
        ["diff", "{dump}", "no-such-file"],
        ["trend", "{dump}"],
        ["trend"],
        ["check", "show", "DM-NO-1"],
    ],
)
def test_mistakes_end_with_2_and_say_what_to_do(command, tmp_path, capsys):
    dump = a_dump(tmp_path / "c.json", "web")
    assert run([word.format(dump=dump) for word in command]) == 2
    said = capsys.readouterr().err
    assert "error: " in said
    assert "do: " in said
    assert "Traceback" not in said
