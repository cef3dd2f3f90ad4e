"""``demarc incident open`` and ``detections`` as they are typed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from demarc.cli.main import run
from demarc.events.importing import import_trails
from demarc.events.store import Store
from tests.incidents.attacks import ATTACKS, nothing
from tests.incidents.trails import NOW

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "fjordkite"
AT = "2026-11-18T14:30:00Z"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def log(tmp_path) -> str:
    path = tmp_path / "audit.log"
    path.write_bytes(ATTACKS["pipeline_token"]().trail.lines)
    return str(path)


def test_a_case_from_a_log_alone(log, capsys):
    assert run(["incident", "open", "--events", log]) == 0
    said = capsys.readouterr().out
    assert "ci/deployer" in said
    assert "Ways back in that were left" in said
    assert "secrets shop/helper-token" in said
    assert "Secrets to rotate" in said
    assert "culprit" not in said
    assert "guilty" not in said


def test_a_store_is_read_as_it_is(log, tmp_path, capsys):
    store = Store.create(tmp_path / "store")
    import_trails(store, [log], now=NOW)
    assert run(["incident", "open", "--events", str(tmp_path / "store"), "--address", "203.0.113.50"]) == 0
    assert "203.0.113.50" in capsys.readouterr().out


def test_the_example_with_everything_given(tmp_path, capsysbinary):
    inputs = [str(EXAMPLE / part) for part in ("cluster", "cloud", "directory", "delivery")]
    bundle = tmp_path / "evidence.tar.zst"
    words = [
        *("incident", "open", *inputs, "--register", str(EXAMPLE / "register")),
        *("--events", str(EXAMPLE / "audit" / "audit.log.gz")),
        *("--cloud-trail", str(EXAMPLE / "audit" / "cloudtrail.json")),
        *("--at", AT, "--format", "json", "--bundle", str(bundle)),
    ]
    assert run(words) == 0
    report = json.loads(capsysbinary.readouterr().out)
    assert report["root_duty"] == "supply.pipeline-trust"
    assert report["stage"] == "build"
    assert report["root_inside_cluster"] is False
    owners = {step["n"]: step["owner"] for step in report["steps"]}
    assert owners[4]["name"] == "Platform Engineering"
    assert owners[4]["as_of"].startswith("2026-11-17")
    assert report["investigation"]["touched"]
    assert report["runbook"]["tenant"]
    assert run(["evidence", "verify", str(bundle)]) == 0


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_reports_hold_the_tables_of_the_case(form, log, tmp_path):
    written = tmp_path / f"case.{form}"
    assert run(["incident", "open", "--events", log, "--format", form, "-o", str(written)]) == 0
    text = written.read_text()
    for title in ("Why this is one case", "Secrets to rotate", "By which rights, and who gave them"):
        assert title in text


def test_without_a_strong_lead_the_leads_are_shown(tmp_path, capsys):
    path = tmp_path / "quiet.log"
    path.write_bytes(nothing().lines)
    assert run(["incident", "open", "--events", str(path)]) == 1
    said = capsys.readouterr().out
    assert "No lead of this trail is strong enough" in said
    assert "ana@example.com from 198.51.100.77" in said
    assert run(["incident", "open", "--events", str(path), "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["leads"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "2026-02-01", "--until", "2026-01-01"], "--since lies after --until"),
        (["--since", "yesterday"], "--since"),
        (["--token", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"], "must not be typed"),
        (["--cloud-trail", "no-such-file.json"], "no-such-file.json"),
        (["--cloud-trail", str(EXAMPLE / "audit" / "audit.log.gz")], "give them as --events"),
        ([str(EXAMPLE / "audit" / "cloudtrail.json")], "give it as --cloud-trail"),
        (["--events", str(EXAMPLE / "audit" / "cloudtrail.json")], "give it as --cloud-trail"),
        (["--delivery", str(EXAMPLE / "cloud")], "it holds no export of delivery, but a description of the cloud"),
        (["--bad-addresses", "no-such-list"], "no-such-list"),
        (["-o", "x.txt"], "text is for the terminal"),
        (["--at", "tomorrow"], "--at"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(words, said, log, tmp_path, capsys):
    before = set(tmp_path.iterdir())
    assert run(["incident", "open", "--events", log, *words]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "eyJhbGciOiJSUzI1NiJ9" not in told
    assert {path.name for path in set(tmp_path.iterdir()) - before} <= {"home"}


def test_the_list_of_bad_addresses_is_used(log, tmp_path, capsys):
    bad = tmp_path / "bad.txt"
    bad.write_text("# known\n203.0.113.50  # a scanner\n")
    words = ["incident", "open", "--events", log, "--bad-addresses", str(bad), "--format", "json"]
    assert run(words) == 0
    outcomes = json.loads(capsys.readouterr().out)["investigation"]["outcomes"]
    (found,) = [one for one in outcomes if one["detection"] == "tor-or-ioc-ip"]
    assert {sighting["place"]["address"] for sighting in found["sightings"]} == {"203.0.113.50"}


def test_detections_are_listed_and_run(log, capsys):
    assert run(["incident", "detections"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 95
    assert run(["incident", "detections", "exec-pod", "--sql"]) == 0
    assert "subresource IN ('exec', 'attach')" in capsys.readouterr().out
    assert run(["incident", "detections", "--events", log]) == 0
    said = capsys.readouterr().out
    assert "cannot be told" in said
    assert "secrets-list-all" in said
    assert run(["incident", "detections", "no-such-thing"]) == 2


def test_all_of_it_as_json(log, capsysbinary):
    assert run(["incident", "detections", "--format", "json"]) == 0
    assert len(json.loads(capsysbinary.readouterr().out)) == 95
    assert run(["incident", "detections", "--events", log, "--format", "json"]) == 0
    assert {one["state"] for one in json.loads(capsysbinary.readouterr().out)} == {"fired", "quiet", "unknown"}


def test_a_description_behind_the_switch_that_fetches_is_read_and_nothing_is_fetched(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))  # no tool of any cloud is there to call
    words = ["incident", "open", "--events", str(EXAMPLE / "audit" / "audit.log.gz"), "--cloud", str(EXAMPLE / "cloud")]
    assert run([*words, "--delivery", str(EXAMPLE / "delivery"), "--format", "json"]) == 0
    told = capsys.readouterr()
    assert "nothing was fetched" in told.err
    assert json.loads(told.out)["incident"]["cluster"]["provider"] == "eks"


def test_detections_read_the_clouds_trail_from_standard_input_too(monkeypatch, capsys):
    trail = (EXAMPLE / "audit" / "cloudtrail.json").read_bytes()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(trail)))
    words = ["incident", "detections", "irsa-foreign-asn", "--events", str(EXAMPLE / "audit" / "audit.log.gz")]
    assert run([*words, "--cloud-trail", "-"]) == 0
    told = capsys.readouterr()
    assert "data:lake-exporter from 203.0.113.77" in told.out
    assert "3 calls (aws)" in told.err


def test_what_only_the_cloud_saw_is_said_where_no_case_can_be_opened(tmp_path, capsys):
    path = tmp_path / "quiet.log"
    path.write_bytes(nothing().lines)
    cloud = str(EXAMPLE / "audit" / "cloudtrail.json")
    assert run(["incident", "open", "--events", str(path), "--cloud-trail", cloud]) == 1
    assert "in the cloud: Cloud identity of a service account used from outside" in capsys.readouterr().out
