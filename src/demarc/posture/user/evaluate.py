"""Evaluates a user's check over one object: violated, holds, unknown, or not matched. It knows no cluster."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from demarc.model.posture import Outcome
from demarc.posture.user.policy import CompiledRule, Policy

_LONGEST = 300


class Verdict(Struct, frozen=True):
    """What a check says of an object. ``outcome`` is NOT_APPLICABLE where its conditions do not match."""

    outcome: Outcome
    says: str = ""
    expressions: tuple[str, ...] = ()
    """Expressions that are false."""


def evaluate(policy: Policy, item: dict[str, Any], namespace: dict[str, Any] | None) -> Verdict:
    """Evaluate. One rule that is false violates, whatever else is not known; one that is not known is no pass."""
    data: dict[str, Any] = {"object": item, "oldObject": None, "namespaceObject": namespace, "variables": {}}
    unseen: dict[str, str] = {}
    for name, expression in policy.variables:
        found = expression.answer(data)
        if found.unknown:
            unseen[name] = found.unknown
        else:
            data["variables"][name] = found.value
    for name, expression in policy.conditions:
        found = expression.truth(data)
        if found.unknown:
            return Verdict(Outcome.UNKNOWN, f"match condition {name}: {_explained(found.unknown, unseen)}")
        if not found.value:
            return Verdict(Outcome.NOT_APPLICABLE)
    said: list[str] = []
    broken: list[str] = []
    unknown = ""
    for rule in policy.validations:
        found = rule.expression.truth(data)
        if found.unknown:
            unknown = unknown or _explained(found.unknown, unseen)
        elif not found.value:
            said.append(_message(rule, data))
            broken.append(rule.expression.text)
    if said:
        return Verdict(Outcome.VIOLATED, "; ".join(dict.fromkeys(said)), tuple(broken))
    return Verdict(Outcome.UNKNOWN, unknown) if unknown else Verdict(Outcome.HOLDS)


def _explained(why: str, unseen: dict[str, str]) -> str:
    """A variable that could not be worked out shows as a field that is not there: say why it could not."""
    for name, reason in unseen.items():
        if why == f"the field {name} is not there":
            return f"the variable {name} is not known: {reason}"
    return why


def _message(rule: CompiledRule, data: dict[str, Any]) -> str:
    if rule.message_expression is not None:
        found = rule.message_expression.answer(data)
        if isinstance(found.value, str) and found.value.strip():
            return " ".join(found.value.split())[:_LONGEST]
    return rule.message or f"failed expression: {rule.expression.text}"[:_LONGEST]
