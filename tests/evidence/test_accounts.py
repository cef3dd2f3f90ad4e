"""Whose account it is, and whose it is not."""

from __future__ import annotations

from demarc.evidence.accounts import Accounts
from demarc.model.inventory import DirectoryEntry
from tests.accountability.given import AT, a_person, a_register, a_team
from tests.evidence.given import people


def who(accounts, name):
    found = accounts.person(name)
    return found.id if found else None


def test_an_account_is_joined_by_what_the_register_says_and_never_by_likeness():
    accounts = Accounts(people())
    assert who(accounts, "Alice-GH") == "alice"
    assert who(accounts, "alice") == "alice"
    assert who(accounts, "alice-g") is None
    assert who(accounts, "") is None


def test_a_session_of_a_cloud_role_is_whoever_it_is_named_after():
    accounts = Accounts(a_register(people=(a_person("alice", contact="alice@acme.example"),)))
    assert who(accounts, "arn:aws:sts::1:assumed-role/admin/alice@acme.example") == "alice"
    assert who(accounts, "team/alice@acme.example") is None


def test_a_directory_adds_names_of_people_but_no_display_names():
    entry = DirectoryEntry(id="alice@acme.example", aliases=("u-1", "alice larsson", "bob"), active=True, person=True)
    register = a_register(people=(a_person("alice", contact="alice@acme.example"),))
    accounts = Accounts(register, (entry,))
    assert who(accounts, "u-1") == "alice"
    assert who(accounts, "alice larsson") is None


def test_what_two_people_claim_is_nobodys():
    register = a_register(people=(a_person("alice", accounts=("ops",)), a_person("bob", accounts=("OPS",))))
    assert who(Accounts(register), "ops") is None


def test_machines_are_nobody():
    register = a_register(people=(a_person("alice", accounts=("system:serviceaccount:a:b",)),))
    assert who(Accounts(register), "system:serviceaccount:a:b") is None


def test_a_member_of_the_team_counts_and_of_another_does_not():
    register = a_register(people=(a_person("alice"),), teams=(a_team("platform", "alice"), a_team("security")))
    accounts = Accounts(register)
    alice = accounts.person("alice")
    assert alice is not None
    assert accounts.among(alice, "platform", AT)
    assert accounts.among(alice, "team:platform", AT)
    assert not accounts.among(alice, "security", AT)
