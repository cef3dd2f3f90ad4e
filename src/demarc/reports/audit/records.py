"""Reviews and exceptions, as they stood at the date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from demarc.model.ledger import stamp
from demarc.model.register import ExceptionEntry
from demarc.model.reviews import ORDERS, Choice
from demarc.model.time import instant, iso
from demarc.reports.audit.content import Content

REVIEW_COLUMNS = ("record", "campaign", "what", "duties", "scope", "by", "on", "decision", "note", "where")
EXCEPTION_COLUMNS = (
    "id",
    "stands",
    "duties",
    "scope",
    "reason",
    "owner",
    "approved_by",
    "since",
    "until",
    "rows",
    "findings",
    "where",
)
Row = tuple[str, ...]


def review_rows(content: Content) -> Iterator[Row]:
    """Reviews on record until the date, then what campaigns decided and what waits in them."""
    at = instant(content.assessment.at)
    for review in sorted(content.register.reviews, key=lambda one: (one.on, str(one.where))):
        if review.on <= at:
            duties, scope = "; ".join(review.duties), str(review.scope)
            yield "review", "", "", duties, scope, review.by, iso(review.on), "", review.evidence, str(review.where)
    for campaign in content.campaigns:
        for item in campaign.items:
            decision = campaign.decisions.get(item.number)
            scopes = "; ".join(", ".join(f"{key}={name}" for key, name in scope.items()) for scope in item.scopes)
            about = (campaign.id, item.what, "; ".join(item.duties), scopes)
            if decision is None:
                waits = f"waits for {item.reviewer}" if item.reviewer else "waits; nobody is named to review it"
                yield "waits", *about, "", "", "", f"{waits}, due {campaign.due[:10]}", ""
                continue
            record = "waits" if decision.choice is Choice.NOT_MINE else "decision"
            where = f"entry {decision.seq} of the ledger"
            yield record, *about, decision.by, decision.at, decision.choice.value, decision.note, where
            for done in campaign.done.get(item.number, ()):
                where = f"entry {done.seq} of the ledger"
                yield "done", *about, done.by, done.at, decision.choice.value, done.says, where
            if decision.choice in ORDERS and not campaign.is_done(item.number):
                due = campaign.due_of(decision)
                late = "not done in time" if due <= stamp(at) else "to be done"
                yield "not done", *about, "", "", decision.choice.value, f"{late}, due {due[:10]}", where


def exception_rows(content: Content) -> Iterator[Row]:
    """Every exception of the register, with how it stands."""
    at = instant(content.assessment.at)
    rows = Counter(name for row in content.assessment.matrix for name in (*row.exceptions, *row.expired_exceptions))
    findings = Counter(state.id for finding in content.posture.findings for state in finding.exceptions if state.counts)
    for one in content.register.exceptions:
        yield (
            one.id,
            stands(one, at),
            "; ".join(one.duties),
            str(one.scope),
            one.reason,
            one.owner,
            one.approved_by,
            iso(one.period.since) if one.period.since else "",
            iso(one.period.until) if one.period.until else "",
            str(rows[one.id]),
            str(findings[one.id]),
            str(one.where),
        )


def stands(one: ExceptionEntry, at: datetime) -> str:
    """How an exception stands at a moment."""
    if one.period.ended(at):
        return "expired"
    return "in force" if one.period.contains(at) else "not yet in force"
