"""Histories of clones: what is read, and that nothing of a hostile clone is run."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from demarc.collect.git import read_history
from demarc.collect.git.commits import commits
from demarc.model.errors import DemarcError
from tests.evidence.clone import NOW, SINCE, Clone


@pytest.fixture
def clone(tmp_path):
    made = Clone(tmp_path / "shop")
    made.commit("First")
    return made


def test_steps_have_authors_committers_trailers_files_and_what_a_merge_brought(clone):
    direct = clone.commit(
        "Second\n\nWhy.\n\nReviewed-by: Bob <bob@example.com>\nCo-authored-by: Carla <carla@example.com>",
        committer="dora",
    )
    merge = clone.merged("Merge pull request #402 from acme/work")
    found = clone.history()
    assert (found.branch, found.tip, found.remote) == ("main", merge, "https://github.com/acme/shop.git")
    top, second, first = found.steps
    assert (top.commit.change, [one.author.name for one in top.brought], top.files) == (
        "402",
        ["alice"],
        ("deploy/work.yaml",),
    )
    assert (second.commit.hash, second.commit.author.name, second.commit.committer.email) == (
        direct,
        "alice",
        "dora@example.com",
    )
    assert [(one.key, one.who.email) for one in second.commit.trailers] == [
        ("reviewed-by", "bob@example.com"),
        ("co-authored-by", "carla@example.com"),
    ]
    assert first.files == ("deploy/app.yaml",)
    assert not second.commit.signed


def test_a_bare_clone_and_a_shallow_one(clone, tmp_path):
    clone.commit("Second")
    clone.git("clone", "-q", "--bare", str(clone.folder), str(tmp_path / "bare.git"))
    bare = read_history(tmp_path / "bare.git", since=SINCE, now=NOW, search=os.environ["PATH"])
    assert [step.files for step in bare.steps] == [step.files for step in clone.history().steps]
    assert (bare.folder, bare.missing) == ("bare", ())
    clone.git("clone", "-q", "--depth=1", f"file://{clone.folder}", str(tmp_path / "cut"))
    cut = read_history(tmp_path / "cut", since=SINCE, now=NOW, search=os.environ["PATH"])
    assert len(cut.steps) == 1
    assert "shallow" in cut.missing[0]


def test_a_date_is_believed_no_further_than_its_place_allows(clone):
    clone.commit("Backdated", at="2001-01-01T00:00:00Z")
    clone.commit("Ahead", at="2038-01-01T00:00:00Z")
    clone.commit("Last", at="2026-11-02T00:00:00Z")
    last, ahead, back, first = clone.history().steps
    assert (first.at, back.at) == (first.commit.committed_at, first.commit.committed_at)
    assert (ahead.at, last.at) == (NOW, NOW)


def test_only_what_is_asked_for_is_looked_at_and_the_rest_is_known(clone):
    old = clone.git("rev-parse", "HEAD")
    new = clone.commit("Second", at="2026-11-20T00:00:00Z")
    found = read_history(clone.folder, since=datetime(2026, 11, 10, tzinfo=UTC), now=NOW, search=os.environ["PATH"])
    assert [step.commit.hash for step in found.steps] == [new]
    assert found.older == {old}


def test_code_owners_are_those_of_before_the_step(clone):
    clone.write(".github/CODEOWNERS", "* @acme/platform\n/deploy/ @bob-gh\n")
    clone.git("commit", "-q", "-m", "Owners")
    clone.write(".github/CODEOWNERS", "* @mallet\n")
    clone.git("commit", "-q", "-m", "Take over")
    clone.commit("Third")
    third, take_over, owners, _ = clone.history().steps
    assert [rule.owners for rule in take_over.owners] == [("@acme/platform",), ("@bob-gh",)]
    assert [rule.owners for rule in third.owners] == [("@mallet",)]
    assert owners.owners == ()


def test_sections_of_gitlab_and_its_places(tmp_path):
    made = Clone(tmp_path / "shop", "git@gitlab.example.com:acme/shop.git")
    made.write(".github/CODEOWNERS", "* @wrong\n")
    made.write(".gitlab/CODEOWNERS", "[Deploy] @bob\n/deploy/\n^[Docs]\n*.md @carla\n")
    made.git("commit", "-q", "-m", "Owners")
    made.commit("Second")
    rules = made.history().steps[0].owners
    assert [(one.section, one.owners, one.optional) for one in rules] == [
        ("deploy", ("@bob",), False),
        ("docs", ("@carla",), True),
    ]


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("Merge pull request #402 from acme/work", "402"),
        ("Fix it (#17)", "17"),
        ("Merge branch 'x' into 'main'\n\nFix it\n\nSee merge request acme/shop!12", "12"),
        ("Merged PR 44: fix it", "44"),
        ("Merged in fix (pull request #9)", "9"),
        ("Merge pull request 'fix it' (#5) from x into main", "5"),
        ("Fix #17 at last", ""),
        ("Fix\n\nlike it was (#17)", ""),
    ],
)
def test_numbers_of_changes_as_hosts_write_them(message, number):
    body = "\n".join(f"    {line}" for line in message.split("\n"))
    record = f"{'a' * 40}\ntree {'b' * 40}\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n\n{body}\n\0"
    assert [one.change for one in commits(record.encode())] == [number]


def test_a_signature_is_told_and_records_that_are_none_are_passed_over():
    head = f"tree {'b' * 40}\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 99999999999999999 +0000\n"
    signed = f"{'a' * 40}\n{head}gpgsig -----BEGIN\n abc\n -----END\n\n    Title\n\0".encode()
    (one,) = commits(signed + b"nonsense\0\0" + b"\xff\xfe\n\n\0")
    assert one.signed
    assert one.committed_at.year == 1970


def test_a_hostile_clone_runs_nothing(clone, tmp_path):
    mark = tmp_path / "ran"
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\ntouch {mark}\n")
    script.chmod(0o755)
    for name in (
        "core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "diff.external", "gpg.program",
        "diff.evil.command", "diff.evil.textconv", "core.gitProxy", "core.alternateRefsCommand", "pager.log",
        "credential.helper", "filter.evil.smudge", "alias.rev-list",
    ):  # fmt: skip
        clone.git("config", name, f"!{script}" if name.startswith("alias") else str(script))
    clone.git("config", "log.showSignature", "true")
    clone.git("config", "core.hooksPath", str(tmp_path))
    clone.git("config", "remote.origin.url", f"ext::{script}")
    clone.git("config", "remote.origin.promisor", "true")
    clone.git("config", "extensions.partialClone", "origin")
    (clone.folder / ".git" / "info" / "attributes").write_text("* diff=evil filter=evil\n")
    tree = clone.git("rev-parse", "HEAD^{tree}")
    (clone.folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    found = read_history(clone.folder, since=SINCE, now=NOW, search=os.environ["PATH"])
    assert not mark.exists()
    assert found.steps[0].files is None
    assert any("does not hold all" in one for one in found.missing)


def test_objects_that_replace_others_are_not_believed(clone):
    real = clone.commit("Pushed by mallet", by="mallet")
    clone.git("commit", "-q", "--amend", "-m", "Fine\n\nReviewed-by: Bob <bob@example.com>", by="mallet")
    fake = clone.git("rev-parse", "HEAD")
    clone.git("reset", "-q", "--hard", real)
    clone.git("replace", real, fake)
    assert clone.history().steps[0].commit.trailers == ()


def test_what_is_no_repository_is_told(clone, tmp_path, monkeypatch):
    (clone.folder / "inside").mkdir()
    Clone(tmp_path / "empty")
    for path, says in (
        (tmp_path / "nothing", "no such folder"),
        (clone.folder / "inside", "not a git repository"),
        (tmp_path / "empty", "no commits"),
    ):
        with pytest.raises(DemarcError, match=says):
            read_history(path, since=SINCE, now=NOW, search=os.environ["PATH"])
    with pytest.raises(DemarcError, match="git is not there"):
        read_history(clone.folder, since=SINCE, now=NOW, search=str(tmp_path))


def test_a_history_that_is_too_large_or_takes_too_long_is_refused(clone, tmp_path, monkeypatch):
    monkeypatch.setattr("demarc.collect.git.command.MOST_BYTES", 100)
    with pytest.raises(DemarcError, match="larger than is read"):
        clone.history()
    monkeypatch.undo()
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr("demarc.collect.git.command.TIMEOUT", 0.2)
    with pytest.raises(DemarcError, match="not a git repository"):
        read_history(clone.folder, since=SINCE, now=NOW, search=f"{tmp_path}:{os.environ['PATH']}")
