"""Who logs in to a GKE cluster: members of IAM policies by their roles, and the old shared credentials.

IAM and RBAC add up: either one is enough (GKE documentation, IAM and RBAC). A policy does not say what it is the policy
of; policies that hold only roles of service accounts are left to the roles of workloads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from demarc.access.cloud.logins import Direct, Login, Logins
from demarc.inventory.records import Descriptions, dig, texts, true, words
from demarc.model.evidence import Evidence, Grade
from demarc.model.planes import HolderKind, Power
from demarc.model.snapshot import Record

_DEVELOPER: Final = (Power.SECRETS_READ, Power.WORKLOAD_WRITE, Power.EXEC, Power.WRITE, Power.READ_ONLY)
ROLES: Final[dict[str, tuple[Power, ...]]] = {
    "roles/owner": (Power.CLUSTER_ADMIN, Power.CLOUD_ADMIN),
    "roles/editor": (Power.CLOUD_ADMIN, *_DEVELOPER),
    "roles/viewer": (Power.READ_ONLY,),
    "roles/container.admin": (Power.CLUSTER_ADMIN, Power.CLOUD_ADMIN),
    "roles/container.clusterAdmin": (Power.CLOUD_ADMIN,),
    "roles/container.developer": _DEVELOPER,
    "roles/container.viewer": (Power.READ_ONLY,),
    "roles/container.clusterViewer": (Power.NONE,),
}
"""Roles of IAM that reach a cluster's API, and what for."""

_KINDS: Final = {
    "user": HolderKind.PERSON,
    "group": HolderKind.GROUP,
    "serviceAccount": HolderKind.CLOUD_PRINCIPAL,
    "domain": HolderKind.GROUP,
    "principal": HolderKind.CLOUD_PRINCIPAL,
    "principalSet": HolderKind.CLOUD_PRINCIPAL,
    "allUsers": HolderKind.ANONYMOUS,
    "allAuthenticatedUsers": HolderKind.EVERYBODY,
}
_SERVICE_AGENT: Final = (".iam.gserviceaccount.com", "@container-engine-robot")


def logins(described: Descriptions) -> Logins:
    """Every member with a role that reaches the cluster, and shared credentials that are on."""
    found = [*_members(described), *(_shared(described.cluster) if described.cluster else ())]
    unseen = []
    if described.cluster is None:
        unseen.append("gcloud container clusters describe was not given: shared credentials are unknown")
    if not described.of("gcp.iamPolicy"):
        unseen.append("IAM policies were not given: gcloud projects get-iam-policy")
    else:
        unseen.append("IAM policies of folders and the organisation, which are inherited, are not in what was given")
    return Logins(logins=tuple(found), unseen=tuple(unseen))


def bindings(record: Record) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Role, members and condition of each binding of a policy; the condition is empty where there is none."""
    found = dig(record.body, "bindings")
    for item in found if isinstance(found, list) else ():
        title = words(item, "condition.title") or words(item, "condition.expression")
        condition = title or ("a condition" if dig(item, "condition") else "")
        yield words(item, "role"), texts(dig(item, "members")), condition


def _members(described: Descriptions) -> Iterator[Login]:
    for record in described.of("gcp.iamPolicy"):
        for role, members, condition in bindings(record):
            powers = ROLES.get(role)
            custom = powers is None and role.startswith(("projects/", "organizations/"))
            if powers is None and not custom:
                continue
            for member in members:
                yield _member(member, role, powers, condition, record)


def _member(member: str, role: str, powers: tuple[Power, ...] | None, condition: str, record: Record) -> Login:
    sort, _, name = member.partition(":")
    deleted = sort == "deleted"
    if deleted:
        sort, _, name = name.partition(":")
    kind = _KINDS.get(sort, HolderKind.CLOUD_PRINCIPAL)
    name = name.partition("?")[0] or sort
    if kind is HolderKind.CLOUD_PRINCIPAL and _SERVICE_AGENT[1] in name:
        kind = HolderKind.PROVIDER_IDENTITY
    evidence = Evidence(says=f"an IAM policy gives {role} to {member}", grade=Grade.ANSWERED, source=record.source)
    unknown = f"it holds only under a condition that was not evaluated: {condition}" if condition else ""
    if powers is None:
        unknown = unknown or f"what the custom role {role} gives was not given: gcloud iam roles describe"
    direct = Direct(
        grant=f"IAM role {role} to {member}",
        powers=powers or (Power.READ_ONLY,),
        namespaces=(),
        evidence=evidence,
        unknown=unknown,
    )
    return Login(
        principal=name,
        kind=kind,
        by=f"IAM role {role}",
        user="" if kind is HolderKind.GROUP else name,
        groups=(name,) if sort == "group" else (),
        evidence=evidence,
        direct=(direct,),
        remarks=("the member has been deleted",) if deleted else (),
    )


def _shared(cluster: Record) -> Iterator[Login]:
    body: Any = cluster.body
    if words(body, "masterAuth.clientCertificate"):
        yield _account("client certificate of the cluster", "masterAuth.clientCertificate", "client", cluster, ())
    if words(body, "masterAuth.username"):
        yield _account("basic authentication", "masterAuth.username", "admin", cluster, (Power.CLUSTER_ADMIN,))
    if true(body, "legacyAbac.enabled"):
        yield _account("legacy ABAC", "legacyAbac.enabled", "", cluster, (Power.CLUSTER_ADMIN,))


def _account(title: str, field: str, user: str, cluster: Record, powers: tuple[Power, ...]) -> Login:
    evidence = Evidence(
        says=f"the provider describes {cluster.name} with {field}", grade=Grade.ANSWERED, source=cluster.source
    )
    direct = Direct(grant=title, powers=powers, namespaces=(), evidence=evidence)
    return Login(
        principal=title,
        kind=HolderKind.SHARED_ACCOUNT,
        by=field,
        user=user,
        evidence=evidence,
        direct=(direct,) if powers else (),
        remarks=("nobody's own: it cannot be told who used it",),
    )
