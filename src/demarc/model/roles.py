"""What evidence says of the named roles of a matrix row: who approved, who reviewed, who rotated. Values only."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from demarc.model.evidence import Grade
from demarc.model.inventory import Scope

FORMAT = "demarc.roles/1"


class Role(StrEnum):
    """A role that somebody other than the one who acts should hold."""

    APPROVER = "approver"
    REVIEWER = "reviewer"
    ROTATOR = "rotator"


class Verdict(StrEnum):
    """What evidence says of whoever the register names."""

    SAYS_SO = "says-so"
    """Somebody other than the register shows that they did it."""
    SAYS_OTHERWISE = "says-otherwise"
    """Somebody else did it, nobody did, or who did it was the author."""
    MISSING = "missing"
    """Nothing that was given shows it, or nobody can tell whose account did it."""


class Witness(Struct, frozen=True, kw_only=True):
    """One thing that was seen of a role."""

    says: str
    who: str
    """Name of the person, or the account as it is written there; empty where the source does not say."""
    source: str
    """Who says so: ``GitHub``, ``audit trail audit.log``, a place in the register."""
    grade: Grade
    at: str = ""
    """Time, ISO 8601; empty where the source gives none."""
    verdict: Verdict
    """What this alone says of whoever is named."""
    todo: str = ""
    """What would make it say more."""


class RoleEvidence(Struct, frozen=True, kw_only=True):
    """What evidence says of one role of one row."""

    row: str
    """Id of the matrix row."""
    duty: str
    scope: Scope
    role: Role
    named: str
    """Id of whom the register names for it; empty where it names nobody."""
    name: str
    """How people write it."""
    by_owner: bool
    """Whether the owner stands in, because the duty itself is to do it and no other name is written."""
    verdict: Verdict
    why: str
    witnesses: tuple[Witness, ...] = ()
    """What speaks against first, then newest first; bounded."""
    more: int = 0
    """Number of witnesses beyond those."""
    todo: str = ""
    """What to give or write where it is missing, what to mend where it says otherwise."""


class RolesReport(Struct, frozen=True, kw_only=True):
    """Roles of all rows, as of a moment."""

    format: str
    at: str
    cluster: str
    since: str
    """What happened before is not counted, ISO 8601."""
    roles: tuple[RoleEvidence, ...]
    seen: tuple[str, ...]
    """What was looked at, in words: ``6 changes of 3 repositories``."""
    unseen: tuple[str, ...]
    """What was not given, and what would give it."""


class RoleSaid(Struct, frozen=True, kw_only=True):
    """What evidence says of one role, and all rows of which it says the same."""

    role: Role
    named: str
    """Id of whom the register names for it; empty where it names nobody."""
    name: str
    by_owner: bool
    """Whether the owner stands in, because the duty itself is to do it and no other name is written."""
    verdict: Verdict
    why: str
    todo: str
    """What to give or write where it is missing, what to mend where it says otherwise."""
    witnesses: tuple[Witness, ...]
    """What speaks against first, then newest first; bounded."""
    more: int
    """Number of witnesses beyond those."""
    rows: tuple[str, ...]
    """Ids of the matrix rows. A row that no entry of a role names has nobody who would have to hold that role."""


class RolesTold(Struct, frozen=True, kw_only=True):
    """What evidence says of approvers, reviewers and rotators, beside the matrix."""

    since: str
    """What happened before is not counted, ISO 8601."""
    said: tuple[RoleSaid, ...]
    seen: tuple[str, ...]
    """What was looked at, in words."""
    unseen: tuple[str, ...]
    """What was not given, and what would give it."""
