"""The scene of a case: sessions, identities that were used, pods that were entered, nodes that were reached."""

from __future__ import annotations

from demarc.events.interface import Engine
from demarc.incidents.detections.confirm import body, field
from demarc.incidents.detections.sql import one_of
from demarc.incidents.opening.births import credential_of
from demarc.incidents.opening.happenings import Happening, happenings
from demarc.incidents.opening.places import family
from demarc.model.case import CaseSession, UsedIdentity
from demarc.model.kubernetes import Pod
from demarc.model.snapshot import Snapshot

PAUSE_US = 1_800_000_000
"""A pause of half an hour ends a session."""


def sessions_of(events: tuple[Happening, ...]) -> tuple[CaseSession, ...]:
    """Sessions by credential and address, cut at pauses; where no credentials are known, by identity and agent."""
    runs: dict[tuple[str, ...], list[list[Happening]]] = {}
    for event in events:
        credential = credential_of(event)
        key = (event.user_name, event.address, credential or f"agent {family(event.agent)}")
        known = runs.setdefault(key, [])
        if known and event.ts_us - known[-1][-1].ts_us <= PAUSE_US:
            known[-1].append(event)
        else:
            known.append([event])
    ordered = sorted((run for ones in runs.values() for run in ones), key=lambda run: (run[0].ts_us, run[0].event_id))
    return tuple(
        CaseSession(
            id=f"s{number}",
            identity=run[0].user_name,
            address=run[0].address,
            agent=", ".join(dict.fromkeys(event.agent for event in run)),
            since=run[0].at,
            until=run[-1].at,
            events=len(run),
        )
        for number, run in enumerate(ordered, 1)
    )


def used_of(events: tuple[Happening, ...], born: frozenset[str]) -> tuple[UsedIdentity, ...]:
    """Identities that were used; acted as and signed in as apart."""
    by_name: dict[str, list[Happening]] = {}
    for event in events:
        if event.user_name:
            by_name.setdefault(event.user_name, []).append(event)
        if event.impersonated_user:
            by_name.setdefault(event.impersonated_user, []).append(event)
    return tuple(
        UsedIdentity(
            name=name,
            since=ones[0].at,
            until=ones[-1].at,
            addresses=tuple(dict.fromkeys(event.address for event in ones)),
            reliable=all(event.user_name == name and credential_of(event) not in born for event in ones),
        )
        for name, ones in by_name.items()
    )


def pods_of(events: tuple[Happening, ...]) -> tuple[str, ...]:
    """``namespace/name`` of pods that were entered or made."""
    found: dict[str, None] = {}
    for event in events:
        made = event.resource == "pods" and event.verb == "create" and not event.subresource and event.done
        debug = event.subresource == "ephemeralcontainers" and event.done
        if event.name and (made or debug or (event.entered and event.subresource in {"exec", "attach"})):
            found[f"{event.namespace}/{event.name}"] = None
    return tuple(found)


def nodes_of(engine: Engine, events: tuple[Happening, ...], snapshot: Snapshot | None) -> tuple[str, ...]:
    """Nodes whose identity was used, or on which a pod of the case ran, as far as trail and snapshot tell."""
    found = {
        event.user_name.removeprefix("system:node:"): None
        for event in events
        if event.user_name.startswith("system:node:")
    }
    pods = pods_of(events)
    if not pods:
        return tuple(found)
    names = one_of("namespace || '/' || name", pods)
    for event in happenings(engine, f"resource = 'pods' AND subresource = 'binding' AND {names}"):
        target = field(body({"request_object": event.request_object}), "target", "name")
        if target:
            found[str(target)] = None
    if snapshot is not None:
        for pod in snapshot.all("Pod", Pod):
            if pod.key in pods and pod.spec.node_name:
                found[pod.spec.node_name] = None
    return tuple(found)
