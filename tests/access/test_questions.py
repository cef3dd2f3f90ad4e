"""Who can, what somebody can, and what changed: how answers are condensed and what they say beside."""

from __future__ import annotations

import pytest

from demarc.access import Authorizer, access_of, asker, changes, who_can
from demarc.access.identity import named
from demarc.access.resources import requested
from demarc.model.access import Asker, Permission, Request, SubjectRef
from demarc.model.errors import DemarcError
from demarc.model.evidence import GapReason
from demarc.testing import a_custom_resource_definition, a_pod, a_service_account
from tests.access.given import (
    a_cluster_role,
    a_role,
    a_rule,
    a_snapshot,
    account,
    an_authorizer,
    bound,
    group,
    user,
)

JANE = asker("jane")


def rows(*objects, who=JANE):
    return [(one.permission, one.namespaces) for one in access_of(an_authorizer(*objects), who).holdings]


def test_rules_of_one_binding_are_merged():
    role = a_cluster_role(
        "r",
        a_rule(["get"], ["pods"]),
        a_rule(["list"], ["pods"]),
        a_rule(["get", "list"], ["services"]),
        a_rule(["get"], ["secrets"], names=["a"]),
        a_rule(["get"], ["secrets"], names=["b"]),
    )
    assert rows(role, bound("b", "r", user("jane"))) == [
        (Permission(verbs=("get",), groups=("",), resources=("secrets",), names=("a", "b")), ()),
        (Permission(verbs=("get", "list"), groups=("",), resources=("pods", "services")), ()),
    ]


def test_what_a_wider_right_covers_is_not_said_again():
    wide = a_cluster_role("wide", a_rule(["*"], ["pods"]), a_rule(["get"], paths=["/a*"]))
    narrow = a_cluster_role(
        "narrow",
        a_rule(["get"], ["pods"]),
        a_rule(["get"], ["pods"], names=["a"]),
        a_rule(["get"], paths=["/a/b/*", "/a"]),
    )
    objects = (wide, narrow, bound("w", "wide", user("jane")), bound("n", "narrow", user("jane"), namespace="shop"))
    assert rows(*objects, bound("n", "narrow", user("jane"))) == [
        (Permission(verbs=("*",), groups=("",), resources=("pods",)), ()),
        (Permission(verbs=("get",), paths=("/a*",)), ()),
    ]


def test_namespaces_with_the_same_right_are_one_row_with_all_its_grants():
    role = a_cluster_role("r", a_rule(["get"], ["pods"]))
    names = [f"n{number:03}" for number in range(40)]
    found = access_of(
        an_authorizer(role, *(bound("b", "r", user("jane"), namespace=name) for name in names)), JANE
    ).holdings
    (row,) = found
    assert row.namespaces == tuple(names)
    assert [grant.namespace for grant in row.grants] == names


def test_access_says_what_gives_nothing_now_and_what_was_not_seen():
    found = access_of(an_authorizer(bound("b", "gone", user("jane")), whole=False), JANE)
    assert found.dangling == ('ClusterRoleBinding b: clusterrole.rbac.authorization.k8s.io "gone" not found',)
    assert any("rolebindings" in said for said in found.unseen)
    assert access_of(an_authorizer(), Asker(user="x", groups=("system:masters",))).unlimited


@pytest.mark.parametrize(
    ("text", "user_name", "groups"),
    [
        ("sa:shop/robot", "system:serviceaccount:shop:robot", 3),
        ("user:group:x", "group:x", 1),
        ("group:team", "", 1),
        ("jane@example.com", "jane@example.com", 1),
        ("arn:aws:iam::1:user/x", "arn:aws:iam::1:user/x", 1),
    ],
)
def test_identities_are_taken_as_people_write_them(text, user_name, groups):
    who = named(text)
    assert (who.user, len(who.groups)) == (user_name, groups)


@pytest.mark.parametrize("text", ["", "user:", "sa:robot", "sa:/x", "sa:a/b/c", "group:"])
def test_an_identity_that_names_nobody_is_an_error(text):
    with pytest.raises(DemarcError):
        named(text)


def subjects(found):
    return [(str(one.subject), one.namespaces) for one in found.holders]


ASK = Request(verb="get", resource="secrets", namespace="shop")
READ = a_cluster_role("read", a_rule(["get"], ["secrets"]))
WHO = (
    READ,
    a_role("read", a_rule(["get"], ["secrets"]), namespace="shop"),
    bound("all", "read", group("ops"), user("system:serviceaccount:ci:bot")),
    bound("here", "read", account("robot"), user("jane"), namespace="shop", kind="Role"),
    bound("there", "read", user("jane"), namespace="bank"),
    bound("nobody", "read", account("lost"), {"kind": "Odd", "name": "x"}),
    a_service_account("robot", namespace="shop"),
)


