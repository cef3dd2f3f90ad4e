"""Who logs in to an AKS cluster: administrators by group, Azure roles on the cluster, and its local accounts.

Local accounts are on unless the cluster says otherwise, and whoever may list their credentials is an administrator whom
no audit trail names (AKS documentation, local accounts). Roles count where their scope covers the cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from demarc.access.cloud.answers import answered
from demarc.access.cloud.logins import Direct, Login, Logins
from demarc.inventory.records import Descriptions, dig, texts, true, words
from demarc.model.planes import HolderKind, Power
from demarc.model.snapshot import Record

_WRITER: Final = (Power.SECRETS_READ, Power.WORKLOAD_WRITE, Power.EXEC, Power.WRITE, Power.READ_ONLY)


class AzureRole(Struct, frozen=True, kw_only=True):
    """A built-in role, as far as it reaches a cluster."""

    name: str
    data: tuple[Power, ...] = ()
    """Powers in the cluster, where Azure RBAC decides there."""
    lists_admin: bool = False
    """Lists the credentials of the local administrator."""
    powers: tuple[Power, ...] = ()
    """Powers over the cluster as a resource."""


ROLES: Final[dict[str, AzureRole]] = {
    "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b": AzureRole(
        name="Azure Kubernetes Service RBAC Cluster Admin", data=(Power.CLUSTER_ADMIN,)
    ),
    "3498e952-d568-435e-9b2c-8d77e338d7f7": AzureRole(
        name="Azure Kubernetes Service RBAC Admin", data=(Power.RBAC_WRITE, *_WRITER)
    ),
    "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb": AzureRole(name="Azure Kubernetes Service RBAC Writer", data=_WRITER),
    "7f6c6a51-bcf8-42ba-9220-52d62157d7db": AzureRole(
        name="Azure Kubernetes Service RBAC Reader", data=(Power.READ_ONLY,)
    ),
    "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8": AzureRole(
        name="Azure Kubernetes Service Cluster Admin Role", lists_admin=True
    ),
    "4abbcc35-e782-43d8-92c5-2d3f1bd2253f": AzureRole(name="Azure Kubernetes Service Cluster User Role"),
    "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8": AzureRole(
        name="Azure Kubernetes Service Contributor Role", lists_admin=True, powers=(Power.CLOUD_ADMIN,)
    ),
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": AzureRole(name="Owner", lists_admin=True, powers=(Power.CLOUD_ADMIN,)),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": AzureRole(
        name="Contributor", lists_admin=True, powers=(Power.CLOUD_ADMIN,)
    ),
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": AzureRole(name="User Access Administrator", powers=(Power.CLOUD_ADMIN,)),
}
"""Built-in roles by the end of their id (Azure built-in roles, containers and general)."""

_BY_NAME: Final = {role.name.lower(): role for role in ROLES.values()}
_KINDS: Final = {
    "user": HolderKind.PERSON,
    "group": HolderKind.GROUP,
    "foreigngroup": HolderKind.GROUP,
    "serviceprincipal": HolderKind.CLOUD_PRINCIPAL,
}


def logins(described: Descriptions) -> Logins:
    """Every principal with a role that reaches the cluster, administrators by group, and the local accounts."""
    cluster = described.cluster
    if cluster is None:
        return Logins(logins=(), unseen=("az aks show was not given: who logs in to the cluster is unknown",))
    names = _names(described)
    found = [*_groups(cluster, names), *_local(cluster)]
    unseen: list[str] = []
    if not described.given("azure.roleAssignment"):
        unseen.append(
            "Azure role assignments were not given: az role assignment list --scope CLUSTER --include-inherited"
        )
    found += _assigned(cluster, described, names)
    return Logins(logins=tuple(found), unseen=tuple(unseen))


def local_accounts(cluster: Record) -> bool:
    """Whether local accounts are on: they are unless the cluster says that they are off."""
    return not true(cluster.body, "disableLocalAccounts")


def role_of(record: Record) -> AzureRole | None:
    """The built-in role of an assignment, by id or name; None for others."""
    identifier = words(record.body, "roleDefinitionId").rpartition("/")[2].lower()
    return ROLES.get(identifier) or _BY_NAME.get(words(record.body, "roleDefinitionName").lower())


def scope_covers(scope: str, cluster_id: str) -> bool | str:
    """Whether a scope covers the cluster: True, False, or the namespace that it is limited to."""
    given, wanted = scope.rstrip("/").lower(), cluster_id.rstrip("/").lower()
    if not wanted:
        return False
    if given.startswith(f"{wanted}/namespaces/"):
        return scope.rstrip("/").rpartition("/")[2]
    return given in ("", wanted) or wanted.startswith(f"{given}/") or "/managementgroups/" in given


def _names(described: Descriptions) -> dict[str, str]:
    """Names of principals by object id, as directory exports and identities tell them."""
    found: dict[str, str] = {}
    for kind in ("directory.group", "directory.user", "azure.servicePrincipal"):
        for record in described.of(kind):
            if identifier := words(record.body, "id"):
                found[identifier.lower()] = record.name
    for record in described.of("azure.managedIdentity"):
        if identifier := words(record.body, "principalId"):
            found[identifier.lower()] = record.name
    return found


def _groups(cluster: Record, names: dict[str, str]) -> Iterator[Login]:
    for identifier in texts(dig(cluster.body, "aadProfile.adminGroupObjectIDs")):
        name = names.get(identifier.lower(), "")
        evidence = answered(f"{cluster.name} has {identifier} among aadProfile.adminGroupObjectIDs", cluster)
        yield Login(
            principal=f"{name} ({identifier})" if name else identifier,
            kind=HolderKind.GROUP,
            by="aadProfile.adminGroupObjectIDs",
            groups=(identifier,),
            evidence=evidence,
            direct=(
                Direct(
                    grant=f"aadProfile.adminGroupObjectIDs: {identifier}",
                    powers=(Power.CLUSTER_ADMIN,),
                    namespaces=(),
                    evidence=evidence,
                ),
            ),
        )


def _local(cluster: Record) -> Iterator[Login]:
    if not local_accounts(cluster):
        return
    stated = dig(cluster.body, "disableLocalAccounts") is False
    says = "disableLocalAccounts is false" if stated else "disableLocalAccounts is not set, so local accounts are on"
    evidence = answered(f"{cluster.name}: {says}", cluster)
    yield Login(
        principal="local administrator (az aks get-credentials --admin)",
        kind=HolderKind.SHARED_ACCOUNT,
        by="local accounts",
        user="masterclient",
        groups=("system:masters",),
        evidence=evidence,
        direct=(Direct(grant="local accounts", powers=(Power.CLUSTER_ADMIN,), namespaces=(), evidence=evidence),),
        remarks=(
            "nobody's own: it cannot be told who used it",
            "after switching it off, rotate the certificates of the cluster",
        ),
    )


def _assigned(cluster: Record, described: Descriptions, names: dict[str, str]) -> Iterator[Login]:
    cluster_id = words(cluster.body, "id")
    for record in described.of("azure.roleAssignment"):
        covers = scope_covers(words(record.body, "scope"), cluster_id)
        role = role_of(record)
        if covers is False:
            continue
        given_name = (
            words(record.body, "roleDefinitionName") or words(record.body, "roleDefinitionId").rpartition("/")[2]
        )
        identifier = words(record.body, "principalId")
        name = words(record.body, "principalName") or names.get(identifier.lower(), "")
        kind = _KINDS.get(words(record.body, "principalType").lower(), HolderKind.CLOUD_PRINCIPAL)
        yield Login(
            principal=f"{name} ({identifier})" if name and name != identifier else identifier,
            kind=kind,
            by=f"Azure role {role.name if role else given_name}",
            user=name if kind is HolderKind.PERSON else identifier if kind is HolderKind.CLOUD_PRINCIPAL else "",
            groups=(identifier,) if kind is HolderKind.GROUP else (),
            evidence=answered(
                f"Azure role {role.name if role else given_name} is assigned to {name or identifier}", record
            ),
            direct=tuple(_direct(cluster, record, role, given_name, covers)),
        )


def _direct(
    cluster: Record, record: Record, role: AzureRole | None, given_name: str, covers: bool | str
) -> Iterator[Direct]:
    where = words(record.body, "scope")
    evidence = answered(f"role assignment at {where or '/'}", record)
    namespaces = (covers,) if isinstance(covers, str) else ()
    condition = "it holds only under a condition that was not evaluated" if words(record.body, "condition") else ""
    grant = f"Azure role {role.name if role else given_name} at {where or '/'}"
    if role is None:
        says = f"what the role {given_name} gives was not given: az role definition list"
        yield Direct(grant=grant, powers=(Power.READ_ONLY,), namespaces=namespaces, evidence=evidence, unknown=says)
        return
    powers = list(role.powers)
    if role.lists_admin and local_accounts(cluster):
        powers.insert(0, Power.CLUSTER_ADMIN)
    if role.data and true(cluster.body, "aadProfile.enableAzureRBAC"):
        powers = [*role.data, *powers]
    yield Direct(
        grant=grant, powers=tuple(powers) or (Power.NONE,), namespaces=namespaces, evidence=evidence, unknown=condition
    )
