"""What goes wrong in real clusters, one by one: the run waits, stops, or puts things back, and says why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from demarc.lifecycle.consumers import credentials
from demarc.lifecycle.engine import Outcome, Result
from demarc.lifecycle.plan import Plan
from demarc.lifecycle.uses import AuditUses
from demarc.lifecycle.wishes import Wish, Wishes
from demarc.testing import Object, a_config_map, a_container, a_deployment, a_secret, a_workload, an_object
from tests.lifecycle.ground import SUFFIX, Ground, Killed
from tests.lifecycle.scenarios import SCENARIOS, _token_ground, aws, bound_token, consumer, generated, retire

NEW = f"database-{SUFFIX}"
MERGE = "application/merge-patch+json"


def change(ground: Ground, kind: str, name: str, patch: Any, group: str = "") -> None:
    resource = ground.cluster.store.resource(kind, group)
    ground.cluster.verbs.patch(resource, "shop", name, content_type=MERGE, patch=patch)


def create(ground: Ground, item: Object) -> None:
    resource = ground.cluster.store.resource(item["kind"], item["apiVersion"].rpartition("/")[0])
    ground.cluster.verbs.create(resource, "shop", item)


def by_generated(*objects: Object, **more: Any) -> tuple[Ground, Plan]:
    ground = Ground([*objects, a_secret(values={"password": "old"})], **more)
    wish = Wish(secret="shop/database", strategy="generated")
    return ground, ground.plan("shop/database", wishes=Wishes(quiet="1m", observe="1m", credentials=(wish,)))


def stopped_at(ground: Ground, plan: Plan, journal: Path, step: str) -> Outcome:
    """Run until just before a step: killed where it is begun."""

    def kill() -> None:
        if ground.boundaries[-1] == f"after begun {step}":
            raise Killed

    ground.watch = kill
    with pytest.raises(Killed):
        ground.apply(plan, journal)
    ground.watch = None
    return Outcome(rotation="", result=Result.STOPPED)


def test_new_pods_that_do_not_become_ready_stop_it_and_the_undo_is_clean(tmp_path):
    ground, plan = by_generated(consumer(), ready=lambda pod, held: all(one.secret == "database" for one in held))
    before = ground.secret_names()
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert (outcome.result, "does not get through" in outcome.says) == (Result.STOPPED, True)
    assert {held["password"] for _, held in ground.running()} == {"old"}
    (outcome,) = ground.undo(plan, tmp_path / "j")
    assert (outcome.result, ground.secret_names()) == (Result.UNDONE, before)


def test_the_canary_is_the_smallest_and_keeps_the_others_from_harm(tmp_path):
    def ready(pod: Object, held: Any) -> bool:
        return not pod["metadata"]["name"].startswith("small") or all(one.secret == "database" for one in held)

    ground, plan = by_generated(consumer(replicas=4), consumer(name="small", replicas=1), ready=ready)
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert "small" in outcome.says
    app = ground.get("Deployment", "app", group="apps")
    assert app is not None
    assert "database" in str(app["spec"])
    assert NEW not in str(app["spec"])


def test_a_budget_that_allows_nothing_is_waited_for(tmp_path):
    spec = {"minAvailable": 4, "selector": {"matchLabels": {"app": "app"}}}
    budget = an_object("policy/v1", "PodDisruptionBudget", "app", namespace="shop", spec=spec)
    ground, plan = by_generated(consumer(replicas=4), budget)
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert (outcome.result, "PodDisruptionBudget app" in outcome.says) == (Result.WAITING, True)
    assert {held["password"] for _, held in ground.running()} == {"old"}
    change(ground, "PodDisruptionBudget", "app", {"spec": {"minAvailable": 3}}, group="policy")
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert outcome.result is Result.DONE


def test_a_stateful_set_on_delete_is_evicted_pod_by_pod(tmp_path):
    container = a_container(envFrom=[{"secretRef": {"name": "database"}}])
    workload = a_workload("StatefulSet", "app", replicas=3, containers=[container])
    workload["spec"]["updateStrategy"] = {"type": "OnDelete"}
    ground, plan = by_generated(workload)
    low = []
    ground.watch = lambda: low.append(len(ground.running()))
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert outcome.result is Result.DONE, outcome.says
    assert min(low) >= 2
    assert "old" not in {held["password"] for _, held in ground.running()}


@pytest.mark.parametrize("kind", ["Recreate", "StatefulSet"])
def test_an_outage_has_to_be_accepted(tmp_path, kind):
    container = a_container(envFrom=[{"secretRef": {"name": "database"}}])
    if kind == "Recreate":
        workload = consumer()
        workload["spec"]["strategy"] = {"type": "Recreate"}
    else:
        workload = a_workload("StatefulSet", "app", replicas=1, containers=[container])
    ground, plan = by_generated(workload)
    plan_without = _without_outage(plan)
    (outcome,) = ground.apply(plan_without, tmp_path / "j", accept_outage=False)
    assert (outcome.result, "--accept-outage" in outcome.says) == (Result.WAITING, True)
    (outcome,) = ground.apply(plan_without, tmp_path / "j")
    assert outcome.result is Result.DONE, outcome.says


def _without_outage(plan: Plan) -> Plan:
    """The plan as if the strategy itself interrupted nothing, so that only the cluster's own state speaks."""
    return structs.replace(plan, rotations=tuple(structs.replace(one, outage=()) for one in plan.rotations))


