"""``demarc assess``: who answers for what in a cluster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from demarc.cli.answer import answer, run_now
from demarc.cli.fail_on import exceeded, limits
from demarc.cli.options import INPUT, OUTPUT, Ask, Look
from demarc.cli.screen import Screen, write

FormatName = Literal["text", "html", "json", "csv"]


def assess(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
    fail_on: Annotated[str | None, Parameter(group=OUTPUT)] = None,
) -> int:
    """Say who answers for what in a cluster: parties, named owners, gaps, ambiguities, and what to do first.

    Parameters
    ----------
    inputs
        Dumps, folders, archives, collected snapshots, exports of the cloud, directory and delivery; - for standard
        input. Without any: the live cluster of the current context.
    format
        text: a summary that fits on a screen. html: one self-contained page. json: everything, with a published
        schema. csv: the control matrix.
    output
        File to write instead of standard output.
    fail_on
        Exit with 1 when more is open than this: gaps, or statuses such as unowned,lapsed, each with =N for how many
        are tolerated.
    """
    from demarc.reports.interface import format_named  # noqa: PLC0415 - templates are loaded only when needed
    from demarc.reports.terminal.summary import summary  # noqa: PLC0415

    screen = Screen()
    tolerated = limits(fail_on) if fail_on else {}
    assessment = answer(replace(look, snapshot=(*inputs, *look.snapshot)), ask, screen, run_now())
    if output is not None:
        data = format_named(format).render(assessment)
        write(output, data)
        screen.note(f"wrote {output} ({len(data):,} bytes)")
    elif format == "text":
        summary(assessment, screen.out)
    else:
        screen.binary(format_named(format).render(assessment))
    above = exceeded(assessment, tolerated)
    for said in above:
        screen.note(f"fails: {said}")
    return 1 if above else 0
