"""``demarc nhi list`` and ``show``, as a user types them; the formats; and that no value gets out."""

from __future__ import annotations

import csv
import io
import json

import pytest

from demarc.cli.main import run
from demarc.model.nhi import NhiReport
from demarc.testing import a_deployment, a_list, a_namespace, a_secret, a_service_account
from tests.nhi.given import OLD, RBAC, written

SECRET = "correct-horse-battery-9"


@pytest.fixture
def dump(tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")
    token = a_secret(
        "bot-token",
        type="kubernetes.io/service-account-token",
        values={"token": SECRET},
        annotations={"kubernetes.io/service-account.name": "bot"},
    )
    objects = (
        a_namespace("shop"),
        a_service_account("bot"),
        a_deployment("app", service_account="bot"),
        token,
        written("database", OLD, values={"password": SECRET}),
        *RBAC,
    )
    path = tmp_path / "c.json"
    path.write_text(json.dumps(a_list(objects)))
    return str(path)


def test_list_shows_what_to_act_on_and_what_it_comes_to(dump, capsys):
    assert run(["nhi", "list", dump]) == 0
    said = capsys.readouterr().out
    assert "shop/Secret/bot-token" in said
    assert "overdue" in said
    assert "no audit trail was given" in said
    assert "identities and" in said


def test_filters_narrow_it(dump, capsys):
    assert run(["nhi", "list", dump, "--kind", "legacy-token", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in found["items"]] == ["shop/Secret/bot-token"]
    assert run(["nhi", "list", dump, "--state", "orphaned", "--owner", "nobody", "-n", "none", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"] == []


def test_formats_tell_all_and_never_a_value(dump, capsys, tmp_path):
    import msgspec

    assert run(["nhi", "list", dump, "--format", "json"]) == 0
    written_json = capsys.readouterr().out
    assert msgspec.json.decode(written_json, type=NhiReport).items
    assert run(["nhi", "list", dump, "--format", "csv"]) == 0
    written_csv = capsys.readouterr().out
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(written_csv, newline=""))}
    assert rows["shop/Secret/bot-token"]["expires"] == "never"
    assert rows["shop/Secret/database"]["changed_grade"] == "managed-fields"
    assert run(["nhi", "list", dump, "--format", "markdown", "-o", str(tmp_path / "x.md")]) == 0
    written_markdown = (tmp_path / "x.md").read_text()
    assert "## nobody" in written_markdown
    for text in (written_json, written_csv, written_markdown):
        assert SECRET not in text


def test_show_tells_the_evidence_and_what_to_do_next(dump, capsys):
    assert run(["nhi", "show", "shop/Secret/database", dump]) == 0
    said = capsys.readouterr().out
    assert "[managed-fields]" in said
    assert "Whoever holds shop/Secret/database" in said
    assert "demarc nhi plan shop/database" in said


def test_radius_grades_what_falls_with_each(dump, capsys):
    assert run(["nhi", "list", dump, "--radius", "--format", "csv"]) == 0
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))}
    assert rows["shop/Secret/database"]["falls_with_it"].startswith("less")
    assert run(["nhi", "list", dump, "--format", "csv"]) == 0
    assert "less" not in capsys.readouterr().out


def test_a_policy_of_ones_own(dump, capsys, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("kinds: {password: {warn: 4000, breach: 5000}}\n")
    assert run(["nhi", "list", dump, "--policy", str(policy), "--kind", "password", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "overdue" not in [state["state"] for state in found["items"][0]["states"]]
    assert found["policy"] == str(policy)


@pytest.mark.parametrize(
    "words",
    [
        ["list", "{dump}", "--kind", "no-such"],
        ["list", "{dump}", "--state", "no-such"],
        ["list", "{dump}", "--policy", "no-such-file"],
        ["show", "shop/Secret/none", "{dump}"],
    ],
)
def test_mistakes_end_with_2_and_say_what_to_do(words, dump, capsys):
    assert run(["nhi", *(word.format(dump=dump) for word in words)]) == 2
    assert "do: " in capsys.readouterr().err
