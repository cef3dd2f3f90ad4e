"""Condenses a stored audit trail into what checks may know of it, by aggregates in SQL: its length does not matter.

The queries beside it are within the rules that hold on every engine. Here is only what is done with their rows: gaps,
and putting together what belongs to one identity. It knows no check.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from statistics import median
from typing import Any, Final

from demarc.events.interface import Engine, Query, Value
from demarc.events.query import query_of
from demarc.model.events import LOSES, Shape
from demarc.model.trail import (
    ChangeMade,
    ClientUse,
    CredentialUse,
    DeprecatedUse,
    IdentityUse,
    Impersonation,
    TokenMade,
    TrailFacts,
    TrailGap,
    TrailLosses,
    UseMade,
)

MOST_IDENTITIES: Final = 20_000
MOST_CLIENTS: Final = 100
MOST_CREDENTIALS: Final = 100
MOST_USES: Final = 1_000
MOST_CHANGES: Final = 50_000
NAMES: Final = (
    *("window", "shapes", "buckets", "unanswered", "identities", "clients", "credentials", "uses", "impersonations"),
    *("changes", "tokens", "deprecated"),
)
_WIDTHS: Final = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
_ENOUGH: Final = 20
"""Events of a stretch in the median, from which on an empty one is no chance: clusters are never still."""
_RUNNING: Final = timedelta(minutes=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_Row = dict[str, Any]


@cache
def query(name: str) -> Query:
    """A query of this package by its name."""
    return query_of(files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8"), name=name)


def trail_facts(engine: Engine, *, origin: str) -> TrailFacts | None:
    """Condense the trail that an engine has as ``events``; None where it holds no event with a time."""
    window = next(_rows(engine, "window"))
    if not window["events"] or not window["last_us"]:
        return None
    shapes = tuple(str(row["shape"]) for row in _rows(engine, "shapes"))
    identities, identities_left = _identities(engine)
    changes, changes_left = _changes(engine)
    return TrailFacts(
        origin=origin,
        since=_at(window["first_us"]),
        until=_at(window["last_us"]),
        events=window["events"],
        requests=window["requests"],
        shapes=shapes,
        lost_columns=tuple(sorted({column for shape in shapes for column in _loses(shape)})),
        records_reads=bool(window["others_reads"]),
        gaps=_gaps(engine),
        losses=_losses(engine, window),
        identities=identities,
        identities_left=identities_left,
        changes=changes,
        changes_left=changes_left,
        impersonations=tuple(_impersonation(row) for row in _rows(engine, "impersonations")),
        tokens=tuple(_token(row) for row in _rows(engine, "tokens")),
        deprecated=tuple(_deprecated(row) for row in _rows(engine, "deprecated")),
    )


def _rows(engine: Engine, name: str, **parameters: Value) -> Iterator[_Row]:
    return engine.run(query(name), parameters).dicts()


def _at(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _loses(shape: str) -> tuple[str, ...]:
    try:
        return LOSES[Shape(shape)]
    except ValueError:
        return ()


def _losses(engine: Engine, window: _Row) -> TrailLosses:
    unanswered = 0
    if window["received"]:
        until = window["last_us"] - _RUNNING // timedelta(microseconds=1)
        unanswered = next(_rows(engine, "unanswered", until_us=until))["requests"]
    return TrailLosses(
        unanswered=unanswered,
        truncated=window["cut"],
        id_reused=window["reused"],
        undated=window["undated"],
        panics=window["panics"],
    )


def _gaps(engine: Engine) -> tuple[TrailGap, ...]:
    """Stretches without an event, in the narrowest width in which the trail has enough of them to tell."""
    for width in _WIDTHS:
        step = width // timedelta(microseconds=1)
        counted = {row["since_us"]: row["events"] for row in _rows(engine, "buckets", width_us=step)}
        usual = median(counted.values())
        if usual >= _ENOUGH:
            return tuple(_empty(counted, step, int(usual)))
    return ()


def _empty(counted: dict[int, int], step: int, usual: int) -> Iterator[TrailGap]:
    held = sorted(counted)
    for before, after in pairwise(held):
        if after - before > step:
            missing = (after - before) // step - 1
            yield TrailGap(since=_at(before + step), until=_at(after), expected=usual * missing)


def _identities(engine: Engine) -> tuple[tuple[IdentityUse, ...], int]:
    rows = list(_rows(engine, "identities", most=MOST_IDENTITIES))
    clients = _by_user(_rows(engine, "clients", most=MOST_CLIENTS))
    credentials = _by_user(_rows(engine, "credentials", most=MOST_CREDENTIALS))
    uses = _by_user(_rows(engine, "uses", most=MOST_USES))
    found = []
    for row in rows:
        user = row["user_name"]
        mine, held, used = clients.get(user, []), credentials.get(user, []), uses.get(user, [])
        groups = str(row["last_groups"]).partition("\n")[2]
        found.append(
            IdentityUse(
                user=user,
                groups=tuple(groups.split("\n")) if groups else (),
                arn=row["arn"],
                first=_at(row["first_us"]),
                last=_at(row["last_us"]),
                requests=row["requests"],
                refused=row["refused"],
                clients=tuple(_client(one) for one in mine),
                clients_left=_left(mine),
                credentials=tuple(_credential(one) for one in held),
                credentials_left=_left(held),
                uses=tuple(_use(one) for one in used),
                uses_left=_left(used),
            )
        )
    found.sort(key=lambda one: (-one.requests, one.user))
    return tuple(found), _left(rows)


def _by_user(rows: Iterator[_Row]) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for row in rows:
        found.setdefault(row["user_name"], []).append(row)
    return found


def _left(rows: list[_Row]) -> int:
    return rows[0]["among"] - len(rows) if rows else 0


def _client(row: _Row) -> ClientUse:
    return ClientUse(
        source_ip=row["source_ip"],
        peer_ip=row["peer_ip"],
        agent=row["agent"],
        requests=row["requests"],
        first=_at(row["first_us"]),
        last=_at(row["last_us"]),
    )


def _credential(row: _Row) -> CredentialUse:
    return CredentialUse(
        id=row["credential_id"],
        legacy_secret=row["legacy_secret"],
        token_pod=row["token_pod"],
        token_node=row["token_node"],
        source_ips=row["source_ips"],
        requests=row["requests"],
        first=_at(row["first_us"]),
        last=_at(row["last_us"]),
    )


def _use(row: _Row) -> UseMade:
    return UseMade(
        verb=row["verb"],
        group=row["api_group"],
        resource=row["resource"],
        subresource=row["subresource"],
        namespace=row["namespace"],
        grant_kind=row["grant_kind"],
        grant_namespace=row["grant_namespace"],
        grant_name=row["grant_name"],
        requests=row["requests"],
        last=_at(row["last_us"]),
    )


def _changes(engine: Engine) -> tuple[tuple[ChangeMade, ...], int]:
    rows = list(_rows(engine, "changes", most=MOST_CHANGES))
    return tuple(_change(row) for row in rows), _left(rows)


def _change(row: _Row) -> ChangeMade:
    return ChangeMade(
        verb=row["verb"],
        group=row["api_group"],
        resource=row["resource"],
        namespace=row["namespace"],
        name=row["name"],
        user=row["user_name"],
        as_user=row["impersonated_user"],
        agent=row["agent"],
        source_ip=row["source_ip"],
        audit_id=str(row["last_audit_id"]).partition("\n")[2],
        times=row["times"],
        first=_at(row["first_us"]),
        last=_at(row["last_us"]),
    )


def _impersonation(row: _Row) -> Impersonation:
    return Impersonation(
        user=row["user_name"],
        as_user=row["impersonated_user"],
        requests=row["requests"],
        refused=row["refused"],
        agents=tuple(dict.fromkeys(agent for agent in (row["one_agent"], row["other_agent"]) if agent)),
        first=_at(row["first_us"]),
        last=_at(row["last_us"]),
    )


def _token(row: _Row) -> TokenMade:
    return TokenMade(
        namespace=row["namespace"],
        name=row["name"],
        user=row["user_name"],
        as_user=row["impersonated_user"],
        tokens=row["tokens"],
        first=_at(row["first_us"]),
        last=_at(row["last_us"]),
    )


def _deprecated(row: _Row) -> DeprecatedUse:
    try:
        said = json.loads(row["annotations_of_one"])
    except ValueError:
        said = {}
    removed = said.get("k8s.io/removed-release", "") if isinstance(said, dict) else ""
    return DeprecatedUse(
        group=row["api_group"],
        version=row["api_version"],
        resource=row["resource"],
        removed_in=removed if isinstance(removed, str) else "",
        user=row["user_name"],
        agent=row["agent"],
        requests=row["requests"],
        last=_at(row["last_us"]),
    )
