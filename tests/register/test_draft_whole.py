"""From a real cluster to a register: a draft whose markers are filled in leaves nothing of the customer's unowned."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from demarc.accountability.assess import assess
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.catalog.duties import duties, pairs
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.reading import read
from demarc.inventory import build
from demarc.model.assessment import Status
from demarc.model.register import Register
from demarc.register import MARKER, load
from demarc.reports.draft import draft
from tests.recorded import NORTHWIND, needs_northwind

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@needs_northwind
@pytest.mark.recorded
def test_a_filled_in_draft_leaves_nothing_unowned(tmp_path: Path):
    snapshot = read([str(NORTHWIND / "lists")], key=FingerprintKey(b"k" * 32), now=NOW)
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    for name, text in draft(assess(snapshot, inventory, Register(), NOW, "given")).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    parts = {pair.component for pair in pairs()}
    drafted = load(tmp_path, duties=duties(), parts=parts, now=NOW)
    assert drafted.errors == drafted.warnings == ()
    assert drafted.blanks
    someone = drafted.register.teams[0].id
    for path in tmp_path.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace(f"owner: {MARKER}", f"owner: {someone}"), "utf-8")
    register = load(tmp_path, duties=duties(), parts=parts, now=NOW).register
    answer = assess(snapshot, inventory, register, NOW, "given")
    assert [row.id for row in answer.matrix if row.status is Status.UNOWNED] == []
