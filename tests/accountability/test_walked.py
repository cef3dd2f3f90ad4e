from __future__ import annotations

from demarc.accountability.walked import Walked
from demarc.model.assessment import Holder, MatrixRow, Status
from demarc.model.boundary import Party
from demarc.model.duties import Unit
from demarc.model.inventory import Scope

CLUSTER = Scope(kind=Unit.CLUSTER, name="prod")
SHOP = Scope(kind=Unit.NAMESPACE, name="shop")
WEB = Scope(kind=Unit.WORKLOAD, name="shop/Deployment/web")


def a_row(duty, scope, *, part="workload", status=Status.ASSIGNED, owner="Team Shop"):
    return MatrixRow(
        id=f"{duty}/{part}@{scope}",
        duty=duty,
        component=part,
        scope=scope,
        models=(),
        party=Party.CUSTOMER,
        party_name="",
        basis=None,
        status=status,
        owner=Holder(id=owner, name=owner) if owner else None,
    )


def asked(rows, scope, *, duty="workload.isolation", part=""):
    return Walked(rows).answerable(duty, scope, part)


def test_the_row_of_the_very_scope_answers():
    rows = [a_row("workload.isolation", CLUSTER, owner="Platform"), a_row("workload.isolation", WEB)]
    assert asked(rows, WEB).owner == "Team Shop"


def test_from_the_workload_to_its_namespace_to_the_cluster():
    rows = [a_row("workload.isolation", CLUSTER, owner="Platform"), a_row("workload.isolation", SHOP)]
    assert asked(rows, WEB).owner == "Team Shop"
    assert asked(rows[:1], WEB).owner == "Platform"
    assert asked(rows, Scope(kind=Unit.IDENTITY, name="other/ServiceAccount/x")).owner == "Platform"
    assert asked(rows, Scope(kind=Unit.IDENTITY, name="User/bob")).owner == "Platform"


def test_a_cluster_is_answered_by_the_rows_inside_it_and_says_that_they_differ():
    rows = [a_row("workload.isolation", SHOP), a_row("workload.isolation", WEB, status=Status.UNOWNED, owner="")]
    found = asked(rows, CLUSTER)
    assert found.row is not None
    assert found.row.status is Status.UNOWNED
    assert found.differing == 1


def test_the_part_chooses_among_rows_of_one_scope():
    rows = [
        a_row("addon.privileges", CLUSTER, part="cni"),
        a_row("addon.privileges", CLUSTER, part="mesh", owner="Net"),
    ]
    assert asked(rows, CLUSTER, duty="addon.privileges", part="mesh").owner == "Net"
    assert asked(rows, CLUSTER, duty="addon.privileges", part="unheard-of").differing == 1


def test_no_row_is_said_not_guessed():
    assert asked([a_row("workload.isolation", SHOP)], CLUSTER, duty="supply.source").row is None
    assert asked([a_row("workload.isolation", SHOP)], Scope(kind=Unit.NAMESPACE, name="sho")).row is None
    assert asked([], WEB).owner == ""


def test_rows_of_a_part_that_does_not_count_are_passed_over_outwards():
    rows = [a_row("identity.rbac", SHOP, part="provider-staff", owner="Provider"), a_row("identity.rbac", CLUSTER)]
    walked = Walked(rows)
    assert walked.answerable("identity.rbac", WEB).owner == "Provider"
    assert walked.answerable("identity.rbac", WEB, beside=frozenset({"provider-staff"})).owner == "Team Shop"
    assert walked.answerable("identity.rbac", SHOP, beside=frozenset({"provider-staff"})).owner == "Team Shop"
    assert walked.answerable("identity.rbac", SHOP).owner == "Provider"


def test_rows_of_a_duty_are_made_once_and_only_when_it_is_asked_about():
    made = []

    def rows_of(duty):
        made.append(duty)
        return (a_row(duty, CLUSTER),)

    walked = Walked.asking(rows_of)
    assert not made
    assert walked.answerable("identity.rbac", WEB).owner == "Team Shop"
    assert walked.answerable("identity.rbac", SHOP).owner == "Team Shop"
    assert made == ["identity.rbac"]
