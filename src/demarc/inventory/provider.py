"""Whose service the cluster is: signals are collected, each with its grade, and the strongest grade decides.

A label never outvotes what the API server, the kubelet or the cloud controller wrote, and those never outvote the
provider's own description. What points elsewhere is kept as a rival. Which signal means what: ``signals.py``.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from demarc.inventory.naming import account_of, name_of, region_of, version_of
from demarc.inventory.sight import Sight
from demarc.inventory.signals import DETECTORS, Signal
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import ClusterIdentity

UNIDENTIFIED: Final = "self_managed"
_SUFFIXES: Final = {"eks": "-eks-", "gke": "-gke."}
"""Providers whose API servers always say who built them."""
_Weights = tuple[float, ...]


class Verdict(Struct, frozen=True, kw_only=True):
    """The cluster's identity and what to tell the reader about it."""

    identity: ClusterIdentity
    warnings: tuple[str, ...]


def identify(sight: Sight) -> Verdict:
    """Decide whose service the cluster is. Never fails: what nothing identifies is handled as self-managed."""
    signals = tuple(signal for detect in DETECTORS for signal in detect(sight))
    provider, identified, warnings = _decide(signals, sight)
    own = tuple(signal for signal in signals if signal.provider == provider)
    others = tuple(signal for signal in signals if signal.provider != provider)
    evidence = tuple(signal.evidence for signal in sorted(own, key=lambda item: (-item.evidence.grade, -item.weight)))
    rivals, contradictions = _contradictions(provider, sight)
    if provider != UNIDENTIFIED and any(signal.evidence.grade >= Grade.WRITTEN for signal in others):
        contradictions += tuple(
            f"This was read as {provider}, but something harder to forge than a label points to "
            f"{signal.provider}: {signal.evidence.says}"
            for signal in others
            if signal.evidence.grade >= Grade.WRITTEN and signal.weight >= 1
        )
    identity = ClusterIdentity(
        name=name_of(sight, provider),
        provider=provider,
        identified=identified,
        evidence=evidence or (_nothing(),),
        rivals=tuple(dict.fromkeys((*(f"{item.provider}: {item.evidence.says}" for item in others), *rivals))),
        version=version_of(sight),
        account=account_of(sight, provider),
        region=region_of(sight),
    )
    return Verdict(identity=identity, warnings=tuple(dict.fromkeys((*warnings, *contradictions))))


def _decide(signals: tuple[Signal, ...], sight: Sight) -> tuple[str, bool, tuple[str, ...]]:
    totals: dict[str, _Weights] = {}
    for provider in sorted({signal.provider for signal in signals}):
        totals[provider] = tuple(
            sum(item.weight for item in signals if item.provider == provider and item.evidence.grade is grade)
            for grade in sorted(Grade, reverse=True)
        )
    if not totals:
        return UNIDENTIFIED, False, (_unknown("nothing in what was given identifies a provider"),)
    ranked = sorted(totals, key=lambda provider: totals[provider], reverse=True)
    best = ranked[0]
    if len(ranked) > 1 and totals[ranked[1]] == totals[best]:
        names = " and ".join(sorted(item for item in ranked if totals[item] == totals[best]))
        return UNIDENTIFIED, False, (_unknown(f"the evidence points to {names} alike"),)
    written = any(totals[best][: len(Grade) - Grade.BUILT])
    if written or best == UNIDENTIFIED:
        return best, True, ()
    if any(machine.kubelet or machine.provider_id for machine in sight.machines):
        why = f"only names, labels and images point to {best}, and nothing that the nodes report agrees"
        return UNIDENTIFIED, False, (_unknown(why),)
    return best, True, (
        f"Only names, labels and images point to {best}: give the provider's own description of the cluster to be sure",
    )  # fmt: skip


def _unknown(why: str) -> str:
    return (
        f"No provider was identified ({why}): the cluster is handled as self-managed, so every duty is the customer's"
    )


def _nothing() -> Evidence:
    return Evidence(says="nothing in what was given identifies a provider", grade=Grade.NAMED)


def _contradictions(provider: str, sight: Sight) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What an API server of this provider would say and this one does not, and descriptions of other clusters."""
    rivals: list[str] = []
    warnings: list[str] = []
    version, suffix = sight.snapshot.server_version, _SUFFIXES.get(provider)
    if version and suffix and suffix not in version:
        rivals.append(
            f"self_managed: the API server's version {version} has no {suffix} in it, as {provider} builds have"
        )
        warnings.append(
            f"The API server says it is {version}; one of {provider} would have {suffix} in its version. "
            "Check that the dump and its nodes are of the same cluster"
        )
    if len(sight.descriptions.clusters) > 1:
        names = ", ".join(sorted(record.name for record in sight.descriptions.clusters))
        warnings.append(
            f"Descriptions of several clusters were given ({names}) and nothing tells which one this is: none of their "
            "settings was used. Give the one that belongs to it"
        )
    if sight.descriptions.others:
        warnings.append(f"Descriptions of other clusters were left aside: {', '.join(sight.descriptions.others)}")
    return tuple(rivals), tuple(warnings)
