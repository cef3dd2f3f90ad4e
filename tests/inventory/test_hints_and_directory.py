from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from demarc.testing import a_deployment, a_namespace
from tests.inventory.seen import a_record, a_snapshot, inventory_of, seen


def hints(*items: dict[str, Any], owner_labels: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    found = inventory_of(a_snapshot(*items), owner_labels)
    return [(item.scope.name, item.owner, item.origin) for item in found.hints]


@pytest.mark.parametrize(
    ("labels", "annotations", "owner", "origin"),
    [
        ({"team": "pay"}, {}, "pay", "label team"),
        ({"team": "pay", "owner": "acme"}, {}, "acme", "label owner"),
        ({"team": "pay"}, {"app.kubernetes.io/owner": "acme"}, "acme", "annotation app.kubernetes.io/owner"),
        ({}, {"a8r.io/owner": "@acme/pay"}, "@acme/pay", "annotation a8r.io/owner"),
        ({"team": "  "}, {"contact": "Jörg <joerg@acme.example>"}, "Jörg <joerg@acme.example>", "annotation contact"),
    ],
)
def test_owners_on_namespaces_are_found_in_order(
    labels: dict[str, str], annotations: dict[str, str], owner: str, origin: str
) -> None:
    assert hints(a_namespace("shop", labels=labels, annotations=annotations)) == [
        ("shop", owner, f"{origin} of Namespace shop")
    ]


def test_names_that_the_register_gives_replace_the_common_ones() -> None:
    items = [a_namespace("shop", labels={"team": "pay", "acme/owner": "us"})]
    assert hints(*items, owner_labels=("acme/owner",)) == [("shop", "us", "label acme/owner of Namespace shop")]


def test_workloads_carry_owners_of_their_own() -> None:
    assert hints(a_deployment("api", "shop", labels={"squad": "a"}), a_namespace("shop")) == [
        ("shop/Deployment/api", "a", "label squad of Deployment shop/api")
    ]


def test_a_contact_beside_the_owner_is_kept() -> None:
    found = seen(a_namespace("shop", labels={"team": "pay"}, annotations={"contact": "pay@acme.example"})).hints
    assert (found[0].owner, found[0].contact) == ("pay", "pay@acme.example")


def test_an_owner_that_is_a_book_is_no_owner() -> None:
    assert hints(a_namespace("shop", annotations={"owner": "x" * 10_000})) == []


def test_people_of_every_directory_become_entries() -> None:
    records = (
        a_record(
            "directory.user",
            "ann@acme.example",
            {"id": "1", "userPrincipalName": "Ann@acme.example", "accountEnabled": False, "mail": "ann@acme.example"},
        ),
        a_record("directory.user", "bob", {"login": "bob", "id": 7}),
        a_record("directory.user", "eve@acme.example", {"email": "eve@acme.example", "left_on": "2026-03-01"}),
    )
    found = {entry.id: entry for entry in seen(records=records).directory}
    assert found["ann@acme.example"].active is False
    assert "ann@acme.example" in found["ann@acme.example"].aliases
    assert found["bob"].active is None
    assert found["eve@acme.example"].left == datetime(2026, 3, 1, tzinfo=UTC)
    assert all(entry.person for entry in found.values())


def test_a_leaving_day_that_is_no_day_is_left_out() -> None:
    record = a_record("directory.user", "x", {"email": "x@acme.example", "left_on": "00-nonsense-00"})
    assert seen(records=(record,)).directory[0].left is None


def test_groups_know_their_members_by_name_or_id() -> None:
    records = (
        a_record("directory.group", "Payments", {"id": "g-1", "displayName": "Payments"}),
        a_record("directory.membership", "ann@acme.example", {"userPrincipalName": "Ann@acme.example"}, "Payments"),
        a_record("directory.membership", "u-2", {"MemberId": {"UserId": "u-2"}, "GroupId": "g-1"}, "g-1"),
        a_record("directory.group", "pay", {"slug": "pay", "name": "Pay"}, "acme"),
    )
    found = {entry.id: entry for entry in seen(records=records).directory}
    assert set(found["Payments"].members) == {"ann@acme.example", "u-2"}
    assert not found["Payments"].person
    assert "acme/pay" in found["pay"].aliases
