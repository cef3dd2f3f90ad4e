"""Changes as repository hosts record them: who asked, who approved what, who merged, and whether that was independent.

Reads records of exports. Whom the register names is no matter here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from demarc.access.delivery import Delivery
from demarc.collect.external.github_cli import FETCHED
from demarc.collect.external.recognise import EMPTY
from demarc.inventory.records import dig, words
from demarc.model.snapshot import Record, Snapshot
from demarc.model.time import instant

_REVIEWS_FILE: Final = re.compile(
    r"(?:(?P<folder>.*)/)?pulls?[-_./](?P<number>\d+)[-_./]reviews(?:\.(?:json|ya?ml))?$", re.IGNORECASE
)
"""``shop/pulls-402-reviews.json``, ``shop/pulls/402/reviews.json``: as exports of ``pulls/402/reviews`` are named."""
_DECIDES: Final = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})
"""States of a review that stand until the same person says otherwise; a comment changes nothing."""


class Approval(StrEnum):
    """How a change was approved."""

    INDEPENDENT = "independent"
    """Somebody other than the author approved what was merged, before it was merged."""
    SELF = "self"
    """The author alone approved it."""
    NONE = "none"
    """It was merged without an approval that stood."""
    UNKNOWN = "unknown"
    """Its reviews were not given."""


class Approver(Struct, frozen=True, kw_only=True):
    """Somebody who approved a change."""

    account: str
    at: datetime | None
    """None where the host does not tell."""


class Change(Struct, frozen=True, kw_only=True):
    """A change that was merged."""

    repository: str
    """``github.com/acme/shop``."""
    number: str
    title: str
    author: str
    merged_by: str
    merged_at: datetime
    commits: tuple[str, ...]
    """Hashes that it is known by: of the merge, and of its head."""
    approvers: tuple[Approver, ...]
    """People other than the author whose approval stood when it was merged."""
    approval: Approval
    why: str
    host: str
    """GitHub or GitLab."""

    @property
    def name(self) -> str:
        """``pull request 402 of github.com/acme/shop``."""
        return f"{'pull' if self.host == 'GitHub' else 'merge'} request {self.number} of {self.repository}"


def changes(snapshot: Snapshot) -> tuple[Change, ...]:
    """Every merged change that was given, newest first. What has no time of merging was not merged."""
    delivery = Delivery(snapshot)
    found = (*_github(snapshot, delivery), *_gitlab(snapshot, delivery))
    once = {(change.repository, change.number): change for change in found}
    return tuple(sorted(once.values(), key=lambda change: (change.merged_at, change.name), reverse=True))


def moment(value: object) -> datetime | None:
    """Read a time of an export; None for anything else."""
    if not isinstance(value, str) or not value:
        return None
    try:
        return instant(value).astimezone(UTC)
    except ValueError:
        return None


def _github(snapshot: Snapshot, delivery: Delivery) -> Iterator[Change]:
    reviews: dict[str, list[Record]] = defaultdict(list)
    for record in snapshot.of("github.review"):
        reviews[record.parent].append(record)
    empty = _EmptyLists(snapshot)
    for record in snapshot.of("github.pullRequest"):
        merged_at = moment(dig(record.body, "merged_at"))
        if merged_at is None:
            continue
        author = words(record.body, "user.login")
        head = words(record.body, "head.sha")
        given = reviews.get(f"{record.parent}#{record.name}", [])
        standing = _standing(given, merged_at)
        asked = dig(record.body, FETCHED) is True or empty.of(record)
        approval, why = _judged(author, standing, head, given=bool(given) or asked)
        yield Change(
            repository=delivery.full(record.parent),
            number=record.name,
            title=words(record.body, "title"),
            author=author,
            merged_by=words(record.body, "merged_by.login"),
            merged_at=merged_at,
            commits=tuple(filter(None, (words(record.body, "merge_commit_sha"), head))),
            approvers=tuple(
                Approver(account=account, at=moment(dig(body, "submitted_at")))
                for account, body in standing.items()
                if _approves(body, head) and account.lower() != author.lower() and not _is_bot(body)
            ),
            approval=approval,
            why=why,
            host="GitHub",
        )


class _EmptyLists:
    """Lists of reviews that were asked for and are empty.

    Such an answer says nothing of itself: the name of its file tells the pull request, and the folder whose it is.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._origins = {source.id: source.origin for source in snapshot.sources}
        asked = (_REVIEWS_FILE.match(one.origin) for one in snapshot.sources if one.shape == EMPTY)
        self._asked = {(found["folder"], found["number"]) for found in asked if found}
        holders: dict[tuple[str, str], set[str]] = defaultdict(set)
        for record in snapshot.of("github.pullRequest") if self._asked else ():
            holders[self._folder(record), record.name].add(record.parent)
        self._doubtful = {key for key, repositories in holders.items() if len(repositories) > 1}

    def of(self, record: Record) -> bool:
        """Whether the reviews of a pull request were asked for, and there are none."""
        key = (self._folder(record), record.name)
        return key in self._asked and key not in self._doubtful

    def _folder(self, record: Record) -> str:
        return self._origins.get(record.source, "").rpartition("/")[0]


