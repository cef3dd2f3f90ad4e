"""``demarc evidence roles``: what others than the register say of approvers, reviewers and rotators."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter
from msgspec import structs

from demarc.cli.answer import Run, run_now, whole_answer
from demarc.cli.matrix import filters_of
from demarc.cli.options import INPUT, OUTPUT, Ask, Look, Narrow, Trail
from demarc.cli.screen import Screen
from demarc.cli.trail_seen import seen_trail
from demarc.evidence import Ground, Ticket, read_tickets
from demarc.evidence import roles as work_out
from demarc.model.assessment import Assessment
from demarc.model.errors import DemarcError, Where
from demarc.model.ledger import Entry
from demarc.model.roles import RolesReport, Verdict
from demarc.model.time import days
from demarc.reports.filters import select

QUESTION = Group("What to ask", sort_key=0)
RoleName = Literal["approver", "reviewer", "rotator"]
VerdictName = Literal["says-so", "says-otherwise", "missing"]
FormatName = Literal["text", "json", "csv"]
ROTATION = "rotation"


def roles(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    trail: Trail = Trail(),  # noqa: B008
    narrow: Narrow = Narrow(),  # noqa: B008
    tickets: Annotated[tuple[Path, ...], Parameter(group=INPUT, negative=())] = (),
    role: Annotated[tuple[RoleName, ...], Parameter(group=QUESTION, negative=())] = (),
    verdict: Annotated[tuple[VerdictName, ...], Parameter(group=QUESTION, negative=())] = (),
    within: Annotated[str, Parameter(group=QUESTION)] = "1y",
    whole: Annotated[bool, Parameter(group=OUTPUT, negative=())] = False,
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
) -> int:
    """Say whether evidence shows that approvers, reviewers and rotators do what the register names them for.

    Exits with 1 where evidence says otherwise.

    Parameters
    ----------
    inputs
        As for assess; exports of delivery hold the changes with their reviews.
    tickets
        Change tickets, CSV or JSON; can be given several times.
    role
        approver, reviewer or rotator; can be given several times. Default: all.
    verdict
        says-so, says-otherwise or missing; can be given several times. Default: all.
    within
        How far back to look, such as 90d or 1y.
    whole
        Show every piece of evidence of every line.
    format
        text, json or csv.
    """
    from demarc.reports.roles import render_csv, render_json  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.terminal.roles import roles as show  # noqa: PLC0415

    screen, run = Screen(), run_now()
    length = _length(within)
    given = tuple(ticket for path in tickets for ticket in _tickets(path))
    seen_events = seen_trail(trail.events, run)
    seen = whole_answer(replace(look, snapshot=(*inputs, *look.snapshot)), ask, screen, run)
    ground = Ground(
        snapshot=seen.snapshot,
        inventory=seen.inventory,
        register=seen.register,
        assessment=seen.assessment,
        at=seen.at,
        since=seen.at - length,
        trail=seen_events,
        tickets=given,
        rotations=_rotations(ask, run),
    )
    report = _narrowed(work_out(ground), seen.assessment, narrow, role, verdict)
    if format == "json":
        screen.binary(render_json(report))
    elif format == "csv":
        screen.binary(render_csv(report))
    else:
        show(report, screen.out, whole=whole)
    return 1 if any(item.verdict is Verdict.SAYS_OTHERWISE for item in report.roles) else 0


def _length(within: str) -> timedelta:
    try:
        return timedelta(days=days(within))
    except (ValueError, OverflowError) as error:
        raise DemarcError(str(error), where=Where(file="--within"), todo="write 90d, 12w, 6m or 1y") from error


def _tickets(path: Path) -> tuple[Ticket, ...]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DemarcError(
            f"cannot read {path}: {error.strerror or error}", where=Where(file="--tickets"), todo="name a CSV or JSON"
        ) from error
    return read_tickets(data, str(path))


def _rotations(ask: Ask, run: Run) -> tuple[Entry, ...] | None:
    """Rotations that a ledger holds, as of today; None without a ledger."""
    from demarc.ledger.store.quick import asking  # noqa: PLC0415 - only where there is a ledger

    ledger = ask.ledger or run.settings.ledger
    if not ledger:
        return None
    with asking(ledger) as reader:
        return tuple(reader.standing(reader.head().size, kinds=(ROTATION,)))


def _narrowed(
    report: RolesReport,
    assessment: Assessment,
    narrow: Narrow,
    role: tuple[RoleName, ...],
    verdict: tuple[VerdictName, ...],
) -> RolesReport:
    rows = {row.id for row in select(assessment, filters_of(narrow))}
    return structs.replace(
        report,
        roles=tuple(
            item
            for item in report.roles
            if item.row in rows
            and (not role or item.role.value in role)
            and (not verdict or item.verdict.value in verdict)
        ),
    )