def test_a_consumer_that_the_plan_does_not_know_stops_it_before_anything_is_written(tmp_path):
    ground, plan = by_generated(consumer())
    create(ground, consumer(name="late"))
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert "Deployment late refers to it, too" in outcome.says
    assert ground.get("Secret", NEW) is None


def test_a_cron_job_that_came_meanwhile_keeps_the_old_one(tmp_path):
    ground, plan = by_generated(consumer())
    stopped_at(ground, plan, tmp_path / "j", "prove")
    pod = {"containers": [a_container(envFrom=[{"secretRef": {"name": "database"}}])]}
    spec = {"schedule": "@monthly", "jobTemplate": {"spec": {"template": {"spec": pod}}}}
    create(ground, an_object("batch/v1", "CronJob", "monthly", namespace="shop", spec=spec))
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert "CronJob monthly refers to it, too" in outcome.says
    assert ground.get("Secret", "database") is not None


def test_the_old_secret_written_by_somebody_else_is_not_removed(tmp_path):
    ground, plan = by_generated(consumer())
    stopped_at(ground, plan, tmp_path / "j", "revoke")
    change(ground, "Secret", "database", {"stringData": {"password": "by hand"}})
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert (outcome.result, "written by somebody else" in outcome.says) == (Result.STOPPED, True)
    assert ground.value("database", "password") == "by hand"


def test_an_old_secret_made_anew_is_another_one(tmp_path):
    ground, plan = by_generated(consumer())
    ground.cluster.verbs.delete(ground.cluster.store.resource("Secret"), "shop", "database")
    create(ground, a_secret(values={"password": "other"}))
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert "was made anew" in outcome.says


def test_a_template_that_somebody_changed_meanwhile_stops_the_way_back(tmp_path):
    ground, plan = by_generated(consumer())
    stopped_at(ground, plan, tmp_path / "j", "prove")
    item = ground.get("Deployment", "app", group="apps")
    assert item is not None
    containers = [{**item["spec"]["template"]["spec"]["containers"][0], "envFrom": []}]
    change(ground, "Deployment", "app", {"spec": {"template": {"spec": {"containers": containers}}}}, group="apps")
    (outcome,) = ground.undo(plan, tmp_path / "j")
    assert (outcome.result, "somebody changed it" in outcome.says) == (Result.STOPPED, True)


def test_another_plan_at_the_same_credential_waits_for_the_first(tmp_path):
    ground, plan = by_generated(consumer())
    stopped_at(ground, plan, tmp_path / "one", "prove")
    other = ground.plan_for([plan.rotations[0].credential], suffix="r202603020ffff", wishes=_wishes())
    (outcome,) = ground.apply(other, tmp_path / "two")
    assert "another plan (demarc-plan-" in outcome.says
    (outcome,) = ground.apply(plan, tmp_path / "one")
    assert outcome.result is Result.DONE


def _wishes() -> Wishes:
    return Wishes(quiet="1m", observe="1m", credentials=(Wish(secret="shop/database", strategy="generated"),))


def test_a_secret_of_the_new_name_that_is_not_ours_is_left_alone(tmp_path):
    ground, plan = by_generated(consumer())
    create(ground, a_secret(NEW, values={"password": "theirs"}))
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert "of somebody else already" in outcome.says
    ground.undo(plan, tmp_path / "j")
    assert ground.value(NEW, "password") == "theirs"


