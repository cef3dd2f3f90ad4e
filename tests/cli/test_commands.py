"""The commands as somebody types them: on the example company, on standard input, and on a live API."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demarc.cli.main import COMMANDS, REGISTER_COMMANDS, run
from demarc.testing import (
    FakeCluster,
    a_cluster_role_binding,
    a_deployment,
    a_list,
    a_namespace,
    a_node,
    a_secret,
    a_service_account,
)

ROOT = Path(__file__).resolve().parents[2]
COMPANY = ROOT / "examples" / "fjordkite"
INPUTS = [str(COMPANY / part) for part in ("cluster", "cloud", "directory", "delivery")]
REGISTER = ["--register", str(COMPANY / "register")]
VALUE = "tr0ub4dor-and-3"
ARN = "arn:aws:eks:eu-west-1:111122223333:cluster/prod"


@pytest.fixture(autouse=True)
def _at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DEMARC_REGISTER", raising=False)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "100")


def objects() -> list[dict[str, Any]]:
    return [
        a_namespace("shop", labels={"team": "shop"}),
        a_node("node-1"),
        a_deployment("web", "shop", image="registry.example/web:1"),
        a_service_account("web", "shop"),
        a_secret("database", "shop", values={"password": VALUE}),
        a_cluster_role_binding("admins"),
    ]


def dump(tmp_path: Path) -> str:
    path = tmp_path / "cluster.json"
    path.write_text(json.dumps(a_list(objects())))
    return str(path)


def matrix_of(text: str) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in json.loads(text)["matrix"]}


class TestTheExample:
    def test_the_summary_names_what_is_open_and_fits_on_a_screen(self, capsys):
        assert run(["assess", *INPUTS, *REGISTER]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) <= 45
        text = "\n".join(lines)
        assert "fjordkite-prod" in text
        for word in ("Do first", "Unowned", "Lapsed", "Conflict", "Overdue", "Ambiguous"):
            assert word in text

    def test_the_same_input_gives_the_same_bytes(self, capsys):
        command = ["assess", *INPUTS, *REGISTER, "--format", "json"]
        assert run(command) == 0
        first = capsys.readouterr().out
        assert run(command) == 0
        assert capsys.readouterr().out == first

    def test_owners_are_as_of_the_date(self, capsys):
        owners = {}
        for at in ("2025-12-01", "2026-11-18"):
            run(["assess", *INPUTS, *REGISTER, "--format", "json", "--at", at])
            rows = matrix_of(capsys.readouterr().out)
            owners[at] = {name: (row["owner"] or {}).get("id") for name, row in rows.items()}
        assert owners["2025-12-01"] != owners["2026-11-18"]

    @pytest.mark.parametrize("form", ["html", "csv", "json", "text"])
    def test_every_format_is_written_whole(self, form, tmp_path, capsys):
        target = tmp_path / f"report.{form}"
        assert run(["assess", *INPUTS, *REGISTER, "--format", form, "--output", str(target)]) == 0
        assert target.stat().st_size > 1000
        assert "fjordkite" in target.read_text() or form == "csv"
        assert not list(tmp_path.glob(".*part"))

    def test_matrix_explain_and_ambiguities_answer(self, capsys):
        assert run(["matrix", *INPUTS, *REGISTER, "--status", "lapsed"]) == 0
        assert "Lapsed" in capsys.readouterr().out
        assert run(["matrix", *INPUTS, *REGISTER, "--status", "lapsed,conflict", "--duty", "secret.access"]) == 0
        both = capsys.readouterr().out
        assert "Lapsed" in both
        assert "Conflict" in both
        looked = [word for given in INPUTS for word in ("--snapshot", given)]
        assert run(["explain", "node.patching", *looked, *REGISTER, "--scope", "pool:*"]) == 0
        assert "https://" in capsys.readouterr().out
        assert run(["ambiguities", *INPUTS, *REGISTER]) == 0
        assert "Settle it" in capsys.readouterr().out
        assert run(["ambiguities", *INPUTS, *REGISTER, "--letters"]) == 0
        assert "Subject: " in capsys.readouterr().out

    def test_a_limit_that_is_exceeded_fails_the_run_and_the_report_is_written_all_the_same(self, tmp_path, capsys):
        target = tmp_path / "report.json"
        command = ["assess", *INPUTS, *REGISTER, "--format", "json", "-o", str(target)]
        assert run([*command, "--fail-on", "conflict"]) == 1
        assert target.exists()
        assert "conflict" in capsys.readouterr().err
        assert run([*command, "--fail-on", "conflict=100000"]) == 0

    def test_the_register_of_the_example_is_sound(self, capsys):
        assert run(["register", "check", str(COMPANY / "register")]) == 0


class TestInputs:
    def test_standard_input(self, tmp_path, capsys, monkeypatch):
        data = json.dumps(a_list(objects())).encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert run(["assess", "-", "--format", "json"]) == 0
        assert "namespace:shop" in capsys.readouterr().out

    def test_the_same_by_name(self, tmp_path, capsys):
        run(["assess", dump(tmp_path), "--format", "json"])
        first = capsys.readouterr().out
        run(["assess", "--snapshot", dump(tmp_path), "--format", "json"])
        assert capsys.readouterr().out == first

    def test_the_register_of_the_environment(self, tmp_path, capsys, monkeypatch):
        monkeypatch.setenv("DEMARC_REGISTER", str(COMPANY / "register"))
        run(["assess", dump(tmp_path), "--format", "json"])
        assert json.loads(capsys.readouterr().out)["register"].startswith(str(COMPANY / "register"))

    def test_no_secret_value_comes_out(self, tmp_path, capsys):
        for form in ("text", "html", "json", "csv"):
            run(["assess", dump(tmp_path), "--format", form])
        printed = capsys.readouterr()
        assert VALUE not in printed.out + printed.err


class TestMistakes:
    @pytest.mark.parametrize(
        "command",
        [
            ["assess", "no-such-file.json"],
            ["assess", "{dump}", "--at", "someday"],
            ["assess", "{dump}", "--format", "pdf"],
            ["assess", "{dump}", "--fail-on", "severe"],
            ["assess", "{dump}", "--register", "no-such-folder"],
            ["assess", "{dump}", "--output", "no/such/folder/report.html"],
            ["assess", "--kubeconfig", "no-such-kubeconfig"],
            ["explain", "identity.rbca", "--snapshot", "{dump}"],
            ["explain", "identity.rbac", "--scope", "nowhere", "--snapshot", "{dump}"],
            ["register", "init", "{dump}", "--output", "{there}"],
            ["rbac-needed", "--namespace", "Not A Name"],
            ["nonsense"],
            ["assess", "--nonsense"],
        ],
    )
    def test_end_with_2_and_say_what_and_what_to_do(self, command, tmp_path, capsys):
        (tmp_path / "there").mkdir()
        (tmp_path / "there" / "mine.yaml").write_text("kept")
        words = {"dump": dump(tmp_path), "there": str(tmp_path / "there")}
        assert run([word.format(**words) for word in command]) == 2
        said = capsys.readouterr().err
        assert "error: " in said
        assert "do: " in said
        assert "Traceback" not in said
        assert (tmp_path / "there" / "mine.yaml").read_text() == "kept"

    def test_a_register_with_errors_is_refused_with_all_of_them(self, tmp_path, capsys):
        folder = tmp_path / "register"
        folder.mkdir()
        (folder / "a.yaml").write_text("assignments:\n  - duty: identity.rbca\n    owner: nobody\n  - owner: x\n")
        assert run(["assess", dump(tmp_path), "--register", str(folder)]) == 2
        assert capsys.readouterr().err.count("error: ") >= 3
        assert run(["register", "check", str(folder)]) == 2


class TestLive:
    @pytest.fixture
    def kubeconfig(self, tmp_path):
        with FakeCluster(objects()) as cluster:
            path = tmp_path / "kubeconfig"
            path.write_text(cluster.kubeconfig())
            yield str(path)

    def test_the_current_context_is_assessed(self, kubeconfig, capsys, monkeypatch):
        monkeypatch.setenv("KUBECONFIG", kubeconfig)
        assert run(["assess", "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["at_basis"].startswith("the snapshot's own time")
        assert any(row["scope"]["name"] == "shop" for row in found["matrix"])

    def test_a_collected_snapshot_gives_the_same_matrix_as_the_live_api(self, kubeconfig, tmp_path, capsys):
        run(["assess", "--kubeconfig", kubeconfig, "--format", "json", "--at", "2026-11-01"])
        live = matrix_of(capsys.readouterr().out)
        for name in ("snapshot.tar.zst", "folder"):
            target = tmp_path / name
            assert run(["collect", "--kubeconfig", kubeconfig, "--output", str(target)]) == 0
            capsys.readouterr()
            assert run(["assess", str(target), "--format", "json", "--at", "2026-11-01"]) == 0
            assert matrix_of(capsys.readouterr().out) == live

    def test_no_secret_value_is_stored(self, kubeconfig, tmp_path):
        target = tmp_path / "folder"
        run(["collect", "--kubeconfig", kubeconfig, "--output", str(target)])
        stored = b"".join(path.read_bytes() for path in target.rglob("*") if path.is_file())
        assert stored
        assert VALUE.encode() not in stored

    def test_what_was_refused_is_unknown_in_the_answer(self, tmp_path, capsys):
        with FakeCluster(objects(), forbid=["namespaces", "secrets"]) as cluster:
            path = tmp_path / "kubeconfig"
            path.write_text(cluster.kubeconfig())
            assert run(["assess", "--kubeconfig", str(path), "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert {"namespaces", "secrets"} <= {gap["what"] for gap in found["gaps"] if gap["reason"] == "forbidden"}
        unseen = [row for row in found["matrix"] if row["id"].endswith("#unseen")]
        assert {row["status"] for row in unseen} == {"unknown"}
        assert any("namespaces" in remark for row in unseen for remark in row["remarks"])
        assert any(todo["command"] == "demarc rbac-needed" for todo in found["todo"])

    def test_the_role_that_it_needs_is_printed(self, kubeconfig, capsys):
        assert run(["rbac-needed"]) == 0
        offline = capsys.readouterr().out
        assert "kind: ClusterRole" in offline
        assert run(["rbac-needed", "--live", "--kubeconfig", kubeconfig, "--with-binding"]) == 0
        assert "kind: ClusterRoleBinding" in capsys.readouterr().out


def test_a_first_register_can_be_drafted_checked_and_used(tmp_path, capsys):
    target = tmp_path / "register"
    assert run(["register", "init", dump(tmp_path), "--output", str(target)]) == 0
    assert run(["register", "check", str(target)]) == 1
    assert run(["assess", dump(tmp_path), "--register", str(target)]) == 0
    assert run(["register", "schema"]) == 0
    assert (target / "register.schema.json").read_text() in capsys.readouterr().out


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_every_command_has_help(name, capsys):
    run([name, "--help"])
    assert "Usage: demarc" in capsys.readouterr().out


@pytest.mark.parametrize("name", [name for name, _, _ in REGISTER_COMMANDS])
def test_every_register_command_has_help(name, capsys):
    run(["register", name, "--help"])
    assert "Usage: demarc register" in capsys.readouterr().out


def test_asking_for_the_version_loads_nothing_heavy():
    program = (
        "import sys; from demarc.cli.main import run; run(['--version']); "
        "print([name for name in ('urllib3', 'jinja2', 'yaml', 'demarc.reports.html') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


class TestCloud:
    """With --cloud, the user's own command line is called; here a script that stands on PATH under its name."""

    @pytest.fixture
    def aws(self, tmp_path, monkeypatch):
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "aws"
        described = json.dumps({"cluster": {"name": "prod", "version": "1.33", "platformVersion": "eks.9", "arn": ARN}})
        program.write_text(
            f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n'
            f"case \"$*\" in *describe-cluster*) echo '{described}';; *) echo 'AccessDenied' >&2; exit 254;; esac\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        return tmp_path / "asked"

    def eks_dump(self, tmp_path: Path) -> str:
        machine = a_node("n1", labels={"eks.amazonaws.com/nodegroup": "g", "alpha.eksctl.io/cluster-name": "prod"})
        machine["spec"] = {"providerID": "aws:///eu-west-1a/i-0123456789abcdef0"}
        machine["status"] = {"nodeInfo": {"kubeletVersion": "v1.33.1-eks-5d632ec"}}
        path = tmp_path / "eks.json"
        path.write_text(json.dumps(a_list([machine])))
        return str(path)

    def test_what_it_answers_is_used_and_what_it_refuses_is_a_gap(self, aws, tmp_path, capsys):
        assert run(["assess", self.eks_dump(tmp_path), "--cloud", "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert "describe-cluster --name prod" in aws.read_text()
        assert any(source["kind"] == "cloud" for source in found["inputs"])
        assert found["cluster"]["version"] == "1.33"
        assert any(gap["reason"] == "forbidden" and gap["what"].startswith("eks.") for gap in found["gaps"])

    def test_without_it_nothing_is_called(self, aws, tmp_path, capsys):
        assert run(["assess", self.eks_dump(tmp_path), "--format", "json"]) == 0
        assert not aws.exists()

    def test_a_cluster_that_nothing_identifies_has_no_cloud_to_ask(self, aws, tmp_path, capsys):
        assert run(["assess", dump(tmp_path), "--cloud"]) == 2
        assert "--cloud" in capsys.readouterr().err


def test_words_too_many_are_named_harmlessly_and_say_where_inputs_go(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "node.patching", "dump.json", "bad\x1b[31m\u202ename"]) == 2
    said = capsys.readouterr().err
    assert "'dump.json'" in said
    assert "--snapshot" in said
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_assess_tells_paths_only_when_asked(tmp_path, capsys):
    page, data = tmp_path / "report.html", tmp_path / "report.json"
    jewel = ["--crown-jewel", "secret:booking/booking-db"]
    assert run(["assess", *INPUTS, *REGISTER, "--format", "html", "--paths", "--output", str(page)]) == 0
    assert "How an intruder would get there" in page.read_text()
    assert run(["assess", *INPUTS, *REGISTER, "--format", "json", "--paths", "--output", str(data)]) == 0
    told = json.loads(data.read_text())["paths"]["told"]
    assert told[0]["impact_class"] == "cluster-admin"
    assert len(told) <= 8
    capsys.readouterr()
    for wrong in (["--format", "csv", "--paths"], ["--paths"], ["--format", "html", *jewel]):
        assert run(["assess", *INPUTS, *wrong]) == 2
    assert "--crown-jewel" in capsys.readouterr().err
