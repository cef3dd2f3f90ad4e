"""Who asks for what, and the answer: requests as the API server sees them, grants, decisions and condensed access.

Words are those of ``authorization.k8s.io``. Nothing here decides anything.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Asker(Struct, frozen=True, kw_only=True):
    """The user as the API server's authenticator hands it on: a name and the groups, implied ones included."""

    user: str
    groups: tuple[str, ...] = ()


class FieldRequirement(Struct, frozen=True, kw_only=True):
    """One ``field=value`` of a field selector. Only equality matters to an authorizer of Kubernetes."""

    field: str
    value: str


class Request(Struct, frozen=True, kw_only=True):
    """What is asked for: a resource, or a path where ``path`` is not None."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    """Empty for cluster-scoped resources and for all namespaces at once."""
    path: str | None = None
    """A non-resource path such as ``/metrics``."""
    fields: tuple[FieldRequirement, ...] = ()

    def __str__(self) -> str:
        if self.path is not None:
            return f"{self.verb} {self.path}"
        whole = f"{self.resource}.{self.group}" if self.group else self.resource
        whole = f"{whole}/{self.subresource}" if self.subresource else whole
        named = f" {self.name}" if self.name else ""
        return f"{self.verb} {whole}{named}" + (f" in {self.namespace}" if self.namespace else "")


class SubjectRef(Struct, frozen=True, kw_only=True, order=True):
    """An identity as bindings name it. A service account written as a User is the service account."""

    kind: str
    """``User``, ``Group`` or ``ServiceAccount``."""
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Grant(Struct, frozen=True, kw_only=True, order=True):
    """One way in which a right is given: a binding, its role, and the subject through which it applies."""

    binding_kind: str
    """``ClusterRoleBinding`` or ``RoleBinding``."""
    namespace: str = ""
    """Namespace of a RoleBinding."""
    binding: str
    role_kind: str
    role: str
    subject: SubjectRef
    reason: str
    """In the API server's own words, as in the annotation ``authorization.k8s.io/reason``."""


class Answer(StrEnum):
    """What the authorizer says."""

    ALLOWED = "allowed"
    DENIED = "denied"
    """No authorizer allows it. RBAC and Node never forbid; they have no opinion."""
    UNKNOWN = "unknown"
    """Nothing seen allows it, and something that could was not seen."""


class Decision(Struct, frozen=True, kw_only=True):
    """The answer to one request."""

    answer: Answer
    reason: str = ""
    """The API server's own reason, empty for system:masters and the Node authorizer; for Unknown, what was not seen."""
    grant: Grant | None = None
    """What allowed it, where RBAC did."""
    authorizer: str = ""
    """``RBAC``, ``Node`` or ``system:masters`` where it is allowed."""

    @property
    def allowed(self) -> bool:
        """Whether it is allowed for certain."""
        return self.answer is Answer.ALLOWED


class Permission(Struct, frozen=True, kw_only=True, order=True):
    """A condensed rule. Either ``resources`` or ``paths`` is filled; all parts are sorted."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Names that it is limited to; empty for all, and for requests without a name."""
    paths: tuple[str, ...] = ()


class Holding(Struct, frozen=True, kw_only=True):
    """A permission, where it holds, and what gives it."""

    permission: Permission
    namespaces: tuple[str, ...]
    """Empty for the whole cluster."""
    grants: tuple[Grant, ...]


class NodeReach(Struct, frozen=True, kw_only=True):
    """What the Node authorizer lets one node reach beside its own objects, as ``namespace/name``."""

    node: str
    pods: tuple[str, ...]
    secrets: tuple[str, ...]
    config_maps: tuple[str, ...]
    claims: tuple[str, ...]
    service_accounts: tuple[str, ...]
    """Service accounts whose tokens it may ask for."""


class Access(Struct, frozen=True, kw_only=True):
    """All that an identity can do, condensed."""

    asker: Asker
    unlimited: bool
    """In ``system:masters``: everything, past RBAC."""
    holdings: tuple[Holding, ...]
    node: NodeReach | None = None
    dangling: tuple[str, ...] = ()
    """Bindings whose role does not exist: they give nothing now, and everything in it once somebody creates it."""
    unseen: tuple[str, ...] = ()
    """What was not seen and could give more."""


class Holder(Struct, frozen=True, kw_only=True):
    """A subject that may do something, where, and through what."""

    subject: SubjectRef
    namespaces: tuple[str, ...]
    """Empty where it may in the whole cluster, or in the namespace that was asked for."""
    grants: tuple[Grant, ...]
    exists: bool | None = None
    """For a service account whether it is there; None where that was not seen, and for users and groups."""


class Holders(Struct, frozen=True, kw_only=True):
    """Everybody who may do something."""

    request: Request
    holders: tuple[Holder, ...]
    nodes: str = ""
    """What nodes may beyond that by the Node authorizer, in words; empty for nothing."""
    unseen: tuple[str, ...] = ()


class AccessChange(Struct, frozen=True, kw_only=True):
    """What an identity can do in one of two snapshots and not in the other, by bindings that name it."""

    subject: SubjectRef
    new: tuple[Holding, ...]
    gone: tuple[Holding, ...]


class AccessChanges(Struct, frozen=True, kw_only=True):
    """Differences in effective access between two snapshots."""

    changes: tuple[AccessChange, ...]
    unseen: tuple[str, ...] = ()
    """What was not seen in one of them: differences that rest on it may be none."""
