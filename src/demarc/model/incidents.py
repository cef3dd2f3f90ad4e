"""An incident as facts, and the verdict on it. Facts name no duty and no accountable party; only the verdict does.

The words of the facts are those of the written format (docs/concepts/incidents.md): a description by hand and a case
that was read out of logs are the same values. Knows nothing of how a verdict is found.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from demarc.model.boundary import Confidence, Party
from demarc.model.duties import Stage
from demarc.model.exposure import ExposedCredential, LeftBehind, StepOwner
from demarc.model.inventory import Scope


class IncidentKind(StrEnum):
    """What is described."""

    INCIDENT = "incident"
    CAMPAIGN = "campaign"
    DISCLOSURE = "disclosure"
    """A flaw that was shown; no victim."""
    PATTERN = "pattern"
    EXERCISE = "exercise"


class InstalledBy(StrEnum):
    """Who put a thing there. This decides whose it is, not its kind or its name."""

    PROVIDER = "provider"
    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"
    UNKNOWN = "unknown"
    """Not on record."""
    INTRUDER = "intruder"
    """Put there in the course of the incident."""


class ManagedBy(StrEnum):
    """By which way a thing is kept up."""

    PROVIDER_ADDON = "provider_addon"
    SERVICE_SIDE = "service_side"
    NODE_IMAGE = "node_image"
    CUSTOMER_CHART = "customer_chart"
    CUSTOMER_MANIFEST = "customer_manifest"
    CUSTOMER_CONFIG = "customer_config"
    PIPELINE = "pipeline"
    UPSTREAM_RELEASE = "upstream_release"
    SUPPLIER_SERVICE = "supplier_service"
    UNKNOWN = "unknown"


class DefectClass(StrEnum):
    """What sort of weakness it was."""

    VULNERABILITY = "vulnerability"
    MISCONFIGURATION = "misconfiguration"
    LEAKED_CREDENTIAL = "leaked_credential"
    MALICIOUS_RELEASE = "malicious_release"
    DEFAULT = "default"


class FixDelivery(StrEnum):
    """Where a fix lands, and so who can roll it out."""

    SERVICE_SIDE = "service_side"
    NODE_IMAGE = "node_image"
    ADDON_RELEASE = "addon_release"
    RELEASE = "release"
    CONFIGURATION = "configuration"
    ROTATION = "rotation"
    NONE = "none"


class Observable(StrEnum):
    """Where a trace of a step would be; not that one was found."""

    K8S_AUDIT = "k8s_audit"
    CLOUD_TRAIL = "cloud_trail"
    NODE = "node"
    REGISTRY = "registry"
    CI = "ci"
    PROVIDER_ONLY = "provider_only"
    NONE = "none"


class StepBasis(StrEnum):
    """How a step is known."""

    OBSERVED = "observed"
    DEMONSTRATED = "demonstrated"
    SUSPECTED = "suspected"
    ASSUMED = "assumed"
    """Starting position of the report: how it was reached is no part of the incident."""


class CredentialUse(StrEnum):
    """Whose credential a step was done with."""

    NONE = "none"
    OWN = "own"
    STOLEN = "stolen"
    LEAKED = "leaked"
    FORGED = "forged"
    SHARED = "shared"
    INHERITED = "inherited"


class Day(Struct, frozen=True, kw_only=True, order=True):
    """A date as exact as the record gives it: ``2023`` lasts from its first to its last day."""

    first: date
    last: date
    text: str


class Defect(Struct, frozen=True, kw_only=True):
    """The weakness of a component."""

    ref: str
    kind: DefectClass
    default_documented: bool | None = None
    disclosed: Day | None = None
    fix_released: Day | None = None
    fix_delivery: FixDelivery = FixDelivery.NONE
    fix_applied: Day | None = None


class Participant(Struct, frozen=True, kw_only=True):
    """A thing that took part: a component of the cluster, a pipeline, a package, a device, a credential."""

    id: str
    kind: str
    """A part of the boundary's vocabulary, or one of the kinds outside a cluster."""
    name: str
    supplier: str = ""
    installed_by: InstalledBy = InstalledBy.UNKNOWN
    managed_by: ManagedBy = ManagedBy.UNKNOWN
    evidence: str = ""
    defect: Defect | None = None


