"""Makes a plan: for each credential the safe way, what it does to whom, what cannot be undone, and what was not seen.

A function from values to a plan; the moment, the suffix of names and the roles of people are passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct, structs

from demarc.lifecycle.choose import PULL_REQUEST, Choice, choose
from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.kinds import resource_of
from demarc.lifecycle.credential import Consumer, Credential, CredentialKind
from demarc.lifecycle.plan import Blocked, Change, Input, Phase, Plan, Rotation, Step, Task
from demarc.lifecycle.pull_request import change_of
from demarc.lifecycle.strategies.interface import Strategy
from demarc.lifecycle.strategies.new_secret import NewSecretStrategy, new_name
from demarc.lifecycle.strategies.repoint import CHANGED
from demarc.lifecycle.unplanned import LOOKED_AT
from demarc.lifecycle.wishes import Wish, Wishes, seconds
from demarc.model.evidence import Gap
from demarc.model.time import iso

NEEDED = (
    "secrets",
    "pods",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "cronjobs.batch",
    "ingresses.networking.k8s.io",
)
"""Kinds without which a consumer may be missed."""

_MARGIN = 3600
_DAY = 86400
_WEEK = 7 * _DAY
_COPIES_SHOWN = 3
_KINDS_SHOWN = 3


class Roles(Struct, frozen=True, kw_only=True):
    """Who answers for a credential."""

    owner: str = ""
    approver: str = ""


class Setting(Struct, frozen=True, kw_only=True):
    """What a plan needs beside the credentials."""

    now: datetime
    reason: str
    valid_days: int
    suffix: str
    cluster: str
    """Uid of ``kube-system``."""
    context: str
    made_from: tuple[Input, ...]
    gaps: tuple[Gap, ...]
    roles: Callable[[Credential], Roles]
    power: Callable[[Credential], tuple[str, ...]]
    tasks: tuple[Task, ...] = ()
    unsure: tuple[str, ...] = ()
    """What else could not be told, in words."""
    schemaless: tuple[str, ...] = ()
    """Custom kinds whose schema was not seen."""


def make_plan(
    credentials: Iterable[Credential], wishes: Wishes, strategies: Mapping[str, Strategy], setting: Setting
) -> Plan:
    """Make the plan for some credentials."""
    rotations: list[Rotation] = []
    changes: list[Change] = []
    blocked: list[Blocked] = []
    for given in credentials:
        wish = _filled(wishes.of(given.key) or Wish(secret=given.key), wishes)
        credential = _with_outsiders(given, wish.external)
        choice = choose(credential, wish, strategies, setting.now.date())
        credential = _with_outsiders(credential, _unnamed(credential, choice))
        if choice.strategy == PULL_REQUEST:
            changes.append(change_of(credential, setting.suffix))
            continue
        if choice.problem:
            blocked.append(Blocked(credential=credential.key, why=choice.problem, todo=choice.todo))
            continue
        made = _rotation(credential, wish, choice, strategy=strategies[choice.strategy], setting=setting)
        if isinstance(made, Blocked):
            blocked.append(made)
        else:
            rotations.append(made)
    return Plan(
        made_at=iso(setting.now),
        expires_at=iso(setting.now + timedelta(days=setting.valid_days)),
        reason=setting.reason,
        cluster=setting.cluster,
        context=setting.context,
        made_from=setting.made_from,
        rotations=tuple(rotations),
        changes=tuple(changes),
        blocked=tuple(blocked),
        unseen=(*_unseen(setting), *setting.unsure),
        tasks=setting.tasks,
        suffix=setting.suffix,
    )


def _rotation(
    credential: Credential, wish: Wish, choice: Choice, *, strategy: Strategy, setting: Setting
) -> Rotation | Blocked:
    fit = choice.fit
    kept = [one for one in credential.consumers if one.manager is not None and one.manager.reverts]
    if kept and choice.strategy == "projected-token":
        return Blocked(
            credential=credential.key,
            why="; ".join(f"{one.key} is kept by {_kept(one)}, so its volume cannot be changed here" for one in kept),
            todo="change the volume where it is kept: a projected volume with serviceAccountToken",
        )
    in_place = fit.in_place or (bool(kept) and isinstance(strategy, NewSecretStrategy))
    by_hand = tuple(one.key for one in credential.consumers if not strategy.handles(one))
    power = setting.power(credential)
    roles = setting.roles(credential)
    return Rotation(
        id=credential.key,
        credential=credential,
        strategy=choice.strategy,
        why=fit.why,
        settings=dict(wish.settings),
        in_place=in_place,
        high_power=bool(power),
        power=power,
        owner=roles.owner,
        approver=roles.approver,
        approvals=2 if power else 1,
        quiet=_quiet(credential, wish),
        observe=_observe(credential, wish),
        restarts=_restarts(credential, strategy),
        outage=fit.outage,
        cannot_undo=fit.cannot_undo,
        unseen=(*fit.unseen, *_copies(credential)),
        reverted_by=tuple(f"{one.key}: {_kept(one)}" for one in kept),
        by_hand=by_hand,
        follow_up=_follow_up(credential, strategy, setting.suffix) if not in_place else (),
        rights=_rights(credential, strategy),
        steps=_steps(credential, strategy, in_place=in_place),
    )


def _filled(wish: Wish, wishes: Wishes) -> Wish:
    return structs.replace(wish, quiet=wish.quiet or wishes.quiet, observe=wish.observe or wishes.observe)


def _with_outsiders(credential: Credential, names: tuple[str, ...]) -> Credential:
    """The credential with who uses it from outside the cluster."""
    outsiders = tuple(Consumer(kind="External", name=name) for name in names)
    return structs.replace(credential, consumers=credential.consumers + outsiders) if outsiders else credential


def _unnamed(credential: Credential, choice: Choice) -> tuple[str, ...]:
    """Somebody outside whom nobody named: nothing in the cluster uses the token, and it is replaced all the same."""
    return ("unknown",) if choice.strategy == "bound-token" and not credential.consumers else ()


def _quiet(credential: Credential, wish: Wish) -> int:
    """Seconds of quiet: as wished, but never less than the longest silence of a consumer."""
    longest = max((one.every for one in credential.consumers), default=0)
    least = longest + _MARGIN if longest else 0
    if not wish.quiet and credential.given is not None:
        return _WEEK
    if not wish.quiet:
        # The API server notes uses of tokens by the day, and who is outside may come once a day.
        usual = _DAY + _MARGIN if credential.kind is CredentialKind.LEGACY_TOKEN else _MARGIN
        return max(usual, least)
    return max(seconds(wish.quiet, "quiet"), least)


def _observe(credential: Credential, wish: Wish) -> int:
    """Seconds for which it stays turned off; where nothing runs by a grant there is nothing to observe."""
    if credential.given is not None and not credential.consumers:
        return 0
    return seconds(wish.observe, "observe")


def _kept(consumer: Consumer) -> str:
    manager = consumer.manager
    return f"{manager.kind} {manager.name}, which takes changes back {manager.reverts}" if manager else ""


def _copies(credential: Credential) -> tuple[str, ...]:
    kept = tuple(
        f"{place} keeps the old value: remove those revisions once it is revoked (helm upgrade --history-max)"
        for place in credential.releases
    )
    if not credential.copies:
        return kept
    shown = ", ".join(credential.copies[:_COPIES_SHOWN])
    more = len(credential.copies) - _COPIES_SHOWN
    rest = f" and {more} more" if more > 0 else ""
    return (f"the same value lies in {shown}{rest}: rotate those, too", *kept)


def _follow_up(credential: Credential, strategy: Strategy, suffix: str) -> tuple[str, ...]:
    """Manifests that have to say the same, or the next apply of them points consumers to a Secret that is gone.

    Of a grant: what others give all the same.
    """
    if credential.given is not None:
        return tuple(f"{credential.given.subject} may still {one}" for one in credential.given.still)
    changed = [one.key for one in credential.consumers if strategy.handles(one) and not one.by_account]
    if not changed or Phase.ROLL not in strategy.phases:
        return ()
    what = f"change {credential.name} to {new_name(credential.name, suffix)}"
    if strategy.name == "projected-token":
        what = f"replace the volume of {credential.name}"
    return (f"{what} in the manifests of {', '.join(changed)}, wherever they are kept",)


def _restarts(credential: Credential, strategy: Strategy) -> tuple[str, ...]:
    if Phase.ROLL not in strategy.phases:
        return ()
    return tuple(f"{one.key} ({one.replicas} pods)" for one in _in_order(credential, strategy) if one.restarts)


def _rights(credential: Credential, strategy: Strategy) -> tuple[Right, ...]:
    where = credential.namespace
    found = [*strategy.rights(credential)]
    for kind in LOOKED_AT if credential.given is None else ():
        resource = resource_of(kind)
        found.append(Right(verb="list", resource=resource.plural, group=resource.group, namespace=where))
    if Phase.PROVE in strategy.phases:
        found.append(Right(verb="list", resource="pods", namespace=where))
    space = credential.lock_space
    found += [Right(verb=verb, resource="leases", group="coordination.k8s.io", namespace=space) for verb in _LEASE]
    for consumer in credential.consumers if Phase.ROLL in strategy.phases else ():
        if strategy.handles(consumer) and consumer.kind in CHANGED:
            resource = resource_of(consumer.kind)
            found += [
                Right(verb=verb, resource=resource.plural, group=resource.group, namespace=where)
                for verb in ("get", "patch")
            ]
            if consumer.restarts:
                found.append(Right(verb="list", resource="poddisruptionbudgets", group="policy", namespace=where))
    if Phase.SWEEP in strategy.phases:
        found += [
            Right(verb=verb, resource="replicasets", group="apps", namespace=where) for verb in ("list", "delete")
        ]
    return tuple(dict.fromkeys(found))


_LEASE = ("get", "create", "delete")


def _in_order(credential: Credential, strategy: Strategy) -> list[Consumer]:
    """Consumers as they are rolled: the smallest workload first, as a canary.

    What only follows its service account comes after that, and what a person has to do last.
    """
    return sorted(
        credential.consumers,
        key=lambda one: (not strategy.handles(one), one.by_account, not one.restarts, one.replicas, one.key),
    )


def _steps(credential: Credential, strategy: Strategy, *, in_place: bool) -> tuple[Step, ...]:
    check, back = strategy.phases.get(Phase.PRECHECK, _CHECK)
    steps = [
        Step(phase=Phase.APPROVE, does="wait until the people have approved", undo="nothing to undo"),
        Step(phase=Phase.PRECHECK, does=_said(check, credential), undo=back),
    ]
    for phase in Phase:
        if phase not in strategy.phases or phase is Phase.PRECHECK or (phase is Phase.SWITCH and not in_place):
            continue
        does, undo = strategy.phases[phase]
        does = _said(does, credential)
        if phase is Phase.ROLL:
            steps += [
                Step(phase=phase, consumer=one.key, does=_for(does, strategy, one, in_place=in_place), undo=undo)
                for one in _in_order(credential, strategy)
            ]
        else:
            steps.append(Step(phase=phase, does=does, undo=undo))
    steps.append(Step(phase=Phase.RECORD, does="write it into the record, give up the lock"))
    return tuple(steps)


_CHECK = ("check the own rights, dry-run with a dummy value, lock the credential", "the lock is given up")


def _said(does: str, credential: Credential) -> str:
    """Words of a strategy with the names of a grant."""
    given = credential.given
    if given is None:
        return does
    return does.replace("{subject}", given.subject).replace("{binding}", f"{given.kind} {credential.place}")


def _for(does: str, strategy: Strategy, consumer: Consumer, *, in_place: bool) -> str:
    if not strategy.handles(consumer):
        return f"a person gives {consumer.key} the new one"
    if in_place and not consumer.restarts:
        return f"{consumer.key} reads the Secret by itself"
    return does.replace("{consumer}", consumer.key)


def _unseen(setting: Setting) -> tuple[str, ...]:
    missing = [gap for gap in setting.gaps if gap.what in NEEDED]
    found = [f"{gap.what} could not be seen ({gap.reason.value}): a consumer may be missing" for gap in missing]
    if setting.schemaless:
        more = len(setting.schemaless) - _KINDS_SHOWN
        shown = ", ".join(setting.schemaless[:_KINDS_SHOWN]) + (f" and {more} more kinds" if more > 0 else "")
        found.append(
            f"the schemas of {shown}: Secrets were found by names of fields like secretName or secretRef alone; give "
            "their CustomResourceDefinitions too, or name a consumer under external"
        )
    if not setting.cluster:
        found.append("which cluster this is (the uid of kube-system): a run cannot check that it is the same one")
    return tuple(found)
