from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.access.graph.search import UNREACHED, Measure, search
from demarc.access.graph.walk import walk_to

from .naive import INF, arrays, distances, graphs, plain


@given(graphs(), st.sets(st.integers(0, 6), min_size=1, max_size=2), st.sampled_from(Measure), st.data())
def test_agrees_with_a_search_that_tries_every_edge_until_nothing_changes(graph, starts, measure, data):
    starts = {node % graph.nodes for node in starts}
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=len(graph), max_size=len(graph))), dtype=np.bool_)
    found = search(graph, starts, allowed=allowed, measure=measure)
    expected = distances(graph, starts, likely=measure is Measure.LIKELY, allowed=allowed)
    assert [INF if one == UNREACHED else one for one in found.distance.tolist()] == expected


@given(graphs(), st.integers(0, 6), st.sampled_from(Measure))
def test_every_walk_can_be_walked_step_by_step(graph, start, measure):
    start %= graph.nodes
    found = search(graph, {start}, measure=measure)
    for goal in range(graph.nodes):
        walk = walk_to(graph, found, goal)
        if walk is None:
            assert found.distance[goal] == UNREACHED
            continue
        held = {start}
        for index, edge in enumerate(walk.edges):
            for side in (side for side in walk.sides if side.before == index):
                for inner in side.edges:
                    _take(graph, inner, held)
                assert side.need in held
            _take(graph, edge, held)
        assert goal in held
        assert walk.start == start
        sources = [int(graph.source[edge]) for edge in walk.edges]
        assert sources == [start, *(int(graph.target[edge]) for edge in walk.edges[:-1])][: len(sources)]


def _take(graph, edge, held):
    assert {int(graph.source[edge]), *graph.needs_of(edge)} <= held
    held.add(int(graph.target[edge]))


@given(graphs(), st.integers(0, 6), st.integers(0, 6))
def test_stopping_at_the_goal_finds_the_same_distance(graph, start, goal):
    start, goal = start % graph.nodes, goal % graph.nodes
    whole = search(graph, {start})
    assert search(graph, {start}, goals={goal}).distance[goal] == whole.distance[goal]


def test_an_edge_that_needs_two_things_waits_for_both():
    rows = [(0, 1, 1, (), False), (0, 2, 1, (), False), (1, 3, 1, (2,), False)]
    assert search(arrays(4, rows), {0}).distance.tolist() == [0, 1, 1, 2]
    assert search(arrays(4, [rows[0], rows[2]]), {0}).distance[3] == UNREACHED


def test_edges_that_wait_for_each_other_are_never_taken():
    graph = arrays(3, [(0, 1, 1, (2,), False), (0, 2, 1, (1,), False)])
    assert search(graph, {0}).distance.tolist() == [0, UNREACHED, UNREACHED]


def test_the_side_walk_of_a_need_is_told_before_the_step_that_needs_it():
    graph = arrays(5, [(0, 1, 1, (), False), (0, 2, 1, (), False), (2, 3, 1, (), False), (1, 4, 1, (3,), False)])
    walk = walk_to(graph, search(graph, {0}), 4)
    assert walk is not None
    assert walk.edges == (0, 3)
    assert [(side.need, side.before, side.edges) for side in walk.sides] == [(3, 1, (1, 2))]


def test_deeply_nested_needs_do_not_exhaust_the_stack():
    # Node n + 1 takes node n and a second thing that takes node n as well.
    rows = []
    for level in range(3000):
        rows += [(2 * level, 2 * level + 1, 1, (), False), (2 * level, 2 * level + 2, 1, (2 * level + 1,), False)]
    graph = arrays(6001, rows)
    walk = walk_to(graph, search(graph, {0}), 6000)
    assert walk is not None
    assert len(walk.edges) == 3000
    assert len(walk.sides) == 3000


def test_the_most_likely_way_may_be_longer():
    graph = arrays(4, [(0, 3, 12, (), False), (0, 1, 1, (), False), (1, 2, 1, (), False), (2, 3, 1, (), False)])
    short, likely = search(graph, {0}), search(graph, {0}, measure=Measure.LIKELY)
    assert _edges(graph, short) == (0,)
    assert _edges(graph, likely) == (1, 2, 3)


def test_nothing_starts_nowhere():
    assert not search(plain(2, (0, 1)), ()).reached().any()


@pytest.mark.parametrize("measure", Measure)
def test_a_graph_without_edges(measure):
    assert search(plain(1), {0}, measure=measure).distance.tolist() == [0]


def _edges(graph, found):
    walk = walk_to(graph, found, 3)
    assert walk is not None
    return walk.edges
