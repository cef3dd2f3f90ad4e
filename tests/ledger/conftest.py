"""A real PostgreSQL server for the tests, and a place for a ledger in each of the two databases."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[4]))
    if found:
        return found[-1].parent
    named = shutil.which("postgres")
    return Path(named).parent if named else None


class Server:
    """A server of our own, on a socket in a folder of our own."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder, self._data = folder, folder / "data"
        self.user = "demarc"
        # The server refuses to run as root: another account does it then.
        self._as = None
        if os.getuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self._as = "postgres" if "postgres" in names else "nobody"
            os.chown(folder, pwd.getpwnam(self._as).pw_uid, -1)
        self._data.mkdir()
        if self._as:
            os.chown(self._data, pwd.getpwnam(self._as).pw_uid, -1)
        self._run([programs / "initdb", "-D", self._data, "-U", self.user, "-A", "trust", "--no-sync", "-E", "UTF8"])
        self._log = (folder / "log").open("wb")
        options = ["-c", "listen_addresses=", "-k", str(folder), "-c", "max_connections=40", "-c", "fsync=off"]
        self._process = subprocess.Popen(
            [programs / "postgres", "-D", self._data, *options],
            stdout=self._log,
            stderr=self._log,
            user=self._as,
            cwd=folder,
        )

    def _run(self, command: list[str | Path]) -> None:
        done = subprocess.run(command, capture_output=True, user=self._as, cwd=self.folder, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def address(self, database: str, user: str | None = None) -> str:
        return f"postgresql://{user or self.user}@/{database}?host={self.folder}"

    def wait(self) -> None:
        import psycopg

        for _ in range(1_200):
            try:
                psycopg.connect(self.address("postgres")).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return
        pytest.fail((self.folder / "log").read_text())

    def execute(self, statement: str, database: str = "postgres") -> None:
        import psycopg

        with psycopg.connect(self.address(database), autocommit=True) as connection:
            connection.execute(statement)

    def database(self) -> str:
        name = f"ledger_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def stop(self) -> None:
        # At once: clients may still hold connections, and nothing here outlives the tests.
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)
        self._log.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    programs = _programs()
    if programs is None:
        missing = "no PostgreSQL server is installed"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    folder = Path(tempfile.mkdtemp(prefix="demarc-pg-"))
    try:
        found = Server(programs, folder)
        found.wait()
        yield found
        found.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new ledger goes."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    running: Server = request.getfixturevalue("server")
    return running.address(running.database())
