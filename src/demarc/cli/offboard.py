"""``demarc offboard``: all that must go with a team, a person, a supplier or a namespace, in order, as a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Group, Parameter

from demarc.access import Authorizer
from demarc.access.planes.ground import ground
from demarc.cli.answer import run_now, whole_answer
from demarc.cli.nhi_plan import plan_of, save
from demarc.cli.options import OUTPUT, Ask, Look
from demarc.cli.screen import Screen
from demarc.lifecycle.consumers import credentials
from demarc.lifecycle.leaver import find_leaver
from demarc.lifecycle.offboard import credentials_for, in_order, issued_elsewhere, tasks_for
from demarc.lifecycle.show import plan_lines
from demarc.lifecycle.wishes import Wishes, read_wishes

PLAN = Group("What to plan", sort_key=0)


def offboard(
    who: Annotated[str, Parameter(group=PLAN)],
    /,
    *,
    settings: Annotated[Path | None, Parameter(name="--settings", group=PLAN)] = None,
    valid: Annotated[int, Parameter(name="--valid-days", group=PLAN)] = 7,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
    changes: Annotated[Path | None, Parameter(name="--changes", group=OUTPUT)] = None,
    format: Annotated[Literal["text", "json"], Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
) -> None:
    """Plan all that must go when somebody goes: access, duties, credentials, trusts, things. Writes nothing.

    Parameters
    ----------
    who
        team:NAME, person:NAME, supplier:NAME or namespace:NAME; a bare name where only one of them has it.
    settings
        File that names strategies and their settings for credentials.
    valid
        Days within which the plan can be begun.
    output
        File to write the plan to, as YAML.
    changes
        Folder to write changes for pull requests to.
    format
        What is printed: text, or json.
    """
    screen = Screen()
    wishes = read_wishes(settings) if settings is not None else Wishes()
    answer = whole_answer(look, ask, screen, run_now())
    leaver = find_leaver(who, answer.register, answer.snapshot, answer.inventory, answer.assessment)
    authorizer = Authorizer(answer.snapshot)
    on = ground(answer.snapshot, answer.inventory, authorizer, at=answer.at, uses=None)
    known = credentials(answer.snapshot)
    theirs, unsure = credentials_for(leaver, known, authorizer)
    tasks = in_order((*tasks_for(leaver, on, answer.register, answer.at), *issued_elsewhere(leaver, known)))
    plan = plan_of(
        theirs,
        wishes,
        answer,
        reason=f"offboard {leaver.kind} {leaver.id}",
        valid=valid,
        tasks=tasks,
        unsure=unsure,
        leaving=leaver.id,
    )
    if output is not None or changes is not None:
        save(plan, output, changes)
    if format == "json":
        print(msgspec.json.encode(plan).decode())
        return
    for line in plan_lines(plan):
        screen.out.print(line, soft_wrap=True)
