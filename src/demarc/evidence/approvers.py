"""Who approves changes: by merged changes with their reviews, change tickets, and what went past the pipeline.

Changes of a repository speak of the duties that are about approving them: the repository's own, and those of the
namespaces that it delivers into. What a change is about otherwise, only a ticket says.
"""

from __future__ import annotations

from collections.abc import Iterator

from demarc.evidence.bypass import Bypass
from demarc.evidence.changes import Approval, Change
from demarc.evidence.delivered import Deployment
from demarc.evidence.ground import Ground
from demarc.evidence.histories import Landed
from demarc.evidence.judge import MISSING, OTHERWISE, SO, Named, doer, judged, named, when
from demarc.evidence.landed import landed_witness, unowned
from demarc.evidence.tickets import Ticket
from demarc.model.assessment import MatrixRow
from demarc.model.duties import Unit
from demarc.model.evidence import Grade
from demarc.model.roles import Role, RoleEvidence, Verdict, Witness

CHANGES = frozenset({"delivery.change-approval", "supply.source"})
"""Duties that every change of a repository is about."""
SOURCE = "supply.source"
_FILES = "give the files of the change: gh api repos/OWNER/REPO/pulls/NUMBER/files"
_REVIEWS = "give its reviews: gh api repos/OWNER/REPO/pulls/NUMBER/reviews, or the approvals of GitLab"
_COMMIT = "give the change that brought it: gh api repos/OWNER/REPO/commits/COMMIT/pulls"
_PULLS = "gh api repos/OWNER/REPO/pulls?state=closed and .../pulls/NUMBER/reviews, or their like of GitLab"


def approver(row: MatrixRow, ground: Ground) -> RoleEvidence | None:
    """What evidence says of the approver of a row; None where it needs none."""
    holder = named(Role.APPROVER, row, CHANGES, ground.tenures)
    if holder is None:
        return None
    if row.approver is None and row.duty == SOURCE:
        # Whoever guards a repository sees to it that changes are approved; they need not do it themselves.
        holder = Named(name="somebody other than the author", anyone=True)
    witnesses = [*_tickets(row, holder, ground)]
    if row.duty in CHANGES:
        witnesses += _changes(row, holder, ground)
        witnesses += _landed(row, holder, ground)
        witnesses += _bypasses(row, holder, ground)
        witnesses += _revisions(row, ground)
        todo = f"give {_PULLS}"
        given = ground.changes or ground.histories.given
        nothing = "no change that reaches here was given" if given else "no merged changes and no history were given"
    else:
        todo = "give change tickets that name this duty and scope: --tickets"
        nothing = "no ticket of a change to this was given" if ground.tickets else "no change tickets were given"
    return judged(row, Role.APPROVER, holder, witnesses, nothing=nothing, todo=todo)


# ---- changes of repositories ----


def _changes(row: MatrixRow, holder: Named, ground: Ground) -> Iterator[Witness]:
    untold: list[Change] = []
    for change in _reaching(row, ground):
        if not ground.counts(change.merged_at, holder.since):
            continue
        touched = _touches(row, change, ground)
        if touched is None:
            untold.append(change)
        elif touched:
            yield change_witness(change, holder, ground)
    if untold:
        newest = max(untold, key=lambda change: change.merged_at)
        others = f" and {len(untold) - 1:,} others" if len(untold) > 1 else ""
        says = f"{newest.name}{others} may have changed what is delivered here: their files were not given"
        yield _witness(newest, MISSING, newest.author, says, _FILES)


def _reaching(row: MatrixRow, ground: Ground) -> Iterator[Change]:
    """Changes of the repositories that a scope is, or is delivered from."""
    if row.scope.kind is Unit.PIPELINE:
        names = [row.scope.name]
    else:
        deployments = ground.delivered.into.get(row.scope.name, ()) if row.scope.kind is Unit.NAMESPACE else ()
        names = list(dict.fromkeys(item.repository for item in deployments))
    for name in names:
        yield from ground.changes_of.get(name, ())


def _touches(row: MatrixRow, change: Change, ground: Ground) -> bool | None:
    if row.scope.kind is Unit.PIPELINE:
        return True
    return ground.delivered.touches(change, ground.files.get(change.commits), row.scope.name)


def change_witness(change: Change, holder: Named, ground: Ground) -> Witness:
    """What a change that was merged says of the approver."""
    if change.approval in (Approval.SELF, Approval.NONE):
        by = ground.accounts.shown(change.merged_by or change.author)
        said = f"{change.name}, by {ground.accounts.shown(change.author)}: {change.why}; merged by {by}"
        return _witness(change, OTHERWISE, by, said)
    if change.approval is Approval.UNKNOWN:
        return _witness(change, MISSING, "", f"{change.name}: {change.why}", _REVIEWS)
    author = ground.accounts.person(change.author)
    found = []
    for one in change.approvers:
        if author is not None and ground.accounts.person(one.account) == author:
            said = f"{change.name}: its author approved it under another account, {one.account}"
            found.append(_witness(change, OTHERWISE, author.name, said))
            continue
        did = doer(one.account, holder, ground.accounts, one.at or change.merged_at)
        said = f"{change.name} was approved by {did.who}" + (f": {did.says}" if did.says else "")
        found.append(_witness(change, did.verdict, did.who, said, did.todo))
    # One independent approval by whom the register names is enough, however many others looked at it too.
    order = (SO, MISSING, OTHERWISE)
    return min(found, key=lambda one: order.index(one.verdict))


