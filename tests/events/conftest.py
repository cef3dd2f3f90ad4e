"""A trail for each test."""

from __future__ import annotations

import pytest

from tests.events.given import Trail


@pytest.fixture
def trail(tmp_path):
    return Trail(tmp_path)
