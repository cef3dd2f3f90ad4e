"""What techniques outside of the cluster look at together: links, logins, node roles, policies, pipelines; made once.

Kept beside the view rather than in it: nothing inside the cluster needs it. It makes no edges.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from demarc.access.cloud import aks, eks, gke
from demarc.access.cloud.aws import Permissions, Policies
from demarc.access.cloud.logins import Login, Logins
from demarc.access.cloud.metadata import NodeRole, node_roles
from demarc.access.cloud.workload import Mapping, mappings
from demarc.access.delivery import Delivery
from demarc.inventory.records import Descriptions, descriptions, words
from demarc.model.graph import Thing
from demarc.model.planes import HolderKind
from demarc.model.snapshot import Record

if TYPE_CHECKING:
    from demarc.access.graph import GraphBuilder
    from demarc.access.techniques.view import View

_THINGS: Final = {
    HolderKind.PERSON: Thing.PERSON,
    HolderKind.SHARED_ACCOUNT: Thing.CREDENTIAL,
    HolderKind.ANONYMOUS: Thing.OUTSIDE,
    HolderKind.EVERYBODY: Thing.OUTSIDE,
    HolderKind.PROVIDER_STAFF: Thing.PROVIDER,
}


class Outside:
    """One cluster's surroundings. Every index is made when it is first asked for."""

    def __init__(self, view: View) -> None:
        self.view = view

    @cached_property
    def described(self) -> Descriptions:
        """Records that are about this cluster."""
        return descriptions(self.view.snapshot, (self.view.inventory.cluster.name, self.view.snapshot.context or ""))

    @cached_property
    def delivery(self) -> Delivery:
        """Repositories and pipelines."""
        return Delivery(self.view.snapshot)

    @cached_property
    def mappings(self) -> tuple[Mapping, ...]:
        """Links between service accounts and roles of the cloud."""
        return mappings(self.view.snapshot, self.described, self.view.provider)

    @cached_property
    def node_roles(self) -> tuple[NodeRole, ...]:
        """Roles of pools, and whether pods reach them."""
        return node_roles(self.view.inventory, self.described)

    @cached_property
    def logins(self) -> Logins:
        """Who the cloud lets in."""
        if self.view.provider == "eks":
            return eks.logins(self.view.snapshot, self.described)
        if self.view.provider == "gke":
            return gke.logins(self.described)
        return aks.logins(self.described) if self.view.provider == "aks" else Logins(logins=(), unseen=())

    @cached_property
    def roles(self) -> dict[str, Record]:
        """IAM roles by ARN."""
        return {words(item.body, "Arn"): item for item in self.described.of("aws.iamRole")}

    @cached_property
    def permissions(self) -> dict[str, Permissions]:
        """What policies say of each IAM role that something here leads to, by ARN."""
        named = {item.role for item in self.mappings} | {item.role for item in self.node_roles}
        named |= {login.principal for login in self.logins.logins} | set(self.roles)
        policies = Policies(self.view.snapshot.records)
        return {
            arn: policies.of(arn.rpartition("/")[2])
            for arn in sorted(named)
            if ":role/" in arn and "/aws-service-role/" not in arn
        }


@lru_cache(maxsize=1)
def outside(view: View) -> Outside:
    """The surroundings of a view; those of the last one are kept, as all techniques ask for them in turn."""
    return Outside(view)


def cloud_role(graph: GraphBuilder, name: str) -> int:
    """A role, managed identity or service account of the cloud."""
    return graph.node(Thing.CLOUD_ROLE, name)


def principal(graph: GraphBuilder, login: Login) -> int:
    """Whoever logs in, as the thing that they are."""
    return graph.node(_THINGS.get(login.kind, Thing.CLOUD_ROLE), login.principal)
