"""Where a plan stands, folded from its journal. Values only."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from demarc.lifecycle.journal import Entry, Event
from demarc.lifecycle.plan import Phase, Plan, Rotation, Step


class Standing(StrEnum):
    """Where a rotation stands."""

    NEW = "not begun"
    GOING = "going on"
    WAITING = "waiting"
    FAILED = "stopped"
    DONE = "done"
    UNDOING = "being undone"
    UNDONE = "undone"


class RotationState(Struct, kw_only=True):
    """Where one rotation stands."""

    begun: set[str]
    done: set[str]
    undone: set[str]
    facts: dict[str, str]
    confirmed: set[str]
    """What a person confirmed: that a consumer has the new one, or while undoing that it has the old one again."""
    handed: set[str]
    """While undoing: consumers that a person had given the new one."""
    approved: list[str]
    """Who approved it by the decision that it is done for."""
    standing: Standing = Standing.NEW
    says: str = ""
    """The last words about it: what it waits for, why it stopped."""
    undoing: bool = False

    @property
    def irrevocable(self) -> bool:
        """Whether the old credential may be gone already: from then on there is no way back, only on."""
        return Phase.REVOKE.value in self.begun


class State(Struct, kw_only=True):
    """Where a plan stands."""

    opened: str
    """Digest of the plan that the journal is of; empty before it was begun."""
    approved: list[str]
    rotations: dict[str, RotationState]


def state_of(plan: Plan, entries: Iterable[Entry]) -> State:
    """Fold a journal."""
    rotations = {rotation.id: _empty() for rotation in plan.rotations}
    state = State(opened="", approved=[], rotations=rotations)
    for entry in entries:
        if entry.event is Event.OPENED:
            state.opened = entry.value
        elif entry.event is Event.APPROVED:
            approved = rotations[entry.rotation].approved if entry.rotation in rotations else state.approved
            if entry.name not in approved:
                approved.append(entry.name)
        elif entry.rotation in rotations:
            _fold(rotations[entry.rotation], entry)
    return state


def _empty() -> RotationState:
    return RotationState(begun=set(), done=set(), undone=set(), facts={}, confirmed=set(), handed=set(), approved=[])


def _fold(state: RotationState, entry: Entry) -> None:
    standing = {
        Event.BEGUN: Standing.GOING,
        Event.DONE: Standing.GOING,
        Event.WAITING: Standing.WAITING,
        Event.FAILED: Standing.FAILED,
        Event.CLOSED: Standing.DONE,
        Event.UNDOING: Standing.UNDOING,
    }.get(entry.event)
    if entry.event is Event.FACT:
        state.facts[entry.name] = entry.value
    elif entry.event is Event.CONFIRMED:
        state.confirmed.add(entry.name)
    elif entry.event is Event.BEGUN:
        state.begun.add(entry.step)
    elif entry.event is Event.DONE:
        state.done.add(entry.step)
    elif entry.event is Event.UNDOING:
        turn_back(state)
    elif entry.event is Event.UNDONE:
        if entry.step:
            state.undone.add(entry.step)
        else:
            standing = Standing.UNDONE
    if standing is not None:
        state.standing = standing
        state.says = entry.says


def turn_back(state: RotationState) -> None:
    """From now on the rotation is undone, and what is confirmed is that the old one is back."""
    state.undoing = True
    state.handed, state.confirmed = state.confirmed, set()


def next_step(rotation: Rotation, state: RotationState) -> Step | None:
    """The first step that is not done; None when all are."""
    return next((step for step in rotation.steps if step.id not in state.done), None)


def steps_back(rotation: Rotation, state: RotationState) -> list[Step]:
    """Steps that are to be undone, in the order for that: the last first.

    But consumers in the order in which they were rolled: a service account before the workloads that only follow it.
    And a Secret that is kept in place gets its old data back before any of them, or they would start with the new data.
    """
    back = [step for step in reversed(rotation.steps) if step.id in state.begun and step.id not in state.undone]
    rolls = [step for step in reversed(back) if step.phase is Phase.ROLL]
    if not rolls:
        return back
    switches = [step for step in back if step.phase is Phase.SWITCH]
    before = [step for step in back[: back.index(rolls[-1])] if step not in switches]
    after = [step for step in back if step not in (*before, *switches, *rolls)]
    return [*before, *switches, *rolls, *after]
