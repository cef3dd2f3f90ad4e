"""The section of the page that tells findings."""

from __future__ import annotations

from demarc.reports.html import render_html
from demarc.reports.html.findings import findings_told
from tests.reports.a_report import a_report
from tests.reports.findings.a_posture import HOSTILE, a_hostile_posture, a_posture


def test_the_section_is_there_only_where_checks_were_run():
    assert 'id="findings"' not in render_html(a_report())
    page = render_html(a_report(), None, a_posture())
    assert 'id="findings"' in page
    assert 'href="#findings"' in page


def test_findings_that_count_come_apart_from_the_providers_and_the_excepted():
    told = findings_told(a_posture(baseline="b.json"))
    assert [(line.check, line.number, line.owner) for line in told.lines] == [
        ("XX-POD-001", 1, "nobody"),
        ("XX-POD-001", 3, "Payments"),
    ]
    assert told.lines[0].nobody
    assert told.lines[1].new == 1
    assert [line.owner for line in told.provider] == ["Amazon Web Services"]
    assert [line.check for line in told.excepted] == ["XX-POD-002"]
    assert told.answer == (
        "Checks found 4 things to mend: 1 critical, 3 high. 1 of them nobody holds. 1 is new since the baseline."
    )


def test_what_is_not_known_is_told_by_what_answers_it():
    (unknown,) = findings_told(a_posture()).unknown
    assert unknown.checks == ("XX-POD-004",)
    assert unknown.todo == "allow listing nodes, see demarc rbac-needed"


def test_names_from_input_are_text():
    page = render_html(a_report(), None, a_hostile_posture())
    assert HOSTILE not in page
    assert "<script>alert" not in page


def test_a_line_leads_to_its_row_of_the_matrix():
    assert findings_told(a_posture()).lines[1].href.startswith("#row=workload.pod-security%2Fworkload%40")
