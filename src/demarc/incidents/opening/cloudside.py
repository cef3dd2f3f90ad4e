"""Which calls of the cloud's trail belong to a case: the joins of the cluster, over to the other trail and back.

By address, by the session that somebody signed in to the cluster with, by tokens that the case had made or could have
taken, by keys that lay in Secrets it read, by what let its identities in. What an identity's own pods do from where
they are is left out, with the reason; so is what nobody can tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from demarc.access.techniques.pods import Workloads
from demarc.incidents.clouds.homes import HABIT, SLICES, is_hand, is_public
from demarc.incidents.clouds.sight import CloudSight
from demarc.incidents.detections.cloud import is_lasting
from demarc.incidents.detections.sql import text
from demarc.incidents.opening.cloudkeys import Keys
from demarc.incidents.opening.happenings import Happening
from demarc.incidents.opening.members import Members
from demarc.model.boundary import Confidence
from demarc.model.cloud_calls import CallKind, CloudCall, PrincipalKind
from demarc.model.investigation import Apart, Exposure, Join, JoinBy, Rotate
from demarc.model.snapshot import Snapshot

MOST_CALLS: Final = 5_000
"""Calls of one case that are looked at one by one."""
MOST_AT_ADDRESS: Final = 5
"""Principals that are joined because they call from one address; more of them share it for other reasons."""
_ROUNDS: Final = 8
_EVIDENCE: Final = 20
_DAY_US: Final = 86_400_000_000
_SLACK_US: Final = 5_000_000
_SHORTEST: Final = 8
_NEAR: Final = (Exposure.READ, Exposure.LISTED, Exposure.MOUNTED)


class CloudPart(Struct, frozen=True, kw_only=True):
    """The calls of a case, in order, each with its join; and what was left out."""

    calls: tuple[CloudCall, ...] = ()
    joins: tuple[Join, ...] = ()
    confidence: dict[int, Confidence] = {}
    """Position among the calls -> how sure it is that it belongs here."""
    users: dict[int, str] = {}
    """Position among the calls -> the identity of the cluster behind it."""
    foreign: frozenset[int] = frozenset()
    """Positions of calls that came from elsewhere than the cluster."""
    apart: tuple[Apart, ...] = ()
    left: int = 0
    """Further calls that belong to it, beyond ``MOST_CALLS``."""


class Given(Struct, frozen=True, kw_only=True):
    """What the case is, as far as the cloud's trail can be joined to it."""

    events: tuple[Happening, ...]
    hostile: frozenset[str]
    """Addresses of the case that are nobody else's home."""
    strange: frozenset[str]
    """Ids of events from places where the identity is not at home."""
    rotate: tuple[Rotate, ...] = ()
    snapshot: Snapshot | None = None
    fingerprint: Callable[[str], str] | None = None


def cloud_part(case: Members, sight: CloudSight | None, given: Given) -> CloudPart:
    """The calls that belong to a case."""
    if sight is None or not sight.trail.calls:
        return CloudPart()
    return _Side(case, sight, given).whole()


