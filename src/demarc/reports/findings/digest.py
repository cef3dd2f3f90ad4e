"""A digest for each owner, in Markdown, ready to send: what is theirs, worst first, and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from demarc.catalog.checks import checks
from demarc.model.posture import Finding, Posture, Severity, Whose
from demarc.reports.findings.markdown import escaped, told
from demarc.reports.findings.rows import NOBODY, holder, rows
from demarc.reports.text import count


class Digest(Struct, frozen=True, kw_only=True):
    """What one owner gets."""

    owner: str
    contact: str
    file_name: str
    text: str


def digests(posture: Posture) -> tuple[Digest, ...]:
    """One for each owner who has something to mend, the worst first; what nobody holds comes before all."""
    by_owner: dict[str, list[Finding]] = {}
    for finding in posture.findings:
        if not finding.excepted:
            by_owner.setdefault(holder(finding), []).append(finding)
    ordered = sorted(by_owner.items(), key=lambda item: (item[0] != NOBODY, *_weight(item[1]), item[0]))
    taken: set[str] = set()
    return tuple(_digest(posture, owner, findings, taken) for owner, findings in ordered)


def render_digests(posture: Posture) -> bytes:
    """All digests behind one another."""
    return "\n".join(digest.text for digest in digests(posture)).encode("utf-8", "backslashreplace")


def _weight(findings: list[Finding]) -> tuple[int, ...]:
    return tuple(-sum(finding.severity is severity for finding in findings) for severity in Severity)


def _digest(posture: Posture, owner: str, findings: list[Finding], taken: set[str]) -> Digest:
    contact = next((finding.answers.contact for finding in findings if finding.answers.contact), "")
    plain = re.sub(r"[^a-z0-9]+", "-", owner.lower()).strip("-")[:60] or "owner"
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain}-{number}"
    taken.add(name)
    text = "\n".join(_lines(posture, owner, contact, findings)) + "\n"
    return Digest(owner=owner, contact=contact, file_name=f"{name}.md", text=text)


def _lines(posture: Posture, owner: str, contact: str, findings: list[Finding]) -> Iterator[str]:
    provider = findings[0].answers.whose is Whose.PROVIDER
    yield f"# {escaped(owner)}: {count(len(findings), 'finding')} in {escaped(posture.cluster)}"
    yield ""
    new = sum(finding.change is not None and finding.change.value == "new" for finding in findings)
    since = f", {new:,} of them new since the baseline" if posture.baseline else ""
    to = f" Contact: {escaped(contact)}." if contact else ""
    yield f"As of {posture.at}{since}.{to}"
    if owner == NOBODY:
        yield "These are yours as a customer, and the register names nobody for them: name an owner first."
    if provider:
        yield "These are not yours to mend. Ask the provider:"
    yield ""
    if provider:
        yield from (f"- {escaped(ask)}" for ask in dict.fromkeys(finding.answers.ask for finding in findings) if ask)
        yield ""
    for row in rows(findings):
        facts = checks().get(row.first.check)
        yield from told(row, facts.why if facts is not None else row.first.says)
