"""From what was typed to a plan: inputs, credentials, roles and power. Shared by ``nhi plan`` and ``offboard``."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from demarc.access import Authorizer
from demarc.cli.answer import Answer, run_now, whole_answer
from demarc.cli.options import Ask, Look
from demarc.cli.screen import Screen, write
from demarc.lifecycle.consumers import credentials
from demarc.lifecycle.credential import Credential
from demarc.lifecycle.plan import Input, Plan, Task, written
from demarc.lifecycle.planner import Setting, make_plan
from demarc.lifecycle.power import power_of
from demarc.lifecycle.roles import roles_in
from demarc.lifecycle.strategies.known import installed_strategies
from demarc.lifecycle.wishes import Wishes, read_wishes
from demarc.model.errors import DemarcError
from demarc.model.kubernetes import KubeObject
from demarc.model.snapshot import Snapshot


class Asked(Struct, frozen=True, kw_only=True):
    """What was asked to be planned."""

    secrets: tuple[str, ...] = ()
    everything: bool = False
    namespaces: tuple[str, ...] = ()
    settings: Path | None = None
    reason: str
    valid: int


def planned(asked: Asked, look: Look, ask: Ask, screen: Screen) -> Plan:
    """Make the plan that was asked for. Raises DemarcError where nothing is named, or something is not there."""
    wishes = read_wishes(asked.settings) if asked.settings is not None else Wishes()
    named = {*asked.secrets, *(wish.secret for wish in wishes.credentials)}
    if not (named or asked.everything or asked.namespaces):
        raise DemarcError(
            "nothing to plan", todo="name a Secret as NAMESPACE/NAME, or give --settings, --namespace or --all"
        )
    run = run_now()
    answer = whole_answer(look, ask, screen, run)
    found = credentials(answer.snapshot)
    _check_names(answer.snapshot, named, found)
    chosen = [one for one in found if asked.everything or one.key in named or one.namespace in asked.namespaces]
    return plan_of(chosen, wishes, answer, reason=asked.reason, valid=asked.valid)


def plan_of(
    chosen: Iterable[Credential],
    wishes: Wishes,
    answer: Answer,
    *,
    reason: str,
    valid: int,
    tasks: tuple[Task, ...] = (),
    unsure: tuple[str, ...] = (),
    leaving: str = "",
) -> Plan:
    """Make a plan for credentials of an answer; who is ``leaving`` approves nothing of it."""
    now = run_now().now.replace(microsecond=0)
    snapshot = answer.snapshot
    authorizer = Authorizer(snapshot)
    inputs = [Input(name=source.origin, sha256=source.sha256) for source in snapshot.sources]
    if answer.register.origin:
        inputs.append(Input(name=answer.register.origin, sha256=answer.register.sha256))
    power: Callable[[Credential], tuple[str, ...]] = lambda one: power_of(one, authorizer)  # noqa: E731
    setting = Setting(
        now=now,
        reason=reason,
        valid_days=valid,
        suffix=f"r{now:%Y%m%d}{secrets.token_hex(2)}",
        cluster=_cluster(snapshot),
        context=snapshot.context or "",
        schemaless=snapshot.schemaless,
        made_from=tuple(inputs),
        gaps=snapshot.gaps,
        roles=roles_in(answer.assessment, leaving=leaving),
        power=power,
        tasks=tasks,
        unsure=unsure,
    )
    return make_plan(chosen, wishes, installed_strategies(), setting)


def save(plan: Plan, output: Path | None, changes: Path | None) -> None:
    """Write a plan, and the changes for pull requests beside it."""
    if changes is not None:
        try:
            changes.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DemarcError(f"cannot make {changes}: {error.strerror}") from error
        for change in plan.changes:
            write(changes / change.file, change.content.encode())
    if output is not None:
        write(output, written(plan))


def next_step(plan: Plan, command: str, output: Path) -> str:
    """What to do with a plan that was written: begin it, where there is something that a command can do."""
    return f"{output}: written; " + (f"begin it with {command}" if plan.rotations else "all of it is for people to do")


def _check_names(snapshot: Snapshot, named: set[str], found: tuple[Credential, ...]) -> None:
    missing = sorted(named - {one.key for one in found})
    if not missing:
        return
    gap = snapshot.missing("secrets")
    why = f"Secrets could not be seen ({gap.reason.value})" if gap else "there is no such Secret"
    raise DemarcError(f"{', '.join(missing)}: {why}", todo="write NAMESPACE/NAME, and look at the right cluster")


def _cluster(snapshot: Snapshot) -> str:
    """Uid of ``kube-system``; empty where it was not seen."""
    spaces = snapshot.all("Namespace", KubeObject)
    return next((item.metadata.uid for item in spaces if item.metadata.name == "kube-system"), "")
