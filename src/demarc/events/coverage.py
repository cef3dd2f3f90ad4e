"""Would it have been logged here at all? Joins the audit policy, the logs that are on, and what a trail itself shows.

"It is not in the trail" proves that it did not happen only where it would have been written, delivered, kept over the
whole time, and imported without loss. What of this is not known makes the answer unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from demarc.events.interface import Engine
from demarc.events.policy import AuditPolicy, Level, Question, Written, written
from demarc.events.published import Published, Switch, unclear
from demarc.events.query import queries
from demarc.events.store import Store
from demarc.model.events import LOSES, Shape

SILENCE_US: Final = 900_000_000
"""A quarter of an hour without any event: control planes renew leases every few seconds."""


class Proof(StrEnum):
    """Whether something holds."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Silence(Struct, frozen=True, kw_only=True):
    """A time in which a trail holds nothing."""

    since_us: int
    until_us: int


class Kind(Struct, frozen=True, kw_only=True):
    """Events of one kind in a trail."""

    group: str
    resource: str
    subresource: str
    verb: str
    level: str
    events: int
    by_others: int
    """By users that are no part of the control plane or the nodes."""


class Trail(Struct, frozen=True, kw_only=True):
    """What a stored trail shows about itself."""

    first_us: int
    last_us: int
    silences: tuple[Silence, ...]
    kinds: tuple[Kind, ...]
    shapes: tuple[str, ...]
    lost: int
    """Records that could not be read, and those that were cut."""
    damaged: tuple[str, ...]
    """Sources that could not be read to their end."""


class Coverage(Struct, frozen=True, kw_only=True):
    """Whether a request would have been logged, and what its absence proves."""

    question: Question
    written: Proof
    levels: tuple[Level, ...]
    """Every level at which it may be written; empty where no policy is known."""
    rules: tuple[int, ...]
    """Numbers of the policy's rules that may decide; 0 for none of them."""
    delivered: Proof
    seen: int | None
    """Events of the kind in the trail, whoever made them; None without a trail, and for URLs that are no resource."""
    absence: Proof
    """Whether "it is not there" proves that it did not happen."""
    reasons: tuple[str, ...]
    """Why, the weightiest first; never empty."""


def trail_of(store: Store, engine: Engine) -> Trail:
    """What a trail shows about itself. The engine must have the store's table."""
    sources = store.manifest.sources
    kinds = engine.run(queries()["kinds"]).dicts()
    counted: dict[tuple[str, ...], list[int]] = {}
    for row in kinds:
        key = tuple(str(row[name]) for name in ("api_group", "resource", "subresource", "verb", "level"))
        counts = counted.setdefault(key, [0, 0])
        counts[0] += int(row["events"] or 0)
        counts[1] += int(row["by_others"] or 0)
    silences = engine.run(queries()["gaps"], {"longer_us": SILENCE_US}).dicts()
    return Trail(
        first_us=min((source.first_us for source in sources if source.first_us), default=0),
        last_us=max((source.last_us for source in sources), default=0),
        silences=tuple(
            Silence(since_us=int(row["since_us"] or 0), until_us=int(row["until_us"] or 0)) for row in silences
        ),
        kinds=tuple(
            Kind(
                group=key[0], resource=key[1], subresource=key[2], verb=key[3], level=key[4], events=n, by_others=others
            )
            for key, (n, others) in counted.items()
        ),
        shapes=tuple(sorted({shape for source in sources for shape in source.shapes})),
        lost=sum(source.rejected + source.truncated for source in sources),
        damaged=tuple(source.origin for source in sources if source.damaged),
    )


