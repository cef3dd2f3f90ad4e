"""Secrets and ConfigMaps. Every value is invented and says so; there is no private key and no working token in them."""

from __future__ import annotations

import base64
import json
from typing import Any

from make import certs
from make.company import ACCOUNT, CLUSTER_CREATED, REGION, REGISTRY, role
from make.incident import BACKDOOR, BACKDOOR_SECRET, DEPLOYER, DEPLOYER_SECRET, SECRET_MADE
from make.kube import Object, make, touched
from make.stable import hexes, uid

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
JENKINS_ROLE = role("fjordkite-jenkins")


def encoded(text: str) -> str:
    """Base64 as Secrets hold it."""
    return base64.b64encode(text.encode()).decode()


def _segment(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def legacy_token(namespace: str, account: str, secret: str) -> str:
    """Token with the claims of a legacy service account token and no signature that anybody would accept."""
    prefix = "kubernetes.io/serviceaccount"
    claims = {
        "iss": prefix,
        f"{prefix}/namespace": namespace,
        f"{prefix}/secret.name": secret,
        f"{prefix}/service-account.name": account,
        f"{prefix}/service-account.uid": uid("ServiceAccount", namespace, account),
        "sub": f"system:serviceaccount:{namespace}:{account}",
    }
    header = {"alg": "RS256", "kid": "example-not-a-key"}
    return ".".join((_segment(header), _segment(claims), encoded("invented signature EXAMPLE").rstrip("=")))


def secret(
    name: str,
    namespace: str,
    values: dict[str, str],
    *,
    made: str,
    by: str,
    kind: str = "Opaque",
    written: str | None = None,
    **more: Any,
) -> Object:
    """Build a Secret; ``written`` is when its values were last changed, where that is later than ``made``."""
    data = {key: encoded(value) for key, value in values.items()}
    item = make("v1", "Secret", name, namespace, made=made, by=by, data=data, type=kind, **more)
    if written:
        item["metadata"]["managedFields"][0]["time"] = written
    return item


def applied(item: Object) -> Object:
    """Add what ``kubectl apply`` leaves: an annotation that repeats the object, values and all."""
    meta = item["metadata"]
    copy = {key: item[key] for key in ("apiVersion", "data", "kind", "type")}
    copy["metadata"] = {"annotations": {}, "name": meta["name"], "namespace": meta["namespace"]}
    meta["annotations"] = meta.get("annotations", {}) | {
        LAST_APPLIED: json.dumps(copy, separators=(",", ":"), sort_keys=True) + "\n"
    }
    owned = meta["managedFields"][0]["fieldsV1"].setdefault("f:metadata", {})
    owned["f:annotations"] = {".": {}, f"f:{LAST_APPLIED}": {}}
    return item


def _token_secret(name: str, namespace: str, account: str, *, made: str, by: str, used: str | None) -> Object:
    annotations = {
        "kubernetes.io/service-account.name": account,
        "kubernetes.io/service-account.uid": uid("ServiceAccount", namespace, account),
    }
    item = secret(
        name,
        namespace,
        {"ca.crt": certs.CLUSTER_CA, "namespace": namespace, "token": legacy_token(namespace, account, name)},
        made=made,
        by=by,
        kind="kubernetes.io/service-account-token",
        annotations=annotations,
        labels={"kubernetes.io/legacy-token-last-used": used} if used else None,
    )
    meta = item["metadata"]
    meta["managedFields"] = meta["managedFields"][:1]
    meta["managedFields"][0]["fieldsV1"] = {
        "f:metadata": {"f:annotations": {".": {}, "f:kubernetes.io/service-account.name": {}}},
        "f:type": {},
    }
    filled = {"data": item["data"], "metadata": {"annotations": {"kubernetes.io/service-account.uid": ""}}}
    touched(item, "kube-controller-manager", made, filled)
    if used:
        touched(item, "kube-apiserver", f"{used}T00:00:09Z", {"metadata": {"labels": meta["labels"]}})
    return item


def tokens() -> list[Object]:
    """Legacy tokens: a pipeline's, an invalidated one, and the one that the intruder left."""
    old = _token_secret(
        "optimizer-old-token-x7k2p",
        "yard",
        "optimizer-old",
        made="2024-04-22T13:31:00Z",
        by="kubectl-create",
        used=None,
    )
    old["metadata"]["labels"] = {"kubernetes.io/legacy-token-invalid-since": "2026-05-02"}
    touched(old, "kube-controller-manager", "2026-05-02T03:10:00Z", {"metadata": {"labels": old["metadata"]["labels"]}})
    return [
        _token_secret(
            DEPLOYER_SECRET,
            DEPLOYER[0],
            DEPLOYER[1],
            made="2024-03-20T08:36:12Z",
            by="kubectl-create",
            used="2026-11-18",
        ),
        _token_secret(BACKDOOR_SECRET, BACKDOOR[0], BACKDOOR[1], made=SECRET_MADE, by="curl", used="2026-11-17"),
        old,
    ]


def _external(name: str, namespace: str, values: dict[str, str], *, made: str, refreshed: str) -> Object:
    owner = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": name, "uid": uid("ExternalSecret", namespace, name)},
    }
    return secret(
        name,
        namespace,
        values,
        made=made,
        by=f"externalsecrets.external-secrets.io/{name}",
        written=refreshed,
        owner=owner,
        labels={"reconcile.external-secrets.io/managed": "true"},
        annotations={"reconcile.external-secrets.io/data-hash": hexes("data", namespace, name, length=56)},
    )


