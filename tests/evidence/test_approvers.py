"""The rules for approvers: evidence says so, says otherwise, or is missing, with what to give."""

from __future__ import annotations

import msgspec
import pytest

from demarc.collect.external.recognise import EMPTY, recognise
from demarc.evidence import read_tickets
from demarc.evidence.changes import Approval, changes
from demarc.model.duties import Unit
from demarc.model.inventory import Place, Scope
from demarc.model.kubernetes import KubeObject
from demarc.model.register import Selector
from demarc.model.roles import Verdict
from demarc.model.snapshot import Record, Source, SourceKind
from tests.accountability.given import a_namespace, an_assignment, period
from tests.evidence.given import (
    HEAD,
    MERGE,
    SHOP,
    a_change,
    a_pull,
    a_review,
    a_snapshot,
    a_trail,
    an_application,
    one,
    people,
    report,
)

DUTY = "delivery.change-approval"
SO, OTHERWISE, MISSING = Verdict.SAYS_SO, Verdict.SAYS_OTHERWISE, Verdict.MISSING
ARGO = {"Application.argoproj.io": (an_application("shop"),)}


def held(valid_from=None, **more):
    if valid_from:
        more["period"] = period(valid_from)
    return people(assignments=(an_assignment("platform", **{"approver": "payments", **more}),))


def found(*records, register=None, objects=ARGO, **more):
    return one(report(register or held(), *records, objects=objects, **more), DUTY, "approver")


def test_somebody_of_the_team_that_is_named_approved_it():
    item = found(a_pull(), a_review("bob-gh"))
    assert (item.verdict, item.named, item.by_owner, item.todo) == (SO, "payments", False, "")
    (witness,) = item.witnesses
    assert (witness.who, witness.source, witness.grade.name, witness.at[:10]) == (
        "Bob",
        "GitHub",
        "ANSWERED",
        "2026-11-01",
    )


@pytest.mark.parametrize(
    ("reviews", "says"),
    [
        ([a_review("carla-gh")], "approved by Carla: not Payments"),
        ([a_review("alice-gh")], "author alone approved"),
        ([a_review("bob-gh", "COMMENTED")], "without an approval"),
    ],
)
def test_somebody_else_the_author_or_nobody_did(reviews, says):
    item = found(a_pull(), *reviews)
    assert item.verdict is OTHERWISE
    assert says in item.why
    assert item.todo


def test_the_author_under_another_account_is_the_author():
    register = held()
    register = msgspec.structs.replace(
        register,
        people=tuple(
            msgspec.structs.replace(person, accounts=("alice-gh", "alice-2")) if person.id == "alice" else person
            for person in register.people
        ),
    )
    assert found(a_pull(), a_review("alice-2"), register=register).verdict is OTHERWISE


def test_an_account_that_nobody_knows_is_missing_with_what_to_write():
    item = found(a_pull(), a_review("stranger"))
    assert item.verdict is MISSING
    assert "accounts" in item.todo
    assert "stranger" in item.todo


def test_reviews_that_were_not_given_are_missing_with_what_to_give():
    item = found(a_pull())
    assert item.verdict is MISSING
    assert "/reviews" in item.todo


def test_nothing_given_is_missing():
    item = found(objects={})
    assert (item.verdict, item.witnesses) == (MISSING, ())
    assert item.why == "no merged changes and no history were given"
    assert "pulls" in item.todo


def test_nobody_named_is_missing_though_a_change_was_approved_and_the_owner_stands_in_where_there_is_one():
    nobody = found(a_pull(), a_review("bob-gh"), register=people())
    assert (nobody.verdict, nobody.named) == (MISSING, "")
    assert nobody.todo == "name an approver in the register"
    owner = found(a_pull(), a_review("bob-gh"), register=held(approver=None))
    assert (owner.verdict, owner.by_owner, owner.name) == (OTHERWISE, True, "Platform")


def test_one_change_without_an_approval_outweighs_any_number_with_one():
    second = a_pull("8", merged_at="2026-11-02T12:00:00Z", head={"sha": "e" * 40})
    review = msgspec.structs.replace(a_review("bob-gh", "COMMENTED"), parent="acme/shop#8", name="r8")
    item = found(a_pull(), a_review("bob-gh"), second, review)
    assert item.verdict is OTHERWISE
    assert item.why.startswith("1 of 2: ")
    assert item.witnesses[0].verdict is OTHERWISE