class IncidentStep(Struct, frozen=True, kw_only=True):
    """One thing that was done."""

    n: int
    technique: str
    """A technique of the catalogue, or an ATT&CK id."""
    component: str
    """Id of a Participant."""
    action: str
    object: str = ""
    identity: str = ""
    where: Stage = Stage.RUNTIME
    """Where the step took place."""
    inside_cluster: bool = True
    observable_in: tuple[Observable, ...] = ()
    basis: StepBasis = StepBasis.OBSERVED
    credential: CredentialUse | None = None
    at: datetime | None = None
    """When, where a log or a witness says it; otherwise the incident's own time holds."""
    until: datetime | None = None
    scope: Scope | None = None
    """Where the duty is looked up in the control matrix; None: the whole cluster."""
    evidence: tuple[str, ...] = ()
    """Ids of the events or documents behind it: audit ids first."""


class ClusterFacts(Struct, frozen=True, kw_only=True):
    """What is on record of the cluster."""

    provider: str
    """eks, gke, aks, rosa, self-managed, ``other:NAME``; ``other:any`` where it plays no part."""
    model: str | None = None
    facts: dict[str, Any] = {}


class Incident(Struct, frozen=True, kw_only=True):
    """Everything that an investigator can know before judging."""

    id: str
    title: str
    kind: IncidentKind
    cluster: ClusterFacts
    since: Day
    until: Day | None
    """None: no end on record."""
    components: tuple[Participant, ...]
    steps: tuple[IncidentStep, ...]
    joint_conditions: tuple[tuple[str, ...], ...] = ()
    """Ids of participants which all had to be as they were for the path to exist."""
    sources: tuple[str, ...] = ()
    """Addresses."""
    exposed: tuple[ExposedCredential, ...] = ()
    """Credentials that somebody could have read, where they are on record; otherwise they follow from the steps."""
    left_behind: tuple[LeftBehind, ...] = ()

    def component(self, wanted: str) -> Participant:
        """A participant by id. Raises KeyError for one that is not there."""
        found = next((one for one in self.components if one.id == wanted), None)
        if found is None:
            raise KeyError(wanted)
        return found


class Reason(Struct, frozen=True, kw_only=True):
    """Why: one rule that spoke, and what it says of this case."""

    rule: str
    """Name of the rule: installer, time, fix_location, ..."""
    says: str


class StepVerdict(Struct, frozen=True, kw_only=True):
    """The duty that governs a step, and who held it."""

    n: int
    duty: str
    party: Party
    basis: tuple[Reason, ...]
    also: tuple[str, ...] = ()
    """Further duties that could have cut the step."""
    owner: StepOwner | None = None
    """Where a register was given."""


class Viewpoint(Struct, frozen=True, kw_only=True):
    """The verdict seen from another layer."""

    viewpoint: str
    party: Party
    root_duty: str | None
    note: str


class Verdict(Struct, frozen=True, kw_only=True):
    """Who answers for what in an incident, and what the record leaves open."""

    id: str
    steps: tuple[StepVerdict, ...]
    root_step: int
    root_duty: str
    stage: Stage
    root_inside_cluster: bool
    party: Party
    """Accountable for the root."""
    downstream_party: Party
    """Accountable for the exposure after the root."""
    response_party: Party
    """Who has to contain and clean up."""
    ambiguity: str | None
    provider_telemetry: tuple[str, ...]
    no_audit_event_steps: tuple[int, ...]
    """Steps inside the cluster that leave no audit event: an empty log says nothing about them."""
    identity_unreliable_steps: tuple[int, ...]
    not_culprits: tuple[str, ...]
    """Identities that were used and are not thereby the doers."""
    by_viewpoint: tuple[Viewpoint, ...]
    rules: tuple[str, ...]
    rationale: str
    confidence: Confidence
