"""A finding goes through its duty to whoever answers for it: the owner, the provider, a supplier, or nobody yet."""

from __future__ import annotations

from demarc.catalog.checks import checks
from demarc.model.boundary import Party
from demarc.model.duties import Unit
from demarc.model.inventory import Installer, Management, Place, Scope
from demarc.model.posture import Found, ObjectRef, Whose
from demarc.model.snapshot import Snapshot
from demarc.posture import Ground
from demarc.posture.whose import Owners
from tests.accountability.given import (
    AT,
    EMPTY,
    a_component,
    a_namespace,
    a_pool,
    a_register,
    a_workload,
    an_assignment,
    an_identity,
    an_inventory,
    answer,
)

PODS = checks()["DM-POD-001"]
OFFBOARDING = checks()["DM-SEC-007"]
AGENT = a_component("vpc-cni", "cni", Installer.PROVIDER, management=Management.PROVIDER_ADDON)
DRIVER = a_component("cert-manager", installer=Installer.CUSTOMER, supplier="cert-manager")
PLACES = (a_namespace("shop"), a_workload("shop", "web"), an_identity("shop", "bot"))


def owners(*components, register=None, snapshot: Snapshot = EMPTY) -> Owners:
    inventory = an_inventory(components=components, places=PLACES)
    given = register or a_register(an_assignment("platform"))
    return Owners(Ground(snapshot, inventory, given, answer(inventory, given, snapshot=snapshot), AT))


def found(scope: Scope, **more) -> Found:
    return Found(object=ObjectRef(kind="Deployment", namespace="shop", name="web"), scope=scope, says="x", **more)


WEB = Scope(kind=Unit.WORKLOAD, name="shop/Deployment/web")
SHOP = Scope(kind=Unit.NAMESPACE, name="shop")


def test_a_workload_of_ones_own_is_its_owners():
    answers = owners().of(PODS, found(WEB))
    assert (answers.whose, answers.owner, answers.duty) == (Whose.YOURS, "Platform", "workload.pod-security")
    assert answers.ask == ""


def test_without_an_owner_it_is_yours_and_nobody_holds_it():
    answers = owners(register=a_register()).of(PODS, found(WEB))
    assert (answers.whose, answers.owner) == (Whose.YOURS, "")


def test_what_the_provider_installed_is_asked_of_the_provider():
    inventory = an_inventory("gke", pools=(a_pool(model="autopilot"),), components=(AGENT,), places=PLACES)
    ground = Ground(EMPTY, inventory, a_register(), answer(inventory), AT)
    vulnerable = found(WEB, component="vpc-cni", duty="supply.image-vulnerabilities")
    answers = Owners(ground).of(PODS, vulnerable)
    assert answers.whose is Whose.PROVIDER
    assert answers.party is Party.PROVIDER
    assert answers.duty == "addon.fix"
    assert answers.ask.startswith("Ask Google (a Cloud Support case)")


def test_where_the_pages_leave_it_open_it_is_unclear_and_says_whom_to_ask():
    answers = owners(AGENT).of(PODS, found(WEB, component="vpc-cni"))
    assert (answers.whose, answers.duty) == (Whose.AMBIGUOUS, "addon.privileges")
    assert "who performs addon.privileges here" in answers.ask


def test_what_one_installed_oneself_is_ones_own_whoever_made_it():
    answers = owners(DRIVER).of(PODS, found(WEB, component="cert-manager"))
    assert answers.whose is Whose.YOURS
    assert answers.duty == "workload.pod-security"


def test_a_component_of_the_platforms_space_that_nobody_is_known_to_have_installed_is_unclear():
    system = Place(scope=Scope(kind=Unit.NAMESPACE, name="kube-system"), namespace="kube-system", kinds=("system",))
    proxy = a_component("kube-proxy", "kube_proxy", Installer.UNKNOWN)
    agent = a_component("agent", "logging_agent", Installer.UNKNOWN, namespace="shop")
    inventory = an_inventory(components=(proxy, agent), places=(*PLACES, system))
    register = a_register(an_assignment("platform"))
    asked = Owners(Ground(EMPTY, inventory, register, answer(inventory, register), AT))
    assert asked.of(PODS, found(WEB, component="kube-proxy")).duty == "addon.privileges"
    assert asked.of(PODS, found(WEB, component="agent")).duty == "workload.pod-security", "in a team's namespace"


def test_duties_of_the_providers_own_staff_do_not_answer_for_tenants_objects():
    answers = owners().of(OFFBOARDING, found(SHOP))
    assert answers.duty == "identity.offboarding"
    assert answers.whose is Whose.YOURS
    assert "vendor_access" not in answers.row


def test_a_thing_without_a_row_of_its_own_is_answered_like_its_neighbours():
    secret = Scope(kind=Unit.IDENTITY, name="shop/Secret/database")
    answers = owners().of(OFFBOARDING, found(secret))
    assert answers.whose is Whose.YOURS
    assert "shop/ServiceAccount/bot" in answers.row


def test_a_part_that_is_named_is_asked_as_named():
    answers = owners().of(OFFBOARDING, found(Scope(kind=Unit.CLUSTER, name="prod"), part="vendor_access"))
    assert "vendor_access" in answers.row


def test_what_is_not_known_of_a_check_is_answered_for_the_cluster():
    answers = owners().of_check(checks()["DM-MCP-001"])
    assert answers.duty == "cluster.endpoint"
    assert answers.whose is Whose.YOURS
