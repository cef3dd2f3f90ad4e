"""A plan and its state as text for people: what happens, to whom, what cannot be undone, who must approve.

Plain lines; the plan file holds the same and more.
"""

from __future__ import annotations

from collections.abc import Iterator

from demarc.lifecycle.engine import Outcome, Result
from demarc.lifecycle.plan import Blocked, Plan, Rotation
from demarc.lifecycle.state import RotationState, Standing, State


def plan_lines(plan: Plan) -> Iterator[str]:
    """A whole plan."""
    yield f"Plan {plan.digest[:12]} of {plan.made_at}, to be begun until {plan.expires_at}: {plan.reason}"
    for says in plan.unseen:
        yield f"  not seen: {says}"
    for rotation in plan.rotations:
        yield ""
        yield from _rotation(rotation)
    if plan.changes:
        yield ""
        yield "For a pull request, never written to the cluster (--changes FOLDER writes them out):"
        yield from (f"  {change.credential}: {change.why}" for change in plan.changes)
    if plan.blocked:
        yield ""
        yield "No safe way yet:"
        yield from _blocked(plan)
    yield from _tasks(plan)


def _blocked(plan: Plan) -> Iterator[str]:
    """Credentials without a way, those with the same reason together."""
    together: dict[str, list[Blocked]] = {}
    for blocked in plan.blocked:
        together.setdefault(blocked.why, []).append(blocked)
    for why, same in together.items():
        yield f"  {why}:"
        yield from (f"    {one.credential}" for one in same)
        todo = same[0].todo if len(same) == 1 else same[0].todo.replace(same[0].credential, "each of them")
        yield f"    do: {todo}"


def _tasks(plan: Plan) -> Iterator[str]:
    """Tasks for people, in their order."""
    group = ""
    for task in plan.tasks:
        if task.group != group:
            group = task.group
            yield ""
            yield f"For people: {group}"
        yield f"  {'?' if task.unseen else '-'} {task.what}"
        first, *rest = task.do.split("\n")
        yield f"    do: {first}"
        yield from (f"        {line}" for line in rest)
        if task.decision is not None:
            yield f"    decided: {task.decision}"


def _rotation(rotation: Rotation) -> Iterator[str]:
    yield f"{rotation.id}  {rotation.credential.kind.value}, by {rotation.strategy}"
    yield f"  why            {rotation.why}"
    if rotation.decision is not None:
        yield f"  decided        {rotation.decision}"
    if rotation.in_place:
        yield "  in place       the Secret keeps its name; its data is replaced"
    who = f"{rotation.approvals} people" if rotation.approvals > 1 else "1 person"
    roles = ", ".join(part for part in (_role("owner", rotation.owner), _role("approver", rotation.approver)) if part)
    yield f"  approve        {who}" + (f" ({roles})" if roles else " (no owner is known)")
    if rotation.decision is not None and rotation.decision.approves:
        yield f"                 {rotation.decision.by} did by the decision, where apply is given the ledger"
    yield from _listed("powerful", rotation.power)
    yield from _listed("restarts", rotation.restarts)
    yield from _listed("may interrupt", rotation.outage)
    yield from _listed("kept by", rotation.reverted_by)
    known_by = {one.key: f" ({one.known_by})" for one in rotation.credential.consumers if one.known_by}
    yield from _listed("by hand", tuple(f"{key}{known_by.get(key, '')}" for key in rotation.by_hand))
    yield from _listed("afterwards", rotation.follow_up)
    yield from _listed("no way back", rotation.cannot_undo)
    yield from _listed("not seen", rotation.unseen)
    taken = "revoked" if rotation.credential.given is None else "taken away"
    yield f"  quiet          {_span(rotation.quiet)} unused before it is {taken}"
    yield "  steps"
    for number, step in enumerate(rotation.steps, 1):
        undo = "" if step.undo else "   [no way back from here]" if step.phase.value == "revoke" else ""
        yield f"    {number:2}. {step.does}{undo}"


def _role(name: str, who: str) -> str:
    return f"{name} {who}" if who else ""


def _listed(title: str, lines: tuple[str, ...]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"  {title if number == 0 else '':14} {line}"


def _span(seconds: int) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}" if seconds != size else f"1 {unit[:-1]}"
    return f"{seconds} seconds"


def state_lines(plan: Plan, state: State) -> Iterator[str]:
    """Where a plan stands."""
    begun = "begun" if state.opened else "not begun"
    yield f"Plan {plan.digest[:12]}: {begun}; approved by {', '.join(state.approved) or 'nobody'}"
    for rotation in plan.rotations:
        here = state.rotations[rotation.id]
        yield f"{rotation.id}  {here.standing.value}" + (f": {here.says}" if here.says else "")
        yield from _steps(rotation, here)


def _steps(rotation: Rotation, state: RotationState) -> Iterator[str]:
    for step in rotation.steps:
        mark = " "
        if step.id in state.undone:
            mark = "<"
        elif step.id in state.done:
            mark = "x"
        elif step.id in state.begun:
            mark = ">"
        yield f"  [{mark}] {step.id}"
    if (state.standing is Standing.DONE and rotation.credential.given is None) or state.undoing:
        return
    way = "no way back: apply goes on" if state.irrevocable else "it can be undone"
    yield f"  {way}"


def outcome_line(outcome: Outcome) -> str:
    """How a run ended for one rotation."""
    said = f": {outcome.says}" if outcome.says else ""
    if outcome.result is Result.DONE and outcome.says:
        said = f"; still to remove by a person: {outcome.says}"
    return f"{outcome.rotation}  {outcome.result.value}{said}"
