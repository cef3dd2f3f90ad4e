"""The access graph as values: things, the hops between them, paths, radii and choke points.

The graph itself is arrays (``demarc.access.graph``); these are what is read out of it, made when they are asked for.
Nothing here searches or knows a technique.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from demarc.model.evidence import Evidence
from demarc.model.inventory import Scope


class Thing(StrEnum):
    """What a node of the graph is, and how its name is written."""

    IDENTITY = "identity"
    """``ServiceAccount payments/api``, ``User jane@example.com``, ``Group developers``: as SubjectRef writes itself."""
    GRANT = "grant"
    """A right that a binding gives in a scope: ``RoleBinding payments/deployers: create pods in payments``."""
    CREDENTIAL = "credential"
    """Something to sign in with that is no Secret of the cluster: ``token of ServiceAccount payments/api``."""
    WORKLOAD = "workload"
    """``payments/Deployment/api``; ``payments/Pod/debug`` for a pod without a controller."""
    NODE = "node"
    """Name of the Node."""
    SECRET = "secret"  # noqa: S105 - a kind of thing, not a password
    """``payments/database`` in the cluster, the address of the item outside of it."""
    CONFIG = "config"
    """``kube-system/coredns``: a ConfigMap."""
    CLOUD_ROLE = "cloud-role"
    """ARN, service account address, client or object id."""
    REPOSITORY = "repository"
    """``github.com/acme/shop``."""
    PIPELINE = "pipeline"
    """``github.com/acme/shop/.github/workflows/deploy.yaml``."""
    REGISTRY = "registry"
    """Host and path: ``registry.example.com/acme``."""
    IMAGE = "image"
    """Reference as the pod names it."""
    DELIVERY_CONTROLLER = "delivery-controller"
    """Component or object that applies what a source says: ``argocd/Application/shop``."""
    WEBHOOK = "webhook"
    """``MutatingWebhookConfiguration/injector``."""
    ENDPOINT = "endpoint"
    """Somewhere that traffic comes in: ``payments/Ingress/shop``, ``payments/Service/api``."""
    NAMESPACE = "namespace"
    PERSON = "person"
    PROVIDER = "provider"
    """The provider's staff or its own identities."""
    CLUSTER_ADMIN = "cluster-admin"
    """Everything in the cluster: the one thing of this kind is called ``cluster-admin``."""
    OUTSIDE = "outside"
    """``internet``, ``anonymous``, or an outside system that a credential opens."""


class Tag(StrEnum):
    """Marks on things, so that entries and impacts can be named without listing them."""

    INTERNET = "internet"
    """Reachable from the internet, or the internet itself."""
    ANONYMOUS = "anonymous"
    """What somebody without a credential is to the API server."""
    PIPELINE_CREDENTIAL = "pipeline-credential"
    """A credential that a pipeline holds, or the pipeline that holds it."""
    ADDON = "addon"
    """A workload or identity of an add-on that the provider supplies."""
    CROWN_JEWEL = "crown-jewel"
    """Marked by the user as what must not be lost."""
    CLUSTER_ADMIN = "cluster-admin"
    """As good as cluster-admin."""


class Ref(Struct, frozen=True, kw_only=True, order=True):
    """One thing."""

    kind: Thing
    name: str

    def __str__(self) -> str:
        return self.name if self.kind is Thing.CLUSTER_ADMIN else f"{self.kind.value} {self.name}"


class TechniqueFacts(Struct, frozen=True, kw_only=True):
    """What is known of a technique apart from any cluster: a row of ``catalog/techniques``."""

    name: str
    """``POD_CREATE``."""
    group: str
    duty: str
    """The duty whose neglect lets the edge exist; empty for edges that only hold the graph together."""
    also: tuple[str, ...] = ()
    """Further duties that would have cut it."""
    precondition: str = ""
    likelihood: int = 3
    """3: works every time with common tools; 2: takes knowledge, time or a common circumstance; 1: takes luck."""
    says: str = ""
    """One sentence that explains it to somebody who has never seen it."""


class Hop(Struct, frozen=True, kw_only=True):
    """One step: who holds the source (and everything in ``needs``) gets the target."""

    technique: str
    source: Ref
    target: Ref
    says: str
    """What happens here, in one sentence."""
    needs: tuple[Ref, ...] = ()
    """What must be held as well: all of it."""
    evidence: tuple[Evidence, ...] = ()
    grants: tuple[str, ...] = ()
    """What a reader can remove: ``ClusterRoleBinding ci-deployer``. Removing any one of them stops this hop."""
    duty: str
    """Empty for a step that is none: from a thing that stands for many to one of them."""
    also: tuple[str, ...] = ()
    scope: Scope
    """Where the duty would have stopped it."""
    part: str = ""
    """Part in the boundary's vocabulary, where the duty bites on one: ``ingress_controller``."""
    unknown: str = ""
    """Why it cannot be seen whether the step can be taken; empty when it can."""
    likelihood: int = 3


