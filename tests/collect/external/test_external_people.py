from __future__ import annotations

import pytest

from demarc.collect.external import person, recognise, table
from tests.collect.external import samples

BY_SHAPE = {row[0]: row[1] for row in samples.ROWS}


def people(value):
    answer = recognise(value, origin="x")
    assert answer is not None
    return [found for record in answer[1] if (found := person(record)) is not None]


@pytest.mark.parametrize(
    ("shape", "identity", "active"),
    [
        ("aws identitystore list-users", "ada", True),
        ("az ad user show, list", "ada@example.com", False),
        ("gam print users (JSON), Google Admin SDK users.list", "ada@example.com", False),
        ("Okta users", "ada@example.com", False),
        ("SCIM 2.0 ListResponse of Users or Groups", "ada", True),
        ("gh api orgs/ORG/members", "ada", None),
        ("glab api users", "ada", False),
        ("glab api projects/ID/members/all, groups/ID/members/all", "ada", True),
    ],
)
def test_every_directory_says_who_and_whether_still_there(shape, identity, active):
    (found,) = people(BY_SHAPE[shape])
    assert identity in found.ids
    assert found.active is active
    assert bool(found.says) is (active is not None)


def test_addresses_are_gathered_in_lower_case():
    user = {
        "id": "1",
        "userPrincipalName": "Ada@corp.example.com",
        "mail": "Ada.L@example.com",
        "accountEnabled": True,
        "proxyAddresses": ["SMTP:Ada.L@example.com", "smtp:ada@old.example.com"],
        "otherMails": ["ada@home.example.org"],
    }
    (found,) = people(user)
    assert found.emails[0] == "ada.l@example.com"
    assert set(found.emails) == {
        *("ada.l@example.com", "ada@corp.example.com", "ada@old.example.com", "ada@home.example.org")
    }


def test_any_field_that_says_gone_wins():
    (found,) = people({"primaryEmail": "a@example.com", "suspended": False, "archived": True})
    assert found.active is False
    assert found.says == "archived: true"


def test_a_list_of_people_in_csv_is_read():
    rows = table("\ufeffName;E-Mail;Active;Left on\nAda;Ada@Example.com;no;2026-01-31\nBob;bob@example.com;yes;\n")
    assert rows is not None
    ada, bob = people(rows)
    assert (ada.emails, ada.active, ada.left) == (("ada@example.com",), False, "2026-01-31")
    assert (bob.active, bob.left) == (True, None)
    assert ada.name == "Ada"


def test_gam_csv_is_read():
    rows = table("primaryEmail,name.fullName,suspended\nada@example.com,Ada,True\n")
    assert rows is not None
    (found,) = people(rows)
    assert found.active is False


@pytest.mark.parametrize(
    "text",
    ["", "one line", "a,b\n", '{"a": 1,\n"b": 2}', "team,person\nplatform,ada\n", 'a,b\n"open,2\n', "a,b\n1\x00,2"],
)
def test_other_tables_are_no_people(text):
    rows = table(text)
    assert rows is None or recognise(rows, origin="x") is None


def test_a_day_of_leaving_that_lies_ahead_leaves_the_state_open():
    (found,) = people([{"email": "a@example.com", "left": "2030-01-01"}])
    assert (found.active, found.left) == (None, "2030-01-01")


def test_other_records_are_no_people():
    answer = recognise(samples.EKS_CLUSTER, origin="x")
    assert answer is not None
    assert person(answer[1][0]) is None
