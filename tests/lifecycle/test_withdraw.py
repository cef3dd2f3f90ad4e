"""Access that is withdrawn: whatever kills the run, it goes on or back; and nobody locks anybody out by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from demarc.lifecycle.credential import Credential
from demarc.lifecycle.engine import Outcome, Result
from demarc.lifecycle.plan import Blocked, Decided, Plan, written
from demarc.lifecycle.uses import AuditUses
from demarc.testing import a_cluster_role_binding, a_deployment, a_role_binding, a_service_account, a_subject
from demarc.testing.answers import no_such_path
from tests.lifecycle.grants import (
    BOB,
    GRANTS,
    GROUP,
    JANE,
    ROBOT,
    Access,
    cut_out,
    last_one,
)
from tests.lifecycle.ground import SUFFIX, Killed

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A journal is synced some fifty times a run."""


@pytest.fixture
def journal() -> Iterator[Path]:
    with TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder) / "journal"


def made(name: str) -> Access:
    return GRANTS[name][0]()


@cache
def plan_of(name: str) -> Plan:
    build, chosen, narrower = GRANTS[name]
    return build().plan(chosen, narrower=narrower)


def through(access: Access, plan: Plan, journal: Path) -> Outcome:
    for _ in range(5):
        outcomes = access.ground.apply(plan, journal)
        assert len(outcomes) == 1
        if outcomes[0].result is not Result.WAITING:
            return outcomes[0]
        access.ground.sleep(3600)
    raise AssertionError(outcomes[0].says)


def named(access: Access, name: str) -> bool:
    """Whether the subject is still in a binding of the old role."""
    wanted = GRANTS[name][1]
    return any(
        wanted in subject and item["roleRef"]["name"] == "edit"
        for item in access.bindings()
        for subject in item["subjects"]
    )


@cache
def kills(name: str) -> tuple[int, ...]:
    access = made(name)
    with TemporaryDirectory(dir=MEMORY) as folder:
        through(access, plan_of(name), Path(folder) / "journal")
    found = access.ground.boundaries
    return (1, *(number for number, where in enumerate(found, 1) if where.startswith("after")))


def killed(name: str, at: int, journal: Path) -> Access:
    access = made(name)
    access.ground.kill_at = at
    with pytest.raises(Killed):
        through(access, plan_of(name), journal)
    access.ground.kill_at = None
    return access


@pytest.mark.parametrize("name", GRANTS)
def test_it_goes_through_and_can_be_taken_back_even_then(name, journal):
    access = made(name)
    before = access.bindings()
    plan = plan_of(name)
    outcome = through(access, plan, journal)
    assert (outcome.result, outcome.says) == (Result.DONE, "")
    assert not named(access, name)
    others = [one for one in before if GRANTS[name][1] not in str(one)]
    assert [one for one in access.bindings() if GRANTS[name][1] not in str(one)][: len(others)] == others
    assert access.ground.leftovers() == []
    (entry,) = access.ground.recorded
    assert (entry.what, entry.unused) == ("withdrawn", "no use in the trail")
    assert entry.proof.startswith("refused as ")
    (outcome,) = access.ground.undo(plan, journal)
    assert outcome.result is Result.UNDONE, outcome.says
    assert access.bindings() == before
    assert access.ground.leftovers() == []


@pytest.mark.parametrize("name", GRANTS)
def test_killed_anywhere_it_goes_on(name):
    for at in kills(name):
        with TemporaryDirectory(dir=MEMORY) as folder:
            journal = Path(folder) / "journal"
            access = killed(name, at, journal)
            outcome = through(access, plan_of(name), journal)
            assert outcome.result is Result.DONE, (at, access.ground.boundaries[at - 1], outcome.says)
            assert not named(access, name)
            assert access.ground.leftovers() == []


@pytest.mark.parametrize("name", GRANTS)
def test_killed_anywhere_it_goes_back(name):
    before = made(name).bindings()
    for at in kills(name):
        with TemporaryDirectory(dir=MEMORY) as folder:
            journal = Path(folder) / "journal"
            access = killed(name, at, journal)
            (outcome,) = access.ground.undo(plan_of(name), journal)
            assert outcome.result is Result.UNDONE, (at, access.ground.boundaries[at - 1], outcome.says)
            assert access.bindings() == before, (at, access.ground.boundaries[at - 1])
            assert access.ground.leftovers() == []


