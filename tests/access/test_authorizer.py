"""Single rules of the authorizer, and what is Unknown rather than denied."""

from __future__ import annotations

import pytest

from demarc.access import asker
from demarc.access.quoting import quoted
from demarc.model.access import Answer, Asker, Request
from demarc.model.evidence import GapReason
from demarc.testing import an_object
from tests.access.given import (
    RBAC,
    a_cluster_role,
    a_role,
    a_rule,
    account,
    an_authorizer,
    bound,
    group,
    user,
)

JANE = asker("jane")
READER = a_cluster_role("reader", a_rule(["get"], ["pods"]))
GET_POD = Request(verb="get", resource="pods", namespace="shop")


def answer(*objects, who=JANE, request=GET_POD, **how):
    return an_authorizer(*objects, **how).decide(who, request)


@pytest.mark.parametrize(
    ("rule", "request_", "allowed"),
    [
        (a_rule(["get"], ["pods"]), Request(verb="GET", resource="pods"), False),
        (a_rule(["*"], ["pods"]), Request(verb="impersonate-on:user-info:list", resource="pods"), True),
        (a_rule(["get"], ["pods"]), Request(verb="get", resource="pods", subresource="log"), False),
        (a_rule(["get"], ["pods/log"]), Request(verb="get", resource="pods", subresource="log"), True),
        (a_rule(["get"], ["pods/log"]), Request(verb="get", resource="pods"), False),
        (a_rule(["get"], ["pods/*"]), Request(verb="get", resource="pods", subresource="log"), False),
        (a_rule(["get"], ["*/log"]), Request(verb="get", resource="pods", subresource="log"), True),
        (a_rule(["get"], ["*/log"]), Request(verb="get", resource="pods", subresource="logs"), False),
        (a_rule(["get"], ["*"]), Request(verb="get", resource="pods", subresource="log"), True),
        (a_rule(["get"], ["po*"]), Request(verb="get", resource="pods"), False),
        (a_rule(["get"], ["pods"], ["*"]), Request(verb="get", resource="pods", group="metrics.k8s.io"), True),
        (a_rule(["get"], ["pods"], ["apps"]), Request(verb="get", resource="pods"), False),
        (a_rule(["get"], ["pods"], ["*.k8s.io"]), Request(verb="get", resource="pods", group="metrics.k8s.io"), False),
        (a_rule(["get"], ["secrets"], names=["a"]), Request(verb="get", resource="secrets", name="a"), True),
        (a_rule(["get"], ["secrets"], names=["a"]), Request(verb="get", resource="secrets", name="b"), False),
        (a_rule(["list"], ["secrets"], names=["a"]), Request(verb="list", resource="secrets"), False),
        (a_rule(["list"], ["secrets"], names=["a"]), Request(verb="list", resource="secrets", name="a"), True),
        (a_rule(["create"], ["secrets"], names=["a"]), Request(verb="create", resource="secrets"), False),
        (a_rule(["deletecollection"], ["pods"], names=["a"]), Request(verb="deletecollection", resource="pods"), False),
        (a_rule(["get"], ["secrets"], names=["*"]), Request(verb="get", resource="secrets", name="a"), False),
        (a_rule(["get"], paths=["/api/*"]), Request(verb="get", path="/api/v1"), True),
        (a_rule(["get"], paths=["/api/*"]), Request(verb="get", path="/api"), False),
        (a_rule(["get"], paths=["/api*"]), Request(verb="get", path="/apis"), True),
        (a_rule(["get"], paths=["*/x"]), Request(verb="get", path="/y/x"), False),
        (a_rule(["get"], paths=["*"]), Request(verb="get", path="anything"), True),
        (a_rule(["get"], paths=["*"]), Request(verb="get", resource="pods"), False),
        (a_rule(["*"], ["*"], ["*"]), Request(verb="get", path="/metrics"), False),
    ],
)
def test_a_rule_matches_as_the_api_server_matches_it(rule, request_, allowed):
    found = answer(a_cluster_role("it", rule), bound("it", "it", user("jane")), request=request_)
    assert found.answer is (Answer.ALLOWED if allowed else Answer.DENIED)


