"""What roles of the cloud give: the cluster itself, its nodes, its disks, and items of secret stores.

Rights are looked for in the policies that were given. Where not all of a role's policies were, the step is unknown;
where a policy denies, too. Resources and conditions of policies are not told apart, but for names of secret items.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from demarc.access.cloud import aks, gke
from demarc.access.cloud.answers import Verdict, unknown, yes
from demarc.access.cloud.aws import Permissions, may
from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.outside import Outside, cloud_role, outside
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View
from demarc.inventory.records import texts, words
from demarc.model.evidence import Evidence, Grade
from demarc.model.graph import Thing
from demarc.model.kubernetes import PersistentVolume


class Right(Struct, frozen=True, kw_only=True):
    """What in each cloud gives one thing."""

    aws: tuple[tuple[str, ...], ...]
    """Any of these, all of its actions."""
    gcp: tuple[str, ...]
    azure: tuple[str, ...]
    says: str


CLUSTER: Final = Right(
    aws=(("eks:CreateAccessEntry", "eks:AssociateAccessPolicy"),),
    gcp=("roles/owner", "roles/editor", "roles/container.admin", "roles/container.clusterAdmin"),
    azure=(
        *("Owner", "Contributor", "User Access Administrator"),
        *("Azure Kubernetes Service Contributor Role", "Azure Kubernetes Service Cluster Admin Role"),
    ),
    says="makes itself an administrator of the cluster by the cloud's own API",
)
NODE: Final = Right(
    aws=(("ssm:StartSession",), ("ssm:SendCommand",), ("ec2-instance-connect:SendSSHPublicKey",)),
    gcp=(
        "roles/owner",
        "roles/editor",
        "roles/compute.admin",
        "roles/compute.instanceAdmin.v1",
        "roles/compute.osAdminLogin",
    ),
    azure=("Owner", "Contributor", "Virtual Machine Contributor", "Virtual Machine Administrator Login"),
    says="opens a shell on the nodes by the cloud's own API",
)
SECRET: Final = Right(
    aws=(("secretsmanager:GetSecretValue",), ("ssm:GetParameter",), ("ssm:GetParameters",)),
    gcp=("roles/owner", "roles/secretmanager.secretAccessor", "roles/secretmanager.admin"),
    azure=("Key Vault Administrator", "Key Vault Secrets User", "Key Vault Secrets Officer"),
    says="reads items of the cloud's secret store",
)
DISK: Final = Right(
    aws=(("ec2:CreateSnapshot", "ec2:ModifySnapshotAttribute"), ("ec2:CreateSnapshot", "ec2:CreateVolume")),
    gcp=("roles/owner", "roles/editor", "roles/compute.admin", "roles/compute.storageAdmin"),
    azure=("Owner", "Contributor", "Disk Snapshot Contributor"),
    says="copies disks and reads the copies elsewhere",
)


def cloud_grants_cluster(view: View, graph: GraphBuilder) -> None:
    """Roles that can let themselves in."""
    for source, verdict, evidence in _holders(view, graph, CLUSTER):
        _edge(view, graph, "CLOUD_GRANTS_CLUSTER", CLUSTER, (source, things.cluster_admin(graph)), verdict, evidence)


def cloud_to_node(view: View, graph: GraphBuilder) -> None:
    """Roles that get onto nodes; there are none to get onto where all pods run without nodes of one's own."""
    pools = [pool for pool in view.inventory.pools if pool.model not in ("fargate", "auto_mode", "autopilot")]
    for source, verdict, evidence in _holders(view, graph, NODE) if pools else ():
        _edge(view, graph, "CLOUD_TO_NODE", NODE, (source, things.any_node(graph)), verdict, evidence)


def cloud_to_secret(view: View, graph: GraphBuilder) -> None:
    """Roles that read the secret store: items by name where policies name them, else all of it."""
    names = {"gke": "Google Secret Manager", "aks": "Azure Key Vault"}
    items = _items(view, graph)
    for source, verdict, evidence in _holders(view, graph, SECRET):
        whole = graph.node(Thing.SECRET, f"{names.get(view.provider, 'AWS Secrets Manager')}: all items")
        for item in items.get(source, (whole,)):
            _edge(view, graph, "CLOUD_TO_SECRET", SECRET, (source, item), verdict, evidence)


def disk_snapshot(view: View, graph: GraphBuilder) -> None:
    """Roles that copy disks, to the data of volumes that lie on disks of the cloud."""
    volumes = [item for item in view.snapshot.all("PersistentVolume", PersistentVolume) if _on_disk(item)]
    for source, verdict, evidence in _holders(view, graph, DISK) if volumes else ():
        target = things.outside(graph, f"data on {len(volumes)} disks of the cluster")
        _edge(view, graph, "DISK_SNAPSHOT", DISK, (source, target), verdict, evidence)


