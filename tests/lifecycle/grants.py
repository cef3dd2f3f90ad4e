"""Clusters with grants, and plans that take some of them away: the ground of the tests of access that is withdrawn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from demarc.access import Authorizer
from demarc.access.planes import planes
from demarc.access.planes.ground import ground as plane_ground
from demarc.cli.gather import inventory_of
from demarc.lifecycle.credential import Credential
from demarc.lifecycle.plan import Blocked, Plan
from demarc.lifecycle.wishes import Wishes
from demarc.lifecycle.withdrawals import Grants
from demarc.lifecycle.work import Used
from demarc.model.planes import PlaneRow
from demarc.model.register import Register
from demarc.testing import Object, a_cluster_role_binding, a_role_binding, a_subject, an_object
from tests.lifecycle.ground import Ground

GROUP = "rbac.authorization.k8s.io"


def a_role(name: str, *rules: Object, kind: str = "ClusterRole", **more: Any) -> Object:
    return an_object(f"{GROUP}/v1", kind, name, rules=list(rules), **more)


def a_rule(verbs: str, resources: str, group: str = "") -> Object:
    return {"verbs": verbs.split(), "resources": resources.split(), "apiGroups": [group]}


ADMIN = a_role("cluster-admin", a_rule("*", "*", "*"))
EDIT = a_role("edit", a_rule("get list create delete", "pods secrets configmaps"), a_rule("get", "pods/log"))
VIEW = a_role("view", a_rule("get list", "pods configmaps"))
JANE, BOB = a_subject("User", "jane"), a_subject("User", "bob")
ROBOT = a_subject("ServiceAccount", "robot", "shop")
OTHER_ADMIN = a_cluster_role_binding("admins", subjects=[a_subject("User", "root")])


class NoUse:
    """A trail that goes on until now and shows no use."""

    def __init__(self, ground: Ground, last: Any = None) -> None:
        self.ground, self.last = ground, last

    def of_legacy_token(self, namespace: str, secret: str, since: Any) -> Used:
        raise AssertionError

    def of_credential_id(self, credential_id: str, since: Any) -> Used:
        raise AssertionError

    def of_grant(self, reason: str, since: Any) -> Used:
        now = self.ground.clock()
        return Used(known=True, last=self.last, until=now, says="at noon" if self.last else "no use in the trail")


class Access:
    """A ground with grants."""

    def __init__(self, *objects: Object, used: bool = False, quiet_trail: bool = True, **more: Any) -> None:
        self.ground = Ground([ADMIN, EDIT, VIEW, OTHER_ADMIN, *objects], **more)
        if quiet_trail:
            last = self.ground.clock() - timedelta(days=1) if used else None
            self.ground.uses = NoUse(self.ground, last)

    def grants(self, *chosen: str) -> tuple[Grants, tuple[PlaneRow, ...]]:
        """Grants of which those of some holders, or whose grant begins so, are chosen."""
        on, rows = self._worked_out()
        wanted = tuple(row for row in rows if any(one in f"{row.holder} {row.grant}" for one in chosen))
        return Grants(on, rows, [row.id for row in wanted]), wanted

    def withdrawn(self, *chosen: str, narrower: str = "") -> list[Credential | Blocked]:
        grants, rows = self.grants(*chosen)
        return [grants.withdrawn(row, narrower) for row in rows if grants.is_binding(row)]

    def plan(self, *chosen: str, narrower: str = "", **more: Any) -> Plan:
        found = self.withdrawn(*chosen, narrower=narrower)
        assert found
        credentials = [one for one in found if isinstance(one, Credential)]
        assert len(credentials) == len(found), found
        plan = self.ground.plan_for(credentials, wishes=Wishes(observe="1m"), **more)
        assert len(plan.rotations) == len(found), (plan.blocked, plan.changes)
        return plan

    def subjects(self, name: str, namespace: str = "") -> list[str] | None:
        kind = "RoleBinding" if namespace else "ClusterRoleBinding"
        found = self.ground.get(kind, name, namespace, GROUP)
        return None if found is None else [one["name"] for one in found.get("subjects") or ()]

    def bindings(self) -> list[Object]:
        """Every binding, without what changes when it is made again."""
        found = [
            {
                "kind": kind,
                "name": item["metadata"]["name"],
                "namespace": item["metadata"].get("namespace", ""),
                "labels": item["metadata"].get("labels") or {},
                "roleRef": item["roleRef"],
                "subjects": sorted(map(str, item.get("subjects") or ())),
            }
            for kind in ("ClusterRoleBinding", "RoleBinding")
            for item in self.ground.cluster.verbs.of(kind, GROUP)
        ]
        return sorted(found, key=str)

    def _worked_out(self) -> Any:
        snapshot = self.ground.snapshot()
        inventory = inventory_of(snapshot, Register())
        authorizer = Authorizer(snapshot)
        on = plane_ground(snapshot, inventory, authorizer, at=self.ground.clock(), uses=None)
        return on, planes(snapshot, inventory, authorizer, at=self.ground.clock()).rows


def cut_out() -> Access:
    """One of two subjects of a RoleBinding."""
    return Access(a_role_binding("editors", subjects=[JANE, BOB], labels={"team": "shop"}))


def last_one() -> Access:
    """The only subject: the binding goes with it."""
    return Access(a_role_binding("editors", subjects=[JANE], labels={"team": "shop"}))


def of_the_cluster() -> Access:
    """A name that only bindings may have, and the same subject twice."""
    return Access(a_cluster_role_binding("ops: Admins?", role="edit", subjects=[JANE, BOB, JANE]))


def of_an_account() -> Access:
    """A service account that is written as a user beside itself, without its namespace."""
    as_user = a_subject("User", "system:serviceaccount:shop:robot")
    bare = {"kind": "ServiceAccount", "name": "robot"}
    return Access(a_role_binding("accounts", subjects=[bare, as_user, BOB]))


GRANTS = {
    "one of two": (cut_out, "jane", ""),
    "the last one": (last_one, "jane", ""),
    "of the cluster": (of_the_cluster, "jane", ""),
    "a service account": (of_an_account, "robot", ""),
    "a narrower role": (cut_out, "jane", "ClusterRole view"),
}