def test_the_reason_is_in_the_words_of_the_api_server():
    found = answer(READER, bound("pod-readers", "reader", user("jane")))
    assert found.reason == 'RBAC: allowed by ClusterRoleBinding "pod-readers" of ClusterRole "reader" to User "jane"'
    found = answer(
        a_role("reader", a_rule(["get"], ["pods"])),
        bound("here", "reader", account("robot"), namespace="shop", kind="Role"),
        who=asker("system:serviceaccount:shop:robot"),
    )
    assert found.reason == 'RBAC: allowed by RoleBinding "here/shop" of Role "reader" to ServiceAccount "robot/shop"'


def test_bindings_of_the_cluster_go_before_those_of_the_namespace_and_each_by_name():
    objects = [
        READER,
        bound("a", "reader", user("jane"), namespace="shop"),
        bound("z", "reader", user("jane")),
        bound("y", "reader", group("system:authenticated"), user("jane")),
    ]
    authorizer = an_authorizer(*objects)
    assert [grant.binding for grant in authorizer.grants(JANE, GET_POD)] == ["y", "z", "a"]
    assert authorizer.decide(JANE, GET_POD).reason.endswith(
        '"y" of ClusterRole "reader" to Group "system:authenticated"'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", '"plain"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("tab\there", '"tab\\there"'),
        ("\x1b[31m", '"\\x1b[31m"'),
        ("\x7f\x85", '"\\x7f\\u0085"'),
        ("\u202egnp.exe", '"\\u202egnp.exe"'),
        ("Größe 角色 🔑", '"Größe 角色 🔑"'),
        ("\u00a0\U000e0001\ud800", '"\\u00a0\\U000e0001\\ufffd"'),
    ],
)
def test_names_are_quoted_as_go_quotes_them(text, expected):
    assert quoted(text) == expected


def test_a_service_account_matches_by_namespace_of_the_subject_else_of_the_binding():
    robot = asker("system:serviceaccount:shop:robot")
    assert answer(READER, bound("b", "reader", account("robot", "shop")), who=robot).allowed
    assert answer(READER, bound("b", "reader", account("robot"), namespace="shop"), who=robot).allowed
    assert not answer(READER, bound("b", "reader", account("robot")), who=robot).allowed
    assert not answer(READER, bound("b", "reader", account("robot", "bank")), who=robot).allowed
    assert answer(READER, bound("b", "reader", user("system:serviceaccount:shop:robot")), who=robot).allowed


def test_a_subject_of_a_kind_that_nobody_knows_applies_to_nobody():
    assert not answer(READER, bound("b", "reader", {"kind": "Team", "name": "jane"})).allowed


def test_a_role_binding_gives_nothing_outside_its_namespace_and_no_paths():
    everything = a_cluster_role("all", a_rule(["*"], ["*"], ["*"]), a_rule(["*"], paths=["*"]))
    here = bound("b", "all", user("jane"), namespace="shop")
    assert answer(everything, here).allowed
    assert not answer(everything, here, request=Request(verb="get", resource="pods")).allowed
    assert not answer(everything, here, request=Request(verb="get", resource="pods", namespace="bank")).allowed
    assert not answer(everything, here, request=Request(verb="get", path="/metrics")).allowed


def test_a_role_of_the_namespace_is_not_the_cluster_role_of_its_name():
    objects = [READER, bound("b", "reader", user("jane"), namespace="shop", kind="Role")]
    found = answer(*objects)
    assert found.answer is Answer.DENIED
    assert found.reason == 'RBAC: role.rbac.authorization.k8s.io "reader" not found'
    elsewhere = a_role("reader", a_rule(["get"], ["pods"]), namespace="bank")
    assert not answer(*objects, elsewhere).allowed


