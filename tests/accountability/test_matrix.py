from __future__ import annotations

import msgspec
import pytest

from demarc.accountability.questions import DAMAGED, LISTED_FROM
from demarc.catalog.boundaries import boundary, models, providers
from demarc.catalog.duties import duties
from demarc.model.assessment import Status
from demarc.model.boundary import Basis, Party
from demarc.model.duties import Unit
from demarc.model.evidence import Gap, GapReason
from demarc.model.inventory import Installer, Management
from demarc.model.register import ContractTerm, Selector, Supplier
from tests.accountability.given import (
    HERE,
    a_component,
    a_namespace,
    a_pool,
    a_register,
    a_workload,
    an_assignment,
    an_identity,
    an_inventory,
    answer,
    period,
    row,
    rows,
)

EVERY_MODEL = [(provider, model) for provider in providers() for model in models()[provider]]


@pytest.mark.parametrize(("provider", "model"), EVERY_MODEL)
def test_every_model_gives_a_full_matrix_and_no_row_without_a_basis(provider, model):
    found = answer(an_inventory(provider, pools=(a_pool(model=model),)))
    assert {item.duty for item in found.matrix} == set(duties())
    for item in found.matrix:
        if item.party is None:
            assert item.status is Status.UNCOVERED
            assert item.basis is None
            assert item.remarks
        else:
            assert item.basis is not None
            assert item.basis.source is not None or item.basis.kind is Basis.INFERENCE
        if item.party is Party.AMBIGUOUS:
            assert item.status is Status.AMBIGUOUS


@pytest.mark.parametrize(("provider", "model"), EVERY_MODEL)
def test_everything_unclear_stands_in_the_ambiguity_register_with_a_way_to_settle_it(provider, model):
    found = answer(an_inventory(provider, pools=(a_pool(model=model),)))
    unclear = {item.id for item in found.matrix if item.status in (Status.AMBIGUOUS, Status.UNKNOWN)}
    assert unclear == {name for entry in found.ambiguities for name in entry.rows}
    for entry in found.ambiguities:
        assert entry.settle
        assert entry.question
        assert entry.readings
        assert len({item.id for item in found.ambiguities}) == len(found.ambiguities)


def test_row_ids_are_unique_and_the_answer_is_the_same_each_time():
    inventory = an_inventory(
        pools=(a_pool(), a_pool("spot"), a_pool("fargate", "fargate"), a_pool("auto", "auto_mode")),
        places=(a_namespace("payments"), a_workload("payments", "api"), an_identity("payments", "api")),
        components=(a_component("coredns", "coredns", Installer.UNKNOWN), a_component("cert-manager")),
    )
    found = answer(inventory)
    ids = [item.id for item in found.matrix]
    assert len(set(ids)) == len(ids)
    assert msgspec.json.encode(found) == msgspec.json.encode(answer(inventory))


def test_a_cluster_of_two_models_splits_only_the_rows_on_which_they_differ():
    found = answer(an_inventory(pools=(a_pool(), a_pool("serverless", "fargate"))))
    split = rows(found, "platform.defaults", "cluster:prod", "default_admission")
    assert {item.models for item in split} == {("managed_node_groups",), ("fargate",)}
    assert {item.party for item in split} == {Party.AMBIGUOUS, Party.SHARED}
    whole = row(found, "platform.etcd", "cluster:prod", "etcd")
    assert whole.models == ("fargate", "managed_node_groups")


def test_pools_are_answered_by_their_own_model():
    found = answer(an_inventory(pools=(a_pool(), a_pool("serverless", "fargate"))))
    assert row(found, "node.patching", "pool:general", "node_os").party is Party.CUSTOMER
    assert row(found, "node.patching", "pool:serverless", "node_os").party is Party.PROVIDER


def test_a_namespace_is_answered_by_the_models_that_its_pods_run_on():
    inventory = an_inventory(
        pools=(a_pool(), a_pool("serverless", "fargate")),
        places=(a_namespace("web", models=("fargate",)), a_namespace("data", models=("managed_node_groups",))),
    )
    found = answer(inventory)
    assert row(found, "admission.policy", "namespace:web").party is Party.SHARED
    assert row(found, "admission.policy", "namespace:data").party is Party.CUSTOMER


