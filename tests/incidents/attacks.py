"""Attacks on a cluster at work: each writes a trail with noise, and says which events are its own."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demarc.testing.audit import KUBECTL, AuditTrail, Who, account, argocd_controller, node_of, person_of, pipeline

OUT = "203.0.113.50"
NIGHT = 26 * 3600.0
CURL = "curl/8.7.1"
PRIVILEGED = {
    "spec": {
        "hostPID": True,
        "containers": [{"name": "x", "image": "alpine:3.20", "securityContext": {"privileged": True}}],
        "volumes": [{"name": "h", "hostPath": {"path": "/"}}],
    }
}
ADMIN = {"kind": "ClusterRole", "name": "cluster-admin", "apiGroup": "rbac.authorization.k8s.io"}


class Attack(NamedTuple):
    """A trail and what is known of it."""

    trail: AuditTrail
    own: set[str]
    """Audit ids of the intruder."""
    address: str
    left: set[str] = set()  # noqa: RUF012 - never changed
    """``resource namespace/name`` of what was left."""


def _trail() -> AuditTrail:
    trail = AuditTrail()
    trail.noise(hours=48)
    return trail


def pipeline_token() -> Attack:
    """The pipeline's lasting token, away from the pipeline: reads all, leaves a lasting token of its own."""
    trail, thief = _trail(), pipeline().at(OUT, CURL)
    back = account("shop", "helper", address="203.0.113.51", agent="python-requests/2.31.0", secret="helper-token")
    own = {
        trail.ask(thief, "create", "selfsubjectrulesreviews", at=NIGHT, level="Metadata"),
        trail.ask(thief, "list", "secrets", at=NIGHT + 30, level="Metadata"),
        trail.ask(thief, "create", "serviceaccounts", "helper", at=NIGHT + 60, namespace="shop", body={}),
        trail.ask(thief, "create", "secrets", "helper-token", at=NIGHT + 70, namespace="shop", level="Metadata"),
        trail.ask(
            thief,
            "create",
            "clusterrolebindings",
            "helper",
            at=NIGHT + 80,
            body={"roleRef": ADMIN, "subjects": [{"kind": "ServiceAccount", "name": "helper", "namespace": "shop"}]},
        ),
        trail.ask(back, "list", "secrets", at=NIGHT + 9000, level="Metadata"),
    }
    left = {"serviceaccounts shop/helper", "secrets shop/helper-token", "clusterrolebindings helper"}
    return Attack(trail, own, OUT, left)


