"""Credentials that lie in Secrets: kind, keeper, age, consumers, copies, state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from demarc.lifecycle.consumers import holds_credential
from demarc.lifecycle.managers import manager_of
from demarc.lifecycle.releases import is_beside
from demarc.model.kubernetes import IssuedCertificate, Secret
from demarc.model.nhi import Dated, Nhi, NhiKind
from demarc.model.planes import Power
from demarc.model.time import iso
from demarc.nhi.ages import INVALID
from demarc.nhi.ground import NhiGround
from demarc.nhi.kinds import ACCOUNT, kind_of, secret_parts
from demarc.nhi.states import Seen, judge

_RENEW: Final = (
    "cert-manager",
    "external-secrets",
    "vault-secrets-operator",
    "secrets-store-csi",
    "operator",
    "copier",
)
"""Keepers that renew by themselves what they keep. What lies in git changes when somebody changes it there."""
_ALONE: Final = (NhiKind.BOOTSTRAP_TOKEN, NhiKind.SIGNING_KEY, NhiKind.DELIVERY)
"""Kinds that a controller finds without naming them."""
_SETTLED: Final = 7
"""Days in which a new Secret may wait for what will use it."""


def in_secrets(on: NhiGround) -> Iterator[Nhi]:
    """Every credential in a Secret."""
    listed = {
        (account.metadata.namespace, reference.name)
        for account in on.ground.view.accounts.values()
        for reference in account.secrets or ()
    }
    issued = {
        (one.metadata.namespace, one.spec.secret_name): one
        for one in on.ground.snapshot.all("Certificate.cert-manager.io", IssuedCertificate)
    }
    about = _About(listed, issued, _public_keys(on))
    for secret in on.ground.view.secrets.values():
        kind = kind_of(secret, on.delivered)
        if kind is not None:
            yield _Credential(on, about, secret, kind).made()


def _public_keys(on: NhiGround) -> dict[str, list[str]]:
    """SHA-256 of a public key -> Secrets with a certificate for it."""
    found: dict[str, list[str]] = {}
    for secret in on.ground.view.secrets.values():
        for leaf in secret.certificates[:1]:
            if leaf.public_key:
                found.setdefault(leaf.public_key, []).append(f"Secret {secret.key}")
    return found


class _About(NamedTuple):
    """What is known of Secrets from elsewhere."""

    listed: set[tuple[str, str]]
    """Those that a service account lists: the controller made them."""
    issued: dict[tuple[str, str], IssuedCertificate]
    keys: dict[str, list[str]]


class _Credential:
    """One Secret, on its way to be an entry."""

    def __init__(self, on: NhiGround, about: _About, secret: Secret, kind: NhiKind) -> None:
        self._on = on
        self._secret = secret
        self._kind = kind
        self._at = (secret.metadata.namespace, secret.metadata.name)
        self._automatic = self._at in about.listed
        self._issued = about.issued.get(self._at)
        self._keys = about.keys
        self._parts = secret_parts(secret)
        rotatable = holds_credential(secret)
        self._consumers = on.consumers.get(self._at, ()) if rotatable else ()
        self._manager = manager_of(secret) if rotatable else None

    def made(self) -> Nhi:
        """The entry."""
        on, secret, kind = self._on, self._secret, self._kind
        namespace, name = self._at
        account = secret.annotations.get(ACCOUNT, "")
        scope = on.ground.identity(f"{namespace}/ServiceAccount/{account}" if account else f"{namespace}/Secret/{name}")
        answers = on.answers(self._duty(), scope)
        changed = on.ages.changed(secret, kind, self._parts)
        used = on.ages.token_used(secret) if kind is NhiKind.LEGACY_TOKEN else Dated(says=_NOT_NOTED)
        consumers = tuple(_named(one.kind, one.namespace, one.name) for one in self._consumers)
        if (trust := on.trusts.of(secret)) is not None:
            consumers += (*trust.holders, *(f"certificate in Secret {one}" for one in trust.leaves))
        powers, spaces = on.powers.get((namespace, account), ((), ())) if account else ((), ())
        same, misplaced = self._elsewhere()
        manager = self._manager
        seen = Seen(
            kind=kind,
            changed=changed,
            last_used=used,
            expires=self._expires(),
            used_by=len(consumers),
            orphaned=self._orphaned(len(consumers), account),
            shared=f"{len(same)} other Secrets hold the same value: {', '.join(same[:3])}" if same else "",
            misplaced=tuple(
                place for place in misplaced if not place.startswith(_OF_ITSELF) and not is_beside(place, namespace)
            ),
            powers=powers,
            everywhere="" in spaces,
            kept=manager is not None or self._issued is not None or kind in _ALONE,
            disabled=self._disabled(),
            ours=namespace not in on.ground.platform_namespaces or bool(account) or not self._is_platforms(),
            unseen="" if secret.type or secret.keys else "only its metadata was seen: what it holds is not known",
        )
        return Nhi(
            id=f"{namespace}/Secret/{name}",
            kind=kind,
            namespace=namespace,
            name=name,
            scope=scope,
            answers=answers,
            issuer=self._issuer(account),
            source_of_truth=manager.source if manager else "",
            created=on.ages.created(secret),
            changed=changed,
            expires=seen.expires,
            endless=kind is NhiKind.LEGACY_TOKEN,
            last_used=used,
            consumers=consumers,
            references=tuple(
                f"{_named(one.kind, one.namespace, one.name)}: {one.known_by}"
                for one in self._consumers
                if one.known_by
            ),
            powers=powers,
            reach=reach_of(powers, spaces, namespace),
            same_value=same,
            misplaced=misplaced,
            states=judge(seen, answers, on.policy.of(kind, namespace), on.ground.at),
        )

    def _duty(self) -> str:
        if self._kind in (NhiKind.TLS, NhiKind.CERTIFICATE_AUTHORITY):
            return "secret.certificates"
        return {NhiKind.BOOTSTRAP_TOKEN: "node.bootstrap", NhiKind.REGISTRY: "supply.registry"}.get(
            self._kind, "secret.rotation"
        )

    def _issuer(self, account: str) -> str:
        secret = self._secret
        if secret.certificates:
            return secret.certificates[0].issuer
        if account:
            return "API server, by itself" if self._automatic else "API server, for a Secret that somebody made"
        if self._manager:
            return self._manager.kind
        writer = next((entry.manager for entry in secret.metadata.managed_fields or () if entry.manager), "")
        return f"by hand ({writer})" if writer else "not known"

    def _expires(self) -> str:
        secret = self._secret
        if secret.certificates:
            return secret.certificates[0].not_after
        if self._issued is not None and self._issued.status.not_after:
            return self._issued.status.not_after
        return iso(datetime.fromtimestamp(secret.expires, UTC)) if secret.expires else ""

    def _disabled(self) -> str:
        since = self._secret.labels.get(INVALID, "")
        return f"marked invalid since {since}: remove it" if since else ""

    def _is_platforms(self) -> bool:
        return any(self._on.ground.provider in entry for entry in self._secret.managers)

    def _orphaned(self, consumers: int, account: str) -> str:
        on, secret = self._on, self._secret
        if account:
            there = (self._at[0], account) in on.ground.view.accounts
            return "" if there or on.ground.view.left_out("serviceaccounts") else f"ServiceAccount {account} is gone"
        if consumers or self._kind in _ALONE or on.referrers.of(*self._at):
            return ""
        if on.ground.workloads_unseen or not on.ground.workloads or on.ground.view.left_out("serviceaccounts"):
            return ""
        born = secret.metadata.creation_timestamp
        settled = born is not None and (on.ground.at - datetime.fromisoformat(born)).days >= _SETTLED
        return "nothing that was read refers to it" if settled and self._manager is None else ""

    def _elsewhere(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Other Secrets, and other places, with one of its values; Secrets with the same private key too."""
        secret, values = self._secret, self._parts.values()
        same = self._on.secrets_with(values)
        for leaf in secret.certificates[:1]:
            same.update(dict.fromkeys(self._keys.get(leaf.public_key, ())))
        same.pop(f"Secret {secret.key}", None)
        misplaced = [*self._on.places_with(values), *(f"{_OF_ITSELF} {name}" for name in secret.leaked_in_annotations)]
        return tuple(same), tuple(misplaced)


_OF_ITSELF: Final = "its own annotation"
"""A copy that whoever may get the Secret may get anyway: worth sweeping, but no place where others read it."""
_NOT_NOTED: Final = "kubelets read it for pods, which no record shows"


def _named(kind: str, namespace: str, name: str) -> str:
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def reach_of(powers: tuple[Power, ...], spaces: tuple[str, ...], namespace: str) -> str:
    """How far powers go, in words."""
    if not powers:
        return ""
    if "" in spaces:
        return "cluster"
    others = [space for space in spaces if space]
    return others[0] if len(others) == 1 else f"{len(others)} namespaces" if others else namespace
