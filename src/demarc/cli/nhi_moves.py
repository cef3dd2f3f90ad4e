"""``demarc nhi diff`` and ``trend``: what moved in the inventory from one snapshot to the next, and over many."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from demarc.cli.answer import run_now, seen_cluster
from demarc.cli.nhi_list import PolicyFile, policy_of
from demarc.cli.options import INPUT, OUTPUT, Ask, Look
from demarc.cli.screen import Screen, write
from demarc.model.errors import DemarcError
from demarc.nhi import Policy
from demarc.nhi.moves import Side, side
from demarc.nhi.moves import diff as moved
from demarc.nhi.moves import trend as points
from demarc.posture import Ground

FormatName = Literal["text", "json", "csv"]
_TWO = 2


def diff(
    before: Annotated[str, Parameter(group=INPUT, name="BEFORE")],
    after: Annotated[str, Parameter(group=INPUT, name="AFTER")],
    /,
    *,
    ask: Ask = Ask(),  # noqa: B008 - frozen, without state
    policy: PolicyFile = None,
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
) -> None:
    """Show what moved in the inventory: new, gone, rotated, worse, better, in other hands.

    Parameters
    ----------
    before
        A snapshot, dump or folder, from before.
    after
        One from after.
    policy
        File with limits of your own.
    format
        text, json or csv.
    output
        File to write instead of standard output.
    """
    from demarc.reports.nhi_moves import render_diff  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.terminal.nhi_moves import diff as show  # noqa: PLC0415

    screen = Screen()
    limits = policy_of(policy)
    (old, was), (new, now) = _grounds((before, after), ask, screen)
    first = side(old, was, limits, None)
    found = moved(first, side(new, now, limits, first))
    if format == "text" and output is None:
        show(found, screen.out)
        return
    _out(render_diff(found, "csv" if format == "csv" else "json"), output, screen)


def trend(
    *snapshots: Annotated[str, Parameter(group=INPUT, name="SNAPSHOT")],
    ask: Ask = Ask(),  # noqa: B008 - frozen, without state
    policy: PolicyFile = None,
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
) -> None:
    """Show how the inventory develops: numbers by kind and state, for each person, what came, went, was rotated.

    Parameters
    ----------
    snapshots
        Snapshots, dumps or folders, each of one moment; in any order, of several clusters.
    policy
        File with limits of your own.
    format
        text, json or csv.
    output
        File to write instead of standard output.
    """
    from demarc.reports.nhi_moves import render_trend  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.terminal.nhi_moves import trend as show  # noqa: PLC0415

    if len(snapshots) < _TWO:
        raise DemarcError("a trend takes two snapshots or more", todo="name them: demarc nhi trend march.tar.zst may/")
    screen = Screen()
    limits = policy_of(policy)
    found = points(_in_time(_grounds(snapshots, ask, screen), limits))
    if format == "text" and output is None:
        show(found, screen.out)
        return
    _out(render_trend(found, "csv" if format == "csv" else "json"), output, screen)


def _grounds(given: tuple[str, ...], ask: Ask, screen: Screen) -> list[tuple[str, Ground]]:
    """What checks look at, of each input."""
    run = run_now()
    seen = ((name, seen_cluster(Look(snapshot=(name,)), ask, screen, run)) for name in given)
    return [(name, Ground(one.snapshot, one.inventory, one.register, one.answering, one.at)) for name, one in seen]


def _in_time(grounds: list[tuple[str, Ground]], limits: Policy) -> list[Side]:
    """The inventory of each, after the one before it of the same cluster."""
    found: list[Side] = []
    last: dict[str, Side] = {}
    for name, ground in sorted(grounds, key=lambda one: one[1].at):
        cluster = ground.inventory.cluster.name
        last[cluster] = side(name, ground, limits, last.get(cluster))
        found.append(last[cluster])
    return found


def _out(data: bytes, output: Path | None, screen: Screen) -> None:
    if output is None:
        screen.binary(data)
    else:
        write(output, data)
        screen.note(f"wrote {output} ({len(data):,} bytes)")
