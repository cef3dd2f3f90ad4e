from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from demarc.cli.moment import moment
from demarc.model.errors import DemarcError
from tests.accountability.given import AT, EMPTY

NOW = datetime(2027, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def test_a_snapshot_is_answered_for_its_own_time():
    assert moment(None, EMPTY, NOW) == (AT, "the snapshot's own time: given")


def test_input_without_a_time_is_answered_for_now_and_says_so():
    at, basis = moment(None, replace(EMPTY, taken_at=None), NOW)
    assert at == NOW.replace(microsecond=0)
    assert "nothing in the input says" in basis


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("now", NOW.replace(microsecond=0)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T12:00:00+02:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
    ],
)
def test_the_moment_that_was_asked_for_wins(asked, expected):
    assert moment(asked, EMPTY, NOW)[0] == expected


@pytest.mark.parametrize("asked", ["yesterday", "2026-13-01", ""])
def test_what_is_no_time_is_refused(asked):
    with pytest.raises(DemarcError) as caught:
        moment(asked, EMPTY, NOW)
    assert "--at" in str(caught.value)
