"""The tables of attribution, escalation and the runbook are complete, and name nothing that is not there."""

from __future__ import annotations

import string

import pytest

from demarc.catalog.attribution import UNLISTED, Family, act, acts, exposes, families, kinds, on_the_ground
from demarc.catalog.boundaries import providers
from demarc.catalog.duties import duties, parts
from demarc.catalog.escalation import asks, escalation, escalations, things
from demarc.catalog.files import read
from demarc.catalog.runbook import closing, revocations, templates
from demarc.catalog.techniques import techniques
from demarc.model.exposure import CredentialKind
from demarc.model.incidents import CredentialUse, DefectClass, FixDelivery, InstalledBy, Observable

DUTIES = set(duties())


def test_every_part_and_every_kind_outside_a_cluster_has_a_family():
    outside = {"workload", "pipeline", "build_service", "package", "image", "repository"}
    outside |= {"developer_device", "saas", "credential"}
    assert set(kinds()) >= parts() | outside
    assert set(kinds().values()) == set(families())


def test_families_name_duties():
    named = [name for name in Family.__struct_fields__ if not name.startswith(("kind_", "decides_"))]
    for family in families().values():
        assert {getattr(family, name) for name in named} <= DUTIES


def test_every_technique_has_a_nature_and_names_duties():
    assert set(techniques()) <= set(acts())
    for name, one in acts().items():
        assert one.duty in DUTIES | {""}, name
        assert set(one.also) <= DUTIES, name


def test_every_attack_id_of_the_matrix_is_listed():
    listed = [item["id"] for item in read("frameworks/mitre-attack.yaml")["items"]]
    assert [one for one in listed if act(one) in {None, UNLISTED}] == []


def test_an_unlisted_sub_technique_counts_as_its_technique_and_no_technique_is_none():
    assert act("T1552.099") == act("T1552")
    assert act("T1999") is UNLISTED
    assert act("PHISHING") is None
    assert act("T15521") is None


def test_duties_of_the_ground_and_exposures_are_known():
    assert on_the_ground() <= DUTIES
    assert set(exposes()) <= set(acts())


def test_every_credential_can_be_ended_and_every_door_closed():
    assert set(revocations()) == set(CredentialKind)
    for duty in duties().values():
        assert closing(duty.id, duty.layer).what


def test_asks_name_what_is_there():
    for ask in asks():
        assert ask.of in {"provider", "supplier", "account", "own", "elsewhere"}
        assert set(ask.families) <= set(families())
        assert set(ask.classes) <= {*DefectClass, "none"}
        assert set(ask.installed) <= set(InstalledBy)
        assert set(ask.deliveries) <= set(FixDelivery)
        assert set(ask.credentials) <= set(CredentialUse)
        assert set(ask.observable) <= set(Observable)
        assert all(act(one) not in {None, UNLISTED} for one in ask.techniques)
        assert not ask.request or ask.request in things()
        assert ask.of != "provider" or ask.request


@pytest.mark.parametrize("name", escalations())
def test_an_escalation_answers_every_request_and_its_sources_are_there(name):
    found = escalation(name)
    assert found is not None
    assert name in providers()
    assert set(found.requests) == set(things())
    pages = {page.id for page in found.sources}
    cited = {one.source for one in found.requests.values()} | {log.source for log in found.logs}
    assert cited - {None} <= pages
    assert set(found.revoke) <= set(CredentialKind)


def test_providers_that_an_incident_most_often_names_have_an_escalation():
    assert {"eks", "gke", "aks", "rosa", "self_managed"} <= set(escalations())
    assert escalation("oke") is None


def test_templates_have_only_names_that_a_case_can_fill():
    known = {
        *("case", "cluster", "now", "since", "until", "since_ms", "until_ms", "component", "namespace", "pod", "node"),
        *(
            "identity",
            "object",
            "object_plain",
            "kind",
            "name",
            "in_namespace",
            "disk_command",
            "file",
            "without_values",
        ),
        *("cloud_command", "masters_command", "login_command"),
    }
    raw = read("runbook.yaml")
    texts = [
        one.get(key, "") for phase in ("preserve", "contain", "recover", "watch") for one in raw[phase] for key in one
    ]
    texts += [one[key] for group in raw["close"].values() for one in group.values() for key in one]
    texts += [one[key] for one in raw["revoke"].values() for key in one]
    for name in escalations():
        found = escalation(name)
        assert found is not None
        texts += [found.hold_command, found.export_command, found.switch_on_command, found.disk_command]
        texts += list(found.revoke.values())
    for text in texts:
        assert {field for _, field, _, _ in string.Formatter().parse(text) if field is not None} <= known, text
    assert all(templates(phase) for phase in ("preserve", "contain", "recover", "watch"))
