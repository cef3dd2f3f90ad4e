from __future__ import annotations

import pytest
from msgspec.structs import replace

from demarc.model.assessment import MatrixRow, Status
from demarc.model.duties import Unit
from demarc.model.inventory import DirectoryEntry, OwnerHint, Scope
from demarc.model.register import Claim, ExceptionEntry, Review, Selector
from tests.accountability.given import (
    AT,
    HERE,
    a_namespace,
    a_person,
    a_pool,
    a_register,
    a_team,
    a_workload,
    an_assignment,
    an_inventory,
    answer,
    day,
    period,
    row,
)

RBAC = "identity.rbac"
PAYMENTS = "namespace:payments"


def held(register, *, at=AT, places=None, **more) -> MatrixRow:
    """The row of identity.rbac in the namespace payments, which is the customer's on every provider."""
    places = places or (a_namespace("payments", labels={"pci": "true"}),)
    return row(answer(an_inventory(places=places, **more), register, at), RBAC, PAYMENTS)


def owner(found: MatrixRow) -> str | None:
    return found.owner.id if found.owner else None


class TestWhoOwns:
    def test_nobody(self):
        assert held(a_register()).status is Status.UNOWNED

    def test_an_assignment_names_the_owner_its_people_and_where_it_is_written(self):
        found = held(a_register(an_assignment("payments", RBAC)))
        assert found.status is Status.ASSIGNED
        assert found.owner is not None
        assert (found.owner.id, found.owner.people, found.owner.basis) == ("payments", ("Bob",), "register.yaml:1")

    @pytest.mark.parametrize(
        ("general", "special"),
        [
            (Selector(), Selector(namespace="payments")),
            (Selector(), Selector(cluster="prod")),
            (Selector(cluster="prod"), Selector(namespace="pay*")),
            (Selector(namespace="*"), Selector(namespace="payments")),
            (Selector(namespace="payments"), Selector(labels={"pci": "true"})),
            (Selector(labels={"pci": "true"}), Selector(labels={"pci": "true"}, namespace="payments")),
        ],
    )
    def test_the_most_specific_scope_wins_whatever_the_order(self, general, special):
        entries = [an_assignment("platform", RBAC, scope=general), an_assignment("payments", "*", scope=special)]
        for order in (entries, entries[::-1]):
            assert owner(held(a_register(*order))) == "payments"

    def test_in_the_same_scope_the_more_specific_duty_wins(self):
        found = held(a_register(an_assignment("platform", "*"), an_assignment("payments", "identity.*")))
        assert owner(found) == "payments"
        found = held(a_register(an_assignment("payments", RBAC), an_assignment("platform", "identity.*")))
        assert owner(found) == "payments"

    def test_a_selector_for_something_else_does_not_match(self):
        for scope in (
            Selector(namespace="checkout"),
            Selector(cluster="staging"),
            Selector(labels={"pci": "false"}),
            Selector(workload="payments"),
            Selector(pool="*"),
        ):
            assert held(a_register(an_assignment("payments", RBAC, scope=scope))).status is Status.UNOWNED

    def test_a_workload_is_named_by_name_or_kind_and_name(self):
        inventory = an_inventory(places=(a_workload("payments", "api"),))
        for name in ("api", "Deployment/api", "ap?"):
            register = a_register(an_assignment("payments", scope=Selector(workload=name, namespace="payments")))
            found = row(answer(inventory, register), "workload.pod-security")
            assert owner(found) == "payments"

    def test_two_owners_for_the_same_row_are_a_conflict_and_none_is_chosen(self):
        found = held(a_register(an_assignment("payments", RBAC), an_assignment("platform", RBAC)))
        assert found.status is Status.CONFLICT
        assert found.owner is None
        assert {holder.id for holder in found.owners_in_conflict} == {"payments", "platform"}

    def test_the_same_owner_twice_is_no_conflict(self):
        found = held(a_register(an_assignment("payments", RBAC), an_assignment("payments", RBAC)))
        assert found.status is Status.ASSIGNED

    def test_roles_come_from_the_most_specific_entry_that_names_them(self):
        register = a_register(
            an_assignment("platform", approver="security", reviewer="security", review_every=90),
            an_assignment("payments", scope=Selector(namespace="payments"), approver="platform"),
        )
        found = held(register)
        assert found.approver is not None
        assert found.reviewer is not None
        assert (found.approver.id, found.reviewer.id, found.review_every) == ("platform", "security", 90)


