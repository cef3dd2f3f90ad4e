"""What the Markdown of findings shares: text that no name can break, and a finding as people read it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from demarc.model.posture import Finding, Severity
from demarc.reports.findings.rows import FindingRow, holder
from demarc.reports.text import count, safe_text

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&])|(?m:^(?=[#+\-=>]))")
"""What means something anywhere in a line, and what does at its start."""
_FEW = 5


def escaped(text: str) -> str:
    """Text in which no character of Markdown or HTML means anything, on one line."""
    return _SPECIAL.sub(lambda match: "\\" + (match[1] or ""), safe_text(text))


def code(text: str) -> str:
    """Text as code: a fence longer than any run of backticks in it."""
    text = safe_text(text)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def block(text: str, language: str) -> Iterator[str]:
    """Lines of a fenced block."""
    lines = [safe_text(line) for line in text.rstrip("\n").split("\n")]
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence + language
    yield from lines
    yield fence


def table(row: FindingRow) -> str:
    """A row of a table: severity, check, what, where, owner."""
    first = row.first
    new = f" ({row.new} new)" if row.new else ""
    cells = (first.severity.value, first.check, escaped(first.title), f"{row.count:,}{new}", escaped(row.where))
    return f"| {' | '.join(cells)} | {escaped(holder(first))} |"


TABLE_HEAD = ("| Severity | Check | What | Count | Where | Owner |", "|---|---|---|---:|---|---|")


def told(row: FindingRow, why: str) -> Iterator[str]:
    """A row in full: why it matters, where, how to mend it."""
    first = row.first
    yield f"### {_mark(first.severity)}{escaped(first.title)} ({first.check}, {count(row.count, 'place')})"
    yield ""
    yield escaped(why)
    yield ""
    for finding in row.findings[:_FEW]:
        line = f", {escaped(finding.file)}:{finding.line}" if finding.file and finding.line else ""
        yield f"- {escaped(finding.says)}{line}{' (new)' if finding.change and finding.change.value == 'new' else ''}"
        if finding.fix.command:
            yield f"  - {code(finding.fix.command)}"
        yield from (
            f"  - exception {escaped(one.id)} does not count: {escaped(one.says)}"
            for one in finding.exceptions
            if not one.counts
        )
    if row.count > _FEW:
        yield f"- and {row.count - _FEW:,} more: {code(f'demarc findings --check {first.check}')}"
    yield ""
    yield from _fix(first)


def _fix(finding: Finding) -> Iterator[str]:
    yield f"Fix: {escaped(finding.fix.says)}"
    yield ""
    if finding.fix.patch:
        yield f"For {escaped(str(finding.object))}:"
        yield ""
        yield from block(finding.fix.patch, "yaml")
        yield ""


def _mark(severity: Severity) -> str:
    return f"{severity.value.capitalize()}: "