def test_who_can_names_subjects_of_the_cluster_and_of_the_namespace():
    found = who_can(an_authorizer(*WHO), ASK)
    assert subjects(found) == [
        ("Group ops", ()),
        ("Group system:masters", ()),
        ("ServiceAccount ci/bot", ()),
        ("ServiceAccount shop/robot", ()),
        ("User jane", ()),
    ]
    exists = {str(one.subject): one.exists for one in found.holders}
    assert (exists["ServiceAccount shop/robot"], exists["ServiceAccount ci/bot"], exists["User jane"]) == (
        True,
        False,
        None,
    )


def test_who_can_in_all_namespaces_says_where():
    found = who_can(an_authorizer(*WHO), Request(verb="get", resource="secrets"), all_namespaces=True)
    assert subjects(found)[-2:] == [("ServiceAccount shop/robot", ("shop",)), ("User jane", ("bank", "shop"))]
    assert "shop" not in str(subjects(who_can(an_authorizer(*WHO), Request(verb="get", resource="secrets"))))


def test_who_can_says_what_nodes_may_and_what_was_not_seen():
    pod = a_pod("web", namespace="shop", spec={"nodeName": "n1", "containers": []})
    authorizer = an_authorizer(*WHO, pod)
    assert "pods bound to it" in who_can(authorizer, ASK).nodes
    assert "every node" in who_can(authorizer, Request(verb="list", resource="services")).nodes
    assert who_can(authorizer, Request(verb="get", resource="deployments", group="apps")).nodes == ""
    assert who_can(authorizer, Request(verb="get", path="/metrics")).nodes == ""
    assert "its own" in who_can(authorizer, Request(verb="get", resource="nodes")).nodes
    gap = ("rolebindings.rbac.authorization.k8s.io", GapReason.FORBIDDEN)
    assert any("forbidden" in said for said in who_can(an_authorizer(*WHO, gaps=(gap,)), ASK).unseen)


def compared(before, after):
    return {
        str(change.subject): (
            [(one.permission.verbs, one.permission.resources, one.namespaces) for one in change.new],
            [(one.permission.verbs, one.permission.resources, one.namespaces) for one in change.gone],
        )
        for change in changes(Authorizer(a_snapshot(*before)), Authorizer(a_snapshot(*after))).changes
    }


def test_changes_are_of_access_and_not_of_objects():
    before = (READ, bound("b", "read", user("jane")))
    renamed = (a_cluster_role("other", a_rule(["get"], ["secrets"])), bound("c", "other", user("jane")))
    assert compared(before, renamed) == {}
    covered = (*before, bound("d", "read", user("jane"), namespace="shop"))
    assert compared(before, covered) == {}


def test_a_changed_role_is_said_of_everybody_bound_to_it():
    binding = bound("b", "read", user("jane"), group("ops"))
    more = a_cluster_role("read", a_rule(["get", "list"], ["secrets"]))
    assert compared((READ, binding), (more, binding)) == {
        "Group ops": ([(("list",), ("secrets",), ())], []),
        "User jane": ([(("list",), ("secrets",), ())], []),
    }


def test_a_right_that_was_narrowed_to_namespaces_is_gone_from_the_rest_of_the_cluster():
    before = (READ, bound("b", "read", user("jane")))
    after = (READ, *(bound("b", "read", user("jane"), namespace=name) for name in ("a", "b")))
    assert compared(before, after) == {"User jane": ([], [(("get",), ("secrets",), ())])}
    assert compared(after, before) == {"User jane": ([(("get",), ("secrets",), ())], [])}


def test_changes_say_what_was_not_seen():
    found = changes(Authorizer(a_snapshot(whole=False)), Authorizer(a_snapshot()))
    assert found.unseen
    assert all(said.startswith("before: ") for said in found.unseen)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("pods", ("", "pods", "")),
        ("po/log", ("", "pods", "log")),
        ("deployments", ("apps", "deployments", "")),
        ("deploy/scale", ("apps", "deployments", "scale")),
        ("deployments.extensions", ("extensions", "deployments", "")),
        ("widgets", ("example.com", "widgets", "")),
        ("networkpolicy", ("networking.k8s.io", "networkpolicies", "")),
        ("ingress", ("networking.k8s.io", "ingresses", "")),
        ("*", ("*", "*", "")),
        ("*/scale", ("*", "*", "scale")),
        ("nosuch", ("", "nosuch", "")),
    ],
)
def test_resources_are_found_as_people_write_them(typed, expected):
    snapshot = a_snapshot(a_custom_resource_definition("example.com", "widgets", "Widget"))
    request = requested(snapshot, "get", typed)
    assert (request.group, request.resource, request.subresource) == expected


def test_a_path_has_no_name_and_no_namespace():
    assert requested(a_snapshot(), "get", "/metrics").path == "/metrics"
    for extra in ({"name": "x"}, {"namespace": "x"}):
        with pytest.raises(DemarcError):
            requested(a_snapshot(), "get", "/metrics", **extra)


def test_a_subject_reads_well():
    assert str(SubjectRef(kind="ServiceAccount", name="b", namespace="a")) == "ServiceAccount a/b"
