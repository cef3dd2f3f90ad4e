"""Checks, what they found, and whose it is. Values only: who computes them is no matter here.

A check *holds* only with what was looked at; what could not be looked at is *unknown*, with the reason. A finding is a
check that does not hold for an object; it names a duty, and by it a party and a control owner.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from demarc.model.assessment import Status
from demarc.model.boundary import Party
from demarc.model.evidence import Evidence
from demarc.model.inventory import Scope


class Severity(StrEnum):
    """How bad it is when a check does not hold, before anybody's circumstances are known."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


class Outcome(StrEnum):
    """What a check gives."""

    VIOLATED = "violated"
    UNKNOWN = "unknown"
    """What it needs was not seen. Never a pass."""
    HOLDS = "holds"
    NOT_APPLICABLE = "not-applicable"
    """It asks for something that this cluster cannot have, such as a setting of another provider."""


class Need(StrEnum):
    """What a check must be given to say anything."""

    DUMP = "dump"
    CLOUD = "cloud"
    """Descriptions by the provider's own tools."""
    AUDIT = "audit"
    """The audit trail."""
    NODE = "node"
    """Settings read on nodes."""
    CI = "ci"
    """Workflow files and exports of the code host."""
    REGISTER = "register"
    MODEL = "model"
    """The boundary alone."""


class CheckFacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the catalogue says of a check."""

    id: str
    """``DM-POD-001``: stable, never used again for something else."""
    title: str
    """The violation in a few words: ``Privileged container``."""
    family: str
    severity: Severity
    duty: str
    """The duty whose neglect a finding shows."""
    also: tuple[str, ...] = ()
    """Further duties that it touches, nearest first."""
    needs: tuple[Need, ...]
    looks_at: tuple[str, ...]
    rule: str
    """When it is violated, when it holds, and when it is unknown."""
    why: str
    """Why it matters: what somebody gains by it."""
    fix: str
    """What to do, in general; a finding carries the patch or command for its object."""
    cis: tuple[str, ...] = ()
    """Recommendations of CIS benchmarks, edition first: ``cis-k8s-1.12:5.2.2``."""
    references: tuple[str, ...] = ()
    """Ids of other lists and of peers' checks: ``owasp-k8s:K01:2025``, ``trivy:KSV-0017``."""


class ObjectRef(Struct, frozen=True, kw_only=True, order=True, gc=False):
    """An object as the API names it, or a thing outside it (``Record/eks.cluster``, ``Register``)."""

    kind: str
    namespace: str = ""
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class FieldSeen(Struct, frozen=True, kw_only=True, gc=False):
    """One field that shows the violation. Never a secret value."""

    path: str
    """As kubectl explain writes it, with positions: ``spec.template.spec.containers[0].securityContext.privileged``."""
    value: str
    """As JSON, shortened; ``absent`` for a field that is not there."""


class Fix(Struct, frozen=True, kw_only=True, gc=False):
    """What mends one finding."""

    says: str
    command: str = ""
    """To type as it stands, after reading."""
    patch: str = ""
    """YAML to merge into the object's manifest."""


class Found(Struct, frozen=True, kw_only=True, gc=False):
    """A violation as a check sees it: no party, no owner yet."""

    object: ObjectRef
    scope: Scope
    """What it is about, as narrow as is known."""
    asked: Scope | None = None
    """Where its duty is asked, where that is not ``scope``: RBAC written for the whole cluster, of an account in one
    namespace."""
    says: str
    """One sentence with the particulars."""
    fields: tuple[FieldSeen, ...] = ()
    fix: Fix | None = None
    """None: what the catalogue says in general is all there is."""
    component: str = ""
    """Id of the component that the object belongs to: what the provider installed is the provider's."""
    part: str = ""
    """Part of the boundary on which the duty is asked, where the duty has several."""
    duty: str = ""
    """Another duty than the check's, where the particulars make it one."""
    severity: Severity | None = None
    """Another severity than the check's, with the reason in ``says``."""
    mark: str = ""
    """What tells two findings of one check on one object apart; stable over time."""
    evidence: tuple[Evidence, ...] = ()
    source: str = ""
    """Id of the snapshot source."""


