"""Which detections fired on which event of a case: asked again of the engine, for its identities and time only."""

from __future__ import annotations

from collections.abc import Iterable

from demarc.catalog.detections import detections
from demarc.events.interface import Engine, Value
from demarc.incidents.detections.run import Given, check_of, parameters_of
from demarc.incidents.detections.sql import inner, one_of, rows
from demarc.incidents.opening.happenings import Happening
from demarc.model.detections import Outcome, State


def labels(
    engine: Engine, given: Given, outcomes: Iterable[Outcome], events: tuple[Happening, ...]
) -> dict[str, tuple[str, ...]]:
    """Event id -> ids of detections, the weightiest first."""
    if not events:
        return {}
    users = {event.user_name for event in events}
    ids = {event.event_id for event in events}
    since, until = min(event.ts_us for event in events), max(event.ts_us for event in events)
    where = f"shown = 1 AND ts_us >= {since} AND ts_us <= {until} AND {one_of('user_name', users)}"
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        facts = detections()[outcome.detection]
        concerns = any(sighting.place.user in users for sighting in outcome.sightings)
        if outcome.state is not State.FIRED or not facts.sql or not concerns:
            continue
        check = check_of(engine, given, facts.id)
        whole = f"SELECT * FROM (\n{inner(facts.sql)}\n) AS found WHERE {where} ORDER BY ts_us, event_id"
        sql = parameters_of(facts.sql) + whole
        bad: dict[str, Value] = {"bad": f" {' '.join(given.bad_addresses or ())} "}
        for row in rows(engine, facts.id, sql, bad):
            if row["event_id"] in ids and (check is None or check(row)):
                found.setdefault(str(row["event_id"]), []).append(facts.id)
    return {event: tuple(sorted(names, key=weighty)) for event, names in found.items()}


def weighty(name: str) -> tuple[int, str]:
    """Sorts the weightiest detection first."""
    return (-detections()[name].weight, name)
