"""Findings as JUnit XML, for CI systems that show tests.

A suite is a family, a case is a check, or an object for which it does not hold. What is the provider's, excepted or not
known is skipped, with the reason: it neither passes nor fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from demarc.model.posture import CheckResult, Finding, Outcome, Posture
from demarc.reports.findings.rows import holder
from demarc.reports.text import safe_text


def render_junit(posture: Posture) -> bytes:
    """Write the suites, in the order of the checks."""
    found: dict[str, list[Finding]] = {}
    for finding in posture.findings:
        found.setdefault(finding.check, []).append(finding)
    families: dict[str, list[ET.Element]] = {}
    for result in posture.results:
        families.setdefault(result.family, []).extend(_cases(result, found.get(result.check, [])))
    root = ET.Element("testsuites", name=f"demarc {safe_text(posture.cluster)}")
    for family, cases in families.items():
        suite = ET.SubElement(
            root,
            "testsuite",
            name=family,
            tests=str(len(cases)),
            failures=str(sum(case.find("failure") is not None for case in cases)),
            errors="0",
            skipped=str(sum(case.find("skipped") is not None for case in cases)),
            timestamp=posture.at.removesuffix("Z"),
        )
        suite.extend(cases)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _cases(result: CheckResult, findings: list[Finding]) -> Iterator[ET.Element]:
    name = f"{result.check} {safe_text(result.title)}"
    for finding in findings:
        case = ET.Element(
            "testcase", classname=result.check, name=f"{name}: {safe_text(str(finding.object))}", time="0"
        )
        if finding.file:
            case.set("file", safe_text(finding.file))
            case.set("line", str(finding.line or 1))
        if finding.counts:
            said = f"{finding.severity.value}: {finding.says} (owner: {holder(finding)})"
            failure = ET.SubElement(case, "failure", message=safe_text(said), type=finding.severity.value)
            failure.text = "\n".join(_told(finding))
        else:
            excepted = next((f"exception {one.id}: {one.says}" for one in finding.exceptions if one.counts), "")
            ET.SubElement(case, "skipped", message=safe_text(excepted or finding.answers.ask))
        yield case
    if result.outcome is Outcome.VIOLATED and not result.unseen:
        return
    case = ET.Element("testcase", classname=result.check, name=name, time="0")
    if result.unseen or result.outcome is Outcome.UNKNOWN:
        why = "; ".join(dict.fromkeys(one.why for one in result.unseen)) or result.says
        ET.SubElement(case, "skipped", message=safe_text(f"not known: {why}"))
    elif result.outcome is Outcome.NOT_APPLICABLE:
        ET.SubElement(case, "skipped", message=safe_text(f"does not apply: {result.says}"))
    yield case


def _told(finding: Finding) -> Iterator[str]:
    for field in finding.fields:
        yield safe_text(f"{field.path}: {field.value}")
    yield safe_text(f"Fix: {finding.fix.says}")
    if finding.fix.command:
        yield safe_text(f"$ {finding.fix.command}")
    yield safe_text(f"Duty: {finding.answers.duty}; id: {finding.id}")
