"""Cases of checks of tenancy and ownership."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from demarc.model.boundary import Party
from demarc.model.errors import Where
from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.model.register import (
    Assignment,
    ContractTerm,
    Membership,
    Person,
    Register,
    Review,
    Selector,
    Team,
)
from demarc.model.time import Period
from demarc.model.trail import DeprecatedUse
from demarc.testing import a_deployment, a_namespace, a_pod, an_object
from tests.posture.given import BASE, Case, Object
from tests.posture.granting import UNTIL, a_trail

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
NO_PODS = (("pods", GapReason.FORBIDDEN),)
HERE = Where(file="assignments.yaml", line=1)
GONE = Period(until=datetime(2026, 6, 1, tzinfo=UTC))


def _assigned(owner: str = "shop", duties: str = "*", **more: Any) -> Assignment:
    return Assignment(**{"duties": (duties,), "scope": Selector(), "owner": owner, "where": HERE, **more})


def _register(*assignments: Assignment, people: tuple[Person, ...] = (), **more: Any) -> Register:
    team = Team(id="shop", name="Shop", where=HERE, members=(Membership(person="ann", where=HERE),))
    ann = Person(id="ann", name="Ann", contact="ann@acme.example", where=HERE)
    return Register(teams=(team,), people=(ann, *people), assignments=assignments, origin="register", **more)


ALL = _register(_assigned())
USERS = {
    "Users": [
        {
            "UserName": "ann@acme.example",
            "UserId": "77515b84-bf36-4ae7-8528-b7af5d9c1978",
            "DisplayName": "Ann",
            "Emails": [{"Value": "ann@acme.example", "Type": "work", "Primary": True}],
            "IdentityStoreId": "d-9067exampl",
        }
    ]
}


def _quota(namespace: str = "shop") -> Object:
    return an_object("v1", "ResourceQuota", "bounds", namespace=namespace, spec={"hard": {"requests.cpu": "8"}})


def _written(api_version: str, kind: str, name: str = "old") -> Object:
    return an_object(api_version, kind, name, namespace="shop", spec={})


def _on_node(name: str, namespace: str, **spec: Any) -> Object:
    return a_pod(name, namespace, node="n1", pod_spec=spec)


def _settled(register: Register) -> Register:
    """A register in which the provider has answered whatever its pages leave open."""
    term = ContractTerm(
        id="all", duties=("*",), scope=Selector(), party=Party.CUSTOMER, document="answers", clause="1", where=HERE
    )
    return Register(
        teams=register.teams, people=register.people, assignments=register.assignments, origin="r", contracts=(term,)
    )


CASES = (
    Case(
        "DM-TEN-001",
        VIOLATED,
        (a_deployment("app", "default"), a_deployment()),
        on=("Deployment default/app",),
        says="runs in the namespace default",
    ),
    Case("DM-TEN-001", HOLDS, (a_deployment(),)),
    Case("DM-TEN-001", UNKNOWN, (a_deployment(),), gaps=NO_PODS),
    Case(
        "DM-TEN-002",
        VIOLATED,
        (a_deployment("shop-cache", "kube-system"),),
        on=("Deployment kube-system/shop-cache",),
        says="is no known part of it",
    ),
    Case(
        "DM-TEN-002",
        HOLDS,
        (
            a_deployment(
                "coredns", "kube-system", image="602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/coredns:v1.11"
            ),
            a_deployment("metrics", "kube-system", image="registry.k8s.io/kube-state-metrics:v2.15"),
            a_deployment(),
        ),
        about="components, and images of Kubernetes and of the provider",
    ),
    Case("DM-TEN-002", UNKNOWN, (a_deployment(),), gaps=NO_PODS),
    Case(
        "DM-TEN-003",
        VIOLATED,
        (a_deployment(), a_deployment("pay", "payments"), _quota("payments")),
        on=("Namespace shop",),
        says="has no ResourceQuota",
    ),
    Case(
        "DM-TEN-003",
        HOLDS,
        (a_deployment(), _quota(), a_deployment("agent", "kube-system"), a_namespace("empty")),
        about="namespaces of the platform and without workloads",
    ),
    Case("DM-TEN-003", UNKNOWN, (a_deployment(),), says="whether the cluster has none, or none was listed"),
    Case("DM-TEN-003", UNKNOWN, (a_deployment(),), gaps=(("resourcequotas", GapReason.FORBIDDEN),)),
    Case(
        "DM-TEN-004",
        VIOLATED,
        (a_namespace("payments"),),
        on=("Namespace payments",),
        says="Nobody is on record for namespace payments",
        register=_register(_assigned(scope=Selector(namespace="shop"))),
    ),
    Case("DM-TEN-004", HOLDS, (a_namespace("payments", labels={"team": "payments"}),), register=ALL),
    Case(
        "DM-TEN-004",
        HOLDS,
        base=(a_namespace("shop", labels={"owner": "team-shop"}), *BASE[1:]),
        about="labels are enough",
    ),
    Case(
        "DM-TEN-004",
        HOLDS,
        (a_namespace("default"),),
        register=_register(_assigned(scope=Selector(namespace="shop"))),
        about="nothing runs in the namespace that every cluster has",
    ),
    Case(
        "DM-TEN-004",
        VIOLATED,
        (a_namespace("default"), a_deployment("app", "default")),
        on=("Namespace default",),
        register=_register(_assigned(scope=Selector(namespace="shop"))),
    ),
    Case("DM-TEN-004", UNKNOWN, says="no register was given"),
    Case(
        "DM-TEN-005",
        VIOLATED,
        on=("Owner Bob",),
        says="Bob held it until 2026-06-01",
        register=_register(_assigned("person:bob"), people=(Person(id="bob", name="Bob", period=GONE, where=HERE),)),
    ),
    Case(
        "DM-TEN-005",
        VIOLATED,
        on=("Owner Shop",),
        register=_register(_assigned(approver="shop")),
        about="approves its own work",
    ),
    Case(
        "DM-TEN-005",
        VIOLATED,
        on=("Owner Operations",),
        says="ops@acme.example is a shared mailbox",
        register=_register(
            _assigned("person:ops"),
            people=(Person(id="ops", name="Operations", contact="ops@acme.example", where=HERE),),
        ),
    ),
    Case("DM-TEN-005", HOLDS, documents=(USERS,), register=ALL),
    Case("DM-TEN-005", UNKNOWN, says="no register was given"),
    Case("DM-TEN-005", UNKNOWN, register=ALL, says="no export of the directory was given"),
    Case(
        "DM-TEN-006",
        VIOLATED,
        on=("Owner Shop and Bob",),
        says="Two hold identity.rbac",
        register=_settled(
            _register(
                _assigned(),
                _assigned(duties="identity.rbac"),
                _assigned("person:bob", duties="identity.rbac"),
                people=(Person(id="bob", name="Bob", where=HERE),),
            )
        ),
    ),
    Case("DM-TEN-006", HOLDS, register=_settled(ALL)),
    Case("DM-TEN-006", UNKNOWN, says="no register was given"),
    Case(
        "DM-TEN-007",
        VIOLATED,
        on=("Owner Shop",),
        says="Shop owes reviews of identity.rbac",
        register=_register(_assigned(), _assigned(duties="identity.rbac", review_every=90)),
    ),
    Case(
        "DM-TEN-007",
        HOLDS,
        register=_register(
            _assigned(),
            _assigned(duties="identity.rbac", review_every=90),
            reviews=(
                Review(
                    duties=("identity.rbac",),
                    scope=Selector(),
                    by="person:ann",
                    on=datetime(2026, 11, 1, tzinfo=UTC),
                    where=HERE,
                ),
            ),
        ),
    ),
    Case("DM-TEN-007", UNKNOWN, register=ALL, says="no assignment says how often"),
    Case("DM-TEN-007", UNKNOWN, says="no register was given"),
    Case(
        "DM-TEN-008",
        VIOLATED,
        (
            a_namespace("shop", labels={"env": "prod"}),
            a_namespace("lab", labels={"env": "dev"}),
            _on_node("api", "shop"),
            _on_node("try", "lab"),
        ),
        on=("Namespace lab",),
        says="Namespace lab (stage dev) shares nodes with shop",
    ),
    Case(
        "DM-TEN-008",
        VIOLATED,
        (
            a_namespace("a", labels={"tenant": "a"}),
            a_namespace("b", labels={"tenant": "b"}),
            _on_node("api", "a"),
            _on_node("api", "b", runtimeClassName="gvisor"),
        ),
        on=("Namespace a",),
        about="one of them is in a sandbox",
    ),
    Case(
        "DM-TEN-008",
        HOLDS,
        (
            a_namespace("shop", labels={"env": "prod"}),
            a_namespace("pay", labels={"environment": "production"}),
            a_namespace("lab", labels={"env": "dev"}),
            _on_node("api", "shop"),
            _on_node("api", "pay"),
            _on_node("try", "lab", runtimeClassName="gvisor"),
        ),
    ),
    Case("DM-TEN-008", UNKNOWN, (_on_node("api", "shop"),), says="no label of a namespace says"),
    Case(
        "DM-TEN-009",
        VIOLATED,
        (_written("batch/v1beta1", "CronJob"), _written("autoscaling/v2", "HorizontalPodAutoscaler")),
        on=("CronJob shop/old",),
        says="gone since Kubernetes 1.25: write batch/v1",
    ),
    Case(
        "DM-TEN-009",
        VIOLATED,
        on=("User ci",),
        says="calls poddisruptionbudgets of policy/v1beta1, which is deprecated, gone in 1.25",
        trail=a_trail(
            deprecated=(
                DeprecatedUse(
                    group="policy",
                    version="v1beta1",
                    resource="poddisruptionbudgets",
                    removed_in="1.25",
                    user="ci",
                    agent="helm",
                    requests=3,
                    last=UNTIL,
                ),
            )
        ),
    ),
    Case(
        "DM-TEN-009",
        HOLDS,
        trail=a_trail(
            deprecated=(
                DeprecatedUse(
                    group="",
                    version="v1",
                    resource="endpoints",
                    removed_in="",
                    user="system:serviceaccount:kube-system:endpoint-controller",
                    agent="kube-controller-manager/v1.36.2 (linux/amd64)",
                    requests=3,
                    last=UNTIL,
                ),
            )
        ),
        about="the control plane itself",
    ),
    Case("DM-TEN-009", UNKNOWN, says="no audit trail was given"),
)
