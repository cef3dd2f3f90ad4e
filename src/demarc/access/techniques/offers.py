"""Bindings that are not there and that somebody may make: of roles that they may bind by name.

They are looked at like bindings that are there, so that what comes of them is found by every technique.
"""

from __future__ import annotations

from collections.abc import Iterator

from demarc.access.bindings import Bound
from demarc.access.rules import RuleSet
from demarc.access.seen import CLUSTER_ROLES, ROLES
from demarc.access.techniques.rights import Claim, Rights
from demarc.model.kubernetes import Binding, ObjectMeta, Role, RoleReference
from demarc.model.snapshot import Snapshot

GROUP = "rbac.authorization.k8s.io"
KINDS = {"clusterroles": "ClusterRole", "roles": "Role"}
PAIRS = (
    ("clusterrolebindings", "clusterroles"),
    ("rolebindings", "clusterroles"),
    ("rolebindings", "roles"),
)
"""What binds what."""


class Offered(Bound):
    """A binding that is not there. Nobody can remove it; the right to make it can be taken away."""

    __slots__ = ()

    @property
    def key(self) -> str:
        """The role and where it would hold."""
        ref = self.binding.role_ref
        return named(ref.kind, ref.name, self.namespace)


def where(namespace: str) -> str:
    """A namespace in words."""
    return f"in {namespace}" if namespace else "in every namespace"


def named(kind: str, role: str, namespace: str) -> str:
    """What a role would give, in words."""
    return f"{kind} {role} {where(namespace)}"


def bindable(rights: Rights, snapshot: Snapshot) -> Iterator[tuple[Claim, str, Role | None]]:
    """Claims to bind roles, with the resource of the roles, for each role by name; None for any ClusterRole at all."""
    cluster_roles = {role.metadata.name: role for role in snapshot.all(CLUSTER_ROLES, Role)}
    local: dict[str, list[Role]] = {}
    for role in snapshot.all(ROLES, Role):
        local.setdefault(role.metadata.namespace, []).append(role)
    for binding, roles in PAIRS:
        for claim in rights.claims(f"create {binding}.{GROUP}", f"bind {roles}.{GROUP}", loose=True):
            if binding == "clusterrolebindings" and claim.namespace:
                continue
            names = claim.names[1]
            if roles == "clusterroles":
                found: list[Role | None] = (
                    [None] if names is None else [cluster_roles[name] for name in names if name in cluster_roles]
                )
            else:
                there = () if _binds_any(rights, claim) else local.get(claim.namespace, ())
                found = [role for role in there if names is None or role.metadata.name in names]
            yield from ((claim, roles, role) for role in found)


def _binds_any(rights: Rights, claim: Claim) -> bool:
    """Whether the same binding may bind any ClusterRole: then Roles are nothing more."""
    return any(
        held.bound is claim.bound and held.power.names is None for held in rights.held(f"bind clusterroles.{GROUP}")
    )


def offers(rights: Rights, snapshot: Snapshot) -> tuple[Offered, ...]:
    """What may be bound by name, each role once in each place."""
    found: dict[str, Offered] = {}
    for claim, resource, role in bindable(rights, snapshot):
        if role is None:
            continue
        binding = Binding(
            metadata=ObjectMeta(name=role.metadata.name, namespace=claim.namespace),
            role_ref=RoleReference(kind=KINDS[resource], name=role.metadata.name),
            source=role.source,
        )
        one = Offered(-1, binding, RuleSet(role.rules or ()))
        found.setdefault(one.key, one)
    return tuple(found.values())