def no_key(name: str, namespace: str) -> str:
    """Stands for a private key, another one in each Secret: real ones were thrown away when certificates were made."""
    value = hexes("key", namespace, name, length=40)
    return f"-----BEGIN EXAMPLE KEY-----\nnot a key {value}\n-----END EXAMPLE KEY-----\n"


def _tls(
    name: str, namespace: str, certificate: str, *, made: str, by: str, written: str | None = None, **more: Any
) -> Object:
    values = {"tls.crt": certificate, "tls.key": no_key(name, namespace)}
    return secret(name, namespace, values, made=made, by=by, kind="kubernetes.io/tls", written=written, **more)


def certificates() -> list[Object]:
    """TLS: one kept by cert-manager, one about to end, one that ended a year ago, and two of admission webhooks."""
    kept = {
        "cert-manager.io/certificate-name": "book",
        "cert-manager.io/issuer-kind": "ClusterIssuer",
        "cert-manager.io/issuer-name": "internal-ca",
    }
    return [
        _tls(
            "book-tls",
            "booking",
            certs.BOOKING_TLS + certs.INTERNAL_CA,
            made="2024-03-19T09:00:00Z",
            by="cert-manager-certificates-issuing",
            written="2026-10-20T04:10:31Z",
            annotations=kept,
            labels={"controller.cert-manager.io/fao": "true"},
        ),
        _tls(
            "edi-tls",
            "edi",
            certs.EDI_TLS,
            made="2024-04-02T10:05:00Z",
            by="kubectl-create",
            written="2025-11-30T08:20:00Z",
        ),
        _tls("yard-tls", "yard", certs.YARD_TLS, made="2024-09-01T10:00:00Z", by="kubectl-create"),
        secret(
            "ingress-nginx-admission",
            "ingress-nginx",
            {
                "ca": certs.INGRESS_WEBHOOK,
                "cert": certs.INGRESS_WEBHOOK,
                "key": no_key("ingress-nginx-admission", "ingress-nginx"),
            },
            made="2025-06-03T07:00:20Z",
            by="kube-webhook-certgen",
        ),
        _tls(
            "kyverno-svc.kyverno.svc.kyverno-tls-pair",
            "kyverno",
            certs.KYVERNO_WEBHOOK,
            made="2025-02-11T10:05:10Z",
            by="kyverno",
            written="2026-09-02T00:01:00Z",
        ),
    ]


def _registry(namespace: str, made: str) -> Object:
    login = {"auths": {REGISTRY: {"auth": encoded("puller:invented-pull-password-EXAMPLE"), "username": "puller"}}}
    return secret(
        "registry-login",
        namespace,
        {".dockerconfigjson": json.dumps(login)},
        made=made,
        by="kubectl-create",
        kind="kubernetes.io/dockerconfigjson",
    )


def _release() -> Object:
    manifest = {"name": "quotes", "version": 312, "config": {"carrier": {"apiKey": "invented-polarline-EXAMPLE"}}}
    packed = encoded(json.dumps(manifest))
    return secret(
        "sh.helm.release.v1.quotes.v312",
        "quotes",
        {"release": packed},
        made="2026-11-16T14:22:31Z",
        by="Helm",
        kind="helm.sh/release.v1",
        labels={"name": "quotes", "owner": "helm", "status": "deployed", "version": "312"},
    )


