"""Detections that are asked together say what each says alone; a long trail is neither read often nor kept aside."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import duckdb
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from demarc.catalog.detections import detections
from demarc.events.duck import DuckDbEngine
from demarc.events.interface import Answer, Engine, EventTable, Query, Value
from demarc.incidents.detections import Given, look_at, run, run_detections
from demarc.incidents.detections.looks import BODIES
from demarc.incidents.detections.together import Marks, condition_of, kind_of
from demarc.incidents.detections.trail import chapters
from demarc.model.events import COLUMNS
from demarc.testing.audit import AuditTrail, account
from tests.incidents.detection_cases import trail
from tests.incidents.trails import asked

COMPARES = {
    "anon-enum",
    "jti-two-places",
    "many-403-public",
    "multi-discovery",
    "public-ip-system-principal",
    "rbac-then-workload",
    "sa-token-secret",
    "secret-by-node",
    "secret-unusual-place",
    "secrets-burst",
    "token-outlives-pod",
    "unusual-ua-secret",
    "workload-patched",
}
"""Detections whose query reads the trail more than once, or in two steps."""
LOOKED_INTO = {*BODIES, "image-retag", "csr-bootstrap-node", "pod-with-strong-sa"}
PARTS = ("a = 1", "b = 1", "c = 1", "(a = 1 OR b = 1)", "NOT c = 1", "d LIKE '%x%'")


class Counting:
    """An engine that notes what it is asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    def run(self, query: Query, parameters: Mapping[str, Value] | None = None) -> Answer:
        self.asked.append(query.sql)
        return self._engine.run(query, parameters)


def test_only_what_compares_requests_is_asked_alone():
    alone = {name for name, facts in detections().items() if facts.sql and condition_of(facts.sql) is None}
    assert alone == COMPARES


def test_all_detections_read_bodies_three_times(tmp_path):
    with asked(trail().lines, tmp_path) as engine:
        counting = Counting(engine)
        run_detections(counting, look_at(engine), Given())  # type: ignore[arg-type]
    with_bodies = [sql for sql in counting.asked if "request_object" in sql]
    # Together, those that the engine can tell; those that need a look; and two that compare requests.
    assert len(with_bodies) <= 4
    assert len(counting.asked) <= len(COMPARES) + 6


def test_a_detection_says_the_same_alone_and_with_all_others(tmp_path):
    with asked(trail().lines, tmp_path) as engine:
        seen = look_at(engine)
        together = {one.detection: one for one in run_detections(engine, seen, Given())}
        for name in ["hostpid", "tool-ua", "image-retag", "bind-cluster-admin", "sidecar", "unauth-scan"]:
            (alone,) = run_detections(engine, seen, Given(), only=[name])
            assert alone == together[name]
            assert alone.sightings


def test_the_engine_counts_as_a_detections_own_query_does(tmp_path):
    with asked(trail().lines, tmp_path) as engine:
        seen = look_at(engine)
        found = {one.detection: one for one in run_detections(engine, seen, Given())}
        for name, facts in detections().items():
            condition = condition_of(facts.sql)
            if condition is None or name in LOOKED_INTO or any(Given().lacks(need) for need in facts.needs):
                continue
            query = Query(name=name, says=name, sql=f"SELECT shown FROM ({facts.sql}) AS x")
            shown = [row[0] for row in engine.run(query).rows]
            assert sum(one.hits for one in found[name].sightings) == shown.count(1), name
            assert found[name].blind == shown.count(0), name


@drawn(st.lists(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4, unique=True), min_size=1, max_size=130))
@settings(max_examples=40, deadline=None)
def test_marks_are_the_conditions_one_by_one(tests):
    conditions = {str(number): tuple(parts) for number, parts in enumerate(tests)}
    marks = Marks(conditions)
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE t AS SELECT a, b, c, d FROM (VALUES (0), (1)) AS x(a), (VALUES (0), (1)) AS y(b), "
        "(VALUES (0), (1)) AS z(c), (VALUES ('axa'), ('')) AS w(d)"
    )
    alone = ", ".join(f"({' AND '.join(parts)}) AS c{name}" for name, parts in conditions.items())
    answer = connection.execute(f"SELECT {marks.selected}, {alone}, {marks.any} AS any FROM t")
    names = [column[0] for column in answer.description]
    for values in answer.fetchall():
        row = dict(zip(names, values, strict=True))
        expected = {name for name in conditions if row[f"c{name}"]}
        assert set(marks.of(row)) == expected
        assert row["any"] is bool(expected)


def test_conditions_that_look_into_bodies_are_asked_apart_from_words_and_all_else():
    kinds = {
        name: kind_of(condition_of(detections()[name].sql).seen)  # type: ignore[union-attr]
        for name in ("hostpid", "tool-ua", "secret-get-ok")
    }
    assert len(set(kinds.values())) == 3


