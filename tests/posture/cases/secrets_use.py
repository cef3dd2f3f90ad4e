"""Cases of checks of who uses Secrets and whose they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from demarc.model.errors import Where
from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.model.register import Assignment, Register, Selector, Team
from demarc.model.trail import ClientUse, CredentialUse, IdentityUse, TrailFacts
from demarc.testing import (
    a_cluster_role_binding,
    a_container,
    a_deployment,
    a_namespace,
    a_role_binding,
    a_secret,
    a_service_account,
    a_subject,
    an_object,
)
from tests.posture.given import Case, Object

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
NO_SECRETS = (("secrets", GapReason.FORBIDDEN),)
AT = Where(file="register.yaml")
STORED = {"reconcile.external-secrets.io/managed": "true"}
ORPHAN = ("Secret shop/database",)
SEEN = a_service_account("default")
"""Without any service account in a dump, those were left out, and may refer to it."""


def _team(name: str) -> tuple[Team, Assignment]:
    scope = Selector(namespace=name)
    return (
        Team(id=f"team-{name}", name=f"Team {name}", contact="#x", where=AT),
        Assignment(duties=("*",), scope=scope, owner=f"team-{name}", where=AT),
    )


TEAMS = Register(
    teams=tuple(_team(name)[0] for name in ("shop", "data")),
    assignments=tuple(_team(name)[1] for name in ("shop", "data")),
    origin="register",
)
READER: tuple[Object, ...] = (
    a_cluster_role_binding(),
    an_object("rbac.authorization.k8s.io/v1", "Role", "none", namespace="shop", rules=[]),
    a_role_binding("elsewhere", "data", role="view"),
    a_namespace("data"),
    a_service_account("etl", "data"),
    a_service_account("api"),
    a_secret(),
    an_object(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        "readers",
        rules=[{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}],
    ),
)


def _bound(namespace: str, name: str) -> Object:
    return a_role_binding("reads", role="readers", subjects=[a_subject("ServiceAccount", name, namespace)])


def _uses(agent: str) -> TrailFacts:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    once: dict[str, Any] = {"requests": 3, "first": at, "last": at}
    used = IdentityUse(
        user="system:serviceaccount:shop:deployer",
        groups=(),
        arn="",
        refused=0,
        clients_left=0,
        credentials_left=0,
        clients=(ClientUse(source_ip="203.0.113.9", peer_ip="203.0.113.9", agent=agent, **once),),
        credentials=(CredentialUse(id="", legacy_secret="shop/deployer-token", source_ips=1, **once),),
        uses=(),
        uses_left=0,
        **once,
    )
    return TrailFacts(
        origin="trail",
        since=at,
        until=at,
        events=3,
        requests=3,
        shapes=("kubernetes",),
        lost_columns=(),
        records_reads=True,
        identities=(used,),
    )


TOKEN = a_secret(
    "deployer-token",
    values={"token": "not-real"},
    type="kubernetes.io/service-account-token",
    annotations={"kubernetes.io/service-account.name": "deployer"},
)
CI_SECRET = {
    "total_count": 1,
    "secrets": [
        {"name": "PROD_KUBECONFIG", "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"}
    ],
}
OTHER_SECRET = {
    "total_count": 1,
    "secrets": [{"name": "SLACK_CHANNEL", "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"}],
}


def _using(name: str) -> Object:
    return a_deployment(containers=[a_container(envFrom=[{"secretRef": {"name": name}}])])


CASES = (
    Case(
        "DM-SEC-006", VIOLATED, (a_secret(),), on=("Cluster cluster",), says="1 Secrets are kept in the cluster alone"
    ),
    Case("DM-SEC-006", HOLDS, (a_secret(), a_secret("b", labels=STORED)), says="1 of 2 Secrets"),
    Case("DM-SEC-006", UNKNOWN, gaps=NO_SECRETS),
    Case("DM-SEC-007", VIOLATED, (a_secret(), SEEN, _using("other")), on=ORPHAN),
    Case("DM-SEC-007", HOLDS, (a_secret(), SEEN, _using("database"))),
    Case(
        "DM-SEC-007",
        HOLDS,
        (a_secret(created="2026-11-22T00:00:00Z"), SEEN, a_deployment()),
        about="younger than a week",
    ),
    Case(
        "DM-SEC-007",
        HOLDS,
        about="a custom resource refers to it",
        objects=(
            a_secret(),
            SEEN,
            a_deployment(),
            an_object(
                "kafka.example/v1",
                "Topic",
                "t",
                namespace="shop",
                spec={"auth": {"passwordSecretRef": {"name": "database"}}},
            ),
        ),
    ),
    Case(
        "DM-SEC-007",
        HOLDS,
        (a_secret(), SEEN, a_deployment(containers=[a_container(args=["--secret-name=database"])])),
        about="named in a command",
    ),
    Case(
        "DM-SEC-007",
        HOLDS,
        (a_secret(labels={"argocd.argoproj.io/secret-type": "repository"}), SEEN, a_deployment()),
        about="a controller finds it by label",
    ),
    Case(
        "DM-SEC-007",
        HOLDS,
        about="the certificate of an Ingress",
        objects=(
            a_secret(),
            SEEN,
            a_deployment(),
            an_object(
                "networking.k8s.io/v1",
                "Ingress",
                "web",
                namespace="shop",
                spec={"tls": [{"secretName": "database", "hosts": ["a.example"]}]},
            ),
        ),
    ),
    Case("DM-SEC-007", UNKNOWN, (a_secret(), SEEN, a_deployment()), gaps=(("pods", GapReason.FORBIDDEN),)),
    Case("DM-SEC-007", UNKNOWN, (a_secret(), _using("other")), says="no serviceaccounts are in what was given"),
    Case("DM-SEC-007", UNKNOWN, (a_secret(), SEEN), says="no workload is in what was given"),
    Case("DM-SEC-012", VIOLATED, (*READER, _bound("data", "etl")), register=TEAMS, on=("ServiceAccount data/etl",)),
    Case("DM-SEC-012", HOLDS, (*READER, _bound("shop", "api")), register=TEAMS, about="of the same team"),
    Case("DM-SEC-012", UNKNOWN, (*READER, _bound("data", "etl")), says="no register was given"),
    Case(
        "DM-SEC-013",
        VIOLATED,
        documents=(CI_SECRET,),
        on=("PipelineSecret PROD_KUBECONFIG",),
        says="unchanged since 2024",
    ),
    Case("DM-SEC-013", VIOLATED, (TOKEN,), trail=_uses("Helm/3.16.2"), on=("Secret shop/deployer-token",)),
    Case("DM-SEC-013", HOLDS, documents=(OTHER_SECRET,)),
    Case("DM-SEC-013", UNKNOWN, (TOKEN,), trail=_uses("shop-controller/v1"), says="no export of the code host"),
)