def test_an_immutable_secret_in_place_is_refused(tmp_path):
    scenario = SCENARIOS["generated in place"]()
    plan = scenario.plan()
    change(scenario.ground, "Secret", "database", {"immutable": True})
    scenario.ground.watch = None
    (outcome,) = scenario.ground.apply(plan, tmp_path / "j")
    assert "is immutable" in outcome.says


def test_an_immutable_secret_is_no_trouble_for_a_new_one(tmp_path):
    ground, plan = by_generated(consumer())
    change(ground, "Secret", "database", {"immutable": True})
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert outcome.result is Result.DONE


class TestProof:
    def test_a_use_of_the_old_token_starts_the_quiet_window_anew(self, tmp_path):
        scenario = bound_token()
        ground, plan, old = scenario.ground, scenario.plan(), scenario.ground.value("robot-token", "token")
        trail = tmp_path / "audit.log"
        ground.uses = AuditUses([trail])
        ground.watch = None

        def go_on() -> Outcome:
            trail.write_text(ground.cluster.audit_log())
            return ground.apply(plan, tmp_path / "j", patience=1)[0]

        assert "must stay unused until" in go_on().says or "has to reach" in go_on().says
        ground.sleep(40)
        assert _whoami(ground, old) == 201  # an outsider still has it
        ground.sleep(40)
        outcome = go_on()
        assert "still used (used at 2026-03-02T08:" in outcome.says
        assert ground.cluster.authenticates(old)
        ground.sleep(120)
        _whoami(ground, "")
        outcome = go_on()
        ground.sleep(120)
        outcome = go_on()
        assert outcome.result is Result.DONE, outcome.says

    def test_without_anybody_who_can_tell_a_person_has_to(self, tmp_path):
        ground, old = _token_ground()
        tracking = ground.cluster.store.resource("ConfigMap")
        name = "kube-apiserver-legacy-service-account-token-tracking"
        ground.cluster.verbs.delete(tracking, "kube-system", name)
        wish = Wish(secret="shop/robot-token", strategy="retire")
        plan = ground.plan("shop/robot-token", wishes=Wishes(quiet="1m", observe="1m", credentials=(wish,)))
        (outcome,) = ground.apply(plan, tmp_path / "j")
        assert (outcome.result, "--confirm unseen" in outcome.says) == (Result.WAITING, True)
        assert ground.cluster.authenticates(old)
        (outcome,) = ground.apply(plan, tmp_path / "j", confirmed=("unseen",))
        assert outcome.result is Result.DONE

    def test_a_token_used_today_is_known_to_be_unused_only_tomorrow(self, tmp_path):
        scenario = retire()
        ground, old = scenario.ground, scenario.ground.value("robot-token", "token")
        plan = scenario.plan()
        assert _whoami(ground, old) == 201
        (outcome,) = ground.apply(plan, tmp_path / "j")
        assert (outcome.result, "known from tomorrow on" in outcome.says) == (Result.WAITING, True)
        ground.clock.at += timedelta(days=1)
        (outcome,) = ground.apply(plan, tmp_path / "j")
        assert outcome.result is Result.DONE

    def test_a_key_that_iam_saw_used_is_kept(self, tmp_path):
        scenario = aws()
        ground, plan, issuer = scenario.ground, scenario.plan(), scenario.issuer
        stopped_at(ground, plan, tmp_path / "j", "prove")
        ground.apply(plan, tmp_path / "j", patience=1)
        issuer.used["AKIAOLD"] = ground.clock() + timedelta(seconds=1)
        ground.sleep(30)
        (outcome,) = ground.apply(plan, tmp_path / "j", patience=1)
        assert "still used (IAM noted s3" in outcome.says
        assert issuer.keys["AKIAOLD"]["Status"] == "Active"

    def test_a_consumer_that_fails_without_the_old_one_turns_it_on_again(self, tmp_path):
        broken: list[bool] = []
        container = a_container(envFrom=[{"secretRef": {"name": "robot-token"}}])
        app = a_deployment("app", containers=[container], service_account="robot")
        ground, old = _token_ground(app, ready=lambda pod, held: not broken)
        plan = ground.plan("shop/robot-token", wishes=Wishes(quiet="1m", observe="10m"))
        stopped_at(ground, plan, tmp_path / "j", "observe")
        assert not ground.cluster.authenticates(old)
        broken.append(True)
        (outcome,) = ground.apply(plan, tmp_path / "j")
        assert (outcome.result, "turned on again" in outcome.says) == (Result.STOPPED, True)
        assert ground.cluster.authenticates(old)
        broken.clear()
        (outcome,) = ground.apply(plan, tmp_path / "j")
        assert outcome.result is Result.WAITING or outcome.result is Result.DONE
        ground.sleep(700)
        (outcome,) = ground.apply(plan, tmp_path / "j")
        assert outcome.result is Result.DONE
        assert not ground.cluster.authenticates(old)