def test_what_was_merged_before_the_time_that_is_looked_at_does_not_count():
    item = found(a_pull(merged_at="2020-01-01T00:00:00Z"), a_review("alice-gh", at="2019-12-31T00:00:00Z"))
    assert item.witnesses == ()


def test_what_was_merged_before_somebody_was_named_was_others_to_approve():
    later = held(valid_from="2026-11-02")
    assert found(a_pull(), a_review("carla-gh"), register=later).witnesses == ()
    assert found(a_pull(), a_review("carla-gh"), register=held(valid_from="2026-10-31")).verdict is OTHERWISE


# ---- a repository that delivers into several namespaces ----

SEVERAL = {"Application.argoproj.io": (an_application("shop", "apps/shop"), an_application("pay", "./apps/pay/"))}
PLACES = (a_namespace("shop"), a_namespace("pay"))


def a_file(path):
    body = {"contents_url": f"https://api.github.com/repos/acme/shop/contents/{path}?ref={HEAD}"}
    return Record(kind="github.pullRequestFile", name=path, parent="acme/shop", body=body, source="s1")


def test_files_say_which_namespace_a_change_is_about():
    given = report(held(), a_pull(), a_review("alice-gh"), a_file("apps/pay/role.yaml"), objects=SEVERAL, places=PLACES)
    assert one(given, DUTY, "approver", "namespace:pay").verdict is OTHERWISE
    assert one(given, DUTY, "approver", "namespace:shop").witnesses == ()


def test_a_folder_that_only_begins_alike_is_another():
    given = report(held(), a_pull(), a_review("alice-gh"), a_file("apps/pay-2/x"), objects=SEVERAL, places=PLACES)
    assert one(given, DUTY, "approver", "namespace:pay").witnesses == ()


def test_without_files_nobody_can_tell_and_nobody_is_blamed():
    item = one(
        report(held(), a_pull(), a_review("alice-gh"), objects=SEVERAL, places=PLACES),
        DUTY,
        "approver",
        "namespace:pay",
    )
    assert item.verdict is MISSING
    assert "/files" in item.todo


# ---- what runs, and what went past the pipeline ----


def test_a_commit_that_runs_and_that_no_change_brought_is_told():
    item = found(
        a_pull(), a_review("bob-gh"), objects={"Application.argoproj.io": (an_application("shop", "", "d" * 40),)}
    )
    assert item.verdict is SO
    assert any("runs commit dddddddddddd" in witness.says for witness in item.witnesses)


def an_object(*managers):
    entries = [{"manager": name, "operation": "Update", "time": time} for name, time in managers]
    meta = {"name": "web", "namespace": "shop", "managedFields": entries}
    return {**ARGO, "Deployment.apps": (msgspec.convert({"kind": "Deployment", "metadata": meta}, KubeObject),)}


APPLIED = ("argocd-controller", "2026-11-05T00:00:00Z")


@pytest.mark.parametrize(
    ("managers", "verdict"),
    [
        ((APPLIED, ("kubectl-edit", "2026-11-06T00:00:00Z")), OTHERWISE),
        ((APPLIED, ("kubectl-edit", "2026-11-04T00:00:00Z")), MISSING),
        ((APPLIED, ("kube-controller-manager", "2026-11-06T00:00:00Z")), MISSING),
        ((("kubectl-edit", "2026-11-06T00:00:00Z"),), MISSING),
    ],
)
def test_a_tool_that_people_hold_after_the_last_delivery_went_past_the_pipeline(managers, verdict):
    assert found(objects=an_object(*managers)).verdict is verdict


