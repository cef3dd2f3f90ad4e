"""A small company as a graph: an exposed shop, a build pipeline, an add-on, two ways to cluster-admin."""

from __future__ import annotations

from demarc.access.graph import Graph, GraphBuilder
from demarc.model.duties import Unit
from demarc.model.graph import Tag, TechniqueFacts, Thing
from demarc.model.inventory import Scope

CLUSTER = Scope(kind=Unit.CLUSTER, name="prod")
SHOP = Scope(kind=Unit.NAMESPACE, name="shop")

TECHNIQUES = {
    name: TechniqueFacts(name=name, group="test", duty=duty, also=also, likelihood=likelihood, says=f"{name} explained")
    for name, duty, also, likelihood in (
        ("EXPOSED", "network.exposure", (), 3),
        ("USES_IDENTITY", "identity.service-accounts", (), 3),
        ("GRANTED", "identity.rbac", (), 3),
        ("SECRET_READ", "secret.access", (), 3),
        ("POD_CREATE", "identity.rbac", ("admission.policy",), 2),
        ("TOKEN_SECRET_MINT", "identity.rbac", (), 3),
        ("CI_STATIC_KEY", "supply.pipeline-credentials", (), 1),
        ("NODE_HOSTS", "workload.isolation", (), 3),
    )
}


class Company:
    """A builder with short words."""

    def __init__(self) -> None:
        self.builder = GraphBuilder(TECHNIQUES)

    def step(self, technique, source, target, *, grants=(), needs=(), unknown="", scope=CLUSTER):
        number = {name: self.builder.node(*name) for name in (source, target, *needs)}
        self.builder.edge(
            technique,
            number[source],
            number[target],
            scope=scope,
            says=lambda: f"{source[1]} to {target[1]} by {technique}",
            grants=grants,
            needs=tuple(number[name] for name in needs),
            unknown=unknown,
        )

    def mark(self, name, *tags):
        self.builder.mark(self.builder.node(*name), *tags)


INTERNET = (Thing.OUTSIDE, "internet")
WEB = (Thing.WORKLOAD, "shop/Deployment/web")
JOB = (Thing.WORKLOAD, "shop/CronJob/job")
ADDON = (Thing.WORKLOAD, "kube-system/DaemonSet/agent")
SA = (Thing.IDENTITY, "ServiceAccount shop/web")
DEPLOYER = (Thing.IDENTITY, "ServiceAccount shop/deployer")
MINT = (Thing.GRANT, "RoleBinding shop/web: create secrets in shop")
READ = (Thing.GRANT, "RoleBinding shop/read: get secrets in shop")
ADMIN = (Thing.CLUSTER_ADMIN, "cluster-admin")
PIPELINE = (Thing.PIPELINE, "github.com/acme/shop/deploy.yaml")
DATABASE = (Thing.SECRET, "shop/database")
NODE = (Thing.NODE, "node-1")
ROLE = (Thing.CLOUD_ROLE, "arn:aws:iam::1:role/shop")


def company() -> Graph:
    made = Company()
    made.step("EXPOSED", INTERNET, WEB, scope=SHOP)
    made.step("USES_IDENTITY", WEB, SA, scope=SHOP)
    made.step("GRANTED", SA, MINT, grants=("RoleBinding shop/web",), scope=SHOP)
    made.step("GRANTED", SA, READ, grants=("RoleBinding shop/read",), scope=SHOP)
    made.step("TOKEN_SECRET_MINT", MINT, DEPLOYER, grants=("RoleBinding shop/web",), needs=(READ,), scope=SHOP)
    made.step("SECRET_READ", READ, DATABASE, grants=("RoleBinding shop/read",), scope=SHOP)
    made.step("GRANTED", DEPLOYER, ADMIN, grants=("ClusterRoleBinding deployer-is-admin",))
    made.step("CI_STATIC_KEY", PIPELINE, DEPLOYER)
    made.step("POD_CREATE", ADDON, NODE, unknown="the Pod Security level of kube-system was not seen")
    made.step("NODE_HOSTS", NODE, WEB)
    made.step("NODE_HOSTS", JOB, JOB)
    made.mark(ADDON, Tag.ADDON)
    made.mark(DATABASE, Tag.CROWN_JEWEL)
    made.mark(ROLE, "cloud")
    return made.builder.build()
