"""Cases of checks of RBAC: who can do what."""

from __future__ import annotations

from demarc.model.posture import Outcome
from demarc.testing import a_cluster_role_binding, a_config_map, a_custom_resource_definition, a_deployment, a_subject
from tests.posture.given import Case, Object
from tests.posture.granting import (
    BOUND,
    EVERYTHING,
    NO_BINDINGS,
    RBAC,
    a_role,
    a_rule,
    an_account,
    cluster_wide,
    in_shop,
)

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
CERTIFICATES = "certificates.k8s.io"
ADMISSION = "admissionregistration.k8s.io"
ARGO = a_deployment(
    "argocd-application-controller", "argocd", image="quay.io/argoproj/argocd:v3.1.0", service_account="controller"
)


def _case(check: str, outcome: Outcome, objects: tuple[Object, ...] = (), says: str = "", about: str = "") -> Case:
    on = ("Group devs",) if outcome is VIOLATED else ()
    return Case(check, outcome, objects, on=on, says=says, base=BOUND, about=about)


def _three(
    check: str, bad: tuple[Object, ...], good: tuple[Object, ...], says: str = "", about: str = ""
) -> tuple[Case, ...]:
    """One that is violated, one that is nearly, and one where bindings were not seen."""
    return (
        _case(check, VIOLATED, bad, says),
        _case(check, HOLDS, good, about=about),
        Case(check, UNKNOWN, good, gaps=NO_BINDINGS, says="were not all seen", base=BOUND),
    )