@pytest.mark.parametrize(
    ("change", "verdict", "seen"),
    [
        (a_change("carla-gh", "deployments"), OTHERWISE, True),
        (a_change("system:serviceaccount:ci:bot", "deployments", agent="kubectl/v1.33"), OTHERWISE, True),
        (a_change("system:serviceaccount:ci:bot", "deployments"), MISSING, True),
        (a_change("arn:aws:sts::1:assumed-role/github/run-7", "deployments", agent="Helm/3.18"), MISSING, True),
        (a_change("stranger", "deployments", agent="kubectl.1.33/v1.33.1"), OTHERWISE, True),
        (a_change("system:serviceaccount:argocd:controller", "deployments"), MISSING, False),
        (a_change("system:node:n1", "serviceaccounts"), MISSING, False),
        (a_change("carla-gh", "deployments", namespace="other"), MISSING, False),
        (a_change("carla-gh", "secrets"), MISSING, False),
    ],
)
def test_writes_in_the_trail_by_others_than_what_delivers(change, verdict, seen):
    item = found(trail=a_trail(changes=(change,)))
    assert item.verdict is verdict
    assert bool(item.witnesses) is seen or "runs commit" in item.witnesses[0].says


# ---- the repository itself, and tickets ----


@pytest.mark.parametrize(("by", "verdict"), [("carla-gh", SO), ("alice-gh", OTHERWISE), ("stranger", MISSING)])
def test_for_a_repository_anybody_but_the_author_will_do(by, verdict):
    place = Place(scope=Scope(kind=Unit.PIPELINE, name=SHOP), kinds=("pipeline",))
    given = report(held(approver=None), a_pull(), a_review(by), places=(place,))
    assert one(given, "supply.source", "approver", f"pipeline:{SHOP}").verdict is verdict


def a_ticket(line, extra=""):
    head = "id,requested_by,approved_by,approved_at,implemented_by,implemented_at,duties,scopes"
    return read_tickets(f"{head}\n{line}\n{extra}".encode(), "t.csv")


@pytest.mark.parametrize(
    ("line", "verdict", "says"),
    [
        ("C1,alice,bob,2026-11-01,alice,2026-11-02,identity.rbac,namespace:shop", SO, "approved by Bob"),
        ("C1,alice,carla,2026-11-01,alice,2026-11-02,identity.*,namespace:shop", OTHERWISE, "not Payments"),
        ("C1,bob,bob,2026-11-01,alice,2026-11-02,identity.rbac,namespace:shop", OTHERWISE, "asked for it"),
        ("C1,alice,bob,2026-11-01,bob-gh,2026-11-02,identity.rbac,namespace:shop", OTHERWISE, "carried it out"),
        (
            "C1,alice,bob,2026-11-03,alice,2026-11-02,identity.rbac,namespace:shop",
            OTHERWISE,
            "after it was carried out",
        ),
        ("C1,alice,,,alice,2026-11-02,identity.rbac,namespace:shop", OTHERWISE, "approved by nobody"),
        ("C1,alice,zoe,2026-11-01,alice,2026-11-02,identity.rbac,namespace:shop", MISSING, "zoe"),
        ("C1,alice,bob,2026-11-01,alice,2026-11-02,node.*,namespace:shop", MISSING, "no ticket"),
        ("C1,alice,bob,2026-11-01,alice,2026-11-02,identity.rbac,namespace:pay", MISSING, "no ticket"),
    ],
)
def test_tickets_speak_of_the_duties_and_scopes_that_they_name(line, verdict, says):
    item = one(report(held(), tickets=a_ticket(line)), "identity.rbac", "approver")
    assert item.verdict is verdict
    assert says in item.why


# ---- the pipeline's own identity ----

ROLE = "arn:aws:iam::111122223333:role/ci/shop-deployer"
SESSION = "arn:aws:sts::111122223333:assumed-role/shop-deployer/GitHubActions"


def a_workflow(repository="acme/shop"):
    document = {"jobs": {"deploy": {"steps": [{"with": {"role-to-assume": ROLE}}]}}}
    path = ".github/workflows/deploy.yaml"
    body = {"path": path, "document": document}
    return Record(kind="repository.workflow", name=path, parent=repository, body=body, source="s1")


