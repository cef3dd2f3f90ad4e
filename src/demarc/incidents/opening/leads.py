"""Ranks who was used in ways worth looking at: what was done, times how oddly.

What is done all day by everybody who keeps a cluster running ranks low, because it is done from one place by one
program; the same done once, from elsewhere, ranks high. A rank is a reason to look, and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct, structs

from demarc.catalog.detections import detections
from demarc.incidents.clouds.homes import is_public
from demarc.incidents.detections.trail import Trail
from demarc.incidents.opening.oddness import Usual, oddness, points
from demarc.incidents.opening.places import Places, Seen
from demarc.model.detections import Level, Outcome, Place, Sighting
from demarc.model.investigation import Lead, Odd

MOST_AT_ADDRESS: Final = 5
"""Identities at one address to which what the cloud saw of it can be put down."""
MOST_USERS: Final = 300
"""Identities whose every place is looked at: those with most against them."""
STRONG_SCORE: Final = 20.0
STRONG_ODD: Final = 1.0
_STANDS_OUT: Final = 2
"""A weaker lead is strong as well where it stands out: so many times above the next."""
_HABIT_COUNTS: Final = 0.15
_TACTIC_ADDS: Final = 0.15
_BASE: Final = 0.25
"""What is done counts a little even where nothing is odd about how."""


class _Whose(Struct, frozen=True, kw_only=True, order=True):
    user: str
    address: str
    credential: str


def leads(
    outcomes: Sequence[Outcome], places: Places, trail: Trail, *, minted: frozenset[str] = frozenset()
) -> tuple[Lead, ...]:
    """All leads, the strongest first. ``minted``: tokens that something other than a node had made."""
    by_place: dict[Place, list[Sighting]] = {}
    for outcome in outcomes:
        for sighting in outcome.sightings:
            by_place.setdefault(sighting.place, []).append(sighting)
    _from_the_cloud(outcomes, places, by_place)
    users = _worst(by_place)
    seen = places.of_users(users)
    grouped: dict[_Whose, list[Seen]] = {}
    for user in users:
        for one in seen[user]:
            if one.place in by_place:
                whose = _Whose(user=user, address=one.place.address, credential=one.place.credential)
                grouped.setdefault(whose, []).append(one)
    usual = {user: Usual(ones) for user, ones in seen.items()}
    found = [
        _lead(whose, ones, by_place=by_place, usual=usual[whose.user], trail=trail, minted=minted)
        for whose, ones in grouped.items()
    ]
    found.sort(key=lambda lead: (-lead.score, lead.first_us, lead.user, lead.address, lead.credential))
    return tuple(_standing_out(found))


def _from_the_cloud(outcomes: Iterable[Outcome], places: Places, by_place: dict[Place, list[Sighting]]) -> None:
    """What the cloud's trail shows of an address counts against those who came to the cluster from it; no crowd."""
    at: dict[str, list[Sighting]] = {}
    for outcome in outcomes:
        if detections()[outcome.detection].level is Level.CLOUD:
            for sighting in outcome.sightings:
                if is_public(sighting.place.address):
                    at.setdefault(sighting.place.address, []).append(sighting)
    seen: dict[str, list[Place]] = {}
    for one in places.at(at) if at else ():
        seen.setdefault(one.place.address, []).append(one.place)
    for address, found in seen.items():
        if len({place.user for place in found}) <= MOST_AT_ADDRESS:
            for place in found:
                by_place.setdefault(place, []).extend(at[address])


def _standing_out(ranked: list[Lead]) -> Iterator[Lead]:
    """A lead is strong too where it is half as strong and far above all others."""
    odd = [lead.score for lead in ranked if points(lead.odd) >= STRONG_ODD]
    best, second = (*odd, 0.0, 0.0)[:2]
    for lead in ranked:
        is_odd = points(lead.odd) >= STRONG_ODD
        next_best = second if is_odd and lead.score == best else best
        alone = lead.score >= STRONG_SCORE / 2 and lead.score >= _STANDS_OUT * next_best
        yield structs.replace(lead, strong=lead.strong or (is_odd and alone))


def _worst(by_place: dict[Place, list[Sighting]]) -> list[str]:
    against: dict[str, float] = {}
    for place, sightings in by_place.items():
        against[place.user] = against.get(place.user, 0) + _harm(sightings)
    return sorted(against, key=lambda user: (-against[user], user))[:MOST_USERS]


def _harm(sightings: Iterable[Sighting]) -> float:
    """What was done: each kind once, habits for little, more where several tactics come together."""
    weights: dict[str, float] = {}
    for one in sightings:
        weight = detections()[one.detection].weight * (_HABIT_COUNTS if one.habit else 1.0)
        weights[one.detection] = max(weights.get(one.detection, 0.0), weight)
    tactics = {detections()[name].tactic for name, weight in weights.items() if weight >= 1}
    return sum(weights.values()) * (1 + _TACTIC_ADDS * max(0, len(tactics) - 1))


def _lead(
    whose: _Whose,
    ones: list[Seen],
    *,
    by_place: dict[Place, list[Sighting]],
    usual: Usual,
    trail: Trail,
    minted: frozenset[str],
) -> Lead:
    odd_of = {
        one.place: oddness(
            one,
            usual,
            trail,
            fired=frozenset(sighting.detection for sighting in by_place[one.place]),
            minted=bool(minted & set(one.tokens)),
        )
        for one in ones
    }
    odd_places = [one for one in ones if points(odd_of[one.place]) >= STRONG_ODD]
    meant = odd_places or ones
    sightings = [sighting for one in meant for sighting in by_place[one.place]]
    odd = _merged(odd for one in meant for odd in odd_of[one.place])
    score = _harm(sightings) * (_BASE + points(odd))
    names = {one.detection for one in sightings if not one.habit}
    return Lead(
        user=whose.user,
        address=whose.address,
        credential=whose.credential,
        agents=tuple(dict.fromkeys(one.place.agent for one in meant)),
        score=round(score, 1),
        strong=score >= STRONG_SCORE and points(odd) >= STRONG_ODD,
        detections=tuple(sorted(names, key=lambda name: (-detections()[name].weight, name))),
        odd=odd,
        places=tuple(one.place for one in meant),
        events=sum(one.events for one in meant),
        first_us=min(one.first_us for one in meant),
        last_us=max(one.last_us for one in meant),
    )


def _merged(odd: Iterable[Odd]) -> tuple[Odd, ...]:
    """Of reasons that differ only in the program, the strongest: they say the same of one person at one desk."""
    kept: dict[str, Odd] = {}
    for one in odd:
        key = one.says.partition(";")[0].partition(":")[0]
        if key.split(" ")[0].isdigit():
            key = "refused"
        if key not in kept or kept[key].points < one.points:
            kept[key] = one
    return tuple(sorted(kept.values(), key=lambda one: (-one.points, one.says)))
