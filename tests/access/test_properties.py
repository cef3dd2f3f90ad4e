"""The evaluator against a literal second one, over generated roles, bindings and requests."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from demarc.access import Authorizer, access_of, changes, who_can
from demarc.access.condense import fold, rights, without_covered
from demarc.access.identity import user_of
from demarc.model.access import Answer, Asker, Permission, Request
from demarc.model.kubernetes import PolicyRule
from tests.access import reference
from tests.access.given import a_cluster_role, a_role, a_snapshot, account, bound, group, user

VERBS = ("get", "list", "create", "*", "impersonate", "GET", "")
GROUPS = ("", "apps", "*", "batch")
RESOURCES = ("pods", "pods/exec", "*/exec", "*", "secrets", "pods/*", "*/*", "*/", "deployments/scale", "")
SUBRESOURCES = ("", "exec", "*", "scale", "log")
NAMES = ("a", "b", "", "*")
PATHS = ("*", "/metrics", "/api*", "/api/**", "/api/", "", "/", "metrics")
NAMESPACES = ("", "shop", "bank")
USERS = ("jane", "system:serviceaccount:shop:robot", "system:serviceaccount:bank:robot", "system:anonymous", "-rf", "")
TEAMS = ("team", "system:authenticated", "system:serviceaccounts:shop", "")
ROLE_NAMES = ("r1", "r2", "r3")


def some(values, most=3):
    return st.lists(st.sampled_from(values), max_size=most)


rules = st.fixed_dictionaries(
    {"verbs": some(VERBS)},
    optional={
        "apiGroups": some(GROUPS),
        "resources": some(RESOURCES),
        "resourceNames": some(NAMES, 2),
        "nonResourceURLs": some(PATHS, 2),
    },
)
subjects = st.one_of(
    st.sampled_from(USERS).map(user),
    st.sampled_from(TEAMS).map(group),
    st.tuples(st.sampled_from(("robot", "other")), st.sampled_from((None, "shop", "bank"))).map(
        lambda two: account(*two)
    ),
    st.just({"kind": "Robot", "name": "jane"}),
)


@st.composite
def clusters(draw):
    found = {}
    for name in ROLE_NAMES:
        if draw(st.booleans()):
            found["ClusterRole", "", name] = a_cluster_role(name, *draw(st.lists(rules, max_size=3)))
        for namespace in NAMESPACES[1:]:
            if draw(st.booleans()):
                found["Role", namespace, name] = a_role(name, *draw(st.lists(rules, max_size=3)), namespace=namespace)
    for number in range(draw(st.integers(0, 6))):
        namespace = draw(st.sampled_from((None, "shop", "bank")))
        kind = draw(st.sampled_from(("ClusterRole", "Role", "ClusterRole", "Weird")))
        made = bound(
            f"b{number}",
            draw(st.sampled_from(ROLE_NAMES)),
            *draw(st.lists(subjects, max_size=3)),
            namespace=namespace,
            kind=kind,
        )
        found["Binding", namespace or "", f"b{number}"] = made
    return list(found.values())


requests = st.one_of(
    st.fixed_dictionaries({"verb": st.sampled_from(VERBS), "path": st.sampled_from((*PATHS, "/apix", "/api/v1"))}),
    st.fixed_dictionaries(
        {
            "verb": st.sampled_from(VERBS),
            "group": st.sampled_from(GROUPS),
            "resource": st.sampled_from((*RESOURCES, "deployments")),
            "subresource": st.sampled_from(SUBRESOURCES),
            "name": st.sampled_from(NAMES),
            "namespace": st.sampled_from(NAMESPACES),
        }
    ),
)
askers = st.builds(lambda name, groups: Asker(user=name, groups=tuple(groups)), st.sampled_from(USERS), some(TEAMS))


@settings(max_examples=150, deadline=None)
@given(clusters(), st.lists(st.tuples(askers, requests), min_size=1, max_size=12))
def test_every_decision_and_its_grants_are_those_of_the_reference(objects, asked):
    authorizer = Authorizer(a_snapshot(*objects))
    for who, request in asked:
        expected = reference.allowing(objects, who.user, list(who.groups), request)
        decision = authorizer.decide(who, Request(**request))
        assert decision.answer is (Answer.ALLOWED if expected else Answer.DENIED)
        grants = [
            f"{one.binding_kind} {one.namespace}/{one.binding}" for one in authorizer.grants(who, Request(**request))
        ]
        assert grants == expected
        if expected:
            assert decision.grant is not None
            assert f"{decision.grant.binding_kind} {decision.grant.namespace}/{decision.grant.binding}" == expected[0]


def as_rule(permission: Permission) -> dict[str, Any]:
    return {
        "verbs": list(permission.verbs),
        "apiGroups": list(permission.groups),
        "resources": list(permission.resources),
        "resourceNames": list(permission.names),
        "nonResourceURLs": list(permission.paths),
    }


def covers(holdings, request) -> bool:
    where = request.get("namespace", "")
    return any(
        reference.rule_allows(as_rule(one.permission), request)
        for one in holdings
        if not one.namespaces or where in one.namespaces
    )


@settings(max_examples=120, deadline=None)
@given(clusters(), askers, st.lists(requests, min_size=1, max_size=20))
def test_condensed_access_allows_exactly_what_the_decisions_allow(objects, who, asked):
    authorizer = Authorizer(a_snapshot(*objects))
    holdings = access_of(authorizer, who).holdings
    assert not any(one.namespaces and one.permission.paths for one in holdings)
    for request in asked:
        assert covers(holdings, request) == authorizer.decide(who, Request(**request)).allowed


@settings(max_examples=120, deadline=None)
@given(st.lists(rules, max_size=5), st.lists(rules, max_size=3), requests)
def test_what_is_left_beyond_wider_rights_adds_up_to_the_whole(some_rules, wider_rules, request):
    mine, theirs = (
        rights((PolicyRule(**_fields(rule)), number) for number, rule in enumerate(given_rules))
        for given_rules in (some_rules, wider_rules)
    )
    left = [as_rule(permission) for permission, _ in fold(without_covered(mine, theirs))]
    wide = any(reference.rule_allows(rule, request) for rule in wider_rules)
    whole = wide or any(reference.rule_allows(rule, request) for rule in some_rules)
    assert (wide or any(reference.rule_allows(rule, request) for rule in left)) == whole


def _fields(rule) -> dict[str, Any]:
    names = {"apiGroups": "api_groups", "resourceNames": "resource_names", "nonResourceURLs": "non_resource_urls"}
    return {names.get(name, name): value for name, value in rule.items()}


@settings(max_examples=80, deadline=None)
@given(clusters(), requests)
def test_whoever_is_named_can_and_nobody_else(objects, request):
    authorizer = Authorizer(a_snapshot(*objects))
    request = Request(**request)
    holders = who_can(authorizer, request).holders
    for holder in holders:
        groups = (holder.subject.name,) if holder.subject.kind == "Group" else ()
        if holder.subject.kind in {"User", "Group", "ServiceAccount"}:
            assert authorizer.decide(Asker(user=user_of(holder.subject) or "?", groups=groups), request).allowed
    named = {(one.subject.kind == "Group", user_of(one.subject) or one.subject.name) for one in holders}
    for name in USERS:
        assert authorizer.decide(Asker(user=name), request).allowed == ((False, name) in named)
    for team in TEAMS:
        assert authorizer.decide(Asker(user="?", groups=(team,)), request).allowed == ((True, team) in named)


@settings(max_examples=80, deadline=None)
@given(clusters(), clusters(), st.lists(requests, min_size=1, max_size=10))
def test_differences_are_what_one_snapshot_allows_and_the_other_does_not(before, after, asked):
    older, newer = Authorizer(a_snapshot(*before)), Authorizer(a_snapshot(*after))
    assert changes(older, older).changes == ()
    found = {change.subject: change for change in changes(older, newer).changes}
    for name in USERS:
        subject = next((one for one in found if one.kind != "Group" and user_of(one) == name), None)
        new, gone = (found[subject].new, found[subject].gone) if subject else ((), ())
        for request in asked:
            was, now = (one.decide(Asker(user=name), Request(**request)).allowed for one in (older, newer))
            assert covers(new, request) >= (now and not was)
            assert covers(gone, request) >= (was and not now)
            assert not (covers(new, request) and not now)
            assert not (covers(gone, request) and not was)
