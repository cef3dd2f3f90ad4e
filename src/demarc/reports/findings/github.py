"""Findings for GitHub Actions: annotations at the lines of a change, and a summary of the step.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator

from demarc.model.posture import Change, Finding, Outcome, Posture, Severity
from demarc.reports.findings.markdown import TABLE_HEAD, code, escaped, table
from demarc.reports.findings.rows import holder, rows, standing
from demarc.reports.text import count, listed, safe_text

MOST_ANNOTATIONS = 50
"""GitHub shows 10 of each kind in a step and 50 in a run; what is left out is counted in a notice."""
MOST_ROWS = 50

_COMMANDS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning"}


def render_annotations(posture: Posture) -> bytes:
    """Workflow commands, one a line: print them in a step. New ones first where there is a baseline."""
    counted = [finding for finding in posture.findings if finding.counts]
    if posture.baseline:
        counted = [finding for finding in counted if finding.change is Change.NEW]
    lines = [_annotation(finding) for finding in counted[:MOST_ANNOTATIONS]]
    if len(counted) > MOST_ANNOTATIONS:
        lines.append(f"::notice title=Demarc::{count(len(counted) - MOST_ANNOTATIONS, 'more finding')}")
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")


def _annotation(finding: Finding) -> str:
    properties = {"title": f"{finding.check} {finding.title} ({finding.severity.value})"}
    if finding.file and finding.line:
        properties = {"file": finding.file.removeprefix("./"), "line": str(finding.line), **properties}
    named = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    said = f"{finding.says}\n{finding.fix.says}\nOwner: {holder(finding)} ({finding.answers.duty})"
    return f"::{_COMMANDS.get(finding.severity, 'notice')} {named}::{_data(said)}"


def _data(text: str) -> str:
    """The text of a command, as GitHub escapes it."""
    lines = "\n".join(safe_text(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def render_summary(posture: Posture) -> bytes:
    """Markdown for ``$GITHUB_STEP_SUMMARY``."""
    return "".join(f"{line}\n" for line in _summary(posture)).encode("utf-8", "backslashreplace")


def _summary(posture: Posture) -> Iterator[str]:
    stands = standing(posture)
    total = sum(stands.by_severity.values())
    yield f"## Demarc: {count(total, 'finding')} in {escaped(posture.cluster)}"
    yield ""
    parts = [f"{number:,} {severity.value}" for severity, number in stands.by_severity.items()]
    if stands.new is not None:
        parts.append(f"**{stands.new:,} new**")
    if stands.nobody:
        parts.append(f"{stands.nobody:,} that nobody holds")
    if stands.excepted:
        parts.append(f"{stands.excepted:,} excepted")
    if stands.provider:
        parts.append(f"{stands.provider:,} for the provider")
    yield f"As of {posture.at}: {', '.join(parts) or 'nothing is violated'}."
    yield ""
    shown = rows(finding for finding in posture.findings if finding.counts)
    if shown:
        yield from TABLE_HEAD
        yield from (table(row) for row in shown[:MOST_ROWS])
        if len(shown) > MOST_ROWS:
            yield ""
            yield f"and {count(len(shown) - MOST_ROWS, 'more line')}"
        yield ""
    unknown = [result.check for result in posture.results if result.outcome is Outcome.UNKNOWN]
    if unknown:
        yield f"Not known: {count(len(unknown), 'check')} ({code(listed(unknown, 6))}). It is not a pass."
        yield ""
