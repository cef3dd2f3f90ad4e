"""Another scanner from PyPI, at a fixed version, in an environment of its own: measured, never imported."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

NAME = "Checkov"
VERSION = "3.3.30"
TAIL = 4096


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


def looked_at(answer: Path) -> int:
    """How many resources it says that it looked at: it ends with 0 and no word when it could not read a file.

    Only the end of the answer is read: what this process has held in memory shows in the peak of those it starts.
    """
    if not answer.exists():
        return 0
    with answer.open("rb") as stream:
        stream.seek(max(0, answer.stat().st_size - TAIL))
        found = re.findall(rb'"resource_count": (\d+)', stream.read())
    return int(found[-1]) if found else 0
