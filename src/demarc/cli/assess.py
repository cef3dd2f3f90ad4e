"""``demarc assess``: who answers for what in a cluster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from demarc.cli.answer import Answer, run_now, whole_answer
from demarc.cli.fail_on import exceeded, limits
from demarc.cli.options import INPUT, OUTPUT, Ask, Look
from demarc.cli.screen import Screen, write
from demarc.model.errors import DemarcError

FormatName = Literal["text", "html", "json", "csv"]


def assess(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
    paths: Annotated[bool, Parameter(name="--paths", group=OUTPUT, negative=())] = False,
    jewels: Annotated[tuple[str, ...], Parameter(name="--crown-jewel", group=OUTPUT, negative=())] = (),
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
    paths
        Add to html and json how an intruder would get there: what is reached from where, the most telling paths, and
        what cuts them.
    jewels
        With --paths: mark something as a crown jewel, such as secret:payments/database; can be given several times.
    fail_on
        Exit with 1 when more is open than this: gaps, or statuses such as unowned,lapsed, each with =N for how many
        are tolerated.
    """
    from demarc.reports.terminal.summary import summary  # noqa: PLC0415 - loaded only when needed

    screen = Screen()
    tolerated = limits(fail_on) if fail_on else {}
    _tellable(format, jewels, paths=paths)
    seen = whole_answer(replace(look, snapshot=(*inputs, *look.snapshot)), ask, screen, run_now())
    assessment = seen.assessment
    if output is not None:
        data = _written(seen, format, jewels, paths=paths)
        write(output, data)
        screen.note(f"wrote {output} ({len(data):,} bytes)")
    elif format == "text":
        summary(assessment, screen.out)
    else:
        screen.binary(_written(seen, format, jewels, paths=paths))
    above = exceeded(assessment, tolerated)
    for said in above:
        screen.note(f"fails: {said}")
    return 1 if above else 0


def _tellable(form: FormatName, jewels: tuple[str, ...], *, paths: bool) -> None:
    """Refuse what would be ignored, before anything is read."""
    if paths and form not in {"html", "json"}:
        raise DemarcError(f"--format {form} tells no paths", todo="use --format html or json, or ask demarc paths")
    if jewels and not paths:
        raise DemarcError("--crown-jewel marks where paths end", todo="add --paths")


def _written(seen: Answer, form: FormatName, jewels: tuple[str, ...], *, paths: bool) -> bytes:
    from demarc.reports.interface import format_named  # noqa: PLC0415 - templates are loaded only when needed

    named = format_named(form)
    if not paths or named.with_paths is None:
        return named.render(seen.assessment)
    from demarc.cli.paths_seen import intruder  # noqa: PLC0415 - arrays are loaded only when needed

    return named.with_paths(seen.assessment, intruder(seen, jewels))