def _whoami(ground: Ground, token: str) -> int:
    from demarc.testing import FakeClient

    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    return FakeClient(ground.cluster, token=token).send("POST", path, {}, body=b"{}").status


class TestOperators:
    def test_cert_manager_that_keeps_the_key_is_told_apart(self, tmp_path):
        scenario = SCENARIOS["cert-manager"]()
        plan = scenario.plan()
        policy = {"spec": {"privateKey": {"rotationPolicy": "Never"}}}
        change(scenario.ground, "Certificate", "web", policy, group="cert-manager.io")
        (outcome,) = scenario.ground.apply(plan, tmp_path / "j")
        assert "rotationPolicy is Never" in outcome.says

    def test_an_authority_is_not_renewed_in_one_step(self, tmp_path):
        scenario = SCENARIOS["cert-manager"]()
        plan = scenario.plan()
        change(scenario.ground, "Certificate", "web", {"spec": {"isCA": True}}, group="cert-manager.io")
        (outcome,) = scenario.ground.apply(plan, tmp_path / "j")
        assert "isCA" in outcome.says
        assert outcome.result is not Result.DONE

    def test_an_authority_is_not_signed_anew_where_a_plan_could_not_know_it(self, tmp_path):
        scenario = SCENARIOS["own-ca"]()
        (known,) = [one for one in credentials(scenario.ground.snapshot()) if one.key == "shop/ca"]
        unknown = structs.replace(known, authority=False)
        wish = Wish(secret="shop/ca", strategy="own-ca", settings={"ca_secret": "shop/ca", "days": "30"})
        plan = scenario.ground.plan_for([unknown], wishes=Wishes(credentials=(wish,), quiet="1m", observe="1m"))
        before = scenario.ground.value("ca", "tls.crt")
        (outcome,) = scenario.ground.apply(plan, tmp_path / "j")
        assert "authority itself" in outcome.says
        assert scenario.ground.value("ca", "tls.crt") == before

    def test_a_store_that_still_holds_the_old_value_is_waited_for(self, tmp_path):
        scenario = SCENARIOS["external-secrets"]()
        ground, plan = scenario.ground, scenario.plan()
        store = ground.cluster.controllers[-1].store  # type: ignore[attr-defined]
        new, store["shop/password"] = store["shop/password"], "old"
        for _ in range(2):
            (outcome,) = ground.apply(plan, tmp_path / "j")
            assert "the store still holds the old value" in outcome.says
        store["shop/password"] = new
        (outcome,) = ground.apply(plan, tmp_path / "j")
        assert outcome.result is Result.DONE, outcome.says
        assert {held["password"] for _, held in ground.running()} == {"new"}


def test_a_plan_that_is_too_old_is_not_begun_but_is_finished(tmp_path):
    from demarc.model.errors import DemarcError

    scenario = generated()
    ground, plan = scenario.ground, scenario.plan()
    stopped_at(ground, plan, tmp_path / "begun", "prove")
    ground.clock.at += timedelta(days=8)
    with pytest.raises(DemarcError, match="could be begun until"):
        ground.apply(plan, tmp_path / "new")
    (outcome,) = ground.apply(plan, tmp_path / "begun")
    assert outcome.result is Result.DONE


def test_high_power_needs_two_of_whom_one_does_not_carry_it_out(tmp_path):
    ground = Ground([consumer(), a_secret(values={"password": "old"}), a_config_map()])
    plan = ground.plan("shop/database", wishes=_wishes(), power=("may act as anybody",))
    (outcome,) = ground.apply(plan, tmp_path / "j", by=("ann",), applicant="ann")
    assert "2 people have to approve, 1 did" in outcome.says
    (outcome,) = ground.apply(plan, tmp_path / "j", by=("bo",), applicant="ann")
    assert outcome.result is Result.DONE
    (entry,) = ground.recorded
    assert (entry.what, entry.by, entry.plan) == ("rotated", ("ann", "bo"), plan.digest)


