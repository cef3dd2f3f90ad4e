"""Asks every detection of a trail. Counting is the engine's work; only what needs a look into a body comes here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct, structs

from demarc.access.authorizer import Authorizer
from demarc.catalog.detections import detections
from demarc.events.interface import Engine, Value
from demarc.incidents.clouds.sight import CloudSight
from demarc.incidents.detections import confirm
from demarc.incidents.detections.cloud import CLOUD_DETECTIONS, kubelets
from demarc.incidents.detections.looks import check_of
from demarc.incidents.detections.sql import ADDRESS, CREDENTIAL, SLICES, inner, parameters_of, rows, slice_of
from demarc.incidents.detections.together import Condition, Marks, condition_of, counting, kind_of, showing
from demarc.incidents.detections.trail import Trail, chapters
from demarc.model.detections import DetectionFacts, Level, Need, Outcome, Place, Sighting, State

HABIT: Final = SLICES // 4
"""Slices of the trail in which something has to happen to be what a place does all day."""


class Given(Struct, frozen=True, kw_only=True):
    """What detections are given beside the trail. What is None was not given: detections that need it are unknown."""

    authorizer: Authorizer | None = None
    people: frozenset[str] | None = None
    """Lower-case names of everybody who may be here."""
    bad_addresses: tuple[str, ...] | None = None
    cloud: CloudSight | None = None

    def lacks(self, need: Need) -> str:
        """Why a detection that needs this cannot tell; empty where it can."""
        missing = {
            Need.SNAPSHOT: (self.authorizer, "no snapshot was given"),
            Need.DIRECTORY: (self.people, "neither directory nor register were given: nobody knows who belongs here"),
            Need.CLOUD: (self.cloud, "the cloud's own trail was not given"),
            Need.BAD_ADDRESSES: (self.bad_addresses, "no list of bad addresses was given"),
        }
        given, why = missing.get(need, (self, ""))
        return why if given is None else ""

    def beside(self, engine: Engine, trail: Trail) -> Given:
        """The same, with the cloud's trail seen beside the audit trail."""
        if self.cloud is None or self.cloud.placed:
            return self
        seen = self.cloud.beside(kubelets(engine, trail), trail.since_us, trail.until_us)
        return structs.replace(self, cloud=seen)


class _Counts(Struct, kw_only=True):
    """What was counted of one place."""

    hits: int = 0
    first_us: int
    last_us: int
    parts: set[int]


class _Found:
    """What one detection matched so far."""

    def __init__(self) -> None:
        self.blind = 0
        self._places: dict[Place, _Counts] = {}

    def add(self, place: Place, *, hits: int, first_us: int, last_us: int, part: int) -> None:
        """Count requests of one place in one slice of the trail."""
        known = self._places.get(place)
        if known is None:
            known = self._places[place] = _Counts(first_us=first_us, last_us=last_us, parts=set())
        known.hits += hits
        known.first_us = min(known.first_us, first_us)
        known.last_us = max(known.last_us, last_us)
        known.parts.add(part)

    def sightings(self, name: str) -> tuple[Sighting, ...]:
        """One for each place, in the order in which they were first seen."""
        return tuple(
            Sighting(
                detection=name,
                place=place,
                hits=counts.hits,
                first_us=counts.first_us,
                last_us=counts.last_us,
                habit=len(counts.parts) >= HABIT,
            )
            for place, counts in sorted(self._places.items(), key=lambda item: (item[1].first_us, item[0]))
        )


def run_detections(
    engine: Engine, trail: Trail, given: Given, *, only: Iterable[str] | None = None
) -> tuple[Outcome, ...]:
    """Ask all detections, or some by id, in the order of the catalogue."""
    wanted = detections().keys() if only is None else set(only)
    given = given.beside(engine, trail)
    chosen = [facts for name, facts in detections().items() if name in wanted]
    found = _asked(engine, trail, given, [facts for facts in chosen if _can_be_asked(given, facts)])
    return tuple(_one(trail, given, facts, found.get(facts.id, _Found())) for facts in chosen)


def _can_be_asked(given: Given, facts: DetectionFacts) -> bool:
    lacking = any(given.lacks(need) for need in facts.needs)
    return bool(facts.sql) and not (lacking and Need.CLOUD not in facts.needs)


def _one(trail: Trail, given: Given, facts: DetectionFacts, seen: _Found) -> Outcome:
    found = _belonging(facts.id, given, seen.sightings(facts.id))
    untold = ""
    if facts.level is Level.CLOUD and given.cloud is not None:
        look = CLOUD_DETECTIONS[facts.id]
        found += look.finds(given.cloud)
        untold = look.lacks(given.cloud)
    unseen = [untold] if untold else []
    unseen += [why for need in facts.needs if (why := given.lacks(need))]
    unseen += [why for need in facts.needs if (why := trail.lacks(need))]
    if seen.blind:
        unseen.append(f"{seen.blind:,} requests that may be such a thing are recorded without what would show it")
    state = State.FIRED if found else State.UNKNOWN if unseen else State.QUIET
    return Outcome(
        detection=facts.id, state=state, why="; ".join(dict.fromkeys(unseen)), sightings=found, blind=seen.blind
    )


