"""The commands as somebody types them, against a fake cluster over HTTP; also killed for good."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from demarc.cli.main import run
from demarc.cli.nhi_plan import next_step
from demarc.lifecycle.plan import Plan
from demarc.testing import FakeCluster, Request, a_config_map, a_namespace, a_secret, a_service_account
from demarc.testing.controllers import TokenController, WorkloadController
from tests.lifecycle.scenarios import ACCOUNT, TOKEN, consumer

VALUE = "tr0ub4dor-and-3"
SETTINGS = """
quiet: 1s
observe: 1s
credentials:
  - secret: shop/database
    strategy: generated
"""


@pytest.fixture(autouse=True)
def _at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    for name in ("DEMARC_REGISTER", "DEMARC_LEDGER", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    monkeypatch.setattr("demarc.cli.nhi.time.sleep", lambda seconds, wait=time.sleep: wait(seconds / 20))


class Held:
    """A cluster that somebody types at."""

    def __init__(self, folder: Path, cluster: FakeCluster, workloads: WorkloadController) -> None:
        self.folder, self.cluster, self.workloads = folder, cluster, workloads
        self.config = folder / "kubeconfig"
        self.config.write_text(cluster.kubeconfig())
        self.plan = folder / "plan.yaml"

    def words(self, *words: str) -> list[str]:
        return [*words, "--kubeconfig", str(self.config)]

    def make_plan(self) -> None:
        settings = str(self.folder / "settings.yaml")
        assert run(self.words("nhi", "plan", "--settings", settings, "-o", str(self.plan))) == 0

    def apply(self, *more: str) -> int:
        return run(self.words("nhi", "apply", str(self.plan), "--accept-outage", *more))

    def held(self) -> set[str]:
        found = self.workloads.running(self.cluster.verbs)
        return {base64.b64decode(one.value).decode() for _, held in found for one in held}

    def names(self) -> set[str]:
        return {item["metadata"]["name"] for item in self.cluster.verbs.of("Secret")}


@pytest.fixture
def here(tmp_path) -> Iterator[Held]:
    workloads = WorkloadController()
    objects = [
        a_namespace("kube-system"),
        a_namespace("shop"),
        consumer(),
        a_secret(values={"password": VALUE}),
        a_service_account("robot"),
        a_secret("robot-token", values={}, type=TOKEN, annotations=ACCOUNT),
        a_config_map("kube-apiserver-legacy-service-account-token-tracking", "kube-system"),
    ]
    cluster = FakeCluster(objects, controllers=[TokenController(), workloads])
    for _ in range(20):
        cluster.step()
    with cluster:
        yield Held(tmp_path, cluster, workloads)


def writes(cluster: FakeCluster) -> list[Request]:
    asked = [request for request in cluster.requests if request.method != "GET"]
    return [request for request in asked if "reviews" not in request.path and "dryRun" not in request.query]


def test_planning_and_looking_write_nothing(here, capsys):
    here.make_plan()
    assert run(["nhi", "status", str(here.plan)]) == 0
    assert run(here.words("nhi", "plan", "--all")) == 0
    assert run(here.words("offboard", "namespace:shop")) == 0
    assert [request for request in here.cluster.requests if request.method != "GET"] == []
    said = capsys.readouterr().out + here.plan.read_text()
    assert VALUE not in said
    assert base64.b64encode(VALUE.encode()).decode() not in said


def test_from_plan_to_proof(here, capsys):
    here.make_plan()
    assert here.apply() == 1
    assert "1 person has to approve" in capsys.readouterr().out
    assert writes(here.cluster) == []
    assert here.apply("--approved-by", "ann") == 0
    assert VALUE not in here.held()
    assert "database" not in here.names()
    assert run(here.words("nhi", "verify", str(here.plan))) == 0
    assert "holds" in capsys.readouterr().out
    assert run(["nhi", "status", str(here.plan), "--format", "json"]) == 0
    state = json.loads(capsys.readouterr().out)
    assert state["rotations"]["shop/database"]["standing"] == "done"
    (new,) = here.held()
    for path in here.folder.rglob("*"):
        if path.is_file() and path.name != "kubeconfig":
            text = path.read_text(errors="replace")
            assert VALUE not in text, path
            assert new not in text, path
    assert all(
        request.query.get("fieldManager") == "demarc" for request in writes(here.cluster) if "PATCH" in request.method
    )


def test_an_undo_puts_all_back(here, capsys):
    here.make_plan()
    settings = here.folder / "settings.yaml"
    settings.write_text(SETTINGS.replace("quiet: 1s", "quiet: 1h"))
    here.make_plan()
    before = here.names()
    assert here.apply("--approved-by", "ann", "--patience", "3") == 1
    assert "must stay unused until" in capsys.readouterr().out
    assert VALUE not in here.held()
    assert run(here.words("nhi", "undo", str(here.plan))) == 0
    assert (here.held(), here.names()) == ({VALUE}, before)
    assert here.apply() == 1
    assert "make a new plan" in capsys.readouterr().out
    assert run(here.words("nhi", "verify", str(here.plan))) == 1


def test_the_end_is_recorded_in_a_ledger_once(here, capsys):
    here.make_plan()
    ledger = str(here.folder / "ledger.db")
    assert run(["ledger", "init", "--ledger", ledger]) == 0
    assert here.apply("--approved-by", "ann", "--ledger", ledger) == 0
    assert here.apply("--ledger", ledger) == 0
    capsys.readouterr()
    assert run(["ledger", "log", "--ledger", ledger, "--kind", "rotation", "--format", "json"]) == 0
    said = capsys.readouterr().out
    assert said.count("secret.rotation @ shop/database") == 1
    assert '"ann"' in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda here: here.plan.write_text(here.plan.read_text().replace("generated", "command")), "was changed after"),
        (lambda here: here.plan.write_text("rotations: 3"), "not a plan"),
        (lambda here: here.plan.unlink(), "cannot read the plan"),
        (lambda here: here.cluster.verbs.delete(*_system(here)), "not the cluster that the plan was made for"),
    ],
)
def test_what_is_no_plan_for_this_cluster_is_refused(here, capsys, change, says):
    here.make_plan()
    change(here)
    assert here.apply("--approved-by", "ann") == 2
    assert says in capsys.readouterr().err
    assert writes(here.cluster) == []


def _system(here: Held) -> tuple[Any, str, str]:
    return here.cluster.store.resource("Namespace"), "", "kube-system"


def test_a_journal_that_somebody_changed_is_found(here, capsys):
    here.make_plan()
    here.apply()
    journal = here.plan.with_name("plan.yaml.journal")
    journal.write_text(journal.read_text().replace("waiting", "done"))
    assert here.apply("--approved-by", "ann") == 2
    assert "journal was changed by somebody else" in capsys.readouterr().err


def test_without_rights_it_stops_before_anything_is_written(here, capsys):
    here.make_plan()
    here.cluster.forbid = ("delete secrets/shop", "patch deployments.apps")
    assert here.apply("--approved-by", "ann") == 1
    said = capsys.readouterr().out
    assert "delete secrets in shop" in said
    assert "patch deployments.apps in shop" in said
    assert writes(here.cluster) == []


def test_a_dry_run_never_sends_a_real_value(here):
    here.make_plan()
    here.apply("--approved-by", "ann")
    sent = [json.loads(request.body) for request in here.cluster.requests if request.query.get("dryRun")]
    values = {value for item in sent if isinstance(item, dict) for value in item.get("data", {}).values()}
    assert values == {base64.b64encode(b"demarc dry run").decode()}


def test_a_plan_without_a_rotation_has_nothing_to_carry_out(here, capsys):
    (here.folder / "settings.yaml").write_text("credentials: [{secret: shop/database}]")
    here.make_plan()
    assert "No safe way yet" in capsys.readouterr().out
    assert here.apply("--approved-by", "ann") == 2
    assert "nothing to carry out" in capsys.readouterr().err


def test_an_interrupt_says_how_to_go_on(here, capsys, monkeypatch):
    here.make_plan()

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    # Its own name for it alone: threads of others, such as Spark's, sleep as well.
    monkeypatch.setattr("demarc.cli.nhi.time", SimpleNamespace(sleep=stop))
    assert here.apply("--approved-by", "ann") == 130
    assert "run the same command to go on" in capsys.readouterr().err


def test_nothing_named_is_an_error(here, capsys):
    assert run(here.words("nhi", "plan")) == 2
    assert run(here.words("nhi", "plan", "shop/other")) == 2
    assert "there is no such Secret" in capsys.readouterr().err


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_killed_for_good_and_run_again(here, after):
    """A process of its own is killed when the cluster has taken its nth write, before the answer is there."""
    here.make_plan()
    child: list[subprocess.Popen[bytes]] = []
    seen = 0

    def kill(request: Request) -> None:
        nonlocal seen
        if not child or request.method == "GET" or "reviews" in request.path or "dryRun" in request.query:
            return
        seen += 1
        if seen == after:
            os.kill(child[0].pid, signal.SIGKILL)

    here.cluster.before = kill
    words = here.words("nhi", "apply", str(here.plan), "--accept-outage", "--approved-by", "ann")
    child.append(
        subprocess.Popen(
            [sys.executable, "-c", "from demarc.cli.main import main; main()", *words], stdout=subprocess.DEVNULL
        )
    )
    assert child[0].wait(timeout=120) == -signal.SIGKILL
    time.sleep(0.05)
    child.clear()
    assert len(here.workloads.running(here.cluster.verbs)) >= 2
    assert here.apply() == 0
    assert VALUE not in here.held()
    assert len(here.held()) == 1
    assert "database" not in here.names()


def test_a_plan_that_only_people_can_carry_out_is_not_to_be_begun_by_a_command():
    empty = Plan(made_at="2026-11-28", expires_at="2026-12-05", reason="review", cluster="c")
    assert next_step(empty, "demarc nhi apply plan.yaml", Path("plan.yaml")).endswith("for people to do")
