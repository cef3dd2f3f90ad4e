"""Who may act as whom, by the legacy verb and by constrained impersonation."""

from __future__ import annotations

from demarc.access import asker
from demarc.access.impersonation import Wanted, may_impersonate
from demarc.model.access import Answer, Request
from tests.access.given import a_cluster_role, a_rule, an_authorizer, bound, user

JANE = asker("jane")
AUTH = "authentication.k8s.io"
LIST_PODS = Request(verb="list", resource="pods", namespace="shop")


def may(wanted, *rules, who=JANE, request=LIST_PODS, **how):
    objects = (a_cluster_role("r", *rules), bound("b", "r", user(who.user)))
    return may_impersonate(an_authorizer(*objects), who, wanted, request, **how)


def test_legacy_asks_for_user_and_each_group():
    rules = [a_rule(["impersonate"], ["users"], names=["bob"]), a_rule(["impersonate"], ["groups"], names=["a", "b"])]
    found = may(Wanted(user="bob", groups=("a", "b")), *rules)
    assert (found.answer, found.constraint, len(found.grants)) == (Answer.ALLOWED, "", 3)
    assert may(Wanted(user="bob", groups=("a", "c")), *rules).answer is Answer.DENIED
    assert may(Wanted(user="eve"), *rules).answer is Answer.DENIED


def test_legacy_service_accounts_are_a_resource_of_their_namespace():
    rule = a_rule(["impersonate"], ["serviceaccounts"], names=["robot"])
    assert may(Wanted(user="system:serviceaccount:shop:robot"), rule).answer is Answer.ALLOWED
    assert may(Wanted(user="system:serviceaccount:shop:other"), rule).answer is Answer.DENIED
    users = a_rule(["impersonate"], ["users"])
    assert may(Wanted(user="system:serviceaccount:shop:robot"), users).answer is Answer.DENIED


def test_legacy_uids_and_extras_are_asked_for_in_their_own_group():
    wanted = Wanted(user="bob", uid="1", extra={"scopes": ("x",)})
    base = a_rule(["impersonate"], ["users"])
    assert may(wanted, base).answer is Answer.DENIED
    rest = a_rule(["impersonate"], ["uids", "userextras/scopes"], [AUTH])
    assert may(wanted, base, rest).answer is Answer.ALLOWED


def test_constrained_asks_for_the_identity_and_for_what_is_done_with_it():
    identity = a_rule(["impersonate:user-info"], ["users"], [AUTH], names=["bob"])
    action = a_rule(["impersonate-on:user-info:list"], ["pods"])
    found = may(Wanted(user="bob"), identity, action)
    assert (found.answer, found.constraint) == (Answer.ALLOWED, "impersonate:user-info")
    denied = may(Wanted(user="bob"), identity)
    assert denied.answer is Answer.DENIED
    assert denied.reason == "cannot impersonate-on:user-info:list pods in shop"
    assert (
        may(Wanted(user="bob"), identity, action, request=Request(verb="get", resource="pods")).answer is Answer.DENIED
    )
    assert may(Wanted(user="bob"), identity, action, constrained=False).answer is Answer.DENIED


def test_a_wildcard_is_taken_as_constrained():
    found = may(Wanted(user="bob", groups=("a",)), a_rule(["*"], ["*"], ["*"]))
    assert found.constraint == "impersonate:user-info"


def test_constrained_never_gives_masters_or_an_empty_group():
    rules = [a_rule([verb], ["*"], ["*"]) for verb in ("impersonate:user-info", "impersonate-on:user-info:list")]
    assert may(Wanted(user="bob", groups=("a",)), *rules).answer is Answer.ALLOWED
    assert "system:masters" in may(Wanted(user="bob", groups=("system:masters",)), *rules).reason
    assert may(Wanted(user="bob", groups=("",)), *rules).answer is Answer.DENIED
    legacy = a_rule(["impersonate"], ["users", "groups"])
    found = may(Wanted(user="bob", groups=("system:masters",)), *rules, legacy)
    assert (found.answer, found.constraint) == (Answer.ALLOWED, "")


def test_many_groups_may_be_allowed_at_once():
    on = a_rule(["impersonate-on:user-info:list"], ["pods"])
    user_rule = a_rule(["impersonate:user-info"], ["users"], [AUTH])
    star = a_rule(["impersonate:user-info"], ["groups"], [AUTH], names=["*"])
    assert may(Wanted(user="bob", groups=tuple("abcd")), on, user_rule, star).answer is Answer.ALLOWED
    assert may(Wanted(user="bob", groups=tuple("abc")), on, user_rule, star).answer is Answer.DENIED


def test_service_accounts_and_nodes_have_modes_of_their_own():
    on = a_rule(["impersonate-on:serviceaccount:list", "impersonate-on:arbitrary-node:list"], ["pods"])
    accounts = a_rule(["impersonate:serviceaccount"], ["serviceaccounts"], [AUTH])
    nodes = a_rule(["impersonate:arbitrary-node"], ["nodes"], [AUTH], names=["n1"])
    rules = (on, accounts, nodes)
    assert may(Wanted(user="system:serviceaccount:a:b"), *rules).constraint == "impersonate:serviceaccount"
    assert may(Wanted(user="system:serviceaccount:a:b", groups=("x",)), *rules).answer is Answer.DENIED
    assert may(Wanted(user="system:node:n1"), *rules).constraint == "impersonate:arbitrary-node"
    assert may(Wanted(user="system:node:n2"), *rules).answer is Answer.DENIED
    assert may(Wanted(user="bob"), *rules).answer is Answer.DENIED


def test_an_agent_may_act_as_the_node_on_which_it_runs():
    agent = asker("system:serviceaccount:kube-system:agent")
    on = a_rule(["impersonate-on:associated-node:list"], ["pods"])
    own = a_rule(["impersonate:associated-node"], ["nodes"], [AUTH])
    wanted = Wanted(user="system:node:n1")
    assert may(wanted, on, own, who=agent, node="n1").constraint == "impersonate:associated-node"
    assert may(wanted, on, own, who=agent, node="n2").answer is Answer.DENIED
    assert may(wanted, on, own, who=JANE, node="n1").answer is Answer.DENIED


def test_what_was_not_seen_makes_it_unknown():
    found = may_impersonate(an_authorizer(whole=False), JANE, Wanted(user="bob"), LIST_PODS)
    assert found.answer is Answer.UNKNOWN
