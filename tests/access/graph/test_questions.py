from __future__ import annotations

import pytest

from demarc.access.graph.choke import choke_points
from demarc.access.graph.places import choose, every_entry, every_impact, namespace_of
from demarc.access.graph.radius import radius
from demarc.access.graph.reaches import reaches
from demarc.access.graph.ways import ways
from demarc.model.errors import DemarcError
from demarc.model.graph import ChokeBy, Path, Tag, Thing

from .small import ADMIN, INTERNET, NODE, SA, WEB, Company, company


def asked(graph, start, end, **more):
    return ways(graph, choose(graph, start), choose(graph, end), **more)


def steps(path):
    assert isinstance(path, Path)
    return [hop.technique for hop in path.hops]


def test_the_shortest_way_names_every_step_and_what_it_needs_beside():
    found = asked(company(), "internet", "cluster-admin")
    assert steps(found.shortest) == ["EXPOSED", "USES_IDENTITY", "GRANTED", "TOKEN_SECRET_MINT", "GRANTED"]
    (side,) = found.shortest.sides
    assert side.need.name == "RoleBinding shop/read: get secrets in shop"
    assert side.before == 3
    assert [hop.technique for hop in found.shortest.all_hops][3] == "GRANTED"
    assert found.shortest.certain


def test_a_way_over_something_unknown_says_so():
    found = asked(company(), "addon", "shop/Deployment/web")
    assert steps(found.shortest) == ["POD_CREATE", "NODE_HOSTS"]
    assert found.shortest.unknowns == ("the Pod Security level of kube-system was not seen",)


def test_a_certain_way_comes_before_a_shorter_unknown_one_which_is_told_beside():
    made = Company()
    made.step("POD_CREATE", WEB, ADMIN, unknown="not seen")
    made.step("USES_IDENTITY", WEB, SA)
    made.step("GRANTED", SA, ADMIN)
    found = asked(made.builder.build(), "pod:shop", "cluster-admin")
    assert steps(found.shortest) == ["USES_IDENTITY", "GRANTED"]
    assert steps(found.nearer_unknown) == ["POD_CREATE"]


def test_no_way_is_no_way():
    found = asked(company(), "node", "crown-jewels", without=["RoleBinding shop/read"])
    assert found.shortest is None
    assert found.likely is None
    assert found.others == ()


def test_without_a_grant_the_steps_that_rest_on_it_are_gone():
    graph = company()
    assert asked(graph, "internet", "cluster-admin", without=["RoleBinding shop/read"]).shortest is None
    assert asked(graph, "pipeline", "cluster-admin", without=["RoleBinding shop/read"]).shortest is not None


def test_other_ways_differ_by_a_grant_or_a_step():
    made = Company()
    for turn in range(3):
        through = (Thing.IDENTITY, f"ServiceAccount shop/{turn}")
        made.step("USES_IDENTITY", WEB, through)
        made.step("GRANTED", through, ADMIN, grants=(f"ClusterRoleBinding {turn}",))
        made.step("GRANTED", through, ADMIN, grants=(f"ClusterRoleBinding {turn}",))
    found = asked(made.builder.build(), "pod:shop", "cluster-admin", others=5)
    taken = [path.hops[0].target.name for path in (found.shortest, *found.others) if path]
    assert taken == [f"ServiceAccount shop/{turn}" for turn in range(3)]


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("internet", ["internet"]),
        ("pod:shop", ["shop/CronJob/job", "shop/Deployment/web"]),
        ("pod:shop/web", ["shop/Deployment/web"]),
        ("pod:shop/Deployment/web", ["shop/Deployment/web"]),
        ("sa:shop/web", ["ServiceAccount shop/web"]),
        ("system:serviceaccount:shop:web", ["ServiceAccount shop/web"]),
        ("user:system:serviceaccount:shop:web", ["ServiceAccount shop/web"]),
        ("secret:shop/database", ["shop/database"]),
        ("crown-jewel", ["shop/database"]),
        ("addon", ["kube-system/DaemonSet/agent"]),
        ("addon:agent", ["kube-system/DaemonSet/agent"]),
        ("pipeline", ["github.com/acme/shop/deploy.yaml"]),
        ("cloud-role:arn:aws:iam::1:role/shop", ["arn:aws:iam::1:role/shop"]),
        ("node-1", ["node-1"]),
        ("cluster-admin", ["cluster-admin"]),
        ("anonymous", []),
    ],
)
def test_words_stand_for_things(word, names):
    assert sorted(one.name for one in choose(company(), word).things) == names


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("internett", "internet"),
        ("pod:shpo", "pod:shop"),
        ("sa:shop/wep", "sa:shop/web"),
        ("secrets:shop/database", "secret:"),
        ("node:node1", "node:node-1"),
    ],
)
def test_a_misspelt_word_is_answered_with_what_was_meant(word, meant):
    with pytest.raises(DemarcError) as raised:
        choose(company(), word)
    assert meant in raised.value.problems[0].todo


