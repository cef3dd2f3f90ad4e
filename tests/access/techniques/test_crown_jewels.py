from __future__ import annotations

from typing import Any

import pytest

from demarc.access.graph.places import choose
from demarc.access.techniques import CROWN_JEWEL, View, access_graph
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.inventory import build
from demarc.testing import a_namespace, a_secret
from tests.access.given import a_snapshot


def jewels(**marks: Any) -> list[str]:
    snapshot = a_snapshot(a_namespace("shop"), a_secret("database", "shop", **marks), a_secret("other", "shop"))
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    graph = access_graph(View(snapshot, inventory))
    return [str(thing) for thing in choose(graph, "crown-jewels").things]


@pytest.mark.parametrize("where", ["labels", "annotations"])
def test_a_secret_that_its_owner_marks_is_a_crown_jewel(where):
    assert jewels(**{where: {CROWN_JEWEL: "true"}}) == ["secret shop/database"]


def test_one_that_is_marked_as_none_is_none():
    assert jewels(labels={CROWN_JEWEL: "false"}) == []
