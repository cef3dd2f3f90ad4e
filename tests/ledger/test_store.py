"""A ledger in SQLite and in PostgreSQL: appends, refusals, both times, and all that is changed behind its back."""

from __future__ import annotations

import sqlite3
import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from demarc.ledger.line import entry_of
from demarc.ledger.merkle import EMPTY, leaf_hash
from demarc.ledger.store.open import create, open_store
from demarc.ledger.store.quick import asking
from demarc.ledger.store.store import Store, _row
from demarc.ledger.store.verify import verify_store
from demarc.ledger.verify import Trust
from demarc.model.errors import DemarcError
from demarc.model.ledger import Act, micros, stamp
from tests.ledger.given import START, a_draft, a_store, appended, lines_of, opening, said, sign, the, ticking

TABLES = ("ledger_entry", "ledger_batch", "ledger_checkpoint")


def verdict(store, **trust):
    with store.reading() as reader:
        return verify_store(reader, Trust(**trust))


def unlocked(store, *statements):
    """Change a ledger as somebody does who may do anything with the database."""
    with store._engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        for statement, values in statements:
            connection.execute(text(statement), values)


def test_what_was_appended_is_there_in_order_with_both_times(place):
    store = a_store(place, [a_draft(1), a_draft(2, valid_to=stamp(START + timedelta(days=9)))])
    done = appended(store, [a_draft(3)], ticking(START + timedelta(hours=1)))
    assert (done.first, done.size, done.at) == (3, 4, "2026-03-01T10:00:00.000000Z")
    with open_store(place).reading() as reader:
        found = list(reader.entries(4))
        assert [entry.seq for entry in found] == [0, 1, 2, 3]
        assert found[1].recorded_at == found[2].recorded_at < found[3].recorded_at
        assert (found[2].valid_from, found[2].valid_to) == (stamp(START), stamp(START + timedelta(days=9)))
        assert reader.head().root == done.root
        assert reader.head(START + timedelta(minutes=30)).size == 3
        assert reader.head(START - timedelta(days=1)).root == EMPTY
        assert [entry.seq for entry in reader.entries(4, kinds=["ledger.*"])] == [0]
        assert [entry.seq for entry in reader.entries(4, kinds=["approval"], newest_first=True)] == [3, 2, 1]
    assert verdict(store).holds


def test_a_clock_that_was_set_back_records_nothing_earlier(place):
    store = a_store(place)
    store.append(lambda _: [a_draft(1)], writer="root", clock=ticking(START - timedelta(days=3)))
    with store.reading() as reader:
        times = [entry.recorded_at for entry in reader.entries(2)]
    assert times[0] < times[1]
    assert verdict(store).holds


def test_nothing_to_append_appends_nothing(place):
    store = a_store(place)
    assert store.append(lambda _: [], writer="root", clock=ticking()) is None
    with store.reading() as reader:
        assert reader.head().size == 1


def test_an_entry_is_corrected_by_another_and_both_stay(place):
    store = a_store(place, [a_draft(1)])
    clock = ticking(START + timedelta(days=1))
    store.append(lambda _: [a_draft(1, act=Act.REPLACES, supersedes=1, actor="bob")], writer="root", clock=clock)
    store.append(lambda _: [a_draft(1, act=Act.WITHDRAWS, supersedes=2, body=None)], writer="root", clock=clock)
    with store.reading() as reader:
        assert [entry.actor for entry in reader.standing(2, kinds=["approval"])] == ["alice"]
        assert [entry.actor for entry in reader.standing(3, kinds=["approval"])] == ["bob"]
        assert reader.standing(4, kinds=["approval"]) == []
        assert reader.superseding(1) == reader.entry(2)
        assert reader.superseding(3) is None
    assert verdict(store).holds


@pytest.mark.parametrize(
    ("draft", "says"),
    [
        ({"act": Act.REPLACES, "supersedes": 7}, "does not stand"),
        ({"act": Act.REPLACES, "supersedes": 1, "kind": "rotation"}, "is of kind approval"),
        ({"act": Act.REPLACES}, "must name what it supersedes"),
        ({"subject": ""}, "subject is empty"),
        ({"subject": "x" * 401}, "longer than"),
        ({"subject": "a\nb"}, "control characters"),
        ({"kind": "Not a kind"}, "no name"),
        ({"body": {"share": 0.5}}, "fraction"),
        ({"body": {"number": 1 << 60}}, "too large"),
        ({"body": {"text": "x" * (1 << 20)}}, "bytes"),
        ({"valid_from": stamp(START), "valid_to": stamp(START)}, "ends before it begins"),
    ],
)
def test_what_no_entry_may_be_is_refused_whole(place, draft, says):
    store = a_store(place, [a_draft(1)])
    with pytest.raises(DemarcError, match=says):
        store.append(lambda _: [a_draft(5), a_draft(2, **draft)], writer="root", clock=ticking())
    with store.reading() as reader:
        assert reader.head().size == 2
    assert verdict(store).holds


