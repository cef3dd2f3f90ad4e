"""The detections that only the cloud's own trail can show, on whatever cloud: each finds, and says what it cannot tell.

Reads no file and knows no cloud's names: it asks calls of one form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct

from demarc.events.interface import Engine
from demarc.incidents.clouds.homes import HABIT, SLICES, is_hand, is_public
from demarc.incidents.clouds.sight import CloudSight
from demarc.incidents.detections.sql import ADDRESS, rows, slice_of
from demarc.incidents.detections.trail import Trail
from demarc.model.cloud_calls import CallKind, CloudCall, PrincipalKind
from demarc.model.detections import Place, Sighting

_SEEN_BEFORE: Final = 2
_LASTING: Final = ("AKIA", "projects/")
"""Beginnings of ids of keys that do not expire: access keys of users, keys of service accounts."""


def kubelets(engine: Engine, trail: Trail) -> frozenset[str]:
    """Public addresses from which kubelets report all day: an agent can be chosen, staying there all day less so."""
    part = slice_of("ts_us", trail.since_us, trail.width_us)
    sql = (
        f"SELECT address, COUNT(DISTINCT part) AS parts FROM (SELECT {ADDRESS} AS address, {part} AS part FROM events "
        "WHERE user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%') AS placed GROUP BY address ORDER BY address"
    )
    found = rows(engine, "kubelets", sql)
    return frozenset(
        str(row["address"]) for row in found if int(str(row["parts"])) >= HABIT and is_public(str(row["address"]))
    )


class CloudLook(Struct, frozen=True):
    """One detection: what it finds, and why it cannot tell, where it cannot."""

    finds: Callable[[CloudSight], tuple[Sighting, ...]]
    lacks: Callable[[CloudSight], str]


def taken_from_outside(sight: CloudSight) -> tuple[Sighting, ...]:
    """Identities of the cloud that belong to service accounts, used from an address which is none of the cluster's.

    Where the exchange itself is not logged, as on GKE by default, what was done with the identity shows it.
    """
    return _sightings(
        "irsa-foreign-asn",
        sight,
        (
            (behind.user, call)
            for at, behind in sight.behind.items()
            if (call := sight.trail.calls[at]).done and sight.whence(call).foreign
        ),
    )


def node_outside(sight: CloudSight) -> tuple[Sighting, ...]:
    """The identity of a node, used from an address which is none of the cluster's."""
    return _sightings(
        "node-identity-outside",
        sight,
        ((call.principal, call) for call in sight.trail.calls if sight.is_node(call) and sight.whence(call).foreign),
    )


def switched_off(sight: CloudSight) -> tuple[Sighting, ...]:
    """Calls that switched logging off."""
    return _of_kind("audit-config-gone", sight, CallKind.LOGGING_OFF)


def access_changed(sight: CloudSight) -> tuple[Sighting, ...]:
    """Calls that changed who is let into the cluster."""
    return _of_kind("cloud-cluster-access", sight, CallKind.CLUSTER_ACCESS)


def credential_given(sight: CloudSight) -> tuple[Sighting, ...]:
    """Calls that handed out a credential of the cluster."""
    return _of_kind("cloud-cluster-credential", sight, CallKind.CLUSTER_CREDENTIAL)


def _of_kind(name: str, sight: CloudSight, kind: CallKind) -> tuple[Sighting, ...]:
    return _sightings(
        name,
        sight,
        (
            (call.principal, call)
            for call in sight.trail.calls
            if call.kind is kind and call.done and sight.is_about(call)
        ),
    )


def is_lasting(call: CloudCall) -> bool:
    """Whether a key was used that does not expire by itself."""
    by_secret = call.kind is CallKind.SIGN_IN and call.principal_kind is PrincipalKind.SERVICE_ACCOUNT
    return call.session.startswith(_LASTING) or (by_secret and bool(call.session))


def key_in_new_place(sight: CloudSight) -> tuple[Sighting, ...]:
    """Lasting keys that turn up at an address by a program of people, after having worked elsewhere."""
    homes: dict[str, list[CloudCall]] = {}
    odd = []
    for call in sight.trail.calls:
        if not is_lasting(call) or not call.address:
            continue
        home = homes.setdefault(call.session, [call])
        if call.address == home[0].address:
            home.append(call)
        elif is_public(call.address) and call.address not in sight.inside and _is_another(call, home):
            odd.append((call.principal, call))
    return _sightings("cloud-key-new-place", sight, odd)


def _is_another(call: CloudCall, home: list[CloudCall]) -> bool:
    """Whether another sort of client called than where the key is at home; where none is recorded, a new address does.

    A key that was seen once before is not at home anywhere.
    """
    if not call.agent and not home[0].agent:
        return len(home) > _SEEN_BEFORE
    return is_hand(call.agent) and not is_hand(home[0].agent)


def _lacks_keys(sight: CloudSight) -> str:
    if sight.late:
        return sight.late
    if not any(is_lasting(call) for call in sight.trail.calls):
        return "no call by a lasting key is in the cloud's trail"
    return ""


def _sightings(name: str, sight: CloudSight, calls: Iterable[tuple[str, CloudCall]]) -> tuple[Sighting, ...]:
    since = sight.trail.since_us
    width = max(1, (sight.trail.until_us - since) // SLICES + 1)
    found: dict[Place, list[CloudCall]] = {}
    for who, call in calls:
        found.setdefault(Place(user=who, address=call.address, agent=call.agent), []).append(call)
    return tuple(
        Sighting(
            detection=name,
            place=place,
            hits=len(ones),
            first_us=ones[0].at_us,
            last_us=ones[-1].at_us,
            habit=len({(one.at_us - since) // width for one in ones}) >= HABIT,
        )
        for place, ones in found.items()
    )


CLOUD_DETECTIONS: Final[dict[str, CloudLook]] = {
    "irsa-foreign-asn": CloudLook(taken_from_outside, CloudSight.lacks_exchanges),
    "node-identity-outside": CloudLook(node_outside, CloudSight.lacks_nodes),
    "audit-config-gone": CloudLook(switched_off, CloudSight.lacks_switches),
    "cloud-cluster-access": CloudLook(access_changed, CloudSight.lacks_switches),
    "cloud-cluster-credential": CloudLook(credential_given, CloudSight.lacks_switches),
    "cloud-key-new-place": CloudLook(key_in_new_place, _lacks_keys),
}
