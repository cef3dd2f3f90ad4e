"""Another scanner from PyPI, at a fixed version, in an environment of its own: measured, never imported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

NAME = "Checkov"
VERSION = "3.3.30"


def installed(cache: Path) -> Path | None:
    """Set the scanner up below ``cache`` where that was not done; None where it cannot be had (no network)."""
    home = cache / f"checkov-{VERSION}"
    program = home / "bin" / "checkov"
    if program.exists():
        return program
    uv = shutil.which("uv")
    wanted = f"checkov=={VERSION}"
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
            print(f"{NAME} {VERSION} could not be set up: {done.stderr.strip()[-300:]}", file=sys.stderr)
            shutil.rmtree(home, ignore_errors=True)
            return None
    return program


def command(program: Path, dump: Path) -> list[str]:
    """How it is called: Kubernetes checks alone, nothing fetched, a machine's output."""
    return [
        str(program),
        "-f",
        str(dump),
        "--framework",
        "kubernetes",
        "--skip-download",
        "--quiet",
        "--compact",
        "--soft-fail",
        "-o",
        "json",
    ]


def environment() -> dict[str, str]:
    """Its environment: without what would make it call home, and without its limit of 50 MB a file."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("BC_", "PRISMA_", "CKV_", "GITHUB_"))
    }
    return kept | {"LOG_LEVEL": "ERROR", "CHECKOV_MAX_IAC_FILE_SIZE": "9000000000", "NO_COLOR": "1"}


class _Summary(msgspec.Struct):
    resource_count: int = 0


class _Answer(msgspec.Struct):
    summary: _Summary | None = None
    resource_count: int = 0


def looked_at(answer: Path) -> int:
    """How many resources it says that it looked at: it ends with 0 and no word when it could not read a file."""
    try:
        found = msgspec.json.decode(answer.read_bytes(), type=_Answer)
    except (OSError, msgspec.MsgspecError):
        return 0
    return found.summary.resource_count if found.summary else found.resource_count