def values() -> list[Object]:
    """Passwords and keys: some kept by External Secrets, most made by hand and not touched since."""
    carrier = {"polarline": "invented-polarline-EXAMPLE", "seahold": "invented-seahold-EXAMPLE"}
    return [
        _external(
            "booking-db",
            "booking",
            {"password": "invented-booking-db-EXAMPLE"},
            made="2024-03-19T08:40:00Z",
            refreshed="2026-10-01T02:00:11Z",
        ),
        applied(
            secret(
                "payment-gateway",
                "booking",
                {"api-key": "invented-payment-key-EXAMPLE"},
                made="2024-07-02T14:00:00Z",
                by="kubectl-client-side-apply",
            )
        ),
        secret("carrier-api-keys", "quotes", carrier, made="2024-03-20T09:10:00Z", by="kubectl-create"),
        secret("carrier-api-keys", "tracking", carrier, made="2024-05-06T12:10:00Z", by="kubectl-create"),
        secret(
            "mqtt-broker",
            "tracking",
            {"password": "invented-mqtt-EXAMPLE"},
            made="2024-05-06T12:11:00Z",
            by="kubectl-create",
        ),
        secret(
            "broker-credentials",
            "customs",
            {"token": "invented-customs-broker-EXAMPLE"},
            made="2024-06-03T08:10:00Z",
            by="kubectl-create",
        ),
        secret(
            "broker-credentials-2024",
            "customs",
            {"token": "invented-old-broker-EXAMPLE"},
            made="2024-06-03T08:05:00Z",
            by="kubectl-create",
        ),
        secret(
            "sftp-host-key",
            "edi",
            {"ssh-privatekey": no_key("sftp-host-key", "edi")},
            made="2024-04-02T10:06:00Z",
            by="kubectl-create",
            kind="kubernetes.io/ssh-auth",
        ),
        _external(
            "ledger-db",
            "data",
            {"password": "invented-ledger-EXAMPLE", "username": "ledger"},
            made="2024-03-26T10:35:00Z",
            refreshed="2026-06-09T05:50:00Z",
        ),
        secret(
            "lake-aws-key",
            "data",
            {"access-key-id": "AKIAIOSFODNN7EXAMPLE", "secret-access-key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
            made="2025-01-28T16:05:00Z",
            by="kubectl-create",
        ),
        secret(
            "model-key",
            "assistant",
            {"api-key": "invented-model-key-EXAMPLE"},
            made="2026-06-15T09:20:00Z",
            by="kubectl-create",
        ),
        secret(
            "tool-credentials",
            "assistant",
            {"crm-token": "invented-crm-EXAMPLE", "mail-token": "invented-mail-EXAMPLE"},
            made="2026-06-15T09:21:00Z",
            by="kubectl-create",
        ),
        secret(
            "argocd-secret",
            "argocd",
            {"admin.password": "invented-hash-EXAMPLE", "server.secretkey": "invented-server-key-EXAMPLE"},
            made="2024-03-12T08:14:31Z",
            by="argocd-server",
        ),
        secret(
            "repo-cluster-config",
            "argocd",
            {
                "password": "invented-repo-password-EXAMPLE",
                "type": "git",
                "url": "https://github.com/fjordkite/cluster-config.git",
                "username": "argocd",
            },
            made="2024-03-12T08:30:00Z",
            by="argocd-server",
            labels={"argocd.argoproj.io/secret-type": "repository"},
        ),
        _registry("edi", "2024-04-02T10:02:00Z"),
        _registry("quotes", "2024-03-20T09:05:00Z"),
        _release(),
    ]


def _map_roles() -> str:
    node = role("fjordkite-node-general")
    return (
        f"- groups:\n  - system:bootstrappers\n  - system:nodes\n  rolearn: {node}\n"
        "  username: system:node:{{EC2PrivateDNSName}}\n"
        f"- groups:\n  - system:masters\n  rolearn: {JENKINS_ROLE}\n  username: jenkins\n"
    )


def config_maps() -> list[Object]:
    """ConfigMaps: settings, one credential where none belongs, and the old way into an EKS cluster."""
    config = "kubectl-client-side-apply"
    return [
        make(
            "v1",
            "ConfigMap",
            "aws-auth",
            "kube-system",
            made="2024-03-11T09:31:00Z",
            by=config,
            data={"mapRoles": _map_roles()},
        ),
        make(
            "v1",
            "ConfigMap",
            "coredns",
            "kube-system",
            made=CLUSTER_CREATED,
            by="eks",
            data={"Corefile": ".:53 {\n    errors\n    kubernetes cluster.local\n    forward . /etc/resolv.conf\n}\n"},
        ),
        make(
            "v1",
            "ConfigMap",
            "kube-apiserver-legacy-service-account-token-tracking",
            "kube-system",
            made=CLUSTER_CREATED,
            by="kube-apiserver",
            data={"since": "2024-03-11"},
        ),
        make(
            "v1",
            "ConfigMap",
            "argocd-cm",
            "argocd",
            made="2024-03-12T08:14:30Z",
            by=config,
            data={"admin.enabled": "true", "url": "https://argocd.fjordkite.example"},
        ),
        make(
            "v1",
            "ConfigMap",
            "argocd-rbac-cm",
            "argocd",
            made="2024-03-12T08:14:30Z",
            by=config,
            data={"policy.default": "role:admin"},
        ),
        make(
            "v1",
            "ConfigMap",
            "fluent-bit",
            "logging",
            made="2024-03-13T10:30:00Z",
            by=config,
            data={
                "fluent-bit.conf": f"[OUTPUT]\n    Name cloudwatch_logs\n    region {REGION}\n"
                f"    log_group_name /fjordkite/{ACCOUNT}/apps\n"
            },
        ),
        make(
            "v1",
            "ConfigMap",
            "quotes",
            "quotes",
            made="2024-03-20T09:00:00Z",
            by="helm",
            data={"LOG_LEVEL": "info", "SMTP_URL": "smtp://quotes:invented-smtp-EXAMPLE@mail.fjordkite.example:587"},
        ),
        make(
            "v1",
            "ConfigMap",
            "yard-planner",
            "yard",
            made="2024-04-22T13:29:00Z",
            by=config,
            data={"depots": "north,south,inland"},
        ),
    ]


def objects() -> list[Object]:
    """All Secrets and ConfigMaps."""
    return [*tokens(), *certificates(), *values(), *config_maps()]
