"""On the recorded cluster every dangerous or public grant is on a path to the top, or explained in its plane."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from demarc.access import Authorizer
from demarc.access.graph.interface import Graph
from demarc.access.graph.places import choose
from demarc.access.graph.ways import ways
from demarc.access.planes import planes
from demarc.access.techniques import View, access_graph
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.inventory import build
from demarc.model.inventory import Inventory
from demarc.model.snapshot import Snapshot
from tests.collect.support import reading
from tests.recorded import NORTHWIND, needs_northwind

pytestmark = [needs_northwind, pytest.mark.recorded]
TRUTH: dict[str, Any] = json.loads((NORTHWIND / "inventory.json").read_text()) if NORTHWIND.is_dir() else {}


@cache
def recorded() -> tuple[Snapshot, Inventory, Graph]:
    snapshot = reading(NORTHWIND / "lists")
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    return snapshot, inventory, access_graph(View(snapshot, inventory))


def word(subject: dict[str, str]) -> str:
    if subject["kind"] == "ServiceAccount":
        return f"sa:{subject['namespace']}/{subject['name']}"
    return f"{subject['kind'].lower()}:{subject['name']}"


def test_every_subject_of_a_cluster_admin_binding_has_a_certain_path_to_the_top():
    _, _, graph = recorded()
    top = choose(graph, "cluster-admin")
    subjects = [subject for binding in TRUTH["clusterAdminBindings"] for subject in binding["subjects"] or ()]
    assert subjects
    for subject in subjects:
        found = ways(graph, choose(graph, word(subject)), top)
        assert found.shortest is not None, subject
        assert found.shortest.certain, (subject, found.shortest.unknowns)


def test_every_public_or_broad_binding_is_explained_in_a_plane():
    snapshot, inventory, _ = recorded()
    found = planes(snapshot, inventory, Authorizer(snapshot))
    told = " ".join(str(row) for row in found.rows)
    for binding in TRUTH["publicOrBroadBindings"]:
        assert binding["binding"] in told, binding
