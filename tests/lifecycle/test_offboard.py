"""All that must go, on the example company."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from demarc.cli.main import run

COMPANY = Path(__file__).resolve().parents[2] / "examples" / "fjordkite"
INPUTS = [word for part in ("cluster", "cloud", "directory") for word in ("--snapshot", str(COMPANY / part))]


@pytest.fixture(autouse=True)
def _at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    for name in ("DEMARC_REGISTER", "DEMARC_LEDGER", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)


def offboard(who: str, capsys: Any) -> dict[str, Any]:
    assert run(["offboard", who, *INPUTS, "--register", str(COMPANY / "register"), "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def tasks(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(task["group"], task["what"]) for task in found["tasks"]]


def has(found: dict[str, Any], group: str, part: str) -> bool:
    return any(one == group and part in what for one, what in tasks(found))


def test_a_person_loses_access_first_then_duties_then_what_they_know(capsys):
    found = offboard("person:piotr.zielinski", capsys)
    assert has(found, "no more access", "RoleBinding yard/yard-ops gives ClusterRole admin")
    assert has(found, "no more access", "access entry lets arn:aws:iam::111122223333:user/piotr.zielinski in")
    assert has(found, "duties get other holders", "Piotr Zielinski is owner of")
    groups = list(dict.fromkeys(group for group, _ in tasks(found)))
    assert groups == ["no more access", "duties get other holders"]
    assert [rotation["id"] for rotation in found["rotations"]] == ["yard/optimizer-old-token-x7k2p"]
    assert "piotr" not in found["rotations"][0].get("owner", ""), "who leaves does not approve what ends with them"
    assert [blocked["credential"] for blocked in found["blocked"]] == ["yard/yard-tls"]


def test_a_namespace_goes_last_and_what_outside_trusts_it_before(capsys):
    found = offboard("namespace:yard", capsys)
    assert has(found, "nothing outside trusts them", "role/fjordkite-yard-optimizer trusts yard/optimizer")
    assert has(found, "nothing outside trusts them", "Secret yard/yard-tls holds a tls credential")
    assert tasks(found)[-1] == ("the things themselves", "Namespace yard")
    assert [rotation["strategy"] for rotation in found["rotations"]] == ["retire"]


def test_a_supplier_goes_with_what_calls_its_services(capsys):
    found = offboard("supplier:ingress-nginx-project", capsys)
    assert has(found, "nothing depends on them", "ValidatingWebhookConfiguration")
    assert has(found, "the things themselves", "ingress-nginx")
    assert has(found, "no more access", "ClusterRoleBinding")


def test_a_supplier_of_whom_nothing_shows_is_not_called_clean(capsys):
    found = offboard("supplier:harbour-lane", capsys)
    assert any(
        task["unseen"] and "no binding and no login goes by" in task["what"]
        for task in found["tasks"]
        if "unseen" in task
    )


def test_a_team_hands_over_its_namespaces_and_what_it_could_read_is_rotated(capsys):
    found = offboard("team:booking", capsys)
    assert has(found, "duties get other holders", "namespace booking is theirs")
    named = {one["id"] for one in found["rotations"]} | {one["credential"] for one in found["blocked"]}
    assert "booking/booking-db" in named


@pytest.mark.parametrize(
    ("who", "says"),
    [("nobody", "nobody is called"), ("yard", "can be several"), ("robot:x", "no kind of leaver")],
)
def test_who_is_not_clear_is_asked(who, says, capsys):
    assert run(["offboard", who, *INPUTS, "--register", str(COMPANY / "register")]) == 2
    assert says in capsys.readouterr().err
