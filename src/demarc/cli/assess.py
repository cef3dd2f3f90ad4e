"""``demarc assess``: who answers for what in a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from demarc.cli.answer import Answer, run_now
from demarc.cli.fail_on import Tolerated, exceeded, limits
from demarc.cli.ledger.outcome import Keep, assessed, checked, record
from demarc.cli.options import INPUT, OUTPUT, Ask, Gate, Look, Own, Sources, Trail
from demarc.cli.roles_seen import Witnesses
from demarc.cli.screen import Screen, write
from demarc.model.errors import DemarcError, Where
from demarc.model.report_paths import IntruderPaths

FormatName = Literal[
    "text",
    "html",
    "json",
    "csv",
    "sarif",
    "junit",
    "findings-csv",
    "openreports",
    "policyreport",
    "github",
    "github-summary",
    "digest",
]


def assess(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    own: Own = Own(),  # noqa: B008
    trail: Trail = Trail(),  # noqa: B008
    sources: Sources = Sources(),  # noqa: B008
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
    paths: Annotated[bool, Parameter(name="--paths", group=OUTPUT, negative=())] = False,
    jewels: Annotated[tuple[str, ...], Parameter(name="--crown-jewel", group=OUTPUT, negative=())] = (),
    gate: Gate = Gate(),  # noqa: B008
    keep: Keep = Keep(),  # noqa: B008
) -> int:
    """Say who answers for what in a cluster: parties, named owners, gaps, ambiguities, findings, and what to do first.

    Parameters
    ----------
    inputs
        Dumps, folders, archives, collected snapshots, exports of the cloud, directory and delivery; - for standard
        input. Without any: the live cluster of the current context.
    format
        text: a summary that fits on a screen. html: one self-contained page. json: everything, with a published
        schema. csv: the control matrix. Of findings: sarif, junit, findings-csv, openreports, policyreport, github
        (annotations), github-summary, digest (Markdown by owner).
    output
        File to write instead of standard output.
    paths
        Add to html and json how an intruder would get there: what is reached from where, the most telling paths, and
        what cuts them.
    jewels
        With --paths: mark something as a crown jewel, such as secret:payments/database; can be given several times.
    """
    from demarc.cli.posture_seen import Question, seen_posture  # noqa: PLC0415 - checks are loaded only when needed
    from demarc.reports.beside import Beside  # noqa: PLC0415
    from demarc.reports.interface import FORMATS, Told, format_named  # noqa: PLC0415 - templates too
    from demarc.reports.terminal.summary import summary  # noqa: PLC0415

    screen, run = Screen(), run_now()
    tolerated = limits(gate.fail_on) if gate.fail_on else Tolerated()
    _tellable(format, jewels, paths=paths)
    beside = files_beside(gate.write, [form.name for form in FORMATS])
    checked(keep, ask, run)
    witnesses = Witnesses(sources, trail, ask, run)
    question = Question(replace(look, snapshot=(*inputs, *look.snapshot)), ask, own, trail, witnesses.trail)
    seen, found = seen_posture(question, screen, run, gate.new_since)
    beside_rows = Beside(witnesses.roles(seen))
    told = Told(
        assessment=seen.assessment,
        posture=found,
        paths=_paths(seen, jewels) if paths else None,
        beside=beside_rows,
    )
    if output is not None:
        written(output, format_named(format).render(told), screen)
    elif format == "text":
        summary(told.assessment, screen.out, told.posture, told.beside)
    else:
        screen.binary(format_named(format).render(told))
    for name, path in beside:
        written(path, format_named(name).render(told), screen)
    if keep.record:
        data = format_named("json").render(told)
        record(assessed(keep, told.assessment, told.posture, beside_rows.report, data), ask, screen, run)
    return failed(exceeded(told.assessment, told.posture, tolerated), screen)


def written(path: Path, data: bytes, screen: Screen) -> None:
    """Write a file, and say so."""
    write(path, data)
    screen.note(f"wrote {path} ({len(data):,} bytes)")


def failed(above: Sequence[str], screen: Screen) -> int:
    """Say what is above its limit; gives the exit code."""
    for said in above:
        screen.note(f"fails: {said}")
    return 1 if above else 0


def files_beside(given: Sequence[str], known: Sequence[str]) -> list[tuple[str, Path]]:
    """Read ``FORMAT=FILE``, before anything is looked at."""
    found = []
    for word in given:
        name, _, path = word.partition("=")
        if name not in known or not path:
            raise DemarcError(
                f"--write cannot read {word!r}",
                where=Where(file="--write"),
                todo=f"write FORMAT=FILE, with a format of {', '.join(known)}",
            )
        found.append((name, Path(path)))
    return found


def _tellable(form: FormatName, jewels: tuple[str, ...], *, paths: bool) -> None:
    """Refuse what would be ignored, before anything is read."""
    if paths and form not in {"html", "json"}:
        raise DemarcError(f"--format {form} tells no paths", todo="use --format html or json, or ask demarc paths")
    if jewels and not paths:
        raise DemarcError("--crown-jewel marks where paths end", todo="add --paths")


def _paths(seen: Answer, jewels: tuple[str, ...]) -> IntruderPaths:
    from demarc.cli.paths_seen import intruder  # noqa: PLC0415 - arrays are loaded only when needed

    return intruder(seen, jewels)
