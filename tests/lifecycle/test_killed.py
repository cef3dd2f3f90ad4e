"""Whatever kills a run at any step of any strategy: all goes on meanwhile, and the next run goes on or goes back."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from demarc.lifecycle.engine import Outcome, Result
from demarc.lifecycle.plan import Plan, written
from tests.lifecycle.ground import Killed
from tests.lifecycle.scenarios import SCENARIOS, Scenario

MOST_RUNS = 12
"""So often may a run be repeated until it is through: each waits for at most ten minutes of the clock."""


@pytest.fixture
def journal() -> Iterator[Path]:
    """In memory where there is such a folder: a journal is synced some fifty times a run."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder) / "journal"


@cache
def plan_of(name: str) -> Plan:
    return SCENARIOS[name]().plan()


def through(scenario: Scenario, plan: Plan, journal: Path) -> Outcome:
    """Apply until it is done or stopped."""
    for _ in range(MOST_RUNS):
        (outcome,) = scenario.ground.apply(plan, journal, confirmed=scenario.confirmed)
        if outcome.result is not Result.WAITING:
            return outcome
        scenario.ground.sleep(3600)
    raise AssertionError(outcome.says)


@cache
def kills(name: str) -> tuple[int, ...]:
    """Numbers of the boundaries after which something was written, and the first of all."""
    scenario = SCENARIOS[name]()
    with TemporaryDirectory() as folder:
        through(scenario, plan_of(name), Path(folder) / "journal")
    found = scenario.ground.boundaries
    return (1, *(number for number, where in enumerate(found, 1) if where.startswith("after")))


def killed(name: str, at: int, journal: Path) -> Scenario:
    scenario = SCENARIOS[name]()
    scenario.ground.kill_at = at
    with pytest.raises(Killed):
        through(scenario, plan_of(name), journal)
    scenario.ground.kill_at = None
    scenario.hold()
    return scenario


def secret_values(scenario: Scenario) -> set[str]:
    """Values of all Secrets, as they are and as the API prints them; what is public in them left out."""
    found: set[str] = set()
    for item in scenario.ground.cluster.verbs.of("Secret"):
        for key, value in (item.get("data") or {}).items():
            if key not in ("tls.crt", "ca.crt", "namespace", "AWS_ACCESS_KEY_ID", "username", "host"):
                found |= {value, base64.b64decode(value).decode()}
    return {value for value in found if len(value) > 3}


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_goes_through(name, journal):
    scenario = SCENARIOS[name]()
    plan = scenario.plan()
    before = secret_values(scenario)
    outcome = through(scenario, plan, journal)
    assert (outcome.result, outcome.says) == (Result.DONE, "")
    scenario.finished()
    said = journal.read_text() + written(plan).decode() + repr(scenario.ground.recorded)
    for value in before | secret_values(scenario):
        assert value not in said


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_anywhere_it_goes_on(name):
    for at in kills(name):
        with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
            journal = Path(folder) / "journal"
            scenario = killed(name, at, journal)
            outcome = through(scenario, plan_of(name), journal)
            assert outcome.result is Result.DONE, (at, scenario.ground.boundaries[at - 1], outcome.says)
            scenario.finished()


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_anywhere_it_goes_back_or_says_that_there_is_no_way_back(name):
    undone = 0
    for at in kills(name)[::2]:
        with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
            journal = Path(folder) / "journal"
            scenario = killed(name, at, journal)
            (outcome,) = scenario.ground.undo(plan_of(name), journal, confirmed=scenario.confirmed)
            where = (at, scenario.ground.boundaries[at - 1], outcome.says)
            if outcome.result is Result.UNDONE:
                undone += 1
                scenario.as_before()
            else:
                assert outcome.result is Result.STOPPED, where
                assert "there is no way back" in outcome.says or not scenario.can_undo, where
                outcome = through(scenario, plan_of(name), journal) if scenario.can_undo else outcome
                assert outcome.result is Result.DONE or not scenario.can_undo, where
    assert undone > 3


@pytest.mark.parametrize("name", ["generated in place", "aws-access-key", "bound-token", "projected-token"])
def test_an_undo_that_is_killed_goes_back_all_the_same(name):
    """Killed after the last roll, then killed again at each step of the way back."""
    first = SCENARIOS[name]()
    with TemporaryDirectory() as folder:
        through(first, plan_of(name), Path(folder) / "journal")
    rolled = max(at for at, where in enumerate(first.ground.boundaries, 1) if where.startswith("after done roll"))
    again = 1
    while True:
        with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
            journal = Path(folder) / "journal"
            scenario = killed(name, rolled, journal)
            scenario.ground.kill_at = rolled + again
            try:
                scenario.ground.undo(plan_of(name), journal)
            except Killed:
                scenario.ground.kill_at = None
                (outcome,) = scenario.ground.undo(plan_of(name), journal)
                assert outcome.result is Result.UNDONE, outcome.says
                scenario.as_before()
            else:
                break
        again += 2
    assert again > 10