@pytest.mark.parametrize("name", GRANTS)
def test_an_undo_that_is_killed_goes_back_all_the_same(name):
    before = made(name).bindings()
    again = 1
    while True:
        with TemporaryDirectory(dir=MEMORY) as folder:
            journal = Path(folder) / "journal"
            access = made(name)
            through(access, plan_of(name), journal)
            access.ground.kill_at = len(access.ground.boundaries) + again
            try:
                access.ground.undo(plan_of(name), journal)
            except Killed:
                access.ground.kill_at = None
                (outcome,) = access.ground.undo(plan_of(name), journal)
                assert outcome.result is Result.UNDONE, outcome.says
                assert access.bindings() == before
            else:
                break
        again += 1
    assert again > 10


def test_two_of_one_binding_go_and_come_back_each_for_itself(journal):
    access = cut_out()
    before = access.bindings()
    plan = access.plan("jane", "bob")
    assert [one.result for one in access.ground.apply(plan, journal)] == [Result.DONE, Result.DONE]
    assert access.subjects("editors", "shop") is None
    assert [one.result for one in access.ground.undo(plan, journal)] == [Result.UNDONE, Result.UNDONE]
    assert access.bindings() == before


def test_a_narrower_role_is_there_before_the_wider_one_goes(journal):
    access = cut_out()
    plan = access.plan("jane", narrower="ClusterRole view")
    assert through(access, plan, journal).result is Result.DONE
    assert access.subjects("editors", "shop") == ["bob"]
    assert access.subjects(f"editors-{SUFFIX}", "shop") == ["jane"]
    # What the narrower role gives is not asked for: it must not be refused.
    denied = plan.rotations[0].credential.given
    assert denied is not None
    assert {right.verb for right in denied.denied if right.resource == "pods"} <= {"create", "delete"}


@pytest.mark.parametrize(
    ("narrower", "says"), [("ClusterRole cluster-admin", "is not narrower"), ("ClusterRole nothing", "no such role")]
)
def test_a_role_that_is_not_narrower_is_not_given(narrower, says):
    (found,) = cut_out().withdrawn("jane", narrower=narrower)
    assert isinstance(found, Blocked)
    assert says in found.why


def test_what_another_binding_gives_all_the_same_is_said_and_not_asked_for(journal):
    access = Access(
        a_role_binding("editors", subjects=[JANE]), a_cluster_role_binding("viewers", role="view", subjects=[JANE])
    )
    plan = access.plan("editors")
    assert any(
        "may still list pods in shop, by ClusterRoleBinding viewers" in one for one in plan.rotations[0].follow_up
    )
    assert through(access, plan, journal).result is Result.DONE


def test_a_grant_that_somebody_made_since_is_found_at_the_end(journal):
    access = last_one()
    plan = access.plan("jane")
    resource = access.ground.cluster.store.resource("RoleBinding", GROUP)
    access.ground.cluster.verbs.create(resource, "shop", a_role_binding("again", subjects=[JANE]))
    outcome = through(access, plan, journal)
    assert outcome.result is Result.STOPPED
    assert 'User jane may still get secrets in shop: RBAC: allowed by RoleBinding "again/shop"' in outcome.says
    assert access.ground.recorded == []


def test_what_is_still_used_waits_until_somebody_told_them(journal):
    access = Access(a_role_binding("editors", subjects=[JANE]), used=True)
    plan = access.plan("jane")
    (outcome,) = access.ground.apply(plan, journal)
    assert outcome.result is Result.WAITING
    assert "User jane still uses it (at noon): tell them, then --confirm used" in outcome.says
    (outcome,) = access.ground.apply(plan, journal, confirmed=("used",))
    assert outcome.result is Result.DONE


def test_what_nobody_can_tell_is_confirmed_by_a_person(journal):
    access = Access(a_role_binding("editors", subjects=[JANE]), quiet_trail=False)
    plan = access.plan("jane")
    (outcome,) = access.ground.apply(plan, journal)
    assert (outcome.result, "nobody can tell" in outcome.says) == (Result.WAITING, True)
    assert access.subjects("editors", "shop") == ["jane"]
    (outcome,) = access.ground.apply(plan, journal, confirmed=("unseen",))
    assert outcome.result is Result.DONE
    assert access.ground.recorded[0].unused.startswith("confirmed by a person at ")


@pytest.mark.parametrize("subject", [a_subject("User", "tester"), a_subject("Group", "system:masters")])
def test_nobody_takes_it_from_themselves(journal, subject):
    access = Access(a_role_binding("editors", subjects=[subject]))
    grants, rows = access.grants("editors")
    found = grants.withdrawn(rows[0])
    if subject["kind"] == "Group":
        assert isinstance(found, Blocked)
        return
    plan = access.plan("editors")
    (outcome,) = access.ground.apply(plan, journal)
    assert (outcome.result, "from yourself" in outcome.says) == (Result.STOPPED, True)
    assert access.subjects("editors", "shop") == ["tester"]


