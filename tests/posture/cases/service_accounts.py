"""Cases of checks of service accounts and their credentials."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from demarc.model.errors import Where
from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.model.register import Assignment, Register, Selector, Team
from demarc.model.trail import CredentialUse
from demarc.testing import (
    a_config_map,
    a_daemon_set,
    a_deployment,
    a_pod,
    a_secret,
    a_service_account,
    a_workload,
    an_object,
)
from tests.posture.given import Case, Object
from tests.posture.granting import (
    BOUND,
    NO_BINDINGS,
    SINCE,
    UNTIL,
    a_client,
    a_rule,
    a_trail,
    a_use,
    an_account,
    cluster_wide,
    in_shop,
    somebody,
)

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
NO_PODS = (("pods", GapReason.FORBIDDEN),)
NO_SECRETS = (("secrets", GapReason.FORBIDDEN),)
TOKEN = "kubernetes.io/service-account-token"
INVALID = "kubernetes.io/legacy-token-invalid-since"
LAST_USED = "kubernetes.io/legacy-token-last-used"
APP = "system:serviceaccount:shop:app"
NODE = somebody("system:node:n1", clients=(a_client("198.51.100.9"), a_client("10.0.0.9")), clients_left=0)
OWNED = Register(
    teams=(Team(id="shop", name="Shop", where=Where(file="teams.yaml", line=1)),),
    assignments=(
        Assignment(
            duties=("*",), scope=Selector(namespace="shop"), owner="shop", where=Where(file="assignments.yaml", line=1)
        ),
    ),
)


def _mounted(name: str = "app", account: str = "app", **more: Any) -> Object:
    """A workload with a pod that has the token of its account in its files."""
    return a_deployment(name, service_account=account, **more)


def _projected(**token: Any) -> dict[str, Any]:
    sources = [{"serviceAccountToken": {"path": "token", **token}}]
    return {"volumes": [{"name": "t", "projected": {"sources": sources}}]}


def _token(name: str = "app-token", created: str = "2024-03-01T00:00:00Z") -> Object:
    return a_secret(name, type=TOKEN, annotations={"kubernetes.io/service-account.name": "app"}, created=created)


def _labelled(label: str, value: str) -> Object:
    secret = _token()
    secret["metadata"]["labels"] = {label: value}
    return secret


def _a_pod_of(name: str, account: str = "app") -> Object:
    return a_pod(f"{name}-7d4b9c6f5-x2x8k", service_account=account, node="n1")


def _credential(pod: str = "", addresses: int = 1, id: str = "JTI=1") -> CredentialUse:  # noqa: A002 - the field's name
    return CredentialUse(
        id=id, token_pod=pod, token_node="n1", source_ips=addresses, requests=4, first=SINCE, last=UNTIL
    )


def _request(name: str, *, approved: bool = True, signer: str = "kubernetes.io/kube-apiserver-client") -> Object:
    key = ed25519.Ed25519PrivateKey.generate()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, None)
    return an_object(
        "certificates.k8s.io/v1",
        "CertificateSigningRequest",
        "csr-1",
        spec={
            "signerName": signer,
            "username": "ops",
            "request": base64.b64encode(made.public_bytes(Encoding.PEM)).decode(),
        },
        status={"conditions": [{"type": "Approved", "status": "True"}] if approved else []},
    )


def _tracking(since: str) -> Object:
    return a_config_map("kube-apiserver-legacy-service-account-token-tracking", "kube-system", data={"since": since})


def _changed(at: str) -> Object:
    secret = a_secret("database", values={"password": "x-not-a-password"}, created="2023-01-01T00:00:00Z")
    for entry in secret["metadata"]["managedFields"]:
        entry["time"] = at
    return secret


def _bare(secret: Object) -> Object:
    del secret["metadata"]["managedFields"]
    return secret


def _rotated(every: int) -> Register:
    entry = OWNED.assignments[0]
    return Register(
        teams=OWNED.teams,
        assignments=(
            Assignment(duties=("*",), scope=entry.scope, owner="shop", review_every=every, where=entry.where),
        ),
    )


def _bootstrap(expiration: str | None) -> Object:
    values = {"token-id": "abcdef", "token-secret": "not-a-real-secret"}
    if expiration is not None:
        values["expiration"] = expiration
    return a_secret("bootstrap-token-abcdef", "kube-system", type="bootstrap.kubernetes.io/token", values=values)


CASES = (
    Case(
        "DM-SA-001",
        VIOLATED,
        (_mounted(account="default"),),
        on=("ServiceAccount shop/default",),
        says="its token is in Deployment shop/app",
        base=BOUND,
    ),
    Case(
        "DM-SA-001",
        VIOLATED,
        in_shop(a_rule("get", "pods"), subject=an_account("default")),
        on=("ServiceAccount shop/default",),
        says="give it rights",
        base=BOUND,
    ),
    Case(
        "DM-SA-001",
        HOLDS,
        (_mounted(account="default", pod_spec={"automountServiceAccountToken": False}),),
        base=BOUND,
        about="no token",
    ),
    Case("DM-SA-001", UNKNOWN, gaps=NO_PODS, base=BOUND),
    Case(
        "DM-SA-002",
        VIOLATED,
        (_a_pod_of("app"),),
        on=("Pod shop/app-7d4b9c6f5-x2x8k",),
        says="did not call the API once",
        trail=a_trail(NODE),
        base=tuple(item for item in BOUND if item["kind"] != "Deployment"),
    ),
    Case(
        "DM-SA-002",
        HOLDS,
        (
            a_pod("one", service_account="app", node="n1"),
            a_pod("two", pod_spec={"automountServiceAccountToken": False}),
        ),
        trail=a_trail(somebody(APP, a_use("get", "pods"))),
        base=tuple(item for item in BOUND if item["kind"] != "Deployment"),
    ),
    Case(
        "DM-SA-002",
        VIOLATED,
        (a_pod("one", service_account="app", node="n1"), a_pod("two", service_account="app", node="n1")),
        on=("Pod shop/two",),
        trail=a_trail(somebody(APP, credentials=(_credential("one"),))),
        base=tuple(item for item in BOUND if item["kind"] != "Deployment"),
        about="two pods of one account, told apart by their tokens",
    ),
    Case(
        "DM-SA-002",
        UNKNOWN,
        (a_pod("one", service_account="app", node="n1"), a_pod("two", service_account="app", node="n1")),
        says="does not tell their pods apart",
        trail=a_trail(somebody(APP, credentials=(_credential(""),))),
        base=tuple(item for item in BOUND if item["kind"] != "Deployment"),
    ),
    Case("DM-SA-002", UNKNOWN, says="no audit trail was given", base=BOUND),
    Case("DM-SA-002", UNKNOWN, trail=a_trail(until=SINCE + timedelta(hours=5)), says="covers 0.2 days", base=BOUND),
    Case(
        "DM-SA-003",
        VIOLATED,
        (_token(),),
        on=("Secret shop/app-token",),
        says="holds a token of ServiceAccount shop/app that does not end",
        base=BOUND,
    ),
    Case(
        "DM-SA-003",
        HOLDS,
        (
            a_secret(),
            _labelled(INVALID, "2026-11-01"),
            a_secret(
                "default-token-x",
                type=TOKEN,
                annotations={
                    "kubernetes.io/service-account.name": "default",
                    "kubernetes.io/created-by": "openshift.io/create-dockercfg-secrets",
                },
            ),
        ),
        base=BOUND,
        about="an invalid one, and one of OpenShift's registry",
    ),
    Case("DM-SA-003", UNKNOWN, gaps=NO_SECRETS, base=BOUND),
    Case("DM-SA-003", UNKNOWN, says="no Secret is in what was given", base=BOUND),
    Case(
        "DM-SA-004",
        VIOLATED,
        (_labelled(INVALID, "2026-11-01"),),
        on=("Secret shop/app-token",),
        says="is marked invalid since 2026-11-01",
        base=BOUND,
    ),
    Case("DM-SA-004", VIOLATED, (_labelled(LAST_USED, "2025-10-01"),), on=("Secret shop/app-token",), base=BOUND),
    Case(
        "DM-SA-004",
        VIOLATED,
        (_token(), _tracking("2025-01-01")),
        on=("Secret shop/app-token",),
        says="was not used since uses are kept, 2025-01-01",
        base=BOUND,
    ),
    Case(
        "DM-SA-004",
        HOLDS,
        (_labelled(LAST_USED, "2026-11-01"), _token("new-token", created="2026-09-01T00:00:00Z")),
        base=BOUND,
    ),
    Case("DM-SA-004", UNKNOWN, (_token(),), says="without it no label proves nothing", base=BOUND),
    Case(
        "DM-SA-005",
        VIOLATED,
        (a_deployment("api", service_account="app"), a_workload("StatefulSet", "queue", service_account="app")),
        on=("ServiceAccount shop/app",),
        says="is shared by Deployment api, Deployment app, StatefulSet queue",
        base=BOUND,
    ),
    Case(
        "DM-SA-005",
        HOLDS,
        (
            a_deployment("app", service_account="app", pod_labels={"app.kubernetes.io/instance": "shop"}),
            a_deployment("api", service_account="app", pod_labels={"app.kubernetes.io/instance": "shop"}),
            a_pod("by-hand", service_account="app"),
        ),
        base=BOUND,
        about="installed as one; bare pods are not counted",
    ),
    Case("DM-SA-005", UNKNOWN, gaps=NO_PODS, base=BOUND),
    Case(
        "DM-SA-006",
        VIOLATED,
        (a_service_account("old"), *in_shop(a_rule("get", "pods"), subject=an_account("old"))),
        on=("ServiceAccount shop/old",),
        says="it was not used since 2026-08-01",
        trail=a_trail(NODE),
        base=BOUND,
    ),
    Case(
        "DM-SA-006",
        VIOLATED,
        (a_service_account("old"), *in_shop(a_rule("get", "pods"), subject=an_account("old"))),
        on=("ServiceAccount shop/old",),
        says="only tokens that somebody requests",
        base=BOUND,
        about="said less loudly without a trail",
    ),
    Case(
        "DM-SA-006",
        HOLDS,
        (
            a_service_account("old"),
            a_service_account("ci"),
            a_service_account("kept"),
            a_secret("kept", type=TOKEN, annotations={"kubernetes.io/service-account.name": "kept"}),
            *in_shop(a_rule("get", "pods"), subject=an_account()),
            *in_shop(a_rule("get", "pods"), subject=an_account("ci"), name="ci"),
            *in_shop(a_rule("get", "pods"), subject=an_account("kept"), name="kept"),
        ),
        trail=a_trail(somebody("system:serviceaccount:shop:ci")),
        base=BOUND,
        about="one runs, one is seen, one has a token, one has no rights",
    ),
    Case("DM-SA-006", UNKNOWN, in_shop(a_rule("get", "pods"), subject=an_account()), says="no audit trail", base=BOUND),
    Case(
        "DM-SA-007",
        VIOLATED,
        (a_service_account("ci", "build"), *cluster_wide(a_rule("get", "pods"), subject=an_account("ci", "build"))),
        on=("ServiceAccount build/ci",),
        says="Nobody is on record for ServiceAccount build/ci",
        register=OWNED,
        base=BOUND,
    ),
    Case("DM-SA-007", HOLDS, register=OWNED, base=BOUND),
    Case("DM-SA-007", UNKNOWN, says="no register was given", base=BOUND),
    Case(
        "DM-SA-008",
        VIOLATED,
        on=("ServiceAccount shop/app",),
        says="by hand (kubectl/v1.33 (darwin/arm64) from 10.0.0.7)",
        trail=a_trail(NODE, somebody(APP, clients=(a_client("10.0.0.7", "kubectl/v1.33 (darwin/arm64)"),))),
        base=BOUND,
    ),
    Case(
        "DM-SA-008",
        VIOLATED,
        on=("ServiceAccount shop/app",),
        says="from 8.8.4.4, where no node calls from",
        trail=a_trail(NODE, somebody(APP, clients=(a_client("8.8.4.4"),), credentials=(_credential("app-1"),))),
        base=BOUND,
    ),
    Case(
        "DM-SA-008",
        VIOLATED,
        on=("ServiceAccount shop/app",),
        says="with a token of pod app-1 from 2 addresses",
        trail=a_trail(NODE, somebody(APP, clients=(a_client("10.0.0.9"),), credentials=(_credential("app-1", 2),))),
        base=BOUND,
    ),
    Case(
        "DM-SA-008",
        HOLDS,
        trail=a_trail(
            somebody("system:node:n1", clients=(a_client("8.8.8.8"),)),
            somebody(
                APP,
                clients=(
                    a_client("8.8.8.8"),
                    a_client("10.0.0.5", "kubectl/v1.33 (linux/amd64)"),
                    a_client("10.0.0.5", "curl/8.9"),
                ),
                credentials=(_credential("app-1"),),
            ),
            somebody("bob", clients=(a_client("8.8.4.4", "curl/8"),)),
        ),
        base=BOUND,
        about="nodes behind one address of the internet; kubectl in a pod; people are people",
    ),
    Case(
        "DM-SA-008",
        VIOLATED,
        on=("ServiceAccount shop/app",),
        says="by hand (curl/8.9 from 10.0.0.5)",
        trail=a_trail(NODE, somebody(APP, clients=(a_client("10.0.0.5", "curl/8.9"),), credentials=(_credential(),))),
        base=BOUND,
        about="the same with a token that belongs to no pod",
    ),
    Case("DM-SA-008", UNKNOWN, says="no audit trail was given", base=BOUND),
    Case(
        "DM-SA-009",
        VIOLATED,
        on=("User bob",),
        says="bob signs in with a client certificate",
        trail=a_trail(somebody("bob", credentials=(_credential(id="X509SHA256=aa"),))),
        base=BOUND,
    ),
    Case(
        "DM-SA-009",
        VIOLATED,
        (_request("bob"),),
        on=("CertificateSigningRequest csr-1",),
        says="A client certificate for bob, asked for by ops, was approved",
        base=BOUND,
    ),
    Case(
        "DM-SA-009",
        HOLDS,
        (_request("bob", approved=False),),
        trail=a_trail(
            somebody("system:node:n1", credentials=(_credential(id="X509SHA256=aa"),)),
            somebody("bob", credentials=(_credential(),)),
        ),
        base=BOUND,
    ),
    Case("DM-SA-009", UNKNOWN, (_request("system:node:n1"),), says="no audit trail was given", base=BOUND),
    Case("DM-SA-009", UNKNOWN, trail=a_trail(lost_columns=("credential_id",)), base=BOUND),
    Case(
        "DM-SA-010",
        VIOLATED,
        (a_deployment(pod_spec=_projected(expirationSeconds=31536000)),),
        on=("Deployment shop/app",),
        base=BOUND,
    ),
    Case(
        "DM-SA-010",
        VIOLATED,
        (a_deployment(pod_spec=_projected(audience="https://api.partner.example", expirationSeconds=3600)),),
        on=("Deployment shop/app",),
        base=BOUND,
    ),
    Case(
        "DM-SA-010",
        HOLDS,
        (
            a_deployment(pod_spec=_projected(expirationSeconds=3607)),
            a_deployment("irsa", pod_spec=_projected(audience="sts.amazonaws.com", expirationSeconds=86400)),
            a_deployment("wi", pod_spec=_projected(audience="proj.svc.id.goog", expirationSeconds=3600)),
            a_deployment("entra", pod_spec=_projected(audience="api://AzureADTokenExchange", expirationSeconds=3600)),
            a_deployment("vault", pod_spec=_projected(audience="vault")),
        ),
        base=BOUND,
        about="the default, clouds, somebody inside",
    ),
    Case("DM-SA-010", UNKNOWN, gaps=NO_PODS, base=BOUND),
    Case(
        "DM-SA-011",
        VIOLATED,
        (
            a_daemon_set("agent", "shop", service_account="app"),
            *cluster_wide(a_rule("list", "secrets"), subject=an_account()),
        ),
        on=("DaemonSet shop/agent",),
        says="has secrets-read in the whole cluster",
        base=BOUND,
    ),
    Case(
        "DM-SA-011",
        HOLDS,
        (
            a_daemon_set("agent", "shop", service_account="app"),
            *cluster_wide(a_rule("get,list", "pods,nodes"), a_rule("patch", "nodes/status"), subject=an_account()),
            *in_shop(a_rule("get", "secrets"), subject=an_account(), name="own"),
        ),
        base=BOUND,
        about="reading, and its own namespace",
    ),
    Case(
        "DM-SA-011",
        UNKNOWN,
        (a_daemon_set("agent", "shop", service_account="app"),),
        gaps=NO_BINDINGS,
        base=BOUND,
    ),
    Case(
        "DM-SA-012",
        VIOLATED,
        (_bootstrap(None),),
        on=("Secret kube-system/bootstrap-token-abcdef",),
        says="without an end",
        base=BOUND,
    ),
    Case(
        "DM-SA-012",
        VIOLATED,
        (_bootstrap("2027-03-01T00:00:00Z"),),
        on=("Secret kube-system/bootstrap-token-abcdef",),
        says="until 2027-03-01 00:00",
        base=BOUND,
    ),
    Case("DM-SA-012", HOLDS, (_bootstrap("2026-03-01T00:00:00Z"),), base=BOUND),
    Case("DM-SA-012", UNKNOWN, (_bootstrap("soon"),), says="could not be read", base=BOUND),
    Case("DM-SA-012", UNKNOWN, gaps=NO_SECRETS, base=BOUND),
    Case(
        "DM-SA-013",
        VIOLATED,
        (_changed("2025-06-01T00:00:00Z"),),
        on=("Secret shop/database",),
        says="a year is long",
        register=OWNED,
        base=BOUND,
    ),
    Case(
        "DM-SA-013",
        VIOLATED,
        (_changed("2026-08-01T00:00:00Z"),),
        on=("Secret shop/database",),
        says="its cadence is 90 days",
        register=_rotated(90),
        base=BOUND,
    ),
    Case(
        "DM-SA-013",
        HOLDS,
        (_changed("2026-10-01T00:00:00Z"), a_secret("flags", values={"theme": "dark-not-secret"})),
        register=_rotated(90),
        base=BOUND,
        about="made long ago, written lately",
    ),
    Case("DM-SA-013", UNKNOWN, (_bare(a_secret()),), says="show no managedFields", register=OWNED, base=BOUND),
    Case("DM-SA-013", UNKNOWN, (_changed("2026-10-01T00:00:00Z"),), says="no register was given", base=BOUND),
)
