"""Who logs in to an EKS cluster: access entries with their policies, ``aws-auth``, and the principal that made it.

Access entries stand before ``aws-auth`` for the same ARN, and each counts only under the authentication modes that read
it (EKS user guide, access entries). What RBAC gives to the names that come out of it is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from demarc.access.cloud.answers import answered
from demarc.access.cloud.aws import trusted_issuers, trusts_service
from demarc.access.cloud.logins import Direct, Login, Logins
from demarc.collect.external.yamlfile import HostileYaml, documents
from demarc.inventory.records import Descriptions, dig, texts, true, words
from demarc.model.evidence import Evidence, Grade
from demarc.model.kubernetes import ConfigMap
from demarc.model.planes import HolderKind, Power
from demarc.model.snapshot import Record, Snapshot

_VIEW: Final = (Power.READ_ONLY,)
_EDIT: Final = (
    *(Power.IMPERSONATE, Power.CREDENTIALS, Power.SECRETS_READ, Power.WORKLOAD_WRITE, Power.EXEC, Power.WRITE),
    Power.READ_ONLY,
)
_ADMIN: Final = (Power.IMPERSONATE, Power.RBAC_WRITE, *_EDIT[1:])
POLICIES: Final[dict[str, tuple[Power, ...]]] = {
    "AmazonEKSClusterAdminPolicy": (Power.CLUSTER_ADMIN,),
    "AmazonEKSAdminPolicy": _ADMIN,
    "AmazonEKSEditPolicy": _EDIT,
    "AmazonEKSViewPolicy": _VIEW,
    "AmazonEKSAdminViewPolicy": (Power.SECRETS_READ, Power.READ_ONLY),
    "AmazonEKSSecretReaderPolicy": (Power.SECRETS_READ, Power.READ_ONLY),
    "AmazonEKSClusterInsightsPolicy": _VIEW,
    "AmazonEKSAutoNodePolicy": (Power.WRITE, Power.READ_ONLY),
    "AmazonEKSBlockStoragePolicy": (Power.WRITE, Power.READ_ONLY),
    "AmazonEKSBlockStorageClusterPolicy": (Power.WRITE, Power.READ_ONLY),
    "AmazonEKSComputePolicy": (Power.WRITE, Power.READ_ONLY),
    "AmazonEKSComputeClusterPolicy": (Power.WRITE, Power.READ_ONLY),
    "AmazonEKSLoadBalancingPolicy": (Power.WRITE, Power.READ_ONLY),
    "AmazonEKSLoadBalancingClusterPolicy": (Power.WRITE, Power.READ_ONLY),
    "AmazonEKSNetworkingPolicy": (Power.WRITE, Power.READ_ONLY),
    "AmazonEKSNetworkingClusterPolicy": (Power.WRITE, Power.READ_ONLY),
    "AmazonEKSHybridPolicy": _VIEW,
}
"""Access policies of EKS and what they are good for (EKS user guide, access policy permissions)."""

PIPELINE_ISSUERS: Final = (
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "agent.buildkite.com",
    "oidc.circleci.com",
)
_SSO: Final = "aws-reserved/sso.amazonaws.com/"
_AWS_AUTH: Final = "kube-system/aws-auth"


def logins(snapshot: Snapshot, described: Descriptions) -> Logins:
    """Every principal that EKS lets in, once for each way."""
    roles = {words(item.body, "Arn"): item for item in described.of("aws.iamRole")}
    mode = words(described.cluster.body, "accessConfig.authenticationMode") if described.cluster else ""
    entries = () if mode == "CONFIG_MAP" else tuple(_entries(described, roles))
    taken = {item.principal for item in entries}
    mapped, broken = _mapped(snapshot, roles, taken) if mode != "API" else ((), "")
    creator = tuple(_creator(described, mode, taken))
    return Logins(
        logins=(*entries, *mapped, *creator),
        unseen=tuple(part for part in (broken, *_unseen(snapshot, described, mode)) if part),
    )


def kind_of(arn: str, entry_type: str, roles: dict[str, Record]) -> HolderKind:
    """What sort of principal an ARN is, by its form, the type of its entry, and whom the role trusts."""
    if entry_type not in ("", "STANDARD") or ":role/aws-service-role/" in arn:
        return (
            HolderKind.NODE
            if entry_type.startswith(("EC2", "FARGATE", "HYBRID", "HYPERPOD"))
            else (HolderKind.PROVIDER_IDENTITY)
        )
    if _SSO in arn or "AWSReservedSSO_" in arn:
        return HolderKind.GROUP
    if ":user/" in arn:
        return HolderKind.PERSON
    role = roles.get(arn)
    if role is not None:
        if any(issuer.startswith(PIPELINE_ISSUERS) for issuer in trusted_issuers(role)):
            return HolderKind.PIPELINE
        if trusts_service(role, "ec2.amazonaws.com").holds:
            return HolderKind.NODE
    return HolderKind.CLOUD_PRINCIPAL


def _entries(described: Descriptions, roles: dict[str, Record]) -> Iterator[Login]:
    policies: dict[str, Record] = {item.name: item for item in described.of("eks.associatedAccessPolicies")}
    seen: set[str] = set()
    for record in described.of("eks.accessEntry"):
        seen.add(record.name)
        yield _entry(record, policies.get(record.name), roles)
    for listing in described.of("eks.accessEntryList"):
        for name in texts(dig(listing.body, "names")):
            if name in seen:
                continue
            seen.add(name)
            yield Login(
                principal=name,
                kind=kind_of(name, "", roles),
                by="access entry",
                evidence=answered(f"EKS lists an access entry for {name}", listing),
                direct=tuple(_direct(name, policies.get(name))),
                unknown="its access entry was listed and not described: aws eks describe-access-entry",
            )


def _entry(record: Record, policies: Record | None, roles: dict[str, Record]) -> Login:
    body, arn = record.body, record.name
    kind = kind_of(arn, words(body, "type"), roles)
    remarks = []
    if arn.partition(":iam::")[2] and ":role/" in arn and roles and arn not in roles and _SSO not in arn:
        remarks.append("the role itself was not among the given ones")
    return Login(
        principal=arn,
        kind=kind,
        by="access entry",
        user=words(body, "username"),
        groups=texts(dig(body, "kubernetesGroups")),
        evidence=answered(f"access entry for {arn}, type {words(body, 'type') or 'STANDARD'}", record),
        direct=tuple(_direct(arn, policies)),
        remarks=tuple(remarks),
    )


def _direct(arn: str, record: Record | None) -> Iterator[Direct]:
    found = dig(record.body, "associatedAccessPolicies") if record else None
    for item in found if isinstance(found, list) else ():
        name = words(item, "policyArn").rpartition("/")[2]
        if not name or record is None:
            continue
        in_namespaces = words(item, "accessScope.type") == "namespace"
        powers = POLICIES.get(name)
        yield Direct(
            grant=f"access policy {name} of the access entry {arn}",
            powers=powers or (Power.WRITE,),
            namespaces=texts(dig(item, "accessScope.namespaces")) if in_namespaces else (),
            evidence=answered(f"{name} is associated with the access entry of {arn}", record),
            unknown="" if powers else f"what the access policy {name} gives is not known",
        )


def _mapped(snapshot: Snapshot, roles: dict[str, Record], taken: set[str]) -> tuple[tuple[Login, ...], str]:
    for item in snapshot.all("ConfigMap", ConfigMap):
        if item.key != _AWS_AUTH:
            continue
        found: list[Login] = []
        broken = ""
        for key, field in (("mapRoles", "rolearn"), ("mapUsers", "userarn")):
            try:
                read = documents(item.settings.get(key, ""))
            except HostileYaml:
                broken = f"{key} of ConfigMap {_AWS_AUTH} cannot be read: who logs in by it is unknown"
                continue
            entries = _objects(read[0] if read else None)
            found += [_mapping(entry, (key, field), item, roles, taken) for entry in entries]
        return tuple(login for login in found if login.principal), broken
    return (), ""


def _mapping(
    entry: dict[str, Any], fields: tuple[str, str], item: ConfigMap, roles: dict[str, Record], taken: set[str]
) -> Login:
    key, field = fields
    arn = words(entry, field)
    remarks = (
        ["an access entry for the same principal stands before it: this line has no effect"] if arn in taken else []
    )
    if arn.partition(":iam::")[2] and ":role/" in arn and roles and arn not in roles and arn not in taken:
        remarks.append("the role itself was not among the given ones: who makes one of this name is let in")
    return Login(
        principal=arn,
        kind=HolderKind.NODE if words(entry, "username").startswith("system:node:") else kind_of(arn, "", roles),
        by=f"aws-auth {key}",
        user=words(entry, "username") or arn,
        groups=() if arn in taken else texts(entry.get("groups")),
        evidence=Evidence(says=f"{key} of ConfigMap {_AWS_AUTH} maps {arn}", grade=Grade.WRITTEN, source=item.source),
        remarks=tuple(remarks),
    )


def _creator(described: Descriptions, mode: str, taken: set[str]) -> Iterator[Login]:
    """Under CONFIG_MAP the principal that made the cluster is an administrator that no list shows."""
    cluster = described.cluster
    if cluster is None or mode not in ("", "CONFIG_MAP"):
        return
    if mode == "" and (taken or dig(cluster.body, "accessConfig") is not None):
        return
    if dig(cluster.body, "accessConfig") is not None and not true(
        cluster.body, "accessConfig.bootstrapClusterCreatorAdminPermissions"
    ):
        return
    says = f"{cluster.name} authenticates by ConfigMap: who made it stays in system:masters, and no list shows it"
    evidence = answered(says, cluster)
    yield Login(
        principal="the principal that made the cluster",
        kind=HolderKind.SHARED_ACCOUNT,
        by="creation of the cluster",
        evidence=evidence,
        direct=(
            Direct(grant="creation of the cluster", powers=(Power.CLUSTER_ADMIN,), namespaces=(), evidence=evidence),
        ),
        remarks=("who that is stands in CloudTrail: CreateCluster",),
    )


def _unseen(snapshot: Snapshot, described: Descriptions, mode: str) -> Iterator[str]:
    if described.cluster is None:
        yield "aws eks describe-cluster was not given: how the cluster authenticates is unknown"
    if mode != "CONFIG_MAP" and not described.given("eks.accessEntry"):
        yield "access entries were not given: aws eks list-access-entries, describe-access-entry"
    described_entries = {item.name for item in described.of("eks.accessEntry")}
    lacking = described_entries - {item.name for item in described.of("eks.associatedAccessPolicies")}
    people = sorted(name for name in lacking if "STANDARD" in _type(described, name))
    if people:
        yield (
            f"access policies of {len(people)} access entries were not given: aws eks list-associated-access-policies "
            f"({', '.join(people[:3])}{', ...' if len(people) > 3 else ''})"
        )
    gap = snapshot.missing("configmaps")
    if mode != "API" and gap is not None:
        yield f"ConfigMap {_AWS_AUTH} was not seen ({gap.reason.value})"


def _type(described: Descriptions, name: str) -> str:
    found = (words(item.body, "type") for item in described.of("eks.accessEntry") if item.name == name)
    return next(found, "") or "STANDARD"


def _objects(value: Any) -> tuple[dict[str, Any], ...]:
    return tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()
