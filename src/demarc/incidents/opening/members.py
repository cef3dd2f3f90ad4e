"""What belongs to a case so far, and what was looked at and left out; the events of it, fetched as it grows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from demarc.events.interface import Engine
from demarc.incidents.detections.trail import Trail
from demarc.incidents.opening.happenings import MOST_EVENTS, Happening, happenings
from demarc.incidents.opening.oddness import Usual, oddness, points
from demarc.incidents.opening.places import Places, Seen, family, where
from demarc.model.boundary import Confidence
from demarc.model.detections import Place
from demarc.model.evidence import Gap, GapReason
from demarc.model.investigation import Apart, Join, JoinBy


class Window(Struct, frozen=True, kw_only=True):
    """The time that was asked for."""

    since_us: int = 0
    until_us: int = 9_223_372_036_854_775_807

    @property
    def condition(self) -> str:
        """As SQL."""
        return f"ts_us >= {self.since_us} AND ts_us <= {self.until_us}"


def named(place: Place) -> str:
    """A place in words."""
    who = place.user or "somebody who did not sign in"
    return f"{who} from {place.address or 'an address that is not recorded'} by {family(place.agent) or 'no agent'}"


class Members:
    """A growing case."""

    def __init__(self, engine: Engine, trail: Trail, places: Places, window: Window, minted: frozenset[str]) -> None:
        self.engine = engine
        self.trail = trail
        self.places = places
        self.window = window
        self.joins: dict[str, Join] = {}
        self.events: dict[str, Happening] = {}
        self.gaps: list[Gap] = []
        self.round = 0
        self.via: dict[str, Join] = {}
        """Event id -> the join by which it first came in."""
        self._apart: dict[Place | str, Apart] = {}
        self._todo: list[str] = []
        self._minted = minted
        self._usual: dict[str, Usual] = {}

    def join_place(
        self, place: Place, by: JoinBy, because: str, confidence: Confidence, *, evidence: Iterable[str] = ()
    ) -> None:
        """All that was done from a place."""
        self.join(
            where(place), named(place), by, because=because, confidence=confidence, evidence=evidence, place=place
        )

    def join(
        self,
        condition: str,
        what: str,
        by: JoinBy,
        *,
        because: str,
        confidence: Confidence,
        evidence: Iterable[str] = (),
        place: Place | None = None,
        token: str = "",
    ) -> None:
        """All events that match a condition; once."""
        if condition in self.joins:
            return
        self.joins[condition] = Join(
            what=what,
            by=by,
            because=because,
            confidence=confidence,
            round=self.round,
            place=place,
            token=token,
            evidence=tuple(evidence),
        )
        self._todo.append(condition)

    def leave(self, what: str, because: str, place: Place | None = None) -> None:
        """Note something that touches the case and is not joined; the first reason stays."""
        self._apart.setdefault(place or what, Apart(what=what, because=because, place=place))

    @property
    def apart(self) -> tuple[Apart, ...]:
        """What was left out, without what was joined after all."""
        joined = {join.place for join in self.joins.values() if join.place is not None}
        return tuple(one for one in self._apart.values() if one.place is None or one.place not in joined)

    @property
    def joined(self) -> tuple[Join, ...]:
        """Joins by which anything came in, in order; what was looked for and did not turn up is left out."""
        used = set(self.via.values())
        return tuple(join for join in self.joins.values() if join in used)

    def fetch(self) -> bool:
        """Fetch the events of what was joined since; whether there were any."""
        before = len(self.events)
        while self._todo:
            condition = self._todo.pop(0)
            room = MOST_EVENTS - len(self.events)
            found = happenings(self.engine, f"{condition} AND {self.window.condition}", most=max(room, 1) + 1)
            if len(found) > room:
                found = found[:room]
                self.gaps.append(
                    Gap(
                        what=f"events of {self.joins[condition].what}",
                        reason=GapReason.TOO_LARGE,
                        detail=f"a case holds at most {MOST_EVENTS:,} events; these go on after the last one shown",
                        todo="narrow the time with --since and --until",
                    )
                )
            for event in found:
                self.via.setdefault(event.event_id, self.joins[condition])
            self.events.update({event.event_id: event for event in found})
        return len(self.events) > before

    def holds(self, place: Place) -> bool:
        """Whether a place is in the case as a whole."""
        return where(place) in self.joins

    @property
    def held(self) -> tuple[Place, ...]:
        """Places of all events of the case."""
        return tuple(dict.fromkeys(event.place for event in self.ordered()))

    def ordered(self) -> Iterator[Happening]:
        """Events in the order in which they were received."""
        return iter(sorted(self.events.values(), key=lambda event: (event.ts_us, event.stage_us, event.event_id)))

    def first_at(self, address: str) -> int:
        """When the case first came from an address."""
        return min(event.ts_us for event in self.events.values() if event.address == address)

    def odd(self, seen: Seen) -> float:
        """How oddly an identity is used from a place."""
        minted = bool(self._minted & set(seen.tokens))
        user = seen.place.user
        if user not in self._usual:
            self._usual[user] = Usual(self.places.of_user(user))
        return points(oddness(seen, self._usual[user], self.trail, minted=minted))