class TestTheInstallerDecides:
    def test_the_same_ingress_controller_is_the_providers_or_the_customers(self):
        inventory = an_inventory(
            "gke",
            pools=(a_pool(model="autopilot"),),
            components=(
                a_component("glbc", "ingress_controller", Installer.PROVIDER),
                a_component("ingress-nginx", "ingress_controller", Installer.CUSTOMER, supplier="Kubernetes"),
            ),
        )
        found = answer(inventory)
        assert row(found, "addon.rollout", "component:glbc").party is Party.PROVIDER
        assert row(found, "addon.rollout", "component:ingress-nginx").party is Party.CUSTOMER
        assert row(found, "addon.rollout", "component:ingress-nginx").component == "self_installed_addon"

    def test_an_unknown_installer_is_ambiguous_where_it_matters(self):
        component = a_component("fluentbit", "logging_agent", Installer.UNKNOWN)
        found = answer(an_inventory("gke", pools=(a_pool(model="autopilot"),), components=(component,)))
        asked = row(found, "addon.rollout", "component:fluentbit")
        assert asked.status is Status.AMBIGUOUS
        entry = next(item for item in found.ambiguities if asked.id in item.rows)
        assert entry.kind == "installer-unknown"
        assert {item.party for item in entry.readings} == {Party.PROVIDER, Party.CUSTOMER}

    def test_an_unknown_installer_does_not_matter_where_both_readings_agree(self):
        component = a_component("aws-node", "cni", Installer.UNKNOWN)
        found = answer(an_inventory(components=(component,)))
        assert row(found, "addon.rollout", "component:aws-node").party is Party.CUSTOMER

    def test_the_maker_builds_the_fix_of_what_the_customer_installed(self):
        component = a_component("cert-manager", supplier="cert-manager project")
        fix = row(answer(an_inventory(components=(component,))), "addon.fix", "component:cert-manager")
        assert (fix.party, fix.party_name) == (Party.THIRD_PARTY, "cert-manager project")
        assert fix.basis is not None
        assert fix.basis.kind is Basis.INFERENCE

    def test_an_unknown_maker_leaves_the_fix_uncovered(self):
        fix = row(answer(an_inventory(components=(a_component("home-made"),))), "addon.fix", "component:home-made")
        assert fix.status is Status.UNCOVERED

    def test_a_supplier_of_the_register_names_the_firm_and_who_holds_it_to_its_duty(self):
        supplier = Supplier(id="dd", name="Datadog", components=("datadog-*",), owner="security", where=HERE)
        inventory = an_inventory(components=(a_component("datadog-agent", "runtime_sensor", supplier="Datadog, Inc."),))
        fix = row(answer(inventory, a_register(suppliers=(supplier,))), "addon.fix", "component:datadog-agent")
        assert fix.party_name == "Datadog"
        assert fix.owner is not None
        assert fix.owner.id == "security"

    def test_what_is_built_into_the_service_does_not_hang_on_an_add_on_description(self):
        service = a_component("vpc-cni@fargate", "cni", Installer.PROVIDER, management=Management.SERVICE)
        addon = a_component("coredns", "coredns", Installer.PROVIDER, management=Management.PROVIDER_ADDON)
        found = answer(an_inventory(pools=(a_pool(model="fargate"),), components=(service, addon)))
        assert row(found, "addon.fix", "component:vpc-cni@fargate").status is Status.PROVIDER
        assert row(found, "addon.fix", "component:coredns").status is Status.UNKNOWN

    def test_what_the_provider_runs_on_request_does_not_take_over_what_the_customer_installed(self):
        inventory = an_inventory(
            components=(a_component("argocd", "delivery_controller"),), facts={"eks.capability": ({"type": "ARGOCD"},)}
        )
        assert row(answer(inventory), "delivery.controllers", "component:argocd").party is Party.CUSTOMER


