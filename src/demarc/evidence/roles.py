"""The roles of every row of the matrix, with what was looked at and what was not given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from demarc.evidence.approvers import approver
from demarc.evidence.ground import Ground
from demarc.evidence.reviewers import reviewer
from demarc.evidence.rotators import Rotators
from demarc.model.assessment import MatrixRow, Status
from demarc.model.boundary import Party
from demarc.model.roles import FORMAT, RoleEvidence, RolesReport
from demarc.model.time import iso

_THEIRS = frozenset({Status.PROVIDER, Status.UNCOVERED})


def roles(ground: Ground, rows: Iterable[MatrixRow] | None = None) -> RolesReport:
    """Work out what evidence says of every approver, reviewer and rotator of what is yours, or of ``rows`` alone."""
    rotators = Rotators(ground)
    found: list[RoleEvidence] = []
    for row in ground.assessment.matrix if rows is None else rows:
        if is_yours(row):
            answers = (approver(row, ground), reviewer(row, ground), rotators.rotator(row))
            found += [answer for answer in answers if answer is not None]
    return RolesReport(
        format=FORMAT,
        at=iso(ground.at),
        cluster=ground.assessment.cluster.name,
        since=iso(ground.since),
        roles=tuple(found),
        seen=tuple(_seen(ground)),
        unseen=tuple(_unseen(ground)),
    )


def is_yours(row: MatrixRow) -> bool:
    """Whether the customer fills roles of a row: not where the provider performs the duty, or nobody is known to."""
    return row.party not in (Party.PROVIDER, None) and row.status not in _THEIRS


def _seen(ground: Ground) -> Iterator[str]:
    if ground.changes:
        repositories = {change.repository for change in ground.changes}
        yield f"{len(ground.changes):,} merged changes of {len(repositories):,} repositories"
    for name, history in ground.histories.given.items():
        yield f"the history of {name}: {len(history.steps):,} steps of {history.branch}"
    if ground.tickets:
        yield f"{len(ground.tickets):,} change tickets"
    if ground.trail is not None:
        until = f"{iso(ground.trail.since)[:10]} to {iso(ground.trail.until)[:10]}"
        yield f"audit trail {ground.trail.origin}, {until}, {ground.trail.events:,} events"
    if ground.cloud is not None:
        yield f"the cloud's trail, {len(ground.cloud.calls):,} calls"
    if ground.rotations is not None:
        yield f"{len(ground.rotations):,} rotations of the ledger"
    if ground.register.reviews:
        yield f"{len(ground.register.reviews):,} reviews on record"


def _unseen(ground: Ground) -> Iterator[str]:
    if not ground.changes:
        yield "merged changes with their reviews: gh api repos/OWNER/REPO/pulls?state=closed, .../pulls/NUMBER/reviews"
    if not ground.histories.given:
        yield "histories of repositories: --repository"
    for name, history in ground.histories.given.items():
        yield from (f"of the history of {name}, {what}" for what in history.missing)
    if not ground.tickets:
        yield "change tickets: --tickets"
    yield from _unseen_events(ground)
    if ground.cloud is None:
        yield "the cloud's own trail, for who makes and ends lasting keys: --cloud-trail"
    if ground.rotations is None:
        yield "rotations that a ledger holds: --ledger"


def _unseen_events(ground: Ground) -> Iterator[str]:
    """What of the API server's trail was not given, or is not in it."""
    trail = ground.trail
    if trail is None:
        yield "the audit trail of the API server, for changes past the pipeline and writes of Secrets: --events"
    else:
        if not trail.records_reads:
            yield "reads: the audit trail records none, so who looked at bindings is not in it"
        if trail.changes_left or trail.identities_left:
            beyond = f"{trail.changes_left:,} changes and {trail.identities_left:,} users"
            yield f"of the audit trail, {beyond}: more than is kept of one"
        if trail.gaps:
            yield f"{len(trail.gaps):,} stretches of the audit trail that are empty"
