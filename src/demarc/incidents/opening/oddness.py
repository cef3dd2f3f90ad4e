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


class Usual:
    """All places of one identity, in the order in which they were first seen, to be compared with one of them.

    Strangers come from tens of thousands of addresses: nothing here looks through all of them for each of them.
    """

    def __init__(self, of_user: Iterable[Seen]) -> None:
        self._all = tuple(of_user)
        self._services = tuple(one for one in self._all if not is_hand(one.place.agent))
        self._at: dict[str, list[Seen]] = {}
        self._programs: dict[str, set[str]] = {}
        self._credentials: dict[str, set[str]] = {}
        for one in self._all:
            self._at.setdefault(one.place.address, []).append(one)
            self._programs.setdefault(family(one.place.agent), set()).add(one.place.address)
            self._credentials.setdefault(one.place.credential, set()).add(one.place.address)

    def at(self, address: str) -> list[Seen]:
        """Its places at an address."""
        return self._at.get(address, [])

    def elsewhere(self, address: str, *, services: bool = False) -> Seen | None:
        """The first place at any other address; ``services``: of those by no program of people."""
        among = self._services if services else self._all
        return next((one for one in among if one.place.address != address), None)

    def uses_elsewhere(self, program: str, address: str) -> bool:
        """Whether a program is used at any other address."""
        return bool(self._programs.get(program, set()) - {address})

    def signs_in_elsewhere(self, credential: str, address: str) -> bool:
        """Whether a lasting credential is used at any other address."""
        return bool(credential) and bool(self._credentials.get(credential, set()) - {address})


def oddness(
    seen: Seen, usual: Usual, trail: Trail, *, fired: frozenset[str] = frozenset(), minted: bool = False
) -> tuple[Odd, ...]:
    """All that is odd about a place, the weightiest first."""
    found = list(_of_place(seen, usual))
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


def _of_place(seen: Seen, usual: Usual) -> Iterator[Odd]:
    place, program = seen.place, family(seen.place.agent)
    if not place.user or place.user == "system:anonymous":
        return
    other = usual.elsewhere(place.address)
    known = usual.uses_elsewhere(program, place.address)
    if not is_machine(place.user):
        first_here = min((one.first_us for one in usual.at(place.address)), default=seen.first_us)
        if other is not None and other.first_us < first_here:
            says = f"used from {other.place.address} before" + ("" if known else f", by {family(other.place.agent)}")
            yield Odd(points=1.0 if known else 2.0, says=says)
        return
    here = [
        one for one in usual.at(place.address) if family(one.place.agent) != program and one.first_us < seen.first_us
    ]
    earlier = other if other is not None and other.first_us < seen.first_us else None
    by_hand = is_hand(place.agent)
    home = earlier or (usual.elsewhere(place.address, services=True) if by_hand else None)
    if not known and home is not None:
        same = usual.signs_in_elsewhere(place.credential, place.address)
        what = "the same lasting credential" if same else "the same identity"
        says = f"{what} is used from {home.place.address} by {family(home.place.agent)}; here by {program}"
        yield Odd(points=3.0 if same else 2.0, says=says)
    elif here and by_hand:
        yield Odd(points=2.0, says=f"used by {program} where {family(here[0].place.agent)} works")
    if by_hand:
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
