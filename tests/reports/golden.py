"""Golden files: what a report must look like, to the byte.

To write them anew after a wanted change: ``DEMARC_REFRESH_GOLDEN=1 pytest tests/reports``, then read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "golden"


def assert_golden(name: str, content: bytes) -> None:
    """Compare with the golden file; with DEMARC_REFRESH_GOLDEN set, write it first."""
    path = FOLDER / name
    if os.environ.get("DEMARC_REFRESH_GOLDEN"):
        path.write_bytes(content)
    assert path.is_file(), f"{name} is missing: run with DEMARC_REFRESH_GOLDEN=1"
    assert content.decode() == path.read_bytes().decode(), f"{name} differs: DEMARC_REFRESH_GOLDEN=1 writes it anew"
