"""Lists of change tickets: what is read, and what is refused as a whole."""

from __future__ import annotations

import json

import pytest

from demarc.evidence import read_tickets
from demarc.model.duties import Unit
from demarc.model.errors import DemarcError
from demarc.model.inventory import Scope

CSV = b"""ID,Requested by,Approved by,Approved at,Duties,Scopes,Status
CHG-1,alice,bob,2026-11-02,node.*; cluster.version,pool:*,implemented
CHG-2,alice,bob,2026-11-03,,namespace:shop,rejected
CHG-3,alice,,,,namespace:shop,
"""


def test_columns_by_name_and_what_was_rejected_is_left_out():
    first, second = read_tickets(CSV, "tickets.csv")
    assert (first.id, first.duties, first.scopes) == ("CHG-1", ("node.*", "cluster.version"), ("pool:*",))
    assert first.where.line == 2
    assert (second.id, second.approved_by, second.at) == ("CHG-3", "", None)


def test_json_says_the_same():
    row = {"id": 7, "requested_by": "alice", "approved_by": "bob", "approved_at": "2026-11-02", "duties": ["node.*"]}
    for given in ([row], {"tickets": [row]}):
        (found,) = read_tickets(json.dumps(given).encode(), "tickets.json")
        assert (found.id, found.duties) == ("7", ("node.*",))


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("t.csv", b"id,approved_by\n1,bob\n", "columns of the tickets are missing"),
        ("t.csv", b"id,requested_by,approved_by,approved_at\n1,a,b,yesterday\n2,a,b,\n", "not a time"),
        ("t.csv", b"id,requested_by,approved_by,approved_at\n,a,b,2026-01-01\n", "empty id"),
        ("t.json", b"{", "neither CSV"),
        ("t.json", b'{"rows": []}', "no list of tickets"),
        ("t.json", b'[{"id": "1"}]', "has no requested_by"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_everything_that_is_wrong(name, data, says):
    with pytest.raises(DemarcError) as caught:
        read_tickets(data, name)
    assert any(says in problem.what for problem in caught.value.problems)
    if b"yesterday" in data:
        assert [problem.where.line for problem in caught.value.problems if problem.where] == [2, 3]


def test_which_scopes_a_ticket_is_about():
    ticket, bare = read_tickets(
        b"id,requested_by,approved_by,approved_at,scopes\n1,a,b,2026-01-01,namespace:sh*\n2,a,b,2026-01-01,\n", "t.csv"
    )
    shop = Scope(kind=Unit.NAMESPACE, name="shop")
    inside = Scope(kind=Unit.WORKLOAD, name="shop/Deployment/web")
    cluster = Scope(kind=Unit.CLUSTER, name="prod")
    assert [ticket.touches(shop, "shop"), ticket.touches(inside, "shop"), ticket.touches(cluster, "")] == [
        True,
        True,
        False,
    ]
    assert [bare.touches(shop, "shop"), bare.touches(cluster, "")] == [False, True]