def a_long_day() -> AuditTrail:
    made = AuditTrail()
    who = account("shop", "web", address="10.1.0.1", agent="web/v1")
    for number in range(40):
        made.ask(who, "get", "configmaps", "settings", at=number * number, namespace="shop")
    return made


@pytest.mark.parametrize("most", [1, 3, 7, 39, 40, 1000])
def test_every_event_is_in_one_chapter(tmp_path, most):
    with asked(a_long_day().lines, tmp_path) as engine:
        cut = chapters(engine, look_at(engine), most=most)
        assert (len(cut) == 1) is (most >= 40)
        counts = [
            next(engine.run(Query(name="n", says="n", sql=f"SELECT COUNT(*) FROM events WHERE {one}")).rows)[0]
            for one in cut
        ]
    assert sum(int(str(count)) for count in counts) == 40


def test_what_moves_between_chapters_is_seen(tmp_path, monkeypatch):
    with asked(trail().lines, tmp_path) as engine:
        seen = look_at(engine)
        whole = run_detections(engine, seen, Given())
        monkeypatch.setattr(run, "chapters", partial(chapters, most=5))
        assert run_detections(engine, seen, Given()) == whole


def test_five_minutes_after_rights_were_changed_count_whatever_the_clock_says(tmp_path):
    made = AuditTrail()
    expected = set()
    for number, (rights, start) in enumerate(
        (rights, rights + after)
        for rights in (0, 1, 299, 299.999, 300, 450)
        for after in (-301, -1, 0, 1, 150, 299.5, 300, 300.5, 301, 599, 601)
        if rights + after >= 0
    ):
        who = account("shop", f"a{number}", address="10.1.0.1", agent="x/v1")
        made.ask(who, "create", "rolebindings", "r", at=rights, namespace="shop", body={})
        made.ask(who, "create", "rolebindings", "r", at=rights + 10_000, namespace="shop", body={})
        made.ask(who, "create", "pods", f"p{number}", at=start, namespace="shop", body={})
        if rights <= start <= rights + 300:
            expected.add(who.user)
    with asked(made.lines, tmp_path) as engine:
        (found,) = run_detections(engine, look_at(engine), Given(), only=["rbac-then-workload"])
    assert {one.place.user for one in found.sightings} == expected


def a_trail_of_many(events: int, path: Path) -> None:
    """Requests of which each has a credential, an address and a body of its own kind, straight into Parquet."""
    made = {
        "event_id": "md5(i::VARCHAR)",
        "ts_us": "1790000000000000 + i * 70000",
        "verb": "CASE WHEN i % 4 = 0 THEN 'patch' WHEN i % 4 = 1 THEN 'list' ELSE 'get' END",
        "user_name": "CASE WHEN i % 3 = 0 THEN 'system:node:n' || i // 40 % 50 "
        "ELSE 'system:serviceaccount:t:a' || i // 40 % 350 END",
        "credential_id": "'JTI=' || md5((i // 40)::VARCHAR)",
        "peer_ip": "'10.0.' || (i // 40 % 50) || '.' || (i // 40 % 7)",
        "source_ip": "'10.0.' || (i // 40 % 50) || '.' || (i // 40 % 7)",
        "agent": "'app/v' || i // 40 % 40",
        "api_group": "CASE WHEN i % 4 = 0 THEN 'apps' ELSE '' END",
        "resource": "CASE WHEN i % 4 = 0 THEN 'deployments' WHEN i % 4 = 1 THEN 'pods' ELSE 'secrets' END",
        "namespace": "'t'",
        "name": "'o' || i % 300",
        "code": "200",
        "shape": "'kubernetes'",
        "request_object": """CASE WHEN i % 4 = 0 THEN '{"spec":{"template":{"spec":{"containers":[{"name":"a","env":"'
            || repeat(md5(i::VARCHAR), 12) || '"}]}}}}' ELSE '' END""",
    }
    empty = {"VARCHAR": "''", "BIGINT": "0", "BOOLEAN": "false"}
    columns = ", ".join(f"{made.get(one.name, empty[one.type])} AS {one.name}" for one in COLUMNS)
    duckdb.connect().execute(
        f"COPY (SELECT {columns} FROM range({events}) AS t(i)) TO '{path}' "
        "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20000)"
    )


def test_detections_keep_no_requests_aside(tmp_path):
    # What is kept aside of each request, be it a credential or a body, is more than fits in here.
    a_trail_of_many(200_000, tmp_path / "long.parquet")
    with DuckDbEngine(scratch=tmp_path / "scratch", memory="110MB") as engine:
        engine._connection.execute("SET max_temp_directory_size = '1MB'")
        engine.register(EventTable(files=(str(tmp_path / "long.parquet"),)))
        found = run_detections(engine, look_at(engine), Given())
    assert found
