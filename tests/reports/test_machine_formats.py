"""JSON and CSV: stable, complete, safe to hand on."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import msgspec

from demarc.model.assessment import Assessment
from demarc.reports.csv import COLUMNS, render_csv, safe_cell
from demarc.reports.interface import FORMATS, Told, format_named
from demarc.reports.json import render_json, schema
from tests.reports.a_report import a_hostile_report, a_report, a_small_report
from tests.reports.findings.a_posture import a_posture
from tests.reports.golden import assert_golden

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "assessment.schema.json"


def test_json_is_one_line_and_gives_the_assessment_back() -> None:
    report = a_report()
    written = render_json(report)
    assert written.count(b"\n") == 1
    assert written.endswith(b"}\n")
    assert msgspec.json.decode(written, type=Assessment) == report


def test_json_is_the_same_for_the_same_assessment_whatever_the_order_of_maps() -> None:
    report = a_report()
    turned = msgspec.structs.replace(
        report,
        tally=msgspec.structs.replace(report.tally, by_party=dict(reversed(report.tally.by_party.items()))),
    )
    assert render_json(report) == render_json(turned)


def test_json_of_hostile_names_is_valid_and_writable() -> None:
    written = render_json(a_hostile_report())
    decoded = json.loads(written)
    assert any(row["scope"]["name"].startswith("</script>") for row in decoded["matrix"])
    assert b"\x1b" not in written


def test_the_published_schema_is_that_of_the_model() -> None:
    # Written anew by DEMARC_REFRESH_GOLDEN=1, as the golden files are.
    wanted = (json.dumps(schema(), indent=2, ensure_ascii=False) + "\n").encode()
    assert_golden("../../docs/schemas/assessment.schema.json", wanted)


def test_assessments_fit_the_published_schema() -> None:
    published = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(published)
    validator = jsonschema.Draft202012Validator(published)
    for report in (a_report(), a_hostile_report()):
        validator.validate(json.loads(render_json(report)))


def test_the_schema_describes_fields_and_requires_them() -> None:
    row = schema()["$defs"]["MatrixRow"]
    assert "who answers for it" in row["description"]
    assert "None when no boundary row answers it" in row["properties"]["party"]["description"]
    assert set(row["required"]) == set(row["properties"])


def test_keys_stay() -> None:
    decoded = json.loads(render_json(a_small_report()))
    assert {"format", "at", "cluster", "gaps", "matrix", "ambiguities", "sources", "tally", "todo"} <= decoded.keys()
    assert {"id", "duty", "component", "scope", "party", "basis", "status", "owner", "remarks"} <= decoded["matrix"][
        0
    ].keys()


def test_json_of_a_small_assessment_is_as_recorded() -> None:
    pretty = json.dumps(json.loads(render_json(a_small_report())), indent=1, ensure_ascii=False)
    assert_golden("assessment.json", (pretty + "\n").encode())


def test_csv_of_a_small_assessment_is_as_recorded() -> None:
    assert_golden("matrix.csv", render_csv(a_small_report()))


def test_csv_has_a_line_per_row_whatever_names_hold() -> None:
    report = a_hostile_report()
    written = render_csv(report).decode()
    lines = list(csv.reader(io.StringIO(written, newline="")))
    assert lines[0] == list(COLUMNS)
    assert len(lines) == len(report.matrix) + 1
    assert {len(line) for line in lines} == {len(COLUMNS)}
    assert written.count("\r\n") == written.count("\n") == len(lines)


def test_no_cell_of_hostile_names_is_a_formula() -> None:
    for line in csv.reader(io.StringIO(render_csv(a_hostile_report()).decode(), newline="")):
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in line)


def test_formulas_are_disarmed_also_after_blanks_and_in_full_width() -> None:
    for value in ("=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\uff1dcmd"):
        assert safe_cell(value) == "'" + value
    assert safe_cell("\t=1").startswith("\\x09")
    assert safe_cell("a=1") == "a=1"


def test_formats_are_named_once_and_all_of_them_write_an_empty_assessment() -> None:
    report = a_small_report()
    empty = msgspec.structs.replace(
        report,
        matrix=(),
        ambiguities=(),
        components=(),
        pools=(),
        gaps=(),
        todo=(),
        inputs=(),
        sources=(),
        models=(),
        tally=msgspec.structs.replace(report.tally, rows=0, by_party={}, by_status={}, by_layer={}, by_owner={}),
    )
    assert len({form.name for form in FORMATS}) == len(FORMATS) == len({form.suffix for form in FORMATS})
    for form in FORMATS:
        assert form.render(Told(assessment=empty, posture=a_posture()))
        assert form.render(Told(assessment=report, posture=a_posture()))
        assert format_named(form.name) is form


def test_the_documentation_names_every_column_and_format() -> None:
    page = (SCHEMA.parents[1] / "concepts" / "report.md").read_text()
    assert ", ".join(f"`{column}`" for column in COLUMNS) in " ".join(page.split())
    for form in FORMATS:
        assert f"| `{form.name}` |" in page
