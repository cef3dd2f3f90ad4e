"""Joins what belongs together into one case, with the reason and the confidence of each join.

By credential, address, lineage, objects and rights that the case made, pods that it entered. Never by identity alone:
the same identity may be used by its owner from elsewhere at the same time; that is noted as left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from demarc.incidents.detections.sql import text
from demarc.incidents.opening.births import (
    certificates_of,
    credential_of,
    identity_of_token,
    made_by,
    names_asked_for,
    uses_of,
)
from demarc.incidents.opening.happenings import Happening
from demarc.incidents.opening.members import Members, named
from demarc.incidents.opening.oddness import FOREIGN
from demarc.incidents.opening.places import Seen, is_hand, is_machine
from demarc.model.boundary import Confidence
from demarc.model.detections import Place
from demarc.model.investigation import JoinBy

MOST_ROUNDS: Final = 12
MOST_AT_ADDRESS: Final = 5
"""Identities that are joined because they come from one address; more of them share it for other reasons."""
MOST_LOOKED_AT: Final = 200
"""Identities at one address that are looked at one by one."""
_NOBODY: Final = ("", "system:anonymous")
_ODD: Final = 1.0
_WORKLOADS: Final = frozenset({"deployments", "daemonsets", "statefulsets", "replicasets", "jobs", "cronjobs"})


def close(case: Members) -> None:
    """Join until nothing more belongs to the case."""
    case.fetch()
    for number in range(1, MOST_ROUNDS + 1):
        case.round = number
        for rule in RULES:
            rule(case)
        if not case.fetch():
            return


def same_place(case: Members) -> None:
    """Other programs with the same credential at the same address, but for the service that worked there before."""
    for place in case.held:
        if place.user in _NOBODY:
            continue
        mine = [one for one in case.places.of_user(place.user) if one.place == place]
        began = min((one.first_us for one in mine), default=0)
        for other in case.places.of_user(place.user):
            same = (other.place.address, other.place.credential) == (place.address, place.credential)
            if not same or other.place == place or case.holds(other.place):
                continue
            if is_machine(place.user) and not is_hand(other.place.agent) and other.first_us <= began:
                case.leave(named(other.place), "it worked there before, by a program of its own", other.place)
                continue
            how = Confidence.HIGH if place.credential else Confidence.MEDIUM
            because = f"the same credential at the same address as {named(place)}"
            case.join_place(other.place, JoinBy.CREDENTIAL, because, how)


def children(case: Members) -> None:
    """Tokens that the case had made."""
    made = {event.issued_credential_id: event for event in case.ordered() if event.issued_credential_id and event.done}
    for token, event in made.items():
        whose = identity_of_token(event)
        case.join(
            uses_of(token),
            f"token of {whose} ({token})",
            JoinBy.LINEAGE,
            because=f"{event.user_name} had it made from {event.address}",
            confidence=Confidence.HIGH,
            evidence=(event.audit_id,),
            token=token,
        )


def secrets(case: Members) -> None:
    """Lasting tokens in Secrets that the case created."""
    for event in case.ordered():
        if event.resource == "secrets" and event.verb == "create" and event.done and event.name:
            key = f"{event.namespace}/{event.name}"
            case.join(
                uses_of(f"Secret {key}"),
                f"lasting token in Secret {key}",
                JoinBy.LINEAGE,
                because=f"{event.user_name} created the Secret from {event.address}",
                confidence=Confidence.HIGH,
                evidence=(event.audit_id,),
                token=f"Secret {key}",
            )


def certificates(case: Members) -> None:
    """Certificates that the case approved: by digest where the trail shows it, else by name."""
    approved = [
        event
        for event in case.ordered()
        if event.resource == "certificatesigningrequests" and event.subresource == "approval" and event.done
    ]
    if not approved:
        return
    known = certificates_of(case.engine, approved)
    for digest, event in known.items():
        because = f"{event.user_name} approved its request {event.name} from {event.address}"
        case.join(
            uses_of(digest),
            f"certificate {digest}",
            JoinBy.LINEAGE,
            because=because,
            confidence=Confidence.HIGH,
            evidence=(event.audit_id,),
            token=digest,
        )
    shown = {event.name for event in known.values()}
    for user, event in names_asked_for(case.engine, [one for one in approved if one.name not in shown]).items():
        for seen in case.places.of_user(user):
            if seen.place.credential.startswith("X509SHA256=") and seen.first_us >= event.ts_us:
                because = f"a certificate in this name was approved by {event.user_name} ({event.name}) just before"
                case.join_place(seen.place, JoinBy.LINEAGE, because, Confidence.MEDIUM, evidence=(event.audit_id,))


def accounts(case: Members) -> None:
    """Service accounts that the case created."""
    for event in case.ordered():
        if event.resource == "serviceaccounts" and not event.subresource and event.verb == "create" and event.done:
            user = identity_of_token(event)
            because = f"{event.user_name} created the account from {event.address}"
            condition = f"(user_name = {text(user)} AND ts_us >= {event.ts_us})"
            case.join(
                condition,
                f"account {user}",
                JoinBy.OBJECT,
                because=because,
                confidence=Confidence.HIGH,
                evidence=(event.audit_id,),
            )


def pods(case: Members) -> None:
    """Tokens of pods that the case made, by itself or through a workload."""
    for event in case.ordered():
        made = event.verb == "create" and event.done and event.name and not event.subresource
        if not made or (event.resource != "pods" and event.resource not in _WORKLOADS):
            continue
        is_pod = event.resource == "pods"
        whose = f"token_pod = {text(event.name)}" if is_pod else f"token_pod LIKE {text(event.name + '-%')}"
        account = text(f"system:serviceaccount:{event.namespace}:%")
        case.join(
            f"({whose} AND user_name LIKE {account} AND ts_us >= {event.ts_us})",
            f"tokens of pods of {event.resource} {event.namespace}/{event.name}",
            JoinBy.OBJECT,
            because=f"{event.user_name} created it from {event.address}",
            confidence=Confidence.HIGH if is_pod else Confidence.MEDIUM,
            evidence=(event.audit_id,),
        )


def entered(case: Members) -> None:
    """Tokens of pods that the case entered, where they turn up elsewhere or in a program of people afterwards."""
    for event in case.ordered():
        debug = event.subresource == "ephemeralcontainers" and event.done
        if not event.name or not ((event.entered and event.subresource in {"exec", "attach"}) or debug):
            continue
        account = text(f"system:serviceaccount:{event.namespace}:%")
        bound = case.places.matching(f"token_pod = {text(event.name)} AND user_name LIKE {account}")
        homes = {(seen.place.address, seen.place.agent) for seen in bound if seen.first_us < event.ts_us}
        addresses = {address for address, _ in homes}
        for seen in bound:
            key = (seen.place.address, seen.place.agent)
            later = seen.first_us >= event.ts_us and key not in homes
            if later and (is_hand(seen.place.agent) or (addresses and seen.place.address not in addresses)):
                because = f"bound to pod {event.namespace}/{event.name}, which {event.user_name} entered before"
                case.join_place(seen.place, JoinBy.ENTERED, because, Confidence.MEDIUM, evidence=(event.audit_id,))


def rights(case: Members) -> None:
    """Whoever used, from a new place, a right that the case bound."""
    for event in case.ordered():
        is_binding = event.resource in {"rolebindings", "clusterrolebindings"} and not event.subresource
        if not (is_binding and event.verb in {"create", "update", "patch"} and event.done and event.name):
            continue
        kind = "RoleBinding" if event.resource == "rolebindings" else "ClusterRoleBinding"
        used = (
            f"grant_kind = {text(kind)} AND grant_name = {text(event.name)} "
            f"AND grant_namespace = {text(event.namespace)} AND ts_us >= {event.ts_us}"
        )
        for seen in case.places.matching(used):
            if case.holds(seen.place) or seen.place in case.held:
                continue
            whole = next((one for one in case.places.of_user(seen.place.user) if one.place == seen.place), seen)
            if whole.first_us >= event.ts_us or case.odd(whole) >= FOREIGN:
                because = f"it used {kind} {event.name}, which {event.user_name} wrote, and was not there before"
                case.join_place(seen.place, JoinBy.RIGHT, because, Confidence.MEDIUM, evidence=(event.audit_id,))
            else:
                because = f"{kind} {event.name}, which the case wrote, gives it rights; it was used from there before"
                case.leave(named(seen.place), because, seen.place)


def addresses(case: Members) -> None:
    """Whoever else comes from an address of the case, where nobody else is at home."""
    for address in dict.fromkeys(event.address for event in case.ordered() if event.address):
        began = case.first_at(address)
        seen = case.places.at((address,))
        mine = {one.place.user for one in seen if one.place in case.held}
        others = [one for one in seen if one.place not in case.held and not case.holds(one.place)]
        if len({one.place.user for one in others}) > MOST_LOOKED_AT:
            case.leave(f"everybody else from {address}", "too many identities share the address")
            continue
        odd = {one.place: case.odd(_whole(case, one)) for one in others}
        at_home = {one.place.user for one in others if one.first_us < began and odd[one.place] < _ODD}
        at_home -= {*_NOBODY, *mine}
        hostile = _is_hostile(case, address, seen)
        newcomers = [one for one in others if _is_newcomer(one, began, odd[one.place], at_home, hostile=hostile)]
        newcomers = [one for one in newcomers if one.place.user not in mine or odd[one.place] >= _ODD]
        if len({one.place.user for one in newcomers}) > MOST_AT_ADDRESS:
            case.leave(f"{len(newcomers)} others from {address}", "too many identities share the address")
            continue
        for one in newcomers:
            because = f"the same address as {', '.join(sorted(mine - {''})) or 'the case'}"
            because += ", where others are at home" if at_home else ", where nobody is at home"
            case.join_place(one.place, JoinBy.ADDRESS, because, Confidence.LOW if at_home else Confidence.MEDIUM)
        for one in others:
            if one.place.user not in mine:
                case.leave(named(one.place), f"only the address {address} is the same; it is at home there", one.place)


def _is_hostile(case: Members, address: str, seen: tuple[Seen, ...]) -> bool:
    """Whether an address is the intruder's rather than one that the intruder shares."""
    named_it = any(
        join.by is JoinBy.SEED and join.place is not None and join.place.address == address
        for join in case.joins.values()
    )
    return named_it or any(case.odd(_whole(case, one)) >= FOREIGN for one in seen if one.place in case.held)