class Unseen(Struct, frozen=True, kw_only=True):
    """Something that a check needed and did not see."""

    what: str
    why: str
    todo: str = ""
    """What to give, so that it can be answered."""


class Examined(Struct, frozen=True, kw_only=True):
    """What one check gave."""

    check: str
    looked_at: int
    """Things that were examined."""
    found: tuple[Found, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    holds: str = ""
    """What a check rests on that holds: what was looked at, in words."""
    not_applicable: str = ""

    @property
    def outcome(self) -> Outcome:
        """Violated beats unknown beats holds: one violation is certain whatever else was not seen."""
        if self.found:
            return Outcome.VIOLATED
        if self.unseen:
            return Outcome.UNKNOWN
        return Outcome.NOT_APPLICABLE if self.not_applicable else Outcome.HOLDS


class Whose(StrEnum):
    """What a finding means to whoever reads it."""

    YOURS = "yours"
    PROVIDER = "provider"
    """Not yours: ask the provider."""
    THIRD_PARTY = "third-party"
    SHARED = "shared"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"
    """The boundary has no answer, or it hangs on what was not seen."""


class Answers(Struct, frozen=True, kw_only=True, gc=False):
    """Who answers for a duty, as of the date, by the control matrix."""

    duty: str
    row: str
    """Id of the matrix row; empty where the matrix has none."""
    whose: Whose
    party: Party | None
    party_name: str
    owner: str
    """Name of the control owner; empty where nobody holds it."""
    owner_id: str
    contact: str
    status: Status | None
    ask: str = ""
    """For what is not yours: what to ask whom, and where."""


class ExceptionState(Struct, frozen=True, kw_only=True):
    """An exception of the register that covers a finding."""

    id: str
    counts: bool
    """False for one that has expired, or that its own owner approved: it does not cover."""
    says: str


class Change(StrEnum):
    """How a finding stands to a baseline."""

    NEW = "new"
    KNOWN = "known"


class Finding(Struct, frozen=True, kw_only=True, gc=False):
    """A violation with its owner."""

    id: str
    """Stable fingerprint: check, object and mark; neither lines nor values."""
    check: str
    title: str
    family: str
    severity: Severity
    object: ObjectRef
    scope: Scope
    says: str
    fields: tuple[FieldSeen, ...]
    fix: Fix
    answers: Answers
    evidence: tuple[Evidence, ...] = ()
    exceptions: tuple[ExceptionState, ...] = ()
    change: Change | None = None
    """Against the baseline, where one was given."""
    file: str = ""
    """Origin of the source, as the user gave it."""
    line: int | None = None
    """Line of the first field that shows it, or of what is nearest above it; known for YAML manifests."""

    @property
    def excepted(self) -> bool:
        """Whether an exception in force covers it."""
        return any(one.counts for one in self.exceptions)

    @property
    def counts(self) -> bool:
        """Whether it is somebody's here to mend: not excepted, and not the provider's."""
        return not self.excepted and self.answers.whose is not Whose.PROVIDER


class CheckResult(Struct, frozen=True, kw_only=True):
    """One check over the whole cluster."""

    check: str
    title: str
    family: str
    severity: Severity
    outcome: Outcome
    looked_at: int
    says: str
    """What it holds by, why it does not apply, or why it is unknown; for a violated check how many findings."""
    findings: int
    unseen: tuple[Unseen, ...]
    answers: Answers
    """Who answers for its duty in the cluster as a whole, for what is unknown."""


class Posture(Struct, frozen=True, kw_only=True):
    """Every check, and every finding with its owner, as of a moment."""

    format: str
    """``demarc.posture/1``."""
    version: str
    at: str
    taken_at: str | None
    cluster: str
    results: tuple[CheckResult, ...]
    findings: tuple[Finding, ...]
    """Worst first, then by check and object."""
    baseline: str = ""
    """Origin of the baseline that ``change`` is against."""
