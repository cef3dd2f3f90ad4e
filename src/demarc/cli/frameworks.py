"""``demarc frameworks``: requirements seen through a cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from cyclopts import Parameter
from msgspec import structs

from demarc.catalog.frameworks import framework, frameworks, named
from demarc.cli.answer import run_now
from demarc.cli.options import ANSWER, INPUT, OUTPUT, Ask, Look
from demarc.cli.screen import Screen
from demarc.model.errors import DemarcError
from demarc.model.frameworks import Standing

FormatName = Literal["text", "json", "csv", "markdown"]
Stands = Literal["violated", "unknown", "open", "holds", "provider", "owned"]


def listed() -> None:
    """List the frameworks, with the version whose ids are used."""
    from demarc.reports.terminal.frameworks import frameworks_listed  # noqa: PLC0415 - loaded only when needed

    frameworks_listed([framework(key) for key in frameworks()], Screen().out)


def show(
    name: Annotated[str, Parameter(group=ANSWER, name="FRAMEWORK")],
    /,
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    requirement: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = (),
    stands: Annotated[tuple[Stands, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = (),
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
) -> None:
    """Say for each requirement what holds, what does not, what is unknown, what is the provider's, and who answers.

    Parameters
    ----------
    name
        A framework as list shows it, with or without its version: nist-csf, csf-2.0, cis-eks-1.8.0.
    inputs
        As for assess.
    requirement
        Only these requirements; one alone is told in full.
    stands
        Only requirements that stand so.
    format
        text; json; csv, one requirement a line; markdown, to hand on.
    """
    from demarc.cli.posture_seen import Question, seen_posture  # noqa: PLC0415 - loaded only when needed
    from demarc.posture.frameworks import view  # noqa: PLC0415
    from demarc.reports.frameworks import (  # noqa: PLC0415
        render_framework_csv,
        render_framework_json,
        render_framework_markdown,
    )
    from demarc.reports.terminal.frameworks import framework as shown  # noqa: PLC0415

    key = named(name)
    if key is None:
        raise DemarcError(f"there is no framework {name!r} here", todo="demarc frameworks list shows all of them")
    screen = Screen()
    question = Question(replace(look, snapshot=(*inputs, *look.snapshot)), ask)
    seen, found = seen_posture(question, screen, run_now())
    whole = view(key, found, seen.assessment)
    wanted, standings = {word.lower() for word in requirement}, {Standing(word) for word in stands}
    kept = tuple(
        one
        for one in whole.requirements
        if (not wanted or one.id.lower() in wanted) and (not standings or one.standing in standings)
    )
    if wanted and not kept and not standings:
        raise DemarcError(
            f"{whole.title} {whole.version} has no requirement {', '.join(requirement)} here",
            todo=f"demarc frameworks show {key} shows all that are known",
        )
    if format == "text":
        shown(whole, screen.out, kept)
        return
    render = {"json": render_framework_json, "csv": render_framework_csv, "markdown": render_framework_markdown}
    screen.binary(render[format](structs.replace(whole, requirements=kept)))
