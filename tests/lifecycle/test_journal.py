from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.lifecycle.journal import Event, open_journal, parsed, read_journal
from demarc.model.errors import DemarcError, Where

WHERE = Where(file="journal")


def now() -> datetime:
    return datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    with open_journal(tmp_path / "journal", now=now) as journal:
        journal.write(Event.OPENED, value="d")
        journal.write(Event.BEGUN, rotation="r", step="stage")
        journal.write(Event.FACT, rotation="r", name="new id", value="7")
    return tmp_path / "journal"


def test_what_was_written_is_read(path):
    assert [entry.event for entry in read_journal(path)] == [Event.OPENED, Event.BEGUN, Event.FACT]
    assert read_journal(path.with_name("other")) == []


def test_a_line_that_was_cut_off_is_dropped_and_written_over(path):
    whole = path.read_bytes()
    for length in range(len(whole) - 1, whole.rindex(b"\n", 0, -1) + 1, -7):
        path.write_bytes(whole[:length])
        assert len(read_journal(path)) == 2
        with open_journal(path, now=now) as journal:
            journal.write(Event.DONE, rotation="r", step="stage")
        assert [entry.event for entry in read_journal(path)] == [Event.OPENED, Event.BEGUN, Event.DONE]
        path.write_bytes(whole)


@given(st.data())
def test_any_other_change_is_found(data):
    lines = b"".join(_lines())
    at = data.draw(st.integers(0, len(lines) - 2))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != lines[at]))
    changed = lines[:at] + bytes([byte]) + lines[at + 1 :]
    try:
        entries, length = parsed(changed, WHERE)
    except DemarcError:
        return
    # Only spelling that means the same is let through, or a cut at the very end.
    assert entries == parsed(lines, WHERE)[0][: len(entries)]
    assert length <= len(changed)


@pytest.mark.parametrize(
    "change", [lambda lines: lines[1:], lambda lines: [lines[0], lines[2]], lambda lines: [*lines, lines[0]]]
)
def test_lines_that_are_missing_or_moved_are_found(change):
    with pytest.raises(DemarcError, match="changed by somebody else"):
        parsed(b"".join(change(_lines())), WHERE)


def test_two_runs_do_not_write_at_once(path):
    with open_journal(path, now=now), pytest.raises(DemarcError, match="another run"), open_journal(path, now=now):
        pass


def _lines() -> list[bytes]:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = Path(folder) / "journal"
        with open_journal(file, now=now) as journal:
            journal.write(Event.OPENED, value="d")
            journal.write(Event.BEGUN, rotation="r", step="stage")
            journal.write(Event.FACT, rotation="r", name="new id", value="7")
        return file.read_bytes().splitlines(keepends=True)
