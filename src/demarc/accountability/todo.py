"""The five things to do first: what closes most, weighed by how much harm an open duty has done in public incidents.

Each names what to type or send next. At most two of one kind, so that the list is a plan and not a repetition.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from demarc.catalog.duties import duties
from demarc.model.assessment import Ambiguity, MatrixRow, Status, ToDo
from demarc.model.evidence import Gap, GapReason
from demarc.model.inventory import ClusterIdentity

MOST = 5
OF_ONE_KIND = 2

FETCHED = frozenset({"eks", "gke", "aks", "rosa"})
"""Providers whose own command line can be asked with --cloud."""

WEIGHTS: dict[str, float] = {
    "identity.rbac": 3.0,
    "identity.offboarding": 2.0,
    "identity.access-review": 2.0,
    "secret.rotation": 3.0,
    "secret.access": 2.0,
    "cluster.authentication": 3.0,
    "cluster.audit-export": 3.0,
    "network.exposure": 3.0,
    "addon.rollout": 2.0,
    "node.patching": 2.5,
    "node.metadata": 2.0,
    "supply.pipeline-credentials": 2.5,
    "monitoring.audit-review": 2.0,
    "response.revocation": 2.5,
    "response.tenant": 2.5,
    "workload.pod-security": 2.0,
}
"""Duties whose neglect opens the paths seen most in public incidents weigh more; every other duty weighs 1."""


class _Candidate(Struct, frozen=True, kw_only=True):
    kind: str
    score: float
    todo: ToDo


def first_things(
    rows: Sequence[MatrixRow],
    ambiguities: Sequence[Ambiguity],
    gaps: Sequence[Gap],
    *,
    cluster: ClusterIdentity,
    has_register: bool,
) -> tuple[ToDo, ...]:
    """The first things to do, most pressing first; at most five."""
    found = [
        *_no_register(rows, has_register=has_register),
        *_forbidden(gaps, rows),
        *_lapsed(rows),
        *_conflicts(rows),
        *(_unowned(rows) if has_register else ()),
        *_overdue(rows),
        *_unseen(ambiguities, cluster),
        *_unclear(ambiguities),
    ]
    found.sort(key=lambda item: (-item.score, item.todo.title))
    taken: Counter[str] = Counter()
    chosen: list[ToDo] = []
    for item in found:
        if len(chosen) < MOST and taken[item.kind] < OF_ONE_KIND:
            taken[item.kind] += 1
            chosen.append(item.todo)
    return tuple(chosen)


def _weight(rows: Sequence[MatrixRow]) -> float:
    return sum(WEIGHTS.get(row.duty, 1.0) for row in rows)


def _s(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _no_register(rows: Sequence[MatrixRow], *, has_register: bool) -> list[_Candidate]:
    unowned = [row for row in rows if row.status is Status.UNOWNED]
    if has_register or not unowned:
        return []
    todo = ToDo(
        title="Start a register of owners",
        why=f"No register was given, so {_s(len(unowned), 'duty row')} of yours have no named owner.",
        command="demarc register init --output register/",
        rows=len(unowned),
    )
    return [_Candidate(kind="register", score=_weight(unowned) * 2, todo=todo)]


def _forbidden(gaps: Sequence[Gap], rows: Sequence[MatrixRow]) -> list[_Candidate]:
    closed = [gap for gap in gaps if gap.reason is GapReason.FORBIDDEN]
    if not closed:
        return []
    named = ", ".join(dict.fromkeys(gap.what for gap in closed[:4])) + (" and more" if len(closed) > 4 else "")
    unknown = [row for row in rows if row.status is Status.UNKNOWN]
    todo = ToDo(
        title="Let Demarc see what it was refused",
        why=f"The API refused {named}: every answer that needs it is Unknown.",
        command="demarc rbac-needed",
        rows=len(unknown),
    )
    return [_Candidate(kind="forbidden", score=20 + _weight(unknown), todo=todo)]


def _grouped(rows: Sequence[MatrixRow], status: Status) -> dict[str, list[MatrixRow]]:
    groups: dict[str, list[MatrixRow]] = {}
    for row in rows:
        if row.status is status:
            name = row.owner.name if row.owner else row.duty
            groups.setdefault(name, []).append(row)
    return groups


def _lapsed(rows: Sequence[MatrixRow]) -> list[_Candidate]:
    found = []
    for owner, members in _grouped(rows, Status.LAPSED).items():
        reason = next((remark for remark in members[0].remarks), "the time has ended")
        known_as = members[0].owner.id if members[0].owner else owner
        todo = ToDo(
            title=f"Name a successor for {owner}",
            why=f"{_s(len(members), 'duty row')} still name {owner}: {reason}.",
            command=f"demarc matrix --status lapsed --owner {shlex.quote(known_as)}",
            rows=len(members),
        )
        found.append(_Candidate(kind="lapsed", score=_weight(members) * 2, todo=todo))
    return found


def _conflicts(rows: Sequence[MatrixRow]) -> list[_Candidate]:
    groups: dict[tuple[str, ...], list[MatrixRow]] = {}
    for row in rows:
        if row.status is Status.CONFLICT:
            groups.setdefault(tuple(holder.name for holder in row.owners_in_conflict), []).append(row)
    found = []
    for names, members in groups.items():
        todo = ToDo(
            title=f"Decide between {' and '.join(names)}",
            why=f"Both are named for {_s(len(members), 'duty row')}, at the same scope: so neither answers.",
            command=f"demarc explain {members[0].duty} --scope {shlex.quote(str(members[0].scope))}",
            rows=len(members),
        )
        found.append(_Candidate(kind="conflict", score=_weight(members) * 2, todo=todo))
    return found


def _unowned(rows: Sequence[MatrixRow]) -> list[_Candidate]:
    groups: dict[str, list[MatrixRow]] = {}
    for row in rows:
        if row.status is Status.UNOWNED:
            groups.setdefault(row.duty, []).append(row)
    found = []
    for duty, members in groups.items():
        question = duties()[duty].question if duty in duties() else duty
        where = str(members[0].scope) if len(members) == 1 else f"{len(members)} scopes"
        todo = ToDo(
            title=f"Name an owner for {duty}",
            why=f"{question} Nobody, in {where}.",
            command=f"demarc matrix --status unowned --duty {duty}",
            rows=len(members),
        )
        # A duty open in a thousand scopes is one decision: what it weighs counts for more than how often.
        score = WEIGHTS.get(duty, 1.0) * (4 + len(members) ** 0.5)
        found.append(_Candidate(kind="unowned", score=score, todo=todo))
    return found


def _overdue(rows: Sequence[MatrixRow]) -> list[_Candidate]:
    members = [row for row in rows if row.status is Status.OVERDUE]
    if not members:
        return []
    todo = ToDo(
        title=f"Do the overdue review{'s' if len(members) > 1 else ''}",
        why=f"{_s(len(members), 'duty row')} of {_s(len({row.owner.name for row in members if row.owner}), 'owner')} "
        "are past their review date.",
        command="demarc matrix --status overdue",
        rows=len(members),
    )
    return [_Candidate(kind="overdue", score=_weight(members) ** 0.5 * 3, todo=todo)]


def _unseen(ambiguities: Sequence[Ambiguity], cluster: ClusterIdentity) -> list[_Candidate]:
    """One thing to do for all settings that were not seen: a description of the cluster shows them together."""
    if not cluster.identified:
        todo = ToDo(
            title="Say which provider runs the cluster",
            why="Nothing in the input identifies it, so every answer is that of a self-managed cluster.",
            command="demarc explain governance.boundary",
            rows=0,
        )
        return [_Candidate(kind="unseen", score=100, todo=todo)]
    members = [item for item in ambiguities if item.kind == "unseen-fact"]
    count = sum(len(item.rows) for item in members)
    if not count:
        return []
    settings = list(dict.fromkeys(item.settle.rpartition(": ")[2] for item in members))
    todo = ToDo(
        title="Give the provider's description of the cluster",
        why=f"Who answers in {_s(count, 'duty row')} hangs on settings that were not part of the input.",
        command="demarc assess --cloud" if cluster.provider in FETCHED else settings[0],
        rows=count,
    )
    return [_Candidate(kind="unseen", score=6 + 2 * count**0.5, todo=todo)]


def _unclear(ambiguities: Sequence[Ambiguity]) -> list[_Candidate]:
    found = []
    for item in ambiguities:
        if item.kind in ("unseen-fact", "provider-unknown"):
            continue
        way = "Send the question to the provider." if item.letter else item.settle
        todo = ToDo(
            title=f"Settle {item.duty} ({item.component.replace('_', ' ')})",
            why=f"{item.question} {len(item.readings)} readings are tenable. {way}",
            command=f"demarc explain {item.duty}",
            rows=len(item.rows),
        )
        score = WEIGHTS.get(item.duty, 1.0) * (3 + len(item.rows) ** 0.5)
        found.append(_Candidate(kind="unclear", score=score, todo=todo))
    return found
