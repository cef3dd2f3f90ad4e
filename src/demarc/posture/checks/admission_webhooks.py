"""Checks of webhooks: open when they fail, gone round by a label, seeing too much, or with nobody behind them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from demarc.access.techniques.view import shown
from demarc.model.inventory import Installer
from demarc.model.kubernetes import AdmissionPolicy, AdmissionPolicyBinding, WebhookConfiguration
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.model.time import instant
from demarc.posture.checks.patches import as_yaml
from demarc.posture.checks.workloads import seen
from demarc.posture.gates import MUTATING, VALIDATING, Gates, Hook, authorities, labels_of
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_LISTS: Final = "add it to the dump: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o json"
_NAME: Final = "kubernetes.io/metadata.name"
"""Label that the API server itself sets on every namespace, and nobody changes."""
_KNOWN_ESCAPES: Final = {"admission.gatekeeper.sh/ignore"}
"""Labels whose use is held by a webhook of the engine's own."""


def _each(ground: Ground, report: Report) -> tuple[Gates, dict[str, list[Hook]]]:
    """Webhooks that decide about security, by their configuration; counts all of them."""
    gates = Gates(ground)
    found: dict[str, list[Hook]] = {}
    for hook in gates.hooks:
        report.looked()
        if gates.decides(hook):
            found.setdefault(f"{hook.item.kind}/{hook.item.metadata.name}", []).append(hook)
    _unseen(ground, report)
    if not gates.hooks:
        report.holds("no webhook is in the cluster")
    return gates, found


def _unseen(ground: Ground, report: Report) -> None:
    for kind, name in ((VALIDATING, "validatingwebhookconfigurations"), (MUTATING, "mutatingwebhookconfigurations")):
        report.unseen(name, ground.lacks(kind), _LISTS)


def _found(
    ground: Ground, item: WebhookConfiguration, says: str, fields: Iterable[FieldSeen], fix: Fix, **more: Any
) -> Found:
    kind = item.kind
    found = Found(
        object=ObjectRef(kind=kind, name=item.metadata.name),
        scope=ground.cluster,
        says=f"{kind} {item.metadata.name}: {says}",
        fields=tuple(fields),
        fix=fix,
        evidence=(shown(item, says),),
        source=item.source,
    )
    return msgspec.structs.replace(found, **more)


def _component(hooks: list[Hook]) -> str:
    return next((hook.component.id for hook in hooks if hook.component is not None), "")


def _fails_open(ground: Ground, report: Report) -> None:
    gates, found = _each(ground, report)
    for hooks in found.values():
        failing = [hook for hook in hooks if hook.fails_open]
        if not failing:
            continue
        item = failing[0].item
        names = ", ".join(hook.webhook.name for hook in failing[:3])
        says = f"{names} lets everything in when it does not answer"
        fields = [seen(f"{hook.path}.failurePolicy", "Ignore") for hook in failing]
        body = {"webhooks": [{"name": hook.webhook.name, "failurePolicy": "Fail"} for hook in failing]}
        fix = Fix(
            says="Let it fail closed, with replicas on several nodes and its own namespace left out; where an engine "
            "writes the configuration, set it there.",
            patch=as_yaml(body),
        )
        report.violated(_found(ground, item, says, fields, fix, component=_component(failing)))
    for policy, binding in gates.denying:
        report.looked()
        if policy.spec.failure_policy == "Ignore":
            says = "lets in what its expressions fail on"
            fix = Fix(says="Let it fail closed.", patch=as_yaml({"spec": {"failurePolicy": "Fail"}}))
            report.violated(_policy_found(ground, policy, binding, says, seen("spec.failurePolicy", "Ignore"), fix=fix))


