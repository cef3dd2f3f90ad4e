"""Checks of what pods reach: the metadata service of their node, and the internet with Secrets in hand."""

from __future__ import annotations

from typing import Final

from demarc.access.cloud.metadata import NodeRole, node_roles
from demarc.access.techniques.containers import mounted_tokens
from demarc.access.techniques.pods import Running
from demarc.inventory.records import descriptions
from demarc.model.access import SubjectRef
from demarc.model.duties import Unit
from demarc.model.inventory import Scope
from demarc.model.posture import Fix, Found, ObjectRef
from demarc.posture.checks.network_policies import METADATA, deny, listed, seen_enough
from demarc.posture.checks.workloads import of_workload, seen, unseen_workloads
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report
from demarc.posture.segments import Segments

_SOMEWHERE: Final = "203.0.113.1"
"""An address that no cluster has: whoever may talk to it may talk to the internet."""
_HTTPS: Final = 443


def _metadata(ground: Ground, report: Report) -> None:
    segments = Segments(ground)
    unseen_workloads(ground, report)
    described = descriptions(ground.snapshot, (ground.inventory.cluster.name,))
    by_node = {node: pool.name for pool in ground.inventory.pools for node in pool.node_names}
    inside: dict[str, list[Running]] = {}
    for one in ground.workloads:
        if (
            one.pods
            and not any(spec.host_network for spec in one.specs)
            and not ground.is_providers(ground.component_of(one))
        ):
            for pool in dict.fromkeys(by_node[node] for node in one.nodes if node in by_node):
                inside.setdefault(pool, []).append(one)
    for role in node_roles(ground.inventory, described):
        report.looked()
        if role.pods.unknown:
            report.unseen(f"pool {role.pool.name}", role.pods.unknown)
        elif role.pods.holds:
            free = [
                one
                for one in inside.get(role.pool.name, ())
                if not segments.network.is_enforced or segments.network.lets_out(one, METADATA, 80)
            ]
            if free and (others := next((text for one in free if (text := segments.others(one.namespace))), "")):
                report.unseen(f"pool {role.pool.name}", others, "look at these policies: they are not evaluated")
            elif free:
                report.violated(_reaches_metadata(ground, role, free))


_CLOSES: Final = {
    "eks": "aws ec2 modify-instance-metadata-options --instance-id ID --http-tokens required "
    "--http-put-response-hop-limit 1",
    "gke": "gcloud container node-pools update {pool} --cluster {cluster} --workload-metadata=GKEMETADATA",
}


def _reaches_metadata(ground: Ground, role: NodeRole, free: list[Running]) -> Found:
    names = [one.what for one in free]
    as_whom = f" as {role.role}" if role.role else ""
    says = (
        f"pool {role.pool.name}: {len(free)} workloads reach the metadata service of their node{as_whom} "
        f"({role.pods.says}): {listed(names)}"
    )
    return Found(
        object=ObjectRef(kind="Pool", name=role.pool.name),
        scope=Scope(kind=Unit.POOL, name=role.pool.name),
        says=says,
        fields=(seen("metadata service", role.pods.says),),
        fix=Fix(
            says="Ask tokens and hop limit 1 of the metadata service in the launch template of the pool, or put the "
            "provider's own metadata server before it; give workloads roles of their own. An egress policy that leaves "
            f"{METADATA}/32 out closes it too, where policies are enforced.",
            command=_CLOSES.get(ground.provider, "").format(pool=role.pool.name, cluster=ground.cluster.name),
        ),
        part="instance_metadata",
        evidence=role.evidence,
    )


def _reads_secrets(ground: Ground, report: Report) -> None:
    segments = Segments(ground)
    unseen_workloads(ground, report)
    known = seen_enough(report, segments)
    report.unseen("roles and bindings", ground.view.rbac_unseen, "add roles and bindings to the dump")
    rights = ground.view.rights
    bounds = {id(one.bound): one for one in rights.held("get|list|watch secrets")}
    remembered: dict[tuple[str, str], str] = {}
    for one in ground.workloads:
        if (
            not one.pods
            or any(spec.host_network for spec in one.specs)
            or ground.is_providers(ground.component_of(one))
        ):
            continue
        report.looked()
        key = (one.namespace, one.account)
        if key not in remembered:
            subject = SubjectRef(kind="ServiceAccount", namespace=one.namespace, name=one.account)
            remembered[key] = next((bound.key for bound in rights.of(subject) if id(bound) in bounds), "")
        grant = remembered[key]
        if not grant or not known or not mounted_tokens(ground.view, one):
            continue
        closed = segments.network.is_enforced and not segments.network.lets_out(one, _SOMEWHERE, _HTTPS)
        if closed:
            continue
        if others := segments.others(one.namespace):
            report.unseen(one.what, others, "look at these policies: they are not evaluated")
            continue
        says = (
            f"reads Secrets by {grant} and may send them anywhere: no policy that is enforced limits where it talks to"
        )
        fix = Fix(
            says="Limit its egress to the API server, DNS and what it works with; and its Secrets to those it needs.",
            command=deny(one.namespace, ["Egress"], one),
        )
        report.violated(
            of_workload(ground, one, says, (seen("NetworkPolicy for egress", None), seen("grant", grant)), fix)
        )


METADATA_SERVICE = Check("DM-NET-006", _metadata)
READS_SECRETS = Check("DM-NET-012", _reads_secrets)
