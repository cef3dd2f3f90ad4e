"""Code, data, cases and pages of the techniques hold together."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from pathlib import Path

import pytest

from demarc.access.techniques import TECHNIQUES
from demarc.catalog.duties import duties
from demarc.catalog.techniques import techniques
from demarc.model.duties import Unit
from demarc.model.graph import Thing
from tests.access import techniques as tests
from tests.access.techniques import test_admission, test_containers, test_identities, test_workloads
from tests.access.techniques.support import hops_of

CASES = (*test_identities.CASES, *test_workloads.CASES, *test_containers.CASES, *test_admission.CASES)
IN_CLUSTER = {
    "Structure",
    "Kubernetes identity and RBAC",
    "Changing or entering workloads",
    "What a running container holds",
    "Container to node",
    "Admission and controllers",
    "Network",
}


def test_every_technique_of_the_catalogue_is_in_the_code_and_the_other_way_round():
    assert sorted(one.name for one in TECHNIQUES) == sorted(techniques())


def test_only_what_holds_the_graph_together_is_stopped_by_no_duty():
    assert len(techniques()) > 90
    assert [name for name, facts in techniques().items() if not facts.duty] == ["INCLUDES"]


def test_techniques_name_duties_that_exist():
    for facts in techniques().values():
        assert {facts.duty, *facts.also} - {""} <= set(duties()), facts.name
        assert facts.likelihood in (1, 2, 3)
        assert facts.precondition
        assert facts.says.endswith(".")


@pytest.mark.parametrize(
    "name", [name for name, facts in techniques().items() if facts.group in IN_CLUSTER and name != "LEAVER_ACCESS"]
)
def test_every_technique_in_the_cluster_has_a_case_where_it_is_and_one_where_it_is_not(name):
    cases = [case for case in CASES if case.technique == name]
    assert any(case.edge for case in cases)
    assert any(case.absent or not case.edge for case in cases)


def test_every_module_of_tests_is_at_hand():
    """A module that does not import is not collected, and its techniques would go untested."""
    for module in pkgutil.iter_modules(tests.__path__):
        importlib.import_module(f"{tests.__name__}.{module.name}")


def test_duties_are_asked_where_their_unit_says_or_of_the_cluster():
    for case in CASES:
        for hop in hops_of(*case.objects[:6]) if case.edge else ():
            if hop.duty and hop.technique in {one.technique for one in CASES}:
                assert hop.scope.kind in (duties()[hop.duty].per, Unit.CLUSTER, Unit.NAMESPACE), hop


def test_two_runs_give_the_same_graph():
    objects = [item for case in CASES[:40] for item in case.objects]
    assert hops_of(*objects) == hops_of(*objects)


def test_no_name_of_a_thing_is_empty():
    hops = hops_of(*(item for case in CASES[:60] for item in case.objects))
    assert all(ref.name for hop in hops for ref in (hop.source, hop.target))
    assert {hop.source.kind for hop in hops} <= set(Thing)


def test_the_page_of_techniques_is_what_the_catalogue_says():
    path = Path(__file__).parents[3] / "tools" / "technique_pages.py"
    spec = importlib.util.spec_from_file_location("technique_pages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text() == module.page(), "run: python tools/technique_pages.py"
