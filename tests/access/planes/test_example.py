"""The planes of the example company: a golden file of its rows, its review lists, and the command."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demarc.cli.main import run

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples" / "fjordkite"
GOLDEN = ROOT / "tests" / "golden" / "planes.txt"
AT = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)
INPUTS = [
    part for name in ("cluster", "cloud", "directory", "delivery") for part in ("--snapshot", str(EXAMPLE / name))
]
ASKED = [*INPUTS, "--register", str(EXAMPLE / "register"), "--at", "2026-11-18T14:30:00Z"]
TRAIL = ["--events", str(EXAMPLE / "audit" / "audit.log.gz")]


def answered(capsys, monkeypatch, tmp_path, *more):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    assert run(["access", "planes", *more, *ASKED, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def line(owned):
    row = owned["row"]
    parts = (
        row["plane"],
        row["kind"],
        row["holder"],
        ",".join(row["powers"]),
        ",".join(row["over"]) or "-",
        row["grant"],
        owned["owner"]["name"] if owned["owner"] else "nobody",
        ",".join(f"{power}={use}" for power, use in row["uses"].items()) or "-",
        "; ".join(row["remarks"]) or "-",
        row["unknown"] or "-",
    )
    return " | ".join(parts)


def test_the_rows_are_those_of_the_golden_file(capsys, monkeypatch, tmp_path):
    found = answered(capsys, monkeypatch, tmp_path, *TRAIL)
    text = "".join(f"{line(owned)}\n" for owned in found["rows"])
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()
    assert found["window"]["events"] == 1387


def test_what_is_wrong_on_purpose_is_there(capsys, monkeypatch, tmp_path):
    rows = [owned["row"] for owned in answered(capsys, monkeypatch, tmp_path)["rows"]]
    by_holder = {row["holder"]: row for row in rows if row["plane"] == "cluster"}
    assert by_holder["arn:aws:iam::111122223333:role/fjordkite-jenkins"]["powers"] == ["cluster-admin"]
    assert "not active" in by_holder["User piotr.zielinski@fjordkite.example"]["remarks"][0]
    assert by_holder["token of ServiceAccount monitoring/metrics-readers"]["powers"] == ["cluster-admin"]
    links = {row["holder"]: row for row in rows if row["duty"] == "identity.cloud-roles"}
    assert links["ServiceAccount booking/rate-sync"]["powers"] == ["none"]
    assert "whoever creates it" in links["ServiceAccount booking/rate-sync-v1"]["remarks"][0]
    assert links["ServiceAccount tracking/ingest"]["unknown"]
    assert all(not row["uses"] for row in rows)


def test_one_plane_and_one_owner(capsys, monkeypatch, tmp_path):
    found = answered(capsys, monkeypatch, tmp_path, "workload", "--owner", "booking")
    assert found["rows"]
    assert {owned["row"]["plane"] for owned in found["rows"]} == {"workload"}
    nobody = answered(capsys, monkeypatch, tmp_path, "--owner", "nobody")
    assert all(owned["owner"] is None for owned in nobody["rows"])


def test_review_lists_hold_every_row_for_every_owner(capsys, monkeypatch, tmp_path):
    found = answered(capsys, monkeypatch, tmp_path)
    folder = tmp_path / "reviews"
    assert run(["access", "planes", *ASKED, "--review-lists", str(folder)]) == 0
    names = {path.name for path in folder.iterdir()}
    assert {"cluster-platform-engineering.md", "cluster-platform-engineering.csv"} <= names
    lists = "".join(path.read_text() for path in folder.glob("*.csv"))
    for owned in found["rows"]:
        assert owned["row"]["grant"] in lists
    page = (folder / "cluster-platform-engineering.md").read_text()
    assert "evidence (" in page
    assert "[ ] keep" in page


@pytest.mark.parametrize("form", ["text", "csv"])
def test_other_formats(capsys, monkeypatch, tmp_path, form):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    assert run(["access", "planes", *ASKED, *TRAIL, "--format", form]) == 0
    out = capsys.readouterr().out
    assert "jenkins" in out
    assert ("Unused means" in out) == (form == "text")
