"""The same answers from every engine that is installed: detections, places, and the events of a case."""

from __future__ import annotations

import importlib.util

import msgspec
import pytest

from demarc.incidents.detections import Given, look_at, run_detections
from demarc.incidents.opening.investigate import Around, investigate
from demarc.incidents.opening.seeds import Hints
from tests.incidents.attacks import ATTACKS
from tests.incidents.detection_cases import trail
from tests.incidents.trails import asked

needs_clickhouse = pytest.mark.skipif(importlib.util.find_spec("chdb") is None, reason="ClickHouse is not installed")


@needs_clickhouse
def test_detections_on_clickhouse(tmp_path):
    lines = trail().lines
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    with asked(lines, first) as engine:
        on_duckdb = run_detections(engine, look_at(engine), Given())
    with asked(lines, second, "clickhouse") as engine:
        on_clickhouse = run_detections(engine, look_at(engine), Given())
    for one, other in zip(on_duckdb, on_clickhouse, strict=True):
        assert msgspec.json.encode(one) == msgspec.json.encode(other), one.detection


@needs_clickhouse
def test_a_case_on_clickhouse(tmp_path):
    lines = ATTACKS["pipeline_token"]().trail.lines
    with asked(lines, tmp_path, "clickhouse") as engine:
        found = investigate(engine, Hints(), Given(), Around())
    assert {event.audit_id for event in found.events} == ATTACKS["pipeline_token"]().own
