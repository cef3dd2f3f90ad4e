"""From the cluster into the cloud: roles of service accounts, of nodes, and of nodes through their metadata service."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import Final

from demarc.access.aggregate import selects
from demarc.access.cloud.metadata import NodeRole
from demarc.access.cloud.workload import Mapping
from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.outside import cloud_role, outside
from demarc.access.techniques.pods import Running
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View
from demarc.model.duties import Unit
from demarc.model.inventory import Scope
from demarc.model.kubernetes import EgressPolicy, NetworkPolicy

METADATA: Final = "169.254.169.254"
_WAYS: Final = {
    "IRSA": ("IRSA", "eks"),
    "Pod Identity": ("POD_IDENTITY", "eks"),
    "Workload Identity Federation": ("GKE_WI", "gke"),
    "Entra Workload ID": ("AKS_WI", "aks"),
}
_OTHER_POLICIES: Final = ("cilium.io", "crd.projectcalico.org", "projectcalico.org", "policy.networking.k8s.io")


def irsa(view: View, graph: GraphBuilder) -> None:
    """Accounts that name a role which trusts them."""
    _mapped(view, graph, "IRSA")


def pod_identity(view: View, graph: GraphBuilder) -> None:
    """Accounts with an association, where the agent runs and the role trusts the service."""
    _mapped(view, graph, "POD_IDENTITY")


def gke_wi(view: View, graph: GraphBuilder) -> None:
    """Accounts that IAM policies of Google name, by annotation or directly."""
    _mapped(view, graph, "GKE_WI")


def aks_wi(view: View, graph: GraphBuilder) -> None:
    """Accounts that name a client, and whom a federated credential trusts."""
    _mapped(view, graph, "AKS_WI")


def _mapped(view: View, graph: GraphBuilder, technique: str) -> None:
    links = outside(view).mappings
    exact = {(found.account, found.role) for found in links}
    for found in links:
        if _WAYS[found.way][0] != technique or not found.verdict.holds:
            continue
        for account in _accounts(view, found):
            if account != found.account and (account, found.role) in exact:
                continue
            namespace, _, name = account.partition("/")
            graph.edge(
                technique,
                things.account(graph, namespace, name),
                cloud_role(graph, found.role),
                scope=_scope(view, namespace, name),
                says=f"ServiceAccount {account} acts as {found.role} by {found.way}",
                evidence=found.evidence,
                grants=(f"{found.way}: {found.account} and {found.role}",),
                unknown=found.verdict.unknown,
            )


def _accounts(view: View, found: Mapping) -> Iterator[str]:
    """Accounts that are meant: the one, or all that are there and fit a pattern."""
    if "*" not in found.account and "?" not in found.account:
        # An account that is not there is nobody; without a list of accounts it may be there.
        namespace, _, name = found.account.partition("/")
        if (namespace, name) in view.accounts or not view.accounts:
            yield found.account
        return
    for namespace, name in view.accounts:
        key = f"{namespace}/{name}"
        if found.account == things.ALL or fnmatchcase(key, found.account.replace("[", "[[]")):
            yield key


def _scope(view: View, namespace: str, account: str) -> Scope:
    """The workload that runs as an account; its namespace where none or several do."""
    runs = [one for one in view.workloads.in_namespace.get(namespace, ()) if one.account == account]
    return view.workload(runs[0]) if len(runs) == 1 else view.scope(namespace)


def node_cloud_role(view: View, graph: GraphBuilder) -> None:
    """Nodes to the role of their pool: whoever is root on the machine asks as the machine."""
    for found in outside(view).node_roles:
        if found.pool.model == "fargate":
            continue
        role = found.role or f"role of the nodes of pool {found.pool.name}"
        for name in found.pool.node_names:
            graph.edge(
                "NODE_CLOUD_ROLE",
                things.node(graph, name),
                cloud_role(graph, role),
                scope=Scope(kind=Unit.POOL, name=found.pool.name),
                says=f"root of {name} gets the credentials of {role} from the metadata service",
                evidence=found.evidence,
                grants=(f"role of pool {found.pool.name}",),
                unknown="" if found.role else "the role of the nodes was not given",
            )


def imds_from_pod(view: View, graph: GraphBuilder) -> None:
    """Workloads to the role of the nodes that they run on, where nothing keeps them from the metadata service."""
    policies: dict[str, list[NetworkPolicy]] = {}
    for item in view.snapshot.all("NetworkPolicy.networking.k8s.io", NetworkPolicy):
        policies.setdefault(item.metadata.namespace, []).append(item)
    others = next((kind for kind in view.snapshot.objects if _is_other_policy(kind)), "")
    for found in outside(view).node_roles:
        names = set(found.pool.node_names)
        for running in view.workloads.all:
            if not names.isdisjoint(running.nodes):
                _from_pod(graph, found, running, policies.get(running.namespace, []), others)


def _from_pod(
    graph: GraphBuilder, found: NodeRole, running: Running, policies: list[NetworkPolicy], others: str
) -> None:
    on_host = any(spec.host_network for spec in running.specs)
    verdict = found.host if on_host else found.pods
    if not verdict.holds or (not on_host and _is_blocked(running, policies)):
        return
    role = found.role or f"role of the nodes of pool {found.pool.name}"
    unknown = verdict.unknown or ("" if found.role else "the role of the nodes was not given")
    if not unknown and others and not on_host:
        unknown = f"{others} objects are there as well and were not evaluated"
    for name in running.names:
        graph.edge(
            "IMDS_FROM_POD",
            things.container(graph, running, name),
            cloud_role(graph, role),
            scope=Scope(kind=Unit.POOL, name=found.pool.name),
            says=f"{running.what} asks the metadata service of pool {found.pool.name} for {role}: {verdict.says}",
            evidence=found.evidence,
            grants=(f"metadata options of pool {found.pool.name}",),
            unknown=unknown,
        )


def _is_other_policy(kind: str) -> bool:
    return kind.partition(".")[2] in _OTHER_POLICIES and "Policy" in kind


def _is_blocked(running: Running, policies: list[NetworkPolicy]) -> bool:
    """Whether every revision is selected by a policy for egress, and none that selects it lets the address through."""
    if not running.labels:
        return False
    return all(_denied(labels, policies) for labels in running.labels)


def _denied(labels: dict[str, str], policies: list[NetworkPolicy]) -> bool:
    selecting = [item for item in policies if _is_egress(item) and selects(item.spec.pod_selector, labels)]
    return bool(selecting) and not any(_lets(rule) for item in selecting for rule in item.spec.egress or ())


def _is_egress(policy: NetworkPolicy) -> bool:
    if policy.spec.policy_types is not None:
        return "Egress" in policy.spec.policy_types
    return policy.spec.egress is not None


def _lets(rule: EgressPolicy) -> bool:
    if rule.ports and not any(
        port.port in (None, 80) or isinstance(port.port, str) or port.end_port for port in rule.ports
    ):
        return False
    if not rule.peers:
        return True
    return any(
        peer.ip_block is not None
        and _within(peer.ip_block.cidr)
        and not any(_within(part) for part in peer.ip_block.excepted or ())
        for peer in rule.peers
    )


def _within(cidr: str) -> bool:
    try:
        return ip_address(METADATA) in ip_network(cidr, strict=False)
    except ValueError:
        return False


TECHNIQUES = (
    Technique("IRSA", irsa),
    Technique("POD_IDENTITY", pod_identity),
    Technique("GKE_WI", gke_wi),
    Technique("AKS_WI", aks_wi),
    Technique("NODE_CLOUD_ROLE", node_cloud_role),
    Technique("IMDS_FROM_POD", imds_from_pod),
)