def test_missing_roles_grant_nothing_are_named_and_stop_nobody():
    missing = [bound("a", "gone", user("jane")), bound("b", "gone", user("jane"), namespace="shop")]
    assert answer(*missing).reason == 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found'
    other = bound("c", "lost", user("jane"), namespace="shop", kind="Role")
    found = answer(*missing, other)
    assert found.reason == (
        'RBAC: [clusterrole.rbac.authorization.k8s.io "gone" not found, '
        'role.rbac.authorization.k8s.io "lost" not found]'
    )
    assert answer(*missing, READER, bound("z", "reader", user("jane"), namespace="shop")).allowed
    assert answer(bound("a", "x", user("jane"), kind="Cluster")).reason == (
        'RBAC: unsupported role reference kind: "Cluster"'
    )


def test_masters_may_do_everything_without_a_reason():
    found = answer(who=Asker(user="", groups=("system:masters",)), request=Request(verb="x", path="y"))
    assert found == found.__class__(answer=Answer.ALLOWED, authorizer="system:masters")


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("jane", ("system:authenticated",)),
        ("system:anonymous", ("system:unauthenticated",)),
        ("system:serviceaccount:a:b", ("system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated")),
        ("system:serviceaccount:a", ("system:authenticated",)),
        ("system:serviceaccount:a:b:c", ("system:authenticated",)),
        ("system:node:n1", ("system:nodes", "system:authenticated")),
        ("system:node:", ("system:authenticated",)),
        ("system:bootstrap:abcdef", ("system:bootstrappers", "system:authenticated")),
    ],
)
def test_groups_that_follow_from_the_user_are_filled_in(name, groups):
    assert asker(name).groups == groups


def test_given_groups_stand_for_those_of_the_name():
    assert asker("system:serviceaccount:a:b", ("team",)).groups == ("team", "system:authenticated")
    assert asker("jane", ("system:unauthenticated",)).groups == ("system:unauthenticated",)
    assert asker("jane", ("system:authenticated",)).groups == ("system:authenticated",)


AGGREGATED = {"clusterRoleSelectors": [{"matchLabels": {"to": "it"}}]}


def manifest(made):
    made["metadata"].pop("uid")
    made["metadata"].pop("creationTimestamp")
    return made


def test_rules_of_an_aggregated_role_are_those_that_the_controller_wrote():
    part = a_cluster_role("part", a_rule(["get"], ["pods"]), labels={"to": "it"})
    whole = a_cluster_role("whole", aggregationRule=AGGREGATED)
    assert not answer(part, whole, bound("b", "whole", user("jane"))).allowed


def test_manifests_are_aggregated_here_also_in_circles():
    part = manifest(a_cluster_role("part", a_rule(["get"], ["pods"]), labels={"to": "it"}))
    middle = manifest(a_cluster_role("middle", aggregationRule=AGGREGATED, labels={"up": "1", "to": "it"}))
    up = {"clusterRoleSelectors": [{"matchExpressions": [{"key": "up", "operator": "Exists"}]}]}
    whole = manifest(a_cluster_role("whole", aggregationRule=up, labels={"to": "it"}))
    assert answer(part, middle, whole, bound("b", "whole", user("jane"))).allowed


@pytest.mark.parametrize(
    ("operator", "values", "selected"),
    [
        ("In", ["it"], True),
        ("In", ["x"], False),
        ("NotIn", ["x"], True),
        ("DoesNotExist", [], False),
        ("Odd", [], False),
    ],
)
def test_selectors_of_aggregation_select_as_labels_do(operator, values, selected):
    by = {"clusterRoleSelectors": [{"matchExpressions": [{"key": "to", "operator": operator, "values": values}]}]}
    part = manifest(a_cluster_role("part", a_rule(["get"], ["pods"]), labels={"to": "it"}))
    whole = manifest(a_cluster_role("whole", aggregationRule=by))
    assert answer(part, whole, bound("b", "whole", user("jane"))).allowed is selected


