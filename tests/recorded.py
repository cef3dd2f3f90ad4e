"""Where the recorded cluster lies, for the tests that read it; they skip where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("DEMARC_SHARED") or Path(__file__).resolve().parents[2] / "shared")
NORTHWIND = SHARED / "data" / "northwind"

needs_northwind = pytest.mark.skipif(
    not NORTHWIND.is_dir(), reason="the recorded cluster is not at hand (DEMARC_SHARED)"
)
