"""The recorded cluster's inventory, held to what is known of it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from demarc.accountability.assess import assess
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.reading import Reading
from demarc.inventory.build import build
from demarc.model.nhi import Nhi, NhiKind, NhiReport, NhiState
from demarc.model.register import Register
from demarc.nhi import Policy, nhi_report
from demarc.posture import Ground
from tests.posture.given import AT
from tests.recorded import NORTHWIND, needs_northwind

pytestmark = [needs_northwind, pytest.mark.recorded]


@cache
def recorded() -> NhiReport:
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
    Reading(builder).read([str(NORTHWIND / "lists")])
    snapshot = builder.build(now=AT)
    assert snapshot.taken_at is not None
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    assessment = assess(snapshot, inventory, Register(), snapshot.taken_at, "given")
    ground = Ground(snapshot, inventory, Register(), assessment, snapshot.taken_at)
    return nhi_report(ground, Policy())


@cache
def truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((NORTHWIND / "inventory.json").read_text())
    return found


def named(kind: NhiKind) -> dict[str, set[NhiState]]:
    return {
        f"{one.namespace}/{one.name}": {state.state for state in one.states}
        for one in recorded().items
        if one.kind is kind
    }


def test_every_lasting_token_is_there_and_nothing_else_is_one():
    assert set(named(NhiKind.LEGACY_TOKEN)) == {one["secret"] for one in truth()["legacyTokenSecrets"]}


def test_every_certificate_is_there_with_its_end():
    found = named(NhiKind.TLS) | named(NhiKind.CERTIFICATE_AUTHORITY) | named(NhiKind.SIGNING_KEY)
    for one in truth()["tlsSecrets"]:
        states = found[one["secret"]]
        assert (NhiState.EXPIRED in states) == (one["state"] == "expired"), one["secret"]


def test_accounts_without_pods_or_bindings_are_orphaned_unless_a_token_opens_them():
    accounts = named(NhiKind.SERVICE_ACCOUNT)
    tokens = {f"{one['secret'].partition('/')[0]}/{one['sa']}" for one in truth()["legacyTokenSecrets"]}
    for name in truth()["serviceAccountsWithoutPodsOrBindings"]:
        key = name.replace(":", "/", 1)
        if key not in tokens:
            assert NhiState.ORPHANED in accounts[key] or NhiState.HEALTHY in accounts[key], key
    orphaned = {key for key, states in accounts.items() if NhiState.ORPHANED in states}
    used = {
        key.replace(":", "/", 1)
        for part in ("serviceAccountsSharedByWorkloads", "workloadsOnDefaultServiceAccount")
        for key in truth()[part]
    }
    assert not orphaned & used


def test_accounts_that_several_workloads_share_are_told():
    accounts = named(NhiKind.SERVICE_ACCOUNT)
    for name in truth()["serviceAccountsSharedByWorkloads"]:
        one = next(one for one in recorded().items if one.id == name.replace(":", "/ServiceAccount/", 1))
        able = NhiState.SHARED in accounts[name.replace(":", "/", 1)]
        assert able or len(one.consumers) > 1, name


def test_what_was_rotated_lately_is_not_called_old():
    def of(name: str) -> Nhi:
        return next(one for one in recorded().items if f"{one.namespace}/{one.name}" == name)

    for name in ("data/postgres-superuser", "checkout/checkout-db"):
        assert not {NhiState.STALE, NhiState.OVERDUE} & {state.state for state in of(name).states}, name
    # Of two values one was rotated; the other is as old as the Secret, and is named.
    (old,) = [one for one in of("payments/stripe-api-key").states if one.state is NhiState.OVERDUE]
    assert "webhook_secret" in old.says


def test_every_secret_that_is_a_credential_is_there_once():
    ids = [one.id for one in recorded().items]
    assert len(ids) == len(set(ids))
    secrets = sum("/Secret/" in one.id for one in recorded().items)
    helm = truth()["counts"]["Secret"] - secrets
    assert 0 <= helm <= 20
