"""The commands: exit codes, what is printed, hostile names, and standard input."""

from __future__ import annotations

import gzip
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from demarc.cli.main import ACCESS_COMMANDS, run
from demarc.cli.main import access as access_app
from demarc.testing import a_namespace
from tests.access.given import FILLER, a_cluster_role, a_rule, bound, group, user

EVIL = "\x1b[2J\u202egnp"


@pytest.fixture
def dump(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "400")
    objects = [
        *FILLER,
        a_namespace("shop"),
        a_namespace("bank"),
        a_cluster_role("reader", a_rule(["get"], ["pods"]), a_rule(["get"], paths=["/metrics"])),
        bound("everywhere", "reader", user("jane"), group(EVIL)),
        bound("here", "reader", user("bob"), namespace="shop"),
    ]

    def write(name="dump.json", items=objects):
        path = tmp_path / name
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        return str(path)

    return SimpleNamespace(path=write(), write=write, objects=objects, folder=tmp_path)


def access(dump, *arguments):
    return run(["access", *arguments, "--snapshot", dump.path])


def test_can_i_exits_0_for_yes_and_prints_the_reason(dump, capsys):
    assert access(dump, "can-i", "get", "pods", "--as", "jane") == 0
    assert capsys.readouterr().out == (
        'yes: RBAC: allowed by ClusterRoleBinding "everywhere" of ClusterRole "reader" to User "jane"\n'
    )


def test_can_i_exits_1_for_no(dump, capsys):
    assert access(dump, "can-i", "get", "pods", "--as", "bob") == 1
    assert access(dump, "can-i", "get", "pods", "--as", "bob", "-n", "shop") == 0
    assert access(dump, "can-i", "get", "/metrics", "--as", "bob") == 1
    assert access(dump, "can-i", "get", "/metrics", "--as", "jane") == 0
    assert [line[:3] for line in capsys.readouterr().out.splitlines()] == ["no", "yes", "no", "yes"]


def test_can_i_for_all_namespaces_says_in_which(dump, capsys):
    assert access(dump, "can-i", "get", "pods", "--as", "bob", "-A") == 1
    assert "but yes in 1 namespace: shop" in capsys.readouterr().out


def test_can_i_unknown_exits_1_and_says_what_was_not_seen(dump, capsys):
    dump.path = dump.write("some.json", [a_namespace("shop")])
    assert access(dump, "can-i", "get", "pods", "--as", "jane") == 1
    out = capsys.readouterr().out
    assert out.startswith("unknown: no clusterrolebindings.rbac.authorization.k8s.io are in what was given")


def test_can_i_takes_groups_and_users_that_look_like_options(dump, capsys):
    assert access(dump, "can-i", "get", "pods", "--as", "-rf", "--as-group", EVIL) == 0
    assert access(dump, "can-i", "get", "pods", "--as=-rf", "--format", "json") == 1
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["allowed"] is False
    assert answer["asker"] == {"user": "-rf", "groups": ["system:authenticated"]}


def test_hostile_names_reach_no_terminal(dump, capsys):
    access(dump, "who-can", "get", "pods")
    access(dump, "of", f"group:{EVIL}")
    access(dump, "can-i", "get", "pods", "--as", EVIL, "--as-group", EVIL)
    access(dump, "diff", dump.write("less.json", list(FILLER)))
    said = "".join(capsys.readouterr())
    assert "gnp" in said
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_of_prints_condensed_access(dump, capsys):
    assert access(dump, "of", "bob") == 0
    out = capsys.readouterr().out
    assert "In namespace shop" in out
    assert "get  pods" in out
    assert "RoleBinding here in namespace shop of ClusterRole reader to User bob" in out
    assert "/metrics" not in out


def test_diff_takes_two_inputs(dump, capsys):
    less = dump.write("less.json", [one for one in dump.objects if one["metadata"]["name"] != "here"])
    assert run(["access", "diff", less, dump.path]) == 0
    assert "+ get  pods" in capsys.readouterr().out
    assert run(["access", "diff", dump.path, less, "--format", "json"]) == 0
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert (change["subject"]["name"], len(change["gone"]), change["new"]) == ("bob", 1, [])
    assert run(["access", "diff", dump.path, dump.path]) == 0
    assert "no difference" in capsys.readouterr().out


LINES = [
    {"user": "jane", "resourceAttributes": {"verb": "get", "resource": "pods"}},
    {"user": "bob", "resourceAttributes": {"verb": "get", "resource": "pods"}},
]
SPECS = "".join(f"{json.dumps(line)}\n" for line in LINES).encode()


@pytest.mark.parametrize("packed", [False, True])
def test_review_answers_line_by_line(dump, capsysbinary, packed):
    file = dump.folder / "specs"
    file.write_bytes(gzip.compress(SPECS) if packed else SPECS)
    assert access(dump, "review", str(file)) == 0
    assert [json.loads(line)["allowed"] for line in capsysbinary.readouterr().out.splitlines()] == [True, False]


def test_review_reads_standard_input(dump, capsysbinary, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(SPECS), isatty=lambda: False))
    assert access(dump, "review", "-") == 0
    assert len(capsysbinary.readouterr().out.splitlines()) == 2


def test_review_refuses_a_malformed_line_and_prints_no_answer(dump, capsysbinary):
    file = dump.folder / "specs"
    file.write_bytes(SPECS + b"\nnonsense\n")
    assert access(dump, "review", str(file)) == 2
    said = capsysbinary.readouterr()
    assert said.out == b""
    assert b"specs:4" in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("can-i", "get", "pods"),
        ("can-i", "get", "pods", "--as", "x", "-A", "-n", "shop"),
        ("of", "sa:nobody"),
        ("review", "/nonexistent"),
        ("who-can", "get", "/metrics", "-n", "shop"),
    ],
)
def test_bad_input_exits_2(dump, arguments):
    assert access(dump, *arguments) == 2


@pytest.mark.parametrize("name", [name for name, _, _ in ACCESS_COMMANDS])
def test_every_command_and_option_has_its_section(name):
    docs = Path(__file__).resolve().parents[2] / "docs" / "commands"
    page = (docs / "access.md").read_text()
    headings, shared = (
        "\n".join(re.findall(r"^#+ .*$", text, re.MULTILINE)) for text in (page, (docs / "assess.md").read_text())
    )
    assert re.search(rf"^## {name}$", headings, re.MULTILINE)
    for argument in access_app[name].assemble_argument_collection():
        for option in argument.names:
            if option.startswith("--") and "." not in option and option not in {"--help", "--version"}:
                assert option in headings or (option in shared and option in page), option
