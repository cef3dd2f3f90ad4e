"""Findings as SARIF 2.1.0, for code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Fingerprints are those of the findings, so a platform
follows one over time; exceptions are suppressions, a baseline is ``baselineState``; owner and duty are properties. What
is the provider's is informational, and a check that could not be answered is an open result: neither is a failure.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from demarc.catalog.checks import checks
from demarc.model.posture import Change, CheckFacts, CheckResult, Finding, Outcome, Posture, Severity, Whose
from demarc.reports.findings.rows import holder
from demarc.reports.text import safe_text

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.0",
}
"""``security-severity``: what GitHub and others sort by, in the middle of their own bands."""
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render_sarif(posture: Posture) -> bytes:
    """Write one run. The same posture gives the same bytes."""
    known = {result.check: number for number, result in enumerate(posture.results)}
    results = [_result(finding, known[finding.check], posture) for finding in posture.findings]
    results += [
        _open(result, number)
        for number, result in enumerate(posture.results)
        if result.outcome is Outcome.UNKNOWN or result.unseen
    ]
    driver = {
        "name": "Demarc",
        "version": posture.version.removeprefix("demarc "),
        "semanticVersion": posture.version.removeprefix("demarc "),
        "rules": [_rule(checks().get(result.check), result) for result in posture.results],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"demarc/{safe_text(posture.cluster)}/"},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"at": posture.at, "cluster": safe_text(posture.cluster)},
    }
    return msgspec.json.format(msgspec.json.encode({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})) + b"\n"


def _rule(facts: CheckFacts | None, result: CheckResult) -> dict[str, Any]:
    """A rule; one that is no check of the catalogue is the user's own, and is told by its result."""
    rule: dict[str, Any] = {
        "id": result.check,
        "name": "".join(word.capitalize() for word in result.check.split("-")),
        "shortDescription": {"text": safe_text(result.title)},
        "defaultConfiguration": {"level": LEVELS[result.severity]},
        "properties": {
            "security-severity": SCORES[result.severity],
            "tags": ["security", "kubernetes", result.family],
            "duty": result.answers.duty,
        },
    }
    if facts is not None:
        rule["fullDescription"] = {"text": facts.why}
        text = f"{facts.why}\n\nRule: {facts.rule}\n\nFix: {facts.fix}"
        related = ", ".join((*facts.cis, *facts.references))
        markdown = (
            f"{facts.why}\n\n**Rule.** {facts.rule}\n\n**Fix.** {facts.fix}\n\nRelates to: {related or 'nothing'}"
        )
        rule["help"] = {"text": text, "markdown": markdown}
        rule["properties"]["tags"] += [f"duty:{facts.duty}"]
    return rule


def _result(finding: Finding, rule: int, posture: Posture) -> dict[str, Any]:
    not_ours = finding.answers.whose is Whose.PROVIDER
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": rule,
        "kind": "informational" if not_ours else "fail",
        "level": "none" if not_ours else LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [_location(finding, posture)],
        "partialFingerprints": {"demarcFinding/v1": finding.id},
        "properties": {
            "severity": finding.severity.value,
            "duty": finding.answers.duty,
            "whose": finding.answers.whose.value,
            "owner": safe_text(holder(finding)),
            "contact": safe_text(finding.answers.contact),
            "matrixRow": safe_text(finding.answers.row),
        },
    }
    if posture.baseline:
        result["baselineState"] = "new" if finding.change is Change.NEW else "unchanged"
    if counted := [one for one in finding.exceptions if one.counts]:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": safe_text(f"{one.id}: {one.says}")}
            for one in counted
        ]
    return result


def _message(finding: Finding) -> str:
    whose = finding.answers.ask or f"Control owner: {holder(finding)} ({finding.answers.duty})."
    return safe_text(f"{finding.says}. {whose} {finding.fix.says}")


def _location(finding: Finding, posture: Posture) -> dict[str, Any]:
    """Where it is: the line of a manifest, else the first line of the input; and the object in any case."""
    artifact = quote(finding.file.removeprefix("./").replace("\\", "/")) if finding.file else quote(posture.cluster)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": artifact},
            "region": {"startLine": finding.line or 1},
        },
        "logicalLocations": [
            {
                "name": safe_text(finding.object.name) or "cluster",
                "fullyQualifiedName": safe_text(str(finding.object)),
                "kind": "resource",
            }
        ],
    }


def _open(result: CheckResult, rule: int) -> dict[str, Any]:
    why = "; ".join(dict.fromkeys(one.why for one in result.unseen)) or result.says
    return {
        "ruleId": result.check,
        "ruleIndex": rule,
        "kind": "open",
        "level": "none",
        "message": {"text": safe_text(f"{result.title}: not known, because {why}")},
        "partialFingerprints": {"demarcFinding/v1": f"{result.check}-open"},
    }
