"""What git itself shows of who approved a step of a default branch, where no export tells of it.

Everything in a commit is what somebody wrote. A host keeps its approvals elsewhere: that git shows none proves nothing,
unless the changes of that time were given and none of them is this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from demarc.evidence.ground import Ground
from demarc.evidence.histories import Landed
from demarc.evidence.judge import MISSING, OTHERWISE, SO, Named, doer, when
from demarc.evidence.owned import missing_owners
from demarc.model.evidence import Grade
from demarc.model.history import Commit, Identity
from demarc.model.roles import Verdict, Witness

APPROVES: Final = frozenset({"reviewed-by", "acked-by", "approved-by"})
_NOREPLY: Final = re.compile(r"^(?:\d+\+)?([\w-]+(?:\[bot\])?)@users\.noreply\.github\.com$", re.IGNORECASE)
_HOSTS: Final = frozenset({"noreply@github.com", "noreply@gitlab.com", "noreply@bitbucket.org"})
"""Addresses of hosts that commit for whoever pressed the button."""
_CHANGE: Final = "give the change that brought it with its reviews: gh api repos/OWNER/REPO/commits/COMMIT/pulls"


_PAGES: Final = (20, 30, 100)
"""Entries on a page of the hosts' lists: GitLab's, GitHub's, and the longest of both."""


def account(who: Identity) -> str:
    """Under which account somebody wrote: the login in an address that a host made, else the address, else the name."""
    found = _NOREPLY.match(who.email)
    return found[1] if found else who.email or who.name


def landed_witness(landed: Landed, holder: Named, ground: Ground) -> Witness:
    """What a step says of the approver, where no change that was given ended in it."""
    step, commit = landed.step, landed.step.commit
    units = [one for one in step.brought if len(one.parents) < 2] or [commit]
    authors = _authors(units)
    by = ", ".join(dict.fromkeys(ground.accounts.shown(account(one)) for one in authors[:3]))
    told = f"{landed.name}, by {by}, {'signed (not checked)' if commit.signed else 'not signed'}"
    approved = _approved(landed, units, ground)
    if approved:
        found = [_by_trailer(landed, told, who, holder, ground) for who in approved]
        return min(found, key=lambda one: (SO, MISSING, OTHERWISE).index(one.verdict))
    named = _named_in(commit, units)
    if commit.change:
        says = f"{told}: it names change {commit.change}, which was not given"
        return _witness(landed, MISSING, "", says, _CHANGE)
    if named and all(_is_one_of(who, authors, ground) for who in named):
        return _witness(landed, OTHERWISE, by, f"{told}: its author alone is named as its reviewer")
    if named:
        who = ", ".join(dict.fromkeys(ground.accounts.shown(account(one)) for one in named[:3]))
        says = f"{told}: its message names {who} as reviewer, and nobody but its author put it there"
        return _witness(landed, MISSING, "", says, _CHANGE)
    given = _given_then(landed, ground)
    if given:
        says = f"{told}: it was pushed, and none of the {given:,} changes of that time that were given brought it"
        return _witness(landed, OTHERWISE, by, says)
    how = f"merged by {ground.accounts.shown(account(commit.author))}" if step.brought else "pushed"
    return _witness(landed, MISSING, "", f"{told}: {how} without an approval that git would show", _CHANGE)


def _authors(units: list[Commit]) -> list[Identity]:
    found: dict[str, Identity] = {}
    for one in units:
        for who in (one.author, *(line.who for line in one.trailers if line.key == "co-authored-by")):
            found.setdefault(account(who).lower(), who)
    return list(found.values())


def _named_in(commit: Commit, units: list[Commit]) -> list[Identity]:
    lines = (line for one in (commit, *units) for line in one.trailers)
    return list({account(line.who).lower(): line.who for line in lines if line.key in APPROVES}.values())


