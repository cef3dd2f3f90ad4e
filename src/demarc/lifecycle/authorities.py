"""Certificate authorities that lie in Secrets: which certificates name one as issuer, and what trusts it.

Their rotation is no exchange of one value: trust has to be widened before anything is signed anew. What trusts an
authority by a copy in an image or outside of the cluster is not in sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from demarc.model.kubernetes import ConfigMap, Secret, WebhookConfiguration
from demarc.model.snapshot import Snapshot
from demarc.posture.gates import authorities

_WEBHOOKS: Final = (
    "MutatingWebhookConfiguration.admissionregistration.k8s.io",
    "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
)

_EACH: Final = 3
"""Copies of one bundle that are named one by one."""


class Trust(NamedTuple):
    """Who depends on an authority, as far as it is in sight."""

    leaves: tuple[str, ...]
    """Secrets with certificates that name it as issuer, ``namespace/name``."""
    holders: tuple[str, ...]
    """``ValidatingWebhookConfiguration policies``, ``ConfigMap shop/trust``: its certificate lies there."""


class Trusts:
    """Every authority of a snapshot, indexed once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._leaves: dict[str, list[tuple[str, str]]] = {}
        for secret in snapshot.all("Secret", Secret):
            for leaf in secret.certificates[:1]:
                self._leaves.setdefault(leaf.issuer, []).append((secret.key, leaf.public_key))
        self._holders: dict[str, dict[str, None]] = {}
        for public_key, what in (*_trusting(snapshot), *_bundles(snapshot)):
            self._holders.setdefault(public_key, {})[what] = None

    def of(self, secret: Secret) -> Trust | None:
        """Who depends on the authority in a Secret; None where it holds none."""
        first = secret.certificates[0] if secret.certificates else None
        if first is None or not first.authority:
            return None
        # By the issuer's name: a certificate of its own key is the authority itself, or a copy of it.
        leaves = (name for name, public_key in self._leaves.get(first.subject, ()) if public_key != first.public_key)
        holders = (one for one in self._holders.get(first.public_key, ()) if one != f"Secret {secret.key}")
        return Trust(tuple(sorted(leaves)), tuple(holders))


def _bundles(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """ConfigMaps and Secrets with certificates by which something trusts; copies in each namespace are one."""
    names: dict[tuple[str, str, str], list[str]] = {}
    maps: tuple[ConfigMap | Secret, ...] = (*snapshot.all("ConfigMap", ConfigMap), *snapshot.all("Secret", Secret))
    for item in maps:
        for public_key in item.trusts:
            names.setdefault((public_key, item.kind, item.metadata.name), []).append(item.metadata.namespace)
    for (public_key, kind, name), spaces in names.items():
        if len(spaces) > _EACH:
            yield public_key, f"{kind} {name} of {len(spaces):,} namespaces"
        else:
            yield from ((public_key, f"{kind} {space}/{name}") for space in spaces)


def _trusting(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    for kind in _WEBHOOKS:
        for item in snapshot.all(kind, WebhookConfiguration):
            for webhook in item.webhooks or ():
                for one in authorities(webhook):
                    yield one.public_key, f"{kind.partition('.')[0]} {item.metadata.name}"
