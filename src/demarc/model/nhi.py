"""Non-human identities and their credentials as values: what each is, how old, who uses and who owns it, and its state.

Every age carries the grade of its evidence: that something is *stale* may rest on a bound, that it was *rotated* needs
proof. Nothing here can hold a secret value.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from demarc.model.inventory import Scope
from demarc.model.planes import Power
from demarc.model.posture import Answers


class NhiKind(StrEnum):
    """What sort of identity or credential it is."""

    SERVICE_ACCOUNT = "service-account"
    NODE = "node"
    CLOUD_ROLE = "cloud-role"
    """A role of the cloud that a service account acts by."""
    AI_AGENT = "ai-agent"
    LEGACY_TOKEN = "legacy-token"  # noqa: S105 - names of kinds
    BOUND_TOKEN = "bound-token"  # noqa: S105
    """A token by TokenRequest that is bound to no pod, as the audit trail shows it in use."""
    PROJECTED_TOKEN = "projected-token"  # noqa: S105
    """A token that the kubelet asks for on behalf of pods, by service account and audience."""
    CLIENT_CERTIFICATE = "client-certificate"
    BOOTSTRAP_TOKEN = "bootstrap-token"  # noqa: S105
    TLS = "tls"
    CERTIFICATE_AUTHORITY = "certificate-authority"
    REGISTRY = "registry"
    SSH_KEY = "ssh-key"
    CLOUD_KEY = "cloud-key"
    KUBECONFIG = "kubeconfig"
    DELIVERY = "delivery"
    """Of Argo CD or Flux: a repository or another cluster."""
    PIPELINE = "pipeline"
    """A secret of a CI pipeline."""
    SIGNING_KEY = "signing-key"
    AI_MODEL_KEY = "ai-model-key"
    API_TOKEN = "api-token"  # noqa: S105
    PASSWORD = "password"  # noqa: S105
    OPAQUE = "opaque"
    """A Secret that says nothing of what it holds."""
    LITERAL = "literal"
    """A credential that stands where none should: in a ConfigMap, in the environment."""

    @property
    def is_identity(self) -> bool:
        """Whether it acts; the others are what something proves itself with."""
        return self in (NhiKind.SERVICE_ACCOUNT, NhiKind.NODE, NhiKind.CLOUD_ROLE, NhiKind.AI_AGENT)


class AgeGrade(StrEnum):
    """How an age is known, the strongest first."""

    SEEN = "seen-to-change"
    """A keyed fingerprint that differs between two snapshots."""
    ISSUER = "issuer"
    """The issuer's own record: notBefore of a certificate, a refresh of the store, the claims of a token."""
    KUBELET = "kubelet"
    """The kubelet renews it, by what the pod's spec asks for: it is never older than that."""
    AUDIT = "audit-event"
    """A write in the audit trail: that the value changed is not proven by it."""
    BOUND = "managed-fields"
    """Field managers: it is at least this old, and may be older."""
    CREATION = "creation"
    """It cannot have changed since, or no change was seen; a restore from a backup hides its age."""
    UNKNOWN = "unknown"


class Dated(Struct, frozen=True, kw_only=True, gc=False):
    """A time, and how it is known."""

    at: str = ""
    """ISO 8601; empty where it is not known."""
    grade: AgeGrade = AgeGrade.UNKNOWN
    says: str = ""


class NhiState(StrEnum):
    """Where an identity or credential stands, the worst first."""

    EXPIRED = "expired"
    OVERDUE = "overdue"
    """Older than the policy allows."""
    MISPLACED = "misplaced"
    """Stands where everybody may read it."""
    OFFBOARDED_OWNER = "offboarded-owner"
    OVER_POWERED = "over-powered"
    EXPIRING = "expiring"
    STALE = "stale"
    ORPHANED = "orphaned"
    """Nothing runs as it, nothing refers to it, or the other side of it is gone."""
    UNUSED = "unused"
    """Not used within the policy's time, by a record that would show it."""
    SHARED = "shared"
    UNMANAGED = "unmanaged"
    """Nothing renews it, and nobody is named who does."""
    UNKNOWN = "unknown"
    """What its state hangs on was not seen."""
    HEALTHY = "healthy"


OF_THE_PLATFORM = "the provider's own: ask the provider"
"""What is said of what the platform has for itself."""


class StateReason(Struct, frozen=True, kw_only=True, gc=False):
    """A state with its reason."""

    state: NhiState
    says: str
    exception: str = ""
    """Exception of the register that covers it; it then does not count."""


class Blast(Struct, frozen=True, kw_only=True, gc=False):
    """The worst that whoever holds an entry reaches."""

    impact: str
    """``cluster-admin``, ``cloud-role``, ``crown-jewels``, ``node``; ``less`` for none of these."""
    steps: int
    certain: bool
    """False: it rests on what could not be seen."""


class Nhi(Struct, frozen=True, kw_only=True, gc=False):
    """One identity or credential."""

    id: str
    """``payments/ServiceAccount/api``, ``ci/Secret/deployer-token``, ``Node/ip-10-0-1-2``."""
    kind: NhiKind
    namespace: str
    name: str
    scope: Scope
    answers: Answers
    """Who answers for it, as of the date."""
    issuer: str
    """Who made it: API server, cert-manager, a cloud, a person by hand."""
    source_of_truth: str
    """Where it is to be changed; empty where nobody keeps it."""
    created: Dated
    changed: Dated
    """When its value last changed."""
    expires: str = ""
    """ISO 8601; empty where it never does, or that is not known (``says`` of ``changed``)."""
    endless: bool = False
    """It is known never to end by itself."""
    life: int = 0
    """Seconds for which each one of it is good, where it is made anew all the time; 0 for all else."""
    last_used: Dated = Dated()
    consumers: tuple[str, ...] = ()
    """``Deployment payments/api``, ``ServiceAccount ci/deployer``; what only uses it from outside is not seen."""
    references: tuple[str, ...] = ()
    """Of consumers that are custom resources: ``Widget shop/main: spec.login, as its schema says``."""
    powers: tuple[Power, ...] = ()
    reach: str = ""
    """How far it goes: ``cluster``, ``3 namespaces``, a namespace, ``role of the cloud``."""
    same_value: tuple[str, ...] = ()
    """Other places with the same value, by keyed fingerprint."""
    misplaced: tuple[str, ...] = ()
    """Places outside of Secrets that hold it, or a copy of it."""
    blast: Blast | None = None
    """None where that was not asked for, or the access graph does not have it."""
    states: tuple[StateReason, ...]
    """Worst first; never empty."""

    @property
    def is_platforms(self) -> bool:
        """Whether the platform has it for itself."""
        return any(one.says == OF_THE_PLATFORM for one in self.states)

    @property
    def state(self) -> NhiState:
        """The worst state that no exception covers."""
        for one in self.states:
            if not one.exception:
                return one.state
        return NhiState.HEALTHY


class NhiReport(Struct, frozen=True, kw_only=True):
    """Every non-human identity and credential of a cluster, as of a moment."""

    format: str
    """``demarc.nhi/1``."""
    version: str
    at: str
    cluster: str
    items: tuple[Nhi, ...]
    """By kind, namespace and name."""
    humans: int
    """People that bindings or the directory name."""
    by_kind: dict[str, int]
    by_state: dict[str, int]
    by_owner: dict[str, int]
    unseen: tuple[str, ...]
    """What was not seen and would add or change something, each with what to give."""
    policy: str
    """Origin of the policy: ``default``, or the file."""
