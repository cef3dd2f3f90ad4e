"""Checks of roles of the cloud that the cluster carries: of nodes, and of service accounts with both sides looked at.

Which account acts as which role is answered in ``access.cloud``, as paths ask it. Here is only what is too much, too
wide, or broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from demarc.access.cloud import gke
from demarc.access.cloud.answers import Answer
from demarc.access.cloud.aws import Permissions, account_role, is_administrator, statements
from demarc.access.cloud.metadata import NodeRole
from demarc.access.cloud.workload import Mapping, issuer_of
from demarc.access.techniques.outside import outside
from demarc.inventory.records import dig, texts, words
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.model.snapshot import Record
from demarc.posture.checks.described import command
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_BROAD: Final = ("FullAccess", "Administrator", "PowerUser")
"""Parts of the names of managed policies that give a whole service, or all of them."""
_SENSITIVE: Final = (
    "*",
    "iam:*",
    "sts:*",
    "s3:*",
    "secretsmanager:*",
    "kms:*",
    "ec2:*",
    "eks:*",
    "dynamodb:*",
    "ssm:*",
)
_SECRET_READS: Final = (
    "secretsmanager:getsecretvalue",
    "ssm:getparameter",
    "s3:getobject",
    "sts:assumerole",
    "iam:passrole",
)
_GCP_BROAD: Final = (
    "roles/owner",
    "roles/editor",
    "roles/container.admin",
    "roles/storage.admin",
    "roles/iam.serviceAccountUser",
)
_AZURE_BROAD: Final = ("owner", "contributor", "user access administrator", "key vault administrator")
_MOST_ACCOUNTS: Final = 3
_PROVIDERS: Final = ("eks", "gke", "aks")
_TRUST: Final = {"eks": "aws.iamRole", "gke": "gcp.iamPolicy", "aks": "azure.roleAssignment"}


# DM-MCP-008


def _node_roles(ground: Ground, report: Report) -> None:
    if ground.provider not in _PROVIDERS:
        report.unseen(
            "roles of nodes", f"roles of nodes of {ground.provider} are not read", "look at them in the cloud"
        )
        return
    looks = {"eks": _eks_role, "gke": _gke_role, "aks": _aks_role}[ground.provider]
    done: set[str] = set()
    for found in outside(ground.view).node_roles:
        if not found.role:
            kind = {"eks": "eks.nodegroup", "gke": "gke.nodePool", "aks": "aks.cluster"}[ground.provider]
            why = f"the role of the nodes of pool {found.pool.name} was not given"
            report.unseen(f"role of pool {found.pool.name}", why, command(ground, kind))
        elif found.role not in done:
            done.add(found.role)
            looks(ground, report, found)


def _eks_role(ground: Ground, report: Report, found: NodeRole) -> None:
    held = outside(ground.view).permissions.get(found.role)
    broad = list(_broad(held)) if held is not None else []
    if broad:
        admin = held is not None and is_administrator(held)
        report.looked()
        report.violated(_role(found, broad, Severity.CRITICAL if admin else None))
    elif held is None or not (held.statements or held.managed):
        report.unseen(f"policies of {found.role}", "its policies were not given", command(ground, "aws.iamRole"))
    else:
        report.looked()


def _broad(held: Permissions) -> Iterator[str]:
    for name in held.managed:
        if any(sign in name for sign in _BROAD):
            yield f"policy {name}"
    for item in held.statements:
        if words(item, "Effect") != "Allow" or "*" not in texts(item.get("Resource")) or item.get("Condition"):
            continue
        for action in texts(item.get("Action")):
            if action.lower() in _SENSITIVE or action.lower().rstrip("*") in _SECRET_READS:
                yield f"{action} on every resource"


def _gke_role(ground: Ground, report: Report, found: NodeRole) -> None:
    report.looked()
    if found.role == "default":
        report.violated(
            _role(found, ["the default account of Compute Engine, which most projects make an editor"], None)
        )
        return
    policies = outside(ground.view).described.of("gcp.iamPolicy")
    if not policies:
        report.unseen(f"roles of {found.role}", "IAM policies were not given", command(ground, "gcp.iamPolicy"))
    member = f"serviceAccount:{found.role}"
    held = [role for record in policies for role, members, _ in gke.bindings(record) if member in members]
    if broad := [role for role in held if role in _GCP_BROAD]:
        report.violated(_role(found, broad, None))


def _aks_role(ground: Ground, report: Report, found: NodeRole) -> None:
    described = outside(ground.view).described
    if not described.given("azure.roleAssignment"):
        kind = "azure.roleAssignment"
        report.unseen(f"roles of {found.role}", "role assignments were not given", command(ground, kind))
        return
    report.looked()
    body: dict[str, Any] = described.cluster.body if described.cluster else {}
    own = words(body, "identityProfile.kubeletidentity.objectId").lower()
    held = [
        f"{words(item.body, 'roleDefinitionName')} at {words(item.body, 'scope')}"
        for item in described.of("azure.roleAssignment")
        if own
        and words(item.body, "principalId").lower() == own
        and words(item.body, "roleDefinitionName").lower() in _AZURE_BROAD
    ]
    if held:
        report.violated(_role(found, held, None))


def _role(found: NodeRole, broad: list[str], severity: Severity | None) -> Found:
    reach = " Every pod of the pool reaches it." if found.pods.answer is Answer.YES else ""
    shown = ", ".join(broad[:4]) + (f" and {len(broad) - 4} more" if len(broad) > 4 else "")
    return Found(
        object=ObjectRef(kind="CloudRole", name=found.role),
        scope=Scope(kind=Unit.POOL, name=found.pool.name),
        says=f"the role of the nodes of pool {found.pool.name} has {shown}: whoever is root on one node has it.{reach}",
        fields=tuple(FieldSeen(path="policy", value=one) for one in broad[:5]),
        fix=Fix(
            says="Leave the role what nodes need (joining, pulling images, network), and give workloads roles of "
            "their own."
        ),
        severity=severity,
        evidence=found.evidence,
    )


# DM-MCP-009


def _trust(ground: Ground, report: Report) -> None:
    if ground.provider not in _PROVIDERS:
        report.not_applicable("workloads here have no identity in a cloud that is read")
        return
    around = outside(ground.view)
    by_role: dict[str, list[Mapping]] = {}
    for mapping in around.mappings:
        report.looked()
        by_role.setdefault(mapping.role, []).append(mapping)
        if "*" in mapping.account and mapping.verdict.answer is not Answer.NO:
            report.violated(_wide(ground, mapping))
    for role, mappings in by_role.items():
        accounts = sorted({one.account for one in mappings if "*" not in one.account and one.verdict.holds})
        if len(accounts) > _MOST_ACCOUNTS:
            report.violated(_many(ground, role, accounts, mappings[0]))
    for record in around.described.of("aws.iamRole"):
        if _lacks_audience(record, issuer_of(around.described)):
            report.looked()
            report.violated(_audience(ground, record))
    _trust_unseen(ground, report)


def _wide(ground: Ground, mapping: Mapping) -> Found:
    return Found(
        object=ObjectRef(kind="CloudRole", name=mapping.role),
        scope=ground.cluster,
        says=f"trusts every service account that fits {mapping.account}: whoever may make one, or a pod beside one, "
        "has the role",
        fields=(FieldSeen(path="trusted accounts", value=mapping.account),),
        fix=Fix(says="Name the one namespace and service account in the trust, with equality and not with a pattern."),
        mark=mapping.account,
        evidence=mapping.evidence,
    )


def _many(ground: Ground, role: str, accounts: list[str], first: Mapping) -> Found:
    shown = ", ".join(accounts[:4]) + (f" and {len(accounts) - 4} more" if len(accounts) > 4 else "")
    return Found(
        object=ObjectRef(kind="CloudRole", name=role),
        scope=ground.cluster,
        says=f"{len(accounts)} service accounts act as it ({shown}): each has the rights that all of them need; "
        "medium, because "
        "each is named",
        fields=tuple(FieldSeen(path="service account", value=one) for one in accounts[:5]),
        fix=Fix(says="Give each workload a role of its own."),
        severity=Severity.MEDIUM,
        mark="many",
        evidence=first.evidence,
    )


def _lacks_audience(record: Record, issuer: str) -> bool:
    """Whether a role trusts tokens of the cluster's issuer that were made for anybody."""
    for item in statements(record.body.get("AssumeRolePolicyDocument")):
        federated = texts(dig(item, "Principal.Federated"))
        if (
            not issuer
            or words(item, "Effect") != "Allow"
            or not any(name.endswith(f"oidc-provider/{issuer}") for name in federated)
        ):
            continue
        conditions = item.get("Condition")
        keys = [
            key
            for part in (conditions.values() if isinstance(conditions, dict) else ())
            if isinstance(part, dict)
            for key in part
        ]
        if f"{issuer}:aud" not in keys:
            return True
    return False