def _asked(engine: Engine, trail: Trail, given: Given, asked: Iterable[DetectionFacts]) -> dict[str, _Found]:
    """Ask what looks at each request by itself together, and what compares requests one by one."""
    found: dict[str, _Found] = {}
    plain: dict[str, Condition] = {}
    for facts in asked:
        condition = condition_of(facts.sql)
        found[facts.id] = _Found()
        if condition is None:
            _alone(engine, trail, facts, found[facts.id])
        else:
            plain[facts.id] = condition
    together = _Together(engine, trail, given, plain)
    together.count(found)
    together.look(found)
    return found


class _Together:
    """Detections that look at each request by itself."""

    def __init__(self, engine: Engine, trail: Trail, given: Given, plain: Mapping[str, Condition]) -> None:
        self._engine, self._trail, self._plain = engine, trail, plain
        self._given = given_to(given)
        self._looks: dict[str, confirm.Confirm] = {
            name: check for name in plain if (check := check_of(engine, given.authorizer, name)) is not None
        }

    def count(self, found: Mapping[str, _Found]) -> None:
        """Count what the engine can tell by itself, and what no record shows."""
        tests = {name: one.seen for name, one in self._plain.items() if name not in self._looks}
        tests |= {f"-{name}": one.blind for name, one in self._plain.items() if one.blind}
        for kind in sorted({kind_of(parts) for parts in tests.values()}):
            marks = Marks({name: parts for name, parts in tests.items() if kind_of(parts) == kind})
            sql = heads_of(name.removeprefix("-") for name in marks.names) + counting(marks, self._trail)
            for row in rows(self._engine, "detections", sql, self._given):
                place, times = place_of(row), _times(row)
                for name in marks.of(row):
                    if name.startswith("-"):
                        found[name[1:]].blind += times["hits"]
                    else:
                        found[name].add(place, **times)

    def look(self, found: Mapping[str, _Found]) -> None:
        """Look into every body that the engine left over; what is kept is counts by place."""
        marks = Marks({name: self._plain[name].seen for name in self._looks})
        for chapter in chapters(self._engine, self._trail) if self._looks else ():
            for row in rows(self._engine, "bodies", showing(marks, chapter)):
                for name in marks.of(row):
                    if self._looks[name](row):
                        moment = int(str(row["ts_us"]))
                        part = (moment - self._trail.since_us) // self._trail.width_us
                        found[name].add(place_of(row), hits=1, first_us=moment, last_us=moment, part=part)


def _alone(engine: Engine, trail: Trail, facts: DetectionFacts, found: _Found) -> None:
    """Ask one detection by its own query."""
    key = "user_name, agent, address, credential, part, shown"
    part = slice_of("ts_us", trail.since_us, trail.width_us)
    sql = (
        f"SELECT {key}, COUNT(*) AS hits, MIN(ts_us) AS first_us, MAX(ts_us) AS last_us FROM ("
        f"SELECT user_name, agent, {ADDRESS} AS address, {CREDENTIAL} AS credential, shown, ts_us, {part} AS part "
        f"FROM (\n{inner(facts.sql)}\n) AS found) AS placed GROUP BY {key}"
    )
    for row in rows(engine, facts.id, sql):
        if row["shown"] == 1:
            found.add(place_of(row), **_times(row))
        else:
            found.blind += int(str(row["hits"]))


def place_of(row: Mapping[str, Value | None]) -> Place:
    """The place that a row is of."""
    return Place(
        user=str(row["user_name"]),
        address=str(row["address"]),
        agent=str(row["agent"]),
        credential=str(row["credential"]),
    )


def _times(row: Mapping[str, Value | None]) -> dict[str, int]:
    return {name: int(str(row[name])) for name in ("hits", "first_us", "last_us", "part")}


def heads_of(names: Iterable[str]) -> str:
    """The lines in which the queries of some detections say what they have to be given."""
    return "".join(dict.fromkeys(parameters_of(detections()[name].sql) for name in names))


def given_to(given: Given) -> dict[str, Value]:
    """Values of the parameters that queries declare."""
    return {"bad": f" {' '.join(given.bad_addresses or ())} "}


def _belonging(name: str, given: Given, sightings: tuple[Sighting, ...]) -> tuple[Sighting, ...]:
    """Of people, those whom nobody knows."""
    if name != "disallowed-user" or given.people is None:
        return sightings
    known = given.people
    return tuple(one for one in sightings if one.place.user.lower() not in known)
