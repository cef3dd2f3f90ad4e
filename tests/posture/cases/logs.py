"""Cases of checks of the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from demarc.model.errors import Where
from demarc.model.posture import Outcome
from demarc.model.register import Assignment, Membership, Person, Register, Selector, Team
from demarc.model.trail import ClientUse, IdentityUse, Impersonation, TrailFacts, TrailGap, TrailLosses
from tests.posture.clouds import AKS, GKE, ROSA, SELF, a_gke, a_rosa, an_aks, an_eks
from tests.posture.given import Case, Object

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
EKS = ("Record eks.cluster/prod",)
GROUP = "/aws/eks/prod/cluster"
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
ONCE: dict[str, Any] = {"requests": 5, "first": AT, "last": AT + timedelta(minutes=30)}
HERE = Where(file="register.yaml")


def _logging(*on: str) -> Object:
    parts = [{"types": list(on), "enabled": True}, {"types": ["scheduler"], "enabled": False}]
    return an_eks(logging={"clusterLogging": parts})


def _policy(*kinds: str) -> Object:
    config = {"service": "container.googleapis.com", "auditLogConfigs": [{"logType": kind} for kind in kinds]}
    return {
        "bindings": [{"role": "roles/viewer", "members": ["user:a@x.example"]}],
        "etag": "x",
        "version": 1,
        "auditConfigs": [config] if kinds else [],
    }


def _group(**more: Any) -> Object:
    arn = f"arn:aws:logs:eu-west-1:1:log-group:{GROUP}:*"
    return {"logGroups": [{"logGroupName": GROUP, "arn": arn, "creationTime": 1, **more}]}


def _setting(category: str, *, days: int = 0) -> Object:
    cluster = "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/prod"
    retention = {"enabled": days > 0, "days": days}
    return {
        "id": f"{cluster}/providers/microsoft.insights/diagnosticSettings/audit",
        "name": "audit",
        "type": "Microsoft.Insights/diagnosticSettings",
        "logs": [{"category": category, "enabled": True, "retentionPolicy": retention}],
        "storageAccountId": "/subscriptions/s/x/storageAccounts/logs",
    }


def _identity(user: str, *clients: tuple[str, str], groups: tuple[str, ...] = ()) -> IdentityUse:
    return IdentityUse(
        user=user,
        groups=groups,
        arn="",
        refused=0,
        clients_left=0,
        credentials=(),
        credentials_left=0,
        uses=(),
        uses_left=0,
        clients=tuple(ClientUse(source_ip=ip, peer_ip=ip, agent=agent, **ONCE) for ip, agent in clients),
        **ONCE,
    )


TRAIL = TrailFacts(
    origin="audit.log",
    since=AT - timedelta(days=40),
    until=AT,
    events=9000,
    requests=9000,
    shapes=("kubernetes",),
    lost_columns=(),
    records_reads=True,
)
GAP = TrailGap(since=AT - timedelta(hours=3), until=AT - timedelta(hours=1), expected=600)
EVERYWHERE = (("203.0.113.1", "kubectl/v1.33 linux"), ("198.51.100.1", "kubectl/v1.31 darwin"), ("192.0.2.1", "k9s"))


def _register(contact: str, person: str) -> Register:
    member = Membership(person=person, where=HERE)
    team = Team(id="oncall", name="On call", contact=contact, members=(member,), where=HERE)
    return Register(
        people=(Person(id=person, name=person, where=HERE),),
        teams=(team,),
        assignments=(Assignment(duties=("*",), scope=Selector(), owner="oncall", where=HERE),),
        origin="register",
    )


CASES = (
    Case("DM-LOG-001", VIOLATED, documents=(_logging("api"),), on=EKS, says="nobody can say later"),
    Case("DM-LOG-001", VIOLATED, documents=(_logging("audit"),), on=EKS, says="authenticator, api are off"),
    Case("DM-LOG-001", HOLDS, documents=(an_eks(),)),
    Case("DM-LOG-001", UNKNOWN),
    Case("DM-LOG-001", UNKNOWN, base=SELF, about="a control plane of one's own"),
    Case(
        "DM-LOG-001", VIOLATED, documents=(a_gke(), _policy()), base=GKE, on=("Record gke.cluster/prod",), says="reads"
    ),
    Case("DM-LOG-001", HOLDS, documents=(a_gke(), _policy("DATA_READ")), base=GKE, about="GKE"),
    Case(
        "DM-LOG-001",
        UNKNOWN,
        documents=(a_gke(loggingConfig={"componentConfig": {}}),),
        base=GKE,
        says="writes are always recorded",
        about="components that are off leave the audit log on",
    ),
    Case(
        "DM-LOG-001",
        VIOLATED,
        documents=(an_aks(), _setting("kube-audit-admin")),
        base=AKS,
        on=("Record aks.cluster/prod",),
    ),
    Case("DM-LOG-001", HOLDS, documents=(an_aks(), _setting("kube-audit")), base=AKS, about="AKS"),
    Case("DM-LOG-001", UNKNOWN, documents=(an_aks(),), base=AKS, about="AKS"),
    Case("DM-LOG-001", VIOLATED, documents=(a_rosa(),), base=ROSA, on=("Record rosa.cluster/prod",)),
    Case(
        "DM-LOG-001",
        HOLDS,
        documents=(a_rosa(aws={"audit_log": {"role_arn": "arn:aws:iam::1:role/logs"}}),),
        base=ROSA,
        about="ROSA",
    ),
    Case(
        "DM-LOG-002", VIOLATED, documents=(an_eks(), _group(retentionInDays=14)), on=(f"Record aws.logGroup/{GROUP}",)
    ),
    Case("DM-LOG-002", HOLDS, documents=(an_eks(), _group(retentionInDays=365))),
    Case("DM-LOG-002", HOLDS, documents=(an_eks(), _group()), says="without end", about="no retention is for ever"),
    Case("DM-LOG-002", UNKNOWN, documents=(an_eks(),), says="how long logs are kept"),
    Case("DM-LOG-002", HOLDS, documents=(a_gke(),), base=GKE, says="400 days"),
    Case(
        "DM-LOG-002",
        VIOLATED,
        documents=(an_aks(), _setting("kube-audit", days=30)),
        base=AKS,
        on=("Record azure.diagnosticSetting/audit",),
    ),
    Case(
        "DM-LOG-003",
        VIOLATED,
        trail=replace(TRAIL, gaps=(GAP,)),
        on=("AuditTrail audit.log",),
        says="from 2026-11-20 06:00",
    ),
    Case("DM-LOG-003", VIOLATED, trail=replace(TRAIL, losses=TrailLosses(id_reused=2)), on=("AuditTrail audit.log",)),
    Case("DM-LOG-003", VIOLATED, trail=replace(TRAIL, losses=TrailLosses(unanswered=90)), on=("AuditTrail audit.log",)),
    Case("DM-LOG-003", HOLDS, trail=replace(TRAIL, losses=TrailLosses(unanswered=3)), about="a few still ran"),
    Case("DM-LOG-003", UNKNOWN, says="no audit trail was given"),
    Case("DM-LOG-006", VIOLATED, register=_register("", "alice"), on=("Owner On call",), says="has no contact"),
    Case("DM-LOG-006", HOLDS, register=_register("#oncall", "alice")),
    Case("DM-LOG-006", UNKNOWN),
    Case(
        "DM-LOG-007",
        VIOLATED,
        trail=replace(TRAIL, identities=(_identity("masterclient", EVERYWHERE[0]),)),
        on=("User masterclient",),
    ),
    Case("DM-LOG-007", VIOLATED, trail=replace(TRAIL, identities=(_identity("dev", *EVERYWHERE),)), on=("User dev",)),
    Case(
        "DM-LOG-007",
        HOLDS,
        trail=replace(TRAIL, identities=(_identity("dev", EVERYWHERE[0], EVERYWHERE[1]),)),
        about="at home and in the office",
    ),
    Case(
        "DM-LOG-007",
        HOLDS,
        trail=replace(TRAIL, identities=(_identity("system:apiserver", EVERYWHERE[0], groups=("system:masters",)),)),
        about="the API server itself",
    ),
    Case(
        "DM-LOG-007",
        VIOLATED,
        on=("ServiceAccount teleport/proxy",),
        says="acts as bob",
        trail=replace(
            TRAIL,
            impersonations=(
                Impersonation(user="system:serviceaccount:teleport:proxy", as_user="bob", refused=0, agents=(), **ONCE),
            ),
        ),
    ),
    Case(
        "DM-LOG-007",
        HOLDS,
        about="a person who impersonates shows in the trail",
        trail=replace(
            TRAIL,
            identities=(_identity("x"),),
            impersonations=(Impersonation(user="carla", as_user="bob", refused=0, agents=(), **ONCE),),
        ),
    ),
    Case("DM-LOG-007", UNKNOWN),
    Case(
        "DM-LOG-007",
        UNKNOWN,
        trail=replace(TRAIL, identities=(_identity("x"),), lost_columns=("impersonated_user",)),
        says="shape",
    ),
)
