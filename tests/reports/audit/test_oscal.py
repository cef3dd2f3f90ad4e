"""OSCAL: an independent reader takes every document, every reference resolves, and nothing open is claimed."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace
from trestle.oscal import assessment_plan, assessment_results, catalog, poam, profile, ssp

from demarc.model.assessment import Status
from demarc.model.boundary import Party
from demarc.model.frameworks import Standing
from demarc.model.register import Register
from demarc.reports.audit.oscal.catalog import Controls
from demarc.reports.audit.oscal.documents import documents, written
from demarc.reports.audit.oscal.plan import untaken
from demarc.reports.audit.oscal.values import references, tokens
from demarc.reports.audit.settled import UNSETTLED, readings
from tests.reports.a_report import an_assessment
from tests.reports.audit.a_pack import a_content, a_hostile_content, parts, strings

READERS: dict[str, Any] = {
    "catalog.json": catalog.Catalog,
    "profile.json": profile.Profile,
    "ssp.json": ssp.SystemSecurityPlan,
    "assessment-plan.json": assessment_plan.AssessmentPlan,
    "assessment-results.json": assessment_results.AssessmentResults,
    "poam.json": poam.PlanOfActionAndMilestones,
}
CONTENTS = {"usual": a_content, "hostile": a_hostile_content}


@pytest.fixture(params=sorted(CONTENTS))
def content(request):
    return CONTENTS[request.param]()


def rows_named(value):
    return {one["value"] for group in parts(value, "props") for one in group if one["name"] == "matrix-row"}


def test_an_independent_reader_takes_every_document(content, tmp_path):
    made = documents(content)
    assert set(made) == set(READERS)
    for name, document in made.items():
        (tmp_path / name).write_bytes(written(document))
        read = READERS[name].oscal_read(tmp_path / name)
        assert read is not None, name
        assert read.uuid == next(iter(document.values()))["uuid"]


@pytest.mark.parametrize("framework", ["cis-eks", "owasp-nhi", "owasp-k8s", "iso-27001", "mitre-attack", "eu-dora"])
def test_every_framework_can_be_written(framework, tmp_path):
    for name, document in documents(a_content(framework=framework)).items():
        (tmp_path / name).write_bytes(written(document))
        assert READERS[name].oscal_read(tmp_path / name) is not None


def test_every_reference_resolves_and_every_uuid_is_one_things(content):
    made = documents(content)
    known = {uuid for document in made.values() for uuid in parts(document, "uuid")}
    for name, document in made.items():
        twice = [one for one, number in Counter(parts(document, "uuid")).items() if number > 1]
        assert not twice, name
        for field, uuid in references(document):
            assert uuid in known, (name, field)
        roles = {one["id"] for one in next(iter(document.values()))["metadata"]["roles"]}
        assert set(parts(document, "role-id")) <= roles
        for href in parts(document, "href"):
            assert href in made or href == "../findings.csv"


def test_controls_and_statements_are_those_of_the_catalog(content):
    made = documents(content)
    controls = made["catalog.json"]["catalog"]["controls"]
    ids = {one["id"] for one in controls}
    known = ids | {item["id"] for one in controls for item in [*one["parts"], *one["parts"][0].get("parts", ())]}
    assert len(ids) == len(controls) == len(content.view.requirements)
    assert set(parts(made["ssp.json"], "control-id")) == ids
    assert set(parts(made["ssp.json"], "statement-id")) <= known
    assert set(parts(made["assessment-results.json"], "target-id")) <= known


def test_within_the_plan_inherited_and_satisfied_match_what_is_exported():
    plan = documents(a_content())["ssp.json"]
    provided = {one["uuid"] for group in parts(plan, "provided") for one in group}
    responsibilities = {one["uuid"]: one for group in parts(plan, "responsibilities") for one in group}
    assert {one["provided-uuid"] for group in parts(plan, "inherited") for one in group} == provided
    assert {one["responsibility-uuid"] for group in parts(plan, "satisfied") for one in group} < set(responsibilities)
    shared = [one for one in responsibilities.values() if "provided-uuid" in one]
    assert shared
    assert {one["provided-uuid"] for one in shared} <= provided


def test_a_responsibility_that_nothing_satisfies_is_a_duty_that_nobody_has_taken():
    content = a_content()
    plan = documents(content)["ssp.json"]
    loose = set(untaken(plan))
    found = {
        row
        for group in parts(plan, "responsibilities")
        for one in group
        if one["uuid"] in loose
        for row in rows_named(one)
    }
    related = {duty.id for one in content.view.requirements for duty in one.duties}
    nobody = {Status.UNOWNED, Status.LAPSED, Status.CONFLICT}
    wanted = {
        row.id
        for row in content.assessment.matrix
        if row.status in nobody and row.party in (Party.CUSTOMER, Party.SHARED) and row.duty in related
    }
    assert wanted
    assert found == wanted


def test_what_is_not_settled_is_claimed_by_nobody_and_stands_in_remarks_and_among_what_is_to_be_done():
    content = a_content()
    made = documents(content)
    said = readings(content.assessment)
    unclear = [row for row in content.assessment.matrix if row.status in UNSETTLED]
    assert {row.status for row in unclear} == set(UNSETTLED)
    claims = [part for group in parts(made["ssp.json"], "by-components") for part in group]
    claimed = {text for part in claims for text in strings(part)}
    assert not {row.id for row in unclear} & {word for text in claimed for word in re.split(r"[\s,]+", text)}
    assert not rows_named(claims) & {row.id for row in unclear}
    remarks = "\n".join(
        statement.get("remarks", "") for group in parts(made["ssp.json"], "statements") for statement in group
    )
    related = {duty.id for one in content.view.requirements for duty in one.duties}
    items = made["poam.json"]["plan-of-action-and-milestones"]["poam-items"]
    for row in unclear:
        if row.duty in related:
            assert row.id in remarks
            assert all(reading in remarks for reading in said[row.id])
        mine = [item for item in items if row.id in rows_named(item)]
        assert mine, row.id
        assert all(reading in "\n".join(strings(mine)) for reading in said[row.id])
        assert {"name": "stands", "ns": "urn:demarc:oscal", "value": row.status.value} in mine[0]["props"]


def test_who_has_lapsed_or_is_in_conflict_has_no_role():
    content = a_content()
    made = documents(content)["ssp.json"]["system-security-plan"]
    gone = {row.owner.name for row in content.assessment.matrix if row.status is Status.LAPSED and row.owner}
    assert gone
    assert not gone & {one["name"] for one in made["metadata"]["parties"]}


def test_no_requirement_is_called_satisfied_and_what_does_not_hold_is_found():
    content = a_content()
    found = documents(content)["assessment-results.json"]["assessment-results"]["results"][0]["findings"]
    states = {one["target"]["status"]["state"] for one in found}
    assert states == {"not-satisfied"}
    for one in content.view.requirements:
        told = any(finding["title"].startswith(f"{one.id}: ") for finding in found)
        open_ = one.standing in (Standing.VIOLATED, Standing.UNKNOWN, Standing.OPEN)
        assert told == (open_ and bool(one.checks or one.duties)), one.id


def test_the_next_pack_names_the_same_things_by_the_same_uuids():
    first = a_content()
    later = a_content(replace(first.assessment, at="2027-01-01T00:00:00Z"))
    before, after = documents(first)["ssp.json"], documents(later)["ssp.json"]
    assert before["system-security-plan"]["uuid"] != after["system-security-plan"]["uuid"]
    assert set(parts(before["system-security-plan"]["control-implementation"], "uuid")) == set(
        parts(after["system-security-plan"]["control-implementation"], "uuid")
    )
    assert written(before) == written(documents(a_content())["ssp.json"])


def test_a_self_managed_cluster_has_no_provider_to_inherit_from(tmp_path):
    usual = a_content().assessment
    own = replace(usual.cluster, provider="self_managed")
    rows = tuple(row for row in usual.matrix if row.party is Party.CUSTOMER)
    plan = documents(a_content(replace(an_assessment(rows), cluster=own)))["ssp.json"]
    assert not [*parts(plan, "export"), *parts(plan, "inherited"), *parts(plan, "satisfied")]
    assert "holds" in json.dumps(list(parts(plan, "by-components")))


def test_what_was_not_given_is_among_what_is_to_be_done():
    content = a_content(replace(a_content().assessment, register=""), register=Register())
    titles = {item["title"] for group in parts(documents(content)["poam.json"], "poam-items") for item in group}
    assert {"Not given: no register", "Not given: no ledger", "Not seen: secrets"} <= titles


def test_tokens_are_tokens_and_never_the_same():
    found = tokens(["NHI7:2025", "NHI7-2025", "5.1.1", "GV.OC-05", "", "a b", "A-B"])
    assert found["GV.OC-05"] == "GV.OC-05"
    assert found["5.1.1"] == "_5.1.1"
    assert len({one.lower() for one in found.values()}) == len(found)
    assert Controls(a_content(framework="owasp-nhi").view)