def token_from_a_pod() -> Attack:
    """Somebody's certificate from elsewhere, a command in a pod, its token outside, a CronJob that comes back."""
    trail = _trail()
    thief = person_of("cleo", 2).at(OUT, "kubectl/v1.29.0 (darwin/arm64)")
    token = f"JTI={'ab' * 4}-0000-0000-0000-{'cd' * 6}"
    inside = account("shop", "shop", address="10.1.0.44", agent="shop/7", credential=token, pod="shop-1", grant="shop")
    for hour in range(0, 40, 4):
        trail.ask(inside, "get", "configmaps", "shop", at=hour * 3600 + 13, namespace="shop")
    stolen = inside.at(OUT, CURL)
    own = {
        trail.ask(thief, "list", "pods", at=NIGHT, namespace="shop"),
        trail.ask(
            thief,
            "get",
            "pods",
            "shop-1",
            at=NIGHT + 20,
            namespace="shop",
            sub="exec",
            code=101,
            command=("cat", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
        ),
        trail.ask(stolen, "list", "secrets", at=NIGHT + 60, namespace="shop", level="Metadata"),
        trail.ask(stolen, "create", "cronjobs", "warm", at=NIGHT + 90, namespace="shop", body={"spec": PRIVILEGED}),
    }
    return Attack(trail, own, OUT, {"cronjobs shop/warm"})


def miner() -> Attack:
    """A person's role of the cloud from elsewhere: a miner on every node (EKS, no credential ids)."""
    trail = _trail()
    arn = "arn:aws:sts::111122223333:assumed-role/Dev/dora"
    home = Who(arn, address="192.0.2.30", groups=("ops", "system:authenticated"), extra={"arn": [arn]}, grant="ops")
    for hour in range(0, 24, 3):
        trail.ask(home, "list", "pods", at=hour * 3600 + 17, namespace="shop")
    thief = home.at(OUT, "Go-http-client/2.0")
    image = {"spec": {"template": {"spec": {"containers": [{"name": "m", "image": "docker.io/evil/xmrig:6"}]}}}}
    own = {
        trail.ask(thief, "list", "nodes", at=NIGHT),
        trail.ask(thief, "create", "daemonsets", "kube-controller", at=NIGHT + 30, namespace="kube-system", body=image),
        trail.ask(thief, "delete", "networkpolicies", "deny-egress", at=NIGHT + 40, namespace="shop"),
    }
    return Attack(trail, own, OUT, {"daemonsets kube-system/kube-controller"})


def anonymous() -> Attack:
    """Nobody's: a binding lets anonymous callers in; a pod with the node's root."""
    trail = _trail()
    nobody = Who("system:anonymous", address=OUT, agent=CURL, groups=("system:unauthenticated",), grant="open-to-all")
    own = {
        trail.ask(nobody, "list", "pods", at=NIGHT, namespace="shop", level="Metadata"),
        trail.ask(nobody, "list", "secrets", at=NIGHT + 10, level="Metadata"),
        trail.ask(nobody, "create", "pods", "sh", at=NIGHT + 20, namespace="shop", body=PRIVILEGED),
        trail.ask(
            nobody, "create", "pods", "sh", at=NIGHT + 40, namespace="shop", sub="exec", code=101, command=("sh",)
        ),
    }
    return Attack(trail, own, OUT, {"pods shop/sh"})


def stolen_node() -> Attack:
    """A node's certificate in a program of people: reads Secrets, has tokens made for pods, uses one."""
    trail = _trail()
    thief = node_of(1).at("10.1.0.66", KUBECTL)
    token = "JTI=11111111-2222-3333-4444-555555555555"
    minted = account("shop", "admin", address="10.1.0.66", agent=KUBECTL, credential=token, grant="shop-admin")
    own = {
        trail.ask(thief, "list", "pods", at=NIGHT),
        trail.ask(thief, "get", "secrets", "shop-db", at=NIGHT + 10, namespace="shop", level="Metadata"),
        trail.ask(
            thief, "create", "serviceaccounts", "admin", at=NIGHT + 20, namespace="shop", sub="token", issued=token
        ),
        trail.ask(minted, "create", "clusterrolebindings", "x", at=NIGHT + 50, body={"roleRef": ADMIN, "subjects": []}),
    }
    return Attack(trail, own, "10.1.0.66", {"clusterrolebindings x"})


def certificate() -> Attack:
    """A certificate asked for and approved by an intruder with an administrator's credential; used days later."""
    trail = _trail()
    admin = Who("root-admin", address="192.0.2.40", groups=("system:masters",), credential="X509SHA256=" + "0" * 64)
    for hour in range(0, 20, 2):
        trail.ask(admin, "get", "nodes", "n", at=hour * 3600 + 11)
    thief = admin.at(OUT, "curl/8.0.1")
    request, issued, digest = _certificate("system:kube-proxy-agent")
    later = Who("system:kube-proxy-agent", address="203.0.113.77", agent=CURL, credential=digest)
    own = {
        trail.ask(
            thief, "create", "certificatesigningrequests", "agent", at=NIGHT, body={"spec": {"request": request}}
        ),
        trail.ask(thief, "update", "certificatesigningrequests", "agent", at=NIGHT + 5, sub="approval", body={}),
        trail.ask(later, "list", "secrets", at=NIGHT + 40_000, level="Metadata"),
    }
    manager = Who("system:kube-controller-manager", address="10.0.250.1", agent="kube-controller-manager/v1.33.5")
    trail.ask(
        manager,
        "update",
        "certificatesigningrequests",
        "agent",
        at=NIGHT + 6,
        sub="status",
        response={"status": {"certificate": issued}},
    )
    return Attack(trail, own, OUT, {"certificatesigningrequests agent"})


def impersonation() -> Attack:
    """A pod's token in the pod itself, by hand, acting as the administrators."""
    trail = _trail()
    token = "JTI=99999999-2222-3333-4444-555555555555"
    inside = account(
        "shop", "portal", address="10.1.0.90", agent="portal/3", credential=token, pod="portal-0", grant="portal"
    )
    for hour in range(0, 44, 2):
        trail.ask(inside, "get", "configmaps", "portal", at=hour * 3600 + 19, namespace="shop")
    thief = inside.at("10.1.0.90", CURL)
    own = {
        trail.ask(thief, "create", "selfsubjectrulesreviews", at=NIGHT, level="Metadata"),
        trail.ask(
            thief,
            "list",
            "secrets",
            at=NIGHT + 20,
            namespace="kube-system",
            level="Metadata",
            impersonate="nobody",
            impersonate_groups=("system:masters",),
        ),
        trail.ask(
            thief,
            "create",
            "rolebindings",
            "x",
            at=NIGHT + 40,
            namespace="shop",
            body={"roleRef": ADMIN, "subjects": []},
            impersonate="nobody",
            impersonate_groups=("system:masters",),
        ),
    }
    return Attack(trail, own, "10.1.0.90", {"rolebindings shop/x"})


def gitops() -> Attack:
    """Through Git: Argo CD makes an account of somebody else's, as a commit says; its token is used from outside."""
    trail = _trail()
    argocd = argocd_controller(NIGHT)
    trail.ask(argocd, "create", "serviceaccounts", "sync-helper", at=NIGHT, namespace="argocd", body={})
    trail.ask(argocd, "create", "secrets", "sync-helper-token", at=NIGHT + 1, namespace="argocd", level="Metadata")
    trail.ask(
        argocd,
        "create",
        "clusterrolebindings",
        "sync-helper",
        at=NIGHT + 2,
        body={"roleRef": ADMIN, "subjects": [{"kind": "ServiceAccount", "name": "sync-helper", "namespace": "argocd"}]},
    )
    back = account("argocd", "sync-helper", address=OUT, agent=KUBECTL, secret="sync-helper-token", grant="sync-helper")
    own = {
        trail.ask(back, "list", "secrets", at=NIGHT + 7000, level="Metadata"),
        trail.ask(back, "create", "pods", "sh", at=NIGHT + 7100, namespace="kube-system", body=PRIVILEGED),
    }
    return Attack(trail, own, OUT, {"pods kube-system/sh"})


def nothing() -> AuditTrail:
    """A cluster at work, and a night of looking after it: somebody on call from home, a debugging pod, a review."""
    trail = _trail()
    home = person_of("ana", 0).at("198.51.100.77")
    trail.ask(home, "get", "pods", "shop-1", at=NIGHT, namespace="shop", sub="exec", code=101, command=("psql",))
    ben = person_of("ben", 1)
    trail.ask(ben, "create", "pods", "debug", at=NIGHT + 100, namespace="default", body={"spec": {"hostPID": True}})
    trail.ask(ben, "delete", "pods", "debug", at=NIGHT + 400, namespace="default")
    for number, kind in enumerate(("roles", "clusterroles", "rolebindings", "clusterrolebindings")):
        trail.ask(person_of("cleo", 2), "list", kind, at=NIGHT + 600 + number)
    trail.ask(person_of("cleo", 2), "list", "secrets", at=NIGHT + 620, code=403, level="Metadata")
    token = "JTI=77777777-2222-3333-4444-555555555555"
    trail.ask(ben, "create", "serviceaccounts", "shop", at=NIGHT + 700, namespace="shop", sub="token", issued=token)
    desk = account("shop", "shop", address=ben.address, agent=KUBECTL, credential=token, grant="shop")
    trail.ask(desk, "list", "pods", at=NIGHT + 720, namespace="shop")
    return trail


ATTACKS: dict[str, Callable[[], Attack]] = {
    one.__name__: one
    for one in (
        pipeline_token,
        token_from_a_pod,
        miner,
        anonymous,
        stolen_node,
        certificate,
        impersonation,
        gitops,
    )
}


def _certificate(name: str) -> tuple[str, str, str]:
    """A request, the certificate that was issued for it, and its credential id."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    asked = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    begins = datetime(2026, 10, 6, tzinfo=UTC)
    given: Any = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    digest = f"X509SHA256={given.fingerprint(hashes.SHA256()).hex()}"
    return (
        base64.b64encode(asked.public_bytes(pem)).decode(),
        base64.b64encode(given.public_bytes(pem)).decode(),
        digest,
    )