@pytest.mark.parametrize(
    ("user", "workflow", "scope", "verdict"),
    [
        (SESSION, a_workflow(), None, MISSING),
        (SESSION, a_workflow("acme/other"), None, OTHERWISE),
        (SESSION, a_workflow("acme/other"), Selector(namespace="shop", pipeline="github.com/acme/other"), MISSING),
        (SESSION, a_workflow("acme/other"), Selector(namespace="till", pipeline="github.com/acme/other"), OTHERWISE),
        (SESSION.replace("3333", "4444"), a_workflow(), None, OTHERWISE),
        (SESSION.replace("shop-deployer", "shop-deployer-2"), a_workflow(), None, OTHERWISE),
        ("repo:acme/shop:ref:refs/heads/main", a_workflow(), None, MISSING),
        ("https://token.actions.githubusercontent.com#repo:acme/shop:environment:prod", a_workflow(), None, MISSING),
        ("repo:acme/shop-fork:ref:refs/heads/main", a_workflow(), None, OTHERWISE),
        ("system:serviceaccount:ci:shop-deployer", a_workflow(), None, OTHERWISE),
    ],
)
def test_the_pipeline_that_delivers_here_is_not_past_itself(user, workflow, scope, verdict):
    register = held()
    if scope is not None:
        named = an_assignment("platform", "delivery.pipelines", scope=scope)
        register = msgspec.structs.replace(register, assignments=(*register.assignments, named))
    trail = a_trail(changes=(a_change(user, "deployments", agent="kubectl/v1.33"),))
    item = found(workflow, register=register, trail=trail)
    told = next(one for one in item.witnesses if "deployments" in one.says)
    assert told.verdict is verdict
    assert ("which delivers here" in told.says) is (verdict is MISSING)


# ---- lists of reviews that are empty ----


def an_empty_list(origin):
    return Source(id=origin, origin=origin, kind=SourceKind.DELIVERY, shape=EMPTY, sha256="0" * 64, size=2)


@pytest.mark.parametrize(
    ("origin", "why"),
    [
        ("export/shop/pulls-7-reviews.json", "without an approval"),
        ("export/shop/pulls/7/reviews.json", "without an approval"),
        ("export/shop/pulls-8-reviews.json", "reviews were not given"),
        ("export/other/pulls-7-reviews.json", "reviews were not given"),
        ("export/shop/pulls-7-comments.json", "reviews were not given"),
    ],
)
def test_an_empty_list_of_reviews_that_was_asked_for_is_no_approval(origin, why):
    listed = Source(
        id="s1", origin="export/shop/pulls.json", kind=SourceKind.DELIVERY, shape="pulls", sha256="0" * 64, size=2
    )
    snapshot = msgspec.structs.replace(a_snapshot(a_pull()), sources=(listed, an_empty_list(origin)))
    (change,) = changes(snapshot)
    assert why in change.why
    other = msgspec.structs.replace(a_pull(), parent="acme/till")
    twice = msgspec.structs.replace(snapshot, records=(*snapshot.records, other))
    assert all("reviews were not given" in change.why for change in changes(twice))


def test_pull_requests_of_the_command_line_have_their_reviews_inside():
    given = {
        "number": 7,
        "title": "Change",
        "author": {"login": "alice-gh"},
        "state": "MERGED",
        "mergedAt": "2026-11-01T12:00:00Z",
        "mergedBy": {"login": "alice-gh"},
        "mergeCommit": {"oid": MERGE},
        "headRefOid": HEAD,
        "baseRefName": "main",
        "url": "https://github.com/acme/shop/pull/7",
        "files": [{"path": "deploy/app.yaml"}],
        "reviews": [],
    }
    _, records = recognise([given], origin="pulls.json") or ("", [])
    (change,) = changes(a_snapshot(*records))
    assert (change.approval, change.why) == (Approval.NONE, "it was merged without an approval")
    review = {"author": {"login": "bob-gh"}, "state": "APPROVED", "submittedAt": "2026-11-01T11:00:00Z", "id": "R1"}
    _, records = recognise([{**given, "reviews": [review]}], origin="pulls.json") or ("", [])
    item = found(*records)
    assert (item.verdict, item.witnesses[0].who) == (SO, "Bob")
    _, records = recognise([{**given, "reviews": None}], origin="pulls.json") or ("", [])
    assert changes(a_snapshot(*records))[0].approval is Approval.UNKNOWN