class _Gaps:
    """What a configuration's webhooks are not asked about, and how one gets there."""

    def __init__(self) -> None:
        self.fields: dict[FieldSeen, None] = {}
        self.says: dict[str, None] = {}
        self.skipped: dict[str, None] = {}

    def add(self, ground: Ground, gates: Gates, hook: Hook) -> None:
        """Look at a webhook's selectors."""
        chosen = labels_of(hook.webhook.object_selector)
        if chosen:
            self.fields[seen(f"{hook.path}.objectSelector", chosen)] = None
            self.says[f"whoever makes an object gets past it by the label {', '.join(chosen)}"] = None
        selector = hook.webhook.namespace_selector
        left = gates.left_out(selector)
        keys = [key for key in labels_of(selector) if key != _NAME and key not in _KNOWN_ESCAPES]
        own = hook.webhook.client_config.service.namespace if hook.webhook.client_config.service else ""
        users = [name for name in left if name not in ground.systems and name != own]
        system = [name for name in left if name == "kube-system"]
        self.skipped.update(dict.fromkeys(users or system))
        if users or system or keys:
            self.fields[seen(f"{hook.path}.namespaceSelector", labels_of(selector))] = None
        if keys:
            self.says[f"whoever labels a namespace takes it out by {', '.join(keys)}"] = None

    @property
    def only_system(self) -> bool:
        """Whether nothing but the platform's own namespace is left out, which many engines do by default."""
        return not self.says and set(self.skipped) == {"kube-system"}

    @property
    def told(self) -> str:
        """All of it in words; empty where there is no way past."""
        skips = f"it is not asked about {', '.join(list(self.skipped)[:4])}" if self.skipped else ""
        more = ", where pods have the platform's accounts" if self.only_system else ""
        return "; ".join([*self.says, *([f"{skips}{more}"] if skips else [])])


def _escapes(ground: Ground, report: Report) -> None:
    gates, found = _each(ground, report)
    for hooks in found.values():
        gaps = _Gaps()
        for hook in hooks:
            gaps.add(ground, gates, hook)
            conditions = ", ".join(one.name for one in hook.webhook.match_conditions or ())
            why = f"what its conditions let past is not evaluated: {conditions}" if conditions else ""
            report.unseen(hook.webhook.name, why, "read its matchConditions")
        if gaps.told:
            report.violated(_escape_found(ground, hooks, gaps))
    for policy, binding in gates.denying:
        report.looked()
        keys = [
            key
            for match in (policy.spec.match_constraints, binding.spec.match_resources)
            if match is not None
            for key in labels_of(match.object_selector)
        ]
        if keys:
            says_of = f"whoever makes an object gets past it by the label {', '.join(keys)}"
            fix = Fix(says="Leave objectSelector out; exempt by namespace, or in the expression by who asks.")
            report.violated(_policy_found(ground, policy, binding, says_of, seen("objectSelector", keys), fix=fix))


def _policy_found(
    ground: Ground, policy: AdmissionPolicy, binding: AdmissionPolicyBinding, says: str, field: FieldSeen, *, fix: Fix
) -> Found:
    return Found(
        object=ObjectRef(kind="ValidatingAdmissionPolicy", name=policy.metadata.name),
        scope=ground.cluster,
        says=f"ValidatingAdmissionPolicy {policy.metadata.name}: {says}",
        fields=(field,),
        fix=fix,
        evidence=(shown(policy, says), shown(binding, "its validationActions have Deny")),
        source=policy.source,
    )


def _escape_found(ground: Ground, hooks: list[Hook], gaps: _Gaps) -> Found:
    fix = Fix(
        says="Select namespaces by kubernetes.io/metadata.name, which nobody can change, leave out no more than the "
        "engine's own and what it must not stop, and let objects not choose for themselves."
    )
    severity = Severity.LOW if gaps.only_system else None
    more = {"component": _component(hooks), "severity": severity}
    return _found(ground, hooks[0].item, gaps.told, gaps.fields, fix, **more)


