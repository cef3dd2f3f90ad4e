"""Authorities of webhooks: told with their end and who keeps them, and nothing said of what cannot be read."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from demarc.model.nhi import AgeGrade, NhiKind, NhiState
from demarc.testing import an_object
from tests.nhi.given import item, report, states
from tests.posture.certificates import a_certificate

NAME = "ValidatingWebhookConfiguration/gate/pods.gate.example"


def a_gate(bundle: str, **annotations: str):
    client = {
        "caBundle": base64.b64encode(bundle.encode()).decode(),
        "service": {"namespace": "shop", "name": "gate", "path": "/"},
    }
    return an_object(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "gate",
        annotations={name.replace("__", "/").replace("_", "-"): value for name, value in annotations.items()},
        webhooks=[{"name": "pods.gate.example", "clientConfig": client, "sideEffects": "None"}],
    )


def test_an_authority_is_told_with_its_end_and_its_keeper():
    found = item(report(a_gate(a_certificate(authority=True))), NAME)
    assert found.kind is NhiKind.CERTIFICATE_AUTHORITY
    assert found.expires == "2027-12-01T00:00:00Z"
    assert found.changed.grade is AgeGrade.ISSUER
    assert found.answers.duty == "admission.policy"
    assert found.namespace == "shop"
    assert not found.source_of_truth
    kept = item(report(a_gate(a_certificate(authority=True), **{"cert_manager.io__inject_ca_from": "shop/gate"})), NAME)
    assert "shop/gate" in kept.source_of_truth


def test_one_that_ended_is_expired_unless_another_follows_it():
    ended = a_certificate(until=datetime(2026, 6, 1, tzinfo=UTC), authority=True)
    assert NhiState.EXPIRED in states(report(a_gate(ended)), NAME)
    assert NhiState.EXPIRED not in states(report(a_gate(ended + a_certificate(authority=True))), NAME)


def test_a_bundle_that_is_none_is_left_out():
    assert NAME not in {one.id for one in report(a_gate("no certificate")).items}
