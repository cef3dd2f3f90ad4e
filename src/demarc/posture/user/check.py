"""Runs a user's check over the objects of a snapshot that were kept whole for it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import msgspec

from demarc.access.techniques.view import View
from demarc.model.duties import Unit
from demarc.model.inventory import Scope
from demarc.model.kubernetes import CustomResourceDefinition
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Outcome
from demarc.model.snapshot import Snapshot
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report
from demarc.posture.user.evaluate import Verdict, evaluate
from demarc.posture.user.match import in_namespace, matches, wants
from demarc.posture.user.policy import Policy, Rule

_CONTROLLERS = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob"}
)


def checks_of(policies: Iterable[Policy]) -> tuple[Check, ...]:
    """The checks of policies, in their order."""
    return tuple(Check(policy.facts.id, partial(_examine, policy)) for policy in policies)


def kept_for(policies: Iterable[Policy]) -> Keeps | None:
    """Which kinds must be kept whole for policies; None for none of them."""
    rules = [rule for policy in policies for rule in policy.constraints.resource_rules]
    return Keeps(rules) if rules else None


class Keeps:
    """Tells the reader which objects to keep whole."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = rules
        self._known: dict[str, bool] = {}

    def __call__(self, key: str) -> bool:
        """Whether objects of a kind such as ``Deployment.apps`` are needed. CRDs may come later: their names count."""
        if key not in self._known:
            self._known[key] = wants(self._rules, key, {})
        return self._known[key]


def plurals_of(snapshot: Snapshot) -> dict[str, str]:
    """Resource by kind, for kinds that CRDs define."""
    found = snapshot.all("CustomResourceDefinition.apiextensions.k8s.io", CustomResourceDefinition)
    return {f"{item.spec.names.kind}.{item.spec.group}": item.spec.names.plural for item in found}


def _examine(policy: Policy, ground: Ground, report: Report) -> None:
    looking = _Looking(policy, ground, report)
    resources = _resources(policy)
    for resource in resources:
        report.unseen(resource, ground.view.missing(resource), f"allow listing {resource}, see demarc rbac-needed")
    any_kind = False
    for key, held in sorted(ground.snapshot.whole.items()):
        if wants(policy.constraints.resource_rules, key, looking.plurals):
            any_kind = True
            for data in held.values():
                looking.look(key, msgspec.json.decode(data))
    if not any_kind:
        names = ", ".join(resources)
        report.unseen(names, f"no {names} are in what was given", f"give a dump that has {names}")


class _Looking:
    """One check looking at a cluster."""

    def __init__(self, policy: Policy, ground: Ground, report: Report) -> None:
        self._policy = policy
        self._ground = ground
        self._report = report
        self.plurals = plurals_of(ground.snapshot)
        self._spaces = {item.metadata.name: item.labels for item in ground.snapshot.objects.get("Namespace", ())}

    def look(self, key: str, item: dict[str, Any]) -> None:
        """Look at one object and report."""
        meta = item.get("metadata") or {}
        constraints = self._policy.constraints
        if not matches(constraints, key, meta, self.plurals):
            return
        namespace = str(meta.get("namespace", ""))
        labels = self._spaces.get(namespace) if namespace else {}
        at = ObjectRef(
            kind=key.partition(".")[0],
            namespace=namespace,
            name=str(meta.get("name") or meta.get("generateName", "")),
        )
        selected = in_namespace(constraints, labels)
        if selected is None:
            self._report.unseen(str(at), f"labels of namespace {namespace} were not seen", "give namespaces")
        if not selected:
            return
        space = {"metadata": {"name": namespace, "labels": labels or {}}} if namespace else None
        verdict = evaluate(self._policy, item, space)
        if verdict.outcome is Outcome.NOT_APPLICABLE:
            return
        self._report.looked()
        if verdict.outcome is Outcome.UNKNOWN:
            todo = "say in the expression what a missing field means, with has()"
            self._report.unseen(str(at), verdict.says, todo)
        elif verdict.outcome is Outcome.VIOLATED:
            self._report.violated(self._found(at, verdict))

    def _found(self, seen: ObjectRef, verdict: Verdict) -> Found:
        at, scope, component = _place(self._ground, seen.kind, seen.namespace, seen.name)
        return Found(
            object=at,
            scope=scope,
            says=f"{at}: {verdict.says}",
            fields=tuple(FieldSeen(path="expression", value=text) for text in verdict.expressions),
            fix=Fix(says=self._policy.facts.fix),
            component=component,
        )


def _place(ground: Ground, kind: str, namespace: str, name: str) -> tuple[ObjectRef, Scope, str]:
    """A Pod is its controller: one finding for all pods of a Deployment."""
    space = namespace or ("default" if kind in _CONTROLLERS or kind == "Pod" else "")
    running = None
    if kind == "Pod":
        running = ground.view.workloads.of_pod.get((space, name))
    elif kind in _CONTROLLERS:
        running = ground.view.workloads.by_key.get((space, kind, name))
    if running is not None:
        at = ObjectRef(kind=running.kind, namespace=running.namespace, name=running.name)
        return at, View.workload(running), ground.component_of(running)
    at = ObjectRef(kind=kind, namespace=namespace, name=name)
    if kind == "ServiceAccount":
        return at, Scope(kind=Unit.IDENTITY, name=f"{namespace}/ServiceAccount/{name}"), ""
    if kind == "Namespace":
        return at, ground.namespace(name), ""
    return at, ground.namespace(namespace), ""


def _resources(policy: Policy) -> tuple[str, ...]:
    """Resources that a policy names, as gaps name them: ``deployments.apps``."""
    found: dict[str, None] = {}
    for rule in policy.constraints.resource_rules:
        for group in rule.api_groups:
            for resource in rule.resources:
                if "*" not in resource and "*" not in group:
                    found[f"{resource}.{group}" if group else resource] = None
    return tuple(found) or ("objects",)