def _sees_all(ground: Ground, report: Report) -> None:
    gates = Gates(ground)
    report.unseen("mutatingwebhookconfigurations", ground.lacks(MUTATING), _LISTS)
    for hook in gates.hooks:
        if hook.item.kind.startswith("Validating"):
            continue
        report.looked()
        wide = [
            number
            for number, rule in enumerate(hook.webhook.rules or ())
            if {"CREATE", "UPDATE", "*"} & set(rule.operations or ())
            and {"", "*"} & set(rule.api_groups or ())
            and {"secrets", "*", "*/*"} & set(rule.resources or ())
        ]
        stranger = _third_party(hook)
        if not wide or not stranger or gates.is_providers(hook):
            continue
        what = "Secret" if any("secrets" in ((hook.webhook.rules or [])[n].resources or ()) for n in wide) else "object"
        says = (
            f"{hook.webhook.name} is sent every {what} that is written, with its values, and may change it: {stranger}"
        )
        fields = [seen(f"{hook.path}.rules[{n}].resources", (hook.webhook.rules or [])[n].resources) for n in wide]
        is_engine = hook.component is not None and hook.component.kind == "policy_engine"
        fix = Fix(
            says="Narrow its rules to the resources that it changes; let its maker say what it does with Secrets, and "
            "hold it to that in the register of suppliers."
        )
        severity = Severity.MEDIUM if is_engine else None
        report.violated(
            _found(
                ground,
                hook.item,
                says,
                fields,
                fix,
                component=_component([hook]),
                severity=severity,
                mark=hook.webhook.name,
            )
        )
    if not gates.hooks:
        report.holds("no webhook is in the cluster")


def _third_party(hook: Hook) -> str:
    """Whose it is, in words, where it is nobody's in the house."""
    url = hook.webhook.client_config.url or ""
    if url:
        host = url.partition("://")[2].partition("/")[0]
        inside = host.partition(":")[0].endswith((".svc", ".svc.cluster.local")) or host.startswith(
            ("127.", "localhost")
        )
        return "" if inside else f"it is called at {host}, outside of the cluster"
    component = hook.component
    if component is None or component.installer is Installer.PROVIDER:
        return ""
    return f"it is {component.title}, made by {component.supplier}" if component.supplier else ""


def _backend(ground: Ground, report: Report) -> None:
    gates = Gates(ground)
    _unseen(ground, report)
    lacks = ground.lacks("Service")
    report.unseen("services", lacks, "add services to the dump: kubectl get services -A -o json")
    for hook in gates.hooks:
        report.looked()
        if gates.is_providers(hook):
            continue
        why = _broken(ground, gates, hook, services_seen=not lacks)
        if not why:
            continue
        what, field = why
        effect = "lets everything in unseen" if hook.fails_open else "refuses every request that it is for"
        fix = Fix(says="Bring its backend back and renew its certificate; or delete the configuration of what is gone.")
        says = f"{hook.webhook.name}: {what}; so it {effect}"
        more = {"component": _component([hook]), "mark": hook.webhook.name}
        report.violated(_found(ground, hook.item, says, (field,), fix, **more))
    if not gates.hooks:
        report.holds("no webhook is in the cluster")


def _broken(ground: Ground, gates: Gates, hook: Hook, *, services_seen: bool) -> tuple[str, FieldSeen] | None:
    reference = hook.webhook.client_config.service
    if reference is not None and services_seen:
        key = f"{reference.namespace}/{reference.name}"
        service = gates.services.get(key)
        field = seen(f"{hook.path}.clientConfig.service", key)
        if service is None:
            return f"its Service {key} does not exist", field
        if service.spec.selector and not hook.backends and not ground.workloads_unseen:
            return f"no pod that runs is behind its Service {key}", field
    known = authorities(hook.webhook)
    ends = [instant(one.not_after) for one in known]
    if ends and all(end < ground.at for end in ends):
        last = max(one.not_after for one in known)
        return f"the certificate in its caBundle ended on {last[:10]}", seen(f"{hook.path}.clientConfig.caBundle", last)
    return None


WEBHOOKS = (
    Check("DM-ADM-004", _fails_open),
    Check("DM-ADM-005", _escapes),
    Check("DM-ADM-006", _sees_all),
    Check("DM-ADM-007", _backend),
)