def _holders(view: View, graph: GraphBuilder, right: Right) -> Iterator[tuple[int, Verdict, Evidence]]:
    around = outside(view)
    if view.provider == "gke":
        yield from _google(around, graph, right)
    elif view.provider == "aks":
        yield from _azure(around, graph, right)
    else:
        yield from _amazon(around, graph, right)


def _amazon(around: Outside, graph: GraphBuilder, right: Right) -> Iterator[tuple[int, Verdict, Evidence]]:
    for arn, held in around.permissions.items():
        answers = [may(held, arn, *actions) for actions in right.aws]
        best = next((one for one in answers if one.holds and not one.unknown), None)
        best = best or next((one for one in answers if one.holds), None)
        if best is not None:
            role = around.roles.get(arn)
            evidence = Evidence(says=best.says, grade=Grade.ANSWERED, source=role.source if role else "")
            yield cloud_role(graph, arn), best, evidence


def _google(around: Outside, graph: GraphBuilder, right: Right) -> Iterator[tuple[int, Verdict, Evidence]]:
    for record in around.described.of("gcp.iamPolicy"):
        for role, members, condition in gke.bindings(record):
            if role not in right.gcp:
                continue
            says = f"{role} holds only under a condition that was not evaluated: {condition}"
            verdict = unknown(says) if condition else yes(f"an IAM policy gives {role}")
            for member in members:
                sort, _, name = member.partition(":")
                kind = Thing.PERSON if sort == "user" else Thing.CLOUD_ROLE
                evidence = Evidence(
                    says=f"an IAM policy gives {role} to {member}", grade=Grade.ANSWERED, source=record.source
                )
                yield graph.node(kind, name or sort), verdict, evidence


def _azure(around: Outside, graph: GraphBuilder, right: Right) -> Iterator[tuple[int, Verdict, Evidence]]:
    cluster = around.described.cluster
    scope = words(cluster.body, "id") if cluster is not None else ""
    for record in around.described.of("azure.roleAssignment"):
        built_in = aks.role_of(record)
        name = built_in.name if built_in else words(record.body, "roleDefinitionName")
        if name not in right.azure:
            continue
        covers = aks.scope_covers(words(record.body, "scope"), scope)
        if isinstance(covers, str) or (not covers and right is CLUSTER):
            continue
        limited = words(record.body, "condition") or (not covers)
        says = f"whether {name} at {words(record.body, 'scope')} covers it cannot be seen"
        verdict = unknown(says) if limited else yes(f"{name} at {words(record.body, 'scope') or '/'}")
        who = words(record.body, "principalName") or words(record.body, "principalId")
        kind = Thing.PERSON if words(record.body, "principalType").lower() == "user" else Thing.CLOUD_ROLE
        evidence = Evidence(says=f"{name} is assigned to {who}", grade=Grade.ANSWERED, source=record.source)
        yield graph.node(kind, _shown(around, who)), verdict, evidence


def _shown(around: Outside, who: str) -> str:
    """The principal by the name that its login has."""
    for login in around.logins.logins:
        if login.principal == who or login.principal.startswith(f"{who} ("):
            return login.principal
    return who


def _edge(  # noqa: PLR0917 - one call, and each says another thing
    view: View,
    graph: GraphBuilder,
    technique: str,
    right: Right,
    ends: tuple[int, int],
    verdict: Verdict,
    evidence: Evidence,
) -> None:
    source, target = ends
    graph.edge(
        technique,
        source,
        target,
        scope=view.cluster,
        says=f"the role {right.says}",
        evidence=(evidence,),
        grants=(evidence.says,) if not verdict.unknown else (),
        unknown=verdict.unknown,
    )


def _items(view: View, graph: GraphBuilder) -> dict[int, tuple[int, ...]]:
    """Items that policies of a role name; a role that is not there reads all of the store."""
    found: dict[int, tuple[int, ...]] = {}
    for arn, held in outside(view).permissions.items():
        names = dict.fromkeys(_named(held))
        if names and "*" not in names:
            found[cloud_role(graph, arn)] = tuple(graph.node(Thing.SECRET, name) for name in names)
    return found


def _named(held: Permissions) -> Iterator[str]:
    """Resources of statements that read secrets; ``*`` for all."""
    for item in held.statements:
        actions = [name.lower() for name in texts(item.get("Action"))]
        if words(item, "Effect") == "Allow" and any(
            name == "*" or name.startswith(("secretsmanager:", "ssm:getparameter")) for name in actions
        ):
            yield from ("*" if name.endswith(":*") or name == "*" else name for name in texts(item.get("Resource")))


def _on_disk(volume: PersistentVolume) -> bool:
    csi = volume.spec.csi
    return csi is not None and csi.driver in ("ebs.csi.aws.com", "pd.csi.storage.gke.io", "disk.csi.azure.com")


TECHNIQUES = (
    Technique("CLOUD_GRANTS_CLUSTER", cloud_grants_cluster),
    Technique("CLOUD_TO_NODE", cloud_to_node),
    Technique("CLOUD_TO_SECRET", cloud_to_secret),
    Technique("DISK_SNAPSHOT", disk_snapshot),
)