def coverage(
    question: Question,
    *,
    policy: AuditPolicy | None,
    provider: Published | None = None,
    logs: Sequence[Switch] = (),
    trail: Trail | None = None,
    since_us: int = 0,
    until_us: int = 0,
) -> Coverage:
    """Answer a question.

    ``policy`` is the cluster's own; without it that of ``provider`` is taken, where one is published. ``since_us`` and
    ``until_us`` bound the time asked for; 0 for all that the trail holds.
    """
    policy = policy or (provider.policy if provider else None)
    ways = written(policy, question) if policy is not None else ()
    is_written, why_written = _written(ways, policy, provider)
    delivered, why_delivered = _delivered(question, provider, logs)
    found = [*why_written, *why_delivered]
    seen = None
    if trail is not None:
        seen = None if question.path else sum(kind.events for kind in trail.kinds if _is_of(kind, question))
        found += _in_trail(trail, since_us, until_us)
        if seen and is_written is Proof.NO:
            found.append(
                ("the trail holds events of this kind all the same: another policy was in force", Proof.UNKNOWN)
            )
    else:
        found.append(("no trail was given: whether it was kept over the time is not known", Proof.UNKNOWN))
    held = {proof for _, proof in found}
    absence = Proof.NO if Proof.NO in held else Proof.UNKNOWN if Proof.UNKNOWN in held else Proof.YES
    order = {Proof.NO: 0, Proof.UNKNOWN: 1, Proof.YES: 2}
    reasons = tuple(dict.fromkeys(text for text, _ in sorted(found, key=lambda pair: order[pair[1]])))
    return Coverage(
        question=question,
        written=is_written,
        levels=tuple(dict.fromkeys(way.level for way in ways)),
        rules=tuple(way.rule for way in ways),
        delivered=delivered,
        seen=seen,
        absence=absence,
        reasons=reasons,
    )


_Reasons = list[tuple[str, Proof]]


def _written(
    ways: tuple[Written, ...], policy: AuditPolicy | None, provider: Published | None
) -> tuple[Proof, _Reasons]:
    if policy is None:
        if provider is None:
            return Proof.UNKNOWN, [("no audit policy is known: give it, or name the provider", Proof.UNKNOWN)]
        if any(log.always or log.carries != ("*",) for log in provider.logs):
            return Proof.YES, [(f"{provider.title} writes it down; at which level is not published", Proof.YES)]
        return Proof.UNKNOWN, [(f"no page that was read prints the audit policy of {provider.title}", Proof.UNKNOWN)]
    silent = [way for way in ways if way.level is Level.NONE]
    if len(silent) == len(ways):
        rule = (
            f"rule {ways[0].rule} of the audit policy" if ways[0].rule else "no rule of the audit policy matches, which"
        )
        return Proof.NO, [(f"{rule} writes nothing of it", Proof.NO)]
    if silent:
        found: _Reasons = [
            (f"rule {way.rule} writes nothing for {way.hinges}", Proof.UNKNOWN) for way in silent if way.rule
        ]
        return Proof.UNKNOWN, found or [("for what no rule matches, nothing is written", Proof.UNKNOWN)]
    levels = " or ".join(dict.fromkeys(way.level.value for way in ways))
    return Proof.YES, [(f"the audit policy writes it at level {levels} (rule {ways[-1].rule})", Proof.YES)]


def _delivered(question: Question, provider: Published | None, logs: Sequence[Switch]) -> tuple[Proof, _Reasons]:
    if provider is None:
        return Proof.YES, []
    if says := unclear(provider, question):
        return Proof.UNKNOWN, [(says, Proof.UNKNOWN)]
    takes = {log.log for log in provider.logs if log.takes(question.verb)}
    fitting = [switch for switch in logs if switch.log in takes]
    on = [switch for switch in fitting if switch.on]
    if on:
        caveat: _Reasons = [(provider.delivery, Proof.UNKNOWN)] if provider.delivery else []
        return Proof.YES, [(on[0].why, Proof.YES), *caveat]
    if fitting and all(switch.on is False for switch in fitting):
        others = [switch for switch in logs if switch.on and switch.log not in takes]
        beside: _Reasons = [
            (f"{switch.log}, which is on, does not carry {question.verb}", Proof.NO) for switch in others
        ]
        return Proof.NO, [*((switch.why, Proof.NO) for switch in fitting), *beside]
    unseen = [switch.why for switch in fitting if switch.on is None]
    return Proof.UNKNOWN, [(why, Proof.UNKNOWN) for why in unseen or ("which logs are on was not seen",)]


