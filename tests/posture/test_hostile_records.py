"""Descriptions may be anything: a check of them answers, whatever stands in a field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demarc.posture import examine
from demarc.posture.checks import CHECKS
from tests.posture.clouds import AKS, GKE, ROSA, a_gke, a_rosa, an_aks, an_eks
from tests.posture.given import BASE, a_ground

OURS = tuple(check for check in CHECKS if check.id.startswith(("DM-MCP", "DM-LOG", "DM-SEC")))
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8))
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=6), inner, max_size=2))
)
KEPT = (
    "name",
    "arn",
    "selfLink",
    "id",
    "type",
    "kind",
    "href",
    "product",
    "location",
    "nodePools",
    "agentPoolProfiles",
)
WHOLE = ((BASE, an_eks()["cluster"]), (GKE, a_gke()), (AKS, an_aks()), (ROSA, a_rosa()))


@pytest.mark.parametrize(("base", "body"), WHOLE, ids=["eks", "gke", "aks", "rosa"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_field_may_be_anything(base, body, data):
    found: dict[str, Any] = {
        name: value if name in KEPT or data.draw(st.booleans()) else data.draw(ANYTHING) for name, value in body.items()
    }
    document = {"cluster": found} if "platformVersion" in found or "accessConfig" in found else found
    answers = examine(a_ground(base=base, documents=(document,)), OURS)
    assert len(answers) == len(OURS)