def _audience(ground: Ground, record: Record) -> Found:
    return Found(
        object=ObjectRef(kind="CloudRole", name=words(record.body, "Arn") or record.name),
        scope=ground.cluster,
        says="trusts tokens of the cluster whatever they were made for: a token meant for another service opens it "
        "too; medium, "
        "because the subject is named",
        fields=(FieldSeen(path="Condition :aud", value="absent"),),
        fix=Fix(says="Ask for the audience sts.amazonaws.com in the trust policy."),
        severity=Severity.MEDIUM,
        mark="audience",
        evidence=(
            Evidence(says=f"the trust policy of {record.name} has no :aud", grade=Grade.ANSWERED, source=record.source),
        ),
        source=record.source,
    )


def _trust_unseen(ground: Ground, report: Report) -> None:
    described = outside(ground.view).described
    if ground.provider == "eks" and not described.given("aws.iamRole"):
        report.unseen("aws.iamRole", "roles and their trust were not given", command(ground, "aws.iamRole"))
    elif ground.provider == "gke" and not described.given("gcp.iamPolicy"):
        report.unseen("gcp.iamPolicy", "IAM policies were not given", command(ground, "gcp.iamPolicy"))
    elif ground.provider == "aks" and not described.given("azure.federatedCredential"):
        report.unseen(
            "azure.federatedCredential",
            "federated credentials were not given",
            "give the output of: az identity federated-credential list --identity-name NAME --resource-group GROUP",
        )
    else:
        report.holds("no trust that was given is wider than one account")