def _is_newcomer(one: Seen, began: int, odd: float, at_home: set[str], *, hostile: bool) -> bool:
    if odd >= FOREIGN:
        return True
    came_later = one.first_us >= began or one.place.user in _NOBODY
    return not at_home and (odd >= _ODD or (hostile and came_later))


def parents(case: Members) -> None:
    """Whoever made a token that the case used; all that was done from there, where that place is odd itself."""
    used = {credential_of(event) for event in case.ordered()} - {""}
    for credential, event in made_by(case.engine, used).items():
        if event.event_id in case.events or case.holds(event.place):
            continue
        is_kubelet = event.user_name.startswith("system:node:") and event.agent.startswith("kubelet/")
        if is_kubelet or event.agent.startswith("kube-controller-manager/"):
            continue
        whole = next((one for one in case.places.of_user(event.user_name) if one.place == event.place), None)
        in_case = event.address in {other.address for other in case.events.values()}
        odd = case.odd(whole) if whole is not None else 0.0
        if odd >= FOREIGN or (in_case and odd >= _ODD):
            because = f"it made {credential}, which the case used"
            case.join_place(event.place, JoinBy.LINEAGE, because, Confidence.HIGH, evidence=(event.audit_id,))
        elif credential.startswith("JTI="):
            because = f"{credential}, which the case used, was made by this request"
            what = f"the request of {named(event.place)} that made {credential}"
            case.join(
                f"event_id = {text(event.event_id)}",
                what,
                JoinBy.LINEAGE,
                because=because,
                confidence=Confidence.HIGH,
                evidence=(event.audit_id,),
            )
            case.leave(named(event.place), f"it made {credential}; but for that it was used as always", event.place)
        else:
            because = f"it made {credential}, from where it is at home; if that was not meant, look at what told it to"
            case.leave(named(event.place), because, event.place)