def _standing(reviews: list[Record], merged_at: datetime) -> dict[str, dict[str, Any]]:
    """What each reviewer last decided before the merge."""
    found: dict[str, dict[str, Any]] = {}
    timed = [(moment(dig(record.body, "submitted_at")), record.body) for record in reviews]
    for at, body in sorted((item for item in timed if item[0] is not None), key=lambda item: str(item[0])):
        if at is not None and at <= merged_at and words(body, "state").upper() in _DECIDES:
            found[words(body, "user.login")] = body
    return found


def _approves(body: dict[str, Any], head: str) -> bool:
    seen = words(body, "commit_id")
    return words(body, "state").upper() == "APPROVED" and (not seen or not head or seen == head)


def _is_bot(body: dict[str, Any]) -> bool:
    return words(body, "user.type") == "Bot" or words(body, "user.login").endswith("[bot]")


def _judged(author: str, standing: dict[str, dict[str, Any]], head: str, *, given: bool) -> tuple[Approval, str]:
    if not given:
        return Approval.UNKNOWN, "its reviews were not given"
    approving = {account: body for account, body in standing.items() if words(body, "state").upper() == "APPROVED"}
    others = [account for account in approving if account.lower() != author.lower()]
    people = [account for account in others if not _is_bot(approving[account])]
    if any(_approves(approving[account], head) for account in people):
        return Approval.INDEPENDENT, ""
    if people:
        return Approval.NONE, "what was approved is not what was merged: commits came after the approval"
    if others:
        return Approval.NONE, "a bot alone approved it"
    if approving:
        return Approval.SELF, "its author alone approved it"
    return Approval.NONE, "it was merged without an approval"


def _gitlab(snapshot: Snapshot, delivery: Delivery) -> Iterator[Change]:
    approvals = {(record.parent, record.name): record for record in snapshot.of("gitlab.approvals")}
    for record in snapshot.of("gitlab.mergeRequest"):
        merged_at = moment(dig(record.body, "merged_at"))
        if merged_at is None:
            continue
        author = words(record.body, "author.username")
        # Approvals have no address: they name their project by its number.
        project = dig(record.body, "project_id")
        given = approvals.get((record.parent, record.name)) or approvals.get((str(project), record.name))
        approving = _gitlab_approvers(given, merged_at)
        others = tuple(one for one in approving if one.account.lower() != author.lower() and "_bot" not in one.account)
        if given is None:
            approval, why = Approval.UNKNOWN, "its approvals were not given"
        elif others:
            approval, why = Approval.INDEPENDENT, ""
        elif any(one.account.lower() == author.lower() for one in approving):
            approval, why = Approval.SELF, "its author alone approved it"
        else:
            approval, why = Approval.NONE, "it was merged without an approval"
        yield Change(
            repository=delivery.full(record.parent, "gitlab"),
            number=record.name,
            title=words(record.body, "title"),
            author=author,
            merged_by=words(record.body, "merge_user.username") or words(record.body, "merged_by.username"),
            merged_at=merged_at,
            commits=tuple(
                filter(None, (words(record.body, name) for name in ("merge_commit_sha", "squash_commit_sha", "sha")))
            ),
            approvers=others,
            approval=approval,
            why=why,
            host="GitLab",
        )


def _gitlab_approvers(record: Record | None, merged_at: datetime) -> tuple[Approver, ...]:
    given = record.body.get("approved_by") if record is not None else None
    found = []
    for item in given if isinstance(given, list) else ():
        at = moment(dig(item, "approved_at"))
        account = words(item, "user.username")
        if account and (at is None or at <= merged_at):
            found.append(Approver(account=account, at=at))
    return tuple(found)
