"""What belongs to such a case and this trail cannot show: beside what was not seen, what could not have been."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.catalog.detections import detections
from demarc.events.coverage import Coverage, Proof
from demarc.incidents.clouds.sight import CloudSight
from demarc.incidents.detections.trail import Trail
from demarc.incidents.opening.happenings import Happening
from demarc.model.cloud_calls import LOSES as LOST_OF_CLOUD
from demarc.model.detections import Level, Need, Outcome, State
from demarc.model.events import LOSES, Shape
from demarc.model.investigation import Unseen


def unseen(
    events: tuple[Happening, ...],
    outcomes: tuple[Outcome, ...],
    trail: Trail,
    steps_of: dict[str, int],
    *,
    covered: tuple[tuple[str, Coverage], ...] = (),
    cloud: CloudSight | None = None,
) -> tuple[Unseen, ...]:
    """All of it; ``steps_of``: audit id -> number of the step; ``covered``: what would have been logged at all."""
    found = [
        *_of_pods(events, steps_of),
        *_not_covered(covered),
        *_of_shape(trail),
        *_of_outcomes(outcomes, cloud),
        *_of_cloud(cloud),
        *_of_events(events, trail),
    ]
    return tuple({one.what: one for one in found}.values())


def _of_pods(events: tuple[Happening, ...], steps_of: dict[str, int]) -> Iterator[Unseen]:
    inside = [event for event in events if event.entered]
    if inside:
        yield Unseen(
            what="what was typed and answered inside of pods that were entered, and whether the command ran",
            why="the API server only sees that the connection was made; input and output go past it",
            look_in="a sensor on the node, logs of the container runtime, the node's disk",
            steps=_steps(inside, steps_of),
        )
    asked = [event for event in inside if "169.254.169.254" in event.command or "metadata" in event.command]
    if asked:
        yield Unseen(
            what="the answer of the metadata service, and what was done in the cloud with the node's role",
            why="the metadata service keeps no log",
            look_in="the cloud's own trail, by the role and the address",
            steps=_steps(asked, steps_of),
        )
    nodes = [event for event in events if event.resource == "nodes" and event.subresource == "proxy" and event.entered]
    made = [event for event in events if event.resource == "pods" and event.verb == "create" and event.done]
    if made or nodes:
        yield Unseen(
            what="what ran in pods that the case made, and calls to kubelets past the API server",
            why="neither goes through the API server",
            look_in="a sensor on the node, the kubelet's log, flow logs",
            steps=_steps(made or nodes, steps_of),
        )


def _not_covered(covered: tuple[tuple[str, Coverage], ...]) -> Iterator[Unseen]:
    """What is not in the trail, and whose absence proves nothing; by the reason."""
    by_reason: dict[str, list[str]] = {}
    for title, one in covered:
        if not one.seen and one.absence is not Proof.YES:
            by_reason.setdefault(one.reasons[0], []).append(title)
    for why, titles in by_reason.items():
        yield Unseen(
            what=f"whether {'; '.join(titles)}: nothing of it is in this trail, and that proves nothing",
            why=why,
            look_in="demarc events coverage says for each request what would have been logged",
        )


def _steps(events: list[Happening], steps_of: dict[str, int]) -> tuple[int, ...]:
    return tuple(sorted({steps_of[event.audit_id] for event in events if event.audit_id in steps_of}))


def _of_shape(trail: Trail) -> Iterator[Unseen]:
    for shape in trail.shapes:
        lost = LOSES[Shape(shape)]
        if lost:
            yield Unseen(
                what=f"of every event: {', '.join(lost)}",
                why=f"the shape {shape} does not carry it",
                look_in="the audit log of the API server itself, where it can be had",
            )
    if not trail.has[Need.EVENTS]:
        yield Unseen(
            what="deletion of Kubernetes events",
            why="no write of core Events is in this trail: the audit policy leaves them out, as EKS's does",
            look_in="nowhere; that events of the time are missing from the cluster is all there is",
        )
    if trail.cut:
        yield Unseen(
            what=f"parts of {trail.cut:,} records",
            why="their carrier cut them",
            look_in="the source from which they were exported",
        )


def _of_outcomes(outcomes: tuple[Outcome, ...], sight: CloudSight | None) -> Iterator[Unseen]:
    blind = [one for one in outcomes if one.state is State.UNKNOWN]
    bodies = [one for one in blind if Need.BODY in detections()[one.detection].needs]
    if bodies:
        titles = sorted(detections()[one.detection].title for one in bodies)
        yield Unseen(
            what=f"{len(titles)} kinds of things that only a body shows: {', '.join(titles[:4]).lower()} and the like",
            why="the audit policy records these requests without their body",
            look_in="the objects themselves, in a snapshot; the audit policy, for the next time",
        )
    cloud = [one for one in blind if detections()[one.detection].level is Level.CLOUD]
    if cloud and sight is None:
        yield Unseen(
            what="whether identities of the cloud were taken on, and whether logging was switched off",
            why="the cloud's own trail was not given",
            look_in="CloudTrail, Google Cloud audit logs, or the Azure Activity and Entra logs, given as --cloud-trail",
        )
    by_reason: dict[str, list[str]] = {}
    for one in cloud if sight is not None else ():
        by_reason.setdefault(one.why, []).append(detections()[one.detection].title)
    for why, titles in by_reason.items():
        yield Unseen(
            what=f"in the cloud: {'; '.join(titles).lower()}", why=why, look_in="more of the cloud's own trail"
        )
    reads = [one for one in blind if Need.READS in detections()[one.detection].needs]
    if reads:
        yield Unseen(
            what="reads of Secrets",
            why=reads[0].why,
            look_in="the full audit log: kube-audit instead of kube-audit-admin, Data Access logs on GKE",
        )


def _of_cloud(sight: CloudSight | None) -> Iterator[Unseen]:
    """What the shapes of the cloud's trail lose, and what of it could not be read."""
    if sight is None:
        return
    for shape in sight.trail.shapes:
        if shape in LOST_OF_CLOUD:
            yield Unseen(
                what=f"of calls to the cloud: {LOST_OF_CLOUD[shape]}",
                why=f"the shape {shape.value} does not carry it",
                look_in="",
            )
    bad = sum(count for _, count in sight.trail.rejects)
    if bad:
        why = "; ".join(f"{says} ({count:,})" for says, count in sight.trail.rejects[:3])
        yield Unseen(what=f"{bad:,} records of the cloud's trail", why=why, look_in="the export that they came from")


def _of_events(events: tuple[Happening, ...], trail: Trail) -> Iterator[Unseen]:
    if events and events[0].ts_us - trail.since_us < (trail.until_us - trail.since_us) // 100:
        yield Unseen(
            what="what came before the first event of the case",
            why="the case begins where the trail begins",
            look_in="an older trail",
        )
    if any(event.id_reused for event in events):
        yield Unseen(
            what="the true order of requests that share an audit id",
            why="somebody chose the id",
            look_in="the position of the record in its source",
        )
