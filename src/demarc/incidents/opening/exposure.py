"""Every secret that has to be rotated, graded by how near the intruder came: read, listed, mounted, reachable.

A list gives out the values of all that it lists, so it counts as a read of each. What a binding of the intruder's own
made possible is only named where it was done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from demarc.access.authorizer import Authorizer
from demarc.access.identity import asker
from demarc.access.planes.mounts import mounted
from demarc.access.techniques.pods import Workloads
from demarc.events.interface import Engine
from demarc.incidents.detections.confirm import body
from demarc.incidents.opening.happenings import Happening, happenings, moment
from demarc.model.access import Answer, Request
from demarc.model.exposure import Proof
from demarc.model.investigation import Exposure, Rotate, Touched
from demarc.model.kubernetes import Secret
from demarc.model.snapshot import Snapshot
from demarc.model.time import instant

ALL: Final = "*"
"""Stands for the Secrets of a namespace, or of the cluster, whose names nobody knows."""
_LIMIT: Final = re.compile(r"[?&]limit=(\d+)")
_RANKS: Final = tuple(Exposure)


class Exposed:
    """Collects; the nearest exposure of each Secret stays."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Rotate] = {}

    def add(
        self, key: tuple[str, str], exposure: Exposure, proven: Proof, *, how: str, evidence: Iterable[str] = ()
    ) -> None:
        """Note how near the intruder came to a Secret."""
        namespace, name = key
        known = self._found.get(key)
        ids = tuple(evidence)
        if known is not None and _RANKS.index(known.exposure) <= _RANKS.index(exposure):
            if known.exposure is exposure and known.proven is not Proof.YES and proven is Proof.YES:
                ids = tuple(dict.fromkeys((*ids, *known.evidence)))
            else:
                return
        self._found[key] = Rotate(
            namespace=namespace, name=name, exposure=exposure, proven=proven, how=how, evidence=ids
        )

    def all(self) -> tuple[Rotate, ...]:
        """All of them, the nearest first."""
        return tuple(
            sorted(self._found.values(), key=lambda one: (_RANKS.index(one.exposure), one.namespace, one.name))
        )


def to_rotate(
    engine: Engine,
    events: tuple[Happening, ...],
    made: tuple[Touched, ...],
    snapshot: Snapshot | None,
    authorizer: Authorizer | None,
) -> tuple[Rotate, ...]:
    """Secrets to rotate. What the case made itself is deleted, not rotated, and is not here."""
    own = {(one.namespace, one.name) for one in made if one.kind == "secrets" and "create" in one.done}
    found = Exposed()
    known = _known(engine, events, snapshot)
    for event in events:
        _used(event, found)
        if event.resource == "secrets" and event.verb in {"get", "list", "watch"} and event.done:
            _read(event, known, found)
    for namespace, name, how, ids in _in_pods(events, snapshot):
        found.add((namespace, name), Exposure.MOUNTED, Proof.UNKNOWN, how=how, evidence=ids)
    if authorizer is not None:
        for namespace, name, how in _reachable(events, known, authorizer):
            found.add((namespace, name), Exposure.REACHABLE, Proof.NO, how=how, evidence=())
    return tuple(one for one in found.all() if (one.namespace, one.name) not in own)


class _Life:
    """When a Secret was there, as far as snapshot and trail tell."""

    __slots__ = ("gone_us", "made_us")

    def __init__(self, made_us: int, gone_us: int | None) -> None:
        self.made_us = made_us
        self.gone_us = gone_us

    def there(self, at_us: int) -> bool:
        # The API server notes creation to the second only.
        return self.made_us <= at_us + 1_000_000 and (self.gone_us is None or self.gone_us >= at_us)


def _known(engine: Engine, events: tuple[Happening, ...], snapshot: Snapshot | None) -> dict[tuple[str, str], _Life]:
    """Secrets of the snapshot, and those that the trail shows being deleted after the case began to read."""
    found: dict[tuple[str, str], _Life] = {}
    if snapshot is not None:
        for item in snapshot.all("Secret", Secret):
            made = item.metadata.creation_timestamp
            found[item.metadata.namespace, item.metadata.name] = _Life(_us(made), None)
    lists = [event.ts_us for event in events if event.resource == "secrets" and event.verb in {"list", "watch"}]
    if lists:
        gone = (
            "resource = 'secrets' AND verb = 'delete' AND code BETWEEN 200 AND 299 AND NOT dry_run "
            f"AND ts_us >= {min(lists)} AND name <> ''"
        )
        for event in happenings(engine, gone):
            key = (event.namespace, event.name)
            life = found.get(key)
            # A Secret that is there again was made anew: what was deleted is still what was read.
            found[key] = _Life(life.made_us if life is not None and life.made_us < event.ts_us else 0, event.ts_us)
    return found


