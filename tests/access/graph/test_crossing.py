from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from demarc.access.graph.crossing import NEVER, crossing

from .naive import INF, arrays, distances, graphs, plain

SETS = st.lists(st.sets(st.integers(0, 6), max_size=2), max_size=4)


@given(graphs(edges=18), SETS, SETS)
def test_agrees_with_one_search_for_each_entry(graph, entries, impacts):
    entries = [{node % graph.nodes for node in some} for some in entries]
    impacts = [{node % graph.nodes for node in some} for some in impacts]
    found = crossing(graph, entries, impacts)
    for row, starts in enumerate(entries):
        best = distances(graph, starts, likely=False)
        expected = [min((best[node] for node in goals), default=INF) for goals in impacts]
        assert [INF if one == NEVER else one for one in found.hops[row].tolist()] == expected


@given(graphs(edges=18), SETS, SETS)
def test_ways_lead_from_the_entry_to_the_impact_in_so_many_hops(graph, entries, impacts):
    entries = [{node % graph.nodes for node in some} for some in entries]
    impacts = [{node % graph.nodes for node in some} for some in impacts]
    found = crossing(graph, entries, impacts)
    for entry in range(len(entries)):
        for impact in range(len(impacts)):
            hops = int(found.plain[entry, impact])
            assert ((entry, impact) in found.ways) == (hops != NEVER)
            if hops == NEVER:
                continue
            edges = found.ways[entry, impact]
            assert len(edges) == hops
            sources = [int(graph.source[edge]) for edge in edges]
            targets = [int(graph.target[edge]) for edge in edges]
            assert sources[1:] == targets[:-1]
            assert not any(graph.needs_of(edge) for edge in edges)
            if edges:
                assert sources[0] in entries[entry]
                assert targets[-1] in impacts[impact]
            else:
                assert entries[entry] & impacts[impact]


def test_more_than_one_word_of_entries_and_impacts():
    size = 150
    graph = plain(size, *((node, node + 1) for node in range(size - 1)))
    found = crossing(graph, [{node} for node in range(size)], [{node} for node in range(size)])
    for entry in range(size):
        assert found.hops[entry].tolist() == [impact - entry if impact >= entry else NEVER for impact in range(size)]
    assert found.ways[3, 140] == tuple(range(3, 140))


def test_needs_must_be_met_by_one_and_the_same_entry():
    rows = [(0, 2, 1, (), False), (1, 3, 1, (), False), (2, 4, 1, (3,), False)]
    found = crossing(arrays(5, rows), [{0}, {1}, {0, 1}], [{4}])
    assert found.hops.tolist() == [[NEVER], [NEVER], [2]]
