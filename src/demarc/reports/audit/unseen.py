"""What was not seen and what was not given: said in the pack, so that nobody takes silence for a clean answer."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.model.posture import Outcome
from demarc.reports.audit.content import Content
from demarc.reports.words import REASONS

UNSEEN_COLUMNS = ("sort", "what", "why", "todo")
Row = tuple[str, ...]


def missing(content: Content) -> tuple[tuple[str, str, str], ...]:
    """What a pack should rest on and was not given: what, what follows from it, and what to do."""
    found = []
    if not content.assessment.register:
        found.append(
            (
                "no register",
                (
                    "Nobody could be named from a record of the customer's: owners are those of labels and files alone."
                    " There are no reviews, no exceptions and no contract in this pack."
                ),
                "make the pack again with --register or --ledger",
            )
        )
    ledger = content.ledger
    if ledger is None:
        found.append(
            (
                "no ledger",
                "When each owner, review and exception was recorded cannot be shown, nor that none was changed later.",
                "make the pack again with --ledger",
            )
        )
        return tuple(found)
    if not ledger.register_too:
        found.append(
            (
                "the register is not taken from the ledger",
                (
                    "The ledger shows when reviews of its campaigns were recorded; of the register's files it shows "
                    "nothing in this pack."
                ),
                "make the pack again with --ledger alone",
            )
        )
    unsigned = sum(entry.proof is None for entry in ledger.entries)
    if unsigned:
        found.append(
            (
                "entries without a signature",
                (
                    f"{unsigned:,} of {len(ledger.entries):,} entries that this rests on are under no checkpoint: "
                    "whoever holds the ledger could still change them."
                ),
                "demarc ledger checkpoint, then make the pack again",
            )
        )
    if not ledger.known:
        found.append(("an empty ledger", "It held nothing then: nobody is known to have held anything.", ""))
    return tuple(found)


def unseen_rows(content: Content) -> Iterator[Row]:
    """Everything, what weighs most first."""
    for what, why, todo in missing(content):
        yield "not given", what, why, todo
    for said in content.beside.report.unseen if content.beside is not None else ():
        yield (
            "evidence of roles not given",
            said,
            "approvers, reviewers and rotators that it would show are missing",
            "",
        )
    for gap in content.assessment.gaps:
        said = REASONS.get(gap.reason, gap.reason.value)
        yield "not seen", gap.what, f"{said}: {gap.detail}" if gap.detail else said, gap.todo
    for result in content.posture.results:
        if result.outcome is Outcome.UNKNOWN:
            for one in result.unseen:
                yield "check not answered", f"{result.check} {result.title}", f"{one.what}: {one.why}", one.todo
    for row in content.assessment.matrix:
        if row.status.value == "unknown":
            yield "row not known", row.id, "; ".join(row.remarks), ""
    for said in content.assessment.warnings:
        yield "to know", "a remark on this answer", said, ""
