"""Who answers for a part: each rule where it holds, where it does not, and where nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demarc.incidents.parties import RULES
from tests.incidents.given import facts, flaw, judged, part, step


def party(changed_part: dict[str, Any], **top: Any) -> str:
    return judged(facts(parts=[part(**changed_part)], **top)).party.value


@pytest.mark.parametrize("installed", ["provider", "customer", "third_party"])
def test_the_installer_answers_for_what_had_nothing_wrong(installed):
    assert party({"installed_by": installed}) == installed


@pytest.mark.parametrize(
    "kind", ["vulnerability", "misconfiguration", "leaked_credential", "malicious_release", "default", None]
)
def test_without_an_installer_it_is_open_whatever_was_wrong(kind):
    defect = flaw(kind=kind, default_documented=False) if kind else None
    verdict = judged(facts(parts=[part(installed_by="unknown", managed_by="unknown", defect=defect)]))
    assert verdict.party.value == "ambiguous"
    assert "not on record" in (verdict.ambiguity or "")


@pytest.mark.parametrize("kind", ["misconfiguration", "leaked_credential"])
@pytest.mark.parametrize("installed", ["provider", "customer", "third_party"])
def test_a_setting_or_a_leak_is_whose_thing_it_is_whoever_made_it(kind, installed):
    assert party({"installed_by": installed, "supplier": "AWS", "defect": flaw(kind=kind)}) == installed


def test_an_altered_release_is_its_suppliers_whoever_installed_it():
    assert party({"defect": flaw(kind="malicious_release")}) == "third_party"
    assert party({"defect": flaw(kind="malicious_release"), "supplier": "AWS"}) == "provider"
    assert party({"defect": flaw(kind="malicious_release"), "supplier": "Us"}) == "customer"


def test_a_default_is_its_makers_where_nobody_described_it_and_open_where_somebody_did():
    assert party({"defect": flaw(kind="default", default_documented=False)}) == "third_party"
    assert party({"defect": flaw(kind="default", default_documented=False), "supplier": "Amazon EKS"}) == "provider"
    assert party({"defect": flaw(kind="default", default_documented=True)}) == "ambiguous"
    assert party({"defect": flaw(kind="default", default_documented=None)}) == "ambiguous"
    assert (
        party({"defect": flaw(kind="default", default_documented=False), "supplier": "", "installed_by": "provider"})
        == "provider"
    )


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2025-02-01", "2025-02-02", "third_party"),
        ("2025-03-05", "2025-03-06", "ambiguous"),
        ("2025-06-01", "2025-06-02", "customer"),
        ("2025-02-01", None, "shared"),
    ],
)
def test_a_flaw_is_its_makers_before_the_fix_and_the_rollers_after_the_term(since, until, expected):
    assert party({"defect": flaw()}, since=since, until=until) == expected


def test_the_term_is_as_agreed_else_a_fortnight():
    assert party({"defect": flaw()}, since="2025-03-20", until="2025-03-20") == "customer"
    assert (
        party({"defect": flaw()}, since="2025-03-20", until="2025-03-20", facts={"patch_term_days": 30}) == "ambiguous"
    )
    assert party({"defect": flaw()}, since="2025-03-02", until="2025-03-02", facts={"patch_term_days": 1}) == "customer"


def test_own_code_is_the_customers_whenever_it_was():
    for since in ("2025-02-01", "2025-03-05", "2025-06-01"):
        assert party({"defect": flaw(), "supplier": "Us", "kind": "workload"}, since=since, until=since) == "customer"
        assert (
            party({"defect": flaw(fix_released=None), "supplier": "operator", "kind": "workload"}, since=since)
            == "customer"
        )


IMAGE = {"kind": "node_os", "installed_by": "provider", "defect": flaw(fix_delivery="node_image")}
ADDON = {"installed_by": "provider", "defect": flaw(fix_delivery="addon_release")}
NOWHERE = {"provider": "other:any", "model": None}


@pytest.mark.parametrize(
    ("changed", "top", "expected"),
    [
        ({"installed_by": "provider", "defect": flaw(fix_delivery="service_side")}, {}, "provider"),
        (IMAGE, {"facts": {"node_upgrades": "customer"}}, "customer"),
        (IMAGE, {"facts": {"node_upgrades": "provider"}}, "provider"),
        (IMAGE, {"model": "fargate"}, "provider"),
        (IMAGE, {}, "customer"),
        (IMAGE, NOWHERE, "ambiguous"),
        ({**IMAGE, "installed_by": "customer"}, NOWHERE, "customer"),
        ({**IMAGE, "managed_by": "service_side"}, NOWHERE, "provider"),
        (ADDON, {}, "provider"),
        (ADDON, {"facts": {"agent_auto_upgrade": False}}, "customer"),
        ({**ADDON, "installed_by": "customer"}, {}, "customer"),
        ({"installed_by": "third_party", "defect": flaw()}, {}, "third_party"),
        ({"defect": flaw(fix_delivery="none")}, {}, "third_party"),
    ],
)
def test_where_the_fix_lands_decides_who_rolls_it_out(changed, top, expected):
    assert party(changed, **top) == expected


def test_what_only_the_provider_replaces_has_no_term():
    only = {"installed_by": "provider", "kind": "control_plane", "defect": flaw(fix_delivery="service_side")}
    assert party(only, since="2025-03-01", until="2025-03-01") == "provider"


def test_a_flaw_of_the_providers_own_make_is_the_providers_before_and_after():
    own = {"installed_by": "provider", "supplier": "Amazon Web Services", "defect": flaw(fix_delivery="service_side")}
    for since in ("2025-02-01", "2025-06-01"):
        assert party(own, since=since, until=None) == "provider"


def test_own_code_that_somebody_else_rolls_out_is_still_the_customers():
    own = {"kind": "workload", "supplier": "Us", "installed_by": "third_party", "defect": flaw()}
    assert party(own) == "customer"
    assert party({**own, "supplier": "its makers"}) == "third_party"


def test_an_intruders_thing_is_whose_ground_it_was_let_in_on():
    parts = [part(), part(id="planted", kind="workload", installed_by="intruder", supplier="unknown")]
    steps = [step(), step(n=2, component="planted", technique="WORKLOAD_CREATE")]
    assert judged(facts(parts=parts, steps=steps)).steps[1].party.value == "customer"
    renting = judged(facts(parts=parts, steps=steps, facts={"viewpoint": "service_user"}))
    assert renting.steps[1].party.value == "provider"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {}, "customer"),
        ({}, {"installed_by": "provider"}, "shared"),
        ({}, {"installed_by": "unknown"}, "ambiguous"),
        ({"installed_by": "provider"}, {"defect": flaw(kind="default", default_documented=True)}, "ambiguous"),
    ],
)
def test_joint_conditions_take_the_party_of_each(one, other, expected):
    parts = [part(**one), part(id="other", **other)]
    assert judged(facts(parts=parts, joint=[["part", "other"]])).party.value == expected
    alone = judged(facts(parts=parts))
    assert alone.party == judged(facts(parts=parts[:1])).party


NAMES = ["AWS", "Amazon", "amazon web services", "Amazon EKS", "AWS, Inc."]


@pytest.mark.parametrize("name", NAMES)
def test_a_firm_goes_by_several_names(name):
    assert party({"supplier": name, "defect": flaw(fix_released=None, disclosed=None)}) == "provider"


@pytest.mark.parametrize("name", ["Awsome Tools", "Web Services", "Redhat Fans", "unknown", ""])
def test_a_name_that_only_looks_alike_is_another_firm(name):
    installed = "third_party"
    assert party({"supplier": name, "installed_by": installed, "defect": flaw(fix_released=None)}) == "third_party"


@settings(deadline=None)
@given(order=st.permutations(range(4)))
def test_the_order_of_components_does_not_matter(order):
    parts = [
        part(defect=flaw()),
        part(id="idle", kind="network_policy"),
        part(id="node", kind="node", installed_by="provider"),
        part(id="last", kind="secrets"),
    ]
    steps = [
        step(),
        step(n=2, component="node", technique="NODE_HOSTS"),
        step(n=3, component="last", technique="SECRET_READ"),
    ]
    assert judged(facts(parts=[parts[at] for at in order], steps=steps)) == judged(facts(parts=parts, steps=steps))


@settings(deadline=None)
@given(name=st.text(alphabet="abcdefghij -", min_size=1, max_size=20).map(str.strip).filter(bool))
def test_names_of_things_and_cases_decide_nothing(name):
    parts = [part(defect=flaw())]
    plain = judged(facts(parts=parts))
    named = judged(
        facts(parts=[part(defect=flaw(ref="other"), name=name, evidence=name)], id=name.replace(" ", "-"), title=name)
    )
    assert (named.party, named.root_duty, named.stage) == (plain.party, plain.root_duty, plain.stage)


def test_every_rule_says_where_it_comes_from():
    assert all(rule.__doc__ for rule in RULES)
    verdict = judged(facts(parts=[part(defect=flaw())]))
    assert all(reason.rule and reason.says for one in verdict.steps for reason in one.basis)
