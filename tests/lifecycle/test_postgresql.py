"""Two alternating roles on a real PostgreSQL server."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from demarc.lifecycle.engine import Result
from demarc.lifecycle.outside import RealOutside
from demarc.lifecycle.plan import Plan
from demarc.lifecycle.wishes import Wish, Wishes
from demarc.testing import a_secret
from tests.lifecycle.database import ADMIN, server
from tests.lifecycle.ground import SUFFIX, Ground, Killed
from tests.lifecycle.scenarios import consumer

OLD = "made-up-old-password"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with server() as found:
        yield found


@contextmanager
def admin(port: int) -> Iterator[Any]:
    with psycopg.connect(
        host="127.0.0.1", port=port, dbname="postgres", user="admin", password=ADMIN, autocommit=True
    ) as found:
        yield found


@pytest.fixture
def roles(port) -> int:
    with admin(port) as database:
        database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN ('app_a', 'app_b')")
        for role in ("app_a", "app_b"):
            if database.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                database.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
        database.execute("DROP TABLE IF EXISTS orders; DROP ROLE IF EXISTS app_owner; CREATE ROLE app_owner")
        database.execute("CREATE TABLE orders (id int); GRANT SELECT ON orders TO app_owner")
        database.execute(f"CREATE ROLE app_a LOGIN PASSWORD '{OLD}' IN ROLE app_owner")
        database.execute("CREATE ROLE app_b NOLOGIN IN ROLE app_owner")
    return int(port)


def works(port: int, user: str, password: str) -> bool:
    try:
        with psycopg.connect(host="127.0.0.1", port=port, dbname="postgres", user=user, password=password) as database:
            database.execute("SELECT * FROM orders")
    except psycopg.OperationalError:
        return False
    return True


def ground(port: int) -> Ground:
    secret = a_secret(values={"username": "app_a", "password": OLD, "host": "127.0.0.1"})
    chief = a_secret("chief", values={"username": "admin", "password": ADMIN})
    return Ground([consumer(), secret, chief], database=RealOutside().database)


def plan(found: Ground, port: int, **more: str) -> Plan:
    settings = {"host": "127.0.0.1", "port": str(port), "database": "postgres", "roles": "app_a,app_b"}
    settings |= {"admin_secret": "shop/chief", "sslmode": "disable", **more}
    wish = Wish(secret="shop/database", strategy="postgresql", settings=settings)
    made = found.plan("shop/database", wishes=Wishes(quiet="1m", observe="1m", credentials=(wish,)))
    assert made.rotations, made.blocked
    return made


def check(found: Ground, port: int) -> None:
    for _, held in found.running():
        assert works(port, held["username"], held["password"])


def test_the_other_role_takes_over_and_the_old_password_ends(roles, tmp_path):
    found = ground(roles)
    (outcome,) = found.apply(plan(found, roles), tmp_path / "journal")
    assert (outcome.result, outcome.says) == (Result.DONE, "")
    assert {held["username"] for _, held in found.running()} == {"app_b"}
    check(found, roles)
    assert not works(roles, "app_a", OLD)
    assert OLD not in (tmp_path / "journal").read_text()
    assert found.value(f"database-{SUFFIX}", "password") not in (tmp_path / "journal").read_text()


def test_the_password_is_in_no_statement(roles, tmp_path):
    found = ground(roles)
    with admin(roles) as database:
        database.execute("ALTER SYSTEM SET log_statement = 'all'; ")
        database.execute("SELECT pg_reload_conf()")
        log = Path(database.execute("SELECT pg_current_logfile()").fetchone()[0] or "log")
        folder = Path(database.execute("SHOW data_directory").fetchone()[0]).parent
    found.apply(plan(found, roles), tmp_path / "journal")
    with admin(roles) as database:
        database.execute("ALTER SYSTEM RESET log_statement")
        database.execute("SELECT pg_reload_conf()")
    text = (folder / log).read_text()
    assert "ALTER ROLE" in text
    assert found.value(f"database-{SUFFIX}", "password") not in text


def test_a_role_that_is_missing_is_created_in_the_group(roles, tmp_path):
    with admin(roles) as database:
        database.execute("DROP ROLE app_b")
    found = ground(roles)
    (outcome,) = found.apply(plan(found, roles, member_of="app_owner"), tmp_path / "journal")
    assert outcome.result is Result.DONE
    check(found, roles)


@pytest.mark.parametrize(
    ("before", "says"),
    [
        ("GRANT INSERT ON orders TO app_a", "may not do the same: INSERT on public.orders"),
        ("ALTER ROLE app_a PASSWORD 'other'", "does not work as it is"),
        ("DROP ROLE app_b", "app_b does not exist"),
    ],
)
def test_it_stops_before_anything_is_changed(roles, tmp_path, before, says):
    with admin(roles) as database:
        database.execute(before)
    found = ground(roles)
    (outcome,) = found.apply(plan(found, roles), tmp_path / "journal")
    assert outcome.result is Result.STOPPED
    assert says in outcome.says
    assert found.get("Secret", f"database-{SUFFIX}") is None


def test_a_role_that_somebody_uses_is_not_taken(roles, tmp_path):
    with admin(roles) as database:
        database.execute("ALTER ROLE app_b LOGIN PASSWORD 'theirs'")
    with psycopg.connect(host="127.0.0.1", port=roles, dbname="postgres", user="app_b", password="theirs"):
        found = ground(roles)
        (outcome,) = found.apply(plan(found, roles), tmp_path / "journal")
    assert "in use by somebody" in outcome.says


def test_while_the_old_role_has_a_session_nothing_is_revoked(roles, tmp_path):
    found = ground(roles)
    made = plan(found, roles)
    with psycopg.connect(host="127.0.0.1", port=roles, dbname="postgres", user="app_a", password=OLD):
        (outcome,) = found.apply(made, tmp_path / "journal")
        assert outcome.result is Result.WAITING
        assert "still used (1 sessions of app_a" in outcome.says
        assert works(roles, "app_a", OLD)
    found.sleep(120)
    (outcome,) = found.apply(made, tmp_path / "journal")
    assert outcome.result is Result.DONE


@pytest.mark.parametrize("back", [False, True])
def test_killed_here_and_there_it_goes_on_or_back(port, roles, tmp_path, back):
    """Every eleventh boundary, since each run is one with a real server; test_killed has all of them for others."""
    del roles
    at = 1
    while True:
        _reset(port)
        found = ground(port)
        made = plan(found, port)
        found.kill_at = at
        found.watch = lambda: None
        journal = tmp_path / f"journal-{at}"
        try:
            found.apply(made, journal)
        except Killed:
            found.kill_at = None
        else:
            break
        check(found, port)
        if back:
            (outcome,) = found.undo(made, journal)
            if outcome.result is Result.UNDONE:
                found.settle()
                check(found, port)
                assert works(port, "app_a", OLD)
                assert found.secret_names() == {"database", "chief"}
                at += 11
                continue
            assert "no way back" in outcome.says
        (outcome,) = found.apply(made, journal)
        assert outcome.result is Result.DONE, (at, outcome.says)
        check(found, port)
        assert not works(port, "app_a", OLD)
        at += 11
    assert at > 50


def _reset(port: int) -> None:
    with admin(port) as database:
        database.execute(f"ALTER ROLE app_a LOGIN PASSWORD '{OLD}'")
        database.execute("ALTER ROLE app_b NOLOGIN PASSWORD NULL")


def test_an_address_that_nobody_listens_at_is_no_refusal(tmp_path):
    found = ground(1)
    (outcome,) = found.apply(plan(found, 1), tmp_path / "journal")
    assert "cannot be asked" in outcome.says
    assert base64.b64encode(OLD.encode()).decode() not in outcome.says
