"""Turns what SQLAlchemy raises into the one error of Demarc."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from demarc.ledger.store.trouble import trouble


@contextmanager
def told(name: str) -> Iterator[None]:
    """Raise DemarcError about the ledger called ``name`` for whatever its database raises."""
    try:
        yield
    except DBAPIError as error:
        raise trouble(str(error.orig) or type(error.orig).__name__, name) from error
    except SQLAlchemyError as error:
        raise trouble(type(error).__name__, name) from error


def driver_error(connection: Connection) -> type[Exception]:
    """What the driver of a connection raises where it is used without SQLAlchemy."""
    found: type[Exception] = connection.dialect.loaded_dbapi.Error
    return found
