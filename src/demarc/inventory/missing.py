"""Gaps: what was not given and would have answered more, each with how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demarc.inventory.sight import Sight
from demarc.model.evidence import Gap, GapReason

_DESCRIBE: Final = {
    "eks": ("eks.cluster", "aws eks describe-cluster --name {name}"),
    "gke": ("gke.cluster", "gcloud container clusters describe {name} --format=json"),
    "aks": ("aks.cluster", "az aks show --name {name} --resource-group GROUP"),
    "rosa": ("rosa.cluster", "rosa describe cluster --cluster {name} --output json"),
    "aro": ("aro.cluster", "az aro show --name {name} --resource-group GROUP"),
}
_LISTS: Final = {
    "eks": (
        ("eks.addon", "aws eks list-addons --cluster-name {name}, and describe-addon for each"),
        ("eks.nodegroup", "aws eks list-nodegroups --cluster-name {name}, and describe-nodegroup for each"),
        ("eks.fargateProfile", "aws eks list-fargate-profiles --cluster-name {name}"),
    ),
}


def missing(sight: Sight, provider: str, name: str) -> tuple[Gap, ...]:
    """The snapshot's own gaps, then descriptions that were not given, and nodes, where it has none for them."""
    known = {gap.what for gap in sight.snapshot.gaps}
    return (*sight.snapshot.gaps, *(gap for gap in _missing(sight, provider, name) if gap.what not in known))


def _missing(sight: Sight, provider: str, name: str) -> Iterator[Gap]:
    if not sight.machines:
        detail = f"{sight.nodes_unseen}: pools and their models rest on descriptions or are assumed"
        yield Gap(
            what="nodes", reason=GapReason.NOT_GIVEN, detail=detail, todo="include nodes (kubectl get nodes -o json)"
        )
    named = name if name != "cluster" else "NAME"
    wanted = _DESCRIBE.get(provider)
    if wanted is not None and sight.descriptions.cluster is None:
        kind, command = wanted
        yield _not_given(kind, "settings that decide duties were not seen", command, named)
    for kind, command in _LISTS.get(provider, ()):
        if not sight.descriptions.given(kind):
            yield _not_given(kind, "what the provider's own API says of them was not seen", command, named)


def _not_given(kind: str, detail: str, command: str, name: str) -> Gap:
    todo = f"give the output of: {command.format(name=name)}"
    return Gap(what=kind, reason=GapReason.NOT_GIVEN, detail=detail, todo=todo)