def _in_trail(trail: Trail, since_us: int, until_us: int) -> _Reasons:
    """Whether the trail covers the time without loss."""
    if not trail.last_us:
        return [("the trail is empty", Proof.NO)]
    since, until = since_us or trail.first_us, until_us or trail.last_us
    if until < trail.first_us or since > trail.last_us:
        return [("the trail holds nothing of that time", Proof.NO)]
    found: _Reasons = []
    if since < trail.first_us or until > trail.last_us:
        found.append(("the trail holds only part of that time", Proof.UNKNOWN))
    silent = [gap for gap in trail.silences if gap.since_us < until and gap.until_us > since]
    if silent:
        longest = max(gap.until_us - gap.since_us for gap in silent) // 60_000_000
        found.append((f"the trail is silent {len(silent)} times in it, at most {longest} minutes", Proof.UNKNOWN))
    if trail.lost:
        found.append((f"{trail.lost} records of the trail could not be read, or were cut", Proof.UNKNOWN))
    found += [(f"{origin} could not be read to its end", Proof.UNKNOWN) for origin in trail.damaged]
    if Shape.FALCO.value in trail.shapes:
        found.append(("part of the trail are alerts, which hold only what a rule looked for", Proof.UNKNOWN))
    return found or [("the trail covers the time without a gap", Proof.YES)]


def _is_of(kind: Kind, question: Question) -> bool:
    return (kind.verb, kind.group, kind.resource, kind.subresource) == (
        *(question.verb, question.group, question.resource, question.subresource),
    )


def lost_by(shapes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Columns that say nothing in events of these shapes, by shape."""
    return {shape: LOSES[Shape(shape)] for shape in shapes if LOSES[Shape(shape)]}


QUESTIONS: Final[tuple[tuple[str, Question], ...]] = (
    ("a Secret is read", Question(verb="get", resource="secrets")),
    ("all Secrets are listed", Question(verb="list", resource="secrets")),
    ("a pod is entered, by a current kubectl", Question(verb="get", resource="pods", subresource="exec")),
    ("a pod is entered, by an older kubectl", Question(verb="create", resource="pods", subresource="exec")),
    ("a pod is created", Question(verb="create", resource="pods")),
    ("a container is added to a pod", Question(verb="patch", resource="pods", subresource="ephemeralcontainers")),
    ("a token is made", Question(verb="create", resource="serviceaccounts", subresource="token")),
    (
        "a cluster-wide binding is made",
        Question(verb="create", group="rbac.authorization.k8s.io", resource="clusterrolebindings"),
    ),
    ("a role is changed", Question(verb="patch", group="rbac.authorization.k8s.io", resource="roles")),
    (
        "a certificate is asked for",
        Question(verb="create", group="certificates.k8s.io", resource="certificatesigningrequests"),
    ),
    (
        "a webhook is changed",
        Question(verb="patch", group="admissionregistration.k8s.io", resource="mutatingwebhookconfigurations"),
    ),
    (
        "who maps to whom is changed",
        Question(verb="update", resource="configmaps", namespace="kube-system", name="aws-auth"),
    ),
    ("the kubelet is reached through the API", Question(verb="get", resource="nodes", subresource="proxy")),
    ("an application of Argo CD is changed", Question(verb="patch", group="argoproj.io", resource="applications")),
    ("Events are deleted", Question(verb="delete", resource="events")),
    ("nobody in particular looks around", Question(verb="get", path="/version", user="system:anonymous")),
)
"""What an investigation asks first."""
