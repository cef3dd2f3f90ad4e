"""Frameworks relate to duties by ids that exist; an id that was not compared with the publisher's text says so."""

import pytest

from demarc.catalog.duties import duties
from demarc.catalog.frameworks import check_map, duty_map, framework, frameworks, named, version_of


def test_there_are_21_frameworks_with_632_requirements():
    assert len(frameworks()) == 21
    assert sum(len(framework(key).items) for key in frameworks()) == 632
    assert not {"duty-map", "check-map"} & set(frameworks())


@pytest.mark.parametrize("key", frameworks())
def test_a_framework_says_what_it_is_in_which_version_and_under_which_terms(key):
    held = framework(key)
    assert held.id == key
    assert all((held.title, held.version, held.licence_note, held.items))
    assert held.url.startswith("https://")


@pytest.mark.parametrize("key", frameworks())
def test_requirements_are_listed_once_and_have_a_title(key):
    ids = [item.id for item in framework(key).items]
    assert len(ids) == len(set(ids))
    assert all(item.title and item.id == item.id.strip() for item in framework(key).items)


def test_ids_from_general_knowledge_are_marked_on_the_framework_or_on_the_item():
    assert {key for key in frameworks() if framework(key).verified_ids is not True} == {"nist-800-190", "nsa-cisa-k8s"}
    marked = {item.id for key in frameworks() for item in framework(key).items if not item.verified}
    assert marked == {"A.8.1", "A.8.20", "ID.RA-08", "ID.RA-09"}


def test_all_duties_relate_to_some_framework():
    assert set(duty_map()) == set(duties())
    assert all(duty_map().values())


@pytest.mark.parametrize("duty", duty_map())
def test_related_requirements_exist_in_their_framework(duty):
    for key, related in duty_map()[duty].items():
        assert key in frameworks()
        assert related
        assert len(related) == len(set(related))
        assert set(related) <= {item.id for item in framework(key).items}


def test_the_head_of_a_file_says_the_same_version_as_the_whole() -> None:
    assert {name: version_of(name) for name in frameworks()} == {name: framework(name).version for name in frameworks()}


def test_families_of_checks_relate_to_requirements_that_exist():
    for family, relations in check_map().items():
        assert family.startswith("DM-")
        for key, related in relations.items():
            assert set(related) <= {item.id for item in framework(key).items}, (family, key)


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("csf-2.0", "nist-csf"),
        ("nist-csf", "nist-csf"),
        ("NIST-CSF-2.0", "nist-csf"),
        ("cis-eks-1.8.0", "cis-eks"),
        ("pci-dss-4.0.1", "pci-dss"),
        ("soc2", "soc2"),
        ("owasp-nhi-2025", "owasp-nhi"),
        ("iso-27001-2022", "iso-27001"),
        ("ccm", "csa-ccm"),
        ("csf-1.1", None),
    ],
)
def test_a_framework_goes_by_its_name_with_or_without_its_version(word, key):
    assert named(word) == key