def test_hostile_circles_of_aggregation_end():
    every: dict[str, list[dict[str, str]]] = {"clusterRoleSelectors": [{}]}
    roles = [manifest(a_cluster_role(f"r{number}", aggregationRule=every)) for number in range(60)]
    assert answer(*roles, bound("b", "r1", user("jane"))).answer is Answer.DENIED


def test_a_denial_over_what_was_not_seen_is_unknown():
    assert answer(whole=False).answer is Answer.UNKNOWN
    found = answer(gaps=(("clusterrolebindings.rbac.authorization.k8s.io", GapReason.FORBIDDEN),))
    assert found.answer is Answer.UNKNOWN
    assert "clusterrolebindings" in found.reason
    assert "forbidden" in found.reason
    gap = (("rolebindings.rbac.authorization.k8s.io", GapReason.FORBIDDEN),)
    assert answer(gaps=gap).answer is Answer.UNKNOWN
    assert answer(gaps=gap, request=Request(verb="list", resource="nodes")).answer is Answer.DENIED
    assert answer(READER, bound("b", "reader", user("jane")), gaps=gap).allowed


def test_a_binding_to_a_role_that_was_not_seen_makes_a_denial_unknown_for_its_subjects_only():
    gap = (("clusterroles.rbac.authorization.k8s.io", GapReason.FORBIDDEN),)
    objects = [bound("b", "gone", user("jane"))]
    found = answer(*objects, gaps=gap)
    assert found.answer is Answer.UNKNOWN
    assert "ClusterRoleBinding b binds ClusterRole gone" in found.reason
    assert answer(*objects, gaps=gap, who=asker("other")).answer is Answer.DENIED


def test_manifests_alone_say_nothing_of_what_else_the_cluster_has():
    objects = [manifest(READER | {"metadata": dict(READER["metadata"])}), manifest(bound("b", "reader", user("jane")))]
    assert answer(*objects, whole=False).allowed
    assert answer(*objects, whole=False, who=asker("other")).answer is Answer.UNKNOWN


def test_a_live_cluster_without_role_bindings_was_seen():
    assert answer(whole=False, live=True).answer is Answer.DENIED


def test_openshift_asks_anonymous_proxies_under_another_name():
    anonymous = asker("system:anonymous")
    own = a_cluster_role("system:openshift:public-info-viewer", a_rule(["get"], paths=["/.well-known"]))
    proxy = a_cluster_role("proxy", a_rule(["get", "proxy"], ["services/proxy", "services"]))
    binding = bound("b", "proxy", group("system:unauthenticated"), group("system:authenticated"))
    asked = Request(verb="get", resource="services", subresource="proxy", namespace="shop")
    assert answer(proxy, binding, who=anonymous, request=asked).allowed
    found = answer(own, proxy, binding, who=anonymous, request=asked)
    assert (found.answer, found.reason) == (Answer.DENIED, "proxy subresource changed to unsafeproxy")
    assert answer(own, proxy, binding, who=JANE, request=asked).allowed
    both = Request(verb="proxy", resource="services", subresource="proxy")
    assert answer(own, proxy, binding, who=anonymous, request=both).reason == (
        "proxy verb changed to unsafeproxy, proxy subresource changed to unsafeproxy"
    )
    allowed = a_cluster_role("proxy", a_rule(["get"], ["services/unsafeproxy"]))
    assert answer(own, allowed, binding, who=anonymous, request=asked).allowed


def test_bindings_without_subjects_and_roles_without_rules_are_no_trouble():
    empty = an_object(RBAC, "ClusterRoleBinding", "b", roleRef={"kind": "ClusterRole", "name": "none"})
    role = an_object(RBAC, "ClusterRole", "none")
    assert answer(empty, role).answer is Answer.DENIED
    assert answer(role, bound("c", "none", user("jane"))).answer is Answer.DENIED