class Side(Struct, frozen=True, kw_only=True):
    """How something that a step needs beside its source is reached."""

    need: Ref
    before: int
    """Index of the path's hop before which it is walked."""
    hops: tuple[Hop, ...]
    """In order, from something held by then. What the path or an earlier side holds anyway has no side."""


class Path(Struct, frozen=True, kw_only=True):
    """A way from an entry to an impact. Each hop's source is the entry, or the target of the hop before."""

    entry: Ref
    impact: Ref
    hops: tuple[Hop, ...]
    """Empty when the entry is the impact."""
    sides: tuple[Side, ...] = ()
    """For steps that need two things at once, in the order in which they are walked."""
    cost: int
    """Sum over all hops, sides included, of what their likelihood costs: lower is more likely."""

    @property
    def unknowns(self) -> tuple[str, ...]:
        """What cannot be seen and the path rests on; empty for a path that can be walked for certain."""
        return tuple(dict.fromkeys(hop.unknown for hop in self.all_hops if hop.unknown))

    @property
    def certain(self) -> bool:
        """Whether every step was seen to be possible."""
        return not self.unknowns

    @property
    def all_hops(self) -> tuple[Hop, ...]:
        """All steps in an order in which they can be walked: sides before the hop that needs them."""
        walked: list[Hop] = []
        for index, hop in enumerate(self.hops):
            walked += [inner for side in self.sides if side.before == index for inner in side.hops]
            walked.append(hop)
        return tuple(walked)


class Choice(Struct, frozen=True, kw_only=True):
    """An entry or an impact as somebody asked for it: one thing, or any of several."""

    word: str
    """As typed, or as it can be typed: ``internet``, ``pod:payments``, ``cluster-admin``."""
    title: str
    """In a sentence: ``any pod of namespace payments``."""
    things: tuple[Ref, ...]
    """Empty where the cluster has none that was seen."""


class Ways(Struct, frozen=True, kw_only=True):
    """The answer to: how does one get from here to there?"""

    entry: Choice
    impact: Choice
    shortest: Path | None
    """Fewest rounds. Over what was seen to be possible; where that does not lead there, over steps that are unknown."""
    likely: Path | None
    """Most likely, by the same rule; the same as ``shortest`` where that is both."""
    others: tuple[Path, ...] = ()
    """Further paths, shortest first: each avoids a grant or a step that every path before it rests on."""
    nearer_unknown: Path | None = None
    """A shorter path that rests on something unknown, beside one that is certain."""


class Reach(Struct, frozen=True, kw_only=True):
    """One cell of the summary: this entry reaches this impact."""

    entry: str
    """Word of the entry."""
    impact: str
    hops: int
    certain: bool


class Reaches(Struct, frozen=True, kw_only=True):
    """Which entries reach which impacts. A pair that is absent is not reached."""

    entries: tuple[Choice, ...]
    impacts: tuple[Choice, ...]
    cells: tuple[Reach, ...]


class ChokeBy(StrEnum):
    """What is removed at a choke point."""

    GRANTS = "grants"
    DUTIES = "duties"


class ChokePoint(Struct, frozen=True, kw_only=True):
    """One thing that cuts paths."""

    name: str
    """``ClusterRoleBinding ci-deployer``, or ``identity.rbac in cluster:prod``."""
    duties: tuple[tuple[str, Scope, str], ...]
    """The duties, scopes and parts of the steps that it stops, the commonest first."""
    steps: int
    """Steps on ways to the impact that it stops."""


class ChokePoints(Struct, frozen=True, kw_only=True):
    """The smallest set that cuts every path."""

    entry: Choice
    impact: Choice
    by: ChokeBy
    possible: bool
    """Whether it also cuts paths that rest on what could not be seen."""
    points: tuple[ChokePoint, ...]
    """Empty where no path leads there, or where ``uncut`` is set."""
    at_least: int
    """No fewer can do it: equal to the number of points where that is proven smallest."""
    uncut: Path | None = None
    """A path that nothing of this kind stops."""

    @property
    def proven(self) -> bool:
        """Whether no smaller set does it."""
        return self.uncut is None and self.at_least == len(self.points)


class RadiusGroup(Struct, frozen=True, kw_only=True):
    """Things of a kind in a namespace that can be reached."""

    kind: Thing
    namespace: str
    """Empty for things outside of namespaces."""
    certain: int
    possible: int
    """Only over steps that cannot be seen."""
    nearest: int
    """Hops to the first of them."""
    examples: tuple[Ref, ...]
    """The nearest."""


class Radius(Struct, frozen=True, kw_only=True):
    """What whoever holds one thing can reach."""

    of: Choice
    certain: int
    possible: int
    impacts: tuple[Path, ...]
    """A shortest path to each impact that is reached, the nearest first."""
    groups: tuple[RadiusGroup, ...]
    """The nearest first; grants are steps, not things to hold, and are left out."""
