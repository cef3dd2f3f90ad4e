"""``demarc register``: start, check and describe the register of owners."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from demarc.catalog.duties import duties, parts
from demarc.cli.answer import answer, run_now
from demarc.cli.options import ANSWER, OUTPUT, Ask, Look
from demarc.cli.screen import Screen, write
from demarc.model.errors import DemarcError, Where


def init(
    *inputs: Annotated[str, Parameter(name="INPUT", group=ANSWER)],
    output: Annotated[Path, Parameter(name=("--output", "-o"), group=OUTPUT)] = Path("register"),
    look: Look = Look(),  # noqa: B008 - frozen, without state
) -> None:
    """Write a first draft of the register from a cluster, with everything that it could not know marked.

    Parameters
    ----------
    inputs
        As for assess.
    output
        Folder to write; existing files are never overwritten.
    """
    from dataclasses import replace  # noqa: PLC0415 - loaded only when needed

    from demarc.register import MARKER, load, schema_text  # noqa: PLC0415
    from demarc.reports.draft import draft  # noqa: PLC0415

    screen = Screen()
    there = sorted(path.name for path in output.glob("*")) if output.is_dir() else []
    if there:
        raise DemarcError(
            f"{output} is not empty: {', '.join(there[:4])}",
            where=Where(file="--output"),
            todo="name a new folder, and take over from it what you need",
        )
    assessment = answer(replace(look, snapshot=(*inputs, *look.snapshot)), Ask(), screen, run_now())
    files = {**draft(assessment), "register.schema.json": schema_text(duties=duties().keys(), parts=parts())}
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemarcError(
            f"cannot make {output}: {error.strerror}", todo="name a folder that you may write to"
        ) from error
    for name, text in files.items():
        write(output / name, text.encode())
        print(output / name)
    blanks = load(output, duties=duties().keys(), parts=parts(), now=None).blanks
    screen.note(f"{len(blanks)} places are marked {MARKER}; then: demarc register check {output}")


def check(folder: Annotated[Path, Parameter(group=ANSWER)], /) -> int:
    """Report everything that is wrong with a register, at once, with file, line and what to do.

    Parameters
    ----------
    folder
        Folder of the register, or one file of it.
    """
    from demarc.register import load  # noqa: PLC0415 - loaded only when needed

    screen, run = Screen(), run_now()
    loaded = load(folder, duties=duties().keys(), parts=parts(), now=run.now)
    for problem in loaded.errors:
        screen.problem(problem)
    for problem in loaded.blanks:
        screen.problem(problem, style="bold yellow", label="to fill in")
    for problem in loaded.warnings:
        screen.problem(problem, style="bold yellow", label="remark")
    register = loaded.register
    print(
        f"{len(loaded.files)} files: {len(register.people)} {'person' if len(register.people) == 1 else 'people'}, "
        f"{len(register.teams)} teams, "
        f"{len(register.assignments)} assignments, {len(register.exceptions)} exceptions, "
        f"{len(register.contracts)} contract terms; "
        f"{len(loaded.errors)} errors, {len(loaded.blanks)} to fill in, {len(loaded.warnings)} remarks"
    )
    if loaded.errors:
        return 2
    return 1 if loaded.blanks else 0


def schema() -> None:
    """Print the JSON Schema of the register, for editors that complete and check YAML."""
    from demarc.register import schema_text  # noqa: PLC0415 - loaded only when needed

    print(schema_text(duties=duties().keys(), parts=parts()), end="")