@pytest.mark.parametrize("word", ["", ":", "pod:", "sa:", "\x1b[31m", "nothing:x", "a" * 5000])
def test_nonsense_is_one_clear_error_without_characters_that_act(word):
    with pytest.raises(DemarcError) as raised:
        choose(company(), word)
    assert "\x1b" not in str(raised.value)
    assert len(str(raised.value)) < 1000


def test_the_words_of_all_entries_and_impacts_can_be_typed_again():
    graph = company()
    for choice in (*every_entry(graph), *every_impact(graph)):
        assert choose(graph, choice.word).things == choice.things


def test_many_impacts_of_a_sort_are_told_as_one():
    made = Company()
    for turn in range(100):
        made.step("USES_IDENTITY", WEB, (Thing.CLOUD_ROLE, f"role-{turn}"))
    assert [choice.word for choice in every_impact(made.builder.build())] == ["cloud-role"]


def test_namespaces_of_things():
    assert namespace_of(Thing.IDENTITY, "ServiceAccount shop/web") == "shop"
    assert namespace_of(Thing.IDENTITY, "User a/b") == ""
    assert namespace_of(Thing.SECRET, "https://vault/x") == ""
    assert namespace_of(Thing.NODE, "a/b") == ""


def test_choke_points_by_grant_are_the_fewest_that_cut_everything():
    graph = company()
    found = choke_points(graph, choose(graph, "internet"), choose(graph, "cluster-admin"), ChokeBy.GRANTS)
    assert len(found.points) == 1
    assert found.proven
    cut = [point.name for point in found.points]
    assert asked(graph, "internet", "cluster-admin", without=cut).shortest is None


def test_choke_points_by_duty_count_also_the_further_duties():
    made = Company()
    made.step("POD_CREATE", WEB, NODE)
    made.step("USES_IDENTITY", NODE, ADMIN)
    made.step("POD_CREATE", WEB, ADMIN)
    graph = made.builder.build()
    found = choke_points(graph, choose(graph, "pod:shop"), choose(graph, "cluster-admin"), ChokeBy.DUTIES)
    assert [point.name for point in found.points] == ["admission.policy in cluster:prod"]


def test_where_nothing_can_be_removed_the_way_that_stays_is_told():
    graph = company()
    found = choke_points(graph, choose(graph, "internet"), choose(graph, "pod:shop/web"), ChokeBy.GRANTS)
    assert found.points == ()
    assert steps(found.uncut) == ["EXPOSED"]
    assert not found.proven


def test_choke_points_cut_unknown_ways_too():
    made = Company()
    made.step("GRANTED", WEB, ADMIN, grants=("RoleBinding a/b",), unknown="not seen")
    graph = made.builder.build()
    found = choke_points(graph, choose(graph, "pod:shop"), choose(graph, "cluster-admin"), ChokeBy.GRANTS)
    assert [point.name for point in found.points] == ["RoleBinding a/b"]


def test_asked_for_what_was_seen_unknown_ways_need_no_cut():
    made = Company()
    made.step("GRANTED", WEB, ADMIN, grants=("RoleBinding a/b",), unknown="not seen")
    graph = made.builder.build()
    ends = choose(graph, "pod:shop"), choose(graph, "cluster-admin")
    assert choke_points(graph, *ends, ChokeBy.GRANTS, possible=False).points == ()


def test_the_radius_puts_impacts_first_and_folds_the_rest():
    graph = company()
    found = radius(graph, choose(graph, "sa:shop/web"))
    assert [str(path.impact) for path in found.impacts] == ["secret shop/database", "cluster-admin"]
    assert {(group.kind, group.namespace) for group in found.groups} == {
        (Thing.IDENTITY, "shop"),
        (Thing.SECRET, "shop"),
        (Thing.CLUSTER_ADMIN, ""),
    }
    assert (found.certain, found.possible) == (3, 0)


def test_the_radius_tells_certain_from_possible():
    graph = company()
    found = radius(graph, choose(graph, "addon"))
    assert found.certain == 0
    assert found.possible > 3
    assert all(not path.certain for path in found.impacts)


def test_the_summary_says_which_entry_reaches_what():
    graph = company()
    cells = {(cell.entry, cell.impact): (cell.hops, cell.certain) for cell in reaches(graph).cells}
    assert cells["internet", "cluster-admin"] == (5, True)
    assert cells["addon:kube-system/DaemonSet/agent", "node"] == (1, False)
    assert ("internet", "node") not in cells
    assert ("node:node-1", "node") not in cells


def test_hops_of_the_summary_are_those_of_the_paths():
    graph = company()
    answer = reaches(graph)
    for cell in answer.cells:
        path = asked(graph, cell.entry, cell.impact).shortest
        assert path is not None
        assert path.certain == cell.certain


def test_a_word_of_the_graph_is_interned_and_marks_are_sorted():
    made = Company()
    first, again = made.builder.node(*INTERNET), made.builder.node(*INTERNET)
    made.mark(NODE, Tag.INTERNET)
    made.mark(INTERNET, Tag.INTERNET)
    assert first == again
    assert made.builder.build().tagged(Tag.INTERNET) == (0, 1)


def test_an_unknown_technique_is_refused():
    with pytest.raises(KeyError):
        Company().step("NO_SUCH", WEB, ADMIN)
