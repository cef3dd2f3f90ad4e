"""``audit pack`` on the example company, as typed: what is in it, that it checks, and that it says what is missing."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from demarc.cli.main import run
from tests.reports.golden import assert_golden

ROOT = Path(__file__).resolve().parents[2]
COMPANY = ROOT / "examples" / "fjordkite"
CLUSTER, CLOUD, REGISTER = str(COMPANY / "cluster"), str(COMPANY / "cloud"), str(COMPANY / "register")
PACK = ["audit", "pack", "--framework", "csf-2.0"]


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DEMARC_REGISTER", raising=False)
    monkeypatch.delenv("DEMARC_LEDGER", raising=False)
    monkeypatch.setenv("COLUMNS", "160")


def done(capsys, *words, code=0):
    given = run(list(words))
    said = capsys.readouterr()
    assert given == code, said.err
    return said.out + said.err


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def recorded(capsys, ledger: str) -> None:
    done(capsys, "ledger", "init", "--ledger", ledger)
    done(capsys, "ledger", "record", REGISTER, "--actor", "ingrid.solheim", "--ledger", ledger)


def test_the_pack_of_the_example_company(tmp_path, capsys):
    path, again = tmp_path / "pack.zip", tmp_path / "again.zip"
    said = done(capsys, *PACK, CLUSTER, CLOUD, "--register", REGISTER, "-o", str(path))
    root = said.split("root digest ")[1].split()[0]
    done(capsys, *PACK, CLUSTER, CLOUD, "--register", REGISTER, "-o", str(again))
    assert path.read_bytes() == again.read_bytes()
    assert f"root digest {root}, as noted" in done(capsys, "evidence", "verify", str(path), "--root", root)
    assert_golden("audit-pack.txt", "".join(f"{name}\n" for name in members(path)).encode())
    found = members(path)
    assert "**no ledger**" in found["README.md"].decode()
    assert "no register" not in found["README.md"].decode()
    assert found["register/teams.yaml"] == (COMPANY / "register" / "teams.yaml").read_bytes()
    matrix = list(csv.DictReader(io.StringIO(found["matrix.csv"].decode(), newline="")))
    unclear = [row for row in matrix if row["status"] == "ambiguous"]
    assert unclear
    assert all(row["party"] == "ambiguous" and " | " in row["readings"] and not row["owner"] for row in unclear)
    path.write_bytes(path.read_bytes().replace(b"PK\x01\x02", b"PK\x01\x03", 1))
    assert "not as it was written" in done(capsys, "evidence", "verify", str(path), code=1)


def test_a_missing_register_is_said_plainly(tmp_path, capsys):
    path = tmp_path / "pack.zip"
    said = done(capsys, *PACK, CLUSTER, "--at", "2026-03-01", "-o", str(path))
    assert "no register: Nobody could be named" in said
    found = members(path)
    assert "**no register**" in found["README.md"].decode()
    assert b"no register" in found["not-seen.csv"]
    assert b"Not given: no register" in found["oscal/poam.json"]
    assert b"as of 2026-03-01T00:00:00Z" in found["README.md"]
    assert not [name for name in found if name.startswith(("register/", "ledger/"))]


def test_with_a_ledger_come_its_export_its_proofs_and_the_program_that_checks_them(tmp_path, capsys):
    ledger, path, out = str(tmp_path / "l.db"), tmp_path / "pack.zip", tmp_path / "out"
    recorded(capsys, ledger)
    done(capsys, *PACK, CLUSTER, "--ledger", ledger, "-o", str(path))
    found = members(path)
    entries = list(csv.DictReader(io.StringIO(found["ledger/entries.tsv"].decode()), delimiter="\t"))
    assert {"register.assignment", "register.review", "register.exception"} <= {row["kind"] for row in entries}
    assert "register.person" in {row["kind"] for row in entries}
    with zipfile.ZipFile(path) as archive:
        archive.extractall(out)
    for row in entries:
        proof = out / "ledger" / row["proof"]
        assert f"ledger/{row['proof']}" in found
        if row["kind"] == "register.exception":
            assert row["subject"] in done(capsys, "ledger", "verify", "--proof", str(proof))
    checked = subprocess.run(
        [sys.executable, str(out / "ledger" / "verifier.py"), str(out / "ledger" / "ledger.export")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "nothing was found" in checked.stdout
    assert "A register and a ledger were given." in found["README.md"].decode()
    assert not [name for name in found if name.startswith("register/")]


def test_as_known_at_gives_the_same_pack_however_much_is_recorded_later(tmp_path, capsys):
    ledger = str(tmp_path / "l.db")
    recorded(capsys, ledger)
    first, later, now = (tmp_path / name for name in ("first.zip", "later.zip", "now.zip"))
    until = (
        done(capsys, "ledger", "log", "--ledger", ledger, "--format", "json").split('"recorded_at":"')[1].split('"')[0]
    )
    known = ["--as-known-at", until]
    done(capsys, *PACK, CLUSTER, "--ledger", ledger, *known, "-o", str(first))
    words = ["--kind", "approval", "--subject", "later", "--actor", "mei.tran", "--ledger", ledger]
    done(capsys, "ledger", "append", *words)
    done(capsys, *PACK, CLUSTER, "--ledger", ledger, *known, "-o", str(later))
    done(capsys, *PACK, CLUSTER, "--ledger", ledger, "-o", str(now))
    assert first.read_bytes() == later.read_bytes()
    assert b"later" not in members(later)["ledger/ledger.export"]
    assert b'"later"' in members(now)["ledger/ledger.export"]
    assert "as known at" in members(first)["README.md"].decode()


def test_campaigns_of_the_ledger_come_with_what_was_decided_and_what_waits(tmp_path, capsys):
    ledger, path, before = str(tmp_path / "l.db"), tmp_path / "pack.zip", tmp_path / "before.zip"
    recorded(capsys, ledger)
    words = "--about exceptions --reviewer security --due 3d --at 2026-11-18 --ledger"
    done(capsys, "review", "open", "q4", CLUSTER, *words.split(), ledger)
    done(capsys, *PACK, CLUSTER, "--ledger", ledger, "--at", "2090-01-01", "-o", str(path))
    rows = list(csv.DictReader(io.StringIO(members(path)["reviews.csv"].decode(), newline="")))
    waiting = [row for row in rows if row["campaign"] == "q4"]
    assert waiting
    assert {row["record"] for row in waiting} == {"waits"}
    kinds = {row.split("\t")[2] for row in members(path)["ledger/entries.tsv"].decode().splitlines()}
    assert {"review.campaign", "review.item"} <= kinds
    done(capsys, *PACK, CLUSTER, "--ledger", ledger, "--at", "2026-11-18", "-o", str(before))
    assert b"q4" not in members(before)["reviews.csv"]


def test_before_anything_was_recorded_nobody_is_named_and_it_is_said(tmp_path, capsys):
    ledger, path = str(tmp_path / "l.db"), tmp_path / "pack.zip"
    recorded(capsys, ledger)
    said = done(capsys, *PACK, CLUSTER, "--ledger", ledger, "--as-known-at", "2020-01-01", "-o", str(path))
    assert "an empty ledger" in said
    assert len(members(path)["ledger/entries.tsv"].splitlines()) == 1


def test_a_ledger_that_nobody_signed_gives_no_proof_and_says_so(tmp_path, capsys):
    ledger, path = str(tmp_path / "l.db"), tmp_path / "pack.zip"
    recorded(capsys, ledger)
    for key in (tmp_path / "home").glob("*.key"):
        key.unlink()
    unsigned = tmp_path / "register"
    unsigned.mkdir()
    for file in (COMPANY / "register").iterdir():
        (unsigned / file.name).write_bytes(file.read_bytes())
    people = unsigned / "people.yaml"
    people.write_text(people.read_text().replace("Mei Tran", "Mei Tran-Berg"))
    done(capsys, "ledger", "record", str(unsigned), "--actor", "ingrid.solheim", "--ledger", ledger)
    said = done(capsys, *PACK, CLUSTER, "--ledger", ledger, "-o", str(path))
    assert "entries without a signature" in said
    found = members(path)
    assert b"not signed" in found["ledger/entries.tsv"]
    assert b"entries without a signature" in found["not-seen.csv"]


def test_with_a_folder_too_the_ledger_shows_its_reviews_alone(tmp_path, capsys):
    ledger, path = str(tmp_path / "l.db"), tmp_path / "pack.zip"
    recorded(capsys, ledger)
    said = done(capsys, *PACK, CLUSTER, "--ledger", ledger, "--register", REGISTER, "-o", str(path))
    assert "the register is not taken from the ledger" in said
    assert not [name for name in members(path) if "proofs" in name]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["audit", "pack", "--framework", "csf-9", CLUSTER, "-o", "x.zip"], "there is no framework 'csf-9' here"),
        ([*PACK, CLUSTER, "-o", "nowhere/x.zip"], "cannot write nowhere/x.zip"),
        ([*PACK, CLUSTER, "--ledger", "no.db", "-o", "x.zip"], "no.db"),
        ([*PACK, CLUSTER, "--as-known-at", "2026-01-01", "-o", "x.zip"], "only a ledger says"),
    ],
)
def test_what_stands_in_the_way_is_said_and_nothing_is_left(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert said in done(capsys, *words, code=2)
    assert not list(tmp_path.rglob("*.zip*"))
    assert not list(tmp_path.rglob("*.part"))
