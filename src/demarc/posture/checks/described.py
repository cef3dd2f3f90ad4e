"""What checks of the provider's settings share: a description that is there, or the very command that gives it.

One way to ask all providers alike: each check names what to look at by provider; where a provider has no such setting
the question does not arise, and where nobody has read the provider's settings the answer is unknown. What a field means
is each check's own matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from demarc.access.techniques.outside import outside
from demarc.inventory.records import Descriptions, dig, true, words
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Pool, Scope
from demarc.model.posture import Fix, Found, ObjectRef, Severity
from demarc.model.snapshot import Record
from demarc.model.time import instant
from demarc.posture.checks.workloads import seen
from demarc.posture.ground import Ground
from demarc.posture.interface import Report

COMMANDS: Final = {
    "eks.cluster": "aws eks describe-cluster --name {cluster}",
    "eks.nodegroup": "aws eks describe-nodegroup --cluster-name {cluster} --nodegroup-name NAME (list-nodegroups "
    "names them)",
    "eks.addon": "aws eks list-addons --cluster-name {cluster}, and aws eks describe-addon --cluster-name {cluster} "
    "--addon-name NAME for each",
    "eks.accessEntry": "aws eks list-access-entries --cluster-name {cluster}, and aws eks describe-access-entry and "
    "list-associated-access-policies --cluster-name {cluster} --principal-arn ARN for each",
    "ec2.launchTemplateVersion": "aws ec2 describe-launch-template-versions --launch-template-id ID",
    "aws.logGroup": "aws logs describe-log-groups --log-group-name-prefix /aws/eks/{cluster}/cluster",
    "aws.iamRole": "aws iam get-account-authorization-details",
    "gke.cluster": "gcloud container clusters describe {cluster} --location LOCATION --format=json",
    "gke.nodePool": "gcloud container clusters describe {cluster} --location LOCATION --format=json",
    "gcp.iamPolicy": "gcloud projects get-iam-policy PROJECT --format=json",
    "aks.cluster": "az aks show --name {cluster} --resource-group GROUP",
    "aks.agentPool": "az aks nodepool list --cluster-name {cluster} --resource-group GROUP",
    "azure.diagnosticSetting": "az monitor diagnostic-settings list --resource ID_OF_THE_CLUSTER",
    "azure.roleAssignment": "az role assignment list --all --include-inherited",
    "rosa.cluster": "rosa describe cluster --cluster {cluster} --output json",
    "rosa.machinePool": "rosa list machinepools --cluster {cluster} --output json",
    "rosa.nodePool": "rosa list machinepools --cluster {cluster} --output json",
    "aro.cluster": "az aro show --name {cluster} --resource-group GROUP",
}
"""What to run for a description."""
CLUSTER_KINDS: Final = {provider: f"{provider}.cluster" for provider in ("eks", "gke", "aks", "rosa", "aro")}
POOL_KINDS: Final = {
    "eks": ("eks.nodegroup",),
    "gke": ("gke.nodePool",),
    "aks": ("aks.agentPool",),
    "rosa": ("rosa.machinePool", "rosa.nodePool"),
}


PROVIDERS_OWN: Final = ("fargate", "auto_mode", "autopilot", "automatic")
"""Deployment models in which the provider sets the machines up, whatever a description says."""


def command(ground: Ground, kind: str) -> str:
    """What to run to get a description, with the name of the cluster in it."""
    name = ground.inventory.cluster.name
    return f"give the output of: {COMMANDS[kind].format(cluster=name if name != 'cluster' else 'NAME')}"


def descriptions(ground: Ground) -> Descriptions:
    """Records that are about the cluster at hand."""
    return outside(ground.view).described


class Described:
    """A description with the report of a check about it."""

    def __init__(self, ground: Ground, report: Report, record: Record, scope: Scope | None = None) -> None:
        self.ground = ground
        self.report = report
        self.record = record
        self.scope = scope or ground.cluster

    @property
    def body(self) -> dict[str, Any]:
        """As the tool printed it."""
        return self.record.body

    def get(self, path: str) -> Any:
        """The value at a dotted path; None where it ends."""
        return dig(self.body, path)

    def text(self, path: str) -> str:
        """The text at a dotted path; empty for anything else."""
        return words(self.body, path)

    def true(self, path: str) -> bool:
        """Whether the field is exactly true."""
        return true(self.body, path)

    def violated(
        self,
        says: str,
        *paths: str,
        fix: str,
        command: str = "",
        severity: Severity | None = None,
        duty: str = "",
        part: str = "",
        mark: str = "",
    ) -> None:
        """Report a violation; ``paths`` are the fields that show it."""
        fields = tuple(seen(path, self.get(path)) for path in paths)
        shows = "; ".join(f"{field.path} is {field.value}" for field in fields) or says
        evidence = Evidence(
            says=f"{self.record.kind} {self.record.name}: {shows}", grade=Grade.ANSWERED, source=self.record.source
        )
        self.report.violated(
            Found(
                object=ObjectRef(kind="Record", name=f"{self.record.kind}/{self.record.name}"),
                scope=self.scope,
                says=says,
                fields=fields,
                fix=Fix(says=fix, command=command),
                severity=severity,
                duty=duty,
                part=part,
                mark=mark,
                evidence=(evidence,),
                source=self.record.source,
            )
        )

    def unseen(self, path: str, why: str = "") -> None:
        """Report a field that the description does not have, though the answer hangs on it."""
        says = why or f"the description of {self.record.name} does not have {path}: its tool is perhaps older than it"
        self.report.unseen(f"{self.record.kind} {path}", says, command(self.ground, self.record.kind))


Asks = Callable[[Described], None]


def ask_cluster(ground: Ground, report: Report, asks: Mapping[str, Asks | str]) -> None:
    """Ask the description of the cluster; a text instead of a function says why a provider has no such setting."""
    ask = asks.get(ground.provider)
    if isinstance(ask, str):
        report.not_applicable(ask)
        return
    if ask is None:
        provider = ground.provider
        why = (
            f"how clusters of {provider} are set up is not read"
            if ground.view.is_managed or provider != "self_managed"
            else ("nobody describes the control plane of a self-managed cluster")
        )
        report.unseen("cluster description", why, "look at it where the control plane is configured")
        return
    record = cluster_record(ground, report)
    if record is not None:
        report.looked()
        ask(Described(ground, report, record))


def cluster_record(ground: Ground, report: Report) -> Record | None:
    """The description of the cluster; None where it was not given, which is then reported."""
    found = descriptions(ground)
    kind = CLUSTER_KINDS.get(ground.provider, "")
    if found.cluster is not None and found.cluster.kind == kind:
        return found.cluster
    if len(found.clusters) > 1:
        names = ", ".join(sorted(record.name for record in found.clusters))
        report.unseen(
            kind,
            f"several clusters are described ({names}) and none is known to be this one",
            "give the description of this cluster alone",
        )
    elif kind:
        report.unseen(kind, "the description of the cluster was not given", command(ground, kind))
    return None


def ask_pools(ground: Ground, report: Report, asks: Mapping[str, Asks | str]) -> None:
    """Ask the description of each pool that has nodes of the customer's to set up."""
    ask = asks.get(ground.provider)
    if isinstance(ask, str):
        report.not_applicable(ask)
        return
    if ask is None:
        why = f"how pools of {ground.provider} are set up is not read"
        report.unseen("pool descriptions", why, "look at the machines")
        return
    kinds = POOL_KINDS[ground.provider]
    for pool, bodies in pools(ground):
        record = next((bodies[kind] for kind in kinds if kind in bodies), None)
        if pool.model in PROVIDERS_OWN:
            report.looked()  # its machines are set up by the provider alone
        elif record is None and pool.model == "self_managed_nodes":
            why = f"pool {pool.name} is made of machines that nobody but you describes"
            report.unseen(f"pool {pool.name}", why, "look at how its machines are made")
        elif record is None:
            why = f"pool {pool.name} was not described"
            report.unseen(f"{kinds[0]} {pool.name}", why, command(ground, kinds[0]))
        else:
            report.looked()
            ask(Described(ground, report, record, Scope(kind=Unit.POOL, name=pool.name)))


def pools(ground: Ground) -> Iterator[tuple[Pool, dict[str, Record]]]:
    """Each pool with its descriptions by kind. Facts keep bodies alone; the record gives the source back."""
    found = descriptions(ground)
    by_body = {id(record.body): record for record in found.records}
    for pool in ground.inventory.pools:
        bodies = ground.inventory.pool_facts.get(pool.name, {})
        yield pool, {kind: by_body[id(body)] for kind, body in bodies.items() if id(body) in by_body}


def when(text: str) -> datetime | None:
    """A time as tools print it; None for anything else."""
    try:
        return instant(text) if text else None
    except ValueError:
        return None
