"""How oddly an identity was used from a place, against everything else that the trail shows of the same identity.

Names are no excuse: a controller's account is judged by where and with what it is used, like anybody's. What everybody
can do, such as choosing an agent, adds little; what an intruder cannot help, such as another address, adds more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from demarc.incidents.detections.run import HABIT
from demarc.incidents.detections.trail import Trail
from demarc.incidents.opening.places import Seen, family, is_hand, is_machine
from demarc.model.investigation import Odd

FOREIGN: Final = 2.0
"""From here on a place is taken for another's than whoever the identity belongs to."""
_FEW: Final = 2
_EARLY: Final = 10
"""A tenth of the trail: what is first seen within it may have been there before."""


def oddness(
    seen: Seen, of_user: Iterable[Seen], trail: Trail, *, fired: frozenset[str] = frozenset(), minted: bool = False
) -> tuple[Odd, ...]:
    """All that is odd about a place, the weightiest first."""
    found = list(_of_place(seen, tuple(of_user)))
    found += _of_kind(seen, fired)
    if minted:
        found.append(Odd(points=1.0, says="the token was minted by hand, in this trail"))
    if seen.refused >= _FEW and seen.refused * 5 >= seen.events and seen.parts < HABIT:
        found.append(Odd(points=1.0, says=f"{seen.refused} of {seen.events} requests were refused"))
    length = trail.until_us - trail.since_us
    if found and seen.first_us > trail.since_us + length // _EARLY:
        found.append(Odd(points=0.5, says="it is not there from the beginning of the trail"))
    return tuple(sorted(found, key=lambda odd: (-odd.points, odd.says)))


def points(odd: Iterable[Odd]) -> float:
    """How odd it is in all."""
    return sum(one.points for one in odd)


def _of_place(seen: Seen, of_user: tuple[Seen, ...]) -> Iterator[Odd]:
    place, program = seen.place, family(seen.place.agent)
    others = [one for one in of_user if one.place.address != place.address]
    earlier = [one for one in others if one.first_us < seen.first_us]
    elsewhere = {family(one.place.agent) for one in others}
    if not place.user or place.user == "system:anonymous":
        return
    if not is_machine(place.user):
        first_here = min(one.first_us for one in of_user if one.place.address == place.address)
        before = [one for one in others if one.first_us < first_here]
        if before:
            home = before[0].place
            more = program not in elsewhere
            says = f"used from {home.address} before" + (f", by {family(home.agent)}" if more else "")
            yield Odd(points=2.0 if more else 1.0, says=says)
        return
    here = [
        one
        for one in of_user
        if one.place.address == place.address and family(one.place.agent) != program and one.first_us < seen.first_us
    ]
    by_service = [one for one in others if not is_hand(one.place.agent)]
    if program not in elsewhere and others and (earlier or (is_hand(place.agent) and by_service)):
        home = (earlier or by_service)[0].place
        same = bool(place.credential) and any(one.place.credential == place.credential for one in others)
        what = "the same lasting credential" if same else "the same identity"
        says = f"{what} is used from {home.address} by {family(home.agent)}; here by {program}"
        yield Odd(points=3.0 if same else 2.0, says=says)
    elif here and is_hand(place.agent):
        yield Odd(points=2.0, says=f"used by {program} where {family(here[0].place.agent)} works")
    if is_hand(place.agent):
        yield Odd(points=1.0, says=f"a machine's identity in a program of people: {program}")


def _of_kind(seen: Seen, fired: frozenset[str]) -> Iterator[Odd]:
    if seen.place.user.startswith("system:node:") and family(seen.place.agent) != "kubelet":
        yield Odd(points=3.0, says=f"a node's identity, and no kubelet: {family(seen.place.agent)}")
    if seen.place.user == "system:anonymous" and fired & {"anon-allowed", "anon-write-pod"}:
        yield Odd(points=2.0, says="let through without a credential")
    if fired & {"tool-ua", "tor-or-ioc-ip"}:
        yield Odd(points=2.0, says="the agent of an attack tool, or an address on the list")
    if "disallowed-user" in fired:
        yield Odd(points=2.0, says="in neither directory nor register")