def _witness(change: Change, verdict: Verdict, who: str, says: str, todo: str = "") -> Witness:
    return Witness(
        says=says,
        who=who,
        source=change.host,
        grade=Grade.ANSWERED,
        at=when(change.merged_at),
        verdict=verdict,
        todo=todo,
    )


# ---- histories of clones ----


def _landed(row: MatrixRow, holder: Named, ground: Ground) -> Iterator[Witness]:
    """Steps of default branches that no change which was given ended in, and code owners who did not approve."""
    histories = ground.histories
    is_repository = row.scope.kind is Unit.PIPELINE
    for one in (histories.landed if is_repository else histories.into).get(row.scope.name, ()):
        if not ground.counts(one.step.at, holder.since):
            continue
        if one.change is None:
            yield landed_witness(one, holder, ground)
        elif is_repository:
            yield from unowned(one, ground)


# ---- what runs, and what went past the pipeline ----


def _revisions(row: MatrixRow, ground: Ground) -> Iterator[Witness]:
    """A commit that runs here and that no change which was given has brought."""
    if row.scope.kind is not Unit.NAMESPACE:
        return
    for item in ground.delivered.into.get(row.scope.name, ()):
        if item.commit and item.commit not in ground.commits:
            held = ground.histories.holding(item.repository, item.commit)
            if held is None or held.change is None:
                yield _unexplained(item, held, ground)


def _unexplained(item: Deployment, held: Landed | None, ground: Ground) -> Witness:
    says = f"{item.by} runs commit {item.commit[:12]} of {item.repository}: no change that was given ends in it"
    history = ground.histories.given.get(item.repository)
    if held is not None:
        says += f"; it came with {held.name}"
    elif history is not None and not ground.histories.knows(item.repository, item.commit):
        says += f", and it is not on {history.branch} of {history.origin}"
    return Witness(
        says=says,
        who="",
        source=item.by,
        grade=Grade.WRITTEN,
        at=when(item.at),
        verdict=MISSING,
        todo=_COMMIT,
    )


def _bypasses(row: MatrixRow, holder: Named, ground: Ground) -> Iterator[Witness]:
    if row.scope.kind is Unit.NAMESPACE:
        for item in ground.bypasses.get(row.scope.name, ()):
            if item.at is None or ground.counts(item.at, holder.since):
                yield _bypass(item, ground)


def _bypass(item: Bypass, ground: Ground) -> Witness:
    against = not item.deployer and (item.by_hand or ground.accounts.person(item.who) is not None)
    if item.deployer:
        tail = f"the pipeline of {item.deployer}, which delivers here: whether anybody approved it, its changes show"
    else:
        tail = "past the pipeline" if against else "which does not deliver: whether anybody approved it is not shown"
    return Witness(
        says=f"{item.what}, {tail}",
        who=ground.accounts.shown(item.who),
        source=item.source,
        grade=item.grade,
        at=when(item.at),
        verdict=OTHERWISE if against else MISSING,
    )


# ---- tickets ----


def _tickets(row: MatrixRow, holder: Named, ground: Ground) -> Iterator[Witness]:
    if not ground.tickets:
        return
    namespace = ground.namespace(row.scope)
    bare = [item for item in ground.bare_tickets if item.touches(row.scope, namespace)] if row.duty in CHANGES else ()
    for ticket in (*ground.tickets_of(row.duty, row.scope), *bare):
        at = ticket.at
        if at is None or ground.counts(at, holder.since):
            yield ticket_witness(ticket, holder, ground)


def ticket_witness(ticket: Ticket, holder: Named, ground: Ground) -> Witness:
    """What a ticket says of the approver."""
    accounts, at, todo = ground.accounts, ticket.approved_at, ""
    name = f"ticket {ticket.id}"
    who = accounts.shown(ticket.approved_by)
    if not ticket.approved_by or at is None:
        verdict, says, who = OTHERWISE, f"{name} was approved by nobody", accounts.shown(ticket.requested_by)
    elif _same(ticket.approved_by, (ticket.requested_by, ticket.implemented_by), ground):
        verdict, says = OTHERWISE, f"{name} was approved by {who}, who asked for it or carried it out"
    elif ticket.implemented_at is not None and ticket.implemented_at < at:
        verdict, says = OTHERWISE, f"{name} was approved by {who} after it was carried out"
    else:
        did = doer(ticket.approved_by, holder, accounts, at)
        verdict, todo = did.verdict, did.todo
        says = f"{name} was approved by {who}" + (f": {did.says}" if did.says else "")
    return Witness(
        says=says,
        who=who,
        source=str(ticket.where),
        grade=Grade.NAMED,
        at=when(ticket.at),
        verdict=verdict,
        todo=todo,
    )


def _same(approved_by: str, others: tuple[str, ...], ground: Ground) -> bool:
    """Whether the one who approved is one of the others, under whatever account."""
    person = ground.accounts.person(approved_by)
    return any(
        other and (other.lower() == approved_by.lower() or (person and ground.accounts.person(other) == person))
        for other in others
    )