class TestFactsMoveRows:
    def test_a_custom_image_is_the_customers_to_build(self):
        inventory = an_inventory(pool_facts={"general": {"eks.nodegroup": {"amiType": "CUSTOM"}}})
        image = row(answer(inventory), "node.image", "pool:general")
        assert image.party is Party.CUSTOMER
        assert image.basis is not None
        assert "amiType" in image.basis.override

    def test_an_unseen_setting_leaves_the_answer_unknown_and_says_how_to_see_it(self):
        found = answer(an_inventory("gke", pools=(a_pool(model="standard"),)))
        patching = row(found, "node.patching", "pool:general", "node_os")
        assert patching.status is Status.UNKNOWN
        assert patching.basis is not None
        assert patching.basis.hangs_on == ("gke.nodePool management.autoUpgrade",)
        entry = next(item for item in found.ambiguities if patching.id in item.rows)
        assert entry.kind == "unseen-fact"
        assert "gcloud container node-pools list" in entry.settle
        assert found.tally.by_party["unknown"] > 0

    def test_a_seen_setting_settles_it(self):
        for setting, party in ((True, Party.PROVIDER), (False, Party.CUSTOMER), (None, Party.CUSTOMER)):
            facts = {"general": {"gke.nodePool": {"management": {"autoUpgrade": setting}}}}
            inventory = an_inventory("gke", pools=(a_pool(model="standard"),), pool_facts=facts)
            assert row(answer(inventory), "node.patching", "pool:general", "node_os").party is party

    def test_a_special_feature_that_was_not_seen_does_not_unsettle_the_ordinary_answer(self):
        plane = row(answer(an_inventory()), "platform.control-plane", "cluster:prod")
        assert plane.status is Status.PROVIDER
        assert plane.basis is not None
        assert plane.basis.hangs_on == ("eks.cluster outpostConfig",)

    def test_pools_of_one_model_with_different_settings_split_the_row(self):
        inventory = an_inventory(
            "gke",
            pools=(a_pool("a", "standard"), a_pool("b", "standard")),
            components=(a_component("dataplane", "cni", Installer.PROVIDER, models=("standard",)),),
            pool_facts={
                "a": {"gke.nodePool": {"management": {"autoUpgrade": True}}},
                "b": {"gke.nodePool": {"management": {}}},
            },
        )
        split = rows(answer(inventory), "addon.rollout", "component:dataplane")
        assert {(item.id.rpartition("#")[2], item.party) for item in split} == {
            ("a", Party.PROVIDER),
            ("b", Party.SHARED),
        }


class TestContracts:
    def term(self, **more):
        return ContractTerm(
            **{
                "id": "c1",
                "duties": ("platform.disclosure",),
                "scope": Selector(),
                "party": Party.CUSTOMER,
                "document": "Enterprise Agreement",
                "clause": "7.2",
                "where": HERE,
                **more,
            }
        )

    def test_a_term_in_force_overrides_the_published_boundary_and_is_cited(self):
        found = row(answer(an_inventory(), a_register(contracts=(self.term(),))), "platform.disclosure")
        assert found.party is Party.CUSTOMER
        assert found.basis is not None
        assert (found.basis.kind, found.basis.clause) == (Basis.CONTRACT, "Enterprise Agreement, 7.2")
        assert "provider" in found.basis.replaced

    def test_a_term_settles_what_the_pages_leave_ambiguous(self):
        term = self.term(duties=("response.platform",), party=Party.PROVIDER)
        found = answer(an_inventory(), a_register(contracts=(term,)))
        assert row(found, "response.platform").status is Status.PROVIDER
        assert not [entry for entry in found.ambiguities if entry.duty == "response.platform"]

    def test_a_term_outside_its_time_does_not_count(self):
        ended = self.term(period=period("2020-01-01", "2026-01-01"))
        assert (
            row(answer(an_inventory(), a_register(contracts=(ended,))), "platform.disclosure").party is Party.PROVIDER
        )

    def test_a_term_for_another_part_does_not_count(self):
        term = self.term(duties=("platform.etcd",), components=("etcd_storage",))
        found = answer(an_inventory(), a_register(contracts=(term,)))
        assert row(found, "platform.etcd", part="etcd_storage").party is Party.CUSTOMER
        assert row(found, "platform.etcd", part="etcd").party is Party.PROVIDER

    def test_terms_that_contradict_each_other_are_ambiguous_and_never_guessed(self):
        terms = (self.term(), self.term(id="c2", party=Party.PROVIDER, clause="9"))
        found = answer(an_inventory(), a_register(contracts=terms))
        assert row(found, "platform.disclosure").status is Status.AMBIGUOUS
        entry = next(item for item in found.ambiguities if item.duty == "platform.disclosure")
        assert entry.kind == "contract"
        assert len(entry.readings) == 2


