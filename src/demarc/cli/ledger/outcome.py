"""``--record``: an entry for what a command answered, with the digest of exactly that. Never without being asked.

The JSON itself stays outside: whoever has it can show that it is the one that was recorded.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from demarc.cli.answer import Run
from demarc.cli.ledger.book import Book, Signing, account, clock, opened, said
from demarc.cli.options import OUTPUT, Ask
from demarc.cli.screen import Screen
from demarc.intake.masking import mask
from demarc.ledger.elements import subject_of
from demarc.ledger.intake import clean
from demarc.model.assessment import Assessment
from demarc.model.errors import DemarcError, Where
from demarc.model.incident_report import IncidentReport
from demarc.model.ledger import Draft, stamp
from demarc.model.posture import Posture
from demarc.model.roles import RolesReport
from demarc.model.time import instant

ASSESSMENT, VERDICT = "assessment", "incident-verdict"
MOST_INPUTS = 500
"""Inputs that an entry names one by one; of all of them it has one digest."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Keep:
    """Whether to keep the outcome, and in whose name."""

    record: Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)] = False
    """Record the outcome in the ledger: digest of its JSON, digests of its inputs, version, counts."""
    actor: Annotated[str | None, Parameter(group=OUTPUT)] = None
    """With --record: who has it recorded, as the register calls them. Default: your account."""


def checked(keep: Keep, ask: Ask, run: Run) -> None:
    """Refuse what could not be recorded, before a cluster is read."""
    if keep.actor is not None and not keep.record:
        raise DemarcError("--actor says who has it recorded", where=Where(file="--actor"), todo="add --record")
    if keep.record:
        opened(Book(ledger=ask.ledger), run, writing=True)


def record(draft: Draft, ask: Ask, screen: Screen, run: Run) -> None:
    """Append one entry, sign where a key is at hand, and say where it lies."""
    clean([draft], mask)
    store = opened(Book(ledger=ask.ledger), run, writing=True)
    done = store.append(lambda _: [draft], writer=account(), clock=clock)
    if done is not None:
        screen.note(f"recorded as entry {done.first}: {draft.kind} {draft.subject}")
        said(screen, store, Signing(), run, done.size)


def assessed(keep: Keep, found: Assessment, posture: Posture, roles: RolesReport, data: bytes) -> Draft:
    """The entry of an assessment; ``data`` is its JSON, to the byte."""
    sources = [{"origin": mask(one.origin), "sha256": one.sha256} for one in found.inputs]
    spoken = Counter(item.verdict.value for item in roles.roles)
    return Draft(
        actor=subject_of(keep.actor or account()),
        kind=ASSESSMENT,
        subject=subject_of(found.cluster.name),
        valid_from=stamp(instant(found.at)),
        body={
            **_digest(data),
            "at": found.at,
            "version": found.version,
            "register": mask(found.register),
            "inputs": sources[:MOST_INPUTS],
            "inputs_count": len(sources),
            "inputs_sha256": _of_all(sources),
            "rows": found.tally.rows,
            "by_status": found.tally.by_status,
            "by_party": found.tally.by_party,
            "open_questions": len(found.ambiguities),
            "settled": len(found.settled),
            "not_seen": len(found.gaps),
            "findings": dict(Counter(one.severity.value for one in posture.findings)),
            "evidence_of_roles": dict(sorted(spoken.items())),
        },
    )


def judged(keep: Keep, report: IncidentReport, data: bytes) -> Draft:
    """The entry of an incident's verdict; ``data`` is the report as JSON, to the byte."""
    verdict = report.verdict
    owners = {step.duty: step.owner.name for step in verdict.steps if step.owner is not None}
    return Draft(
        actor=subject_of(keep.actor or account()),
        kind=VERDICT,
        subject=subject_of(report.incident.id),
        valid_from=stamp(instant(report.at)),
        body={
            **_digest(data),
            "title": mask(report.incident.title),
            "at": report.at,
            "version": report.version,
            "register": mask(report.register),
            "root": {"step": verdict.root_step, "duty": verdict.root_duty},
            "party": verdict.party.value,
            "inside_cluster": verdict.root_inside_cluster,
            "confidence": verdict.confidence.value,
            "duties": list(dict.fromkeys(step.duty for step in verdict.steps)),
            "owners": [{"duty": duty, "owner": mask(name)} for duty, name in owners.items()],
            "steps": len(verdict.steps),
            "not_seen": len(report.gaps),
        },
    )


def _digest(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def _of_all(sources: Sequence[dict[str, str]]) -> str:
    """One digest over those of all inputs, as ``sha256sum`` would list them in their order."""
    lines = "".join(f"{one['sha256']}  {one['origin']}\n" for one in sources)
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()
