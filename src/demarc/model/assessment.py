"""The answer: the control matrix, the ambiguity register, and the summary. Every report and page is made from it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from demarc.model.boundary import Basis, Confidence, Party, SourceDocument
from demarc.model.duties import Duty
from demarc.model.evidence import Gap
from demarc.model.inventory import ClusterIdentity, Component, Pool, Scope
from demarc.model.snapshot import Source


class Status(StrEnum):
    """Where a matrix row stands."""

    ASSIGNED = "assigned"
    UNOWNED = "unowned"
    LAPSED = "lapsed"
    """There was an owner, whose time has ended, who has left, or whom nobody knows."""
    CONFLICT = "conflict"
    """Two owners at the same specificity; never resolved by guessing."""
    OVERDUE = "overdue"
    """Owned, but the last review is older than its cadence, or none is on record."""
    AMBIGUOUS = "ambiguous"
    UNCOVERED = "uncovered"
    """No boundary row answers it."""
    PROVIDER = "provider"
    UNKNOWN = "unknown"
    """The answer hangs on something that was not seen."""


GAPS = frozenset({Status.UNOWNED, Status.LAPSED, Status.CONFLICT, Status.OVERDUE, Status.UNCOVERED, Status.UNKNOWN})
"""Statuses in which the customer has something to close. Ambiguity is counted apart."""


class Holder(Struct, frozen=True, kw_only=True, gc=False):
    """A named role of a row."""

    id: str
    """Id in the register, or the name as written outside it."""
    name: str
    contact: str = ""
    people: tuple[str, ...] = ()
    """For a team, the names of the people in it as of the date; leads first."""
    registered: bool = True
    """False for an owner that only a label, Backstage or CODEOWNERS names."""
    basis: str = ""
    """Where it is written: ``register/teams.yaml:14``, ``label team of Namespace payments``."""


class RowBasis(Struct, frozen=True, kw_only=True, gc=False):
    """Why this party."""

    kind: Basis
    confidence: Confidence
    row: str
    """Id of the boundary row or of the contract term."""
    source: str | None
    """Id in the assessment's ``sources``; None for inference, residual rows name the provider's general page."""
    other_sources: tuple[str, ...] = ()
    note: str = ""
    clause: str = ""
    """Document and clause, for a contract."""
    override: str = ""
    """The fact that moved the row, and its note, where one did."""
    hangs_on: tuple[str, ...] = ()
    """Facts that could move the row to another party and were not seen, as ``gke.nodePool management.autoUpgrade``."""
    replaced: str = ""
    """What the boundary says, where a contract or a confirmation overrides it."""
    confirmed: str = ""
    """``confirmed by Nadia Haddad, Service terms, 5.2, until 2027-11-28``, where that settles what pages leave open."""


class Separation(Struct, frozen=True, kw_only=True):
    """A separation of duties that does not hold."""

    role: str
    """approver, reviewer or rotator."""
    says: str


class MatrixRow(Struct, frozen=True, kw_only=True, gc=False):
    """One duty, on one part, in one scope: who answers for it."""

    id: str
    """``duty/part@scope``, with ``#model`` where a mixed cluster splits the answer."""
    duty: str
    component: str
    """Part in the boundary's vocabulary."""
    scope: Scope
    models: tuple[str, ...]
    party: Party | None
    """None when no boundary row answers it."""
    party_name: str
    """The firm or project, where it is known: ``Amazon Web Services``, ``cert-manager``; empty for the customer."""
    basis: RowBasis | None
    status: Status
    owner: Holder | None
    owners_in_conflict: tuple[Holder, ...] = ()
    approver: Holder | None = None
    reviewer: Holder | None = None
    rotator: Holder | None = None
    review_every: int | None = None
    """Days."""
    last_review: str | None = None
    """Day of the last review on record, ISO 8601."""
    last_reviewed_by: str = ""
    next_review: str | None = None
    exceptions: tuple[str, ...] = ()
    """Ids of exceptions in force."""
    expired_exceptions: tuple[str, ...] = ()
    separation: tuple[Separation, ...] = ()
    remarks: tuple[str, ...] = ()
    """What a reader must know to trust the row: why lapsed, which owners conflict, what was not seen."""


class Reading(Struct, frozen=True, kw_only=True):
    """One of the readings of something unclear."""

    party: Party
    says: str
    who: str
    """Who says so: the title or address of the page, the provider's silence, a setting."""
    source: str | None = None


class Ambiguity(Struct, frozen=True, kw_only=True):
    """Something unclear here, and the concrete way to settle it."""

    id: str
    duty: str
    component: str
    kind: str
    """contradiction, silence, unseen-fact, installer-unknown, provider-unknown."""
    question: str
    readings: tuple[Reading, ...]
    scopes: tuple[Scope, ...]
    rows: tuple[str, ...]
    """Ids of the matrix rows that it leaves open."""
    settle: str
    """What to do: the setting or export to look at, the clause to find."""
    letter: str
    """The question to send to the provider, written out; empty where a look at the cluster settles it."""
    settled: str = ""
    """By whose confirmation it is settled, and until when; empty for what is open."""


class ToDo(Struct, frozen=True, kw_only=True):
    """One of the first things to do."""

    title: str
    why: str
    command: str
    """What to type or send next."""
    rows: int
    """Matrix rows that it closes."""


class Tally(Struct, frozen=True, kw_only=True):
    """Counts of the matrix."""

    rows: int
    by_party: dict[str, int]
    by_status: dict[str, int]
    by_layer: dict[str, dict[str, int]]
    """Layer -> party -> rows; ``uncovered`` stands for rows without a party."""
    by_owner: dict[str, int]
    """Name of the owner -> rows held, most first."""


class FrameworkReference(Struct, frozen=True, kw_only=True):
    """Requirements that a duty relates to. A relation, never a claim of compliance."""

    framework: str
    version: str
    ids: tuple[str, ...]


class DutyEntry(Struct, frozen=True, kw_only=True):
    """A duty with what a reader of the matrix needs of it."""

    duty: Duty
    frameworks: tuple[FrameworkReference, ...]


class Assessment(Struct, frozen=True, kw_only=True):
    """The whole answer, as of a moment."""

    format: str
    """``demarc.assessment/1``."""
    version: str
    """Version of Demarc and of its catalogue."""
    at: str
    """The moment that it is for, ISO 8601 UTC."""
    at_basis: str
    """Why that moment: as asked, the snapshot's own time, or now."""
    taken_at: str | None
    cluster: ClusterIdentity
    models: tuple[str, ...]
    inputs: tuple[Source, ...]
    register: str
    """Folder of the register and its digest; empty when none was given."""
    gaps: tuple[Gap, ...]
    warnings: tuple[str, ...]
    pools: tuple[Pool, ...]
    components: tuple[Component, ...]
    duties: tuple[DutyEntry, ...]
    matrix: tuple[MatrixRow, ...]
    ambiguities: tuple[Ambiguity, ...]
    sources: tuple[SourceDocument, ...]
    """Pages that rows cite."""
    tally: Tally
    todo: tuple[ToDo, ...]
    settled: tuple[Ambiguity, ...] = ()
    """What pages leave open, and a confirmation settles until its day. Kept, so that nobody takes it for published."""
    vocabulary: dict[str, dict[str, str]] = {}
    """Party -> standard (``csa_ssrm``, ``nist_800_53``) -> what that standard calls the party."""