def test_a_group_that_everybody_is_in_can_be_taken_out_by_one_of_them(journal):
    access = Access(a_role_binding("everybody", subjects=[a_subject("Group", "system:authenticated")]))
    plan = access.plan("everybody")
    assert through(access, plan, journal).result is Result.DONE
    assert access.subjects("everybody", "shop") is None


def test_who_cannot_be_told_who_they_are_has_to_say_that_it_is_not_theirs(journal):
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    access = Access(a_role_binding("editors", subjects=[JANE]), fixed={path: no_such_path()})
    plan = access.plan("jane")
    (outcome,) = access.ground.apply(plan, journal)
    assert (outcome.result, "cannot be told who you are" in outcome.says) == (Result.WAITING, True)
    (outcome,) = access.ground.apply(plan, journal, confirmed=("unseen",))
    assert outcome.result is Result.DONE


def test_the_last_way_to_cluster_admin_stays(journal):
    alone = Access()
    (found,) = alone.withdrawn("User root")
    assert isinstance(found, Blocked)
    assert "nobody else was seen" in found.why
    two = Access(a_cluster_role_binding("more", subjects=[JANE]))
    (kept, gone) = (two.withdrawn("User root"), two.withdrawn("User root", "jane"))
    assert isinstance(kept[0], Credential)
    assert all(isinstance(one, Blocked) for one in gone)
    # What the plan knew as left may have gone since.
    plan = two.plan("jane")
    resource = two.ground.cluster.store.resource("ClusterRoleBinding", GROUP)
    two.ground.cluster.verbs.delete(resource, "", "admins")
    (outcome,) = two.ground.apply(plan, journal)
    assert (outcome.result, "nobody else would be left" in outcome.says) == (Result.STOPPED, True)
    assert two.subjects("more") == ["jane"]


@pytest.mark.parametrize(
    ("binding", "says"),
    [
        (
            a_cluster_role_binding(
                "defaults", role="view", subjects=[JANE], labels={"kubernetes.io/bootstrapping": "rbac-defaults"}
            ),
            "puts it back whenever it starts",
        ),
        (a_role_binding("break-glass", subjects=[JANE]), "emergencies"),
        (a_role_binding("of-theirs", subjects=[a_subject("User", "system:kube-proxy")]), "the platform has it"),
    ],
)
def test_what_comes_back_or_locks_out_is_not_taken(binding, says):
    access = Access(binding)
    grants, rows = access.grants("jane", "of-theirs")
    found = grants.withdrawn(rows[0])
    assert isinstance(found, Blocked)
    assert says in found.why


def test_a_default_that_was_taken_out_of_the_reconciling_can_go():
    access = Access(
        a_cluster_role_binding(
            "defaults",
            role="view",
            subjects=[JANE],
            labels={"kubernetes.io/bootstrapping": "rbac-defaults"},
            annotations={"rbac.authorization.kubernetes.io/autoupdate": "false"},
        )
    )
    assert isinstance(access.withdrawn("jane")[0], Credential)


def test_what_a_repository_keeps_becomes_a_change_and_nothing_is_written(journal):
    kept = a_role_binding(
        "editors",
        subjects=[JANE, BOB],
        annotations={"argocd.argoproj.io/tracking-id": "shop:rbac.authorization.k8s.io/RoleBinding:shop/editors"},
    )
    access = Access(kept)
    (credential,) = access.withdrawn("jane")
    assert isinstance(credential, Credential)
    plan = access.ground.plan_for([credential])
    assert plan.rotations == ()
    (change,) = plan.changes
    assert "take this subject out of the list `subjects`" in change.content
    assert "name: jane" in change.content
    assert change.file == "rolebinding-shop-editors-user-jane.md"


def test_who_could_not_put_it_back_does_not_take_it(journal):
    access = Access(a_role_binding("editors", subjects=[JANE]), forbid=["create rolebindings.*"])
    plan = access.plan("jane")
    (outcome,) = access.ground.apply(plan, journal)
    assert (outcome.result, "rights are missing: create rolebindings" in outcome.says) == (Result.STOPPED, True)


