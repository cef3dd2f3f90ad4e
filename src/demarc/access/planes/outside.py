"""Credentials of the cluster that are used from outside: lasting tokens, and pipelines that hold one.

A pipeline's secret shows its name and date only: which token it is cannot be seen, so such a row is always unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from demarc.access.delivery import OPENS_CLUSTER, Delivery, PipelineSecret
from demarc.access.identity import SERVICE_ACCOUNT_PREFIX, asker
from demarc.access.planes.ground import Ground, row
from demarc.access.planes.powers import ordered
from demarc.model.duties import Plane, Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.kubernetes import Secret
from demarc.model.planes import HolderKind, Member, PlaneRow, Power

TOKEN: Final = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret
INVALID: Final = "kubernetes.io/legacy-token-invalid-since"
_LAST: Final = "kubernetes.io/legacy-token-last-used"
_ACCOUNT: Final = "kubernetes.io/service-account.name"


def lasting_tokens(on: Ground) -> Iterator[tuple[Secret, str]]:
    """Token Secrets with the service account that they are of, as ``namespace/name``."""
    for secret in on.secrets.values():
        if secret.type == TOKEN and secret.annotations.get(_ACCOUNT):
            yield secret, f"{secret.metadata.namespace}/{secret.annotations[_ACCOUNT]}"


def held_by(on: Ground, account: str) -> tuple[tuple[Power, ...], tuple[str, ...]]:
    """All that a service account may, and where: namespaces, or nothing for the whole cluster."""
    who = asker(f"{SERVICE_ACCOUNT_PREFIX}{account.replace('/', ':', 1)}")
    powers: set[Power] = set()
    places: set[str] = set()
    for bound in on.authorizer.bindings.everywhere(who):
        # What every caller holds besides (discovery, self-reviews) does not make a right one of the whole cluster.
        if on.powers[bound.order] not in ((Power.NONE,), (Power.READ_ONLY,)) or bound.namespace:
            places.add(bound.namespace)
        powers.update(on.powers[bound.order])
    return ordered(powers), () if "" in places else tuple(sorted(places))


def outside_rows(on: Ground) -> Iterator[PlaneRow]:
    """Rows of lasting tokens, and of pipelines whose secrets look like one."""
    tokens = []
    for secret, account in lasting_tokens(on):
        is_invalid = INVALID in secret.labels
        if not is_invalid and (account in on.accounts or not on.accounts):
            tokens.append((secret, account))
        yield _token(on, secret, account, is_invalid=is_invalid)
    for found in Delivery(on.snapshot).secrets:
        if OPENS_CLUSTER.search(found.name):
            yield _pipeline(on, found, tokens)


def _token(on: Ground, secret: Secret, account: str, *, is_invalid: bool) -> PlaneRow:
    remarks = [f"last used on {secret.labels[_LAST]}" if secret.labels.get(_LAST) else "no use is on record"]
    if is_invalid:
        remarks.append(f"invalid since {secret.labels[INVALID]}; taking the label off makes it valid again")
    if on.accounts and account not in on.accounts:
        remarks.append("its service account does not exist")
        is_invalid = True
    if account in on.accounts and not _listed(on, secret, account):
        remarks.append("made by hand: nothing ends it but whoever deletes it")
    seen = on.uses.legacy_tokens.get(secret.key, "") if on.uses else ""
    if seen:
        remarks.append("used in the audit trail")
    powers, over = held_by(on, account)
    made = row(
        on,
        Plane.CLUSTER,
        holder=f"token of ServiceAccount {account}",
        kind=HolderKind.SHARED_ACCOUNT,
        powers=(Power.NONE,) if is_invalid else powers,
        over=() if is_invalid else over,
        grant=f"Secret {secret.key}",
        duty="cluster.authentication",
        scope=on.cluster,
        evidence=(
            Evidence(
                says=f"Secret {secret.key} holds a token without an end", grade=Grade.WRITTEN, source=secret.source
            ),
        ),
        remarks=tuple(remarks),
    )
    return structs.replace(made, last_used=seen)


def _listed(on: Ground, secret: Secret, account: str) -> bool:
    return any(item.name == secret.metadata.name for item in on.accounts[account].secrets or ())


def _pipeline(on: Ground, found: PipelineSecret, tokens: list[tuple[Secret, str]]) -> PlaneRow:
    name, repository, at, source = found.name, found.repository, found.updated, found.source
    possible = [(secret, account) for secret, account in tokens if not at or _made(secret) <= at]
    powers = [power for _, account in possible for power in held_by(on, account)[0]]
    pipeline = repository or "a pipeline that the export does not name"
    which = ", ".join(sorted(secret.key for secret, _ in possible)[:5]) or "none that was seen"
    dated = f", last written {at[:10]}" if at else ""
    return row(
        on,
        Plane.CLUSTER,
        holder=f"pipeline {pipeline}",
        kind=HolderKind.PIPELINE,
        powers=ordered(powers),
        grant=f"pipeline secret {name}{dated}",
        members=tuple(
            Member(name=f"ServiceAccount {account}", kind=HolderKind.SERVICE_ACCOUNT, by=f"perhaps, by {secret.key}")
            for secret, account in possible
        ),
        duty="supply.pipeline-credentials",
        scope=Scope(kind=Unit.PIPELINE, name=repository) if repository else on.cluster,
        evidence=(Evidence(says=f"{pipeline} has a secret named {name}{dated}", grade=Grade.NAMED, source=source),),
        unknown=f"which token it is cannot be seen; it may be one of: {which}",
    )


def _made(secret: Secret) -> str:
    return secret.metadata.creation_timestamp or ""
