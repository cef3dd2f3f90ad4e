from __future__ import annotations

import re

import pytest

from demarc.access.graph.places import choose
from demarc.access.graph.radius import radius
from demarc.access.graph.ways import ways
from demarc.model.graph import Thing
from demarc.reports.diagrams.figure import path_figure, radius_figure
from demarc.reports.diagrams.write import dot, mermaid
from tests.access.graph.small import ADMIN, INTERNET, Company, company

HOSTILE = '\x1b[2J"]; click n0 "javascript:alert(1)"\n<script>`x`</script>\u202e\\" }#quot;'


def shortest(graph):
    found = ways(graph, choose(graph, "internet"), choose(graph, "cluster-admin")).shortest
    assert found is not None
    return found


def hostile():
    made = Company()
    evil = (Thing.WORKLOAD, f"shop/Deployment/{HOSTILE}")
    made.step("EXPOSED", INTERNET, evil, unknown="not seen")
    made.step("GRANTED", evil, ADMIN)
    return path_figure([shortest(made.builder.build())])


def test_a_path_is_a_box_for_each_thing_and_an_arrow_for_each_step():
    drawn = path_figure([shortest(company())])
    assert [box.role for box in drawn.boxes if box.role] == ["entry", "impact"]
    assert len(drawn.boxes) == 7
    assert sum(not arrow.side for arrow in drawn.arrows) == 5
    assert any("needed too" in arrow.label for arrow in drawn.arrows)


def test_mermaid_labels_hold_nothing_that_ends_them():
    for line in mermaid(hostile()).splitlines():
        labels = re.findall(r'"([^"]*)"', line)
        assert line.count('"') == 2 * len(labels)
        for label in labels:
            assert re.fullmatch(r"(?:[A-Za-z0-9 .,\-_/:@=+…]|<br/>|#\d+;)*", label), label


def test_dot_strings_are_closed_where_we_close_them():
    text = dot(hostile())
    for line in text.splitlines():
        without = re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
        assert '"' not in without
        assert "script" not in without
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("size", [1, 5000])
def test_a_radius_stays_small_however_much_is_reached(size):
    made = Company()
    for turn in range(size):
        made.step("GRANTED", INTERNET, (Thing.SECRET, f"ns-{turn % 300}/secret-{turn}"))
    graph = made.builder.build()
    drawn = radius_figure(radius(graph, choose(graph, "internet")))
    assert len(drawn.boxes) <= 50
    assert ("and 276 more" in str(drawn.boxes)) == (size == 5000)