class TestTime:
    def test_a_hand_over_is_seen_from_both_sides(self):
        register = a_register(
            an_assignment("platform", RBAC, period=period(None, "2026-07-01")),
            an_assignment("payments", RBAC, period=period("2026-07-01")),
        )
        assert owner(held(register, at=day("2026-06-30"))) == "platform"
        assert owner(held(register, at=day("2026-07-01"))) == "payments"

    def test_an_assignment_that_ended_is_a_lapse(self):
        found = held(a_register(an_assignment("payments", RBAC, period=period(None, "2026-07-01"))))
        assert found.status is Status.LAPSED
        assert owner(found) == "payments"
        assert any("2026-07-01" in remark for remark in found.remarks)

    def test_an_assignment_to_come_does_not_hold_yet(self):
        found = held(a_register(an_assignment("payments", RBAC, period=period("2027-01-01"))))
        assert found.status is Status.UNOWNED
        assert any("2027-01-01" in remark for remark in found.remarks)

    def test_a_general_owner_takes_what_a_special_one_left_and_the_row_says_so(self):
        register = a_register(
            an_assignment("platform"),
            an_assignment("payments", scope=Selector(namespace="payments"), period=period(None, "2026-07-01")),
        )
        found = held(register)
        assert (owner(found), found.status) == ("platform", Status.ASSIGNED)
        assert any("ended on 2026-07-01" in remark for remark in found.remarks)

    def test_a_person_whose_time_has_ended_is_a_lapse(self):
        register = a_register(
            an_assignment("dave", RBAC), people=(a_person("dave", period=period(None, "2026-03-31")),)
        )
        assert held(register).status is Status.LAPSED
        assert held(register, at=day("2026-03-30")).status is Status.ASSIGNED

    def test_a_team_in_which_nobody_is_left_is_a_lapse(self):
        people = (a_person("dave", period=period(None, "2026-03-31")),)
        register = a_register(an_assignment("erp", RBAC), people=people, teams=(a_team("erp", "dave"),))
        found = held(register)
        assert found.status is Status.LAPSED
        assert any("nobody is left" in remark for remark in found.remarks)

    def test_an_owner_whom_the_register_does_not_know_is_a_lapse(self):
        assert held(a_register(an_assignment("ghosts", RBAC))).status is Status.LAPSED


class TestDirectory:
    def person(self, alias: str, **more) -> DirectoryEntry:
        return DirectoryEntry(**{"id": alias, "aliases": (alias,), "active": True, "person": True, **more})

    def register(self, contact: str):
        return a_register(an_assignment("dave", RBAC), people=(a_person("dave", contact=contact),))

    def test_somebody_the_directory_knows_holds(self):
        found = held(self.register("Dave@Acme.example"), directory=(self.person("dave@acme.example"),))
        assert found.status is Status.ASSIGNED

    def test_somebody_who_left_is_a_lapse(self):
        found = held(self.register("dave@acme.example"), directory=(self.person("dave@acme.example", active=False),))
        assert found.status is Status.LAPSED

    def test_somebody_who_left_later_held_it_then(self):
        entry = self.person("dave@acme.example", active=False, left=day("2026-08-01"))
        assert (
            held(self.register("dave@acme.example"), directory=(entry,), at=day("2026-07-31")).status is Status.ASSIGNED
        )
        assert held(self.register("dave@acme.example"), directory=(entry,)).status is Status.LAPSED

    def test_a_contact_that_nobody_is_is_a_lapse(self):
        found = held(self.register("dave@acme.example"), directory=(self.person("someone@acme.example"),))
        assert found.status is Status.LAPSED
        assert any("dave@acme.example" in remark for remark in found.remarks)

    def test_a_contact_that_is_no_address_proves_nothing(self):
        assert held(self.register("#payments"), directory=(self.person("x@acme.example"),)).status is Status.ASSIGNED

    def test_todays_directory_does_not_speak_of_last_year(self):
        entry = self.person("dave@acme.example", active=False)
        assert (
            held(self.register("dave@acme.example"), directory=(entry,), at=day("2025-11-01")).status is Status.ASSIGNED
        )

    def test_without_people_in_the_directory_nobody_is_missing(self):
        group = DirectoryEntry(id="g", aliases=("g",), active=True, person=False)
        assert held(self.register("dave@acme.example"), directory=(group,)).status is Status.ASSIGNED

    def test_a_team_loses_the_members_who_left(self):
        people = (a_person("dave", contact="dave@acme.example"), a_person("erin", contact="erin@acme.example"))
        register = a_register(an_assignment("erp", RBAC), people=people, teams=(a_team("erp", "dave", "erin"),))
        directory = (self.person("dave@acme.example", active=False), self.person("erin@acme.example"))
        found = held(register, directory=directory)
        assert found.status is Status.ASSIGNED
        assert found.owner is not None
        assert found.owner.people == ("Erin",)
        assert any("Dave" in remark for remark in found.remarks)


