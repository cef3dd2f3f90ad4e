"""Queries that come with Demarc keep the rules; a query that breaks one is told which."""

from __future__ import annotations

import pytest

from demarc.events.portability import portability_problems
from demarc.events.query import queries, query_of
from demarc.model.errors import DemarcError


@pytest.mark.parametrize("name", sorted(queries()))
def test_every_query_gives_the_same_answer_everywhere(name):
    assert [str(problem) for problem in portability_problems(queries()[name])] == []
    assert queries()[name].says.endswith(".")


BROKEN = {
    "it computes with times": "SELECT event_id FROM events WHERE ts_us > EPOCH_US(NOW()) ORDER BY event_id",
    "it computes with times: DATE": "SELECT DATE_TRUNC('day', agent) AS d FROM events ORDER BY d",
    "FILTER": "SELECT COUNT(*) FILTER (WHERE code = 403) AS refused FROM events",
    "a CASE without ELSE": "SELECT SUM(CASE WHEN code = 403 THEN 1 END) AS n FROM events",
    "lists, maps and JSON paths differ": "SELECT request_object ->> '$.x' AS x, event_id FROM events ORDER BY event_id",
    "lists, maps and JSON paths differ: U": "SELECT UNNEST(user_groups) AS g, event_id FROM events ORDER BY event_id",
    "engines differ in it": "SELECT event_id FROM events WHERE agent ILIKE 'curl%' ORDER BY event_id",
    "SELECT * changes": "SELECT * FROM events ORDER BY event_id",
    "a cast that differs": "SELECT CAST(code AS DOUBLE) AS x, event_id FROM events ORDER BY event_id",
    "engines divide": "SELECT code / 100 AS x, event_id FROM events ORDER BY event_id",
    "a function that is not known": "SELECT STRFTIMEX(agent) AS x, event_id FROM events ORDER BY event_id",
    "the order of a window is not unique": (
        "SELECT event_id, ROW_NUMBER() OVER (PARTITION BY verb ORDER BY ts_us) AS n FROM events ORDER BY event_id"
    ),
    "a window that counts without an order": (
        "SELECT event_id, ROW_NUMBER() OVER (PARTITION BY verb) AS n FROM events ORDER BY event_id"
    ),
    "it reads over the edge": (
        "SELECT event_id, LAG(ts_us) OVER (ORDER BY ts_us, event_id) AS n FROM events ORDER BY event_id"
    ),
    "the answer has no order": "SELECT event_id FROM events",
    "the order of the answer is not total": "SELECT event_id, ts_us FROM events ORDER BY ts_us",
    "LIMIT without ORDER BY": "SELECT COUNT(*) AS n FROM (SELECT event_id FROM events LIMIT 5) AS few",
    "$who is not declared": "SELECT event_id FROM events WHERE user_name = $who ORDER BY event_id",
    "it reads logs": "SELECT event_id FROM logs ORDER BY event_id",
    "no column is called username": "SELECT username, event_id FROM events ORDER BY event_id",
}


@pytest.mark.parametrize("says", BROKEN)
def test_what_breaks_a_rule_is_named(says):
    problems = portability_problems(query_of(BROKEN[says], name="x"))
    assert any(problem.what.startswith(says) for problem in problems), problems
    assert all(problem.todo for problem in problems)


def test_a_parameter_that_is_not_used_is_named():
    query = query_of("-- x\n-- parameter: who VARCHAR\nSELECT event_id FROM events ORDER BY event_id", name="x")
    assert [problem.what for problem in portability_problems(query)] == ["the parameter who is not used"]


@pytest.mark.parametrize("text", ["DELETE FROM events", "SELECT 1; SELECT 2", "SELECT (", ""])
def test_what_is_not_one_select_is_refused(text):
    with pytest.raises(DemarcError):
        query_of(text, name="x")


@pytest.mark.parametrize(
    "head", ["-- parameter: who TEXT", "-- parameter: n BIGINT = x", "-- parameter: b BOOLEAN = 1"]
)
def test_a_head_that_cannot_be_read_says_where(head):
    with pytest.raises(DemarcError) as error:
        query_of(f"-- says\n{head}\nSELECT 1", name="x.sql")
    where = error.value.problems[0].where
    assert where is not None
    assert where.line == 2
