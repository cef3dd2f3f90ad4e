"""An opened case as values: the leads it came from, what was joined and why, what was not, and what could not be seen.

A valid identity is not a culprit: everything here says of an identity that it was used. Times are microseconds since
1970 in UTC where they come from the trail. Knows nothing of how a case is opened.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from demarc.model.boundary import Confidence
from demarc.model.case import Case
from demarc.model.cloud_calls import CloudCall
from demarc.model.detections import Outcome, Place
from demarc.model.evidence import Gap
from demarc.model.exposure import Proof, StepOwner
from demarc.model.graph import Radius
from demarc.model.incidents import Incident, Verdict


class Odd(Struct, frozen=True, kw_only=True):
    """Something about the way in which an identity was used that does not fit the rest of the trail."""

    points: float
    says: str


class Lead(Struct, frozen=True, kw_only=True):
    """Somebody's use of an identity from one address that is worth looking at."""

    user: str
    address: str
    credential: str
    agents: tuple[str, ...]
    score: float
    """What was done, times how oddly it was used. It ranks; it proves nothing."""
    strong: bool
    """Enough to open a case from, without being told where to look."""
    detections: tuple[str, ...]
    """Ids, the weightiest first; what is a habit of this place is left out."""
    odd: tuple[Odd, ...]
    places: tuple[Place, ...]
    events: int
    first_us: int
    last_us: int


class JoinBy(StrEnum):
    """By what something belongs to a case."""

    SEED = "seed"
    CREDENTIAL = "credential"
    ADDRESS = "address"
    LINEAGE = "lineage"
    OBJECT = "object"
    RIGHT = "right"
    ENTERED = "entered"
    READ = "read"


class Join(Struct, frozen=True, kw_only=True):
    """One thing that was joined to the case."""

    what: str
    """In words: ``ServiceAccount kube-system/rbac-manager from 127.0.0.67 by Go-http-client/2.0``."""
    by: JoinBy
    because: str
    confidence: Confidence
    round: int
    """0: the seed; each round rests on what was joined before."""
    place: Place | None = None
    token: str = ""
    """Credential id, where the token and not the place was joined."""
    evidence: tuple[str, ...] = ()
    """Audit ids."""


class Apart(Struct, frozen=True, kw_only=True):
    """Something that touches the case and was not joined."""

    what: str
    because: str
    place: Place | None = None


class BirthBy(StrEnum):
    """How a credential came to be."""

    TOKEN_REQUEST = "token-request"  # noqa: S105 - a way, not a secret
    SECRET = "secret"  # noqa: S105
    CERTIFICATE = "certificate"
    NOT_SEEN = "not-seen"


class Birth(Struct, frozen=True, kw_only=True):
    """Where a credential came from, as far as the trail tells."""

    credential: str
    """``JTI=...``, ``X509SHA256=...`` or ``Secret namespace/name``."""
    identity: str
    by: BirthBy
    made_by: str = ""
    """User name; empty where it was not seen."""
    made_with: str = ""
    """The credential that was used to make it."""
    at_us: int = 0
    used: bool = False
    """Whether it was used in the trail."""
    evidence: tuple[str, ...] = ()


class GrantUse(Struct, frozen=True, kw_only=True):
    """A binding by which the case was allowed what it did, and who wrote it."""

    binding: str
    """``ClusterRoleBinding ci-deployer``."""
    role: str
    identities: tuple[str, ...]
    uses: int
    first_us: int
    last_us: int
    written_by: str = ""
    """User name, or the field manager where only the object tells; empty where nobody knows."""
    written_at: str = ""
    """ISO 8601; the oldest that is certain."""
    written_basis: str = ""
    """In words: out of the trail, out of managedFields, or that nobody knows."""
    by_case: bool = False
    """The case wrote it itself."""
    evidence: tuple[str, ...] = ()


class Fate(StrEnum):
    """What became of something that the case made or changed."""

    LEFT = "left"
    GONE = "gone"
    UNKNOWN = "unknown"


class Touched(Struct, frozen=True, kw_only=True):
    """An object that the case created, changed or deleted."""

    kind: str
    """Resource as kubectl takes it: ``clusterrolebindings``."""
    namespace: str
    name: str
    done: tuple[str, ...]
    """Verbs, in order."""
    by: str
    at_us: int
    fate: Fate
    because: str
    """How the fate is known."""
    is_backdoor: bool = False
    """It gives access, or runs by itself, and was left."""
    evidence: tuple[str, ...] = ()


class Unseen(Struct, frozen=True, kw_only=True):
    """Something that belongs to such a case and that this trail cannot show."""

    what: str
    why: str
    look_in: str = ""
    """Where it would be."""
    steps: tuple[int, ...] = ()


class Exposure(StrEnum):
    """How near the intruder came to a secret; the first that holds."""

    READ = "read"
    """By name, or in a list that gave it out."""
    LISTED = "listed"
    """In a list that was answered in part, or whose extent is not known."""
    MOUNTED = "mounted"
    """Mounted in a pod that was entered or made."""
    REACHABLE = "reachable"
    """An identity that was used may read it; nothing shows that it did."""


class Rotate(Struct, frozen=True, kw_only=True):
    """A secret that has to be rotated."""

    namespace: str
    name: str
    exposure: Exposure
    proven: Proof
    how: str
    steps: tuple[int, ...] = ()
    evidence: tuple[str, ...] = ()
    owner: StepOwner | None = None


class Rival(Struct, frozen=True, kw_only=True):
    """Another reading of where it began, or of a step."""

    reading: str
    for_it: str
    against_it: str
    duty: str
    settle: str
    """What to look at."""


class Reached(Struct, frozen=True, kw_only=True):
    """What one identity that was used could have done, as of the snapshot."""

    identity: str
    radius: Radius


class Investigation(Struct, frozen=True, kw_only=True):
    """Everything about an opened case."""

    incident: Incident
    verdict: Verdict
    case: Case
    title: str
    confidence: Confidence
    leads: tuple[Lead, ...]
    """All leads, ranked; those of the case among them."""
    outcomes: tuple[Outcome, ...]
    joins: tuple[Join, ...]
    apart: tuple[Apart, ...]
    births: tuple[Birth, ...]
    grants: tuple[GrantUse, ...]
    touched: tuple[Touched, ...]
    rotate: tuple[Rotate, ...]
    reached: tuple[Reached, ...]
    rivals: tuple[Rival, ...]
    unseen: tuple[Unseen, ...]
    detections: dict[int, tuple[str, ...]]
    """Step -> detections that fired on it."""
    step_confidence: dict[int, Confidence]
    events: tuple[str, ...]
    """Ids of all events of the case, in order."""
    gaps: tuple[Gap, ...] = ()
    calls: tuple[CloudCall, ...] = ()
    """Calls of the cloud's trail that belong to the case, in order."""
