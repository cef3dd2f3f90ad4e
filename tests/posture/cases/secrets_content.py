"""Cases of checks of what Secrets hold. Every value is invented, and none is a real form of a key that works."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.testing import a_config_map, a_container, a_deployment, a_namespace, a_secret, an_object
from tests.posture.certificates import a_certificate
from tests.posture.given import Case, Object

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
NO_SECRETS = (("secrets", GapReason.FORBIDDEN),)
AWS_KEY = "AKIA" + "Z" * 16
PULL = "kubernetes.io/dockerconfigjson"
LOGIN = json.dumps({"auths": {"registry.example": {"auth": base64.b64encode(b"robot:not-a-real-one").decode()}}})
SOON = datetime(2026, 12, 10, tzinfo=UTC)


def _tls(name: str, until: datetime, **more: Any) -> Object:
    pem = a_certificate(until=until)
    return a_secret(name, values={"tls.crt": pem, "tls.key": "not a key"}, type="kubernetes.io/tls", **more)


def _release(manifest: str, *, status: str = "deployed", revision: int = 1) -> Object:
    body = json.dumps({"name": "shop", "manifest": manifest, "config": {}}).encode()
    packed = base64.b64encode(gzip.compress(body, mtime=0)).decode()
    labels = {"owner": "helm", "name": "shop", "status": status, "version": str(revision)}
    name = f"sh.helm.release.v1.shop.v{revision}"
    return a_secret(name, values={"release": packed}, type="helm.sh/release.v1", labels=labels)


def _argo(sort: str, values: dict[str, str], **more: Any) -> Object:
    labels = {"argocd.argoproj.io/secret-type": sort, **more.pop("labels", {})}
    return a_secret("repo", "argocd", values=values, labels=labels, **more)


RENDERED = "apiVersion: v1\nkind: Secret\ndata:\n  password: bm90LXJlYWw=\n"
STORED = {"reconcile.external-secrets.io/managed": "true"}
CLUSTER = {"name": "east", "server": "https://east.example", "config": json.dumps({"bearerToken": "not-a-real-token"})}
IAM = {**CLUSTER, "config": json.dumps({"awsAuthConfig": {"clusterName": "east"}})}

CASES = (
    Case(
        "DM-SEC-008",
        VIOLATED,
        (a_secret("db", values={"password": "same"}), a_secret("db", "other", values={"password": "same"})),
        on=("Secret other/db",),
        says="same value in shop/db",
    ),
    Case(
        "DM-SEC-008",
        HOLDS,
        (a_secret("db", values={"password": "same"}), a_secret("client", values={"password": "same"})),
        about="a server and its client in one namespace",
    ),
    Case(
        "DM-SEC-008",
        HOLDS,
        (a_secret("db", values={"user": "app"}), a_secret("db", "other", values={"user": "app"})),
        about="a user name is no secret",
    ),
    Case("DM-SEC-008", UNKNOWN, (a_secret("db"),), gaps=NO_SECRETS),
    Case(
        "DM-SEC-008",
        UNKNOWN,
        (an_object("v1", "Secret", "db", namespace="shop", type="Opaque"),),
        says="only metadata",
        about="fingerprints need values",
    ),
    Case("DM-SEC-009", VIOLATED, (_tls("web", SOON),), on=("Secret shop/web",), says="ends in 15 days"),
    Case(
        "DM-SEC-009",
        VIOLATED,
        (_tls("web", datetime(2026, 11, 1, tzinfo=UTC)),),
        on=("Secret shop/web",),
        says="ended on",
    ),
    Case(
        "DM-SEC-009",
        VIOLATED,
        (_tls("web", datetime(2027, 6, 1, tzinfo=UTC)),),
        on=("Secret shop/web",),
        at=datetime(2025, 11, 1, tzinfo=UTC),
        says="begins on 2026-01-01",
    ),
    Case("DM-SEC-009", HOLDS, (_tls("web", datetime(2027, 6, 1, tzinfo=UTC)),)),
    Case(
        "DM-SEC-009",
        HOLDS,
        (_tls("web", SOON, annotations={"cert-manager.io/certificate-name": "web"}),),
        about="cert-manager still has the time to renew it",
    ),
    Case(
        "DM-SEC-009",
        VIOLATED,
        says="cert-manager should have renewed it",
        on=("Certificate shop/web",),
        objects=(
            an_object(
                "cert-manager.io/v1",
                "Certificate",
                "web",
                namespace="shop",
                spec={"secretName": "web"},
                status={"notAfter": "2026-11-26T00:00:00Z"},
            ),
        ),
    ),
    Case(
        "DM-SEC-009",
        UNKNOWN,
        (an_object("v1", "Secret", "web", namespace="shop", type="kubernetes.io/tls"),),
        says="certificates of 1 TLS Secrets were not read",
    ),
    Case(
        "DM-SEC-010",
        VIOLATED,
        on=("Secret other/pull",),
        objects=tuple(
            a_secret("pull", space, values={".dockerconfigjson": LOGIN}, type=PULL) for space in ("shop", "other")
        ),
    ),
    Case("DM-SEC-010", HOLDS, (a_secret("pull", values={".dockerconfigjson": LOGIN}, type=PULL),)),
    Case("DM-SEC-010", HOLDS, (a_secret(),), says="no pull secret", about="none there"),
    Case("DM-SEC-010", UNKNOWN, gaps=NO_SECRETS),
    Case("DM-SEC-011", VIOLATED, (a_secret("s3", values={"key": AWS_KEY}),), on=("Secret shop/s3",)),
    Case(
        "DM-SEC-011",
        VIOLATED,
        (an_object("v1", "Secret", "s3", namespace="shop", type="Opaque", data={"AWS_ACCESS_KEY_ID": ""}),),
        on=("Secret shop/s3",),
        says="static key",
        about="told by the name where the value was not read",
    ),
    Case(
        "DM-SEC-011", VIOLATED, (a_config_map("s3", data={"s3.ini": f"id = {AWS_KEY}\n"}),), on=("ConfigMap shop/s3",)
    ),
    Case(
        "DM-SEC-011",
        VIOLATED,
        (a_deployment(containers=[a_container(env=[{"name": "ID", "value": AWS_KEY}])]),),
        on=("Deployment shop/app",),
    ),
    Case(
        "DM-SEC-011",
        HOLDS,
        (a_secret("s3", values={"AWS_ACCESS_KEY_ID": AWS_KEY, "AWS_SESSION_TOKEN": "x"}), a_deployment()),
        about="a session ends by itself",
    ),
    Case("DM-SEC-011", HOLDS, (a_secret("db"), a_config_map(data={"a": "b"}))),
    Case("DM-SEC-011", UNKNOWN, gaps=NO_SECRETS),
    Case(
        "DM-SEC-014",
        VIOLATED,
        (_argo("repository", {"url": "https://git.example", "password": "not-real"}),),
        on=("Secret argocd/repo",),
    ),
    Case("DM-SEC-014", VIOLATED, (_argo("cluster", CLUSTER),), on=("Secret argocd/repo",)),
    Case("DM-SEC-014", HOLDS, (_argo("cluster", IAM),), about="a cluster that asks IAM"),
    Case("DM-SEC-014", HOLDS, (_argo("repository", {"url": "https://git.example"}),), about="a public repository"),
    Case(
        "DM-SEC-014",
        HOLDS,
        (_argo("repository", {"password": "not-real"}, labels=STORED),),
        about="from a store",
    ),
    Case(
        "DM-SEC-014",
        VIOLATED,
        on=("Secret flux-system/deploy",),
        says="GitRepository",
        objects=(
            a_secret("deploy", "flux-system", values={"identity": "not-real"}),
            an_object(
                "source.toolkit.fluxcd.io/v1",
                "GitRepository",
                "main",
                namespace="flux-system",
                spec={"url": "ssh://git@git.example/x", "secretRef": {"name": "deploy"}},
            ),
        ),
    ),
    Case("DM-SEC-014", UNKNOWN, gaps=NO_SECRETS),
    Case("DM-SEC-015", VIOLATED, (_release(RENDERED),), on=("Secret shop/sh.helm.release.v1.shop.v1",)),
    Case("DM-SEC-015", HOLDS, (_release("kind: Deployment\n"),)),
    Case("DM-SEC-015", HOLDS, (a_namespace("x"), a_secret()), says="no Helm release", about="none there"),
    Case(
        "DM-SEC-015",
        UNKNOWN,
        (an_object("v1", "Secret", "sh.helm.release.v1.a.v1", namespace="shop", type="helm.sh/release.v1"),),
    ),
)
