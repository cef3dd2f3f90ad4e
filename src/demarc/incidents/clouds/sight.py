"""What is seen of a cloud from a cluster: its trail, whose the calls are, what of it can be told at all.

A trail that was not given for the time, a log that is not in it, an address that a shape loses: each is a reason why
silence means nothing, in words. Knows no case.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

from msgspec import Struct, structs

from demarc.access.cloud.metadata import node_roles
from demarc.access.cloud.workload import mappings
from demarc.incidents.clouds.accounts import Accounts, Behind
from demarc.incidents.clouds.homes import Homes, Whence, is_public
from demarc.inventory.records import Descriptions, descriptions, words
from demarc.model.cloud_calls import SERVICE_ACCOUNT, CallKind, Cloud, CloudCall, CloudTrail, PrincipalKind
from demarc.model.inventory import Inventory
from demarc.model.kubernetes import Node
from demarc.model.snapshot import Snapshot

_SHARE: Final = 10
"""A tenth of the audit trail without a call of the cloud beside it: what was done then is not known."""
_SLACK_US: Final = 3_600_000_000


class CloudSight(Struct, frozen=True, kw_only=True, dict=True):
    """The cloud's trail, and what the cluster knows of itself."""

    trail: CloudTrail
    cluster: str = ""
    """Name of the cluster, lower case; empty where nobody knows."""
    issuers: frozenset[str] = frozenset()
    links: dict[str, tuple[str, ...]] = {}
    credentials: dict[str, str] = {}
    nodes: frozenset[str] = frozenset()
    """Roles of the cluster's nodes, lower case."""
    inside: frozenset[str] = frozenset()
    """Addresses of the cluster's nodes."""
    late: str = ""
    """Why the time of the audit trail is not covered; empty where it is."""
    placed: bool = False
    """Whether it was seen beside an audit trail."""

    @cached_property
    def accounts(self) -> Accounts:
        """Who stands behind calls."""
        return Accounts(self.trail.calls, issuers=self.issuers, links=self.links, credentials=self.credentials)

    @cached_property
    def homes(self) -> Homes:
        """Where the cluster's identities call from."""
        return Homes(((who, call) for call in self.trail.calls if (who := self.who(call))), self.inside)

    @cached_property
    def behind(self) -> dict[int, Behind]:
        """Position of a call in the trail -> the account behind it."""
        found = ((at, self.accounts.of(call)) for at, call in enumerate(self.trail.calls))
        return {at: one for at, one in found if one is not None}

    def who(self, call: CloudCall) -> str:
        """The identity of the cluster that called: an account's user name, or a node's role; empty for others."""
        if self.is_node(call):
            return call.role or call.principal
        behind = self.accounts.of(call)
        return behind.user if behind is not None else ""

    def is_node(self, call: CloudCall) -> bool:
        """Whether a machine of the cluster called, by its own identity."""
        if self.nodes:
            return bool(self.nodes & {call.role.lower(), call.principal.lower(), *call.principal_ids})
        return call.principal_kind is PrincipalKind.NODE

    def whence(self, call: CloudCall) -> Whence:
        """Whether one of the cluster's identities called from elsewhere."""
        return self.homes.of(self.who(call), call)

    def is_about(self, call: CloudCall) -> bool:
        """Whether a call may be about this cluster: it names it, or names none."""
        return not call.cluster or not self.cluster or call.cluster.lower() == self.cluster

    def beside(self, kubelets: frozenset[str], since_us: int, until_us: int) -> CloudSight:
        """The same with what the audit trail shows: addresses of its kubelets, and the time that it covers."""
        late = self._late(since_us, until_us)
        return structs.replace(self, inside=self.inside | kubelets, late=late, placed=True)

    def _late(self, since_us: int, until_us: int) -> str:
        if not self.trail.calls:
            return "no call is in the cloud's trail"
        missing = max(0, self.trail.since_us - since_us) + max(0, until_us - self.trail.until_us)
        whole = until_us - since_us
        if missing > max(_SLACK_US, whole // _SHARE):
            return "the cloud's trail does not cover the time of the audit trail"
        return ""

    def lacks_exchanges(self) -> str:
        """Why it cannot be told whether roles of service accounts were taken from elsewhere; empty where it can."""
        if self.late:
            return self.late
        logs, clouds = self.trail.logs, self.trail.clouds
        if any(call.kind is CallKind.EXCHANGE and call.workload for call in self.trail.calls) or self.behind:
            untold = sum(self.whence(self.trail.calls[at]).foreign is None for at in self.behind)
            return f"of {untold:,} calls nothing says whether the address is the cluster's" if untold else ""
        if Cloud.AZURE in clouds and "entra-workload" not in logs:
            return "sign-ins of service principals are not in the cloud's trail: only they show federated credentials"
        if Cloud.GOOGLE in clouds and "data_access" not in logs:
            return "Data Access logs are not in the cloud's trail, and no call names an account of a cluster"
        return "no call in the cloud's trail is of an account of this cluster: other regions or accounts may hold them"

    def lacks_switches(self) -> str:
        """Why it cannot be told whether logging was switched off; empty where it can."""
        if self.late:
            return self.late
        logs = self.trail.logs
        if logs & {"cloudtrail", "activity", "azure-activity"}:
            return ""
        return "the log of changes is not in the cloud's trail: CloudTrail, Admin Activity, or the Activity Log"

    def lacks_nodes(self) -> str:
        """Why it cannot be told whether a node's identity was used elsewhere; empty where it can."""
        if self.late:
            return self.late
        nodes = [call for call in self.trail.calls if self.is_node(call)]
        if not nodes:
            return "no call by a node's identity is in the cloud's trail"
        untold = sum(self.whence(call).foreign is None for call in nodes)
        return f"of {untold:,} calls nothing says whether the address is the cluster's" if untold else ""


def sight_of(trail: CloudTrail, snapshot: Snapshot | None = None, inventory: Inventory | None = None) -> CloudSight:
    """The cloud's trail as the cluster around it sees it."""
    if snapshot is None or inventory is None:
        return CloudSight(trail=trail)
    described = descriptions(snapshot, (inventory.cluster.name, snapshot.context or ""))
    links: dict[str, tuple[str, ...]] = {}
    roles = {found.role.lower() for found in node_roles(inventory, described) if found.role}
    for found in mappings(snapshot, described, inventory.cluster.provider):
        if found.verdict.holds:
            role = found.role.lower()
            links[role] = tuple(dict.fromkeys((*links.get(role, ()), found.account)))
    return CloudSight(
        trail=trail,
        cluster=inventory.cluster.name.lower(),
        issuers=_issuers(described),
        links=links,
        credentials=_federated(described),
        nodes=frozenset(roles),
        inside=frozenset(
            one.address
            for node in snapshot.all("Node", Node)
            for one in node.status.addresses or ()
            if one.type in {"ExternalIP", "InternalIP"} and is_public(one.address)
        ),
    )


def _issuers(described: Descriptions) -> frozenset[str]:
    paths = (
        "identity.oidc.issuer",
        "oidcIssuerProfile.issuerURL",
        "workloadIdentityConfig.workloadPool",
        "aws.sts.oidc_endpoint_url",
    )
    body = described.cluster.body if described.cluster is not None else {}
    found = (words(body, path) for path in paths)
    return frozenset(one.removeprefix("https://").rstrip("/").lower() for one in found if one)


def _federated(described: Descriptions) -> dict[str, str]:
    """Ids and names of federated credentials, with the subject that each trusts."""
    found: dict[str, str] = {}
    for record in described.of("azure.federatedCredential"):
        subject = words(record.body, "subject")
        if subject.startswith(SERVICE_ACCOUNT):
            names = (words(record.body, "id"), words(record.body, "id").rpartition("/")[2], record.name)
            found |= {name.lower(): subject for name in names if name}
    return found