def test_old_replica_sets_that_would_bring_the_old_one_back_are_swept(tmp_path):
    ground, plan = by_generated(consumer())
    ground.apply(plan, tmp_path / "j")
    sets = [str(item["spec"]["template"]) for item in ground.cluster.verbs.of("ReplicaSet", "apps")]
    assert [NEW in one for one in sets] == [True]


def test_a_token_that_kubernetes_turned_off_stays_off_after_an_undo(tmp_path):
    scenario = retire()
    ground, old = scenario.ground, scenario.ground.value("robot-token", "token")
    label = {"metadata": {"labels": {"kubernetes.io/legacy-token-invalid-since": "2026-02-01"}}}
    change(ground, "Secret", "robot-token", label)
    plan = scenario.plan()
    stopped_at(ground, plan, tmp_path / "j", "observe")
    (outcome,) = ground.undo(plan, tmp_path / "j")
    assert outcome.result is Result.UNDONE
    assert not ground.cluster.authenticates(old)


def test_one_rotation_that_stops_does_not_hold_up_the_others(tmp_path):
    ground = Ground(
        [
            consumer(),
            consumer(name="other", secret="second"),
            a_secret(values={"password": "old"}),
            a_secret("second", values={"password": "old too"}),
        ],
        ready=lambda pod, held: not pod["metadata"]["name"].startswith("app") or held[0].secret == "database",
    )
    chosen = tuple(Wish(secret=f"shop/{name}", strategy="generated") for name in ("database", "second"))
    plan = ground.plan("shop/database", "shop/second", wishes=Wishes(quiet="1m", observe="1m", credentials=chosen))
    first, second = ground.apply(plan, tmp_path / "j")
    assert (first.result, second.result) == (Result.STOPPED, Result.DONE)
    undone = {outcome.rotation: outcome for outcome in ground.undo(plan, tmp_path / "j")}
    assert undone["shop/database"].result is Result.UNDONE
    assert "no way back" in undone["shop/second"].says


def test_an_issuer_that_is_away_stops_it_and_nothing_is_lost(tmp_path):
    scenario = aws()
    ground, plan, away = scenario.ground, scenario.plan(), [True]
    there = ground.http
    assert there is not None
    ground.http = lambda *given: (503, {}, b"") if away else there(*given)
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert (outcome.result, "IAM refused ListAccessKeys: 503" in outcome.says) == (Result.STOPPED, True)
    away.clear()
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert outcome.result is Result.DONE
    scenario.finished()


def test_a_second_key_of_somebody_else_is_never_deleted(tmp_path):
    scenario = aws()
    ground, plan, iam = scenario.ground, scenario.plan(), scenario.issuer
    iam._make("shop", "AKIATHEIRS")
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert "find out who uses AKIATHEIRS" in outcome.says
    ground.undo(plan, tmp_path / "j")
    assert set(iam.keys) == {"AKIAOLD", "AKIATHEIRS"}


@pytest.mark.parametrize("used", [True, False])
def test_a_key_that_somebody_else_made_after_a_crash_is_left(tmp_path, used):
    """Killed before the request for a key was sent; somebody takes the second slot meanwhile."""
    scenario = aws()
    ground, plan, iam = scenario.ground, scenario.plan(), scenario.issuer
    first = aws()
    first.ground.apply(plan, tmp_path / "first")
    noted = [number for number, where in enumerate(first.ground.boundaries, 1) if where == "after fact "]
    ground.kill_at = noted[1]  # the time at which it began to make one is noted
    with pytest.raises(Killed):
        ground.apply(plan, tmp_path / "j")
    ground.kill_at = None
    assert "CreateAccessKey" not in iam.asked
    ground.clock.at += timedelta(minutes=5)
    iam._make("shop", "AKIATHEIRS")
    if used:
        iam.used["AKIATHEIRS"] = ground.clock()
    (outcome,) = ground.apply(plan, tmp_path / "j")
    assert "somebody else made access key AKIATHEIRS" in outcome.says
    assert "AKIATHEIRS" in iam.keys
