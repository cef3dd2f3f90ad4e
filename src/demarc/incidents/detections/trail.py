"""What a trail shows at all: how long it is, and which of the things that detections need are in it.

Silence means something only where the thing would have been written down.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from msgspec import Struct

from demarc.events.interface import Engine
from demarc.incidents.detections.sql import SLICES, rows, slice_of
from demarc.model.detections import Need
from demarc.model.events import LOSES, Shape

_HAS: Final = {
    Need.READS: "resource = 'secrets' AND verb IN ('get', 'list', 'watch')",
    Need.BODY: "request_object <> ''",
    Need.URI: "uri <> ''",
    Need.CREDENTIAL: "credential_id <> ''",
    Need.ADDRESS: "source_ip <> ''",
    Need.AGENT: "agent <> ''",
    Need.ANNOTATIONS: "annotations NOT IN ('', '{}')",
    Need.IMPERSONATION: "impersonated_user <> ''",
    Need.EVENTS: "resource = 'events' AND api_group = ''",
}
_SAYS: Final = {
    Need.READS: "no read of a Secret is in this trail, not even a kubelet's: reads are not exported",
    Need.BODY: "no body of a request is in this trail",
    Need.URI: "this shape loses the URI, and with it commands",
    Need.CREDENTIAL: "no credential id is in this trail: the shape loses it, or the API server is older than 1.30",
    Need.ADDRESS: "no address is in this trail",
    Need.AGENT: "no user agent is in this trail",
    Need.ANNOTATIONS: "no annotation is in this trail",
    Need.IMPERSONATION: "this shape does not say who was impersonated",
    Need.EVENTS: "no write or delete of core Events is in this trail: the audit policy leaves them out",
}
_SQL: Final = (
    "SELECT shape, COUNT(*) AS events, MIN(CASE WHEN ts_us > 0 THEN ts_us ELSE 9223372036854775807 END) AS since_us, "
    "MAX(ts_us) AS until_us, SUM(CASE WHEN truncated THEN 1 ELSE 0 END) AS cut, "
    "SUM(CASE WHEN ts_us = 0 THEN 1 ELSE 0 END) AS undated FROM events GROUP BY shape ORDER BY shape"
)
CHAPTER: Final = 1_000_000
"""Events of a trail that are put in order at once."""
_PAGES: Final = 10
"""Parts of a chapter that are counted before chapters are cut."""


class Trail(Struct, frozen=True, kw_only=True):
    """What is known of a trail as a whole."""

    events: int
    since_us: int
    until_us: int
    shapes: tuple[str, ...]
    cut: int
    """Records that their carrier cut."""
    undated: int
    has: dict[str, bool]
    """Whether any event has a thing, by need."""

    @property
    def width_us(self) -> int:
        """Length of a slice."""
        return max(1, (self.until_us - self.since_us) // SLICES + 1)

    def lacks(self, need: Need) -> str:
        """Why a detection that needs this is blind here; empty where it is not."""
        if need is Need.IMPERSONATION:
            loses = [shape for shape in self.shapes if "impersonated_user" in LOSES[Shape(shape)]]
            return _SAYS[need] if loses and not self.has[need] else ""
        return "" if need not in _SAYS or self.has[need] else _SAYS[need]


def look_at(engine: Engine) -> Trail:
    """Read a trail once, for all that is asked of it later."""
    found = list(rows(engine, "trail", _SQL))
    has = {need.value: _has(engine, need, where) for need, where in _HAS.items()}
    dated = [row for row in found if _number(row["until_us"]) > 0]
    return Trail(
        events=sum(_number(row["events"]) for row in found),
        since_us=min((_number(row["since_us"]) for row in dated), default=0),
        until_us=max((_number(row["until_us"]) for row in dated), default=0),
        shapes=tuple(str(row["shape"]) for row in found if row["shape"]),
        cut=sum(_number(row["cut"]) for row in found),
        undated=sum(_number(row["undated"]) for row in found),
        has=has,
    )


def _has(engine: Engine, need: Need, where: str) -> bool:
    """Whether any event has a thing. One is enough: nobody reads all bodies to know that there are some."""
    sql = f"SELECT COUNT(*) AS events FROM (SELECT 1 AS one FROM events WHERE {where} LIMIT 1) AS first_of_all"
    return any(_number(row["events"]) for row in rows(engine, f"has {need.value}", sql))


def chapters(engine: Engine, trail: Trail, *, most: int = CHAPTER) -> tuple[str, ...]:
    """Conditions that cut a trail into times of about so many events, one after the other; each event is in one.

    Whoever has to see requests in order asks for one time after the other: an order over months would be kept on disk.
    """
    if trail.events <= most:
        return ("1 = 1",)
    width = max(1, (trail.until_us - trail.since_us) * most // (_PAGES * trail.events))
    sql = (
        "SELECT page_us, COUNT(*) AS events FROM "
        f"(SELECT {slice_of('ts_us', trail.since_us, width)} AS page_us FROM events) AS pages "
        "GROUP BY page_us ORDER BY page_us"
    )
    begins: list[int] = []
    room = 0
    for row in rows(engine, "chapters", sql):
        events = _number(row["events"])
        if room < events:
            begins.append(_number(row["page_us"]))
            room = most
        room -= events
    edges = ["", *(str(one) for one in begins[1:]), ""]
    return tuple(
        " AND ".join(one for one in (since and f"ts_us >= {since}", until and f"ts_us < {until}") if one) or "1 = 1"
        for since, until in pairwise(edges)
    )


def _number(value: object) -> int:
    """Sums come as whole numbers of whatever type an engine has for them."""
    return int(str(value)) if value is not None else 0
