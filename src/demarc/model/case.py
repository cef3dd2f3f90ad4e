"""A case in the hands of a responder: what happened, what was exposed, what was left behind; and the runbook for it.

Filled by hand from a described incident, or from logs. Never holds the value of a credential. Knows nothing of how
a case is found or how a runbook is written.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from demarc.model.boundary import Party
from demarc.model.evidence import Gap
from demarc.model.exposure import ExposedCredential, LeftBehind, Proof, StepOwner


class UsedIdentity(Struct, frozen=True, kw_only=True):
    """An identity that was used. That it is genuine does not make it the doer."""

    name: str
    since: datetime | None = None
    until: datetime | None = None
    addresses: tuple[str, ...] = ()
    reliable: bool = True
    """False where the name in the log may be forged, borrowed or shared."""
    owner: StepOwner | None = None


class CaseSession(Struct, frozen=True, kw_only=True):
    """One identity from one place over one stretch of time."""

    id: str
    identity: str
    address: str = ""
    agent: str = ""
    since: datetime | None = None
    until: datetime | None = None
    events: int = 0


class CaseStep(Struct, frozen=True, kw_only=True):
    """One step with its verdict."""

    n: int
    what: str
    technique: str
    object: str
    identity: str
    duty: str
    party: Party
    inside_cluster: bool
    is_logged: Proof
    """Whether the step leaves an event in the audit trail."""
    at: datetime | None = None
    until: datetime | None = None
    owner: StepOwner | None = None
    evidence: tuple[str, ...] = ()
    """Audit ids first."""
    is_root: bool = False


class Case(Struct, frozen=True, kw_only=True):
    """What a runbook is written for."""

    id: str
    title: str
    provider: str
    """Key of the boundary catalogue: eks, gke, aks, rosa, self_managed; ``other`` where none of them."""
    model: str | None
    cluster: str
    """Name, else empty."""
    account: str = ""
    region: str = ""
    version: str = ""
    since: datetime | None
    until: datetime | None
    """None: still going on, or no end on record."""
    steps: tuple[CaseStep, ...]
    exposed: tuple[ExposedCredential, ...] = ()
    identities: tuple[UsedIdentity, ...] = ()
    sessions: tuple[CaseSession, ...] = ()
    left_behind: tuple[LeftBehind, ...] = ()
    pods: tuple[str, ...] = ()
    """``namespace/name`` of pods that a stranger ran code in."""
    nodes: tuple[str, ...] = ()
    exported: Proof = Proof.UNKNOWN
    """Whether the audit trail of the whole time is in the customer's hands."""
    party: Party
    """Accountable for the root."""
    root_duty: str
    asks: tuple[str, ...] = ()
    """What to ask the provider for beyond what is asked in every case."""
    owners: dict[str, StepOwner] = {}
    """Who holds a duty of the response now, by duty id; empty where no register was given."""
    component: str = ""
    """Name of the part that the root lies in."""
    gaps: tuple[Gap, ...] = ()


class Action(Struct, frozen=True, kw_only=True):
    """One thing to do."""

    id: str
    """``contain-1``; stable for the same case."""
    what: str
    why: str = ""
    within: str = ""
    """By when: ``15 minutes``, ``today``, or a date."""
    command: str = ""
    """Ready to run, with names of this case in it; empty where no command does it."""
    undo: str = ""
    does_not_help: str = ""
    """What people take for it, and is not enough."""
    proven: Proof | None = None
    """For a credential: whether the log proves that it was read."""
    owner: StepOwner | None = None
    duty: str = ""
    source: str = ""
    """Page that says so, with its date."""


class Phase(Struct, frozen=True, kw_only=True):
    """Actions that belong together, in order."""

    key: str
    title: str
    within: str
    actions: tuple[Action, ...]


class Request(Struct, frozen=True, kw_only=True):
    """One thing to ask the provider for."""

    what: str
    proves: str
    held: str
    """What the provider holds even where the customer's export was off; ``not published`` is an answer."""
    source: str = ""
    ids: tuple[str, ...] = ()
    """Audit ids, resources, times that belong to it."""


class Escalation(Struct, frozen=True, kw_only=True):
    """The platform's half of the runbook."""

    firm: str
    channel: str
    report_to: str
    """Where a flaw of the platform is reported."""
    notices: str
    basis: str
    """On which ground the provider can be asked: contract, published model, duty."""
    deadlines: tuple[str, ...]
    requests: tuple[Request, ...]
    letter: str
    """Ready to send."""
    sources: tuple[str, ...] = ()


class Runbook(Struct, frozen=True, kw_only=True):
    """What to do, in the order in which it is needed."""

    platform: Escalation
    tenant: tuple[Phase, ...]
