"""The two planes of access as values: who reaches the cluster, and what the pods in it reach.

A row is one holder and one grant. What could not be seen is said in the row, or among the unseen of the plane; nothing
here is computed.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from demarc.model.assessment import Holder, Status
from demarc.model.boundary import Party
from demarc.model.duties import Plane
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope


class Power(StrEnum):
    """What a grant is good for, condensed; in the order of what it is worth to an intruder."""

    CLUSTER_ADMIN = "cluster-admin"
    """Everything in the cluster, or every verb on every resource of a namespace."""
    CLOUD_ADMIN = "cloud-admin"
    """Everything in the account, or the cluster itself at its provider."""
    NODE_LEVEL = "node-level"
    """The host under the pods: privileged, host paths and namespaces, the kubelet's own API."""
    IMPERSONATE = "impersonate"
    RBAC_WRITE = "rbac-write"
    """Writes roles or bindings, binds or escalates."""
    CREDENTIALS = "credentials"
    """Mints tokens of service accounts, or approves and signs certificates."""
    SECRETS_READ = "secrets-read"
    WORKLOAD_WRITE = "workload-write"
    """Creates or changes what runs."""
    EXEC = "exec"
    """Enters running pods."""
    CLOUD_ROLE = "cloud-role"
    """Acts in the cloud by a role that is not all of it."""
    WRITE = "write"
    """Changes other things."""
    NETWORK = "network"
    """Opens connections that nothing restricts."""
    READ_ONLY = "read-only"
    NONE = "none"
    """Is let in, and may do nothing there."""


STRONG = frozenset(
    {
        *(Power.CLUSTER_ADMIN, Power.CLOUD_ADMIN, Power.NODE_LEVEL, Power.IMPERSONATE),
        *(Power.RBAC_WRITE, Power.CREDENTIALS, Power.SECRETS_READ),
    }
)
"""Powers that let their holder become somebody else."""


class HolderKind(StrEnum):
    """What sort of holder it is."""

    PERSON = "person"
    GROUP = "group"
    PIPELINE = "pipeline"
    CLOUD_PRINCIPAL = "cloud-principal"
    """Role, user or service account of the cloud that is neither known as a person nor as a pipeline."""
    SHARED_ACCOUNT = "shared-account"
    """An account or credential that is not anybody's own: local admin accounts, client certificates, lasting tokens."""
    PROVIDER_STAFF = "provider-staff"
    PROVIDER_IDENTITY = "provider-identity"
    """Identity by which the provider or the control plane acts."""
    NODE = "node"
    ANONYMOUS = "anonymous"
    EVERYBODY = "everybody"
    """Whoever can log in at all."""
    SERVICE_ACCOUNT = "service-account"
    WORKLOAD = "workload"
    PODS = "pods"
    """All pods of a place: of a namespace, of a pool."""


class Use(StrEnum):
    """Whether a power was used."""

    USED = "used"
    UNUSED = "unused"
    """Not once in the window that the audit trail covers."""
    UNKNOWN = "unknown"
    """No trail was given, or it does not show such use."""


class Member(Struct, frozen=True, kw_only=True, order=True):
    """Somebody or something that has what a holder has."""

    name: str
    kind: HolderKind
    by: str
    """Why: ``access entry``, ``aws-auth mapRoles``, ``member in the directory``, ``runs as it``."""


class Window(Struct, frozen=True, kw_only=True):
    """What an audit trail covers."""

    since: str
    until: str
    """Times of its first and last event, ISO 8601."""
    events: int
    unreadable: int
    """Lines that are no audit event."""
    origin: str
    """Names of the files."""
    records_reads: bool
    """Whether reads are recorded: one that leaves them out cannot show that a read was never done."""
    lost: tuple[str, ...] = ()
    """What its shape leaves out and decides which grant allowed a request: groups, who was impersonated."""


class PlaneRow(Struct, frozen=True, kw_only=True):
    """One holder, one grant."""

    id: str
    """``plane/holder/grant``: stable for the same cluster."""
    plane: Plane
    holder: str
    """``User jane@example.com``, ``Group developers``, ``arn:aws:iam::...:role/ci``, ``payments/Deployment/api``."""
    kind: HolderKind
    powers: tuple[Power, ...]
    """Strongest first; never empty."""
    over: tuple[str, ...]
    """Namespaces, or things such as ``Secret payments/db``; empty for the whole cluster."""
    grant: str
    """What gives it and can be taken away: ``ClusterRoleBinding ops of ClusterRole admin``, ``access entry: ...``."""
    members: tuple[Member, ...] = ()
    """Who holds it through this holder, as far as it was seen."""
    duty: str
    scope: Scope
    """Where the duty bites."""
    evidence: tuple[Evidence, ...]
    grade: Grade
    """The weakest evidence that the row needs."""
    remarks: tuple[str, ...] = ()
    """What a reviewer should know: named nobody, has left, broken link."""
    unknown: str = ""
    """What could not be seen and decides whether the row holds; empty when it holds."""
    uses: dict[Power, Use] = {}
    """Power -> whether it was used."""
    last_used: str = ""
    """Time of the last use in the trail, ISO 8601."""


class Planes(Struct, frozen=True, kw_only=True):
    """Both planes of one cluster."""

    rows: tuple[PlaneRow, ...]
    """Sorted by plane, power, kind, holder and grant."""
    unseen: tuple[str, ...]
    """What was not given and could add rows."""
    window: Window | None = None


class OwnedRow(Struct, frozen=True, kw_only=True):
    """A row with who answers for its grant."""

    row: PlaneRow
    matrix_row: str
    """Id of the matrix row; empty where the matrix has none for it."""
    party: Party | None
    owner: Holder | None
    other_owners: tuple[Holder, ...] = ()
    """Where the grant reaches scopes of several owners, or the register names several."""
    status: Status
    last_review: str | None
    last_reviewed_by: str = ""
    next_review: str | None = None


class OwnedPlanes(Struct, frozen=True, kw_only=True):
    """Both planes, with owners, as of a moment."""

    format: str
    """``demarc.planes/1``."""
    at: str
    cluster: str
    rows: tuple[OwnedRow, ...]
    unseen: tuple[str, ...]
    window: Window | None = None
