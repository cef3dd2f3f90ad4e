"""A case from every shape: what a shape loses is said, and what it keeps is enough."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from demarc.incidents.detections import Given
from demarc.incidents.opening.investigate import Around, Opened, investigate
from demarc.incidents.opening.seeds import Hints
from demarc.model.detections import State
from demarc.testing.audit import AuditTrail
from tests.incidents.attacks import ATTACKS
from tests.incidents.shapes import aks, cloudwatch, gke
from tests.incidents.trails import asked

SHAPES: dict[str, Callable[[AuditTrail], bytes]] = {"cloudwatch": cloudwatch, "aks": aks, "gke": gke}


def opened(attack: str, shape: str, folder: Path) -> Opened:
    with asked(SHAPES[shape](ATTACKS[attack]().trail), folder) as engine:
        return investigate(engine, Hints(), Given(), Around())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("attack", ["pipeline_token", "miner", "anonymous"])
def test_the_whole_attack_is_found(attack, shape, tmp_path):
    found = opened(attack, shape, tmp_path)
    assert {event.audit_id for event in found.events} == ATTACKS[attack]().own


@pytest.mark.parametrize(("shape", "provider"), [("cloudwatch", "eks"), ("aks", "aks"), ("gke", "gke")])
def test_the_provider_is_told_by_the_shape(shape, provider, tmp_path):
    found = opened("miner", shape, tmp_path).investigation
    assert found is not None
    assert found.case.provider == provider


def test_what_gke_loses_is_said(tmp_path):
    found = opened("miner", "gke", tmp_path)
    assert found.investigation is not None
    said = " ".join(one.what for one in found.investigation.unseen)
    assert "credential_id" in said
    states = {one.detection: one.state for one in found.outcomes}
    assert states["jti-two-places"] is State.UNKNOWN
    assert states["exec-token-read"] is not State.FIRED


def test_on_aks_the_clients_address_is_the_first(tmp_path):
    found = opened("pipeline_token", "aks", tmp_path)
    assert {event.address for event in found.events} == {"203.0.113.50", "203.0.113.51"}
