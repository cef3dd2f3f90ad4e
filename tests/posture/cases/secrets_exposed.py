"""Cases of checks of credentials that stand where they do not belong. Every value is invented."""

from __future__ import annotations

import json

from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.testing import a_config_map, a_container, a_deployment, a_secret
from tests.posture.given import Case, Object

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
NO_PODS = (("pods", GapReason.FORBIDDEN),)
APP = ("Deployment shop/app",)


def _env(name: str, value: str) -> Object:
    return a_deployment(containers=[a_container(env=[{"name": name, "value": value}])])


def _config(text: str, key: str = "app.yaml") -> Object:
    return a_config_map("app", data={key: text})


def _args(*args: str) -> Object:
    return a_deployment(containers=[a_container(args=list(args))])


FROM = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}}
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIInotreal\n-----END RSA PRIVATE KEY-----\n"
COPY = json.dumps({"kind": "Secret", "data": {"password": "bm90LXJlYWw="}})

CASES = (
    Case(
        "DM-SEC-001",
        VIOLATED,
        (a_deployment(containers=[a_container(env=[FROM])]),),
        on=APP,
        says="container app with Secrets",
    ),
    Case(
        "DM-SEC-001",
        VIOLATED,
        on=APP,
        objects=(
            a_deployment(pod_spec={"initContainers": [a_container("x", envFrom=[{"secretRef": {"name": "all"}}])]}),
        ),
    ),
    Case(
        "DM-SEC-001",
        HOLDS,
        (a_deployment(pod_spec={"volumes": [{"name": "s", "secret": {"secretName": "database"}}]}),),
    ),
    Case("DM-SEC-001", UNKNOWN, (a_deployment(),), gaps=NO_PODS),
    Case("DM-SEC-002", VIOLATED, (_env("DB_PASSWORD", "not-a-real-one"),), on=APP),
    Case("DM-SEC-002", VIOLATED, (_env("DSN", "postgres://app:not-real@db:5432/x"),), on=APP, about="in an address"),
    Case("DM-SEC-002", VIOLATED, (_args("--db-password=not-a-real-one"),), on=APP, about="in an argument"),
    Case("DM-SEC-002", VIOLATED, (_args("--token", "9f86d081884c7d659a2feaa0"),), on=APP, about="after its flag"),
    Case("DM-SEC-002", HOLDS, (_env("TLS_SECRET", "my-tls-v2"),), about="the name of a Secret"),
    Case("DM-SEC-002", HOLDS, (_env("PASSWORD", "$(FROM_ELSEWHERE)"),), about="a reference"),
    Case("DM-SEC-002", HOLDS, (_env("TOKEN_FILE", "/var/run/secrets/token"),), about="a path"),
    Case("DM-SEC-002", HOLDS, (_env("MYSQL_ALLOW_EMPTY_PASSWORD", "yes"),), about="a switch"),
    Case(
        "DM-SEC-002", HOLDS, (_env("ISSUER", "https://issuer.example/realms/shop"),), about="an address without a login"
    ),
    Case(
        "DM-SEC-002", HOLDS, (_args("--webhook-secret=my-webhook-certs"),), about="the name of a Secret in an argument"
    ),
    Case("DM-SEC-002", VIOLATED, (_args("-c", "curl -H 'Authorization: Bearer x' https://a:not-real@b/"),), on=APP),
    Case("DM-SEC-002", HOLDS, (_args("--token-ttl=1h", "--secret-name", "database"),), about="arguments about secrets"),
    Case("DM-SEC-002", UNKNOWN, (a_deployment(),), gaps=NO_PODS),
    Case(
        "DM-SEC-003",
        VIOLATED,
        (_config("spring:\n  datasource:\n    password: not-real\n"),),
        on=("ConfigMap shop/app",),
    ),
    Case(
        "DM-SEC-003",
        VIOLATED,
        (_config(KEY, "tls.pem"),),
        on=("ConfigMap shop/app",),
        says="credentials (1)",
        about="a key",
    ),
    Case(
        "DM-SEC-003",
        VIOLATED,
        (_config('{"user": "a", "password": "n0t-real"}', "c.json"),),
        on=("ConfigMap shop/app",),
    ),
    Case(
        "DM-SEC-003", VIOLATED, (_config("not-a-real-one", "db-password"),), on=("ConfigMap shop/app",), about="by key"
    ),
    Case(
        "DM-SEC-003", HOLDS, (_config("# password: changeme\npassword: ${DB_PASSWORD}\n"),), about="comment, reference"
    ),
    Case("DM-SEC-003", HOLDS, (_config("properties:\n  password:\n    type: string\n"),), about="a schema"),
    Case("DM-SEC-003", HOLDS, (_config("password = os.environ['PASSWORD']\n", "app.py"),), about="program code"),
    Case("DM-SEC-003", HOLDS, (_config("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n", "ca.crt"),)),
    Case("DM-SEC-003", UNKNOWN, gaps=(("configmaps", GapReason.FORBIDDEN),)),
    Case(
        "DM-SEC-004",
        VIOLATED,
        on=("Secret shop/database",),
        objects=(a_secret(annotations={"kubectl.kubernetes.io/last-applied-configuration": COPY}),),
    ),
    Case("DM-SEC-004", HOLDS, (a_secret(annotations={"note": "rotated in May"}),)),
    Case("DM-SEC-004", UNKNOWN, gaps=(("secrets", GapReason.FORBIDDEN),)),
)
