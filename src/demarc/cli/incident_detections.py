"""``demarc incident detections``: what is looked for in a trail; with one, what fired, was quiet, or cannot be told."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from demarc.cli.answer import run_now
from demarc.cli.cloud_seen import seen_cloud
from demarc.cli.incident_open import CloudTrails, On, trail_engine
from demarc.cli.options import INPUT, OUTPUT
from demarc.cli.screen import Screen
from demarc.model.detections import Outcome, State
from demarc.model.errors import DemarcError
from demarc.reports.text import count, safe_text

FormatName = Literal["text", "json"]
_MOST = 3
_STYLES = {State.FIRED: "bold", State.QUIET: "dim", State.UNKNOWN: "yellow"}


def list_detections(
    *ids: Annotated[str, Parameter(group=INPUT, name="ID")],
    events: Annotated[tuple[str, ...], Parameter(name="--events", group=INPUT, negative=())] = (),
    cloud_trail: CloudTrails = (),
    engine: On = "duckdb",
    sql: Annotated[bool, Parameter(name="--sql", group=OUTPUT, negative=())] = False,
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
) -> None:
    """List the detections; with --events, run them and say for each whether it fired, was quiet, or cannot be told.

    Parameters
    ----------
    ids
        Only these detections.
    events
        Audit logs, or a store of events; can be given several times.
    cloud_trail
        The cloud's own trail, as for demarc incident open: for the detections that only it can show.
    engine
        Where the questions are asked: duckdb, spark or clickhouse.
    sql
        Print the query of each, to paste it into an engine of your own.
    format
        text or json.
    """
    from demarc.catalog.detections import detections  # noqa: PLC0415 - loaded only when needed

    screen = Screen()
    unknown = [name for name in ids if name not in detections()]
    if unknown:
        raise DemarcError(f"no detection is called {unknown[0]}", todo="demarc incident detections lists all of them")
    wanted = [facts for name, facts in detections().items() if not ids or name in ids]
    if events:
        from demarc.incidents.detections import Given, look_at, run_detections  # noqa: PLC0415

        given = Given(cloud=seen_cloud(cloud_trail, screen))
        with trail_engine(events, engine, screen, run_now()) as (asked, _):
            found = run_detections(asked, look_at(asked), given, only=[facts.id for facts in wanted])
        if format == "json":
            screen.binary(json.dumps(msgspec.to_builtins(found), ensure_ascii=True).encode() + b"\n")
        else:
            _outcomes(found, screen.out)
        return
    if format == "json":
        screen.binary(msgspec.json.encode(wanted) + b"\n")
        return
    for facts in wanted:
        if sql:
            screen.out.print(Text(f"-- {facts.id}\n{facts.sql or '-- reads the cloud trail'}"), soft_wrap=True)
        else:
            line = Text(f"{facts.id:<28}", style="bold").append(
                f" {facts.title}; {', '.join(facts.attack)}; {facts.duty}; {facts.level.value}", style="not bold"
            )
            screen.out.print(line, soft_wrap=True)


def _outcomes(found: tuple[Outcome, ...], out: Console) -> None:
    tally = {state: sum(one.state is state for one in found) for state in State}
    out.print(
        f"{tally[State.FIRED]} fired, {tally[State.QUIET]} quiet, {tally[State.UNKNOWN]} cannot be told", soft_wrap=True
    )
    for one in sorted(found, key=lambda outcome: list(State).index(outcome.state)):
        line = Text(f"{one.detection:<28} {one.state.value:<8}", style=_STYLES[one.state])
        line.append(safe_text(f" {_said(one)}"), style="not bold")
        out.print(line, soft_wrap=True)


def _said(one: Outcome) -> str:
    if not one.sightings:
        return one.why
    places = []
    for sighting in one.sightings[:_MOST]:
        habit = ", all day" if sighting.habit else ""
        places.append(f"{sighting.place.user or 'nobody'} from {sighting.place.address} ({sighting.hits}{habit})")
    more = len(one.sightings) - _MOST
    return "; ".join(places) + (f"; and {count(more, 'place')} more" if more > 0 else "")
