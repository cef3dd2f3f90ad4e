"""Writes docs/concepts/checks.md from the catalogue: what every check looks at, and why it matters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from demarc.catalog.checks import checks
from demarc.model.posture import CheckFacts

PAGE = Path(__file__).resolve().parents[1] / "docs" / "concepts" / "checks.md"

HEAD = """# Checks

A check looks at what was seen and gives one of four answers: **violated**, with a finding for each object; **unknown**,
with what was missing; **holds**, with what was looked at; or **not applicable**. A finding goes through the duty named
here to the party and the control owner who answer for it as of the date ([boundary](boundary.md),
[register](register.md)). What the provider installed or runs is not your failure: it is told as a question to the
provider.

Severity is what a violation weighs before anybody's circumstances are known. Requirements and checks of other tools are
relations, never claims of compliance or of equal behaviour.

This page is written from the catalogue by `tools/check_pages.py`.
"""


def page() -> str:
    """The whole page."""
    return "\n".join((HEAD, *(line for facts in checks().values() for line in section(facts))))


def section(facts: CheckFacts) -> Iterator[str]:
    """The section of a check."""
    yield f"## {facts.id}"
    yield ""
    yield f"**{facts.title}** ({facts.family}, {facts.severity.value})"
    yield ""
    yield f"- **Rule.** {facts.rule}"
    yield f"- **Why it matters.** {facts.why}"
    yield f"- **Fix.** {facts.fix}"
    yield f"- **Duty.** {', '.join(f'`{duty}`' for duty in (facts.duty, *facts.also))}"
    yield f"- **Needs.** {', '.join(facts.needs)}; looks at {', '.join(facts.looks_at)}"
    if related := (*facts.cis, *facts.references):
        yield f"- **Relates to.** {', '.join(f'`{one}`' for one in related)}"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
