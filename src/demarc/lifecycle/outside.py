"""The world outside the cluster as it is: HTTP to issuers, programs of the user's, PostgreSQL.

Nothing that was sent or received is put into an error: it may hold a secret value.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from demarc.lifecycle.strategies.postgresql import RefusedByDatabaseError
from demarc.lifecycle.work import HttpAnswer
from demarc.model.errors import DemarcError

_PATIENCE: Final = Timeout(connect=10.0, read=30.0)
_PROGRAM_SECONDS: Final = 300
_REFUSED: Final = ("password authentication failed", "is not permitted to log in")
"""What a server says to whom it does not let in. Anything else that goes wrong says nothing about a password."""


class RealOutside:
    """``Outside`` over the network and this machine."""

    def __init__(self) -> None:
        self._pool = PoolManager()

    def http(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"") -> HttpAnswer:
        """Send a request over TLS; plain HTTP is for this machine alone. Redirects are not followed."""
        parts = urlsplit(url)
        where = f"{parts.scheme}://{parts.hostname}"
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise DemarcError(f"{where} is not reached over TLS", todo="use an address with https://")
        try:
            answer = self._pool.request(
                method, url, headers=dict(headers), body=body or None, redirect=False, retries=False, timeout=_PATIENCE
            )
        except HTTPError as error:
            raise DemarcError(f"{where} cannot be asked ({type(error).__name__})") from None
        found = {name.lower(): value for name, value in answer.headers.items()}
        return HttpAnswer(status=answer.status, headers=found, body=answer.data)

    def run(self, command: Sequence[str], given: bytes) -> tuple[int, bytes]:
        """Run a program, without a shell; its standard error goes to the terminal."""
        try:
            done = subprocess.run(  # noqa: S603 - it is the user's own program
                list(command), input=given, stdout=subprocess.PIPE, timeout=_PROGRAM_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DemarcError(f"{command[0]} cannot be run ({type(error).__name__})") from None
        return done.returncode, done.stdout

    def database(self, **parameters: Any) -> Any:
        """Connect to a PostgreSQL database; every statement is its own transaction."""
        try:
            import psycopg  # noqa: PLC0415 - an extra
        except ImportError:
            raise DemarcError("PostgreSQL needs a package", todo="Run: pip install 'demarc[postgres]'") from None
        where = f"{parameters.get('host')}:{parameters.get('port')}"
        try:
            return psycopg.connect(autocommit=True, connect_timeout=10, **parameters)
        except psycopg.OperationalError as error:
            if any(words in str(error) for words in _REFUSED):
                raise RefusedByDatabaseError(f"{where} does not let {parameters.get('user')} in") from None
            raise DemarcError(f"{where} cannot be asked for database {parameters.get('dbname')}") from None
