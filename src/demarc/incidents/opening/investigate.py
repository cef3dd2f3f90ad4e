"""Opens a case: leads, seed, joins, steps, verdict, what was reached, left and exposed, and what could not be seen.

The order of things only; each has its module. Attribution is asked, not done here: the steps become an incident in the
words of the facts, and the rules that judge descriptions by hand judge it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date

import msgspec
from msgspec import Struct

from demarc.access.authorizer import Authorizer
from demarc.access.graph import Graph
from demarc.access.graph.places import choose
from demarc.access.graph.radius import radius
from demarc.access.identity import service_account
from demarc.events.coverage import Coverage
from demarc.events.interface import Engine
from demarc.incidents.attribute import attribute
from demarc.incidents.described import case_of
from demarc.incidents.detections import Given, Trail, look_at, run_detections
from demarc.incidents.opening.births import births, credential_of, made_by, minted_by_hand
from demarc.incidents.opening.cloudside import MOST_CALLS, CloudPart, cloud_part
from demarc.incidents.opening.cloudside import Given as CaseGiven
from demarc.incidents.opening.credentials import exposed
from demarc.incidents.opening.exposure import to_rotate
from demarc.incidents.opening.grants import grants
from demarc.incidents.opening.happenings import Happening, answered, moment
from demarc.incidents.opening.joining import close, tokens_of
from demarc.incidents.opening.labels import labels
from demarc.incidents.opening.leads import STRONG_ODD, leads
from demarc.incidents.opening.leavings import touched
from demarc.incidents.opening.members import Members
from demarc.incidents.opening.oddness import FOREIGN
from demarc.incidents.opening.origin import Origin, of_everybody, origin
from demarc.incidents.opening.parts import Parts
from demarc.incidents.opening.places import Places
from demarc.incidents.opening.scene import nodes_of, pods_of, sessions_of, used_of
from demarc.incidents.opening.seeds import Hints, begin
from demarc.incidents.opening.story import Teller, Told
from demarc.incidents.opening.unseen import unseen
from demarc.model.boundary import Confidence
from demarc.model.detections import Outcome
from demarc.model.errors import DemarcError
from demarc.model.evidence import Gap, GapReason
from demarc.model.exposure import LeftBehind, Proof
from demarc.model.graph import Thing
from demarc.model.incidents import ClusterFacts, Day, Incident, IncidentKind
from demarc.model.inventory import Inventory
from demarc.model.investigation import (
    BirthBy,
    Fate,
    Investigation,
    Lead,
    Reached,
    Rival,
    Rotate,
    Touched,
)
from demarc.model.snapshot import Snapshot


class Around(Struct, frozen=True, kw_only=True):
    """The cluster around the trail, as far as it was given."""

    snapshot: Snapshot | None = None
    inventory: Inventory | None = None
    graph: Graph | None = None
    authorizer: Authorizer | None = None
    fingerprint: Callable[[str], str] | None = None
    """Keyed fingerprint of an id, as those of the snapshot's Secrets were made."""
    covered: Callable[[int, int], tuple[tuple[str, Coverage], ...]] | None = None
    """What would have been logged between two moments, by what an investigation asks first."""


class Opened(Struct, frozen=True, kw_only=True):
    """What came of it. Without an investigation nothing was strong enough to begin with; the leads say why."""

    trail: Trail
    outcomes: tuple[Outcome, ...]
    leads: tuple[Lead, ...]
    investigation: Investigation | None
    events: tuple[Happening, ...] = ()
    """All events of the case, in order."""


def look_for_leads(engine: Engine, trail: Trail, given: Given) -> tuple[Places, tuple[Outcome, ...], tuple[Lead, ...]]:
    """Run the detections and rank what they found."""
    places = Places(engine, trail)
    outcomes = run_detections(engine, trail, given)
    return places, outcomes, leads(outcomes, places, trail, minted=minted_by_hand(engine))


def investigate(engine: Engine, hints: Hints, given: Given, around: Around) -> Opened:
    """Open a case. Raises DemarcError where a hint matches nothing, or the trail is empty."""
    trail = look_at(engine)
    given = given.beside(engine, trail)
    places, outcomes, ranked = look_for_leads(engine, trail, given)
    if not trail.events:
        raise DemarcError("the trail is empty", todo="give audit logs as --events, or a store that holds some")
    case = Members(engine, trail, places, hints.window, minted_by_hand(engine))
    if not begin(case, hints, ranked):
        return Opened(trail=trail, outcomes=outcomes, leads=ranked, investigation=None)
    close(case)
    if not case.events:
        raise DemarcError("nothing in this trail belongs to the case in that time", todo="widen --since and --until")
    found = _Opening(case, outcomes, ranked, given, around).whole()
    return Opened(trail=trail, outcomes=outcomes, leads=ranked, investigation=found, events=tuple(case.ordered()))


