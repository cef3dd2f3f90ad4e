"""Tests of users' checks: what each case expects against what the check says of its object."""

from __future__ import annotations

from msgspec import Struct

from demarc.model.posture import Outcome
from demarc.posture.user.evaluate import Verdict, evaluate
from demarc.posture.user.match import in_namespace, matches
from demarc.posture.user.policy import Loaded, Policy, TestCase

NOT_MATCHED = "not-matched"


class Trial(Struct, frozen=True, kw_only=True):
    """One case that was tried, or something that a check lacks."""

    policy: str
    case: str
    failed: str = ""
    """What is wrong; empty for a case that passed."""
    lacks: str = ""
    """A case that the check ought to have."""


def trials(loaded: Loaded) -> tuple[Trial, ...]:
    """Try every case, by check; then say which checks have no case that is violated, or none that holds."""
    found: list[Trial] = []
    for policy in loaded.policies:
        cases = [case for tests in loaded.tests if tests.policy == policy.facts.id for case in tests.cases]
        found += [_tried(policy, case) for case in cases]
        expected = {case.expect for case in cases}
        found += [
            Trial(policy=policy.facts.id, case="", lacks=f"no case is {outcome}")
            for outcome in ("violated", "holds")
            if outcome not in expected
        ]
    return tuple(found)


def _tried(policy: Policy, case: TestCase) -> Trial:
    verdict = _verdict(policy, case)
    said = NOT_MATCHED if verdict.outcome is Outcome.NOT_APPLICABLE else verdict.outcome.value
    failed = ""
    if said != case.expect:
        why = f": {verdict.says}" if verdict.says else ""
        failed = f"expected {case.expect}, it is {said}{why}"
    elif case.message and case.message not in verdict.says:
        failed = f"expected a message with {case.message!r}, it says {verdict.says!r}"
    return Trial(policy=policy.facts.id, case=case.name, failed=failed)


def _verdict(policy: Policy, case: TestCase) -> Verdict:
    item = case.object
    version, kind = str(item.get("apiVersion", "")), str(item.get("kind", ""))
    group = version.rpartition("/")[0]
    key = f"{kind}.{group}" if group else kind
    meta = item.get("metadata") or {}
    if not matches(policy.constraints, key, meta, {}):
        return Verdict(Outcome.NOT_APPLICABLE)
    space = case.namespace_object
    labels = (space.get("metadata") or {}).get("labels") or {} if space is not None else None
    selected = in_namespace(policy.constraints, labels)
    if selected is None:
        return Verdict(Outcome.UNKNOWN, "labels of its namespace are not given")
    return evaluate(policy, item, space) if selected else Verdict(Outcome.NOT_APPLICABLE)
