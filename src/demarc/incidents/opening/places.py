"""Who was used from where, by which program, and for how long: counted by the engine, a row for each place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from demarc.events.interface import Engine
from demarc.incidents.detections.sql import ADDRESS, CREDENTIAL, one_of, rows, slice_of, text
from demarc.incidents.detections.trail import Trail
from demarc.model.detections import Place

MOST_PLACES: Final = 20_000
"""Places that are looked at for one question."""
_FAMILY: Final = re.compile(r"^(?:Mozilla/[\d.]+ )?([A-Za-z][\w-]*)")
_HAND: Final = frozenset(
    {"kubectl", "curl", "wget", "python-requests", "python-urllib", "python-httpx", "httpie", "postmanruntime", "k9s"}
)


class Seen(Struct, frozen=True, kw_only=True):
    """What was counted of a place."""

    place: Place
    events: int
    first_us: int
    last_us: int
    parts: int
    """Slices of the trail in which it was active."""
    refused: int
    tokens: tuple[str, str]
    """Least and greatest credential id: equal where there is one only."""
    pods: tuple[str, str]
    """Least and greatest pod that tokens were bound to."""


def family(agent: str) -> str:
    """A program without its version: ``kubectl`` for ``kubectl.1.33/v1.33.1 (linux/amd64)``."""
    found = _FAMILY.match(agent)
    name = found[1].lower() if found else agent.lower()
    return "kubectl" if name.startswith("kubectl") else name


def is_hand(agent: str) -> bool:
    """Whether it is a program that people and scripts use, rather than a service."""
    return family(agent) in _HAND


def is_machine(user: str) -> bool:
    """Whether an identity is no person's."""
    return (user.startswith(("system:", "eks:")) and user != "system:anonymous") or user.endswith(
        ".gserviceaccount.com"
    )


def where(place: Place) -> str:
    """A place as a condition."""
    return (
        f"(user_name = {text(place.user)} AND agent = {text(place.agent)} AND {ADDRESS} = {text(place.address)} "
        f"AND {CREDENTIAL} = {text(place.credential)})"
    )


class Places:
    """Asks for places, each question once."""

    def __init__(self, engine: Engine, trail: Trail) -> None:
        self._engine = engine
        self._trail = trail
        self._users: dict[str, tuple[Seen, ...]] = {}

    def of_users(self, users: Iterable[str]) -> dict[str, tuple[Seen, ...]]:
        """All places of some identities, in the order in which they were first seen."""
        wanted = set(users)
        missing = wanted - self._users.keys()
        if missing:
            found: dict[str, list[Seen]] = {user: [] for user in missing}
            for seen in self.matching(one_of("user_name", missing)):
                found[seen.place.user].append(seen)
            self._users.update({user: tuple(ones) for user, ones in found.items()})
        return {user: self._users[user] for user in sorted(wanted)}

    def of_user(self, user: str) -> tuple[Seen, ...]:
        """All places of one identity."""
        return self.of_users((user,))[user]

    def at(self, addresses: Iterable[str]) -> tuple[Seen, ...]:
        """Everybody who was used from some addresses."""
        return self.matching(one_of(ADDRESS, addresses))

    def matching(self, condition: str) -> tuple[Seen, ...]:
        """Places of the events that match a condition, in the order in which they were first seen."""
        part = slice_of("ts_us", self._trail.since_us, self._trail.width_us)
        sql = (
            "SELECT user_name, agent, address, credential, COUNT(*) AS events, MIN(ts_us) AS first_us, "
            "MAX(ts_us) AS last_us, COUNT(DISTINCT part) AS parts, SUM(refused) AS refused, "
            "MIN(credential_id) AS token_min, MAX(credential_id) AS token_max, "
            "MIN(token_pod) AS pod_min, MAX(token_pod) AS pod_max FROM ("
            f"SELECT user_name, agent, {ADDRESS} AS address, {CREDENTIAL} AS credential, ts_us, {part} AS part, "
            "CASE WHEN code = 401 OR code = 403 THEN 1 ELSE 0 END AS refused, credential_id, token_pod "
            f"FROM events WHERE {condition}) AS placed GROUP BY user_name, agent, address, credential "
            f"ORDER BY first_us, user_name, address, agent, credential LIMIT {MOST_PLACES}"
        )
        return tuple(_seen(row) for row in rows(self._engine, "places", sql))


def _seen(row: dict[str, str | int | bool | None]) -> Seen:
    return Seen(
        place=Place(
            user=str(row["user_name"]),
            address=str(row["address"]),
            agent=str(row["agent"]),
            credential=str(row["credential"]),
        ),
        events=int(str(row["events"])),
        first_us=int(str(row["first_us"])),
        last_us=int(str(row["last_us"])),
        parts=int(str(row["parts"])),
        refused=int(str(row["refused"])),
        tokens=(str(row["token_min"]), str(row["token_max"])),
        pods=(str(row["pod_min"]), str(row["pod_max"])),
    )