@pytest.mark.parametrize("unit", list(LISTED_FROM))
def test_a_list_that_was_refused_shows_up_as_unknown_rows(unit):
    gap = Gap(what=LISTED_FROM[unit][0], reason=GapReason.FORBIDDEN)
    found = answer(an_inventory(gaps=(gap,)))
    unseen = [item for item in found.matrix if item.id.endswith("#unseen")]
    assert unseen
    assert all(item.status is Status.UNKNOWN for item in unseen)
    assert any(gap.what in remark for item in unseen for remark in item.remarks)
    per = {name for name, duty in duties().items() if duty.per is unit}
    assert {item.duty for item in unseen} & per


def test_an_unidentified_cluster_says_so_in_the_ambiguity_register():
    inventory = an_inventory("self_managed", pools=(a_pool(model="kubeadm_or_other"),))
    inventory = msgspec.structs.replace(inventory, cluster=msgspec.structs.replace(inventory.cluster, identified=False))
    assert answer(inventory).ambiguities[0].kind == "provider-unknown"


def test_platform_objects_are_answered_through_their_component_not_workload_by_workload():
    inventory = an_inventory(
        components=(a_component("aws-node", "cni", Installer.PROVIDER),),
        places=(
            a_workload("kube-system", "aws-node", component="aws-node"),
            a_workload("web", "shop"),
            an_identity("kube-system", "controller", kinds=("service-account", "system")),
        ),
    )
    found = answer(inventory)
    assert {str(item.scope) for item in rows(found, "workload.pod-security")} == {"workload:web/Deployment/shop"}
    assert not [item for item in found.matrix if "ServiceAccount/controller" in item.scope.name]


def test_rows_of_the_provider_name_the_firm_and_no_owner():
    found = row(answer(an_inventory(), a_register(an_assignment("platform"))), "platform.etcd", part="etcd")
    assert (found.party_name, found.owner, found.status) == ("Amazon Web Services", None, Status.PROVIDER)
    assert boundary("eks").firm == found.party_name


def test_scopes_for_which_a_pair_makes_no_sense_are_not_asked():
    human = an_identity("", "alice", kinds=("human",))
    found = answer(an_inventory(places=(human, an_identity("web", "shop"))))
    assert {item.scope.name for item in rows(found, "endpoint.devices")} == {human.scope.name}
    assert all(item.scope.kind is Unit.IDENTITY for item in rows(found, "endpoint.devices"))
    assert {item.scope.name for item in rows(found, "secret.rotation")} == {"web/ServiceAccount/shop"}


@pytest.mark.parametrize("reason", sorted(DAMAGED))
def test_an_input_that_was_not_read_whole_shows_up_as_unknown_rows(reason):
    found = answer(an_inventory(gaps=(Gap(what="dump.json", reason=reason, detail="cut off"),)))
    unseen = [item for item in found.matrix if item.id.endswith("#unseen")]
    assert {item.duty for item in unseen} >= {"identity.rbac", "workload.pod-security", "addon.rollout"}
    assert all(item.status is Status.UNKNOWN and "dump.json" in item.remarks[0] for item in unseen)


def test_a_description_that_was_not_given_hides_no_scope():
    found = answer(an_inventory(gaps=(Gap(what="eks.cluster", reason=GapReason.NOT_GIVEN),)))
    assert not [item for item in found.matrix if item.id.endswith("#unseen")]


def test_what_holds_in_every_namespace_has_an_owner_of_its_own():
    inventory = an_inventory(places=(a_namespace("payments"),))
    register = a_register(an_assignment("platform"), an_assignment("payments", scope=Selector(namespace="payments")))
    found = answer(inventory, register)
    for duty in ("identity.rbac", "admission.policy"):
        held = {str(item.scope): item.owner.id for item in rows(found, duty) if item.owner}
        assert held == {"cluster:prod": "platform", "namespace:payments": "payments"}
    assert not rows(found, "secret.access", "cluster:prod")
