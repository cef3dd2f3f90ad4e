"""``demarc events coverage``: would it have been logged here at all, and what does it prove that it is not there?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Group, Parameter

from demarc.access.identity import asker
from demarc.access.resources import requested
from demarc.cli.answer import run_now
from demarc.cli.events import moment_us
from demarc.cli.gather import gather, inventory_of
from demarc.cli.options import OUTPUT, Look
from demarc.cli.screen import Screen
from demarc.events.coverage import QUESTIONS, Coverage, Trail, trail_of
from demarc.events.coverage import coverage as cover
from demarc.events.engines import open_engine
from demarc.events.policy import AuditPolicy, Question, load_policy
from demarc.events.published import Published, Switch, published, switches
from demarc.events.store import Store
from demarc.model.errors import DemarcError
from demarc.model.register import Register
from demarc.model.snapshot import Snapshot
from demarc.reports import events as show_events

QUESTION = Group("What to ask", sort_key=0)
BASIS = Group("What is known", sort_key=1)
ProviderName = Literal["eks", "gke", "aks", "rosa"]
_FULLY_KNOWN = ("system:serviceaccount:", "system:node:", "system:anonymous")


def coverage(
    verb: Annotated[str, Parameter(group=QUESTION)] = "",
    resource: Annotated[str, Parameter(group=QUESTION)] = "",
    name: Annotated[str, Parameter(group=QUESTION)] = "",
    /,
    *,
    user: Annotated[str, Parameter(name="--as", group=QUESTION, allow_leading_hyphen=True, show_default=False)] = "",
    groups: Annotated[tuple[str, ...], Parameter(name="--as-group", group=QUESTION, negative=())] = (),
    namespace: Annotated[str | None, Parameter(name=("--namespace", "-n"), group=QUESTION)] = None,
    since: Annotated[str, Parameter(group=QUESTION, show_default=False)] = "",
    until: Annotated[str, Parameter(group=QUESTION, show_default=False)] = "",
    policy: Annotated[Path | None, Parameter(group=BASIS)] = None,
    provider: Annotated[ProviderName | None, Parameter(group=BASIS)] = None,
    store: Annotated[Path | None, Parameter(name="--store", group=BASIS)] = None,
    look: Look = Look(),  # noqa: B008 - frozen, without state
    format: Annotated[Literal["text", "json"], Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002
) -> None:
    """Say at which level a request would have been logged, and whether its absence from the trail proves anything.

    Parameters
    ----------
    verb
        get, list, watch, create, update, patch, delete or deletecollection. Without it: a list of the first
        questions of an investigation.
    resource
        secrets, pods/exec, roles.rbac.authorization.k8s.io, or a path such as /metrics.
    name
        Name of one object.
    user
        User name as the API server knows it. Without it: whoever asks.
    groups
        Group of the user; can be given several times.
    namespace
        Namespace. Without it: in whatever namespace.
    since
        The time asked for begins here. Default: where the trail begins.
    until
        The time asked for ends here. Default: where the trail ends.
    policy
        The cluster's own audit policy, YAML. Without it: what the provider publishes.
    provider
        eks, gke, aks or rosa. Default: as the snapshot shows.
    store
        Folder of a store of events: what it covers, and what it holds of the kind.
    format
        text or json.
    """
    screen, run = Screen(), run_now()
    asked_for = look.snapshot or look.context or look.cloud
    snapshot = gather(look, run.settings, run.now, screen) if asked_for else _empty()
    entry = _provider(provider, snapshot, policy)
    logs = switches(entry, snapshot.records) if entry else ()
    own = load_policy(policy) if policy else None
    trail = _trail(store)
    asked = (
        (("", _question(verb, resource, name, user=user, groups=groups, namespace=namespace)),) if verb else QUESTIONS
    )
    found = [
        (
            says,
            cover(
                question, policy=own, provider=entry, logs=logs, trail=trail,
                since_us=moment_us(since), until_us=moment_us(until),
            ),
        )
        for says, question in asked
    ]  # fmt: skip
    if format == "json":
        screen.binary(msgspec.json.encode([_as_json(says, answer) for says, answer in found]) + b"\n")
        return
    for line in (*show_events.coverage(found, _basis(own, policy, entry, logs)), *_lost(trail)):
        print(line)


def _as_json(says: str, answer: Coverage) -> dict[str, object]:
    return {"about": says, "request": str(answer.question), **msgspec.structs.asdict(answer)}


def _empty() -> Snapshot:
    return Snapshot(taken_at=None, taken_at_basis="", sources=(), gaps=(), objects={})


def _provider(name: str | None, snapshot: Snapshot, policy: Path | None) -> Published | None:
    """What is published of the provider: named, or shown by the snapshot; none where only a policy is given."""
    if name is None and (snapshot.objects or snapshot.records):
        cluster = inventory_of(snapshot, Register()).cluster
        name = cluster.provider if cluster.identified else None
    if name is None:
        return None
    found = published().get(name)
    if found is None and policy is None:
        raise DemarcError(
            f"nothing is known of what {name} logs", todo="give the audit policy: --policy FILE, or another --provider"
        )
    return found


def _question(
    verb: str, resource: str, name: str, *, user: str, groups: tuple[str, ...], namespace: str | None
) -> Question:
    if not resource:
        raise DemarcError("what is asked for is missing", todo="demarc events coverage get secrets")
    request = requested(_empty(), verb, resource, name, namespace or "")
    known = asker(user, groups).groups if user and (groups or user.startswith(_FULLY_KNOWN)) else groups or None
    return Question(
        verb=verb,
        group=request.group,
        resource=request.resource,
        subresource=request.subresource,
        namespace=namespace,
        name=name or None,
        user=user or None,
        groups=known,
        path=request.path or "",
    )


def _trail(store: Path | None) -> Trail | None:
    if store is None:
        return None
    kept = Store.open(store)
    with (
        tempfile.TemporaryDirectory(prefix="demarc-") as scratch,
        open_engine("duckdb", scratch=Path(scratch)) as engine,
    ):
        engine.register(kept.table())
        return trail_of(kept, engine)


def _basis(own: AuditPolicy | None, path: Path | None, entry: Published | None, logs: tuple[Switch, ...]) -> list[str]:
    lines = []
    if own is not None:
        lines.append(f"policy: {path}, {len(own.rules)} rules")
    elif entry is not None and entry.policy is not None:
        lines.append(f"policy: {entry.title}, {len(entry.rules)} rules as published, read {entry.read}: {entry.source}")
    elif entry is not None:
        lines.append(f"policy: {entry.title} prints none; see {entry.source} (read {entry.read})")
    else:
        lines.append("policy: unknown")
    said = {True: "on", False: "off", None: "unknown"}
    lines += [f"log {switch.log}: {said[switch.on]} ({switch.why})" for switch in logs]
    return lines


def _lost(trail: Trail | None) -> list[str]:
    lines = list(show_events.losses(trail.shapes)) if trail else []
    never = (
        "Never in an audit log: calls to the kubelet's own port, what is typed into a session, requests to the cloud's "
        "metadata, network traffic, image pulls, logins on nodes, and what the provider does behind the API server."
    )
    return ["", *lines, never]