def _approved(landed: Landed, units: list[Commit], ground: Ground) -> list[Identity]:
    """Who approved all of it, by trailers that somebody else than the author put in: the committer of the step."""
    commit = landed.step.commit
    authors = _authors(units)
    committer = commit.author if landed.step.brought else commit.committer
    if commit.committer.email.lower() in _HOSTS or _is_one_of(committer, authors, ground):
        return []

    def independent(one: Commit) -> dict[str, Identity]:
        lines = (line for line in one.trailers if line.key in APPROVES)
        return {account(line.who).lower(): line.who for line in lines if not _is_one_of(line.who, authors, ground)}

    whole = independent(commit)
    if whole:
        return list(whole.values())
    each = [independent(one) for one in units]
    return list(each[0].values()) if each and all(each) else []


def _is_one_of(who: Identity, others: list[Identity], ground: Ground) -> bool:
    """Whether somebody is one of the others, under whatever account that is known."""
    mine = account(who)
    person = ground.accounts.person(mine)
    return any(
        mine.lower() == account(one).lower() or (person is not None and ground.accounts.person(account(one)) == person)
        for one in others
    )


def _by_trailer(landed: Landed, told: str, who: Identity, holder: Named, ground: Ground) -> Witness:
    did = doer(account(who), holder, ground.accounts, landed.step.at)
    commit = landed.step.commit
    put = ground.accounts.shown(account(commit.author if landed.step.brought else commit.committer))
    says = f"{told}: its message names {did.who} as reviewer, and {put} put it in" + (
        f": {did.says}" if did.says else ""
    )
    return _witness(landed, did.verdict, did.who, says, did.todo)


def _given_then(landed: Landed, ground: Ground) -> int:
    """Changes that were given of the time around a step; 0 where they need not be all.

    They must reach on both sides of it. A list that is as long as pages are may go on. And what a host committed
    itself may be any change of its own.
    """
    whole = ground.listed.get(landed.repository, 0)
    if any(whole % page == 0 for page in _PAGES) or landed.step.commit.committer.email.lower() in _HOSTS:
        return 0
    known = [change.merged_at for change in ground.changes_of.get(landed.repository, ())]
    return len(known) if known and min(known) < landed.step.at < max(known) else 0


def _witness(landed: Landed, verdict: Verdict, who: str, says: str, todo: str = "") -> Witness:
    return Witness(
        says=says,
        who=who,
        source=f"git, {landed.history.origin}",
        grade=Grade.NAMED,
        at=when(landed.step.at),
        verdict=verdict,
        todo=todo,
    )


def unowned(landed: Landed, ground: Ground) -> Iterator[Witness]:
    """Paths of a change that were approved by none of their code owners, as these were before it.

    Only of changes whose approvals an export tells. Of a path that its author alone owns nobody else can approve.
    """
    change = landed.change
    if change is None or not change.approvers or not landed.step.owners or landed.step.files is None:
        return
    lacking, unclear = missing_owners(landed, ground)
    shown = (f"{path} ({' or '.join(owners)})" for path, owners in lacking[:3])
    more = f" and {len(lacking) - 3:,} more" if len(lacking) > 3 else ""
    if lacking:
        says = f"{change.name} was approved by no code owner of {', '.join(shown)}{more}"
        yield _owned(landed, OTHERWISE, says)
    elif unclear:
        says = f"{change.name}: who {' or '.join(unclear[:3])} is, of its CODEOWNERS, is not known"
        yield _owned(landed, MISSING, says, f"write {unclear[0]} under accounts of a person, or aliases of a team")


def _owned(landed: Landed, verdict: Verdict, says: str, todo: str = "") -> Witness:
    change = landed.change
    host = change.host if change is not None else "git"
    return Witness(
        says=says,
        who=change.author if change is not None else "",
        source=f"{host}, and CODEOWNERS in {landed.history.origin}",
        grade=Grade.ANSWERED,
        at=when(landed.step.at),
        verdict=verdict,
        todo=todo,
    )
