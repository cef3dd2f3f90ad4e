"""Whether what a review decided is done, as a snapshot shows it: the grant or identity is gone, and what is left of it.

A snapshot that could not show it proves nothing: then it is unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct

from demarc.access.seen import CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS
from demarc.lifecycle.decided import Seen
from demarc.model.nhi import NhiKind
from demarc.model.planes import PlaneRow, Power
from demarc.model.reviews import About, Choice, Owed

_CLOUD: Final = (
    "access policy ",
    "access entry ",
    "IAM role ",
    "Azure role ",
    "aadProfile.",
    "local accounts",
    "creation ",
)
_APPS: Final = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
_IN_TRAIL: Final = (NhiKind.BOUND_TOKEN, NhiKind.CLIENT_CERTIFICATE)
_OBJECTS: Final = {
    NhiKind.SERVICE_ACCOUNT: "ServiceAccount",
    NhiKind.NODE: "Node",
    NhiKind.LITERAL: "ConfigMap",
}
"""Kinds of identities that are in no Secret -> the objects that show them."""
_RECORDS: Final = (NhiKind.CLOUD_ROLE, NhiKind.PIPELINE)


class Answer(StrEnum):
    """What a snapshot shows of a decision."""

    DONE = "done"
    OPEN = "open"
    UNKNOWN = "unknown"


class Settled(Struct, frozen=True, kw_only=True):
    """What a snapshot shows of one decision."""

    owed: Owed
    answer: Answer
    says: str


def settled(owed: Iterable[Owed], seen: Seen) -> Iterator[Settled]:
    """Look at each decision."""
    rows = {row.id: row for row in seen.rows}
    for one in owed:
        if one.decision.choice is not Choice.REVOKE or not one.item.target:
            yield Settled(owed=one, answer=Answer.UNKNOWN, says="no snapshot shows it: demarc review done says it")
        elif one.item.about is About.ACCESS:
            yield _access(one, rows, seen)
        else:
            yield _identity(one, seen)


def _access(owed: Owed, rows: dict[str, PlaneRow], seen: Seen) -> Settled:
    target = owed.item.target
    if target in rows:
        return Settled(owed=owed, answer=Answer.OPEN, says=f"it is still there: {rows[target].grant}")
    if unseen := _unseen(target, seen):
        return Settled(owed=owed, answer=Answer.UNKNOWN, says=unseen)
    left = [
        f"{', '.join(power.value for power in row.powers)} by {row.grant}"
        for row in rows.values()
        if target.startswith(f"{row.plane.value}/{row.holder}/") and row.powers[0] is not Power.NONE
    ]
    rest = f"; what it has all the same: {'; '.join(left[:3])}" if left else ""
    return Settled(owed=owed, answer=Answer.DONE, says=f"not in the snapshot any more{rest}")


def _unseen(target: str, seen: Seen) -> str:
    """Why a grant that is not seen may be there all the same."""
    grant = target.partition("/")[2]
    if "seen in the audit trail" in grant:
        return "it was seen in the audit trail alone: no snapshot shows it"
    for kind in _needed(grant):
        if why := seen.on.authorizer.seen.lacks(kind):
            return why
    outside = any(word in grant for word in _CLOUD) or "pipeline secret " in grant
    return "" if seen.on.snapshot.records or not outside else "no description from outside the cluster was given"


def _needed(grant: str) -> Iterator[str]:
    """Kinds of objects that would show a grant."""
    if "ClusterRoleBinding " in grant:
        yield CLUSTER_ROLE_BINDINGS
    elif "RoleBinding " in grant:
        yield ROLE_BINDINGS
    elif "/Secret " in grant:
        yield "Secret"
    elif "aws-auth" in grant:
        yield "ConfigMap"
    elif any(way in grant for way in ("IRSA: ", "Pod Identity: ", "Workload")):
        yield "ServiceAccount"
    else:
        kind = grant.partition("/")[2].partition("/")[0]
        yield f"{kind}.apps" if kind in _APPS else "Pod"


def _identity(owed: Owed, seen: Seen) -> Settled:
    target = owed.item.target
    if target in seen.identities:
        return Settled(owed=owed, answer=Answer.OPEN, says="it is still there")
    kind = owed.item.what.partition(" ")[0]
    if kind in _IN_TRAIL:
        says = "it was seen in the audit trail alone: no snapshot shows it"
        return Settled(owed=owed, answer=Answer.UNKNOWN, says=says)
    if kind in _RECORDS and not seen.on.snapshot.records:
        says = "no description from outside the cluster was given"
        return Settled(owed=owed, answer=Answer.UNKNOWN, says=says)
    wanted = "Secret" if "/Secret/" in target else _OBJECTS.get(NhiKind(kind), "") if kind in set(NhiKind) else ""
    if why := seen.on.authorizer.seen.lacks(wanted or "Pod"):
        return Settled(owed=owed, answer=Answer.UNKNOWN, says=why)
    return Settled(owed=owed, answer=Answer.DONE, says="not in the snapshot any more")
