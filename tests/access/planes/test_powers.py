"""Rules condensed into powers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.access.planes.powers import ordered, powers_of, powers_used
from demarc.model.kubernetes import PolicyRule
from demarc.model.planes import Power

RBAC = "rbac.authorization.k8s.io"


def a_rule(verbs, resources, groups=("",), names=None):
    return PolicyRule(verbs=list(verbs), resources=list(resources), api_groups=list(groups), resource_names=names)


@pytest.mark.parametrize(
    ("rule", "power"),
    [
        (a_rule(["*"], ["*"], ["*"]), Power.CLUSTER_ADMIN),
        (a_rule(["get"], ["nodes/proxy"]), Power.NODE_LEVEL),
        (a_rule(["create"], ["*/proxy"]), Power.NODE_LEVEL),
        (a_rule(["impersonate"], ["users"]), Power.IMPERSONATE),
        (a_rule(["bind"], ["clusterroles"], [RBAC]), Power.RBAC_WRITE),
        (a_rule(["patch"], ["rolebindings"], [RBAC]), Power.RBAC_WRITE),
        (a_rule(["create"], ["serviceaccounts/token"]), Power.CREDENTIALS),
        (a_rule(["approve"], ["signers"], ["certificates.k8s.io"]), Power.CREDENTIALS),
        (a_rule(["watch"], ["secrets"]), Power.SECRETS_READ),
        (a_rule(["get"], ["secrets"], names=["one"]), Power.SECRETS_READ),
        (a_rule(["create"], ["jobs"], ["batch"]), Power.WORKLOAD_WRITE),
        (a_rule(["get"], ["pods/exec"]), Power.EXEC),
        (a_rule(["delete"], ["pods"]), Power.WRITE),
        (a_rule(["create"], ["secrets"]), Power.WRITE),
        (a_rule(["create"], ["configmaps"]), Power.WRITE),
        (a_rule(["list"], ["pods"]), Power.READ_ONLY),
        (a_rule(["create"], ["selfsubjectaccessreviews"], ["authorization.k8s.io"]), Power.NONE),
        (PolicyRule(verbs=["get"], non_resource_urls=["*"]), Power.NONE),
    ],
)
def test_the_strongest_power_comes_first(rule, power):
    assert powers_of([rule])[0] is power


@pytest.mark.parametrize(
    "rule",
    [
        a_rule(["create"], ["secrets"]),
        a_rule(["get"], ["secrets"], ["apps"]),
        a_rule(["get"], ["pods"]),
        a_rule(["*"], ["*"], ["apps"]),
    ],
)
def test_what_is_of_another_group_or_verb_reads_no_secrets(rule):
    assert Power.SECRETS_READ not in powers_of([rule])


def test_all_of_everything_by_name_is_no_administrator():
    assert Power.CLUSTER_ADMIN not in powers_of([a_rule(["*"], ["*"], ["*"], names=["x"])])


def test_requests_use_powers():
    assert powers_used("create", "", "pods", "exec") == (Power.EXEC,)
    assert powers_used("get", "", "", "") == (Power.NONE,)


@given(st.lists(st.sampled_from(Power)))
def test_ordered_is_never_empty_and_settles(powers):
    once = ordered(powers)
    assert once
    assert ordered(once) == once