class TestOwnersOutsideTheRegister:
    def hint(self, name: str, scope: Scope | None = None, **more) -> OwnerHint:
        scope = scope or Scope(kind=Unit.NAMESPACE, name="payments")
        return OwnerHint(scope=scope, owner=name, origin=f"label team of {scope}", **more)

    @pytest.mark.parametrize(
        "spelled", ["payments", "team-payments", "@acme/payments", "group:default/payments", "PAYMENTS"]
    )
    def test_a_label_is_joined_with_the_team_it_means(self, spelled):
        found = held(a_register(), hints=(self.hint(spelled),))
        assert found.owner is not None
        assert (found.owner.id, found.owner.registered, found.owner.people) == ("payments", True, ("Bob",))
        assert "label team" in found.owner.basis

    def test_a_label_that_names_nobody_known_is_shown_as_written(self):
        found = held(a_register(), hints=(self.hint("squad-9"),))
        assert found.owner is not None
        assert (found.owner.name, found.owner.registered) == ("squad-9", False)

    def test_the_register_beats_a_label_and_says_that_they_differ(self):
        found = held(a_register(an_assignment("platform")), hints=(self.hint("team-payments"),))
        assert owner(found) == "platform"
        assert any("the register decides" in remark for remark in found.remarks)

    def test_a_workloads_own_label_beats_its_namespaces(self):
        workload = a_workload("payments", "api")
        hints = (self.hint("platform"), self.hint("payments", workload.scope))
        found = row(answer(an_inventory(places=(workload,), hints=hints), a_register()), "workload.pod-security")
        assert owner(found) == "payments"

    def test_a_label_that_names_somebody_who_left_is_a_lapse(self):
        entry = DirectoryEntry(id="d", aliases=("dave@acme.example",), active=False, person=True)
        found = held(a_register(), hints=(self.hint("dave@acme.example"),), directory=(entry,))
        assert found.status is Status.LAPSED

    def test_a_label_and_a_file_that_name_different_owners_are_a_conflict(self):
        claim = Claim(owner="platform", scope=Selector(namespace="payments"), origin="catalog-info.yaml:3", where=HERE)
        found = held(a_register(claims=(claim,)), hints=(self.hint("payments"),))
        assert found.status is Status.CONFLICT

    def test_a_label_owns_nothing_of_the_providers(self):
        found = row(answer(an_inventory(), a_register()), "platform.disclosure")
        assert found.owner is None