def test_a_binding_that_was_made_anew_is_somebody_elses_decision(journal):
    access = last_one()
    plan = access.plan("jane")
    resource = access.ground.cluster.store.resource("RoleBinding", GROUP)
    access.ground.cluster.verbs.delete(resource, "shop", "editors")
    access.ground.cluster.verbs.create(resource, "shop", a_role_binding("editors", subjects=[JANE, BOB]))
    (outcome,) = access.ground.apply(plan, journal)
    assert (outcome.result, "made anew" in outcome.says) == (Result.STOPPED, True)


def test_what_runs_by_it_is_watched_and_gets_it_back(journal):
    down: list[object] = []
    access = Access(
        a_role_binding("robots", subjects=[ROBOT]),
        a_service_account("robot"),
        a_deployment("app", replicas=1, service_account="robot"),
    )
    plan = access.plan("robots")
    assert [one.key for one in plan.rotations[0].credential.consumers] == ["Deployment/shop/app"]
    assert plan.rotations[0].observe == 60

    def sleep(seconds: float) -> None:
        access.ground.clock.at += timedelta(seconds=seconds)
        if not down:
            down.append(access.subjects("robots", "shop"))
            resource = access.ground.cluster.store.resource("Deployment", "apps")
            access.ground.cluster.verbs.delete(resource, "shop", "app")

    access.ground.sleep = sleep  # type: ignore[method-assign]
    (outcome,) = access.ground.apply(plan, journal)
    assert down == [None]
    assert (outcome.result, "turned on again" in outcome.says) == (Result.STOPPED, True)
    assert access.subjects("robots", "shop") == ["robot"]


def decided(**given: object) -> Decided:
    said = {
        "campaign": "q4",
        "number": 2,
        "choice": "revoke",
        "by": "sue",
        "at": "2026-03-01",
        "note": "gone",
        "entry": 7,
    }
    return Decided(**{**said, "approves": True, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("decision", "standing", "power", "approved", "result"),
    [
        (decided(), (7,), (), (), Result.DONE),
        (decided(), (), (), (), Result.WAITING),
        (decided(approves=False), (7,), (), (), Result.WAITING),
        (decided(), (7,), ("cluster-admin",), (), Result.WAITING),
        (decided(), (7,), ("cluster-admin",), ("sue",), Result.WAITING),
        (decided(), (7,), ("cluster-admin",), ("bob",), Result.DONE),
    ],
)
def test_the_decision_is_an_approval_and_power_needs_a_second_person(decision, standing, power, approved, result):
    from msgspec.structs import replace

    from demarc.lifecycle.approvals import Approval
    from demarc.lifecycle.journal import open_journal

    access = last_one()
    plan = access.plan("jane", power=power)
    plan = replace(plan, rotations=tuple(replace(one, decision=decision) for one in plan.rotations))
    with TemporaryDirectory(dir=MEMORY) as folder, open_journal(Path(folder) / "j", now=access.ground.clock) as opened:
        engine = access.ground.engine(plan, opened)
        approvals = tuple(Approval(by=name, signed=False) for name in approved)
        (outcome,) = engine.apply(approvals, (), standing)
    assert outcome.result is result, outcome.says
    if result is Result.DONE:
        (entry,) = access.ground.recorded
        assert entry.decision == decision
        assert "sue" in entry.by


LINE = (
    '{{"kind":"Event","requestReceivedTimestamp":"{at}","verb":"get","user":{{"username":"jane"}},'
    '"annotations":{{"authorization.k8s.io/reason":"{reason}"}}}}\n'
)


@pytest.mark.parametrize(
    ("lines", "known", "used"),
    [
        ([("2026-02-20", "x"), ("2026-03-02", "x")], True, False),
        ([("2026-02-20", "x"), ("2026-03-01", "RBAC: ours")], True, True),
        ([("2026-02-01", "RBAC: ours"), ("2026-03-02", "x")], True, False),
        ([("2026-02-28", "x"), ("2026-03-02", "x")], False, False),
        ([("2026-02-20", ""), ("2026-03-02", "")], False, False),
        ([], False, False),
    ],
)
def test_a_trail_shows_no_use_only_where_it_covers_the_window_and_tells_reasons(tmp_path, lines, known, used):
    from datetime import UTC, datetime

    since = datetime(2026, 2, 23, tzinfo=UTC)
    path = tmp_path / "audit.log"
    path.write_text("".join(LINE.format(at=f"{day}T08:00:00Z", reason=reason) for day, reason in lines))
    found = AuditUses([path]).of_grant("RBAC: ours", since)
    assert found.known is known
    assert (found.last is not None and found.last > since) is used


def test_the_plan_reads_well():
    text = written(plan_of("one of two")).decode()
    assert "ask the API server as User jane: refused" in text
    assert "take User jane out of RoleBinding shop/editors" in text
