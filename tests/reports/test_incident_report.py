"""The report of an incident: golden files, hostile text, nothing loaded, the same keys as the written format."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from html import unescape

import pytest
from msgspec.structs import replace
from rich.console import Console

from demarc.model.incident_report import IncidentReport
from demarc.reports.diagrams.svg import svg
from demarc.reports.incident.formats import FORMATS
from demarc.reports.incident.route import route
from demarc.reports.incident.terminal import show
from demarc.reports.incident.timeline import marks, timeline
from tests.reports.an_incident import an_incident_report, hostile
from tests.reports.golden import assert_golden

HOSTILE = '<script>alert(1)</script> "x" | `y` \x1b[31m\u202e [link](javascript:x) *b* {{7*7}} & \n# heading'
KEYS = {
    *("id", "steps", "root_step", "root_duty", "stage", "root_inside_cluster", "party", "downstream_party"),
    *("response_party", "ambiguity", "provider_telemetry", "no_audit_event_steps", "identity_unreliable_steps"),
    *("not_culprits", "by_viewpoint", "rules", "rationale", "confidence"),
}


def on_terminal(report: IncidentReport, width: int = 100) -> str:
    out = io.StringIO()
    show(report, Console(file=out, width=width, highlight=False, markup=False, emoji=False))
    return out.getvalue()


@pytest.mark.parametrize(("form", "suffix"), [("json", "json"), ("markdown", "md"), ("html", "html")])
def test_the_report_is_as_it_was(form, suffix):
    assert_golden(f"incident.{suffix}", FORMATS[form](an_incident_report()))


def test_the_terminal_is_as_it_was():
    assert_golden("incident.txt", on_terminal(an_incident_report()).encode())


def test_the_drawings_are_as_they_were():
    report = an_incident_report()
    assert_golden("incident-timeline.svg", timeline(report).encode())
    assert_golden("incident-path.svg", svg(route(report), name="way").encode())


def test_json_has_the_keys_of_the_written_format_on_top():
    told = json.loads(FORMATS["json"](an_incident_report()))
    assert set(told) >= KEYS
    assert {"n", "duty", "party", "basis"} <= set(told["steps"][0])
    assert told["format"] == "demarc.incident/1"


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_text_of_others_acts_in_no_format(form):
    page = FORMATS[form](hostile(HOSTILE)).decode()
    assert "\x1b" not in page
    assert "\u202e" not in page
    # What stands between fences is shown as it is.
    outside = re.sub(r"```.*?```", "", page, flags=re.DOTALL) if form == "markdown" else page
    assert "<script>alert" not in outside
    if form == "markdown":
        assert "\n# heading" not in outside
        assert "[link](" not in outside


def test_text_of_others_does_not_act_on_a_terminal():
    told = on_terminal(hostile(HOSTILE))
    assert "\x1b" not in told
    assert "\u202e" not in told


def test_the_page_loads_nothing_and_runs_nothing():
    page = FORMATS["html"](an_incident_report()).decode()
    assert "default-src 'none'" in unescape(page)
    assert "<script" not in page
    without_links = re.sub(r'<a href="[^"]*" rel="noreferrer noopener">', "", page)
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", without_links)
    assert not re.search(r"url\((?!#)", page)


def test_both_halves_of_the_runbook_and_the_letter_are_in_every_file():
    for form in ("markdown", "html"):
        page = FORMATS[form](an_incident_report()).decode()
        for expected in ("stop rotation and deletion", "legacy-token-invalid-since", "Deadlines", "More"):
            assert expected in page, (form, expected)


def test_a_command_is_printed_whole_on_a_narrow_terminal():
    told = on_terminal(an_incident_report(), width=60)
    commands = [one.command for one in an_incident_report().runbook.tenant[0].actions if one.command]
    assert commands
    for command in commands:
        assert command in told


@pytest.mark.parametrize("draw", [timeline, lambda report: svg(route(report), name="way")])
def test_drawings_are_sound_whatever_they_are_told(draw):
    for report in (an_incident_report(), hostile(HOSTILE)):
        ET.fromstring(draw(report))


def test_the_timeline_marks_what_is_dated_and_bars_what_is_not():
    report = an_incident_report()
    drawn = timeline(report)
    assert drawn.count("point") == len(report.incident.steps)
    undated = tuple(replace(step, at=None) for step in report.incident.steps)
    open_ended = replace(report, incident=replace(report.incident, steps=undated, until=None))
    bars = timeline(open_ended)
    assert bars.count('class="endless"') == len(undated)
    assert bars.count(" vague") == len(undated)


def test_marks_are_as_exact_as_the_record():
    assert {mark.day for mark in marks(an_incident_report())} == {"2026-11-18"}


@pytest.mark.parametrize("days", [0, 1, 5, 40, 400, 4000])
def test_a_span_of_any_length_has_a_few_ticks(days):
    report = an_incident_report()
    at = datetime(2020, 1, 1, tzinfo=UTC)
    first = replace(report.incident.steps[0], at=at, until=None)
    last = replace(report.incident.steps[1], at=at.replace(year=2020 + days // 366), until=None)
    day = replace(report.incident.since, first=at.date(), last=at.date(), text="2020")
    components = tuple(replace(part, defect=None) for part in report.incident.components)
    incident = replace(report.incident, steps=(first, last), since=day, until=None, components=components)
    drawn = timeline(replace(report, incident=incident))
    assert 0 <= drawn.count('class="tick"') <= 16