class TestReviews:
    def review(self, by: str, on: str, **more) -> Review:
        return Review(**{"duties": ("*",), "scope": Selector(), "by": by, "on": day(on), "where": HERE, **more})

    def register(self, *reviews: Review, **more):
        entry = an_assignment("payments", RBAC, reviewer="security", review_every=90, **more)
        return a_register(entry, reviews=reviews)

    def test_a_review_within_its_cadence_is_fine(self):
        found = held(self.register(self.review("carla", "2026-10-01")))
        assert (found.status, found.last_review, found.next_review) == (Status.ASSIGNED, "2026-10-01", "2026-12-30")
        assert found.last_reviewed_by == "Carla"

    def test_an_old_review_is_overdue(self):
        assert held(self.register(self.review("carla", "2026-01-01"))).status is Status.OVERDUE

    def test_no_review_is_overdue_and_says_so(self):
        found = held(self.register())
        assert found.status is Status.OVERDUE
        assert "no review is on record" in found.remarks

    def test_a_new_assignment_has_its_first_cadence_to_do_it(self):
        assert held(self.register(period=period("2026-11-01"))).status is Status.ASSIGNED

    def test_a_review_after_the_date_does_not_count(self):
        register = self.register(self.review("carla", "2026-10-01"), self.review("carla", "2027-02-01"))
        assert held(register).last_review == "2026-10-01"

    def test_a_review_by_the_owner_does_not_count(self):
        found = held(self.register(self.review("payments", "2026-11-01")))
        assert found.status is Status.OVERDUE
        assert found.last_review is None

    def test_a_review_of_another_duty_or_scope_does_not_count(self):
        other_duty = self.review("carla", "2026-11-01", duties=("secret.*",))
        other_scope = self.review("carla", "2026-11-01", scope=Selector(namespace="checkout"))
        assert held(self.register(other_duty, other_scope)).status is Status.OVERDUE


class TestSeparationOfDuties:
    @pytest.mark.parametrize("role", ["approver", "reviewer", "rotator"])
    def test_the_owner_in_another_role_is_named(self, role):
        found = held(a_register(replace(an_assignment("payments", RBAC), **{role: "payments"})))
        assert [item.role for item in found.separation] == [role]

    def test_a_member_of_the_owning_team_is_named(self):
        found = held(a_register(an_assignment("payments", RBAC, approver="bob")))
        assert "in the owning team" in found.separation[0].says

    def test_others_are_fine(self):
        found = held(a_register(an_assignment("payments", RBAC, approver="security", reviewer="platform")))
        assert found.separation == ()


class TestExceptions:
    def entry(self, **more) -> ExceptionEntry:
        return ExceptionEntry(
            **{
                "id": "e1",
                "duties": (RBAC,),
                "scope": Selector(namespace="payments"),
                "reason": "migration",
                "owner": "payments",
                "approved_by": "security",
                "period": period("2026-01-01", "2027-01-01"),
                "where": HERE,
                **more,
            }
        )

    def test_one_in_force_is_shown(self):
        found = held(a_register(exceptions=(self.entry(),)))
        assert (found.exceptions, found.expired_exceptions) == (("e1",), ())

    def test_an_expired_one_does_not_count_and_is_shown_apart(self):
        found = held(a_register(exceptions=(self.entry(period=period("2026-01-01", "2026-06-01")),)))
        assert (found.exceptions, found.expired_exceptions) == ((), ("e1",))

    def test_one_that_its_owner_approved_does_not_count(self):
        found = held(a_register(exceptions=(self.entry(approved_by="payments"),)))
        assert found.exceptions == ()
        assert any("its owner approved it" in remark for remark in found.remarks)

    def test_one_for_another_scope_does_not_count(self):
        found = held(a_register(exceptions=(self.entry(scope=Selector(namespace="checkout")),)))
        assert found.exceptions == ()


def test_pools_and_labels_can_be_selected():
    inventory = an_inventory(pools=(a_pool("gpu", labels={"team": "ml"}), a_pool("general")))
    register = a_register(
        an_assignment("platform", scope=Selector(pool="gen*")),
        an_assignment("payments", scope=Selector(labels={"team": "ml"})),
    )
    found = answer(inventory, register)
    assert owner(row(found, "node.patching", "pool:general", "node_os")) == "platform"
    assert owner(row(found, "node.patching", "pool:gpu", "node_os")) == "payments"
