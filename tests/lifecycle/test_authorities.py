"""Who depends on an authority: by certificates that lie anywhere in sight, read the same from a stored snapshot."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from demarc.collect.builder import SnapshotBuilder
from demarc.collect.certificates import trusted_keys
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.redact import redact_page
from demarc.lifecycle.authorities import Trust, Trusts
from demarc.model.kubernetes import Secret
from demarc.testing import Object, a_config_map, a_list, a_secret
from tests.posture.certificates import a_certificate

KEY = FingerprintKey(b"k" * 32)
CA = a_certificate("the CA", authority=True)
OTHER = a_certificate("another CA", authority=True, bits=2048)
AUTHORITY = a_secret("ca", type="kubernetes.io/tls", values={"tls.crt": CA, "tls.key": "k", "ca.crt": CA})


def trusts(*objects: Object, stored: bool = False) -> Trust | None:
    page = json.dumps(a_list(objects)).encode()
    builder = SnapshotBuilder(KEY)
    builder.add_document(redact_page(page, KEY) if stored else page, origin="c.json")
    snapshot = builder.build(now=datetime(2026, 11, 24, tzinfo=UTC))
    held = next(one for one in snapshot.all("Secret", Secret) if one.metadata.name == "ca")
    return Trusts(snapshot).of(held)


@pytest.mark.parametrize("stored", [False, True])
def test_certificates_in_config_maps_and_secrets_are_trust(stored):
    found = trusts(
        AUTHORITY,
        a_config_map("bundle", data={"ca.pem": f"# two of them\n{OTHER}{CA}"}),
        a_config_map("elsewhere", data={"ca.pem": OTHER}),
        a_secret("client", values={"ca.crt": CA}),
        a_config_map("packed", data={"ca": base64.b64encode(CA.encode()).decode()}),
        stored=stored,
    )
    assert found is not None
    assert found.holders == ("ConfigMap shop/bundle", "ConfigMap shop/packed", "Secret shop/client")


def test_copies_in_every_namespace_are_one():
    copies = [a_config_map("root-ca", f"team-{number}", data={"ca.crt": CA}) for number in range(5)]
    found = trusts(AUTHORITY, *copies)
    assert found is not None
    assert found.holders == ("ConfigMap root-ca of 5 namespaces",)


def test_what_may_sign_nothing_is_no_authority():
    leaf = a_secret("ca", type="kubernetes.io/tls", values={"tls.crt": a_certificate(), "tls.key": "k"})
    assert trusts(leaf) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----" + "A" * 2_000_000,
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t not base64",
    ],
)
def test_what_cannot_be_read_is_trusted_by_nobody(text):
    assert trusted_keys([text]) == ()
