"""Code owners of paths against whoever approved them: the last rule that matches, of each section its own."""

from __future__ import annotations

from collections.abc import Sequence

from demarc.evidence.ground import Ground
from demarc.evidence.histories import Landed
from demarc.model.history import OwnerRule
from demarc.register.codeowners import matches

Lacking = list[tuple[str, tuple[str, ...]]]


def missing_owners(landed: Landed, ground: Ground) -> tuple[Lacking, list[str]]:
    """Paths of a change without an approval of their owners, and owners of whom it cannot be told."""
    change, step = landed.change, landed.step
    lacking: Lacking = []
    unclear: dict[str, None] = {}
    if change is None:
        return lacking, []
    approvers = [one.account for one in change.approvers]
    for path in step.files or ():
        for owners in owners_of(step.owners, path):
            others = [one for one in owners if _is(one, change.author, landed, ground) is not True]
            if not others:
                continue
            answers = [_is(owner, account, landed, ground) for owner in others for account in approvers]
            if any(answer is True for answer in answers):
                continue
            strangers = [owner for owner in others if _is(owner, change.author, landed, ground) is None]
            if strangers:
                unclear.update(dict.fromkeys(strangers))
            else:
                lacking.append((path, owners))
    return lacking, list(unclear)


def owners_of(rules: Sequence[OwnerRule], path: str) -> list[tuple[str, ...]]:
    """Owners of a path, of each section that asks for an approval; one tuple for a file without sections."""
    parts = tuple(path.split("/"))
    last: dict[str, OwnerRule] = {}
    for rule in rules:
        if not rule.pattern.startswith("!") and matches(rule.pattern, parts):
            last[rule.section] = rule
    return [rule.owners for rule in last.values() if rule.owners and not rule.optional]


def _is(owner: str, account: str, landed: Landed, ground: Ground) -> bool | None:
    """Whether an account is, or belongs to, an owner; None where nobody says who the owner is."""
    bare = owner.lstrip("@")
    if bare.lower() == account.lower():
        return True
    accounts = ground.accounts
    person = accounts.person(account)
    if "/" not in bare:
        known = accounts.person(bare)
        return None if known is None or person is None else known == person
    team = ground.team_called(bare)
    if team is None:
        return None
    return person is not None and accounts.among(person, f"team:{team}", landed.step.at)
