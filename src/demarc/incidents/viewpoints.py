"""The same incident seen from the layer above: whoever rents or uses what the operator runs. Parties are relative."""

from __future__ import annotations

import re

from demarc.incidents.ground import Ground
from demarc.incidents.view import View
from demarc.model.boundary import Party
from demarc.model.incidents import StepBasis, Viewpoint

_ISOLATION = {"workload.isolation", "platform.tenant-isolation"}


def viewpoints(ground: Ground, seen: tuple[View, ...], root_duty: str) -> tuple[Viewpoint, ...]:
    """The verdict from the layers above the operator, where the facts name some.

    Users whose own things run on the cluster see its operator as their provider, who owes them to be kept apart.
    Clients who only use what the operator offers see it as a supplier: its duties inside are not theirs to name.
    """
    if ground.is_service_user or not _above(ground):
        return ()
    operator = ground.operator or "the operator"
    if any(view.chosen is not None and view.chosen.duty in _ISOLATION for view in seen):
        return (
            Viewpoint(
                viewpoint="service_user",
                party=Party.PROVIDER,
                root_duty="platform.tenant-isolation",
                note=f"for users of its service {operator} is the provider, and has to keep them apart",
            ),
        )
    causes = [view for view in seen if view.step.basis is not StepBasis.ASSUMED]
    lies_with = f"; the root ({root_duty}) lies behind it" if causes else ""
    return (
        Viewpoint(
            viewpoint="client_of_operator",
            party=Party.THIRD_PARTY,
            root_duty=None,
            note=f"for its clients {operator} is a supplier{lies_with}",
        ),
    )


def _above(ground: Ground) -> bool:
    """Tell whether the facts name a layer above the one that the operator is."""
    if not ground.operator:
        return False
    name = re.compile(rf"{re.escape(ground.operator)}\b", re.IGNORECASE)
    named = [at for at, layer in enumerate(ground.layers) if name.match(layer)]
    return bool(named) and named[-1] < len(ground.layers) - 1
