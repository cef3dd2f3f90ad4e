"""Assessment plan and results: an observation for each check, and a finding where a requirement is not shown to hold.

No requirement is ever called satisfied: checks and duties relate to it by subject, and that it is met is for the
assessor to say. Where it is violated, unknown or open, that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from demarc.model.boundary import Party
from demarc.model.frameworks import Requirement, Standing
from demarc.model.posture import CheckResult, Finding, Outcome
from demarc.reports.audit.content import Content
from demarc.reports.audit.oscal.cast import Cast
from demarc.reports.audit.oscal.catalog import Controls
from demarc.reports.audit.oscal.values import Value, filled, line, prop, props, text, uid
from demarc.reports.audit.settled import answers

_EVERYTHING: Value = {"control-selections": [{"include-all": {}}]}
SAYS = {
    Standing.VIOLATED: "A related check does not hold.",
    Standing.UNKNOWN: "A related check could not be answered: it is not known to hold.",
    Standing.OPEN: "A related duty has nobody, is overdue, or it is unclear whose it is.",
}
"""Standings that become findings."""


def assessment_plan(content: Content, cast: Cast, metadata: Value) -> Value:
    """What was to be looked at: every requirement, by reading what the cluster and its providers answer."""
    return {
        "assessment-plan": {
            "uuid": uid("assessment-plan", cast.system, content.view.framework, content.assessment.at),
            "metadata": metadata,
            "import-ssp": {"href": "ssp.json"},
            "reviewed-controls": _EVERYTHING,
        }
    }


def results(content: Content, cast: Cast, controls: Controls, metadata: Value) -> Value:
    """What was found."""
    assessment, view = content.assessment, content.view
    related = {check.id for one in view.requirements for check in one.checks}
    wanted = [one for one in content.posture.results if one.check in related]
    result = {
        "uuid": uid("result", cast.system, view.framework, assessment.at),
        "title": line(f"{view.title} {view.version}, {assessment.cluster.name}"),
        "description": text(
            "Checks that relate to the requirements, and how the requirements stand by them. A requirement without "
            "a finding is not called satisfied: related checks hold, or its duties have owners, who hold the evidence."
        ),
        "start": assessment.taken_at or assessment.at,
        "reviewed-controls": _EVERYTHING,
        "observations": observations(content, cast, wanted),
        "findings": [
            _finding(content, cast, controls, one)
            for one in view.requirements
            if one.standing in SAYS and (one.checks or one.duties)
        ],
    }
    return {
        "assessment-results": {
            "uuid": uid("assessment-results", cast.system, view.framework, assessment.at),
            "metadata": metadata,
            "import-ap": {"href": "assessment-plan.json"},
            "results": [filled(result)],
        }
    }


def observations(content: Content, cast: Cast, wanted: Iterable[CheckResult]) -> list[Value]:
    """One for each check, with its findings as evidence."""
    found: dict[str, list[Finding]] = {}
    for finding in content.posture.findings:
        found.setdefault(finding.check, []).append(finding)
    when = content.assessment.taken_at or content.assessment.at
    return [
        filled(
            {
                "uuid": observation_id(cast, result.check),
                "title": line(f"{result.check}: {result.title}"),
                "description": text(f"{result.outcome.value}: {result.says}"),
                "props": props(check=result.check, outcome=result.outcome.value, severity=result.severity.value),
                "methods": ["TEST"],
                "types": ["finding" if result.outcome is Outcome.VIOLATED else "control-objective"],
                "origins": [cast.tool],
                "subjects": [{"subject-uuid": cast.component(Party.CUSTOMER), "type": "component"}],
                "relevant-evidence": [_evidence(one) for one in found.get(result.check, ())],
                "collected": when,
                "remarks": text(*(f"Not seen: {one.what}: {one.why}" for one in result.unseen))
                if result.unseen
                else "",
            }
        )
        for result in wanted
    ]


def observation_id(cast: Cast, check: str) -> str:
    """The uuid of a check's observation."""
    return uid("observation", cast.system, check)


def _evidence(finding: Finding) -> Value:
    state = "excepted" if finding.excepted else finding.answers.whose.value
    return {
        "href": "../findings.csv",
        "description": text(f"{finding.object}: {finding.says}"),
        "props": props(finding=finding.id, whose=state, answers=answers(finding), severity=finding.severity.value),
    }


def _finding(content: Content, cast: Cast, controls: Controls, one: Requirement) -> Value:
    fails = one.standing is Standing.VIOLATED
    said = list(_said(one))
    related = [
        {"observation-uuid": observation_id(cast, check.id)}
        for check in one.checks
        if check.findings or check.outcome is Outcome.UNKNOWN
    ]
    return filled(
        {
            "uuid": uid("finding", cast.system, content.view.framework, one.id),
            "title": line(f"{one.id}: {one.standing.value}"),
            "description": text(SAYS[one.standing], *said),
            "props": [prop("stands", one.standing.value)],
            "origins": [cast.tool],
            "target": {
                "type": "statement-id",
                "target-id": controls.statement(one),
                "title": line(one.title),
                "status": {"state": "not-satisfied", "reason": "fail" if fails else "other"},
            },
            "related-observations": related,
        }
    )


def _said(one: Requirement) -> Iterator[str]:
    for check in one.checks:
        if check.findings:
            yield f"{check.id} {check.title}: {check.findings:,} findings"
    for duty in one.duties:
        stands = ", ".join(f"{number:,} {status}" for status, number in duty.by_status.items())
        if stands:
            yield f"{duty.id}: {stands}"
    yield from (f"Not seen: {why}" for why in one.unknown)
