"""What histories of clones say of approvers: trailers, direct pushes, code owners, and what runs."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from demarc.model.duties import Unit
from demarc.model.inventory import Place, Scope
from demarc.model.roles import Verdict
from tests.accountability.given import a_namespace, an_assignment
from tests.evidence.clone import Clone
from tests.evidence.given import SHOP, a_pull, a_review, an_application, one, people, report

SO, OTHERWISE, MISSING = Verdict.SAYS_SO, Verdict.SAYS_OTHERWISE, Verdict.MISSING
PIPELINE = Place(scope=Scope(kind=Unit.PIPELINE, name=SHOP))


@pytest.fixture
def clone(tmp_path):
    made = Clone(tmp_path / "shop")
    made.commit("First", at="2020-01-01T00:00:00Z")
    return made


def named(**more):
    known = people(**more)
    # Mail addresses of commits are accounts like any other.
    return replace(
        known,
        people=tuple(
            replace(person, accounts=(*person.accounts, f"{person.id}@example.com")) for person in known.people
        ),
        assignments=(an_assignment("platform", approver="payments"),),
    )


def source(clone, *records, register=None, scope=None):
    """What is said of whoever guards the repository, or of the approver of a namespace."""
    duty, where = ("supply.source", f"pipeline:{SHOP}") if scope is None else ("delivery.change-approval", scope)
    made = report(
        register or named(),
        *records,
        places=(PIPELINE, a_namespace("shop")),
        histories=(clone.history(),),
        objects={"Application.argoproj.io": (an_application("shop", "deploy", clone.git("rev-parse", "HEAD")),)},
    )
    return one(made, duty, "approver", where)


BY_BOB = "Change\n\nReviewed-by: Bob <bob@example.com>"


def test_a_trailer_that_somebody_else_put_in_says_so_and_its_grade_is_low(clone):
    clone.commit(BY_BOB, committer="carla")
    item = source(clone)
    assert item.verdict is SO
    (witness,) = item.witnesses
    assert (witness.who, witness.grade.name) == ("Bob", "NAMED")
    assert "names Bob as reviewer, and Carla put it in" in witness.says
    assert "not signed" in witness.says


@pytest.mark.parametrize(
    ("message", "more", "verdict", "says"),
    [
        (BY_BOB, {}, MISSING, "nobody but its author put it there"),
        (BY_BOB, {"committer": "alice-gh@users.noreply.github.com"}, MISSING, "nobody but its author"),
        (BY_BOB, {"committer": "noreply@github.com"}, MISSING, "nobody but its author"),
        (
            "Change\n\nAcked-by: Alice <alice@example.com>",
            {"committer": "carla"},
            OTHERWISE,
            "its author alone is named",
        ),
        ("Change\n\nReviewed-by: C <carla@example.com>", {"committer": "bob"}, OTHERWISE, "not Payments"),
        ("Change\n\nReviewed-by: Eve <eve@example.com>", {"committer": "bob"}, MISSING, "gives the account eve"),
        ("Change", {}, MISSING, "pushed without an approval that git would show"),
        ("Change", {"committer": "carla"}, MISSING, "pushed without an approval that git would show"),
        ("Change (#99)", {"committer": "noreply@github.com"}, MISSING, "change 99, which was not given"),
    ],
)
def test_what_git_alone_shows_is_graded(clone, message, more, verdict, says):
    clone.commit(message, **more)
    item = source(clone, scope="namespace:shop")
    told = next(one for one in item.witnesses if says in one.says)
    assert told.verdict is verdict


def test_a_merge_is_approved_where_all_that_it_brought_is(clone):
    clone.git("checkout", "-q", "-b", "topic")
    clone.commit(BY_BOB, "deploy/a.yaml")
    clone.commit("Change\n\nReviewed-by: Bob <bob@example.com>\nCo-authored-by: C <carla@example.com>", "deploy/b.yaml")
    clone.git("checkout", "-q", "main")
    clone.git("merge", "-q", "--no-ff", "-m", "Merge", "topic", by="dora")
    assert source(clone).verdict is SO
    clone.merged("Merge again", by="dora")
    item = source(clone)
    assert [one.verdict for one in item.witnesses] == [SO, MISSING]
    assert "merged by dora@example.com" in item.witnesses[1].says


def test_a_push_past_the_changes_that_were_given_says_otherwise(clone):
    first = clone.commit("Before (#6)", at="2026-10-01T12:00:00Z")
    clone.commit("Pushed", by="carla", at="2026-10-15T12:00:00Z")
    last = clone.commit("After (#7)", at="2026-11-01T12:00:00Z")
    given = [
        a_pull("6", merged_at="2026-10-01T12:00:00Z", merge_commit_sha=first),
        a_pull("7", merge_commit_sha=last),
    ]
    item = source(clone, *given)
    assert item.verdict is OTHERWISE
    assert "by Carla, not signed: it was pushed, and none of the 2 changes of that time" in item.why
    assert not any("given brought it" in one.says for one in source(clone, given[1]).witnesses)


def test_a_list_that_may_go_on_blames_nobody(clone):
    first = clone.commit("Before (#6)", at="2026-10-01T12:00:00Z")
    clone.commit("Pushed", by="carla", at="2026-10-15T12:00:00Z")
    last = clone.commit("After (#7)", at="2026-11-01T12:00:00Z")
    given = [
        a_pull("6", merged_at="2026-10-01T12:00:00Z", merge_commit_sha=first),
        a_pull("7", merge_commit_sha=last),
    ]
    full = [*given, *(a_pull(str(number), merged_at=None) for number in range(100, 128))]
    assert not any("was pushed, and none" in one.says for one in source(clone, *full).witnesses)
    assert any("was pushed, and none" in one.says for one in source(clone, *full[:-1]).witnesses)


def test_commits_that_a_rebase_put_there_belong_to_its_change(clone):
    clone.commit("One", at="2026-10-15T12:00:00Z")
    tip = clone.commit("Two", at="2026-10-15T12:00:01Z")
    later = clone.commit("Later", at="2026-11-01T12:00:00Z")
    early = clone.git("rev-list", "--max-parents=0", "HEAD")
    given = [
        a_pull("5", merged_at="2020-01-01T00:00:00Z", merge_commit_sha=early),
        a_pull("6", merged_at="2026-10-15T12:00:00Z", merge_commit_sha=tip),
        a_pull("7", merge_commit_sha=later),
    ]
    assert not any("pushed" in one.says for one in source(clone, *given).witnesses)


def test_files_of_a_change_come_from_the_clone(clone):
    tip = clone.commit("Change (#7)", "docs/readme.md")
    pull = a_pull("7", merge_commit_sha=tip)
    item = source(clone, pull, a_review("carla-gh"), scope="namespace:shop")
    assert not any("pull request 7" in one.says for one in item.witnesses)
    tip = clone.commit("Change (#7)", "deploy/app.yaml")
    item = source(clone, a_pull("7", merge_commit_sha=tip), a_review("carla-gh"), scope="namespace:shop")
    assert any("approved by Carla: not Payments" in one.says for one in item.witnesses)


@pytest.mark.parametrize(
    ("rules", "by", "verdict", "says"),
    [
        ("* @bob-gh", "bob-gh", SO, ""),
        ("* @acme/payments", "bob-gh", SO, ""),
        ("* @bob-gh", "carla-gh", OTHERWISE, "no code owner of deploy/app.yaml (@bob-gh)"),
        ("* @acme/payments @alice-gh", "carla-gh", OTHERWISE, "(@acme/payments or @alice-gh)"),
        ("* @alice-gh", "carla-gh", SO, ""),
        ("* @acme/unheard", "carla-gh", MISSING, "who @acme/unheard is"),
        ("/docs/ @bob-gh", "carla-gh", SO, ""),
        ("* @bob-gh\n/deploy/", "carla-gh", SO, ""),
        ("[One] @bob-gh\n*\n[Two] @carla-gh\n/deploy/", "carla-gh", OTHERWISE, "(@bob-gh)"),
        ("^[One] @bob-gh\n*\n[Two] @carla-gh\n/deploy/", "carla-gh", SO, ""),
    ],
)
def test_paths_are_approved_by_their_code_owners_or_that_is_told(clone, rules, by, verdict, says):
    clone.write("CODEOWNERS", rules)
    clone.git("commit", "-q", "-m", "Owners", at="2020-01-02T00:00:00Z")
    tip = clone.commit("Change (#7)")
    register = replace(named(), assignments=(an_assignment("platform"),))
    item = source(clone, a_pull("7", merge_commit_sha=tip), a_review(by), register=register)
    if says:
        told = next(one for one in item.witnesses if "code owner" in one.says or "CODEOWNERS" in one.says)
        assert (told.verdict, says in told.says) == (verdict, True)
    else:
        assert item.verdict is SO
        assert len(item.witnesses) == 1


def test_what_runs_is_tied_to_the_step_that_brought_it(clone):
    tip = clone.commit("Change")
    item = source(clone, scope="namespace:shop")
    told = next(one for one in item.witnesses if "Application argocd/shop runs" in one.says)
    assert f"it came with commit {tip[:12]} on main of {SHOP}" in told.says
    clone.git("checkout", "-q", "-b", "side")
    clone.commit("Side")
    clone.git("checkout", "-q", "main")
    side = clone.git("rev-parse", "side")
    made = report(
        named(),
        histories=(clone.history(),),
        objects={"Application.argoproj.io": (an_application("shop", "deploy", side),)},
    )
    item = one(made, "delivery.change-approval", "approver")
    assert any("it is not on main" in told.says for told in item.witnesses)


def test_it_is_said_what_was_looked_at(clone):
    made = report(named(), histories=(clone.history(),))
    assert f"the history of {SHOP}: 0 steps of main" in made.seen
    assert not any("--repository" in told for told in made.unseen)
    assert any("--repository" in told for told in report(named()).unseen)