def _us(made: str | None) -> int:
    return int(instant(made).timestamp()) * 1_000_000 if made else 0


def _used(event: Happening, found: Exposed) -> None:
    if event.legacy_secret:
        namespace, _, name = event.legacy_secret.partition("/")
        how = f"its token was used from {event.address}"
        found.add((namespace, name), Exposure.READ, Proof.YES, how=how, evidence=(event.audit_id,))


def _read(event: Happening, known: dict[tuple[str, str], _Life], found: Exposed) -> None:
    if event.name:
        how = f"read by name at {moment(event.ts_us):%H:%M:%S}"
        found.add((event.namespace, event.name), Exposure.READ, Proof.YES, how=how, evidence=(event.audit_id,))
        return
    where = f"in {event.namespace}" if event.namespace else "in the whole cluster"
    matching = [
        (namespace, name)
        for (namespace, name), life in known.items()
        if (not event.namespace or namespace == event.namespace) and life.there(event.ts_us)
    ]
    limit = _LIMIT.search(event.uri)
    partial = (
        bool(limit and int(limit[1]) < len(matching)) or "fieldSelector" in event.uri or "labelSelector" in event.uri
    )
    proven = Proof.UNKNOWN if partial else Proof.YES
    how = f"in the list of Secrets {where} at {moment(event.ts_us):%H:%M:%S}" + (
        ", which was answered in part" if partial else ""
    )
    for namespace, name in matching:
        found.add((namespace, name), Exposure.LISTED, proven, how=how, evidence=(event.audit_id,))
    if not matching:
        found.add(
            (event.namespace or ALL, ALL),
            Exposure.LISTED,
            proven,
            how=f"{how}; names are not known",
            evidence=(event.audit_id,),
        )


def _in_pods(
    events: tuple[Happening, ...], snapshot: Snapshot | None
) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Secrets in pods that were entered, or that the case made."""
    workloads = Workloads(snapshot) if snapshot is not None else None
    for event in events:
        got_in = (event.entered and event.subresource in {"exec", "attach"}) or (
            event.subresource == "ephemeralcontainers" and event.done
        )
        if event.resource == "pods" and got_in and workloads is not None:
            running = workloads.of_pod.get((event.namespace, event.name))
            for name in mounted(running)[0] if running is not None else ():
                yield (
                    event.namespace,
                    name,
                    f"mounted in pod {event.namespace}/{event.name}, which was entered",
                    (event.audit_id,),
                )
        elif event.verb == "create" and event.done and not event.subresource and event.request_object:
            for name in named_in(body({"request_object": event.request_object})):
                yield event.namespace, name, f"mounted in {event.target}, which the case made", (event.audit_id,)


def named_in(value: object) -> Iterator[str]:
    """Names of Secrets that a pod or template mounts, at any depth of a body."""
    if isinstance(value, dict):
        for key in ("secretKeyRef", "secretRef"):
            inner = value.get(key)
            if isinstance(inner, dict) and inner.get("name"):
                yield str(inner["name"])
        volume = value.get("secret")
        if isinstance(volume, dict) and (volume.get("secretName") or volume.get("name")):
            yield str(volume.get("secretName") or volume.get("name"))
        for inner in value.values():
            yield from named_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named_in(inner)


def _reachable(
    events: tuple[Happening, ...], known: dict[tuple[str, str], _Life], authorizer: Authorizer
) -> Iterator[tuple[str, str, str]]:
    """Secrets that an identity of the case may read as of the snapshot."""
    used: dict[str, tuple[str, ...]] = {}
    for event in events:
        if event.user_name and not event.refused:
            used.setdefault(event.user_name, tuple(group for group in event.user_groups.split("\n") if group))
        if event.impersonated_user and event.done:
            used.setdefault(event.impersonated_user, tuple(g for g in event.impersonated_groups.split("\n") if g))
    for user, groups in used.items():
        who = asker(user, groups)
        whole = authorizer.decide(who, Request(verb="list", resource="secrets")).answer is Answer.ALLOWED
        for (namespace, name), life in known.items():
            if life.gone_us is not None:
                continue
            asked = Request(verb="get", resource="secrets", namespace=namespace, name=name)
            if whole or authorizer.decide(who, asked).answer is Answer.ALLOWED:
                yield namespace, name, f"{user} may read it; nothing shows that it was"
