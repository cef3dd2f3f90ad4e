"""Certificate authorities that lie in Secrets: which certificates name one as issuer, and which webhooks trust it.

Their rotation is no exchange of one value: trust has to be widened before anything is signed anew. What trusts an
authority by a copy in a ConfigMap, an image or outside of the cluster is not in sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from demarc.model.kubernetes import Secret, WebhookConfiguration
from demarc.model.snapshot import Snapshot
from demarc.posture.gates import authorities

_WEBHOOKS: Final = (
    "MutatingWebhookConfiguration.admissionregistration.k8s.io",
    "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
)


class Trust(NamedTuple):
    """Who depends on an authority, as far as it is in sight."""

    leaves: tuple[str, ...]
    """Secrets with certificates that name it as issuer, ``namespace/name``."""
    webhooks: tuple[str, ...]
    """``ValidatingWebhookConfiguration policies``: their caBundle holds its certificate."""


class Trusts:
    """Every authority of a snapshot, indexed once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._leaves: dict[str, list[tuple[str, str]]] = {}
        for secret in snapshot.all("Secret", Secret):
            for leaf in secret.certificates[:1]:
                self._leaves.setdefault(leaf.issuer, []).append((secret.key, leaf.public_key))
        self._webhooks: dict[str, dict[str, None]] = {}
        for public_key, what in _trusting(snapshot):
            self._webhooks.setdefault(public_key, {})[what] = None

    def of(self, secret: Secret) -> Trust | None:
        """Who depends on the authority in a Secret; None where it holds none."""
        first = secret.certificates[0] if secret.certificates else None
        if first is None or not first.authority:
            return None
        # By the issuer's name: a certificate of its own key is the authority itself, or a copy of it.
        leaves = (name for name, public_key in self._leaves.get(first.subject, ()) if public_key != first.public_key)
        return Trust(tuple(sorted(leaves)), tuple(self._webhooks.get(first.public_key, ())))


def _trusting(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    for kind in _WEBHOOKS:
        for item in snapshot.all(kind, WebhookConfiguration):
            for webhook in item.webhooks or ():
                for one in authorities(webhook):
                    yield one.public_key, f"{kind.partition('.')[0]} {item.metadata.name}"