ONLY_ENTRIES = {
    "cluster": {
        "name": "prod",
        "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
        "accessConfig": {"authenticationMode": "API"},
    }
}
APPROVER = (
    a_rule("update", "certificatesigningrequests/approval", CERTIFICATES),
    a_rule("approve", "signers", CERTIFICATES, ["kubernetes.io/kube-apiserver-client"]),
)
CASES = (
    *_three(
        "DM-RBAC-003",
        cluster_wide(a_rule("list", "secrets")),
        in_shop(a_rule("get", "secrets", names=["database"]), a_rule("get", "secrets/status")),
        "Group devs can read all Secrets in every namespace, by ClusterRoleBinding ops (ClusterRole ops)",
        "one by name",
    ),
    _case("DM-RBAC-003", VIOLATED, in_shop(a_rule("get,list", "*")), "in shop", "a wildcard of resources"),
    _case(
        "DM-RBAC-003",
        HOLDS,
        (a_cluster_role_binding("admins", role="cluster-admin", subjects=[a_subject("Group", "admins")]),),
        about="whoever may do everything is told once",
    ),
    _case("DM-RBAC-003", HOLDS, cluster_wide(a_rule("create", "secrets")), about="writing is no reading"),
    *_three(
        "DM-RBAC-004",
        cluster_wide(a_rule("impersonate", "users", names=["bob"])),
        in_shop(a_rule("impersonate", "users")),
        "act as users (bob)",
        "a RoleBinding gives no right to act as users",
    ),
    _case("DM-RBAC-004", VIOLATED, in_shop(a_rule("impersonate", "serviceaccounts")), "in shop"),
    _case(
        "DM-RBAC-004",
        VIOLATED,
        cluster_wide(a_rule("impersonate:user-info", "users", "authentication.k8s.io")),
        "for some requests",
    ),
    _case("DM-RBAC-004", HOLDS, cluster_wide(a_rule("impersonate", "groups")), about="a group needs a user"),
    *_three(
        "DM-RBAC-005",
        cluster_wide(a_rule("escalate", "clusterroles", RBAC)),
        (a_role("viewer", a_rule("get", "pods")), *cluster_wide(a_rule("bind", "clusterroles", RBAC, ["viewer"]))),
        "can escalate clusterroles",
        "bind of a role that only reads pods",
    ),
    _case(
        "DM-RBAC-005",
        VIOLATED,
        cluster_wide(a_rule("bind", "clusterroles", RBAC, ["cluster-admin"])),
        "(cluster-admin)",
        "bind by the name of a strong role",
    ),
    *_three(
        "DM-RBAC-006",
        cluster_wide(a_rule("create", "rolebindings", RBAC), a_rule("bind", "clusterroles", RBAC)),
        in_shop(a_rule("create", "clusterrolebindings", RBAC)),
        "can write rolebindings in every namespace",
        "a RoleBinding gives nothing in the cluster",
    ),
    _case("DM-RBAC-006", VIOLATED, in_shop(a_rule("patch", "rolebindings", RBAC)), "no more than its own"),
    *_three(
        "DM-RBAC-007",
        in_shop(a_rule("create", "cronjobs", "batch")),
        in_shop(a_rule("create", "pods", "metrics.k8s.io"), a_rule("create", "pods/eviction")),
        "can create cronjobs in shop",
        "pods of another API group",
    ),
    *_three(
        "DM-RBAC-008",
        in_shop(a_rule("patch", "deployments", "apps")),
        in_shop(a_rule("patch", "deployments/scale", "apps"), a_rule("patch", "deployments", "apps", ["app"])),
        "can change deployments in shop",
        "scaling, and one by name",
    ),
    *_three(
        "DM-RBAC-009",
        in_shop(a_rule("get", "pods/exec")),
        in_shop(a_rule("get,list", "pods,pods/log")),
        "can run commands in pods in shop",
    ),
    *_three(
        "DM-RBAC-010",
        in_shop(a_rule("patch", "pods/ephemeralcontainers")),
        in_shop(a_rule("get", "pods/ephemeralcontainers")),
        "debug containers",
    ),
    *_three(
        "DM-RBAC-011",
        cluster_wide(a_rule("get", "nodes/proxy")),
        (*cluster_wide(a_rule("get", "nodes/metrics,nodes/stats")), *in_shop(a_rule("get", "nodes/proxy"))),
        "can reach the kubelet, and by it every pod, by ClusterRoleBinding ops",
        "metrics, and nodes in a RoleBinding",
    ),
    *_three(
        "DM-RBAC-012",
        in_shop(a_rule("create", "serviceaccounts/token")),
        in_shop(a_rule("create", "serviceaccounts/token", names=["app"]), subject=an_account("app")),
        "can request tokens",
        "of its own account",
    ),
    _case(
        "DM-RBAC-012",
        VIOLATED,
        in_shop(a_rule("create", "serviceaccounts/token", names=["app"])),
        "(app)",
        "of one account",
    ),
    *_three(
        "DM-RBAC-013",
        in_shop(a_rule("create,get", "secrets")),
        (*in_shop(a_rule("create", "secrets")), *cluster_wide(a_rule("get", "pods"), name="viewers")),
        "read them",
        "no way to what it holds",
    ),
    _case(
        "DM-RBAC-013",
        VIOLATED,
        (*in_shop(a_rule("create", "secrets"), name="a"), *in_shop(a_rule("create", "pods"), name="b")),
        "mount them",
        "by two bindings",
    ),
    *_three(
        "DM-RBAC-014",
        cluster_wide(*APPROVER),
        cluster_wide(APPROVER[0], a_rule("approve", "signers", CERTIFICATES, ["issuers.cert-manager.io/*"])),
        "can approve client certificates",
        "another signer",
    ),
    _case(
        "DM-RBAC-014",
        VIOLATED,
        cluster_wide(*APPROVER, a_rule("create", "certificatesigningrequests", CERTIFICATES)),
        "request and approve",
    ),
    *_three(
        "DM-RBAC-015",
        cluster_wide(a_rule("patch", "validatingwebhookconfigurations", ADMISSION)),
        cluster_wide(
            a_rule("get,list", "validatingwebhookconfigurations", ADMISSION),
            a_rule("patch", "mutatingwebhookconfigurations", ADMISSION, ["our-own"]),
        ),
        "can change validatingwebhookconfigurations",
        "its own by name",
    ),
    *_three(
        "DM-RBAC-016",
        cluster_wide(a_rule("create", "persistentvolumes")),
        cluster_wide(a_rule("create", "persistentvolumeclaims"), a_rule("get,list,delete", "persistentvolumes")),
    ),
    *_three(
        "DM-RBAC-017",
        in_shop(a_rule("patch", "namespaces", names=["shop"])),
        cluster_wide(a_rule("create,get,list", "namespaces")),
        "labels of namespaces (shop) in shop",
    ),
    *_three(
        "DM-RBAC-028",
        cluster_wide(a_rule("deletecollection", "events", "events.k8s.io")),
        cluster_wide(a_rule("create,patch", "events")),
        "delete events",
    ),
    *_three(
        "DM-RBAC-029",
        cluster_wide(a_rule("patch", "nodes/status")),
        cluster_wide(a_rule("get,list", "nodes,nodes/status"), a_rule("create", "pods/eviction")),
        "status of nodes",
    ),
    *_three(
        "DM-RBAC-030",
        in_shop(a_rule("create", "endpointslices", "discovery.k8s.io")),
        in_shop(a_rule("create,update", "services"), a_rule("get", "endpoints")),
        "EndpointSlices",
    ),
    *_three(
        "DM-RBAC-031",
        cluster_wide(a_rule("patch", "configmaps", names=["coredns"])),
        (*in_shop(a_rule("patch", "configmaps")), *cluster_wide(a_rule("patch", "configmaps", names=["x"]), name="x")),
        "can change ConfigMaps of kube-system (coredns), by",
        "other namespaces, other names",
    ),
    # Where identities of the cloud are mapped.
    *_three(
        "DM-RBAC-018",
        (a_config_map("aws-auth", "kube-system"), *cluster_wide(a_rule("patch", "configmaps", names=["aws-auth"]))),
        (a_config_map("aws-auth", "kube-system"), *cluster_wide(a_rule("create", "configmaps"))),
        "change ConfigMap aws-auth",
        "it is there: creating it fails",
    ),
    _case("DM-RBAC-018", VIOLATED, cluster_wide(a_rule("create", "configmaps")), "aws-auth", "it is not there yet"),
    Case(
        "DM-RBAC-018",
        VIOLATED,
        (
            a_custom_resource_definition("eks.services.k8s.aws", "accessentries", "AccessEntry"),
            *in_shop(a_rule("create", "accessentries", "eks.services.k8s.aws")),
        ),
        on=("Group devs",),
        base=BOUND,
    ),
    Case(
        "DM-RBAC-018",
        Outcome.NOT_APPLICABLE,
        cluster_wide(a_rule("patch", "configmaps")),
        documents=(ONLY_ENTRIES,),
        says="access entries alone",
        base=BOUND,
    ),
    # Aggregated roles.
    *_three(
        "DM-RBAC-025",
        (
            a_role("growing", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"grow": "yes"}}]}),
            a_cluster_role_binding("growing", role="growing", subjects=[a_subject("Group", "auditors")]),
            *cluster_wide(a_rule("patch", "clusterroles", RBAC)),
        ),
        cluster_wide(a_rule("patch", "clusterroles", RBAC)),
        about="no aggregated role is bound",
    ),
    _case(
        "DM-RBAC-025",
        HOLDS,
        (
            a_role("growing", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"grow": "yes"}}]}),
            a_cluster_role_binding("growing", role="growing", subjects=[a_subject("Group", "auditors")]),
            *cluster_wide(a_rule("patch", "clusterroles", RBAC, ["own"])),
            *cluster_wide(a_rule("patch,bind", "clusterroles", RBAC), name="binders"),
        ),
        about="its own roles, and one that may bind anyway",
    ),
    # Controllers.
    *_three(
        "DM-RBAC-033",
        (
            ARGO,
            *cluster_wide(a_rule("patch", "applications", "argoproj.io")),
            *cluster_wide(EVERYTHING, subject=an_account("controller", "argocd"), name="argocd"),
        ),
        (
            ARGO,
            *in_shop(a_rule("create", "applications", "argoproj.io")),
            *cluster_wide(a_rule("*", "*", "argoproj.io"), subject=an_account("controller", "argocd"), name="argocd"),
        ),
        "write applications, on which Deployment argocd/argocd-application-controller acts",
        "Applications elsewhere are not looked at; the controller writes its own",
    ),
    _case("DM-RBAC-033", HOLDS, cluster_wide(a_rule("patch", "applications", "argoproj.io")), "no controller"),
)
CASES = tuple(
    case._replace(on=("ClusterRole growing",)) if case.check == "DM-RBAC-025" and case.on else case for case in CASES
)
