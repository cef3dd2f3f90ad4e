"""Finds a ledger by its name: a file, or the address of a PostgreSQL database; and makes the tables of a new one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from demarc.ledger.store.errors import told
from demarc.ledger.store.quick import CURRENT, PATIENCE, SERVERS, VERSIONS, address
from demarc.ledger.store.store import Store
from demarc.ledger.store.trouble import no_ledger, wrong_version
from demarc.model.errors import DemarcError, Where


def open_store(target: str, *, writing: bool = False) -> Store:
    """Open a ledger that is there. Raises DemarcError when there is none, or when another version made it."""
    engine, name = _engine(target, "rw" if writing else "ro")
    with told(name), engine.connect() as connection:
        version = _version(connection)
    if version != CURRENT:
        raise wrong_version(version, CURRENT, name)
    return Store(engine, name)


def create(target: str, *, writers: tuple[str, ...] = (), readers: tuple[str, ...] = ()) -> Store:
    """Make the tables of a ledger, or bring those of an older Demarc up to date; with the rights of roles."""
    engine, name = _engine(target, "rwc")
    if (writers or readers) and engine.dialect.name == "sqlite":
        raise DemarcError(
            "rights of roles need a PostgreSQL ledger", todo="give rights on the file with the operating system"
        )
    with told(name), engine.begin() as connection:
        _migrate(connection)
        for role in (*writers, *readers):
            _grant(connection, role, writes=role in writers)
    return Store(engine, name)


def _engine(target: str, mode: str) -> tuple[Engine, str]:
    """The engine, and the name by which messages call it: an address without its password."""
    if target.startswith(SERVERS):
        return _postgresql(target)
    if "://" in target:
        raise DemarcError(
            "a ledger is a file or a PostgreSQL database",
            where=Where(file="--ledger"),
            todo="write a path, or postgresql://USER@HOST/DATABASE",
        )
    path = Path(target)
    if mode != "rwc" and not path.is_file():
        raise no_ledger(target)
    if mode == "rwc" and not path.absolute().parent.is_dir():
        raise DemarcError("there is no such folder", where=Where(file=target), todo="make it first")
    # The last connection to close writes the log into the file: whoever writes again and again keeps one open.
    pool = NullPool if mode == "ro" else QueuePool
    engine = create_engine("sqlite://", creator=_sqlite(path, mode), poolclass=pool)
    event.listen(engine, "begin", _begin_writing if mode != "ro" else _begin)
    return engine, target


def _sqlite(path: Path, mode: str) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address(path, mode), uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            if mode == "rwc":
                connection.execute("PRAGMA journal_mode = WAL")
            # In WAL the default would leave the last commits to the operating system: acknowledged must mean on disk.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA recursive_triggers = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cache_size = -65536")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    return connect


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    # Takes the one place of a writer at once: reading first and writing later could find that others had written.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql(target: str) -> tuple[Engine, str]:
    try:
        url = make_url(target).set(drivername="postgresql+psycopg")
        name = url.set(drivername="postgresql").render_as_string(hide_password=True)
        engine = create_engine(url, poolclass=NullPool)
    except (ArgumentError, ValueError) as error:
        raise DemarcError(
            "not an address of PostgreSQL", where=Where(file="--ledger"), todo="write postgresql://USER@HOST/DATABASE"
        ) from error
    except ModuleNotFoundError as error:
        raise DemarcError(
            "the driver of PostgreSQL is not installed",
            where=Where(file="--ledger"),
            todo="pip install 'demarc[postgres]'",
        ) from error
    event.listen(engine, "connect", _durable)
    return engine, name


def _durable(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    connection.commit()


def _version(connection: Connection) -> str | None:
    try:
        if not inspect(connection).has_table(VERSIONS):
            return None
        found = connection.scalar(text(f"SELECT version_num FROM {VERSIONS}"))  # noqa: S608 - a constant
        return None if found is None else str(found)
    except SQLAlchemyError as error:
        if "not a database" in str(error):
            raise
        return None


def _migrate(connection: Connection, to: str = "head") -> None:
    from alembic import command  # noqa: PLC0415 - takes a second to import, and only a new ledger needs it
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "demarc.ledger.store:migrations")
    config.set_main_option("path_separator", "os")
    command.upgrade(config, to)


def _grant(connection: Connection, role: str, *, writes: bool) -> None:
    quoted = connection.dialect.identifier_preparer.quote_identifier(role)
    rights: Mapping[str, str] = {
        "ledger_entry": "SELECT, INSERT" if writes else "SELECT",
        "ledger_batch": "SELECT, INSERT" if writes else "SELECT",
        "ledger_checkpoint": "SELECT, INSERT" if writes else "SELECT",
        "ledger_standing": "SELECT",
        VERSIONS: "SELECT",
    }
    for table, given in rights.items():
        connection.exec_driver_sql(f"GRANT {given} ON {table} TO {quoted}")
