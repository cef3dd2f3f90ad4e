"""Secrets of the recorded cluster: certificates, credentials where they do not belong, and no value anywhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from demarc.accountability.assess import assess
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.reading import read
from demarc.inventory.build import build
from demarc.model.kubernetes import Secret
from demarc.model.register import Register
from demarc.posture import Ground, posture
from tests.recorded import NORTHWIND, needs_northwind

pytestmark = needs_northwind
AT = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)
SHORTEST = 8
PUBLIC = ("ca.crt", "namespace", "tls.crt")


@pytest.fixture(scope="module")
def ground() -> Ground:
    snapshot = read([str(NORTHWIND / "lists")], key=FingerprintKey(b"k" * 32), now=AT)
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    register = Register()
    return Ground(snapshot, inventory, register, assess(snapshot, inventory, register, AT, "given"), AT)


def _list(name: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads((NORTHWIND / "lists" / name).read_text())["items"]
    return items


def _values() -> Iterator[str]:
    """Values that are secret: those of Secrets which no other object shows in the open, and literal passwords."""
    others = [path for path in (NORTHWIND / "lists").glob("*.json") if "secrets" not in path.name]
    open_ = "".join(path.read_text() for path in others)
    for item in _list("core_v1_secrets.json"):
        for key, value in (item.get("data") or {}).items():
            for text in (value, base64.b64decode(value).decode("utf-8", "replace")):
                if key not in PUBLIC and text not in open_:
                    yield text
    for item in _list("core_v1_pods.json"):
        for container in item["spec"]["containers"]:
            for one in container.get("env", ()):
                if _is_secret(one["name"]) and "value" in one:
                    yield one["value"]


def _is_secret(name: str) -> bool:
    return name.endswith(("PASSWORD", "TOKEN", "SECRET_ACCESS_KEY", "API_KEY"))


def test_certificates_are_those_of_the_truth(ground):
    known = {one["secret"]: one for one in json.loads((NORTHWIND / "inventory.json").read_text())["tlsSecrets"]}
    certificates = {one.key: one.certificates[0] for one in ground.snapshot.all("Secret", Secret) if one.certificates}
    assert set(certificates) == set(known)
    for at, truth in known.items():
        assert certificates[at].key_bits == (truth["keyBits"] or 0), at
    found = _of(ground, "DM-SEC-009")
    late = {f"{one.object.namespace}/{one.object.name}" for one in found if "ended on" in one.says}
    early = {f"{one.object.namespace}/{one.object.name}" for one in found if "begins on" in one.says}
    assert late == {at for at, truth in known.items() if truth["state"] == "expired"}
    assert early == {at for at, truth in known.items() if truth["state"] == "not yet valid"}


def _of(ground: Ground, check: str) -> list[Any]:
    return [one for one in posture(ground).findings if one.check == check]


def test_no_value_is_in_what_checks_say(ground):
    told = msgspec.json.encode(posture(ground)).decode() + repr(ground.snapshot.objects)
    for value in dict.fromkeys(_values()):
        if len(value) >= SHORTEST:
            assert value not in told


def test_the_planted_credentials_are_found(ground):
    on = {
        str(one.object) for one in posture(ground).findings if one.check in ("DM-SEC-002", "DM-SEC-003", "DM-SEC-011")
    }
    assert {
        "Deployment catalog/image-resizer",
        "Deployment legacy-erp/erp-monolith",
        "Deployment ml-agents/model-gateway",
        "ConfigMap legacy-erp/erp-config",
        "Secret data/gcp-sa",
        "Secret sandbox-eve/eve-aws",
    } <= on
