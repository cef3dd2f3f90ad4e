"""Formats of findings: golden files, validity, and names that try to break them."""

from __future__ import annotations

import csv
import io
import json
import re
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest
import yaml
from msgspec.structs import replace

from demarc.catalog.checks import checks
from demarc.model.posture import Outcome, Posture
from demarc.reports.findings.digest import digests
from demarc.reports.findings.github import MOST_ANNOTATIONS, render_annotations
from demarc.reports.findings.interface import FINDING_FORMATS, finding_format
from demarc.reports.findings.policy_reports import MOST, render_open_reports
from demarc.reports.findings.table import COLUMNS
from demarc.reports.json import posture_schema, render_posture_json
from tests.reports.findings.a_posture import HOSTILE, a_finding, a_hostile_posture, a_posture, a_result
from tests.reports.golden import assert_golden

NAMES = [form.name for form in FINDING_FORMATS]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "json"])
def test_golden(name):
    form = finding_format(name)
    assert_golden(f"findings/{name}{form.suffix}", form.render(a_posture(baseline="baseline.json")))


@pytest.mark.parametrize("name", NAMES)
def test_every_format_gives_the_same_bytes_again_and_survives_hostile_names(name):
    render = finding_format(name).render
    assert render(a_posture()) == render(a_posture())
    written = render(a_hostile_posture()).decode()
    assert "\x1b" not in written
    assert "\u202e" not in written or name == "json"


def test_json_gives_the_posture_back_and_fits_its_schema():
    for made in (a_posture(), a_posture(baseline="b.json"), a_hostile_posture()):
        written = render_posture_json(made)
        assert msgspec.json.decode(written, type=Posture) == made
        jsonschema.validate(json.loads(written), posture_schema())


def test_the_published_schema_is_that_of_the_model():
    wanted = (json.dumps(posture_schema(), indent=2, ensure_ascii=False) + "\n").encode()
    assert_golden("../../docs/schemas/posture.schema.json", wanted)


def test_sarif_tells_new_from_known_and_what_is_not_ours():
    run = json.loads(finding_format("sarif").render(a_posture(baseline="b.json")))["runs"][0]
    by_object = {
        one["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]: one
        for one in run["results"]
        if one["kind"] != "open"
    }
    assert by_object["Deployment payments/api"]["baselineState"] == "new"
    assert by_object["Deployment payments/worker"]["baselineState"] == "unchanged"
    assert by_object["Deployment payments/api"]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "deploy/api.yaml"},
        "region": {"startLine": 31},
    }
    assert by_object["DaemonSet kube-system/aws-node"]["kind"] == "informational"
    assert by_object["Deployment payments/gateway"]["suppressions"][0]["status"] == "accepted"
    assert "suppressions" not in by_object["Deployment legacy/erp"]
    assert {one["ruleId"] for one in run["results"] if one["kind"] == "open"} == {"XX-POD-002", "XX-POD-004"}
    for one in run["results"]:
        assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]


def test_sarif_tells_what_the_catalogue_says_of_a_check():
    made = replace(a_posture(a_finding(check="DM-POD-002")), results=(a_result("DM-POD-002", Outcome.VIOLATED),))
    rule = json.loads(finding_format("sarif").render(made))["runs"][0]["tool"]["driver"]["rules"][0]
    facts = checks()["DM-POD-002"]
    assert rule["fullDescription"]["text"] == facts.why
    assert facts.rule in rule["help"]["markdown"]
    assert f"duty:{facts.duty}" in rule["properties"]["tags"]


def test_sarif_names_a_finding_alike_whatever_its_line():
    def names(line: int) -> list[str]:
        made = a_posture(a_finding(file="a.yaml", line=line))
        results = json.loads(finding_format("sarif").render(made))["runs"][0]["results"]
        return [one["partialFingerprints"]["demarcFinding/v1"] for one in results]

    assert names(3) == names(300)


def test_junit_fails_only_for_what_is_ours_to_mend():
    root = ET.fromstring(finding_format("junit").render(a_posture()))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    failed = [name for name, case in cases.items() if case.find("failure") is not None]
    assert len(failed) == 4
    assert cases["XX-POD-001 Privileged container: DaemonSet kube-system/aws-node"].find("skipped") is not None
    blind = cases["XX-POD-004 What XX-POD-004 looks for"].find("skipped")
    assert blind is not None
    assert "not known" in str(blind.get("message"))
    suite = next(root.iter("testsuite"))
    assert suite.get("failures") == "4"
    assert suite.get("tests") == str(len(cases))


def test_csv_has_a_line_for_each_finding_and_disarms_formulas():
    rows = list(csv.DictReader(io.StringIO(finding_format("findings-csv").render(a_posture()).decode(), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 6
    assert {row["counts"] for row in rows} == {"yes", "no"}
    evil = finding_format("findings-csv").render(a_posture(a_finding("=1+1"))).decode()
    assert ",'=1+1," in evil


def test_report_objects_are_cut_to_what_etcd_takes_and_have_names_of_their_own():
    many = tuple(a_finding(f"app-{number}") for number in range(MOST + 10))
    objects = list(yaml.safe_load_all(render_open_reports(a_posture(*many))))
    reports = [one for one in objects if one["metadata"].get("namespace") == "payments"]
    assert [len(one["results"]) for one in reports] == [MOST, 10]
    assert [one["metadata"]["name"] for one in reports] == ["demarc-harbour-prod", "demarc-harbour-prod-2"]
    assert all(one["summary"]["fail"] == len(one["results"]) for one in reports)
    cluster = next(one for one in objects if one["kind"] == "ClusterReport")
    assert cluster["summary"] == {"pass": 1, "fail": 0, "warn": 0, "error": 2, "skip": 1}


def test_annotations_are_of_new_findings_alone_where_there_is_a_baseline():
    lines = render_annotations(a_posture(baseline="b.json")).decode().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("::error file=deploy/api.yaml,line=31,title=XX-POD-001 Privileged container (high)::")
    many = tuple(a_finding(f"app-{number}") for number in range(MOST_ANNOTATIONS + 3))
    assert render_annotations(a_posture(*many)).decode().splitlines()[-1] == "::notice title=Demarc::3 more findings"


def test_an_annotation_cannot_start_another_command():
    for line in render_annotations(a_hostile_posture()).decode().splitlines():
        head, _, rest = line.removeprefix("::error ").partition("::")
        assert "%0A" in rest
        assert "\n" not in rest
        assert "%250A" in rest
        assert [word.partition("=")[0] for word in head.split(",")] == ["file", "line", "title"]


def test_digests_are_one_for_each_owner_and_what_nobody_holds_comes_first():
    made = digests(a_posture())
    assert [one.owner for one in made] == ["nobody", "Payments", "Amazon Web Services"]
    assert len({one.file_name for one in made}) == len(made)
    payments = made[1].text
    assert "3 places" in payments
    assert "gateway" not in payments, "what is excepted is not asked for"
    assert "old-excuse" in made[0].text, "an exception that ended is told"
    assert "AWS Support" in made[2].text


def test_markdown_cannot_be_broken_by_names():
    for form in ("digest", "github-summary"):
        written = finding_format(form).render(a_hostile_posture()).decode()
        outside = re.sub(r"(`+) ?.*? ?\1(?!`)", "", written)
        assert "<script>" not in outside
        assert HOSTILE not in outside