class _Side:
    def __init__(self, case: Members, sight: CloudSight, given: Given) -> None:
        self._case, self._sight, self._given = case, sight, given
        self._calls = sight.trail.calls
        self._joins: dict[tuple[str, str], Join] = {}
        self._in: dict[int, tuple[str, str]] = {}
        self._apart: dict[str, Apart] = {}
        self._hostile = {address for address in given.hostile if is_public(address)} - sight.inside
        self._sessions: dict[str, str] = {}
        """Session that is the case's -> why."""
        self._round = 0
        self._at: dict[str, list[int]] = {}
        self._by_session: dict[str, list[int]] = {}
        self._by_issued: dict[str, list[int]] = {}
        for at, call in enumerate(self._calls):
            self._at.setdefault(call.address, []).append(at)
            if call.session:
                self._by_session.setdefault(call.session, []).append(at)
            if call.issued:
                self._by_issued.setdefault(call.issued, []).append(at)

    def whole(self) -> CloudPart:
        """Join until nothing more belongs to the case."""
        for number in range(1, _ROUNDS + 1):
            self._round, before = number, len(self._in)
            if number == 1:
                self._signed_in()
                self._workloads()
                self._nodes()
                self._keys()
                self._let_in()
            self._addresses()
            self._lineage()
            if len(self._in) == before and number > 1:
                break
        self._switches()
        kept = sorted(self._in)[:MOST_CALLS]
        return CloudPart(
            calls=tuple(self._calls[at] for at in kept),
            joins=tuple(self._joins[key] for key in dict.fromkeys(self._in[at] for at in kept)),
            confidence={n: self._joins[self._in[at]].confidence for n, at in enumerate(kept)},
            users={n: self._sight.who(self._calls[at]) for n, at in enumerate(kept)},
            foreign=frozenset(n for n, at in enumerate(kept) if self._is_foreign(self._calls[at])),
            apart=tuple(self._apart.values()),
            left=len(self._in) - len(kept),
        )

    def _is_foreign(self, call: CloudCall) -> bool:
        return call.address in self._hostile or bool(self._sight.who(call) and self._sight.whence(call).foreign)

    def _join(self, at: int, by: JoinBy, because: str, confidence: Confidence, evidence: tuple[str, ...] = ()) -> None:
        call = self._calls[at]
        window = self._case.window
        held = self._joins[self._in[at]] if at in self._in else None
        if held is not None and _order(held.confidence) <= _order(confidence):
            return
        if not window.since_us <= call.at_us <= window.until_us:
            return
        key = (f"{call.principal} {call.session} {call.address}", because)
        known = self._joins.get(key)
        ids = evidence if known is None else known.evidence
        if call.id and len(ids) < _EVIDENCE:
            ids = (*ids, call.id)
        if known is None:
            known = Join(
                what=f"calls to the cloud {_named(call)}",
                by=by,
                because=because,
                confidence=confidence,
                round=self._round,
            )
        self._joins[key] = msgspec.structs.replace(known, evidence=ids)
        self._in[at] = key
        for session in (call.issued, call.session if self._is_one_session(call, by) else ""):
            if session:
                self._sessions.setdefault(session, because)

    def _is_one_session(self, call: CloudCall, by: JoinBy) -> bool:
        """Whether a session is the intruder's as a whole: no lasting key, and none that is used from elsewhere too."""
        if is_lasting(call):
            return False
        at = {self._calls[one].address for one in self._by_session.get(call.session, ())}
        return by is not JoinBy.ADDRESS or at <= self._hostile

    def _leave(self, call: CloudCall, because: str) -> None:
        what = f"calls to the cloud {_named(call)}"
        self._apart.setdefault(f"{what} {because}", Apart(what=what, because=because))

    def _signed_in(self) -> None:
        """The sessions of the cloud with which the case signed in to the cluster (EKS writes them down)."""
        for event in self._given.events:
            session = _extra(event, "accessKeyId")
            for at in self._by_session.get(session, ()) if session else ():
                because = "the same session of the cloud signed in to the cluster as the case"
                self._join(at, JoinBy.CREDENTIAL, because, Confidence.HIGH, (event.audit_id,))

    def _workloads(self) -> None:
        """Identities of service accounts whose tokens the case had made, used, or could take from a pod it entered."""
        held = self._tokens()
        for at, behind in self._sight.behind.items():
            call = self._calls[at]
            for since, evidence, because, by in held.get(behind.user, ()):
                if call.at_us + _SLACK_US < since:
                    continue
                whence = self._sight.whence(call)
                if whence.foreign:
                    exact = by is JoinBy.LINEAGE and behind.confidence is Confidence.HIGH
                    sure = Confidence.HIGH if exact else _weaker(behind.confidence, Confidence.MEDIUM)
                    self._join(at, by, f"{because}; {whence.because}", sure, (evidence,))
                    break
                told = "its own pods do so from there as well" if whence.foreign is False else whence.because
                self._leave(call, f"{because}, but {told}")

    def _tokens(self) -> dict[str, list[tuple[int, str, str, JoinBy]]]:
        """User name of an account -> since when, by which event and why the case may hold a token of it."""
        found: dict[str, list[tuple[int, str, str, JoinBy]]] = {}
        for event in self._given.events:
            if event.issued_credential_id and event.done:
                user = f"system:serviceaccount:{event.namespace}:{event.name}"
                told = (event.ts_us, event.audit_id, f"{event.user_name} had a token of {user} made", JoinBy.LINEAGE)
                found.setdefault(user, []).append(told)
            if event.event_id in self._given.strange and event.user_name.startswith("system:serviceaccount:"):
                told = (event.ts_us, event.audit_id, f"the case used {event.user_name}", JoinBy.CREDENTIAL)
                found.setdefault(event.user_name, []).append(told)
            if event.entered and event.subresource in {"exec", "attach"}:
                for user in self._running(event):
                    because = f"the case entered pod {event.namespace}/{event.name}, which runs as {user}"
                    found.setdefault(user, []).append((event.ts_us, event.audit_id, because, JoinBy.ENTERED))
        return {user: _first_of_each(ones) for user, ones in found.items()}

    def _running(self, event: Happening) -> Iterator[str]:
        """User names of the accounts that a pod runs as, out of the trail or the snapshot."""
        account = text(f"system:serviceaccount:{event.namespace}:%")
        bound = self._case.places.matching(f"token_pod = {text(event.name)} AND user_name LIKE {account}")
        yield from dict.fromkeys(seen.place.user for seen in bound)
        if self._given.snapshot is not None:
            running = Workloads(self._given.snapshot).of_pod.get((event.namespace, event.name))
            if running is not None and running.account:
                yield f"system:serviceaccount:{event.namespace}:{running.account}"

    def _nodes(self) -> None:
        """Identities of nodes used from elsewhere, once the case was on a node or in a pod that may reach it."""
        got_in = [one for one in self._given.events if one.entered or (one.resource == "pods" and one.verb == "create")]
        first = next((one for one in got_in if not one.refused), None)
        for at, call in enumerate(self._calls):
            if not self._sight.is_node(call) or not self._sight.whence(call).foreign:
                continue
            if first is None or call.at_us < first.ts_us:
                self._leave(call, "a node's identity, used from elsewhere; nothing in the case led to a node before")
            else:
                because = f"a node's identity, used from elsewhere after {first.user_name} got into {first.target}"
                self._join(at, JoinBy.ENTERED, because, Confidence.MEDIUM, (first.audit_id,))

    def _keys(self) -> None:
        """Lasting keys of the cloud that lay in Secrets which the case read, where they turn up in a new place."""
        lasting = [at for at, call in enumerate(self._calls) if is_lasting(call)]
        near = {f"{one.namespace}/{one.name}": one for one in self._given.rotate if one.exposure in _NEAR}
        if not lasting or not near:
            return
        times = {event.audit_id: event.ts_us for event in self._given.events}
        keys = Keys(self._given.snapshot, self._given.fingerprint, near)
        holds = keys.held(one for at in lasting for one in (self._calls[at].session, *self._calls[at].principal_ids))
        seen: dict[str, set[str]] = {}
        for at in lasting:
            call = self._calls[at]
            places = seen.setdefault(call.session, set())
            secret = next((holds[one] for one in (call.session, *call.principal_ids) if one in holds), "")
            since = min((times[one] for one in near[secret].evidence if one in times), default=0) if secret else 0
            is_new = call.address not in places and is_public(call.address)
            places.add(call.address)
            if secret and since <= call.at_us:
                if is_new and (len(places) > 1 or call.address in self._hostile):
                    because = f"its key lies in Secret {secret}, which the case read; it is new at this address"
                    self._join(at, JoinBy.READ, because, Confidence.HIGH, near[secret].evidence[:1])
                    self._note(call)
                elif call.address in self._hostile:
                    self._join(
                        at, JoinBy.READ, f"its key lies in Secret {secret}, which the case read", Confidence.HIGH
                    )
                else:
                    self._leave(call, f"its key lies in Secret {secret}, and was used from there as always")
            elif not secret and is_new and len(places) > 1 and is_hand(call.agent) and keys.may_hold(times, call.at_us):
                because = "a lasting key in a new place after the case read Secrets that seem to hold such keys"
                self._join(at, JoinBy.READ, because, Confidence.LOW)

    def _let_in(self) -> None:
        """What let an identity of the case into the cluster, and the credential that was handed out before."""
        names: dict[str, Happening] = {}
        for event in self._given.events:
            for name in (event.user_name, event.user_arn, _extra(event, "oid")):
                if len(name) >= _SHORTEST and not name.startswith("system:"):
                    names.setdefault(name.lower(), event)
        local = next((event for event in self._given.events if event.user_name == "masterclient"), None)
        handed = -1
        for at, call in enumerate(self._calls):
            if not call.done or not self._sight.is_about(call):
                continue
            if call.kind is CallKind.CLUSTER_ACCESS:
                used = next((one for name, one in names.items() if name in call.detail.lower()), None)
                if used is not None:
                    self._about(at, used)
            if call.kind is CallKind.CLUSTER_CREDENTIAL and local is not None:
                recent = local.ts_us - _DAY_US <= call.at_us <= local.ts_us
                handed = at if recent and ("admin" in call.name.lower() or handed < 0) else handed
        if handed >= 0 and local is not None:
            because = "the last time before it was used that the local administrator's credential was handed out"
            self._join(handed, JoinBy.LINEAGE, because, Confidence.LOW, (local.audit_id,))

    def _about(self, at: int, used: Happening) -> None:
        """What lets in an identity of the case: a step of it where the identity is used for the first time after it."""
        call = self._calls[at]
        first = min((seen.first_us for seen in self._case.places.of_user(used.user_name)), default=used.ts_us)
        because = f"it is about {used.user_name}, which the case used"
        if self._case.trail.since_us <= call.at_us <= first <= call.at_us + _DAY_US:
            because += ", and which was not used before"
            self._join(at, JoinBy.RIGHT, because, Confidence.MEDIUM, (used.audit_id,))
        else:
            self._leave(call, f"{because}; if that was not meant, look at who asked for it")

    def _at_home(self, calls: list[int]) -> bool:
        """Whether calls go on all day: this is where they come from, whoever else came by."""
        trail = self._sight.trail
        width = max(1, (trail.until_us - trail.since_us) // SLICES + 1)
        return len({(self._calls[at].at_us - trail.since_us) // width for at in calls}) >= HABIT

    def _addresses(self) -> None:
        """Whoever calls from an address of the case, but for those who do so all day."""
        for address in sorted(self._hostile):
            calls = self._at.get(address, [])
            who = {self._calls[at].principal for at in calls}
            if len(who) > MOST_AT_ADDRESS:
                self._leave(self._calls[calls[0]], f"{len(who)} principals share the address {address}")
                continue
            for principal in who:
                ones = [at for at in calls if self._calls[at].principal == principal]
                if self._at_home(ones):
                    self._leave(self._calls[ones[0]], f"only the address {address} is the same; it is at home there")
                    continue
                for at in ones:
                    self._join(at, JoinBy.ADDRESS, f"the address {address} is the case's", Confidence.HIGH)

    def _lineage(self) -> None:
        """What was done with a session that the case was given, and the call that gave out one that it used."""
        for session, because in tuple(self._sessions.items()):
            for at in self._by_session.get(session, ()):
                call = self._calls[at]
                self._join(at, JoinBy.LINEAGE, f"the session that was given out: {because}", Confidence.HIGH)
                if is_public(call.address) and at in self._in and self._sight.whence(call).foreign is not False:
                    self._note(call)
            for at in self._by_issued.get(session, ()):
                self._join(at, JoinBy.LINEAGE, f"it gave out a session that the case used: {because}", Confidence.HIGH)

    def _note(self, call: CloudCall) -> None:
        """An address from which a session of the case was used is the case's, where few others call from."""
        others = {self._calls[at].principal for at in self._at.get(call.address, ())}
        if call.address not in self._sight.inside and len(others) <= MOST_AT_ADDRESS:
            self._hostile.add(call.address)

    def _switches(self) -> None:
        """Logging that was switched off about then by somebody else: nothing ties it, and it must not be overlooked."""
        since, until = self._given.events[0].ts_us - _DAY_US, self._given.events[-1].ts_us + _DAY_US
        for at, call in enumerate(self._calls):
            is_off = call.kind is CallKind.LOGGING_OFF and call.done and self._sight.is_about(call)
            if is_off and at not in self._in and since <= call.at_us <= until:
                self._leave(
                    call, f"it switched off {call.detail} about the time of the case; nothing else ties it: ask"
                )


def _named(call: CloudCall) -> str:
    who = call.principal or "nobody who is named"
    kind = " (a service of the cloud)" if call.principal_kind is PrincipalKind.PROVIDER else ""
    return f"as {who}{kind} from {call.address or 'an address that is not recorded'}"


def _extra(event: Happening, key: str) -> str:
    """What the authenticator says of a user beside the name: on EKS ``accessKeyId``, on AKS ``oid``."""
    if f'"{key}"' not in event.user_extra:
        return ""
    try:
        extra: Any = msgspec.json.decode(event.user_extra)
    except msgspec.DecodeError:
        return ""
    found = extra.get(key) if isinstance(extra, dict) else None
    first = found[0] if isinstance(found, list) and found else found
    return first if isinstance(first, str) else ""


def _first_of_each(ones: list[tuple[int, str, str, JoinBy]]) -> list[tuple[int, str, str, JoinBy]]:
    """The first of each way, the surest way first."""
    order = (JoinBy.LINEAGE, JoinBy.CREDENTIAL, JoinBy.ENTERED)
    return [min(same) for by in order if (same := [one for one in ones if one[3] is by])]


def _weaker(one: Confidence, other: Confidence) -> Confidence:
    return max(one, other, key=_order)


def _order(one: Confidence) -> int:
    return list(Confidence).index(one)
