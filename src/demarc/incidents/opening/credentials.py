"""Credentials that the case used, had made, or could have read: what the runbook has to end, each by its own way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demarc.incidents.detections.cloud import is_lasting
from demarc.incidents.opening.births import credential_of, identity_of_token
from demarc.incidents.opening.cloudside import CloudPart
from demarc.incidents.opening.cloudsteps import role_of, short
from demarc.incidents.opening.happenings import Happening
from demarc.model.cloud_calls import CallKind, PrincipalKind
from demarc.model.exposure import CredentialKind, ExposedCredential, Proof
from demarc.model.investigation import Exposure, Rotate
from demarc.model.kubernetes import Secret
from demarc.model.snapshot import Snapshot

_TYPES: Final = {
    "kubernetes.io/service-account-token": CredentialKind.TOKEN_SECRET,
    "kubernetes.io/dockerconfigjson": CredentialKind.REGISTRY_LOGIN,
    "kubernetes.io/dockercfg": CredentialKind.REGISTRY_LOGIN,
    "bootstrap.kubernetes.io/token": CredentialKind.BOOTSTRAP_TOKEN,
}


def exposed(
    events: tuple[Happening, ...],
    rotate: tuple[Rotate, ...],
    cloud: CloudPart,
    snapshot: Snapshot | None,
    steps_of: dict[str, int],
) -> tuple[ExposedCredential, ...]:
    """All of them, each once."""
    found: dict[tuple[CredentialKind, str], ExposedCredential] = {}
    for one in (
        *_used(events, steps_of),
        *_minted(events, steps_of),
        *_cloud(cloud, steps_of),
        *_secrets(rotate, snapshot, steps_of),
    ):
        found.setdefault((one.kind, one.name), one)
    return tuple(found.values())


def _used(events: tuple[Happening, ...], steps_of: dict[str, int]) -> Iterator[ExposedCredential]:
    for event in events:
        credential = credential_of(event)
        groups = event.user_groups.split("\n")
        kind = None
        name = event.user_name
        if event.legacy_secret:
            kind, name = CredentialKind.TOKEN_SECRET, event.legacy_secret
        elif event.user_name.startswith("system:node:"):
            kind = CredentialKind.NODE_CREDENTIAL
        elif event.user_name == "masterclient":
            kind = CredentialKind.LOCAL_ADMIN
        elif credential.startswith("X509SHA256="):
            masters = "system:masters" in groups
            kind = CredentialKind.MASTERS_CERTIFICATE if masters else CredentialKind.CLIENT_CERTIFICATE
        elif event.user_name.startswith("system:bootstrap:"):
            kind = CredentialKind.BOOTSTRAP_TOKEN
        elif event.user_name.startswith("system:serviceaccount:"):
            kind = CredentialKind.POD_TOKEN if event.token_pod else CredentialKind.UNBOUND_TOKEN
            name = _account(event.user_name)
        elif event.user_name and event.user_name != "system:anonymous":
            kind = CredentialKind.CLOUD_LOGIN
        if kind is not None:
            how = f"it was used from {event.address}"
            yield _one(kind, name, how=how, event=event, steps_of=steps_of)


def _minted(events: tuple[Happening, ...], steps_of: dict[str, int]) -> Iterator[ExposedCredential]:
    for event in events:
        if event.issued_credential_id and event.done:
            name = _account(identity_of_token(event))
            how = "the case had a token of it made"
            yield _one(CredentialKind.UNBOUND_TOKEN, name, how=how, event=event, steps_of=steps_of)
        if event.resource == "certificatesigningrequests" and event.subresource == "approval" and event.done:
            how = "the case approved it; a certificate cannot be revoked"
            yield _one(CredentialKind.CLIENT_CERTIFICATE, event.name, how=how, event=event, steps_of=steps_of)


def _account(user: str) -> str:
    return user.removeprefix("system:serviceaccount:").replace(":", "/")


def _one(kind: CredentialKind, name: str, *, how: str, event: Happening, steps_of: dict[str, int]) -> ExposedCredential:
    steps = (steps_of[event.audit_id],) if event.audit_id in steps_of else ()
    return ExposedCredential(
        kind=kind, name=name, proven_read=Proof.YES, how=how, steps=steps, evidence=(event.audit_id,)
    )


def _cloud(cloud: CloudPart, steps_of: dict[str, int]) -> Iterator[ExposedCredential]:
    """Sessions of roles that were taken or used, keys that were used or made, and logins that were written."""
    for at, call in enumerate(cloud.calls):
        if not call.done:
            continue
        user = cloud.users.get(at, "")
        whence = call.address or "an address that is not recorded"
        if call.kind is CallKind.KEY_MADE:
            key = f"key {call.issued} of it" if call.issued else "a key of it"
            kind, name, how = CredentialKind.CLOUD_KEY, call.object or call.principal, f"the case had {key} made"
        elif call.kind is CallKind.CLUSTER_ACCESS and call.detail:
            kind, name, how = CredentialKind.CLOUD_LOGIN, _principal_in(call.detail), f"{short(call)}: {call.detail}"
        elif is_lasting(call):
            kind, name, how = CredentialKind.CLOUD_KEY, role_of(call), f"key {call.session} was used from {whence}"
        elif call.kind is CallKind.EXCHANGE:
            how = f"taken on from {whence} with a token of {user or call.subject or 'an account of the cluster'}"
            kind, name = CredentialKind.CLOUD_ROLE_SESSION, role_of(call)
        elif call.role and user:
            kind, name, how = CredentialKind.CLOUD_ROLE_SESSION, role_of(call), f"used as {user} from {whence}"
        elif call.principal_kind is PrincipalKind.PERSON:
            kind, name, how = CredentialKind.SESSION, call.principal, f"used in the cloud from {whence}"
        else:
            continue
        steps = (steps_of[call.id],) if call.id in steps_of else ()
        evidence = (call.id,) if call.id else ()
        yield ExposedCredential(kind=kind, name=name, proven_read=Proof.YES, how=how, steps=steps, evidence=evidence)


def _principal_in(detail: str) -> str:
    """The principal that a change of access names, as far as it names one."""
    return next((word for word in detail.split() if word.startswith("arn:") or "@" in word), detail)


def _secrets(
    rotate: tuple[Rotate, ...], snapshot: Snapshot | None, steps_of: dict[str, int]
) -> Iterator[ExposedCredential]:
    types = {}
    if snapshot is not None:
        types = {(item.metadata.namespace, item.metadata.name): item.type for item in snapshot.all("Secret", Secret)}
    for one in rotate:
        if one.exposure is Exposure.REACHABLE:
            continue
        yield ExposedCredential(
            kind=_TYPES.get(types.get((one.namespace, one.name), ""), CredentialKind.SECRET),
            name=f"{one.namespace}/{one.name}",
            proven_read=one.proven,
            how=one.how,
            steps=tuple(dict.fromkeys(steps_of[audit] for audit in one.evidence if audit in steps_of)),
            evidence=one.evidence,
        )
