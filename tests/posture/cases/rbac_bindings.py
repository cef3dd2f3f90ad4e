"""Cases of checks of RBAC: what bindings say, and what the audit trail tells of them."""

from __future__ import annotations

from datetime import timedelta

from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.model.trail import Impersonation, TrailGap
from demarc.testing import a_cluster_role_binding, a_config_map, a_role_binding, a_service_account, a_subject
from tests.posture.given import Case, Object
from tests.posture.granting import (
    BOUND,
    DEFAULT,
    EVERYTHING,
    MASTERS,
    NO_BINDINGS,
    SINCE,
    UNTIL,
    a_change,
    a_role,
    a_rule,
    a_trail,
    a_use,
    an_account,
    cluster_wide,
    in_shop,
    somebody,
)

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
ANYBODY = a_subject("Group", "system:unauthenticated")
EVERYBODY = a_subject("Group", "system:authenticated")
NO_ACCOUNTS = (("serviceaccounts", GapReason.FORBIDDEN),)
READ = a_rule("get,list", "pods")
CLUSTER = {
    "cluster": {
        "name": "prod",
        "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
        "accessConfig": {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": False},
    }
}
API = {
    "cluster": {
        "name": "prod",
        "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
        "accessConfig": {"authenticationMode": "API"},
    }
}


def _aws_auth(group: str) -> Object:
    role = "- rolearn: arn:aws:iam::111122223333:role/ops\n  username: ops\n  groups:\n  - " + group
    return a_config_map("aws-auth", "kube-system", data={"mapRoles": role})


def _unseen(check: str, *objects: Object) -> Case:
    return Case(check, UNKNOWN, objects, gaps=NO_BINDINGS, says="were not all seen", base=BOUND)


CASES = (
    Case(
        "DM-RBAC-001",
        VIOLATED,
        cluster_wide(EVERYTHING),
        on=("Group devs",),
        says="Group devs may do everything in every namespace, by ClusterRoleBinding ops",
        base=BOUND,
        about="by another name",
    ),
    Case(
        "DM-RBAC-001",
        VIOLATED,
        (a_role_binding("owners", role="cluster-admin", subjects=[an_account(), a_subject("User", "bob")]),),
        on=("ServiceAccount shop/app", "User bob"),
        says="everything in shop",
        base=BOUND,
    ),
    Case(
        "DM-RBAC-001",
        VIOLATED,
        (
            a_cluster_role_binding(
                "cluster-admin",
                subjects=[a_subject("Group", "system:masters"), a_subject("User", "mallory")],
                labels=DEFAULT,
            ),
        ),
        on=("User mallory",),
        base=BOUND,
        about="one more in the default binding",
    ),
    Case(
        "DM-RBAC-001",
        VIOLATED,
        (a_cluster_role_binding("system:kube-controller-mgr", subjects=[an_account("x", "kube-system")]),),
        on=("ServiceAccount kube-system/x",),
        base=BOUND,
        about="a name like those of the system",
    ),
    Case(
        "DM-RBAC-001",
        VIOLATED,
        (a_cluster_role_binding("eks:helper", subjects=[a_subject("User", "eks:helper")]),),
        on=("User eks:helper",),
        base=BOUND,
        about="a provider's user with everything, and not the one that is known to have it",
    ),
    Case("DM-RBAC-001", HOLDS, base=BOUND, says="no binding goes beyond"),
    Case("DM-RBAC-001", HOLDS, cluster_wide(a_rule("*", "*", "apps")), base=BOUND, about="everything of one group"),
    _unseen("DM-RBAC-001"),
    Case(
        "DM-RBAC-002",
        VIOLATED,
        (*cluster_wide(a_rule("*", "pods")), a_role_binding("too", role="ops", subjects=[an_account()])),
        on=("ClusterRole ops",),
        says="* among its verbs, and is bound to Group devs, ServiceAccount shop/app",
        base=BOUND,
        about="one finding for two bindings",
    ),
    Case(
        "DM-RBAC-002",
        HOLDS,
        (a_role("unbound", a_rule("*", "*")), *cluster_wide(a_rule("get", "pods"))),
        base=BOUND,
        about="a role that nobody has",
    ),
    _unseen("DM-RBAC-002"),
    Case(
        "DM-RBAC-019",
        VIOLATED,
        (
            a_role("dashboard", READ, namespace="shop"),
            a_role_binding(
                "public", role="dashboard", role_kind="Role", subjects=[ANYBODY, a_subject("User", "system:anonymous")]
            ),
        ),
        on=("RoleBinding shop/public",),
        says="without signing in, has Role shop/dashboard in shop",
        base=BOUND,
    ),
    Case(
        "DM-RBAC-019",
        VIOLATED,
        (
            a_cluster_role_binding(
                "system:basic-user", role="system:basic-user", subjects=[EVERYBODY, ANYBODY], labels=DEFAULT
            ),
        ),
        on=("ClusterRoleBinding system:basic-user",),
        base=BOUND,
        about="a default with one subject more",
    ),
    Case("DM-RBAC-019", HOLDS, cluster_wide(READ), base=BOUND),
    _unseen("DM-RBAC-019"),
    Case(
        "DM-RBAC-020",
        VIOLATED,
        cluster_wide(READ, subject=EVERYBODY),
        on=("ClusterRoleBinding ops",),
        says="whoever signs in",
        base=BOUND,
    ),
    Case(
        "DM-RBAC-020",
        VIOLATED,
        in_shop(READ, subject=a_subject("Group", "system:serviceaccounts:shop")),
        on=("RoleBinding shop/ops",),
        says="every pod of shop",
        base=BOUND,
    ),
    Case(
        "DM-RBAC-020",
        VIOLATED,
        (a_role("system:basic-user", a_rule("get", "secrets"), labels=DEFAULT),),
        on=("ClusterRoleBinding system:basic-user",),
        base=BOUND,
        about="a default role with one rule more",
    ),
    Case("DM-RBAC-020", HOLDS, base=BOUND, about="the defaults"),
    _unseen("DM-RBAC-020"),
    Case(
        "DM-RBAC-021",
        VIOLATED,
        (_aws_auth("system:masters"),),
        on=("ConfigMap kube-system/aws-auth",),
        says="arn:aws:iam::111122223333:role/ops is let in to system:masters",
        base=BOUND,
    ),
    Case(
        "DM-RBAC-021",
        VIOLATED,
        (a_cluster_role_binding("masters", role="ops", subjects=[a_subject("Group", "system:masters")]),),
        on=("ClusterRoleBinding masters",),
        documents=(API,),
        base=BOUND,
    ),
    Case(
        "DM-RBAC-021",
        VIOLATED,
        on=("User break-glass",),
        trail=a_trail(
            somebody("break-glass", groups=("system:masters",)),
            somebody("system:apiserver", groups=("system:masters",)),
        ),
        base=BOUND,
        about="whom the trail shows",
    ),
    Case("DM-RBAC-021", HOLDS, (_aws_auth("ops"), MASTERS), documents=(CLUSTER,), base=BOUND),
    Case("DM-RBAC-021", UNKNOWN, says="describe-cluster was not given", base=BOUND),
    Case(
        "DM-RBAC-022",
        VIOLATED,
        (a_role_binding("latent", role="gone", role_kind="Role", subjects=[an_account()]),),
        on=("RoleBinding shop/latent",),
        says="refers to Role shop/gone, which does not exist",
        base=BOUND,
    ),
    Case("DM-RBAC-022", HOLDS, in_shop(READ), base=BOUND),
    Case(
        "DM-RBAC-022",
        UNKNOWN,
        (a_role_binding("latent", role="gone", role_kind="Role", subjects=[an_account()]),),
        gaps=(("roles.rbac.authorization.k8s.io", GapReason.FORBIDDEN),),
        base=BOUND,
        about="the role may be among those that were not seen",
    ),
    Case(
        "DM-RBAC-023",
        VIOLATED,
        (
            *cluster_wide(READ, subject=an_account("gone")),
            *in_shop(READ, subject=an_account("x", "nowhere"), name="too"),
        ),
        on=("ClusterRoleBinding ops", "RoleBinding shop/too"),
        says="whose namespace does not exist",
        base=BOUND,
    ),
    Case(
        "DM-RBAC-023",
        VIOLATED,
        in_shop(READ, subject=a_subject("User", "system:serviceaccount:shop:gone")),
        on=("RoleBinding shop/ops",),
        base=BOUND,
        about="written as a user",
    ),
    Case(
        "DM-RBAC-023",
        HOLDS,
        in_shop(READ, subject=an_account()),
        base=BOUND,
        about="accounts of controllers are not there",
    ),
    Case("DM-RBAC-023", UNKNOWN, in_shop(READ, subject=an_account("gone")), gaps=NO_ACCOUNTS, base=BOUND),
    Case(
        "DM-RBAC-026",
        VIOLATED,
        (
            a_service_account("runner", "ci"),
            *in_shop(a_rule("patch", "deployments", "apps"), subject=an_account("runner", "ci")),
        ),
        on=("RoleBinding shop/ops",),
        says="lets ServiceAccount ci/runner change things in shop",
        base=BOUND,
    ),
    Case(
        "DM-RBAC-026",
        HOLDS,
        (
            *in_shop(READ, a_rule("patch", "secrets", names=["x"]), subject=an_account("scraper", "monitoring")),
            *in_shop(
                a_rule("create,update", "leases", "coordination.k8s.io"), subject=an_account("y", "z"), name="lead"
            ),
            *in_shop(a_rule("*", "*", "apps"), subject=an_account(), name="own"),
        ),
        base=BOUND,
        about="reading, names, leases, its own",
    ),
    Case("DM-RBAC-026", UNKNOWN, gaps=(("rolebindings.rbac.authorization.k8s.io", GapReason.FORBIDDEN),), base=BOUND),
    Case(
        "DM-RBAC-027",
        VIOLATED,
        (
            *cluster_wide(READ, subject=a_subject("User", "bob@acme.example")),
            *in_shop(READ, subject=a_subject("User", "bob@acme.example")),
        ),
        on=("User bob@acme.example",),
        says="ClusterRoleBinding ops, RoleBinding shop/ops",
        base=BOUND,
    ),
    Case(
        "DM-RBAC-027",
        HOLDS,
        (
            *cluster_wide(READ, subject=a_subject("User", "arn:aws:iam::111122223333:role/ci")),
            *cluster_wide(READ, subject=a_subject("User", "system:serviceaccount:shop:app"), name="account"),
            *cluster_wide(READ, name="group"),
        ),
        base=BOUND,
        about="a cloud's role, an account written as a user, a group",
    ),
    _unseen("DM-RBAC-027"),
    # The audit trail.
    Case(
        "DM-RBAC-024",
        VIOLATED,
        in_shop(a_rule("get,list", "secrets,pods"), a_rule("create", "pods/exec")),
        on=("Group devs",),
        says="did not once use secrets-read, exec from 2026-08-01 to 2026-11-23",
        trail=a_trail(somebody("bob", a_use("list", "pods", namespace="shop"), groups=("devs",))),
        base=BOUND,
    ),
    Case(
        "DM-RBAC-024",
        VIOLATED,
        in_shop(a_rule("get", "secrets"), subject=an_account()),
        on=("ServiceAccount shop/app",),
        trail=a_trail(somebody("system:serviceaccount:shop:app", a_use("get", "secrets", namespace="other"))),
        base=BOUND,
        about="used elsewhere, by another grant",
    ),
    Case(
        "DM-RBAC-024",
        HOLDS,
        in_shop(a_rule("get", "secrets"), READ, subject=an_account()),
        trail=a_trail(somebody("system:serviceaccount:shop:app", a_use("get", "secrets", namespace="shop"))),
        base=BOUND,
    ),
    Case("DM-RBAC-024", UNKNOWN, in_shop(READ), says="no audit trail was given", base=BOUND),
    Case(
        "DM-RBAC-024",
        UNKNOWN,
        in_shop(a_rule("get", "secrets")),
        says="covers 2.0 days",
        trail=a_trail(until=SINCE + timedelta(days=2)),
        base=BOUND,
    ),
    Case(
        "DM-RBAC-024",
        UNKNOWN,
        in_shop(a_rule("get", "secrets")),
        says="gaps of 720 hours in all",
        trail=a_trail(gaps=(TrailGap(since=SINCE, until=SINCE + timedelta(days=30), expected=500),)),
        base=BOUND,
    ),
    Case(
        "DM-RBAC-024",
        UNKNOWN,
        in_shop(a_rule("get", "secrets")),
        says="does not show groups",
        trail=a_trail(lost_columns=("user_groups",)),
        base=BOUND,
    ),
    Case(
        "DM-RBAC-024",
        UNKNOWN,
        in_shop(a_rule("get", "secrets"), subject=a_subject("User", "bob")),
        says="somebody acted as it",
        trail=a_trail(
            impersonations=(
                Impersonation(user="proxy", as_user="bob", requests=3, refused=0, agents=(), first=SINCE, last=UNTIL),
            )
        ),
        base=BOUND,
    ),
    Case(
        "DM-RBAC-032",
        VIOLATED,
        in_shop(READ),
        on=("RoleBinding shop/ops",),
        says="bob made RoleBinding shop/ops",
        trail=a_trail(
            somebody("bob", groups=("devs", "system:authenticated")),
            changes=(a_change("create", "rolebindings", "ops", "bob", namespace="shop"),),
        ),
        base=BOUND,
        about="by a group that the granter is in",
    ),
    Case(
        "DM-RBAC-032",
        VIOLATED,
        cluster_wide(READ, subject=an_account("deployer", "ci")),
        on=("ClusterRoleBinding ops",),
        says="changed ClusterRoleBinding ops",
        trail=a_trail(changes=(a_change("patch", "clusterrolebindings", "ops", "system:serviceaccount:ci:deployer"),)),
        base=BOUND,
        about="a pipeline that grants itself",
    ),
    Case(
        "DM-RBAC-032",
        HOLDS,
        in_shop(READ),
        trail=a_trail(
            somebody("alice", groups=("admins", "system:authenticated")),
            changes=(a_change("create", "rolebindings", "ops", "alice", namespace="shop"),),
        ),
        base=BOUND,
    ),
    Case("DM-RBAC-032", UNKNOWN, in_shop(READ), says="no audit trail was given", base=BOUND),
    Case("DM-RBAC-032", UNKNOWN, in_shop(READ), says="made before the trail begins", trail=a_trail(), base=BOUND),
)
