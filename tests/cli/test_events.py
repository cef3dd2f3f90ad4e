"""``demarc events``, as it is typed."""

from __future__ import annotations

import csv
import io
import json

import pytest

from demarc.cli.main import run
from tests.events.given import an_event, lines

EXEC = an_event(
    3,
    verb="get",
    requestURI="/api/v1/namespaces/pay/pods/api/exec?command=sh&command=-c&command=id",
    objectRef={"resource": "pods", "subresource": "exec", "namespace": "pay", "name": "api"},
    responseStatus={"code": 101},
)
POLICY = """
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: None
  resources: [{group: '', resources: [events]}]
- level: Metadata
"""


@pytest.fixture
def store(tmp_path, capsys):
    path = tmp_path / "audit.log"
    path.write_bytes(lines(an_event(1), an_event(2, user={"username": "bo\x1b[31mb"}), EXEC, b"oops"))
    assert run(["events", "import", str(path), "--store", str(tmp_path / "store")]) == 0
    said = capsys.readouterr().out
    assert "3 events" in said
    assert "1 that could not be read" in said
    return str(tmp_path / "store")


def said(capsys, *words) -> str:
    assert run(["events", *words]) == 0
    return str(capsys.readouterr().out)


def test_a_second_import_says_that_nothing_is_new(store, tmp_path, capsys):
    assert "nothing new" in said(capsys, "import", str(tmp_path / "audit.log"), "--store", store)
    body = json.loads(said(capsys, "import", str(tmp_path / "audit.log"), "--store", store, "--format", "json"))
    assert body["known"] == [str(tmp_path / "audit.log")]


def test_sources_and_rejects(store, capsys):
    text = said(capsys, "sources", "--store", store, "--rejects")
    assert "sha256" in text
    assert "s1:4  it is no JSON: oops" in text
    assert json.loads(said(capsys, "sources", "--store", store, "--format", "json"))["sources"][0]["events"] == 3


def test_show_narrows_by_what_is_given(store, capsys):
    assert len(said(capsys, "show", "--store", store).splitlines()) == 5
    assert "ana" in said(
        capsys, "show", "--store", store, "--user", "a*", "--verb", "get", "--resource", "secrets", "-n", "pay"
    )
    assert said(capsys, "show", "--store", store, "--user", "an") == ""
    assert said(capsys, "show", "--store", store, "--name", "d?") == ""
    assert "db" in said(capsys, "show", "--store", store, "--name", "d*", "--address", "198.51.100.7", "--code", "200")
    assert said(capsys, "show", "--store", store, "--since", "2026-01-02") == ""
    assert said(capsys, "show", "--store", store, "--until", "2025-12-31") == ""
    assert len(said(capsys, "show", "--store", store, "--audit-id", an_event(1)["auditID"]).splitlines()) == 1


def test_show_says_what_is_odd_and_nothing_moves_the_cursor(store, capsys):
    text = said(capsys, "show", "--store", store)
    assert "command: sh -c id" in text
    assert "that the command ran is not shown" in text
    assert "\x1b" not in text


def test_there_is_more_than_was_asked_for(store, capsys):
    assert run(["events", "show", "--store", store, "--most", "1"]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 1
    assert "more than these 1" in captured.err


def test_machine_formats(store, capsys):
    found = [json.loads(line) for line in said(capsys, "show", "--store", store, "--format", "json").splitlines()]
    assert [row["command"] for row in found] == ["", "", "sh\n-c\nid"]
    rows = list(csv.DictReader(io.StringIO(said(capsys, "query", "identities", "--store", store, "--format", "csv"))))
    assert [(row["user_name"], row["events"]) for row in rows] == [("ana", "2"), ("bo\\x1b[31mb", "1")]


def test_queries_by_name_and_of_ones_own(store, tmp_path, capsys):
    assert "secret-reads" in said(capsys, "query")
    assert "2026-01-01T00:00:01.100000Z" in said(
        capsys, "query", "secret-reads", "--store", store, "--set", "since_us=2026-01-01"
    )
    own = tmp_path / "mine.sql"
    own.write_text(
        "-- x\n-- parameter: who VARCHAR\nSELECT verb, EPOCH(NOW()) > 5 AS x FROM events WHERE user_name = $who"
    )
    assert run(["events", "query", str(own), "--store", store, "--set", "who=ana", "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 2
    assert "may differ between engines" in captured.err
    assert "PARQUET" in said(capsys, "query", "kinds", "--store", store, "--explain").upper()


@pytest.mark.parametrize(
    "words",
    [
        ["import", "nowhere.log", "--store", "{store}"],
        ["show", "--store", "nowhere"],
        ["show", "--store", "{store}", "--since", "soon"],
        ["show", "--store", "{store}", "--user", "a%*"],
        ["show", "--store", "{store}", "--master", "spark://x:1"],
        ["query", "nothing", "--store", "{store}"],
        ["query", "nothing.sql", "--store", "{store}"],
        ["query", "gaps", "--store", "{store}", "--set", "longer_us=x"],
        ["query", "gaps", "--store", "{store}", "--set", "shorter=1"],
        ["query", "gaps", "--store", "{store}", "--set", "oops"],
        ["query", "gaps"],
        ["coverage", "get"],
        ["coverage", "get", "secrets", "--policy", "nowhere.yaml"],
    ],
)
def test_bad_input_is_one_error_with_what_to_do(store, capsys, words):
    assert run(["events", *(word.format(store=store) for word in words)]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert "do:" in captured.err
    assert captured.out == ""


def test_coverage_by_policy_and_trail(store, tmp_path, capsys):
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    text = said(capsys, "coverage", "delete", "events", "--policy", str(policy), "--store", store)
    assert "its absence proves nothing" in text
    assert "rule 1 of the audit policy writes nothing of it" in text
    known = said(capsys, "coverage", "get", "secrets", "-n", "pay", "--policy", str(policy), "--format", "json")
    assert json.loads(known)[0]["levels"] == ["Metadata"]
    assert "/metrics" in said(capsys, "coverage", "get", "/metrics", "--provider", "eks")


def test_coverage_of_what_an_investigation_asks_first(capsys):
    text = said(capsys, "coverage", "--provider", "aks", "--snapshot", "examples/fjordkite/cloud")
    assert "a Secret is read" in text
    assert "Never in an audit log" in text
    by_snapshot = said(capsys, "coverage", "--snapshot", "examples/fjordkite/cloud")
    assert "Amazon EKS" in by_snapshot
    assert "log audit: on" in by_snapshot


def test_coverage_by_who_asks(capsys):
    silent = said(capsys, "coverage", "get", "secrets", "--provider", "aks", "--as", "aksService")
    assert "rule 1 of the audit policy writes nothing of it" in silent
    node = said(capsys, "coverage", "get", "nodes", "--provider", "eks", "--as", "system:node:n1")
    assert "written: no" in node
