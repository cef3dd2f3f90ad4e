"""Compares inventories of one cluster: what is new, gone, rotated, worse or better; and numbers over time.

What one of the two snapshots did not see is neither new nor gone, and where fingerprints were made with another key
nothing is called rotated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from msgspec import Struct

import demarc
from demarc.model.kubernetes import Secret
from demarc.model.nhi import AgeGrade, Nhi, NhiReport, NhiState
from demarc.model.nhi_moves import NhiDiff, NhiOld, NhiPoint, NhiRef, NhiShift, NhiTrend
from demarc.model.snapshot import Snapshot
from demarc.model.time import instant
from demarc.nhi.ages import days
from demarc.nhi.gather import nhi_report
from demarc.nhi.kinds import HELM
from demarc.nhi.policy import Policy
from demarc.posture.ground import Ground

DIFF_FORMAT, TREND_FORMAT = "demarc.nhi-diff/1", "demarc.nhi-trend/1"
_LISTS: Final = (
    ("/Token/", "pods"),
    ("/Secret/", "secrets"),
    ("/ServiceAccount/", "serviceaccounts"),
    ("/ConfigMap/", "configmaps"),
    ("/HelmRelease/", "secrets"),
    ("Node/", "nodes"),
)
_CLOUD: Final = "/CloudRole/"
_TOLD: Final = frozenset({AgeGrade.SEEN, AgeGrade.ISSUER, AgeGrade.BOUND})
_LONGEST, _ENOUGH = 5, 3


class Side(Struct, frozen=True, kw_only=True):
    """One snapshot with its inventory."""

    origin: str
    ground: Ground
    report: NhiReport

    def lacks(self, name: str) -> str:
        """Why an entry may be missing here; empty where it would have been seen."""
        if _CLOUD in name:
            return "" if self.ground.snapshot.records else "descriptions of the cloud"
        found = next((what for part, what in _LISTS if part in name or name.startswith(part)), "")
        return found if found and self.ground.view.left_out(found) else ""


def side(origin: str, ground: Ground, policy: Policy, before: Side | None) -> Side:
    """The inventory of a snapshot, with what was rotated since the one before."""
    earlier = before.ground.snapshot if before is not None else None
    comparable = earlier is not None and _compare(earlier, ground.snapshot)
    return Side(
        origin=origin, ground=ground, report=nhi_report(ground, policy, earlier=earlier if comparable else None)
    )


def _compare(before: Snapshot, after: Snapshot) -> bool:
    """Whether fingerprints of both were made with one key: of several Secrets that are in both, one is still the same.

    All of them may have been rotated; then nobody can tell that from another key.
    """
    old, new = _prints(before), _prints(after)
    both = old.keys() & new.keys()
    return len(both) < _ENOUGH or any(old[name] & new[name] for name in both)


def _prints(snapshot: Snapshot) -> dict[str, set[str]]:
    secrets = (one for one in snapshot.all("Secret", Secret) if one.type != HELM)
    return {one.key: found for one in secrets if (found := {value for value in one.keys.values() if value})}


def diff(before: Side, after: Side) -> NhiDiff:
    """What moved from one to the other."""
    old, new = ({one.id: one for one in whole.report.items if not one.is_platforms} for whole in (before, after))
    came = [one for name, one in new.items() if name not in old]
    went = [one for name, one in old.items() if name not in new]
    shifts = [(old[name], one) for name, one in new.items() if name in old]
    order = list(NhiState)
    changed = [(was, now) for was, now in shifts if was.state is not now.state and _is_told(was) and _is_told(now)]
    return NhiDiff(
        format=DIFF_FORMAT,
        version=f"demarc {demarc.__version__}",
        cluster=after.report.cluster,
        before=before.report.at,
        after=after.report.at,
        new=tuple(_ref(one) for one in came if not before.lacks(one.id)),
        gone=tuple(_ref(one) for one in went if not after.lacks(one.id)),
        rotated=tuple(_ref(one) for _, one in shifts if one.changed.grade is AgeGrade.SEEN),
        worse=tuple(_shift(*pair) for pair in changed if order.index(pair[1].state) < order.index(pair[0].state)),
        better=tuple(_shift(*pair) for pair in changed if order.index(pair[1].state) > order.index(pair[0].state)),
        owners=tuple(
            NhiShift(id=now.id, kind=now.kind, was=was.answers.owner, now=now.answers.owner, says="")
            for was, now in shifts
            if was.answers.owner != now.answers.owner
        ),
        unchanged=sum(was.state is now.state and was.answers.owner == now.answers.owner for was, now in shifts),
        unseen=tuple(_unseen(before, after, came, went)),
    )


def _is_told(item: Nhi) -> bool:
    """Whether its state is known: to learn it is no change for the better or the worse."""
    return item.state is not NhiState.UNKNOWN


def _ref(item: Nhi) -> NhiRef:
    return NhiRef(id=item.id, kind=item.kind, state=item.state, owner=item.answers.owner, says=item.states[0].says)


def _shift(was: Nhi, now: Nhi) -> NhiShift:
    return NhiShift(id=now.id, kind=now.kind, was=was.state.value, now=now.state.value, says=now.states[0].says)


def _unseen(before: Side, after: Side, came: list[Nhi], went: list[Nhi]) -> Iterator[str]:
    for where, missing, items, word in (
        (before, "the earlier", came, "new"),
        (after, "the later", went, "gone"),
    ):
        lists: dict[str, int] = {}
        for one in items:
            if what := where.lacks(one.id):
                lists[what] = lists.get(what, 0) + 1
        for what, number in sorted(lists.items()):
            yield f"whether {number:,} entries are {word}: {missing} snapshot has no {what}"
    if not _compare(before.ground.snapshot, after.ground.snapshot):
        yield (
            "what was rotated: no fingerprint of the two is equal, so they were made with two keys, or everything was "
            "rotated; take both snapshots with one installation"
        )
    learned = sum(one.state is NhiState.UNKNOWN for one in after.report.items)
    if learned:
        yield f"the state of {learned:,} entries, which is unknown now"


def trend(sides: Sequence[Side]) -> NhiTrend:
    """Numbers of each snapshot, with what came and went since the one before it of the same cluster."""
    ordered = sorted(sides, key=lambda one: (one.report.cluster, one.report.at))
    points: list[NhiPoint] = []
    for _, of in groupby(ordered, key=lambda one: one.report.cluster):
        before: Side | None = None
        for one in of:
            points.append(_point(one, before))
            before = one
    return NhiTrend(format=TREND_FORMAT, version=f"demarc {demarc.__version__}", points=tuple(points))


def _point(one: Side, before: Side | None) -> NhiPoint:
    report = one.report
    acting = sum(item.kind.is_identity for item in report.items)
    moved = diff(before, one) if before is not None else None
    comparable = before is not None and _compare(before.ground.snapshot, one.ground.snapshot)
    return NhiPoint(
        at=report.at,
        cluster=report.cluster,
        origin=one.origin,
        identities=acting,
        credentials=len(report.items) - acting,
        humans=report.humans,
        ratio=round(acting / report.humans, 2) if report.humans else None,
        by_kind=report.by_kind,
        by_state=report.by_state,
        new=len(moved.new) if moved is not None else None,
        gone=len(moved.gone) if moved is not None else None,
        rotated=len(moved.rotated) if moved is not None and comparable else None,
        longest=_longest(report, one.ground.at),
        unseen=(*report.unseen, *(moved.unseen if moved is not None else ())),
    )


def _longest(report: NhiReport, at: datetime) -> tuple[NhiOld, ...]:
    """Credentials that are known to be old, the oldest first."""
    known = [
        one
        for one in report.items
        if not one.kind.is_identity and one.changed.at and one.changed.grade in _TOLD and instant(one.changed.at) <= at
    ]
    oldest = sorted(known, key=lambda one: (one.changed.at, one.id))[:_LONGEST]
    return tuple(
        NhiOld(id=one.id, since=one.changed.at, grade=one.changed.grade.value, days=days(one.changed.at, at))
        for one in oldest
    )
