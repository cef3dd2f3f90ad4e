"""Which detections take a look into bodies, and which look."""

from __future__ import annotations

from typing import Final

from demarc.access.authorizer import Authorizer
from demarc.events.interface import Engine
from demarc.incidents.detections import confirm
from demarc.incidents.detections.sql import rows
from demarc.incidents.detections.stronger import Stronger

BODIES: Final[dict[str, confirm.Confirm]] = {
    "caps": confirm.caps,
    "hostpath": confirm.hostpath,
    "disallowed-image": confirm.disallowed_image,
    "controller-sa-pod": confirm.controller_sa_pod,
    "configmap-creds": confirm.configmap_creds,
    "bind-cluster-admin": confirm.bind_cluster_admin,
    "default-sa-admin": confirm.default_sa_admin,
    "role-wildcard": confirm.role_wildcard,
    "role-exec": confirm.RoleGives("pods/exec", "pods/*"),
    "role-nodeproxy": confirm.RoleGives("nodes/proxy", "nodes/*"),
    "role-escalate": confirm.RoleGives("escalate", "bind", "impersonate", "serviceaccounts/token"),
    "role-write": confirm.role_write,
    "sidecar": confirm.sidecar,
}


def check_of(engine: Engine, authorizer: Authorizer | None, name: str) -> confirm.Confirm | None:
    """The look into a body that a detection takes, if any; those that remember are made anew."""
    if name == "image-retag":
        return confirm.MovedTags()
    if name == "csr-bootstrap-node":
        return confirm.OtherNode(_nodes(engine))
    if name == "pod-with-strong-sa" and authorizer is not None:
        return Stronger(authorizer)
    return BODIES.get(name)


def _nodes(engine: Engine) -> dict[str, int]:
    sql = (
        "SELECT user_name, MIN(ts_us) AS first_us FROM events WHERE user_name LIKE 'system:node:%' "
        "GROUP BY user_name ORDER BY user_name"
    )
    return {str(row["user_name"]): int(str(row["first_us"])) for row in rows(engine, "nodes", sql)}
