"""Checks of pods, network and admission on the recorded cluster: what is planted is found, and nothing hardened is."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from demarc.accountability.assess import assess
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.inventory.build import build
from demarc.model.posture import Outcome
from demarc.model.register import Register
from demarc.model.snapshot import SourceKind
from demarc.posture import Ground, examine
from tests.posture.given import check_named
from tests.recorded import NORTHWIND, needs_northwind

pytestmark = [needs_northwind, pytest.mark.recorded]
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def examined():
    """What a check gives."""
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
    builder.add_document((NORTHWIND / "cluster.json").read_bytes(), origin="cluster.json", kind=SourceKind.DUMP)
    snapshot = builder.build(now=AT)
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    ground = Ground(snapshot, inventory, Register(), assess(snapshot, inventory, Register(), AT, "given"), AT)
    return lambda check: examine(ground, (check_named(check),))[0]


@pytest.fixture(scope="module")
def found(examined):
    """Objects with a finding."""
    return lambda check: {str(one.object) for one in examined(check).found}


def test_pods_that_reach_their_node_are_all_found(found):
    planted = json.loads((NORTHWIND / "inventory.json").read_text())["privilegedOrHostPods"]
    told = {name for number in (1, 2, 3, 4, 10, 11) for name in found(f"DM-POD-{number:03}")}
    for pod in planted:
        namespace, _, name = pod.partition("/")
        pattern = re.compile(rf"\w+ {namespace}/{re.escape(re.sub(r'-[0-9a-f]{8,10}$', '', name))}")
        assert any(pattern.fullmatch(one) for one in told), pod
    assert "StatefulSet data/postgres-main" in found("DM-POD-001"), "a debug container that somebody attached later"


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 15])
def test_a_namespace_that_enforces_restricted_has_nothing_that_it_forbids(found, number):
    assert not [name for name in found(f"DM-POD-{number:03}") if " payments/" in name]


def test_levels_of_namespaces(found):
    assert found("DM-ADM-002").isdisjoint({"Namespace payments", "Namespace checkout", "Namespace kube-system"})
    assert {"Namespace ci", "Namespace monitoring", "Namespace sandbox-eve"} <= found("DM-ADM-002")
    namespaces = {name.partition(" ")[2].partition("/")[0] for name in found("DM-ADM-003")}
    assert namespaces == {"checkout", "data"}


def test_segmentation(found):
    assert "Namespace catalog" in found("DM-NET-001")
    assert not [name for name in found("DM-NET-001") if "payments" in name]
    assert {"Namespace payments"}.isdisjoint(found("DM-NET-002"))
    assert found("DM-NET-003") == {"NetworkPolicy data/postgres-only-apps"}


def test_ways_in_without_tls_and_with_snippets(found):
    plain = {"Ingress checkout/promo", "Ingress data/superset", "Ingress ml-agents/hub", "Ingress ml-agents/mcp"}
    assert found("DM-NET-009") == plain
    assert "Ingress ml-agents/hub" in found("DM-NET-010")
    assert "Ingress argocd/argocd" in found("DM-NET-011")


def test_what_was_not_given_is_unknown(examined):
    for check in ("DM-POD-024", "DM-NET-006", "DM-NET-007", "DM-ADM-010", "DM-IMG-004", "DM-IMG-006", "DM-IMG-010"):
        assert examined(check).outcome is Outcome.UNKNOWN, check