def read(case: Members) -> None:
    """Lasting tokens whose Secret the case read, where they were used from a new place afterwards."""
    for event in case.ordered():
        if event.resource != "secrets" or event.verb not in {"get", "list", "watch"} or not event.done:
            continue
        scope = "legacy_secret <> ''"
        if event.name:
            scope = f"legacy_secret = {text(f'{event.namespace}/{event.name}')}"
        elif event.namespace:
            scope = f"legacy_secret LIKE {text(event.namespace + '/%')}"
        for seen in case.places.matching(f"{scope} AND ts_us >= {event.ts_us}"):
            if case.holds(seen.place) or seen.place in case.held:
                continue
            whole = _whole(case, seen)
            if whole.first_us >= event.ts_us and case.odd(whole) >= FOREIGN:
                because = f"its token lies in a Secret that {event.user_name} read before"
                case.join_place(seen.place, JoinBy.READ, because, Confidence.MEDIUM, evidence=(event.audit_id,))


def elsewhere(case: Members) -> None:
    """The same lasting credential, or the same identity by the same odd program, from further addresses."""
    for place in case.held:
        if place.user in _NOBODY:
            continue
        for seen in case.places.of_user(place.user):
            other = seen.place
            if other == place or case.holds(other) or other in case.held or other.address == place.address:
                continue
            same = bool(place.credential) and other.credential == place.credential
            alike = other.agent == place.agent and is_machine(place.user) and is_hand(place.agent)
            if case.odd(seen) >= FOREIGN and (same or alike):
                what = "the same lasting credential" if same else "the same identity by the same program"
                case.join_place(
                    other, JoinBy.CREDENTIAL, f"{what}, also away from where it is at home", Confidence.MEDIUM
                )
            else:
                because = "the same identity, and nothing else: used from there as always"
                case.leave(named(other), because, other)


def _whole(case: Members, seen: Seen) -> Seen:
    """A place over the whole trail, where it was counted over a part of it."""
    place: Place = seen.place
    if place.user in _NOBODY:
        return seen
    return next((one for one in case.places.of_user(place.user) if one.place == place), seen)


RULES: Final[tuple[Callable[[Members], None], ...]] = (
    same_place,
    children,
    secrets,
    certificates,
    accounts,
    pods,
    entered,
    rights,
    addresses,
    parents,
    read,
    elsewhere,
)


def tokens_of(events: tuple[Happening, ...]) -> dict[str, str]:
    """Credentials that a case used -> whose they are."""
    return {credential_of(event): event.user_name for event in events if credential_of(event)}
