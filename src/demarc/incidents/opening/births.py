"""Where credentials come from: which request made a token, which Secret or certificate, and back over several hops."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from demarc.events.interface import Engine
from demarc.incidents.detections.confirm import body, field, requested_node
from demarc.incidents.detections.sql import one_of, rows, text
from demarc.incidents.opening.happenings import Happening, happenings
from demarc.model.investigation import Birth, BirthBy

MOST_HOPS: Final = 12


def credential_of(event: Happening) -> str:
    """What was signed in with, as a birth names it; empty where the trail does not say."""
    return f"Secret {event.legacy_secret}" if event.legacy_secret else event.credential_id


def identity_of_token(event: Happening) -> str:
    """User name of the account that a token was made for."""
    return f"system:serviceaccount:{event.namespace}:{event.name}"


def made_by(engine: Engine, credentials: Iterable[str]) -> dict[str, Happening]:
    """The requests that made some credentials, by credential. A certificate's is its approval."""
    wanted = set(credentials)
    tokens = {one for one in wanted if one.startswith("JTI=")}
    secrets = {one.removeprefix("Secret ") for one in wanted if one.startswith("Secret ")}
    certificates = {one for one in wanted if one.startswith("X509SHA256=")}
    found: dict[str, Happening] = {}
    if tokens:
        for event in happenings(engine, one_of("issued_credential_id", tokens)):
            found.setdefault(event.issued_credential_id, event)
    if secrets:
        named = one_of("namespace || '/' || name", secrets)
        made = f"resource = 'secrets' AND verb = 'create' AND code BETWEEN 200 AND 299 AND NOT dry_run AND {named}"
        for event in happenings(engine, made):
            found[f"Secret {event.namespace}/{event.name}"] = event
    if certificates:
        approvals = _approvals(engine)
        for digest, request in _issued(engine).items():
            if digest in certificates and request in approvals:
                found[digest] = approvals[request]
    return found


def _approvals(engine: Engine) -> dict[str, Happening]:
    approved = (
        "resource = 'certificatesigningrequests' AND subresource = 'approval' "
        "AND verb IN ('update', 'patch') AND code BETWEEN 200 AND 299 AND NOT dry_run"
    )
    return {event.name: event for event in happenings(engine, approved)}


def _issued(engine: Engine) -> dict[str, str]:
    """Digests of certificates that the trail shows being issued -> name of the request."""
    sql = (
        "SELECT name, response_object, request_object FROM events WHERE resource = 'certificatesigningrequests' "
        "AND (response_object LIKE '%\"certificate\":%' OR request_object LIKE '%\"certificate\":%') "
        "ORDER BY ts_us, event_id"
    )
    found: dict[str, str] = {}
    for row in rows(engine, "certificates", sql):
        for column in ("response_object", "request_object"):
            encoded = field(body(dict(row), column), "status", "certificate")
            digest = fingerprint(str(encoded)) if encoded else ""
            if digest:
                found.setdefault(digest, str(row["name"]))
    return found


def fingerprint(encoded: str) -> str:
    """``X509SHA256=...`` of a certificate as a request's status holds it; empty for what is none."""
    try:
        certificate = x509.load_pem_x509_certificate(base64.b64decode(encoded, validate=True))
    except (ValueError, binascii.Error):
        return ""
    return f"X509SHA256={certificate.fingerprint(SHA256()).hex()}"


def certificates_of(engine: Engine, approved: Iterable[Happening]) -> dict[str, Happening]:
    """Credentials that came out of some approvals -> the approval."""
    by_name = {event.name: event for event in approved}
    return {digest: by_name[name] for digest, name in _issued(engine).items() if name in by_name}


def names_asked_for(engine: Engine, approved: Iterable[Happening]) -> dict[str, Happening]:
    """User names that some approved certificates were asked for -> the approval; where the trail holds the request."""
    by_name = {event.name: event for event in approved}
    found: dict[str, Happening] = {}
    if not by_name:
        return found
    named = one_of("name", by_name)
    created = f"resource = 'certificatesigningrequests' AND subresource = '' AND verb = 'create' AND {named}"
    for event in happenings(engine, created):
        user = requested_node(str(field(body({"request_object": event.request_object}), "spec", "request") or ""))
        if user:
            found[user] = by_name[event.name]
    return found


def births(engine: Engine, used: dict[str, str]) -> tuple[Birth, ...]:
    """Births of credentials (-> whose they are), and of what they were made with, back to what was not seen."""
    found: dict[str, Birth] = {}
    todo = dict(used)
    for _ in range(MOST_HOPS):
        makers = made_by(engine, todo)
        further: dict[str, str] = {}
        for credential, identity in sorted(todo.items()):
            event = makers.get(credential)
            found[credential] = _birth(credential, identity, event, used=credential in used)
            if event is not None and credential_of(event) and credential_of(event) not in found:
                further[credential_of(event)] = event.user_name
        todo = {name: whose for name, whose in further.items() if name not in found}
        if not todo:
            break
    return tuple(sorted(found.values(), key=lambda birth: (birth.at_us, birth.credential)))


def _birth(credential: str, identity: str, event: Happening | None, *, used: bool) -> Birth:
    if event is None:
        return Birth(credential=credential, identity=identity, by=BirthBy.NOT_SEEN, used=used)
    ways = {"serviceaccounts": BirthBy.TOKEN_REQUEST, "secrets": BirthBy.SECRET}
    return Birth(
        credential=credential,
        identity=identity,
        by=ways.get(event.resource, BirthBy.CERTIFICATE),
        made_by=event.user_name,
        made_with=credential_of(event),
        at_us=event.ts_us,
        used=used,
        evidence=(event.audit_id,),
    )


def minted_by_hand(engine: Engine) -> frozenset[str]:
    """Ids of tokens that something other than a kubelet or the controller manager had made, in the whole trail."""
    sql = (
        "SELECT issued_credential_id FROM events WHERE issued_credential_id <> '' "
        "AND NOT (user_name LIKE 'system:node:%' AND agent LIKE 'kubelet/%') "
        "AND NOT (agent LIKE 'kube-controller-manager/%') "
        "GROUP BY issued_credential_id ORDER BY issued_credential_id LIMIT 100000"
    )
    return frozenset(str(row["issued_credential_id"]) for row in rows(engine, "minted", sql))


def uses_of(credential: str) -> str:
    """That a request was signed in with a credential, as a condition."""
    if credential.startswith("Secret "):
        return f"legacy_secret = {text(credential.removeprefix('Secret '))}"
    return f"credential_id = {text(credential)}"
