"""Cluster access: everybody who reaches the API from outside of its pods, by RBAC and by the cloud in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demarc.access.bindings import Bound
from demarc.access.cloud import aks, eks, gke
from demarc.access.cloud.logins import Login, Logins
from demarc.access.identity import ANONYMOUS, AUTHENTICATED, MASTERS, NODE_PREFIX, NODES, UNAUTHENTICATED, asker
from demarc.access.planes.ground import Ground, row
from demarc.access.planes.outside import outside_rows
from demarc.access.planes.powers import ordered
from demarc.access.planes.usage import grant_key
from demarc.model.access import SubjectRef
from demarc.model.duties import Plane
from demarc.model.evidence import Evidence, Grade
from demarc.model.planes import HolderKind, Member, PlaneRow, Power

_PODS: Final = "system:serviceaccounts"
_PEOPLE: Final = (HolderKind.PERSON, HolderKind.GROUP)


def logins_of(on: Ground) -> Logins:
    """Logins by the cloud, for the providers whose ways are known."""
    provider = on.inventory.cluster.provider
    if provider == "eks":
        return eks.logins(on.snapshot, on.described)
    if provider == "gke":
        return gke.logins(on.described)
    return aks.logins(on.described) if provider == "aks" else Logins(logins=(), unseen=())


def cluster_rows(on: Ground, found: Logins) -> Iterator[PlaneRow]:
    """All rows of the plane, unsorted; the same holder and grant may come twice where a binding says it twice."""
    lets_in = _LetIn(on, found)
    for bound in on.authorizer.bindings.all:
        for subject, _ in bound.subjects():
            if subject.kind == "ServiceAccount" or subject.name == _PODS or subject.name.startswith(f"{_PODS}:"):
                continue
            yield _bound(on, bound, subject, lets_in)
    for login in found.logins:
        yield from _login(on, login, lets_in)
    yield from outside_rows(on)
    yield from _seen_only(on)
    yield from _staff(on)


class _LetIn:
    """Logins by the user and groups that they come out as."""

    def __init__(self, on: Ground, found: Logins) -> None:
        self.complete = bool(found.logins) and not found.unseen
        self.users: dict[str, list[Login]] = {}
        self.groups: dict[str, list[Login]] = {}
        for login in found.logins:
            if login.user:
                self.users.setdefault(login.user, []).append(login)
            for group in login.groups:
                self.groups.setdefault(group, []).append(login)
        self.bound_users = {
            subject.name
            for bound in on.authorizer.bindings.all
            for subject, _ in bound.subjects()
            if subject.kind == "User"
        }
        self.bound_groups = {
            subject.name
            for bound in on.authorizer.bindings.all
            for subject, _ in bound.subjects()
            if subject.kind == "Group"
        }

    def through(self, subject: SubjectRef) -> tuple[Member, ...]:
        """Principals that come out as a user or group."""
        table = self.users if subject.kind == "User" else self.groups
        return tuple(
            Member(name=login.principal, kind=login.kind, by=login.by) for login in table.get(subject.name, ())
        )

    def is_bound(self, login: Login) -> bool:
        """Whether RBAC names what a login comes out as."""
        return login.user in self.bound_users or not self.bound_groups.isdisjoint(login.groups)


def kind_of(on: Ground, subject: SubjectRef) -> HolderKind:
    """What sort of holder the subject of a binding is."""
    name = subject.name
    if name in (ANONYMOUS, UNAUTHENTICATED):
        return HolderKind.ANONYMOUS
    if name == AUTHENTICATED:
        return HolderKind.EVERYBODY
    if name == MASTERS:
        return HolderKind.SHARED_ACCOUNT
    if name == NODES or name.startswith((NODE_PREFIX, "system:bootstrap")):
        return HolderKind.NODE
    kinds = on.kinds.get(f"{subject.kind}/{name}", ())
    if name.startswith("system:") or "system" in kinds:
        return HolderKind.PROVIDER_IDENTITY
    if subject.kind == "Group":
        return HolderKind.GROUP
    return HolderKind.CLOUD_PRINCIPAL if "cloud-identity" in kinds else HolderKind.PERSON


def _bound(on: Ground, bound: Bound, subject: SubjectRef, lets_in: _LetIn) -> PlaneRow:
    kind = kind_of(on, subject)
    members = lets_in.through(subject)
    if subject.kind == "Group" and kind is HolderKind.GROUP:
        members += on.directory.members(subject.name)
    role = bound.binding.role_ref
    kinds = {member.kind for member in members}
    if kind is HolderKind.PERSON and len(kinds) == 1:
        kind = kinds.pop()
    return row(
        on,
        Plane.CLUSTER,
        holder=str(subject),
        kind=kind,
        powers=on.powers[bound.order],
        over=(bound.namespace,) if bound.namespace else (),
        grant=f"{bound.key} of {role.kind} {role.name}",
        members=members,
        duty="identity.rbac",
        scope=on.scope_of(bound),
        evidence=(on.evidence_of(bound),),
        remarks=tuple(_remarks(on, bound, subject, kind, members, complete=lets_in.complete)),
        unknown=_lacks(on, bound),
        used=_used(on, str(subject), bound),
    )


def _lacks(on: Ground, bound: Bound) -> str:
    """Why the role behind a binding may be there all the same."""
    if not bound.missing:
        return ""
    kind = bound.binding.role_ref.kind
    return on.authorizer.seen.lacks(f"{'ClusterRole' if kind == 'ClusterRole' else 'Role'}.rbac.authorization.k8s.io")


def _used(on: Ground, holder: str, bound: Bound) -> dict[Power, str] | None:
    if on.uses is None:
        return None
    meta = bound.binding.metadata
    return on.uses.by_grant.get((holder, grant_key(bound.kind, meta.namespace, meta.name)), {})


def _remarks(
    on: Ground, bound: Bound, subject: SubjectRef, kind: HolderKind, members: tuple[Member, ...], *, complete: bool
) -> Iterator[str]:
    if bound.missing:
        yield "the role does not exist: it gives nothing now, and whatever is in it once somebody creates it"
    if kind in _PEOPLE:
        if left := on.directory.left(subject.name):
            yield left
        if not members and complete:
            yield f"no login that was seen comes out as this {subject.kind.lower()}"
    for member in members:
        if left := on.directory.left(member.name):
            yield left


def _login(on: Ground, login: Login, lets_in: _LetIn) -> Iterator[PlaneRow]:
    members = on.directory.members(login.principal) if login.kind is HolderKind.GROUP else ()
    remarks = list(login.remarks)
    names = (login.user, login.principal.rpartition("/")[2])
    if left := next((said for name in names if name and (said := on.directory.left(name))), ""):
        remarks.append(left)
    used = None
    if on.uses is not None:
        table = on.uses.by_principal if MASTERS in login.groups else on.uses.beyond_rbac
        used = table.get(login.principal, {})
    for direct in login.direct:
        yield row(
            on,
            Plane.CLUSTER,
            holder=login.principal,
            kind=login.kind,
            powers=direct.powers,
            over=direct.namespaces,
            grant=direct.grant,
            members=members,
            duty="cluster.authentication",
            scope=on.cluster,
            evidence=(direct.evidence,),
            remarks=tuple(remarks),
            unknown=direct.unknown or login.unknown,
            used=used,
        )
    powers, said = _plain(login, lets_in)
    if powers:
        yield row(
            on,
            Plane.CLUSTER,
            holder=login.principal,
            kind=login.kind,
            powers=powers,
            grant=f"{login.by} for {login.principal}" + (f" with group {said}" if said else ""),
            duty="cluster.authentication",
            scope=on.cluster,
            evidence=(login.evidence,),
            remarks=tuple(remarks),
            unknown=login.unknown,
            used=None if login.kind is HolderKind.NODE else used,
        )


def _plain(login: Login, lets_in: _LetIn) -> tuple[tuple[Power, ...], str]:
    """Powers of being let in by itself, beside policies and bindings; empty where others say it all."""
    if MASTERS in login.groups and login.by != "local accounts":
        return (Power.CLUSTER_ADMIN,), MASTERS
    if login.kind is HolderKind.NODE:
        return (Power.NODE_LEVEL,), NODES
    if login.direct or lets_in.is_bound(login):
        return (), ""
    return (Power.NONE,), ""


def _seen_only(on: Ground) -> Iterator[PlaneRow]:
    """Who shows up in the trail alone: client certificates, and callers in ``system:masters``."""
    if on.uses is None or on.uses.window is None:
        return
    origin = on.uses.window.origin
    for user, at in sorted({**on.uses.certificates, **on.uses.masters}.items()):
        masters, by_certificate = user in on.uses.masters, user in on.uses.certificates
        what = "a client certificate" if by_certificate else f"group {MASTERS}"
        held = (on.powers[bound.order] for bound in on.authorizer.bindings.everywhere(asker(user)))
        powers = [power for powers in held for power in powers]
        yield row(
            on,
            Plane.CLUSTER,
            holder=f"User {user}",
            kind=HolderKind.SHARED_ACCOUNT,
            powers=(Power.CLUSTER_ADMIN,) if masters else ordered(powers),
            grant=f"{what}, seen in the audit trail",
            duty="cluster.authentication",
            scope=on.cluster,
            evidence=(Evidence(says=f"{user} came with {what}, last at {at}, by {origin}", grade=Grade.WRITTEN),),
            remarks=("a certificate is valid until it ends: only the signing authority can be changed",)
            if by_certificate
            else ("no binding gives this, and none can take it away",),
            used=on.uses.by_principal.get(user, {}),
        )


def _staff(on: Ground) -> Iterator[PlaneRow]:
    cluster = on.inventory.cluster
    if cluster.provider == "self_managed" or not cluster.identified:
        return
    yield row(
        on,
        Plane.CLUSTER,
        holder=f"staff of the provider ({cluster.provider})",
        kind=HolderKind.PROVIDER_STAFF,
        powers=(Power.CLUSTER_ADMIN,),
        grant="operation of the control plane",
        duty="platform.staff-access",
        scope=on.cluster,
        evidence=cluster.evidence[:1],
        unknown="who at the provider can reach this cluster, and did, is not in what customers are given",
    )
