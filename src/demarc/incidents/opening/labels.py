"""Which detections fired on which event of a case: asked again of the engine, for its identities and time only."""

from __future__ import annotations

from collections.abc import Iterable

from demarc.catalog.detections import detections
from demarc.events.interface import Engine
from demarc.incidents.detections.looks import check_of
from demarc.incidents.detections.run import Given, given_to, heads_of
from demarc.incidents.detections.sql import inner, one_of, rows
from demarc.incidents.detections.together import Marks, condition_of, showing
from demarc.incidents.opening.happenings import Happening
from demarc.model.detections import DetectionFacts, Outcome, State


def labels(
    engine: Engine, given: Given, outcomes: Iterable[Outcome], events: tuple[Happening, ...]
) -> dict[str, tuple[str, ...]]:
    """Event id -> ids of detections, the weightiest first."""
    if not events:
        return {}
    users = {event.user_name for event in events}
    ids = {event.event_id for event in events}
    since, until = min(event.ts_us for event in events), max(event.ts_us for event in events)
    where = f"ts_us >= {since} AND ts_us <= {until} AND {one_of('user_name', users)}"
    fired = [
        detections()[outcome.detection]
        for outcome in outcomes
        if outcome.state is State.FIRED and any(sighting.place.user in users for sighting in outcome.sightings)
    ]
    found: dict[str, list[str]] = {}
    for event, name in (*_together(engine, given, fired, where), *_alone(engine, fired, where)):
        if event in ids:
            found.setdefault(event, []).append(name)
    return {event: tuple(sorted(names, key=weighty)) for event, names in found.items()}


def _together(engine: Engine, given: Given, fired: Iterable[DetectionFacts], where: str) -> Iterable[tuple[str, str]]:
    plain = {facts.id: one for facts in fired if (one := condition_of(facts.sql)) is not None}
    if not plain:
        return
    marks = Marks({name: one.seen for name, one in plain.items()})
    looks = {name: check for name in plain if (check := check_of(engine, given.authorizer, name)) is not None}
    sql = heads_of(plain) + showing(marks, where, columns=("event_id",))
    for row in rows(engine, "labels", sql, given_to(given)):
        for name in marks.of(row):
            if name not in looks or looks[name](row):
                yield str(row["event_id"]), name


def _alone(engine: Engine, fired: Iterable[DetectionFacts], where: str) -> Iterable[tuple[str, str]]:
    for facts in fired:
        if facts.sql and condition_of(facts.sql) is None:
            sql = f"SELECT event_id FROM (\n{inner(facts.sql)}\n) AS found WHERE shown = 1 AND {where}"
            for row in rows(engine, facts.id, sql):
                yield str(row["event_id"]), facts.id


def weighty(name: str) -> tuple[int, str]:
    """Sorts the weightiest detection first."""
    return (-detections()[name].weight, name)
