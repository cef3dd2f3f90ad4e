"""Whether pods of a pool reach the metadata service of their node, and so the node's own role in the cloud.

Sources: EC2 instance metadata options (with IMDSv1 the hop limit does not bind), GKE's metadata server by node pool,
and AKS's ``podLinkLocalAccess``. Where nothing states it, published defaults contradict each other: unknown.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from demarc.access.cloud.answers import Verdict, no, unknown, yes
from demarc.inventory.records import Descriptions, dig, words
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Inventory, Pool


class NodeRole(Struct, frozen=True, kw_only=True):
    """A pool, its role, and whether its pods get at it by the metadata service."""

    pool: Pool
    role: str
    """ARN, address or object id; empty where it was not given."""
    pods: Verdict
    """For pods with a network of their own."""
    host: Verdict
    """For pods in the node's network."""
    evidence: tuple[Evidence, ...]


def node_roles(inventory: Inventory, described: Descriptions) -> tuple[NodeRole, ...]:
    """One for each pool, in their order."""
    return tuple(_of(pool, inventory, described) for pool in inventory.pools)


def _of(pool: Pool, inventory: Inventory, described: Descriptions) -> NodeRole:
    provider = inventory.cluster.provider
    facts = inventory.pool_facts.get(pool.name, {})
    role = _role(provider, facts, described)
    pods = _pods(provider, pool, facts, described)
    host = pods
    if provider in ("eks", "gke") and pods.says not in (_FARGATE.says, _AUTO.says):
        off = words(facts.get("ec2.launchTemplateVersion", {}), "LaunchTemplateData.MetadataOptions.HttpEndpoint")
        host = pods if off == "disabled" else yes("pods in the node's network reach what the node reaches")
    grade = Grade.ANSWERED if facts or described.cluster else Grade.NAMED
    evidence = (*pool.evidence[:1], Evidence(says=f"pool {pool.name}: {pods.says}", grade=grade))
    return NodeRole(pool=pool, role=role, pods=pods, host=host, evidence=evidence)


_FARGATE = no("pods on Fargate have no node of the customer's to ask")
_AUTO = no("Auto Mode keeps pods from the metadata service")


def _pods(provider: str, pool: Pool, facts: dict[str, dict[str, Any]], described: Descriptions) -> Verdict:
    if provider == "eks":
        return _eks(pool, facts)
    if provider == "gke":
        return _gke(pool, facts)
    if provider == "aks":
        return _aks(described)
    return unknown("whether pods reach the metadata service of their node was not given")


def _eks(pool: Pool, facts: dict[str, dict[str, Any]]) -> Verdict:
    if pool.model == "fargate":
        return _FARGATE
    if pool.model == "auto_mode":
        return _AUTO
    options = dig(facts.get("ec2.launchTemplateVersion", {}), "LaunchTemplateData.MetadataOptions")
    if not isinstance(options, dict):
        return unknown(
            "metadata options of its launch template were not given, and published defaults differ: aws ec2 "
            "describe-launch-template-versions"
        )
    if options.get("HttpEndpoint") == "disabled":
        return no("the metadata service is off")
    if options.get("HttpTokens") != "required":
        return yes("IMDSv1 is answered (HttpTokens is not required)")
    limit = options.get("HttpPutResponseHopLimit")
    if not isinstance(limit, int) or isinstance(limit, bool):
        return unknown("the hop limit of the metadata service was not given")
    return yes(f"the hop limit is {limit}") if limit > 1 else no("tokens are required and the hop limit is 1")


def _gke(pool: Pool, facts: dict[str, dict[str, Any]]) -> Verdict:
    if pool.model == "autopilot":
        return no("Autopilot's metadata server stands before the node's")
    body = facts.get("gke.nodePool")
    if not body:
        return unknown("its description was not given: gcloud container clusters describe")
    mode = words(body, "config.workloadMetadataConfig.mode")
    if mode == "GKE_METADATA":
        return no("the metadata server of GKE stands before the node's")
    return yes(f"workloadMetadataConfig.mode is {mode}" if mode else "no workloadMetadataConfig is set")


def _aks(described: Descriptions) -> Verdict:
    if described.cluster is None:
        return unknown("the cluster's description was not given: az aks show")
    access = words(described.cluster.body, "networkProfile.podLinkLocalAccess")
    if access.lower() == "none":
        return no("podLinkLocalAccess is None")
    return yes("pods reach the metadata service (podLinkLocalAccess is not None)")


def _role(provider: str, facts: dict[str, dict[str, Any]], described: Descriptions) -> str:
    if provider == "eks":
        return words(facts.get("eks.nodegroup", {}), "nodeRole") or words(
            facts.get("eks.fargateProfile", {}), "podExecutionRoleArn"
        )
    if provider == "gke":
        return words(facts.get("gke.nodePool", {}), "config.serviceAccount")
    if provider == "aks" and described.cluster is not None:
        body = described.cluster.body
        return words(body, "identityProfile.kubeletidentity.resourceId") or words(
            body, "identityProfile.kubeletidentity.clientId"
        )
    return ""
