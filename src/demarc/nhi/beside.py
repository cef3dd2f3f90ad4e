"""Credentials that lie in no Secret: of pipelines, in ConfigMaps and environments, and those the audit trail shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demarc.access.delivery import Delivery
from demarc.lifecycle.releases import is_release
from demarc.model.duties import Unit
from demarc.model.inventory import Scope
from demarc.model.kubernetes import ConfigMap
from demarc.model.nhi import AgeGrade, Dated, Nhi, NhiKind
from demarc.model.time import iso
from demarc.model.trail import CredentialUse, IdentityUse
from demarc.nhi.ground import NhiGround
from demarc.nhi.states import Seen, judge

_X509: Final = "X509SHA256="
_JTI: Final = "JTI="
_NODE: Final = "system:node:"
_PLANE: Final = ("system:kube-", "system:apiserver", "system:cloud-controller", "eks:", "aks", "system:gke")


def of_pipelines(on: NhiGround) -> Iterator[Nhi]:
    """Secrets of CI pipelines, by name and date."""
    delivery = Delivery(on.ground.snapshot)
    for secret in delivery.secrets:
        scope = Scope(kind=Unit.PIPELINE, name=secret.repository) if secret.repository else on.ground.cluster
        answers = on.answers("supply.pipeline-credentials", scope)
        grade = AgeGrade.ISSUER if secret.updated else AgeGrade.UNKNOWN
        changed = Dated(at=secret.updated, grade=grade, says=f"updated_at of {secret.system}")
        users = tuple(sorted({pipeline.name for pipeline in delivery.using(secret)}))
        seen = Seen(
            kind=NhiKind.PIPELINE,
            changed=changed,
            last_used=Dated(says="the code host does not tell"),
            used_by=len(users),
            orphaned="" if users or not delivery.pipelines else "no pipeline that was given uses it",
            kept=False,
        )
        yield Nhi(
            id=f"{secret.repository or secret.system}/PipelineSecret/{secret.name}",
            kind=NhiKind.PIPELINE,
            namespace="",
            name=secret.name,
            scope=scope,
            answers=answers,
            issuer=secret.system,
            source_of_truth=f"settings of {secret.repository or secret.system}",
            created=Dated(says="the export does not tell"),
            changed=changed,
            last_used=seen.last_used,
            consumers=users,
            states=judge(seen, answers, on.policy.of(NhiKind.PIPELINE, ""), on.ground.at),
        )


def literals(on: NhiGround) -> Iterator[Nhi]:
    """Credential-like values in ConfigMaps and in the environment of workloads, one entry for each object."""
    for item in on.ground.snapshot.all("ConfigMap", ConfigMap):
        if item.literals and not is_release(item):
            looks = tuple(sorted({literal.shape for literal in item.literals}))
            prints = tuple(literal.fingerprint for literal in item.literals)
            yield _literal(on, ("ConfigMap", item.metadata.namespace, item.metadata.name), looks, prints)
    found: dict[tuple[str, str, str], tuple[set[str], set[str]]] = {}
    for box in on.ground.boxes:
        for variable in box.container.env or ():
            if variable.literal:
                key = (box.running.namespace, box.running.kind, box.running.name)
                looks_of, prints_of = found.setdefault(key, (set(), set()))
                looks_of.add(variable.shape)
                prints_of.add(variable.literal)
    for (namespace, kind, name), (shapes, values) in sorted(found.items()):
        yield _literal(on, (kind, namespace, name), tuple(sorted(shapes)), tuple(sorted(values)))


def _literal(on: NhiGround, at: tuple[str, str, str], looks: tuple[str, ...], prints: tuple[str, ...]) -> Nhi:
    kind, namespace, name = at
    unit = Unit.NAMESPACE if kind == "ConfigMap" else Unit.WORKLOAD
    scope = Scope(kind=unit, name=namespace if kind == "ConfigMap" else f"{namespace}/{kind}/{name}")
    answers = on.answers("secret.storage", scope)
    here = f"ConfigMap {namespace}/{name}" if kind == "ConfigMap" else f"environment of {kind} {namespace}/{name}"
    elsewhere = on.places_with(prints)
    elsewhere.pop(here, None)
    seen = Seen(
        kind=NhiKind.LITERAL,
        changed=Dated(says="not told apart from its object"),
        last_used=Dated(says="not recorded"),
        misplaced=(here,),
        kept=False,
    )
    return Nhi(
        id=f"{namespace}/{kind}/{name}",
        kind=NhiKind.LITERAL,
        namespace=namespace,
        name=name,
        scope=scope,
        answers=answers,
        issuer=f"looks like: {', '.join(looks)}",
        source_of_truth="",
        created=Dated(says="not told apart from its object"),
        changed=seen.changed,
        last_used=seen.last_used,
        same_value=tuple(on.secrets_with(prints)),
        misplaced=(here, *elsewhere),
        states=judge(seen, answers, on.policy.of(NhiKind.LITERAL, namespace), on.ground.at),
    )


def in_the_trail(on: NhiGround) -> Iterator[Nhi]:
    """Client certificates, and tokens bound to no pod, that the audit trail shows in use.

    Certificates lie in no object once they are issued: what was not used in the window is not seen.
    """
    trail = on.ground.trail
    for identity in trail.identities if trail is not None else ():
        if identity.user.startswith(_NODE) or identity.user.startswith(_PLANE):
            continue
        for use in identity.credentials:
            if use.id.startswith(_X509):
                yield _used(on, identity, use, NhiKind.CLIENT_CERTIFICATE)
            elif use.id.startswith(_JTI) and not use.token_pod:
                yield _used(on, identity, use, NhiKind.BOUND_TOKEN)


def _used(on: NhiGround, identity: IdentityUse, use: CredentialUse, kind: NhiKind) -> Nhi:
    account = identity.service_account
    name = f"{account[0]}/ServiceAccount/{account[1]}" if account else f"User/{identity.user}"
    scope = on.ground.identity(name)
    answers = on.answers("cluster.authentication" if account is None else "identity.service-accounts", scope)
    powers, spaces = on.powers.get(account, ((), ())) if account else ((), ())
    last = Dated(at=iso(use.last), grade=AgeGrade.AUDIT, says=f"{use.requests:,} requests in the trail")
    first = Dated(at=iso(use.first), grade=AgeGrade.BOUND, says="first seen in the trail; it may be older")
    seen = Seen(
        kind=kind,
        changed=first,
        last_used=last,
        used_by=1,
        shared=f"used from {use.source_ips} addresses" if use.source_ips > 1 else "",
        powers=powers,
        everywhere="" in spaces,
    )
    return Nhi(
        id=f"{name}/{use.id}",
        kind=kind,
        namespace=account[0] if account else "",
        name=use.id,
        scope=scope,
        answers=answers,
        issuer="signer of client certificates" if kind is NhiKind.CLIENT_CERTIFICATE else "TokenRequest",
        source_of_truth="",
        created=first,
        changed=first,
        last_used=last,
        consumers=(identity.user,),
        powers=powers,
        states=judge(seen, answers, on.policy.of(kind, account[0] if account else ""), on.ground.at),
    )
