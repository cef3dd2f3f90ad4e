"""Techniques of rights and identities: where each must appear, must not, and cannot be told."""

from __future__ import annotations

import pytest

from demarc.model.evidence import GapReason
from demarc.testing import a_node, a_secret, a_service_account
from tests.access.given import a_cluster_role, a_role, a_rule, account, bound, group, user
from tests.access.techniques.support import BASE, BOT, GRANT, LOCAL, Case, Object, can, check, hops_of, may

RBAC = "rbac.authorization.k8s.io"
CSR = "certificates.k8s.io"
SIGNER = "kubernetes.io/kube-apiserver-client"
TOKEN = "kubernetes.io/service-account-token"
EVERYTHING = a_rule(["*"], ["*"], ["*"])
ADMIN = a_cluster_role("cluster-admin", EVERYTHING)
KUBEADM = (*(item for item in BASE if item["kind"] != "Node"), a_node("n1"))


def token(name: str = "t", of: str = "strong", **more) -> Object:
    annotations = {"kubernetes.io/service-account.name": of}
    return a_secret(name, type=TOKEN, values={"token": "not-a-token"}, annotations=annotations, **more)


def no_values(secret: Object) -> Object:
    """As a list of metadata has it."""
    return {key: value for key, value in secret.items() if key not in ("data", "type")}


AGGREGATED = a_cluster_role("edit", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"to-edit": "true"}}]})
BOOTSTRAP = (
    *may(can("create", "certificatesigningrequests", CSR), who=group("system:bootstrappers"), name="asks"),
    *may(can("create", "certificatesigningrequests/nodeclient", CSR), who=group("system:bootstrappers"), name="gets"),
)
JOIN = a_secret(
    "bootstrap-token-abcdef", "kube-system", type="bootstrap.kubernetes.io/token", values={"token-id": "abcdef"}
)
DATED = a_secret(
    "bootstrap-token-abcdef", "kube-system", type="bootstrap.kubernetes.io/token", values={"expiration": "x"}
)

