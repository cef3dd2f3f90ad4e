"""What cases of access share: a cluster with the roles and bindings that every one has, roles, and audit trails."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from demarc.model.evidence import GapReason
from demarc.model.trail import ChangeMade, ClientUse, IdentityUse, TrailFacts, UseMade
from demarc.testing import (
    a_cluster_role_binding,
    a_deployment,
    a_role_binding,
    a_service_account,
    a_subject,
    an_object,
)
from tests.posture.given import BASE, Object

RBAC = "rbac.authorization.k8s.io"
NO_BINDINGS = (("clusterrolebindings.rbac.authorization.k8s.io", GapReason.FORBIDDEN),)
DEFAULT = {"kubernetes.io/bootstrapping": "rbac-defaults"}
SINCE = datetime(2026, 8, 1, tzinfo=UTC)
UNTIL = datetime(2026, 11, 23, tzinfo=UTC)


def a_rule(verbs: str, resources: str, groups: str = "", names: Iterable[str] = ()) -> Object:
    """A rule of lists that are joined by commas."""
    rule: Object = {"verbs": verbs.split(","), "apiGroups": groups.split(","), "resources": resources.split(",")}
    return {**rule, "resourceNames": list(names)} if names else rule


def a_role(name: str, *rules: Object, namespace: str = "", **more: Any) -> Object:
    """A ClusterRole, or a Role with a namespace."""
    kind = "Role" if namespace else "ClusterRole"
    return an_object(f"{RBAC}/v1", kind, name, namespace=namespace or None, rules=list(rules), **more)


def an_account(name: str = "app", namespace: str = "shop") -> Object:
    """A service account as a subject."""
    return a_subject("ServiceAccount", name, namespace)


def cluster_wide(*rules: Object, subject: Object | None = None, name: str = "ops") -> tuple[Object, ...]:
    """A ClusterRole that is bound in the whole cluster, to a group unless said otherwise."""
    subjects = [subject or a_subject("Group", "devs")]
    return a_role(name, *rules), a_cluster_role_binding(name, role=name, subjects=subjects)


def in_shop(*rules: Object, subject: Object | None = None, name: str = "ops") -> tuple[Object, ...]:
    """A Role of namespace shop that is bound there."""
    subjects = [subject or a_subject("Group", "devs")]
    role = a_role(name, *rules, namespace="shop")
    return role, a_role_binding(name, role=name, role_kind="Role", subjects=subjects)


EVERYTHING = a_rule("*", "*", "*")
MASTERS = a_cluster_role_binding("cluster-admin", subjects=[a_subject("Group", "system:masters")], labels=DEFAULT)
BOUND: tuple[Object, ...] = (
    *BASE,
    a_role("cluster-admin", EVERYTHING, labels=DEFAULT),
    MASTERS,
    a_role(
        "system:basic-user",
        a_rule("create", "selfsubjectaccessreviews,selfsubjectrulesreviews", "authorization.k8s.io"),
        labels=DEFAULT,
    ),
    a_cluster_role_binding(
        "system:basic-user",
        role="system:basic-user",
        subjects=[a_subject("Group", "system:authenticated")],
        labels=DEFAULT,
    ),
    a_role("system:controller:job-controller", a_rule("create,delete,list,patch,watch", "pods"), labels=DEFAULT),
    a_cluster_role_binding(
        "system:controller:job-controller",
        role="system:controller:job-controller",
        subjects=[an_account("job-controller", "kube-system")],
        labels=DEFAULT,
    ),
    a_role("system:controller:token-cleaner", a_rule("delete,get,list,watch", "secrets"), namespace="kube-system"),
    a_role_binding(
        "system:controller:token-cleaner",
        "kube-system",
        role="system:controller:token-cleaner",
        role_kind="Role",
        subjects=[an_account("token-cleaner", "kube-system")],
        labels=DEFAULT,
    ),
    a_cluster_role_binding(
        "eks:addon-cluster-admin", role="cluster-admin", subjects=[a_subject("User", "eks:addon-manager")]
    ),
    a_service_account("default", "shop"),
    a_deployment(service_account="app"),
    a_service_account("app", "shop"),
)
"""An EKS cluster with the roles and bindings that come with it, and an application that may nothing."""


def a_use(verb: str, resource: str, group: str = "", namespace: str = "", subresource: str = "") -> UseMade:
    """A right that was used once."""
    return UseMade(
        verb=verb, group=group, resource=resource, subresource=subresource, namespace=namespace, requests=1, last=UNTIL
    )


def a_client(source_ip: str, agent: str = "app/v1", peer_ip: str = "", requests: int = 1) -> ClientUse:
    """One client of an identity."""
    return ClientUse(
        source_ip=source_ip, peer_ip=peer_ip or source_ip, agent=agent, requests=requests, first=SINCE, last=UNTIL
    )


def somebody(user: str, *uses: UseMade, groups: tuple[str, ...] = (), **more: Any) -> IdentityUse:
    """What one identity did."""
    given: dict[str, Any] = {"clients": (), "credentials": (), "clients_left": 0, "credentials_left": 0, "uses_left": 0}
    return IdentityUse(
        **{
            **given,
            "user": user,
            "groups": groups,
            "arn": "",
            "first": SINCE,
            "last": UNTIL,
            "requests": 10,
            "refused": 0,
            "uses": uses,
            **more,
        }
    )


def a_change(verb: str, resource: str, name: str, user: str, *, namespace: str = "", group: str = RBAC) -> ChangeMade:
    """A write that somebody made."""
    return ChangeMade(
        verb=verb,
        group=group,
        resource=resource,
        namespace=namespace,
        name=name,
        user=user,
        as_user="",
        agent="kubectl/v1.33",
        source_ip="203.0.113.7",
        audit_id="a-1",
        times=1,
        first=UNTIL - timedelta(days=1),
        last=UNTIL - timedelta(days=1),
    )


def a_trail(*identities: IdentityUse, **more: Any) -> TrailFacts:
    """A trail of almost four months."""
    given: dict[str, Any] = {
        "origin": "audit.log",
        "since": SINCE,
        "until": UNTIL,
        "events": 1000,
        "requests": 1000,
        "shapes": ("kubernetes",),
        "lost_columns": (),
        "records_reads": True,
        "identities": identities,
    }
    return TrailFacts(**{**given, **more})
