from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.access.graph.cut import Cut, Units, relevant, smallest_cut
from demarc.access.graph.hitting import smallest_hitting

from . import naive
from .naive import arrays, connected, graphs, plain

FAMILIES = st.lists(st.frozensets(st.integers(0, 8), min_size=1, max_size=4), max_size=9)


@given(FAMILIES)
def test_no_smaller_set_meets_the_family(family):
    found = smallest_hitting(family)
    assert all(one & found.chosen for one in family)
    assert found.at_least == len(found.chosen)
    smaller = combinations(range(9), len(found.chosen) - 1) if found.chosen else ()
    assert not any(all(one & set(chosen) for one in family) for chosen in smaller)


@given(FAMILIES)
def test_out_of_steps_the_set_still_meets_all_and_does_not_claim_to_be_smallest(family):
    found = smallest_hitting(family, most_work=0)
    assert all(one & found.chosen for one in family)
    assert found.at_least <= len(smallest_hitting(family).chosen)


def test_an_empty_set_cannot_be_met():
    with pytest.raises(ValueError, match="empty"):
        smallest_hitting([frozenset()])


@st.composite
def cases(draw):
    graph = draw(graphs(nodes=6, edges=11))
    node = st.integers(0, graph.nodes - 1)
    starts = draw(st.sets(node, min_size=1, max_size=2))
    goals = draw(st.sets(node, min_size=1, max_size=2))
    units = draw(st.lists(st.frozensets(st.integers(0, 4), max_size=2), min_size=len(graph), max_size=len(graph)))
    return graph, sorted(starts), sorted(goals), units


def _units(units):
    return Units(len(units), [(edge, unit) for edge, some in enumerate(units) for unit in some])


@given(cases(), st.sampled_from([0, 1, 200]))
def test_cuts_everything_with_as_few_units_as_any_set_does(case, rounds):
    graph, starts, goals, units = case
    cut = smallest_cut(graph, starts, goals, _units(units), most_rounds=rounds)
    smallest = naive.smallest_cut(graph, starts, goals, units)
    if smallest is None:
        assert cut.uncut is not None
        assert not any(units[edge] for edge in cut.uncut.all_edges)
        return
    assert cut.uncut is None
    assert not connected(graph, starts, goals, allowed=[not set(cut.units) & some for some in units])
    assert cut.at_least <= smallest <= len(cut.units)
    if rounds == 200:
        assert len(cut.units) == smallest == cut.at_least


@given(cases())
def test_nothing_that_matters_is_left_out_as_irrelevant(case):
    graph, starts, goals, units = case
    keep = np.zeros(len(graph), dtype=np.bool_)
    keep[relevant(graph, starts, goals)] = True
    part, numbers = graph.only(keep)
    rest = [units[edge] for edge in numbers.tolist()]
    assert connected(part, starts, goals) == connected(graph, starts, goals)
    assert naive.smallest_cut(part, starts, goals, rest) == naive.smallest_cut(graph, starts, goals, units)


def test_one_grant_that_carries_many_edges_beats_two_that_carry_one_each():
    # 0 -> 1..3 -> 4: each second step is grant 9, each first one a grant of its own.
    graph = plain(5, (0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4))
    units = Units(6, [(0, 0), (1, 1), (2, 2), (3, 9), (4, 9), (5, 9)])
    assert smallest_cut(graph, [0], [4], units) == Cut((9,), 1)


def test_of_two_things_needed_at_once_one_is_enough_to_take():
    graph = arrays(4, [(0, 1, 1, (), False), (0, 2, 1, (), False), (1, 3, 1, (2,), False)])
    units = Units(3, [(0, 0), (1, 1)])
    assert len(smallest_cut(graph, [0], [3], units).units) == 1


def test_a_start_that_is_the_goal_cannot_be_cut():
    assert smallest_cut(plain(2, (0, 1)), [0], [0], Units(1, [(0, 0)])).uncut is not None


def test_a_wide_cluster_is_cut_at_its_bottleneck():
    # 60 entries, each by two grants of its own to one of 30 middles, then five grants to the impact.
    rows: list[tuple[int, int]] = []
    units: list[tuple[int, int]] = []
    for entry in range(60):
        for turn in range(2):
            units.append((len(rows), 100 + 2 * entry + turn))
            rows.append((1 + entry, 61 + (entry * 7 + turn) % 30))
    rows += [(0, 1 + entry) for entry in range(60)]
    for middle in range(30):
        units.append((len(rows), middle % 5))
        rows.append((61 + middle, 91))
    cut = smallest_cut(plain(92, *rows), [0], [91], Units(len(rows), units))
    assert cut == Cut((0, 1, 2, 3, 4), 5)


def test_thousands_of_ways_of_their_own_are_cut_one_by_one_and_fast():
    rows = [(0, 1 + turn) for turn in range(3000)] + [(1 + turn, 3001) for turn in range(3000)]
    units = Units(6000, [(3000 + turn, turn) for turn in range(3000)])
    assert smallest_cut(plain(3002, *rows), [0], [3001], units) == Cut(tuple(range(3000)), 3000)