class _Opening:
    """One case that is closed under joining, on its way to an Investigation."""

    def __init__(
        self, case: Members, outcomes: tuple[Outcome, ...], ranked: tuple[Lead, ...], given: Given, around: Around
    ) -> None:
        self._case, self._outcomes, self._ranked, self._given, self._around = case, outcomes, ranked, given, around
        self._all = tuple(case.ordered())
        self._events = answered(self._all)
        self._labels = labels(case.engine, given, outcomes, self._all)
        self._grants = grants(case.engine, self._events, around.snapshot)
        self._touched = touched(case.engine, self._events, around.snapshot, self._labels)
        self._births = births(case.engine, {**tokens_of(self._events), **self._made()})
        self._rotate = to_rotate(
            case.engine, self._events, self._touched, self._around.snapshot, self._around.authorizer
        )
        self._cloud = self._cloud_part()

    def whole(self) -> Investigation:
        """Put it together."""
        first = self._events[0]
        homes = tuple(
            seen
            for seen in self._case.places.of_user(first.user_name)
            if not self._case.holds(seen.place) and seen.place.address != first.address
        )
        maker = made_by(self._case.engine, {credential_of(first)} - {""}).get(credential_of(first))
        start: Origin | None = None
        rivals: tuple[Rival, ...] = ()
        if first.user_name == "system:anonymous":
            start = of_everybody(self._events, {grant.binding: grant for grant in self._grants})
        elif self._is_odd(first):
            start, rivals = origin(self._events, homes, self._around.snapshot, maker)
        parts = Parts(self._grants, self._touched)
        told = Teller(parts, self._labels, self._born(), self._foreign()).tell(
            self._events, {event: join.confidence for event, join in self._case.via.items()}, start, self._cloud
        )
        steps_of = {audit: one.step.n for one in told for audit in one.step.evidence}
        rotate = tuple(_with_steps(one, steps_of) for one in self._rotate)
        incident = self._incident(told, parts, rotate, steps_of)
        verdict = attribute(incident)
        case = msgspec.structs.replace(
            case_of(incident, verdict),
            provider=self._provider(),
            cluster=self._cluster_name(),
            since=self._events[0].at,
            until=self._events[-1].at,
            sessions=sessions_of(self._events),
            identities=used_of(self._events, self._born()),
            pods=tuple(pod for pod in pods_of(self._events) if pod not in self._gone_pods()),
            nodes=nodes_of(self._case.engine, self._events, self._around.snapshot),
            exported=Proof.YES if self._reaches_around() else Proof.UNKNOWN,
            gaps=self._gaps(),
        )
        return Investigation(
            incident=incident,
            verdict=verdict,
            case=case,
            title=incident.title,
            confidence=max((one.confidence for one in told if one.events), key=list(Confidence).index),
            leads=self._ranked,
            outcomes=self._outcomes,
            joins=(*self._case.joined, *self._cloud.joins),
            apart=(*self._case.apart, *self._cloud.apart),
            births=self._births,
            grants=self._grants,
            touched=self._touched,
            rotate=rotate,
            reached=self._reached(),
            rivals=rivals,
            unseen=unseen(
                self._events,
                self._outcomes,
                self._case.trail,
                steps_of,
                covered=self._coverage(),
                cloud=self._given.cloud,
            ),
            detections={one.step.n: one.detections for one in told},
            step_confidence={one.step.n: one.confidence for one in told},
            events=tuple(event.event_id for event in self._all),
            gaps=self._gaps(),
            calls=self._cloud.calls,
        )

    def _gaps(self) -> tuple[Gap, ...]:
        """What of the case could not be looked at, in both trails."""
        if not self._cloud.left:
            return tuple(self._case.gaps)
        detail = f"a case holds at most {MOST_CALLS:,} calls to the cloud; {self._cloud.left:,} more belong to it"
        todo = "narrow the time with --since and --until"
        return (*self._case.gaps, Gap(what="calls to the cloud", reason=GapReason.TOO_LARGE, detail=detail, todo=todo))

    def _is_foreign(self, event: Happening) -> bool:
        return self._oddness(event) >= FOREIGN

    def _is_odd(self, event: Happening) -> bool:
        return self._oddness(event) >= STRONG_ODD

    def _oddness(self, event: Happening) -> float:
        seen = next((one for one in self._case.places.of_user(event.user_name) if one.place == event.place), None)
        return self._case.odd(seen) if seen is not None else 0.0

    def _foreign(self) -> frozenset[str]:
        odd = {place: self._is_foreign(event) for place, event in {e.place: e for e in self._events}.items()}
        return frozenset(event.event_id for event in self._events if odd[event.place])

    def _made(self) -> dict[str, str]:
        """Tokens that the case had made, whether they were used or not."""
        return {
            event.issued_credential_id: f"system:serviceaccount:{event.namespace}:{event.name}"
            for event in self._events
            if event.issued_credential_id and event.done
        }

    def _gone_pods(self) -> set[str]:
        return {f"{one.namespace}/{one.name}" for one in self._touched if one.kind == "pods" and one.fate is Fate.GONE}

    def _born(self) -> frozenset[str]:
        made = {
            f"Secret {one.namespace}/{one.name}"
            for one in self._touched
            if one.kind == "secrets" and "create" in one.done
        }
        return frozenset({*self._made(), *made, *self._certificates()})

    def _certificates(self) -> set[str]:
        ids = {event.audit_id for event in self._events}
        return {one.credential for one in self._births if one.by is BirthBy.CERTIFICATE and ids & set(one.evidence)}

    def _cloud_part(self) -> CloudPart:
        """Calls of the cloud's trail that belong to the case."""
        strange = self._foreign()
        given = CaseGiven(
            events=self._events,
            hostile=frozenset(event.address for event in self._events if event.event_id in strange and event.address),
            strange=strange,
            rotate=self._rotate,
            snapshot=self._around.snapshot,
            fingerprint=self._around.fingerprint,
        )
        return cloud_part(self._case, self._given.cloud, given)

    def _incident(
        self, told: tuple[Told, ...], parts: Parts, rotate: tuple[Rotate, ...], steps_of: dict[str, int]
    ) -> Incident:
        first, last = self._events[0].at.date(), self._events[-1].at.date()
        credentials = exposed(self._events, rotate, self._cloud, self._around.snapshot, steps_of)
        return Incident(
            id=self._id(),
            title=self._title(),
            kind=IncidentKind.INCIDENT,
            cluster=ClusterFacts(provider=self._provider().replace("_", "-"), model=self._model(), facts=self._facts()),
            since=_day(first),
            until=_day(last),
            components=parts.all,
            steps=tuple(one.step for one in told),
            exposed=credentials,
            left_behind=tuple(_left(one) for one in self._touched if one.is_backdoor),
        )

    def _id(self) -> str:
        digest = hashlib.sha256("\n".join(event.event_id for event in self._events[:1]).encode()).hexdigest()
        return f"case-{self._events[0].at:%Y%m%d}-{digest[:8]}"

    def _title(self) -> str:
        first = self._events[0]
        account = service_account(first.user_name)
        who = f"service account {'/'.join(account)}" if account else first.user_name or "somebody who did not sign in"
        key = f" by the lasting token in Secret {first.legacy_secret}" if first.legacy_secret else ""
        return f"{who}, used from {first.address or 'an unknown address'}{key}"

    def _coverage(self) -> tuple[tuple[str, Coverage], ...]:
        if self._around.covered is None:
            return ()
        return self._around.covered(self._events[0].ts_us, self._events[-1].ts_us)

    def _provider(self) -> str:
        inventory = self._around.inventory
        if inventory is not None and inventory.cluster.identified:
            return inventory.cluster.provider
        shapes = {"cloudwatch": "eks", "aks-diagnostic": "aks", "aks-table": "aks", "gke": "gke"}
        return next((shapes[shape] for shape in self._case.trail.shapes if shape in shapes), "self_managed")

    def _cluster_name(self) -> str:
        return self._around.inventory.cluster.name if self._around.inventory is not None else ""

    def _model(self) -> str | None:
        models = self._around.inventory.models if self._around.inventory is not None else ()
        return models[0] if len(models) == 1 else None

    def _facts(self) -> dict[str, str]:
        cluster = self._around.inventory.cluster if self._around.inventory is not None else None
        facts = {"viewpoint": "cluster_operator"}
        if cluster is not None:
            known = {
                "name": cluster.name,
                "account": cluster.account,
                "region": cluster.region,
                "version": cluster.version,
            }
            facts.update({name: value for name, value in known.items() if value})
        return facts

    def _reaches_around(self) -> bool:
        """Whether the trail begins before the case and goes on after it."""
        trail = self._case.trail
        return trail.since_us < self._events[0].ts_us and trail.until_us > self._events[-1].ts_us

    def _reached(self) -> tuple[Reached, ...]:
        graph = self._around.graph
        if graph is None:
            return ()
        users = dict.fromkeys(
            name for event in self._events for name in (event.user_name, event.impersonated_user) if name
        )
        words = {user: _word(user) for user in users}
        words |= {call.role: f"{Thing.CLOUD_ROLE.value}:{call.role}" for call in self._cloud.calls if call.role}
        found = []
        for user, word in words.items():
            try:
                found.append(Reached(identity=user, radius=radius(graph, choose(graph, word))))
            except DemarcError:
                # The snapshot knows no such identity: deleted since, or never there.
                continue
        return tuple(found)


def _word(user: str) -> str:
    """An identity as the graph is asked for it."""
    account = service_account(user)
    return f"sa:{account[0]}/{account[1]}" if account else f"user:{user}"


def _with_steps(one: Rotate, steps_of: dict[str, int]) -> Rotate:
    steps = tuple(dict.fromkeys(steps_of[audit] for audit in one.evidence if audit in steps_of))
    return msgspec.structs.replace(one, steps=steps)


def _left(one: Touched) -> LeftBehind:
    return LeftBehind(
        kind=one.kind,
        name=one.name,
        namespace=one.namespace,
        made_at=moment(one.at_us),
        made_by=one.by,
        evidence=one.evidence,
        is_changed="create" not in one.done,
    )


def _day(when: date) -> Day:
    return Day(first=when, last=when, text=when.isoformat())