CASES = (
    Case("INCLUDES", (), "cluster-admin -> namespace *"),
    Case("INCLUDES", (), absent="namespace shop -> identity ServiceAccount closed/*"),
    # Bindings.
    Case("GRANTED", may(can("get", "pods")), f"identity ServiceAccount shop/bot -> {GRANT}"),
    Case("GRANTED", (ADMIN, bound("b", "cluster-admin", BOT)), "grant ClusterRoleBinding b -> cluster-admin"),
    Case(
        "GRANTED",
        (ADMIN, bound("b", "cluster-admin", BOT, namespace="shop")),
        "grant RoleBinding shop/b -> namespace shop",
    ),
    Case(
        "GRANTED", (bound("b", "gone", BOT),), absent="identity ServiceAccount shop/bot -> grant ClusterRoleBinding b"
    ),
    Case("GRANTED", may(can("*", "pods")), absent=f"{GRANT} -> cluster-admin"),
    Case(
        "GRANTED",
        (bound("b", "unseen", BOT),),
        "grant ClusterRoleBinding b -> cluster-admin",
        unknown="was not seen",
        gaps=((f"clusterroles.{RBAC}", GapReason.FORBIDDEN),),
    ),
    Case("GRANTED", (), "identity Group system:masters -> cluster-admin"),
    # Groups.
    Case("MEMBER_OF", (), "identity ServiceAccount shop/bot -> identity Group system:serviceaccounts"),
    Case(
        "MEMBER_OF",
        may(can("get", "pods"), who=group("system:serviceaccounts:shop")),
        "identity ServiceAccount shop/bot -> identity Group system:serviceaccounts:shop",
    ),
    Case(
        "MEMBER_OF",
        may(can("get", "pods"), who=group("system:serviceaccounts:shop")),
        absent="identity ServiceAccount closed/locked -> identity Group system:serviceaccounts:shop",
    ),
    Case("MEMBER_OF", (), "outside anonymous -> identity User system:anonymous", unknown="without a credential"),
    Case(
        "MEMBER_OF",
        may(can("get", "pods"), who=user("system:anonymous")),
        absent="identity User system:anonymous -> identity Group system:authenticated",
    ),
    # Another name.
    Case("IMPERSONATE", may(can("impersonate", "users", "", "jane")), f"{GRANT} -> identity User jane"),
    Case("IMPERSONATE", may(can("impersonate", "users", "", "jane")), absent=f"{GRANT} -> identity User *"),
    Case("IMPERSONATE", may(can("impersonate", "users"), namespace="shop")),
    Case(
        "IMPERSONATE",
        may(can("impersonate", "serviceaccounts"), namespace="shop"),
        f"{LOCAL} -> identity ServiceAccount shop/*",
    ),
    Case("IMPERSONATE", may(can("impersonate", "groups", "", "devs"))),
    Case(
        "IMPERSONATE",
        may(can("impersonate", "groups", "", "devs"), can("impersonate", "users", "", "jane")),
        f"{GRANT} -> identity Group devs",
    ),
    Case("IMPERSONATE", may(can("impersonate", "groups,users")), f"{GRANT} -> identity Group system:masters"),
    Case(
        "IMPERSONATE",
        may(can("impersonate:user-info", "users", "authentication.k8s.io", "jane")),
        f"{GRANT} -> identity User jane",
        unknown="limited to",
    ),
    # Rights that make rights.
    Case("ESCALATE_ROLE", may(can("escalate,update", "clusterroles", RBAC)), f"{GRANT} -> cluster-admin"),
    Case("ESCALATE_ROLE", may(can("escalate", "clusterroles", RBAC))),
    Case("ESCALATE_ROLE", may(can("escalate,update", "clusterroles", RBAC, "other"))),
    Case("ESCALATE_ROLE", may(can("escalate,update", "roles", RBAC), namespace="shop"), f"{LOCAL} -> namespace shop"),
    Case(
        "BIND_ROLE",
        (*may(can("create", "clusterrolebindings", RBAC), can("bind", "clusterroles", RBAC)), ADMIN),
        f"{GRANT} -> cluster-admin",
    ),
    Case("BIND_ROLE", (*may(can("create", "clusterrolebindings", RBAC)), ADMIN)),
    Case(
        "BIND_ROLE",
        (
            *may(can("create", "rolebindings", RBAC), can("bind", "clusterroles", RBAC, "edit"), namespace="shop"),
            a_cluster_role("edit", can("create", "pods")),
        ),
        f"{LOCAL} -> grant ClusterRole edit in shop",
    ),
    Case(
        "EDIT_BINDING",
        (
            *may(can("update", "clusterrolebindings", RBAC), can("bind", "clusterroles", RBAC, "cluster-admin")),
            ADMIN,
            bound("admins", "cluster-admin", group("admins")),
        ),
        f"{GRANT} -> grant ClusterRoleBinding admins",
    ),
    Case(
        "EDIT_BINDING",
        (
            *may(can("update", "clusterrolebindings", RBAC), can("bind", "clusterroles", RBAC, "view")),
            ADMIN,
            bound("admins", "cluster-admin", group("admins")),
        ),
        absent=f"{GRANT} -> grant ClusterRoleBinding admins",
    ),
    Case(
        "LABEL_AGGREGATE",
        (
            *may(can("patch", "clusterroles", RBAC)),
            AGGREGATED,
            bound("e", "edit", BOT, namespace="shop"),
            ADMIN,
            bound("admins", "cluster-admin", group("admins")),
        ),
        f"{GRANT} -> namespace shop",
    ),
    Case(
        "LABEL_AGGREGATE",
        (
            *may(can("patch", "clusterroles", RBAC)),
            AGGREGATED,
            bound("e", "edit", user("jane"), namespace="shop"),
            ADMIN,
            bound("admins", "cluster-admin", group("admins")),
        ),
    ),
    # Tokens.
    Case(
        "TOKEN_REQUEST",
        may(can("create", "serviceaccounts/token", "", "strong"), namespace="shop"),
        f"{LOCAL} -> identity ServiceAccount shop/strong",
    ),
    Case("TOKEN_REQUEST", may(can("create", "serviceaccounts/token")), f"{GRANT} -> identity ServiceAccount */*"),
    Case("TOKEN_REQUEST", may(can("create", "serviceaccounts"))),
    Case("TOKEN_REQUEST", may(can("create", "serviceaccounts/token", "", "nobody"), namespace="shop")),
    Case(
        "TOKEN_SECRET_MINT",
        may(can("create,get", "secrets"), namespace="shop"),
        f"{LOCAL} -> identity ServiceAccount shop/*",
    ),
    Case("TOKEN_SECRET_MINT", may(can("create", "secrets"))),
    Case("TOKEN_SECRET_READ", (token(),), "secret shop/t -> identity ServiceAccount shop/strong"),
    Case("TOKEN_SECRET_READ", (token(labels={"kubernetes.io/legacy-token-invalid-since": "2026-01-01"}),)),
    Case("TOKEN_SECRET_READ", (a_secret("t"),)),
    Case(
        "TOKEN_SECRET_READ",
        (no_values(token()),),
        "secret shop/t -> identity ServiceAccount shop/strong",
        unknown="only metadata",
    ),
    Case(
        "TOKEN_NAME_GUESS",
        (*may(can("get", "secrets")), token("strong-token-x8f2k")),
        f"{GRANT} -> identity ServiceAccount shop/strong",
    ),
    Case("TOKEN_NAME_GUESS", (*may(can("get,list", "secrets")), token("strong-token-x8f2k"))),
    Case("TOKEN_NAME_GUESS", (*may(can("get", "secrets")), token("chosen"))),
    # Secrets.
    Case(
        "SECRET_READ",
        (*may(can("watch", "secrets", "", "database")), a_secret("database")),
        f"{GRANT} -> secret shop/database",
    ),
    Case("SECRET_READ", (*may(can("get", "secrets", "", "other")), a_secret("database"))),
    Case("SECRET_READ", may(can("list", "secrets")), f"{GRANT} -> secret */*"),
    Case("SECRET_READ", may(can("create", "secrets"))),
    Case(
        "SECRET_READ",
        may(can("get", "secrets", "", "database"), namespace="shop"),
        f"{LOCAL} -> secret shop/database",
        unknown="whether it exists",
        gaps=(("secrets", GapReason.FORBIDDEN),),
    ),
    Case(
        "KUBECONFIG_FILE",
        (a_secret("c", values={"kubeconfig": "x"}),),
        "secret shop/c -> credential kubeconfig in Secret shop/c, key kubeconfig",
        unknown="not read",
    ),
    Case("KUBECONFIG_FILE", (a_secret("c", values={"config.yaml": "x"}),)),
    Case(
        "SECRET_OPENS",
        (a_secret("c", values={"AWS_SECRET_ACCESS_KEY": "x"}),),
        "secret shop/c -> outside an AWS account, by Secret shop/c",
    ),
    Case("SECRET_OPENS", (a_secret("c", values={"ca.crt": "x"}),)),
    # Certificates and nodes.
    Case(
        "CSR_MINT",
        may(
            can("create,get", "certificatesigningrequests", CSR),
            can("update", "certificatesigningrequests/approval", CSR),
            can("approve", "signers", CSR, SIGNER),
        ),
        f"{GRANT} -> identity User *",
        base=KUBEADM,
    ),
    Case(
        "CSR_MINT",
        may(
            can("create,get", "certificatesigningrequests", CSR),
            can("update", "certificatesigningrequests/approval", CSR),
            can("approve", "signers", CSR, "example.com/other"),
        ),
    ),
    Case(
        "CSR_MINT",
        may(can("*", "certificatesigningrequests,certificatesigningrequests/approval,signers", CSR)),
        f"{GRANT} -> identity User *",
        unknown="EKS",
    ),
    Case(
        "CSR_SIGN",
        may(can("update", "certificatesigningrequests/status", CSR), can("sign", "signers", CSR, SIGNER)),
        f"{GRANT} -> identity User *",
        unknown="key of an authority",
    ),
    Case("CSR_SIGN", may(can("update", "certificatesigningrequests/status", CSR))),
    Case("BOOTSTRAP_JOIN", (*BOOTSTRAP, JOIN), "secret kube-system/bootstrap-token-abcdef -> node *"),
    Case(
        "BOOTSTRAP_JOIN",
        (*BOOTSTRAP, DATED),
        "secret kube-system/bootstrap-token-abcdef -> node *",
        unknown="expires",
    ),
    Case("BOOTSTRAP_JOIN", (JOIN,)),
)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.technique}-{number}" for number, case in enumerate(CASES)])
def test_technique(case):
    check(case)