# DM-MCP-010


def _broken(ground: Ground, report: Report) -> None:
    if ground.provider not in _PROVIDERS:
        report.not_applicable("workloads here have no identity in a cloud that is read")
        return
    for mapping in outside(ground.view).mappings:
        if "*" in mapping.account:
            continue
        namespace, _, name = mapping.account.partition("/")
        if mapping.verdict.answer is Answer.UNKNOWN:
            report.unseen(f"{mapping.account} and {account_role(mapping.role)}", mapping.verdict.says)
            continue
        report.looked()
        if mapping.verdict.answer is Answer.NO:
            there = (namespace, name) in ground.view.accounts
            report.violated(
                Found(
                    object=ObjectRef(kind="ServiceAccount", namespace=namespace, name=name),
                    scope=ground.identity(f"{namespace}/ServiceAccount/{name}"),
                    says=f"{mapping.way} with {mapping.role} is broken: {mapping.verdict.says}",
                    fields=(FieldSeen(path=mapping.way, value=mapping.role),),
                    fix=Fix(
                        says="Mend the trust, or take the annotation off."
                        if there
                        else "Take the trust away: the name is free for whoever makes it."
                    ),
                    severity=None if there else Severity.MEDIUM,
                    mark=mapping.role,
                    evidence=mapping.evidence,
                )
            )
    if not ground.view.accounts:
        report.unseen("service accounts", "no service account was seen", "give a dump that has service accounts")
    else:
        report.holds("no service account names a role that was looked at and does not trust it")


CHECKS: tuple[Check, ...] = (
    Check("DM-MCP-008", _node_roles),
    Check("DM-MCP-009", _trust),
    Check("DM-MCP-010", _broken),
)
