"""Whose a finding is: asked where RBAC is written, on the component where there is one."""

from __future__ import annotations

from demarc.catalog.checks import checks
from demarc.model.duties import Unit
from demarc.model.errors import Where
from demarc.model.inventory import Scope
from demarc.model.posture import Found, ObjectRef
from demarc.model.register import Assignment, Register, Selector, Team
from demarc.posture import posture
from demarc.posture.whose import Owners
from tests.posture.given import a_ground, check_named
from tests.posture.granting import BOUND, a_rule, an_account, cluster_wide, in_shop

HERE = Where(file="assignments.yaml", line=1)
REGISTER = Register(
    teams=(Team(id="platform", name="Platform", where=HERE), Team(id="shop", name="Shop", where=HERE)),
    assignments=(
        Assignment(duties=("*",), scope=Selector(), owner="platform", where=HERE),
        Assignment(duties=("*",), scope=Selector(namespace="shop"), owner="shop", where=HERE),
    ),
    origin="register",
)


def owner(*objects):
    ground = a_ground(*objects, base=BOUND, register=REGISTER)
    (finding,) = posture(ground, (check_named("DM-RBAC-003"),)).findings
    return finding.answers.owner, finding.answers.duty, str(finding.scope)


def test_what_is_bound_in_the_cluster_is_of_whoever_writes_rbac_for_the_cluster():
    bound = cluster_wide(a_rule("list", "secrets"), subject=an_account())
    assert owner(*bound) == ("Platform", "identity.rbac", "identity:shop/ServiceAccount/app")


def test_what_is_bound_in_a_namespace_is_the_namespaces():
    bound = in_shop(a_rule("list", "secrets"), subject=an_account("runner", "ci"))
    assert owner(*bound) == ("Shop", "secret.access", "identity:ci/ServiceAccount/runner")


def test_a_finding_that_names_no_other_place_is_asked_where_it_stands():
    ground = a_ground(base=BOUND, register=REGISTER)
    scope = Scope(kind=Unit.NAMESPACE, name="shop")
    found = Found(object=ObjectRef(kind="Namespace", name="shop"), scope=scope, says="x")
    assert Owners(ground).of(checks()["DM-RBAC-019"], found).owner == "Shop"
