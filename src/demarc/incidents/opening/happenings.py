"""The events of a case, fetched from the engine: the only events that ever come to Python.

A body comes along only where something was written. Whatever is cut off by the limit is said, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Struct

from demarc.events.interface import Engine
from demarc.incidents.detections.sql import ADDRESS, CREDENTIAL, rows
from demarc.model.detections import Place

MOST_EVENTS: Final = 20_000
"""Events of one case that are looked at one by one."""
_MOST_MOMENTS: Final = 1_000
"""Times that are named one by one."""
WRITES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_TEXTS: Final = [
    "event_id",
    "audit_id",
    "stage",
    "level",
    "verb",
    "uri",
    "user_name",
    "user_groups",
    "user_extra",
    "user_arn",
    "credential_id",
    "legacy_secret",
    "token_pod",
    "token_node",
    "impersonated_user",
    "impersonated_groups",
    "source_ips",
    "agent",
    "api_group",
    "resource",
    "subresource",
    "namespace",
    "name",
    "object_uid",
    "decision",
    "reason",
    "grant_kind",
    "grant_namespace",
    "grant_name",
    "role_kind",
    "role_name",
    "issued_credential_id",
    "command",
    "status_reason",
    "status_message",
    "shape",
    "source_id",
]
_NUMBERS: Final = ("ts_us", "stage_us", "code", "position")
_FLAGS: Final = ("dry_run", "truncated", "id_reused")


class Happening(Struct, frozen=True, kw_only=True):
    """One event of a case. Columns are those of ``AuditEvent``."""

    event_id: str
    audit_id: str
    stage: str
    level: str
    verb: str
    uri: str
    user_name: str
    user_groups: str
    user_extra: str
    user_arn: str
    credential_id: str
    legacy_secret: str
    token_pod: str
    token_node: str
    impersonated_user: str
    impersonated_groups: str
    source_ips: str
    agent: str
    api_group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    object_uid: str
    decision: str
    reason: str
    grant_kind: str
    grant_namespace: str
    grant_name: str
    role_kind: str
    role_name: str
    issued_credential_id: str
    command: str
    status_reason: str
    status_message: str
    shape: str
    source_id: str
    ts_us: int
    stage_us: int
    code: int
    position: int
    dry_run: bool
    truncated: bool
    id_reused: bool
    address: str
    credential: str
    request_object: str

    @property
    def place(self) -> Place:
        """Who was used from where, by what."""
        return Place(user=self.user_name, address=self.address, agent=self.agent, credential=self.credential)

    @property
    def done(self) -> bool:
        """Whether it was done, as far as the API server tells; a try with dryRun changes nothing and is not."""
        return 100 <= self.code < 300 and not self.dry_run

    @property
    def refused(self) -> bool:
        """Whether it was refused, by whatever."""
        return (
            self.decision == "forbid"
            or self.code in {401, 403}
            or (self.code == 422 and "denied" in self.status_message)
        )

    @property
    def entered(self) -> bool:
        """Whether the connection to a command, a terminal or a port was made; not whether anything ran."""
        is_way_in = self.resource in {"pods", "nodes"} and self.subresource in _WAYS_IN
        return is_way_in and not self.refused and 100 <= self.code < 300

    @property
    def at(self) -> datetime:
        """When the API server received it."""
        return moment(self.ts_us)

    @property
    def target(self) -> str:
        """What it was about: ``secrets payments/stripe-api-key``, ``pods/exec yard/node-tuner``, ``/version``."""
        if not self.resource:
            return self.uri.partition("?")[0] or "(no resource)"
        kind = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        name = f"{self.namespace}/{self.name}" if self.namespace and self.name else self.name
        if not name:
            name = f"in {self.namespace}" if self.namespace else "in the whole cluster" if self.verb in _MANY else ""
        return f"{kind} {name}".strip()


_WAYS_IN: Final = frozenset({"exec", "attach", "portforward", "proxy"})
_MANY: Final = frozenset({"list", "watch", "deletecollection"})


def moment(us: int) -> datetime:
    """Microseconds since 1970 as a time."""
    return datetime.fromtimestamp(us // 1_000_000, UTC).replace(microsecond=us % 1_000_000)


def happenings(engine: Engine, condition: str, *, most: int = MOST_EVENTS) -> tuple[Happening, ...]:
    """Events that match a condition, in the order in which they were received; at most ``most``, the earliest.

    Asked for their times first: what an engine reads of all columns are then the few parts of a trail that hold one.
    """
    order = f"ORDER BY ts_us, stage_us, event_id LIMIT {most}"
    narrow = f"SELECT ts_us, stage_us, event_id FROM events WHERE {condition} {order}"
    moments = sorted({int(str(row["ts_us"])) for row in rows(engine, "moments", narrow)})
    if not moments:
        return ()
    near = f"ts_us >= {moments[0]} AND ts_us <= {moments[-1]}"
    if len(moments) <= _MOST_MOMENTS:
        near += f" AND ts_us IN ({', '.join(str(one) for one in moments)})"
    columns = ", ".join((*_TEXTS, *_NUMBERS, *_FLAGS))
    sql = (
        f"SELECT {columns}, {ADDRESS} AS address, {CREDENTIAL} AS credential, "
        "CASE WHEN verb IN ('create', 'update', 'patch') THEN request_object ELSE '' END AS request_object "
        f"FROM events WHERE {near} AND {condition} {order}"
    )
    return tuple(_happening(row) for row in rows(engine, "happenings", sql))


def _happening(row: dict[str, str | int | bool | None]) -> Happening:
    texts = {name: str(row[name] or "") for name in (*_TEXTS, "address", "credential", "request_object")}
    numbers = {name: int(str(row[name] or 0)) for name in _NUMBERS}
    flags = {name: bool(row[name]) for name in _FLAGS}
    return msgspec.convert({**texts, **numbers, **flags}, Happening)


def answered(events: Iterable[Happening]) -> tuple[Happening, ...]:
    """One event for each request: the last stage that was kept."""
    last: dict[tuple[str, str, str], Happening] = {}
    for event in events:
        key = (event.audit_id, event.user_name, event.uri)
        if key not in last or (last[key].stage_us, last[key].event_id) < (event.stage_us, event.event_id):
            last[key] = event
    return tuple(sorted(last.values(), key=lambda event: (event.ts_us, event.event_id)))