def test_rights_of_two_identities_do_not_add_up():
    one = may(can("create", "clusterrolebindings", RBAC), name="one")
    other = may(can("bind", "clusterroles", RBAC), who=account("strong", "shop"), name="other")
    assert not [hop for hop in hops_of(*one, *other, ADMIN) if hop.technique == "BIND_ROLE"]


def test_rights_by_two_bindings_add_up_and_either_binding_stops_them():
    one = may(can("create", "clusterrolebindings", RBAC), name="one")
    other = may(can("bind", "clusterroles", RBAC), who=group("system:serviceaccounts"), name="other")
    hops = hops_of(*one, *other, ADMIN)
    found = [hop for hop in hops if hop.technique == "BIND_ROLE"]
    assert [str(hop.target) for hop in found] == ["cluster-admin"]
    parts = {found[0].source, *found[0].needs}
    assert len(parts) == 2
    given = [hop for hop in hops if hop.target in parts]
    assert {hop.grants for hop in given} == {("ClusterRoleBinding one",), ("ClusterRoleBinding other",)}
    assert {str(hop.source) for hop in given} == {"identity ServiceAccount shop/bot"}


def test_what_may_be_bound_by_name_is_followed_further():
    role = a_cluster_role("edit", can("create", "serviceaccounts/token"))
    binder = may(can("create", "rolebindings", RBAC), can("bind", "clusterroles", RBAC, "edit"), namespace="shop")
    hops = {f"{hop.source} -> {hop.target}": hop for hop in hops_of(*binder, role)}
    hop = hops["grant ClusterRole edit in shop -> identity ServiceAccount shop/*"]
    assert hop.technique == "TOKEN_REQUEST"
    assert hop.grants == ()


def test_names_of_bindings_and_accounts_stay_whole_however_odd_they_are():
    odd = "a\x1b[31m b\u202e<b>"
    hops = hops_of(*may(can("list", "secrets"), who=user(odd), name=odd), a_service_account("x" * 253))
    assert any(hop.source.name == f"User {odd}" for hop in hops)


def test_a_role_of_a_namespace_gives_nothing_elsewhere():
    hops = hops_of(*may(can("list", "secrets"), namespace="shop"), a_role("other", namespace="closed"))
    reads = [hop for hop in hops if hop.technique == "SECRET_READ"]
    assert [str(hop.target) for hop in reads] == ["secret shop/*"]
    assert str(reads[0].scope) == "namespace:shop"
