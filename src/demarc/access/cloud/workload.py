"""Roles of service accounts in a cloud, with both sides checked: what the account names, and whom the role trusts.

One side alone is a broken link, a side that was not given is unknown. Forms of the names are those of the EKS, GKE and
Entra Workload ID documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from demarc.access.cloud import gke
from demarc.access.cloud.answers import Verdict, answered, no, unknown, yes
from demarc.access.cloud.aws import (
    Policies,
    account_role,
    is_administrator,
    subjects,
    trusts_service,
    trusts_subject,
)
from demarc.inventory.records import Descriptions, dig, texts, true, words
from demarc.model.evidence import Evidence, Grade
from demarc.model.kubernetes import ServiceAccount
from demarc.model.planes import Power
from demarc.model.snapshot import Record, Snapshot

IRSA: Final = "eks.amazonaws.com/role-arn"
GKE: Final = "iam.gke.io/gcp-service-account"
ENTRA: Final = "azure.workload.identity/client-id"
_SUBJECT: Final = "system:serviceaccount:"
_ARN_COLONS: Final = 5
_IMPERSONATE: Final = ("roles/iam.workloadIdentityUser", "roles/iam.serviceAccountTokenCreator")
_GCP_ADMIN: Final = ("roles/owner", "roles/editor", "roles/resourcemanager.projectIamAdmin", "roles/iam.securityAdmin")


class Mapping(Struct, frozen=True, kw_only=True):
    """A service account and a role of the cloud."""

    account: str
    """``namespace/name``; ``namespace/*`` where every account of one is meant, ``*`` for all."""
    role: str
    """ARN, address of a service account, client id, or name of the role that is given directly."""
    way: str
    """``IRSA``, ``Pod Identity``, ``Workload Identity Federation``, ``Entra Workload ID``."""
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    powers: tuple[Power, ...]
    remarks: tuple[str, ...] = ()


def mappings(snapshot: Snapshot, described: Descriptions, provider: str) -> tuple[Mapping, ...]:
    """Every link between a service account and a role, sorted by account and role."""
    accounts = {item.key: item for item in snapshot.all("ServiceAccount", ServiceAccount)}
    found: list[Mapping] = []
    if provider not in ("gke", "aks"):
        amazon = _Amazon(snapshot, described)
        found += _irsa(accounts, amazon)
        found += _trusted_only(accounts, described)
        found += _pod_identity(snapshot, accounts, amazon)
    if provider == "gke":
        found += _gke(accounts, described)
    if provider == "aks":
        found += _entra(accounts, described)
    return tuple(sorted(found, key=lambda item: (item.account, item.role, item.way)))


def powers_of_role(name: str, policies: Policies) -> tuple[tuple[Power, ...], tuple[str, ...]]:
    """Powers of an IAM role as far as its policies were given, and what to know of that."""
    held = policies.of(name)
    if is_administrator(held):
        return (Power.CLOUD_ADMIN,), ()
    said = () if held.complete else ("not all of its policies were given: it may do more",)
    return (Power.CLOUD_ROLE,), said


def issuer_of(described: Descriptions) -> str:
    """The cluster's own OIDC issuer as host and path; empty where it was not given."""
    return words(described.cluster.body, "identity.oidc.issuer").removeprefix("https://") if described.cluster else ""


class _Amazon:
    """Roles and policies of AWS, indexed."""

    def __init__(self, snapshot: Snapshot, described: Descriptions) -> None:
        self.described = described
        self.policies = Policies(snapshot.records)
        self.roles = {words(item.body, "Arn"): item for item in described.of("aws.iamRole")}
        self._listed = described.listing("aws.iamRole") is not None
        self._accounts = {arn.split(":")[4] for arn in self.roles if arn.count(":") >= _ARN_COLONS}

    def role(self, arn: str) -> Record | Verdict:
        """The record of a role; else whether it is known not to exist, or was not given."""
        found = self.roles.get(arn)
        if found is not None:
            return found
        account = arn.split(":")[4] if arn.count(":") >= _ARN_COLONS else ""
        if self._listed and account in self._accounts:
            return no(f"the role {arn} does not exist: broken link")
        return unknown(f"the role was not given: aws iam get-role --role-name {account_role(arn)}")


def _irsa(accounts: dict[str, ServiceAccount], amazon: _Amazon) -> Iterator[Mapping]:
    issuer = issuer_of(amazon.described)
    for key, item in accounts.items():
        arn = item.annotations.get(IRSA, "")
        if not arn:
            continue
        evidence = [_named(key, IRSA, arn, item)]
        role = amazon.role(arn)
        if isinstance(role, Verdict):
            verdict = role
        elif not issuer:
            verdict = unknown("the cluster's OIDC issuer was not given: aws eks describe-cluster")
        else:
            subject = _SUBJECT + key.replace("/", ":", 1)
            audience = item.annotations.get("eks.amazonaws.com/audience", "sts.amazonaws.com")
            verdict = trusts_subject(role, issuer, subject, audience)
            evidence.append(answered(verdict.says, role))
        powers, said = powers_of_role(account_role(arn), amazon.policies)
        yield Mapping(
            account=key, role=arn, way="IRSA", verdict=verdict, evidence=tuple(evidence), powers=powers, remarks=said
        )


def _trusted_only(accounts: dict[str, ServiceAccount], described: Descriptions) -> Iterator[Mapping]:
    """Roles that trust an account which does not name them, or which is not there."""
    issuer = issuer_of(described)
    for role in described.of("aws.iamRole") if issuer else ():
        arn = words(role.body, "Arn")
        for subject in subjects(role, issuer):
            key = subject.removeprefix(_SUBJECT).replace(":", "/", 1)
            if any(sign in subject for sign in "*?"):
                yield Mapping(
                    account="*" if subject in ("*", f"{_SUBJECT}*") else key,
                    role=arn,
                    way="IRSA",
                    verdict=unknown(
                        f"{role.name} trusts every subject like {subject}: whoever can make such an account"
                    ),
                    evidence=(answered(f"the trust policy of {role.name} names {subject}", role),),
                    powers=(Power.CLOUD_ROLE,),
                    remarks=("wildcard in the trust policy",),
                )
            elif key not in accounts or accounts[key].annotations.get(IRSA) != arn:
                there = key in accounts
                says = (
                    f"{role.name} trusts {subject}, and that account does not name the role: broken link"
                    if there
                    else f"{role.name} trusts {subject}, which does not exist: whoever creates it gets the role"
                )
                yield Mapping(
                    account=key,
                    role=arn,
                    way="IRSA",
                    verdict=no(says) if accounts else unknown("service accounts were not seen"),
                    evidence=(answered(f"the trust policy of {role.name} names {subject}", role),),
                    powers=(Power.CLOUD_ROLE,),
                )


def _pod_identity(snapshot: Snapshot, accounts: dict[str, ServiceAccount], amazon: _Amazon) -> Iterator[Mapping]:
    described = amazon.described
    full = {item.name: item for item in described.of("eks.podIdentityAssociation") if words(item.body, "roleArn")}
    once = {item.name: full.get(item.name, item) for item in described.of("eks.podIdentityAssociation")}
    for record in once.values():
        key = f"{words(record.body, 'namespace')}/{words(record.body, 'serviceAccount')}"
        arn = words(record.body, "roleArn")
        evidence = [answered(f"Pod Identity association {record.name} of {key}", record)]
        verdict = _association(snapshot, accounts, amazon, (key, arn), evidence)
        powers, said = powers_of_role(account_role(arn), amazon.policies) if arn else ((Power.CLOUD_ROLE,), ())
        item = accounts.get(key)
        if item is not None and item.annotations.get(IRSA):
            said = (*said, f"the account has the annotation {IRSA} too, which SDKs look at first")
        yield Mapping(
            account=key,
            role=arn or f"role of association {record.name}",
            way="Pod Identity",
            verdict=verdict,
            evidence=tuple(evidence),
            powers=powers,
            remarks=said,
        )


def _association(
    snapshot: Snapshot,
    accounts: dict[str, ServiceAccount],
    amazon: _Amazon,
    link: tuple[str, str],
    evidence: list[Evidence],
) -> Verdict:
    key, arn = link
    if accounts and key not in accounts:
        return no(f"ServiceAccount {key} does not exist: whoever creates it gets the role")
    if not arn:
        return unknown("the association was listed and not described: aws eks describe-pod-identity-association")
    agent = _agent(snapshot, amazon.described)
    if agent is not None and not agent:
        return no("the Pod Identity agent does not run in this cluster")
    role = amazon.role(arn)
    if isinstance(role, Verdict):
        return role
    verdict = trusts_service(role, "pods.eks.amazonaws.com")
    evidence.append(answered(verdict.says, role))
    if agent is None and not verdict.unknown and verdict.holds:
        return unknown("whether the Pod Identity agent runs was not seen")
    return verdict


def _agent(snapshot: Snapshot, described: Descriptions) -> bool | None:
    """Whether the agent runs; None where that was not seen."""
    if described.cluster is not None and true(described.cluster.body, "computeConfig.enabled"):
        return True
    if any(item.name == "eks-pod-identity-agent" for item in described.of("eks.addon")):
        return True
    sets = snapshot.objects.get("DaemonSet.apps", ())
    if any("pod-identity-agent" in item.metadata.name for item in sets):
        return True
    return None if snapshot.missing("daemonsets.apps") or not sets else False


def _gke(accounts: dict[str, ServiceAccount], described: Descriptions) -> Iterator[Mapping]:
    pool = words(described.cluster.body, "workloadIdentityConfig.workloadPool") if described.cluster else ""
    is_off = described.cluster is not None and not pool and not true(described.cluster.body, "autopilot.enabled")
    policies = described.of("gcp.iamPolicy")
    for key, item in accounts.items():
        address = item.annotations.get(GKE, "")
        if not address:
            continue
        evidence = [_named(key, GKE, address, item)]
        verdict = _google_account(described, address)
        if verdict is None:
            verdict = (
                no("Workload Identity Federation is off in this cluster")
                if is_off
                else _impersonates(policies, key, pool, evidence)
            )
        yield Mapping(
            account=key,
            role=address,
            way="Workload Identity Federation",
            verdict=verdict,
            evidence=tuple(evidence),
            powers=_gcp_powers(policies, address),
        )
    yield from _google_trusts_only(accounts, policies, pool)
    yield from _direct_principals(accounts, policies, pool)


def _google_account(described: Descriptions, address: str) -> Verdict | None:
    """Why an account of Google cannot be acted by: it is gone or disabled; None where nothing stands against it."""
    known = {item.name: item for item in described.of("gcp.serviceAccount")}
    found = known.get(address)
    if found is not None:
        return no(f"the service account {address} is disabled") if true(found.body, "disabled") else None
    projects = {name.partition("@")[2] for name in known}
    is_listed = described.listing("gcp.serviceAccount") is not None and address.partition("@")[2] in projects
    return no(f"the service account {address} does not exist: broken link") if is_listed else None


def _google_trusts_only(
    accounts: dict[str, ServiceAccount], policies: tuple[Record, ...], pool: str
) -> Iterator[Mapping]:
    """Accounts of Google that trust an account which names none, or which is not there."""
    for record in policies:
        for role, members, _ in gke.bindings(record):
            for member in members if role in _IMPERSONATE else ():
                trusted, _, rest = member.removeprefix("serviceAccount:").partition("[")
                key = rest.removesuffix("]")
                if not rest or not trusted.endswith(".svc.id.goog") or (pool and trusted != pool):
                    continue
                item = accounts.get(key)
                if item is not None and item.annotations.get(GKE):
                    continue
                names = "does not name it: broken link" if item else "does not exist: whoever creates it may act by it"
                yield Mapping(
                    account=key,
                    role=record.name or f"service account with {role} for {key}",
                    way="Workload Identity Federation",
                    verdict=no(f"an IAM policy gives {role} to ServiceAccount {key}, which {names}")
                    if accounts
                    else unknown("service accounts were not seen"),
                    evidence=(answered(f"an IAM policy gives {role} to {member}", record),),
                    powers=(Power.CLOUD_ROLE,),
                )


def _impersonates(policies: tuple[Record, ...], key: str, pool: str, evidence: list[Evidence]) -> Verdict:
    for record in policies:
        for role, members, condition in gke.bindings(record):
            wanted = [name for name in members if name.endswith(f"[{key}]") and ".svc.id.goog[" in name]
            wanted = [name for name in wanted if not pool or name == f"serviceAccount:{pool}[{key}]"]
            if role in _IMPERSONATE and wanted:
                evidence.append(answered(f"an IAM policy gives {role} to {wanted[0]}", record))
                if condition:
                    return unknown(f"it holds only under a condition that was not evaluated: {condition}")
                return yes(f"an IAM policy lets {key} act as a service account of the project")
    return unknown(
        "no given policy lets the account act as it; its own was perhaps not given: gcloud iam service-accounts "
        "get-iam-policy"
    )


def _direct_principals(
    accounts: dict[str, ServiceAccount], policies: tuple[Record, ...], pool: str
) -> Iterator[Mapping]:
    for record in policies:
        for role, members, condition in gke.bindings(record):
            for member in members:
                key = _account_of(member, pool)
                if not key:
                    continue
                gone = "*" not in key and accounts and key not in accounts
                verdict = yes(f"an IAM policy gives {role} to {member}")
                if condition:
                    verdict = unknown(f"it holds only under a condition that was not evaluated: {condition}")
                if gone:
                    verdict = no(f"ServiceAccount {key} does not exist: whoever creates it gets {role}")
                yield Mapping(
                    account=key,
                    role=f"{role} given directly",
                    way="Workload Identity Federation",
                    verdict=verdict,
                    evidence=(answered(f"an IAM policy gives {role} to {member}", record),),
                    powers=(Power.CLOUD_ADMIN,) if role in _GCP_ADMIN else (Power.CLOUD_ROLE,),
                )


def _account_of(member: str, pool: str) -> str:
    """The account that a principal of a workload pool means; empty for others and for other pools."""
    if "/workloadIdentityPools/" not in member or ".svc.id.goog/" not in member:
        return ""
    named, _, rest = member.partition("/workloadIdentityPools/")[2].partition("/")
    if pool and named != pool:
        return ""
    parts = rest.split("/")
    if parts[:2] == ["subject", "ns"] and len(parts) == 5:
        return f"{parts[2]}/{parts[4]}"
    if parts[0] == "namespace" and len(parts) == 2:
        return f"{parts[1]}/*"
    return "*"


def _gcp_powers(policies: tuple[Record, ...], address: str) -> tuple[Power, ...]:
    held = {
        role
        for record in policies
        for role, members, _ in gke.bindings(record)
        if f"serviceAccount:{address}" in members
    }
    return (Power.CLOUD_ADMIN,) if held & set(_GCP_ADMIN) else (Power.CLOUD_ROLE,)


def _entra(accounts: dict[str, ServiceAccount], described: Descriptions) -> Iterator[Mapping]:
    issuer = words(described.cluster.body, "oidcIssuerProfile.issuerURL") if described.cluster else ""
    known = described.of("azure.federatedCredential")
    identities = {words(item.body, "clientId").lower(): item.name for item in described.of("azure.managedIdentity")}
    for key, item in accounts.items():
        client = item.annotations.get(ENTRA, "")
        if not client:
            continue
        evidence = [_named(key, ENTRA, client, item)]
        identity = identities.get(client.lower(), "")
        is_gone = described.listing("azure.managedIdentity") is not None and not identity and bool(identities)
        verdict = _federated(known, key, issuer, identity, evidence, is_gone=is_gone)
        yield Mapping(
            account=key,
            role=client,
            way="Entra Workload ID",
            verdict=verdict,
            evidence=tuple(evidence),
            powers=(Power.CLOUD_ROLE,),
            remarks=("only pods with the label azure.workload.identity/use get it",),
        )
    named = {key for key, item in accounts.items() if item.annotations.get(ENTRA)}
    for record in known:
        key = words(record.body, "subject").removeprefix(_SUBJECT).replace(":", "/", 1)
        if not words(record.body, "subject").startswith(_SUBJECT) or key in named:
            continue
        if issuer and words(record.body, "issuer").rstrip("/") != issuer.rstrip("/"):
            continue
        there = key in accounts
        says = "does not name it: broken link" if there else "does not exist: whoever creates it gets the role"
        yield Mapping(
            account=key,
            role=record.parent or record.name,
            way="Entra Workload ID",
            verdict=no(f"a federated credential trusts ServiceAccount {key}, which {says}")
            if accounts and issuer
            else unknown("service accounts or the cluster's issuer were not seen"),
            evidence=(answered(f"federated credential {record.name} trusts {key}", record),),
            powers=(Power.CLOUD_ROLE,),
        )


def _federated(
    known: tuple[Record, ...], key: str, issuer: str, identity: str, evidence: list[Evidence], *, is_gone: bool
) -> Verdict:
    subject = _SUBJECT + key.replace("/", ":", 1)
    fitting = [item for item in known if words(item.body, "subject") == subject]
    fitting = [item for item in fitting if not identity or not item.parent or item.parent == identity]
    if not fitting and is_gone:
        return no("no managed identity has this client id: broken link, unless it is of an app registration")
    if not fitting:
        return unknown(
            "no given federated credential trusts the account; perhaps those of its identity were not given: "
            "az identity federated-credential list"
        )
    record = fitting[0]
    evidence.append(answered(f"federated credential {record.name} trusts {subject}", record))
    if not issuer:
        return unknown("the cluster's OIDC issuer was not given: az aks show")
    if all(words(item.body, "issuer").rstrip("/") != issuer.rstrip("/") for item in fitting):
        return no("the federated credential trusts another cluster's issuer: broken link")
    if "api://AzureADTokenExchange" not in texts(dig(record.body, "audiences")):
        return no("the federated credential asks for another audience")
    return yes(f"federated credential {record.name} trusts the account")


def _named(key: str, annotation: str, value: str, item: ServiceAccount) -> Evidence:
    return Evidence(
        says=f"ServiceAccount {key} has annotation {annotation}: {value}", grade=Grade.WRITTEN, source=item.source
    )
