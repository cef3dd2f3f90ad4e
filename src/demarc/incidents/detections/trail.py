"""What a trail shows at all: how long it is, and which of the things that detections need are in it.

Silence means something only where the thing would have been written down.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from demarc.events.interface import Engine
from demarc.incidents.detections.sql import SLICES, rows
from demarc.model.detections import Need
from demarc.model.events import LOSES, Shape

_COUNTS: Final = {
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
    "SUM(CASE WHEN ts_us = 0 THEN 1 ELSE 0 END) AS undated, "
    + ", ".join(
        f"SUM(CASE WHEN {where} THEN 1 ELSE 0 END) AS has_{need.value.replace('-', '_')}"
        for need, where in _COUNTS.items()
    )
    + " FROM events GROUP BY shape ORDER BY shape"
)


class Trail(Struct, frozen=True, kw_only=True):
    """What is known of a trail as a whole."""

    events: int
    since_us: int
    until_us: int
    shapes: tuple[str, ...]
    cut: int
    """Records that their carrier cut."""
    undated: int
    has: dict[str, int]
    """Events that have a thing, by need."""

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
    has = {need.value: sum(_number(row[f"has_{need.value.replace('-', '_')}"]) for row in found) for need in _COUNTS}
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


def _number(value: object) -> int:
    """Sums come as whole numbers of whatever type an engine has for them."""
    return int(str(value)) if value is not None else 0
