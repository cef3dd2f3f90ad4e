"""A real PostgreSQL server for as long as a block lasts; as root it runs as somebody else, since it refuses root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ADMIN = "made-up-admin-password"


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def _other_user() -> str | None:
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    return None


@contextmanager
def server() -> Iterator[int]:
    """Start a server; gives its port on 127.0.0.1. Skips where there is none, but with CI=true that fails."""
    binaries = _binaries()
    if binaries is None:
        missing = "no PostgreSQL server is installed"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    user = _other_user() if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="pg") as name:
        folder = Path(name)
        password = folder / "password"
        password.write_text(ADMIN)
        if user is not None:
            for path in (folder, password):
                shutil.chown(path, user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]

        def run(program: str, *arguments: str) -> None:
            command = [str(binaries / program), *arguments]
            done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, check=False, env={})
            assert done.returncode == 0, done.stderr

        data = str(folder / "data")
        run("initdb", "-D", data, "-U", "admin", "-A", "scram-sha-256", "--pwfile", str(password), "-E", "UTF8")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        run("pg_ctl", "-D", data, "-w", "-s", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield port
        finally:
            run("pg_ctl", "-D", data, "-w", "-s", "-m", "immediate", "stop")