def test_nothing_is_superseded_twice(place):
    store = a_store(place, [a_draft(1)])
    twice = [a_draft(2, act=Act.WITHDRAWS, supersedes=1, body=None)] * 2
    with pytest.raises(DemarcError, match="does not stand"):
        store.append(lambda _: twice, writer="root", clock=ticking())
    store.append(lambda _: twice[:1], writer="root", clock=ticking())
    with pytest.raises(DemarcError, match="does not stand"):
        store.append(lambda _: twice[:1], writer="root", clock=ticking())


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["UPDATE {} SET size = size + 1", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete(place, table, change):
    store = a_store(place, [a_draft(1)])
    sign(store)
    statement = change.format(table).replace("size = size + 1", "seq = 9") if "entry" in table else change.format(table)
    with pytest.raises(Exception, match="append-only"), store._engine.begin() as connection:
        connection.execute(text(statement))
    assert verdict(store).holds


def test_a_row_cannot_be_put_in_the_place_of_another(place):
    store = a_store(place, [a_draft(1)])
    insert = (
        "INSERT INTO ledger_entry (seq, recorded_us, kind, subject, actor, act, line, hash)"
        " SELECT {seq}, recorded_us, kind, subject, actor, act, line, hash FROM ledger_entry WHERE seq = 1"
    )
    replace = insert.replace("INSERT", "INSERT OR REPLACE")
    for seq in (1, 3):
        for statement in (insert, replace) if place.endswith(".db") else (insert,):
            refused = pytest.raises(Exception, match=r"comes after|append-only|duplicate key")
            with refused, store._engine.begin() as connection:
                connection.execute(text(statement.format(seq=seq)))
    assert verdict(store).holds


@pytest.mark.parametrize("places", ["3", "-1", "2, 4", "3, 4", "-1, 2", "2, 3, 5", "1, 2", "-2, -1"])
def test_rows_with_a_gap_are_refused_also_when_they_come_at_once(place, places):
    store = a_store(place, [a_draft(1)])
    values = ", ".join(f"({number})" for number in places.split(", "))
    statement = (
        f"WITH places(seq) AS (VALUES {values})"
        " INSERT INTO ledger_entry (seq, recorded_us, kind, subject, actor, act, line, hash)"
        " SELECT p.seq, e.recorded_us, e.kind, e.subject, e.actor, e.act, e.line, e.hash"
        " FROM places p, ledger_entry e WHERE e.seq = 1 ORDER BY p.seq"
    )
    with pytest.raises(Exception, match=r"comes after|duplicate key"), store._engine.begin() as connection:
        connection.execute(text(statement))
    with store.reading() as reader:
        assert reader.head().size == 2
        assert [row[0] for row in reader.rows()] == [0, 1]
        assert [row[0] for row in reader.closings()] == [0, 1]


def test_tables_cannot_be_truncated(server):
    store = a_store(server.address(server.database()))
    for table in TABLES:
        with pytest.raises(Exception, match="append-only"), store._engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {table}"))


def test_a_writer_may_only_append_and_a_reader_only_read(server):
    name = server.database()
    for role in ("app", "auditor"):
        server.execute(f"DROP ROLE IF EXISTS {role}")
        server.execute(f"CREATE ROLE {role} LOGIN")
    owner = server.address(name)
    create(owner, writers=("app",), readers=("auditor",))
    app, auditor = server.address(name, "app"), server.address(name, "auditor")
    store = open_store(app, writing=True)
    store.append(lambda _: [opening()], writer="laptop", clock=ticking())
    store.append(lambda _: [a_draft(1)], writer="laptop", clock=ticking())
    store.append(lambda _: [a_draft(1, act=Act.REPLACES, supersedes=1)], writer="laptop", clock=ticking())
    sign(store)
    with open_store(auditor).reading() as reader:
        assert the(reader, 1).writer == f"app@{name}"
        assert verify_store(reader, Trust()).holds
    with pytest.raises(DemarcError, match="refuses it"):
        open_store(auditor, writing=True).append(lambda _: [a_draft(2)], writer="laptop", clock=ticking())
    for statement in (
        "UPDATE ledger_entry SET actor = 'mallory'",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "UPDATE ledger_standing SET until = 1",
        "INSERT INTO ledger_standing VALUES (9, 'a', 'b', 1, 1)",
        "DROP TABLE ledger_entry",
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(Exception, match=r"permission denied|must be owner"), store._engine.begin() as connection:
            connection.execute(text(statement))
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_password_shows_in_no_error():
    with pytest.raises(DemarcError) as caught:
        open_store("postgresql://alice:hunter2@127.0.0.1:1/ledger")
    assert "hunter2" not in str(caught.value)
    assert "alice" in str(caught.value)


@pytest.mark.parametrize("target", ["mysql://host/db", "postgresql://host:port/ledger"])
def test_other_addresses_are_refused(target):
    with pytest.raises(DemarcError, match="PostgreSQL"):
        open_store(target)


def test_a_file_that_is_no_ledger_is_refused(tmp_path):
    (tmp_path / "text").write_text("no database at all, but long enough to be taken for one" * 20)
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE t (a)").connection.close()
    for name in ("text", "other.db", "nothing"):
        for opening_ in (open_store, lambda target: asking(target).__enter__()):
            with pytest.raises(DemarcError, match=r"no ledger|no such ledger"):
                opening_(str(tmp_path / name))


def test_an_older_form_is_brought_up_to_date_with_its_entries(place):
    from demarc.ledger.store import open as opened

    engine, _ = opened._engine(place, "rwc")
    with engine.begin() as connection:
        opened._migrate(connection, "0001")
    with pytest.raises(DemarcError, match="version 0001"):
        open_store(place)
    with pytest.raises(DemarcError, match="version 0001"), asking(place):
        pass
    store = Store(engine, place)
    with engine.begin() as connection:
        # As the older version wrote: without what stands.
        store._insert(connection, _rows())
    create(place)
    with open_store(place).reading() as reader:
        assert [entry.seq for entry in reader.standing(5, kinds=["approval"])] == [3]
        assert [entry.seq for entry in reader.standing(4, kinds=["approval"])] == [2, 3]
        assert [entry.seq for entry in reader.standing(3, kinds=["approval"])] == [1, 2]
        assert [(row[0], row[4]) for row in reader.closings()][1:3] == [(1, 3), (2, 4)]


def _rows():
    changed = a_draft(1, act=Act.REPLACES, supersedes=1)
    lines = lines_of([a_draft(1), a_draft(2), changed, a_draft(2, act=Act.WITHDRAWS, supersedes=2, body=None)])
    read = [(entry_of(line), line) for line in lines]
    return [_row(one, one.seq, micros(one.recorded_at), line, leaf_hash(line)) for one, line in read]


def test_a_newer_form_is_left_alone(tmp_path):
    a_store(str(tmp_path / "l.db"))
    with sqlite3.connect(tmp_path / "l.db") as connection:
        connection.execute("UPDATE ledger_version SET version_num = '0099'")
    connection.close()
    with pytest.raises(DemarcError, match="0099") as caught:
        open_store(str(tmp_path / "l.db"))
    assert "newer Demarc" in str(caught.value)


def test_writers_at_the_same_time_leave_one_chain(place):
    a_store(place)
    problems = []

    def write(name):
        try:
            store = open_store(place, writing=True)
            for number in range(25):
                appended(store, [a_draft(number, actor=name)], ticking())
        except Exception as error:  # noqa: BLE001 - told by the test, not by the thread
            problems.append(error)

    threads = [threading.Thread(target=write, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    store = open_store(place)
    with store.reading() as reader:
        found = list(reader.entries(10_000))
    assert len(found) == 101
    for name in ("w0", "w1", "w2", "w3"):
        tickets = [said(entry)["ticket"] for entry in found if entry.actor == name]
        assert tickets == [f"CH-{number}" for number in range(25)]
    assert verdict(store).holds


CHANGES = {
    "line": "UPDATE ledger_entry SET line = :blob WHERE seq = :seq",
    "hash": "UPDATE ledger_entry SET hash = :blob WHERE seq = :seq",
    "actor": "UPDATE ledger_entry SET actor = 'mallory' WHERE seq = :seq",
    "subject": "UPDATE ledger_entry SET subject = 'other' WHERE seq = :seq",
    "kind": "UPDATE ledger_entry SET kind = 'other' WHERE seq = :seq",
    "act": "UPDATE ledger_entry SET act = 'other' WHERE seq = :seq",
    "recorded": "UPDATE ledger_entry SET recorded_us = recorded_us + 1 WHERE seq = :seq",
    "valid_from": "UPDATE ledger_entry SET valid_from_us = 7 WHERE seq = :seq",
    "valid_to": "UPDATE ledger_entry SET valid_to_us = 7 WHERE seq = :seq",
    "supersedes": "UPDATE ledger_entry SET supersedes = 0 WHERE seq = :seq AND supersedes IS NULL",
    "drop": "DELETE FROM ledger_entry WHERE seq = :seq",
    "move": "UPDATE ledger_entry SET seq = 77 WHERE seq = :seq",
    "replay": "INSERT INTO ledger_entry SELECT 77, recorded_us, valid_from_us, valid_to_us, kind, subject, actor, act,"
    " supersedes, line, hash FROM ledger_entry WHERE seq = :seq",
    "batch root": "UPDATE ledger_batch SET root = :blob WHERE size = (SELECT max(size) FROM ledger_batch)",
    "batch peaks": "UPDATE ledger_batch SET peaks = :blob WHERE size = (SELECT max(size) FROM ledger_batch)",
    "batch time": "UPDATE ledger_batch SET recorded_us = 7 WHERE size = (SELECT max(size) FROM ledger_batch)",
    "batch dropped": "DELETE FROM ledger_batch WHERE size = (SELECT max(size) FROM ledger_batch)",
    "batch put in": "INSERT INTO ledger_batch SELECT 3, recorded_us + 5, root, peaks FROM ledger_batch WHERE size = 1",
    "checkpoint": "UPDATE ledger_checkpoint SET note = :blob",
    "stands": "UPDATE ledger_standing SET until = 4 WHERE seq = :seq AND until <> 4",
    "stands no more": "DELETE FROM ledger_standing WHERE seq = :seq",
    "never stood": "INSERT INTO ledger_standing VALUES (88, 'approval', 'x', 1, 9223372036854775807)",
    "stands since": "UPDATE ledger_standing SET valid_from_us = 3 WHERE seq = :seq",
    "stands as": "UPDATE ledger_standing SET subject = 'other' WHERE seq = :seq",
}
LOCATED = {
    "line",
    "hash",
    "actor",
    "subject",
    "kind",
    "act",
    "recorded",
    "valid_from",
    "valid_to",
    "supersedes",
    "stands",
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_is_changed_in_the_database_is_found_and_located(place, name):
    store = a_store(place, [a_draft(number) for number in range(1, 6)])
    store.append(lambda _: [a_draft(2, act=Act.REPLACES, supersedes=2)], writer="root", clock=ticking())
    sign(store)
    assert verdict(store).holds
    unlocked(store, (CHANGES[name], {"seq": 3, "blob": b"x" * 32} if ":blob" in CHANGES[name] else {"seq": 3}))
    found = verdict(store)
    assert not found.holds
    if name in LOCATED:
        assert {one.seq for one in found.findings} & {2, 3, 4}, found.findings


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_byte_of_any_line_is_watched(tmp_path_factory, data):
    place = str(tmp_path_factory.mktemp("any") / "ledger.db")
    store = a_store(place, [a_draft(number) for number in range(1, 5)])
    with store.reading() as reader:
        lines = list(reader.lines(5))
    seq = data.draw(st.integers(0, 4))
    at = data.draw(st.integers(0, len(lines[seq]) - 1))
    byte = lines[seq][at] ^ data.draw(st.integers(1, 255))
    changed = lines[seq][:at] + bytes([byte]) + lines[seq][at + 1 :]
    unlocked(store, ("UPDATE ledger_entry SET line = :line WHERE seq = :seq", {"line": changed, "seq": seq}))
    found = verdict(store)
    assert seq in {one.seq for one in found.findings}


def test_the_end_that_was_cut_off_cleanly_shows_against_a_checkpoint_that_is_held(place):
    store = a_store(place, [a_draft(1)])
    store.append(lambda _: [a_draft(2)], writer="root", clock=ticking())
    held = sign(store)
    unlocked(
        store,
        ("DELETE FROM ledger_entry WHERE seq = 2", {}),
        ("DELETE FROM ledger_standing WHERE seq = 2", {}),
        ("DELETE FROM ledger_batch WHERE size = 3", {}),
        ("DELETE FROM ledger_checkpoint", {}),
    )
    assert verdict(store).holds
    assert not verdict(store, handed=(held,)).holds


def test_a_changed_line_is_never_answered_with(place):
    store = a_store(place, [a_draft(1)])
    unlocked(store, ("UPDATE ledger_entry SET line = :line WHERE seq = 1", {"line": b"{}"}))
    with pytest.raises(DemarcError, match="entry 1 of the ledger was changed"), asking(place) as reader:
        reader.standing(2, kinds=["approval"])
