"""``demarc evidence roles``: what others than the register say of approvers, reviewers and rotators."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from cyclopts import Group, Parameter
from msgspec import structs

from demarc.cli.answer import run_now, whole_answer
from demarc.cli.matrix import filters_of
from demarc.cli.options import INPUT, OUTPUT, Ask, Look, Narrow, Sources, Trail
from demarc.cli.roles_seen import Witnesses
from demarc.cli.screen import Screen
from demarc.model.assessment import Assessment
from demarc.model.roles import RolesReport, Verdict
from demarc.reports.filters import select

QUESTION = Group("What to ask", sort_key=0)
RoleName = Literal["approver", "reviewer", "rotator"]
VerdictName = Literal["says-so", "says-otherwise", "missing"]
FormatName = Literal["text", "json", "csv"]


def roles(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    trail: Trail = Trail(),  # noqa: B008
    narrow: Narrow = Narrow(),  # noqa: B008
    sources: Sources = Sources(),  # noqa: B008
    role: Annotated[tuple[RoleName, ...], Parameter(group=QUESTION, negative=())] = (),
    verdict: Annotated[tuple[VerdictName, ...], Parameter(group=QUESTION, negative=())] = (),
    whole: Annotated[bool, Parameter(group=OUTPUT, negative=())] = False,
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
) -> int:
    """Say whether evidence shows that approvers, reviewers and rotators do what the register names them for.

    Exits with 1 where evidence says otherwise.

    Parameters
    ----------
    inputs
        As for assess; exports of delivery hold the changes with their reviews.
    role
        approver, reviewer or rotator; can be given several times. Default: all.
    verdict
        says-so, says-otherwise or missing; can be given several times. Default: all.
    whole
        Show every piece of evidence of every line.
    format
        text, json or csv.
    """
    from demarc.reports.roles import render_csv, render_json  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.terminal.roles import roles as show  # noqa: PLC0415

    screen, run = Screen(), run_now()
    witnesses = Witnesses(sources, trail, ask, run)
    seen = whole_answer(replace(look, snapshot=(*inputs, *look.snapshot)), ask, screen, run)
    report = _narrowed(witnesses.roles(seen), seen.assessment, narrow, role, verdict)
    if format == "json":
        screen.binary(render_json(report))
    elif format == "csv":
        screen.binary(render_csv(report))
    else:
        show(report, screen.out, whole=whole)
    return 1 if any(item.verdict is Verdict.SAYS_OTHERWISE for item in report.roles) else 0


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
