"""Authorities by which the API server knows its admission webhooks: public, yet with their end the gate ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demarc.model.kubernetes import Webhook, WebhookConfiguration
from demarc.model.nhi import AgeGrade, Dated, Nhi, NhiKind
from demarc.nhi.ground import NhiGround
from demarc.nhi.states import Seen, judge
from demarc.posture.gates import authorities

_CONFIGURATIONS: Final = (
    "MutatingWebhookConfiguration.admissionregistration.k8s.io",
    "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
)
_INJECTORS: Final = ("cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret")


def of_webhooks(on: NhiGround) -> Iterator[Nhi]:
    """One entry for each webhook that carries certificates."""
    for kind in _CONFIGURATIONS:
        for configuration in on.ground.snapshot.all(kind, WebhookConfiguration):
            for webhook in configuration.webhooks or ():
                yield from _authority(on, kind.partition(".")[0], configuration, webhook)


def _authority(on: NhiGround, kind: str, configuration: WebhookConfiguration, webhook: Webhook) -> Iterator[Nhi]:
    known = authorities(webhook)
    if not known:
        return
    # It is good for as long as one of them is; the one that ends last is the one in use.
    leading = max(known, key=lambda one: one.not_after)
    service = webhook.client_config.service
    namespace = (service.namespace if service is not None else "") or ""
    scope = on.ground.namespace(namespace) if namespace else on.ground.cluster
    answers = on.answers("admission.policy", scope)
    injector = next((configuration.annotations[one] for one in _INJECTORS if one in configuration.annotations), "")
    changed = Dated(
        at=leading.not_before,
        grade=AgeGrade.ISSUER,
        says=f"notBefore of its certificate, by {leading.issuer}",
    )
    seen = Seen(
        kind=NhiKind.CERTIFICATE_AUTHORITY,
        changed=changed,
        last_used=Dated(says="the API server does not record whom it checked with it"),
        expires=leading.not_after,
        used_by=1,
        kept=bool(injector),
    )
    yield Nhi(
        id=f"{kind}/{configuration.metadata.name}/{webhook.name}",
        kind=NhiKind.CERTIFICATE_AUTHORITY,
        namespace=namespace,
        name=webhook.name,
        scope=scope,
        answers=answers,
        issuer=leading.issuer,
        source_of_truth=f"cert-manager, from {injector}" if injector else "",
        created=changed,
        changed=changed,
        last_used=seen.last_used,
        expires=leading.not_after,
        consumers=(f"{kind} {configuration.metadata.name}",),
        states=judge(seen, answers, on.policy.of(NhiKind.CERTIFICATE_AUTHORITY, namespace), on.ground.at),
    )
