"""Every engine gives the same answer to every query: DuckDB, ClickHouse, and Spark on a real master and worker."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demarc.events.engines import ENGINES, open_engine
from demarc.events.interface import EventTable, Query
from demarc.events.query import queries, query_of
from demarc.events.store import Store
from demarc.model.errors import DemarcError
from tests.events.given import Trail, an_event, lines

HOSTILE = "x' OR '1'='1 \\ \" \t \n ; -- $name :name {name:String} % _ 角 🔑"
GIVEN: dict[str, dict[str, Any]] = {
    "search": {"user": "ana", "verb": "get", "resource": "secrets", "most": 40, "address": "198.51.100.7"},
    "gaps": {"longer_us": 1_000_000},
    "sessions": {"idle_us": 5_000_000},
}


def a_busy_trail(folder: Path) -> Trail:
    trail = Trail(folder)
    events = []
    for number in range(400):
        who = ("ana", "bob", "system:serviceaccount:ci:deployer", HOSTILE)[number % 4]
        resource = ("secrets", "pods", "configmaps")[number % 3]
        extra = {"authentication.kubernetes.io/credential-id": [f"JTI={number % 9}"]}
        notes = {"authorization.k8s.io/decision": "forbid" if number % 11 == 0 else "allow"}
        if number % 50 == 0:
            notes["authentication.kubernetes.io/issued-credential-id"] = f"JTI={number // 50}"
        minute, second = divmod(number * 7, 60)
        when = f"2026-01-01T{minute // 60:02}:{minute % 60:02}:{second:02}.{number % 5:06}Z"
        event = an_event(
            number % 390,
            verb=("get", "list", "create")[number % 3],
            stage="RequestReceived" if number % 23 == 0 else "ResponseComplete",
            user={"username": who, "groups": ["g", HOSTILE], "extra": extra},
            sourceIPs=["198.51.100.7", f"10.0.0.{number % 6}"][number % 2 :],
            objectRef={"resource": resource, "namespace": f"n{number % 5}", "name": HOSTILE, "apiVersion": "v1"},
            responseStatus={"code": 403 if number % 11 == 0 else 200},
            requestReceivedTimestamp=when,
            annotations=notes,
        )
        events.append(event)
    trail.add(lines(*events[:250]), "one")
    trail.add(lines(*events[200:]), "two")
    return trail


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> EventTable:
    trail = a_busy_trail(tmp_path_factory.mktemp("trail with a space, and a 'quote'"))
    return Store.open(trail.root).table()


def answers(engine: Any, table: EventTable) -> dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]:
    engine.register(table)
    found = {}
    asked = {**queries(), "hostile": OF_USER, "patterns": PATTERNS}
    given = {**GIVEN, "hostile": {"who": HOSTILE}}
    for name, query in asked.items():
        answer = engine.run(query, given.get(name))
        found[name] = (answer.columns, [tuple(row) for row in answer.rows])
    return found


OF_USER = query_of(
    "-- x\n-- parameter: who VARCHAR\n"
    "SELECT user_name, user_groups, dry_run, event_id FROM events WHERE user_name = $who ORDER BY event_id",
    name="hostile",
)
PATTERNS = query_of(
    "SELECT user_name, COUNT(*) AS n, SUM(CASE WHEN dry_run OR truncated THEN 1 ELSE 0 END) AS odd FROM events "
    "WHERE user_name LIKE 'system:%' OR LOWER(user_name) LIKE '%OR ''1%' GROUP BY user_name ORDER BY user_name",
    name="patterns",
)


@pytest.fixture(scope="module")
def expected(table, tmp_path_factory):
    with open_engine("duckdb", scratch=tmp_path_factory.mktemp("scratch")) as engine:
        found = answers(engine, table)
    assert len(found["timeline"][1]) == 400
    assert len(found["hostile"][1]) == 100
    for name in ("credentials", "gaps", "identities", "reused-ids", "secret-reads", "sessions", "unanswered", "search"):
        assert found[name][1], name
    return found


def test_clickhouse_gives_the_same_answers(table, expected, tmp_path):
    pytest.importorskip("chdb")
    with open_engine("clickhouse", scratch=tmp_path) as engine:
        assert answers(engine, table) == expected
        assert engine.explain(queries()["identities"])


FOR_A_SHORT_LIFE = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"
"""To compile everything as well as can be costs Java more than these few hundred rows do."""


@pytest.fixture(scope="module")
def spark_master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A standalone master and one worker, as processes of their own, on ports that are free."""
    pyspark = pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 or later")
    home, folder = Path(pyspark.__file__).parent, tmp_path_factory.mktemp("spark")
    port = free_port()
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_NO_DAEMONIZE": "1",
        "JDK_JAVA_OPTIONS": FOR_A_SHORT_LIFE,
    }
    master = f"spark://127.0.0.1:{port}"
    package = "org.apache.spark.deploy"
    commands = (
        [f"{package}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(free_port())],
        [
            *(f"{package}.worker.Worker", "--host", "127.0.0.1", "--cores", "2", "--memory", "1g"),
            *("--work-dir", str(folder / "work"), "--webui-port", str(free_port()), master),
        ],
    )
    started: list[subprocess.Popen[bytes]] = []
    try:
        for number, command in enumerate(commands):
            with (folder / f"{number}.log").open("wb") as log:
                launcher = [str(home / "bin" / "spark-class"), *command]
                started.append(subprocess.Popen(launcher, env=environment, stdout=log, stderr=subprocess.STDOUT))
            if number == 0:
                wait_for(lambda: open_port(port))
        wait_for(lambda: b"registered with master" in (folder / "1.log").read_bytes().lower())
        yield master
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def open_port(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(holds: Any) -> None:
    until = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < until, "Spark did not start"
        time.sleep(0.2)


def test_spark_on_a_master_and_a_worker_gives_the_same_answers(spark_master, table, expected, tmp_path, monkeypatch):
    monkeypatch.setenv("JDK_JAVA_OPTIONS", FOR_A_SHORT_LIFE)
    with open_engine("spark", scratch=tmp_path, master=spark_master) as engine:
        assert answers(engine, table) == expected
        assert "events" in engine.explain(queries()["identities"]) or "Scan" in engine.explain(queries()["identities"])
        with pytest.raises(DemarcError, match="spark could not answer"):
            list(engine.run(Query(name="x", says="", sql="SELECT nowhere FROM events")).rows)
        engine.register(EventTable(files=()))
        assert list(engine.run(queries()["identities"]).rows) == []


@pytest.mark.parametrize("name", ["duckdb", "clickhouse"])
def test_an_empty_store_and_a_query_that_fails(name, tmp_path):
    if name == "clickhouse":
        pytest.importorskip("chdb")
    with open_engine(name, scratch=tmp_path) as engine:
        engine.register(EventTable(files=()))
        assert list(engine.run(queries()["timeline"]).rows) == []
        with pytest.raises(DemarcError, match=f"{name} could not answer"):
            list(engine.run(Query(name="x", says="", sql="SELECT nowhere FROM events")).rows)


def test_duckdb_explains(table, tmp_path):
    with open_engine("duckdb", scratch=tmp_path) as engine:
        engine.register(table)
        assert "PARQUET" in engine.explain(queries()["search"], GIVEN["search"]).upper()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "needs a value for who"),
        ({"who": 5}, "must be VARCHAR"),
        ({"who": "x", "whom": "y"}, "no parameter whom"),
    ],
)
def test_parameters_that_do_not_fit(table, tmp_path, given, says):
    with open_engine("duckdb", scratch=tmp_path) as engine:
        engine.register(table)
        with pytest.raises(DemarcError, match=says):
            engine.run(OF_USER, given)


def test_engines_are_known_by_name(tmp_path):
    with pytest.raises(DemarcError, match="no engine"):
        open_engine("oracle", scratch=tmp_path)
    assert ENGINES == ("duckdb", "spark", "clickhouse")


def test_memory_is_bounded_and_spills(tmp_path, table):
    with open_engine("duckdb", scratch=tmp_path, memory="200MB") as engine:
        engine.register(table)
        (row,) = engine.run(query_of("SELECT COUNT(*) AS n FROM events", name="n")).rows
        assert row == (400,)
