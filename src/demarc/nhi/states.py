"""Judges one identity or credential against the policy: every state that holds, worst first. It gathers nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import Struct

from demarc.model.assessment import Status
from demarc.model.nhi import OF_THE_PLATFORM, AgeGrade, Dated, NhiKind, NhiState, StateReason
from demarc.model.planes import STRONG, Power
from demarc.model.posture import Answers, Whose
from demarc.nhi.ages import days
from demarc.nhi.policy import Thresholds

_ORDER: Final = {state: place for place, state in enumerate(NhiState)}
_DAY, _HOUR, _MINUTE = 86_400, 3600, 60
_HARD: Final = frozenset({AgeGrade.SEEN, AgeGrade.ISSUER, AgeGrade.AUDIT, AgeGrade.BOUND})
"""Grades on which stale may rest: by each of them it is at least so old. A creation time alone is none of them."""


class Seen(Struct, frozen=True, kw_only=True):
    """What is known of one thing, to be judged."""

    kind: NhiKind
    changed: Dated
    last_used: Dated
    expires: str = ""
    life: int = 0
    """Seconds for which each one of it is good."""
    used_by: int = 0
    """Things that use it, as far as references show."""
    orphaned: str = ""
    """Why nothing can use it, or the other side is gone; empty where that is not so."""
    shared: str = ""
    misplaced: tuple[str, ...] = ()
    powers: tuple[Power, ...] = ()
    everywhere: bool = False
    """Whether its powers hold in the whole cluster."""
    kept: bool = True
    """Whether something renews it, or it renews itself."""
    disabled: str = ""
    """Why it no longer works; it is then judged by that alone."""
    ours: bool = True
    unseen: str = ""
    """What was not seen of what its state hangs on."""


def judge(seen: Seen, answers: Answers, limits: Thresholds, at: datetime) -> tuple[StateReason, ...]:
    """Every state, worst first; healthy or unknown where there is none."""
    if not seen.ours or answers.whose is Whose.PROVIDER:
        return (StateReason(state=NhiState.HEALTHY, says=OF_THE_PLATFORM),)
    if seen.disabled:
        return (StateReason(state=NhiState.ORPHANED, says=seen.disabled),)
    found = sorted(_states(seen, answers, limits, at), key=lambda one: _ORDER[one.state])
    if found:
        return tuple(found)
    if seen.unseen:
        return (StateReason(state=NhiState.UNKNOWN, says=seen.unseen),)
    return (StateReason(state=NhiState.HEALTHY, says="nothing stands against it"),)


def _states(seen: Seen, answers: Answers, limits: Thresholds, at: datetime) -> Iterator[StateReason]:
    yield from _ends(seen, limits, at)
    yield from _age(seen, limits, at)
    yield from _use(seen, limits, at)
    if seen.misplaced:
        yield StateReason(state=NhiState.MISPLACED, says=f"it stands in {', '.join(seen.misplaced[:3])}")
    if answers.status is Status.LAPSED:
        yield StateReason(state=NhiState.OFFBOARDED_OWNER, says="its owner is gone, or nobody knows them")
    strong = [power.value for power in seen.powers if power in STRONG]
    if strong and seen.everywhere:
        yield StateReason(state=NhiState.OVER_POWERED, says=f"{', '.join(strong)} in the whole cluster")
    if seen.orphaned:
        yield StateReason(state=NhiState.ORPHANED, says=seen.orphaned)
    if seen.shared:
        yield StateReason(state=NhiState.SHARED, says=seen.shared)
    if not seen.kept and not answers.owner:
        yield StateReason(state=NhiState.UNMANAGED, says="nothing renews it, and nobody is named who does")


def _ends(seen: Seen, limits: Thresholds, at: datetime) -> Iterator[StateReason]:
    if not seen.expires:
        return
    left = -days(seen.expires, at)
    if left < 0:
        yield StateReason(state=NhiState.EXPIRED, says=f"ended on {seen.expires[:10]}")
    elif limits.expiring is not None and left <= limits.expiring:
        yield StateReason(state=NhiState.EXPIRING, says=f"ends on {seen.expires[:10]}, in {left} days")


def lasting(seconds: int) -> str:
    """A life in words: ``1 h``, ``48 min``, ``7 days``."""
    for size, word in ((_DAY, "days"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size * (2 if size == _DAY else 1):
            return f"{round(seconds / size):,} {word}"
    return f"{seconds} s"


def _age(seen: Seen, limits: Thresholds, at: datetime) -> Iterator[StateReason]:
    if limits.life is not None and seen.life > limits.life * _DAY:
        allowed = "a day is" if limits.life == 1 else f"{limits.life} days are"
        yield StateReason(state=NhiState.OVERDUE, says=f"each one is good for {lasting(seen.life)}, {allowed} allowed")
    if limits.any:
        yield StateReason(state=NhiState.OVERDUE, says="it never ends, and should not be there at all")
        return
    changed = seen.changed
    if limits.warn is None and limits.breach is None:
        return
    if changed.grade not in _HARD:
        old = changed.at and limits.warn is not None and days(changed.at, at) >= limits.warn
        if old or not changed.at:
            yield StateReason(
                state=NhiState.UNKNOWN,
                says=f"its age is not known ({changed.says}): give a dump with --show-managed-fields",
            )
        return
    age = days(changed.at, at)
    how = f"{changed.says.partition(':')[0]} at least " if changed.grade is AgeGrade.BOUND else ""
    if limits.breach is not None and age >= limits.breach:
        yield StateReason(state=NhiState.OVERDUE, says=f"{how}{age:,} days old, {limits.breach} are allowed")
    elif limits.warn is not None and age >= limits.warn:
        yield StateReason(state=NhiState.STALE, says=f"{how}{age:,} days old, due at {limits.breach or limits.warn}")


def _use(seen: Seen, limits: Thresholds, at: datetime) -> Iterator[StateReason]:
    used = seen.last_used
    if limits.unused is None or seen.used_by:
        return
    if used.at and days(used.at, at) >= limits.unused:
        yield StateReason(state=NhiState.UNUSED, says=f"last used {used.at[:10]} ({used.says})")
    elif not used.at and used.grade is not AgeGrade.UNKNOWN:
        yield StateReason(state=NhiState.UNUSED, says=used.says)
