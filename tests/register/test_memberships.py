"""Memberships from CSV: tolerant of how tools write it, strict about what it says."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from demarc.model.time import Period
from tests.register.reading import read, told

YEAR = Period(since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2026, 7, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "content",
    [
        "team,person,valid_from,valid_to\nweb,alice,2026-01-01,2026-07-01\n",
        "\ufeffTeam;Person;Valid From;Valid-To\r\nweb;alice;2026-01-01;2026-07-01\r\n",
        "valid_to\tPERSON\tteam\tvalidFrom\n2026-07-01\talice\tweb\t2026-01-01\n\n",
        '"team","person","valid_from","valid_to"\n" web ","alice","2026-01-01","2026-07-01"\n,,,\n',
    ],
)
def test_the_usual_ways_to_write_it_mean_the_same(tmp_path, content):
    loaded = read(tmp_path, members__csv=content)
    assert loaded.problems == ()
    (team,) = loaded.register.teams
    (member,) = team.members
    assert (team.id, member.person, member.period, member.where.line) == ("web", "alice", YEAR, 2)
    assert [person.id for person in loaded.register.people] == ["alice"]


def test_rows_join_the_teams_and_people_of_the_yaml_by_any_of_their_spellings(tmp_path):
    loaded = read(
        tmp_path,
        "people: [{id: alice, contact: Alice@example.com}, {id: bob}]\n"
        "teams: [{id: web, name: Web Shop, aliases: [team-web], members: [bob]}]\n",
        members__csv="team,email,role,valid_from\n"
        "Team-Web,alice@example.com,Lead,2026-01-01\nweb shop,bob,,2026-02-01\n",
    )
    assert loaded.errors == ()
    (team,) = loaded.register.teams
    assert [(member.person, member.lead) for member in team.members] == [
        ("bob", False),
        ("alice", True),
        ("bob", False),
    ]
    assert len(loaded.register.people) == 2
    assert ["twice at the same time" in warning.what for warning in loaded.warnings] == [True]


def test_people_and_teams_of_the_csv_can_be_named_in_assignments(tmp_path):
    loaded = read(
        tmp_path,
        "assignments: [{duty: identity.rbac, owner: web, approver: carla}]",
        members__csv="team,person,email,name\nweb,carla,carla@example.com,Carla Rossi\n",
    )
    assert loaded.problems == ()
    (carla,) = loaded.register.people
    assert (carla.name, carla.contact) == ("Carla Rossi", "carla@example.com")


def test_a_row_that_nearly_names_a_known_team_is_told(tmp_path):
    loaded = read(tmp_path, "teams: [{id: payments}]", members__csv="team,person\npaymnets,alice\n")
    assert [warning.what for warning in loaded.warnings] == ["'paymnets' is not under teams, where there is 'payments'"]


def test_unused_columns_are_named(tmp_path):
    loaded = read(tmp_path, members__csv="team,person,cost centre,floor\nweb,alice,12,3\n")
    assert [warning.what for warning in loaded.warnings] == ["columns that are not used: 'cost centre', 'floor'"]


def test_every_bad_row_is_told_with_its_line_and_good_ones_stay(tmp_path):
    content = (
        "team,person,valid_from,valid_to\n"
        'web,"alice\nb",,\n'
        "web,,2026-13-01,soon\n"
        ",alice,,\n"
        "web,bob,2026-07-01,2026-01-01\n"
        "web,bob,31.12.2026,\n"
        "web,\x1b[31mx,,\n"
        "web,alice\n"
    )
    loaded = read(tmp_path, members__csv=content)
    assert [said.partition(": ")[0] for said in told(loaded)] == ["4", "4", "4", "5", "6", "7", "8"]
    assert [member.person for member in loaded.register.teams[0].members] == ["alice-b", "alice"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("web,alice,2026-01-01\n", "no column team and no column person in the first line"),
        ("team,valid_from\nweb,\n", "no column person in the first line"),
        ('team,person\nweb,"alice\n', "not CSV: unexpected end of data"),
        ("team,person\nweb," + "a" * 200_000 + "\n", "not CSV: field larger than field limit (131072)"),
        (b"team,person\nweb,J\xf6rg\n", "not UTF-8: byte 0xf6"),
    ],
)
def test_a_csv_that_cannot_be_read_is_one_problem(tmp_path, content, what):
    (error,) = read(tmp_path, members__csv=content).errors
    assert error.what == what
    assert error.todo


def test_a_csv_of_thousands_of_new_teams_takes_no_longer_than_reading(tmp_path):
    teams = "".join(f"- {{id: team-{number}}}\n" for number in range(300))
    rows = "".join(f"taem-{number},p{number}\n" for number in range(10_000))
    started = time.process_time()
    loaded = read(tmp_path, f"teams:\n{teams}", members__csv=f"team,person\n{rows}")
    assert time.process_time() - started < 10
    assert len(loaded.register.people) == 10_000


def test_an_empty_csv_is_fine(tmp_path):
    assert read(tmp_path, a__csv="", b__csv="team,person\n", c__csv="\n \n").problems == ()
