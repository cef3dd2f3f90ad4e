"""Whether what a review decided is done, as a snapshot shows it: the grant or identity is gone, and what is left of it.

A snapshot that could not show it proves nothing: then it is unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct

from demarc.lifecycle.decided import Seen
from demarc.model.planes import PlaneRow, Power
from demarc.model.reviews import About, Choice, Owed
from demarc.model.snapshot import Snapshot

_RBAC: Final = ("clusterrolebindings.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io")
_CLOUD: Final = (
    "access policy ",
    "access entry ",
    "IAM role ",
    "Azure role ",
    "aadProfile.",
    "local accounts",
    "creation ",
)


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


def settled(owed: Iterable[Owed], seen: Seen, snapshot: Snapshot) -> Iterator[Settled]:
    """Look at each decision."""
    rows = {row.id: row for row in seen.rows}
    for one in owed:
        if one.decision.choice is not Choice.REVOKE or not one.item.target:
            yield Settled(owed=one, answer=Answer.UNKNOWN, says="no snapshot shows it: demarc review done says it")
        elif one.item.about is About.ACCESS:
            yield _access(one, rows, snapshot)
        else:
            yield _identity(one, seen, snapshot)


def _access(owed: Owed, rows: dict[str, PlaneRow], snapshot: Snapshot) -> Settled:
    target = owed.item.target
    if target in rows:
        return Settled(owed=owed, answer=Answer.OPEN, says=f"it is still there: {rows[target].grant}")
    if unseen := _unseen(target, snapshot):
        return Settled(owed=owed, answer=Answer.UNKNOWN, says=unseen)
    left = [
        f"{', '.join(power.value for power in row.powers)} by {row.grant}"
        for row in rows.values()
        if target.startswith(f"{row.plane.value}/{row.holder}/") and row.powers[0] is not Power.NONE
    ]
    rest = f"; what it has all the same: {'; '.join(left[:3])}" if left else ""
    return Settled(owed=owed, answer=Answer.DONE, says=f"not in the snapshot any more{rest}")


def _unseen(target: str, snapshot: Snapshot) -> str:
    """Why a grant that is not seen may be there all the same."""
    grant = target.partition("/")[2]
    wanted = list(_RBAC) if "Binding " in grant else []
    wanted += ["secrets"] if "/Secret " in grant else []
    wanted += ["configmaps"] if "aws-auth" in grant else []
    for name in wanted:
        if gap := snapshot.missing(name):
            return f"{name} could not be seen ({gap.reason.value})"
    if any(word in grant for word in _CLOUD) and not snapshot.records:
        return "no description by the cloud was given: add --cloud, or its exports"
    if "seen in the audit trail" in grant:
        return "it was seen in the audit trail alone: no snapshot shows it"
    if "pipeline secret " in grant and not snapshot.records:
        return "no export of the code host was given"
    return ""


def _identity(owed: Owed, seen: Seen, snapshot: Snapshot) -> Settled:
    target = owed.item.target
    if target in seen.identities:
        return Settled(owed=owed, answer=Answer.OPEN, says="it is still there")
    kinds = {"/Secret/": "secrets", "/ServiceAccount/": "serviceaccounts", "Node/": "nodes"}
    name = next((plural for part, plural in kinds.items() if part in target), "")
    if name and (gap := snapshot.missing(name)):
        return Settled(owed=owed, answer=Answer.UNKNOWN, says=f"{name} could not be seen ({gap.reason.value})")
    if not name and not snapshot.records:
        return Settled(owed=owed, answer=Answer.UNKNOWN, says="what it was seen by was not given this time")
    return Settled(owed=owed, answer=Answer.DONE, says="not in the snapshot any more")
