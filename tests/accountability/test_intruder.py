"""Which paths a report tells: few, from outside first, certain before what was not seen, each with who answers."""

from __future__ import annotations

import pytest

from demarc.access.graph.places import choose
from demarc.accountability.intruder import MOST_TOLD, class_of, intruder_paths, outwardness
from demarc.model.graph import ChokeBy, Tag, Thing
from demarc.model.report_paths import ImpactClass
from tests.access.graph.small import ADMIN, INTERNET, NODE, Company, company
from tests.reports.a_report import a_report


def ends(told):
    return [(one.impact_class.value, one.entry.word, one.impact.word) for one in told]


def test_the_path_from_furthest_outside_comes_first_in_its_class():
    found = intruder_paths(company(), ())
    assert ends(found.told)[0] == ("cluster-admin", "internet", "cluster-admin")
    order = [list(ImpactClass).index(one.impact_class) for one in found.told]
    assert order == sorted(order)
    assert {one.impact_class for one in found.told} >= {ImpactClass.CLUSTER_ADMIN, ImpactClass.CROWN_JEWELS}


def test_a_class_is_told_at_most_twice_and_from_different_places_however_many_lead_there():
    made = Company()
    for turn in range(300):
        pod = (Thing.WORKLOAD, f"ns-{turn}/Deployment/web")
        made.step("EXPOSED", INTERNET, pod)
        made.step("GRANTED", pod, ADMIN)
        made.step("GRANTED", pod, (Thing.CLOUD_ROLE, f"arn:aws:iam::1:role/r-{turn}"))
    found = intruder_paths(made.builder.build(), ())
    assert len(found.told) == MOST_TOLD * 2
    for sort in (ImpactClass.CLUSTER_ADMIN, ImpactClass.CLOUD_ROLE):
        entries = [one.entry for one in found.told if one.impact_class is sort]
        assert [outwardness(entry) for entry in entries] == [0, 3]


def test_a_certain_path_is_told_before_one_from_further_outside_that_was_not_seen():
    made = Company()
    pod = (Thing.WORKLOAD, "shop/Deployment/web")
    made.step("EXPOSED", INTERNET, ADMIN, unknown="not seen")
    made.step("GRANTED", pod, ADMIN)
    told = intruder_paths(made.builder.build(), ()).told
    assert [(one.entry.word, one.path.certain) for one in told] == [("pod:shop", True), ("internet", False)]


def test_whoever_starts_on_a_node_is_not_told_to_reach_a_node():
    made = Company()
    made.step("NODE_HOSTS", NODE, (Thing.NODE, "other"))
    assert intruder_paths(made.builder.build(), ()).told == ()


def test_what_nothing_reaches_has_neither_path_nor_choke_point():
    made = Company()
    made.step("EXPOSED", INTERNET, (Thing.WORKLOAD, "shop/Deployment/web"))
    found = intruder_paths(made.builder.build(), ())
    assert (found.told, found.choke, found.stoppers) == ((), (), ())


def test_choke_points_cut_what_was_seen_and_else_what_may_be():
    assert {(one.by, one.possible) for one in intruder_paths(company(), ()).choke if one.impact.word == ADMIN[1]} == {
        (by, False) for by in ChokeBy
    }
    made = Company()
    made.step("GRANTED", INTERNET, ADMIN, unknown="not seen", grants=("ClusterRoleBinding x",))
    found = intruder_paths(made.builder.build(), ())
    assert [one.possible for one in found.choke] == [True, True]
    assert [point.name for point in found.choke[0].points] == ["ClusterRoleBinding x"]


def test_every_step_and_choke_point_has_its_row_or_says_that_there_is_none():
    report = a_report()
    found = intruder_paths(company(), report.matrix)
    asked = {(one.duty, one.scope, one.part) for one in found.stoppers}
    assert {(hop.duty, hop.scope, hop.part) for one in found.told for hop in one.path.all_hops if hop.duty} <= asked
    assert {duty for one in found.choke for point in one.points for duty in point.duties} <= asked
    ids = {row.id for row in report.matrix}
    assert any(one.row for one in found.stoppers)
    assert all(not one.row or one.row in ids for one in found.stoppers)
    assert all(one.row == "" for one in intruder_paths(company(), ()).stoppers)


@pytest.mark.parametrize(
    ("word", "sort"),
    [
        ("cluster-admin", ImpactClass.CLUSTER_ADMIN),
        ("node", ImpactClass.NODE),
        ("cloud-role", ImpactClass.CLOUD_ROLE),
        ("cloud-role:arn:aws:iam::1:role/a", ImpactClass.CLOUD_ROLE),
        ("secret:shop/database", ImpactClass.CROWN_JEWELS),
        ("node:one", ImpactClass.CROWN_JEWELS),
        ("crown-jewels", ImpactClass.CROWN_JEWELS),
    ],
)
def test_impacts_have_their_class(word, sort):
    assert class_of(word) is sort


def test_a_marked_thing_is_told_as_a_crown_jewel():
    graph = company()
    assert graph.tagged(Tag.CROWN_JEWEL)
    told = [one for one in intruder_paths(graph, ()).told if one.impact_class is ImpactClass.CROWN_JEWELS]
    assert set(told[0].impact.things) <= set(choose(graph, "crown-jewels").things)
