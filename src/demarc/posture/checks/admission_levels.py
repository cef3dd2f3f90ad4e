"""Checks of what admission enforces at all: policies and engines, and the Pod Security level of each namespace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demarc.access.techniques.guards import ENFORCE
from demarc.model.evidence import Evidence, Grade
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.patches import Body, as_yaml, mended, of_containers
from demarc.posture.checks.pod_privileges import without_escalation
from demarc.posture.checks.workloads import Hit, in_manifest, of_workload, seen, unseen_workloads
from demarc.posture.gates import BINDINGS, VALIDATING, Gates
from demarc.posture.ground import Box, Ground, PodSeen
from demarc.posture.interface import Check, Report
from demarc.posture.pod_security import LATEST, LEVELS, RESTRICTED, Breach, Shape, breaches

_OPENSHIFT: Final = ("rosa", "aro")
_SCC: Final = "SecurityContextConstraints decide about pods on OpenShift"
_AUTOPILOT: Final = "Autopilot's own admission refuses privileged pods"
_PREFIX: Final = "pod-security.kubernetes.io/"
_NAMESPACES: Final = "add namespaces to the dump: kubectl get namespaces -o json"


def _none(ground: Ground, report: Report) -> None:
    gates = Gates(ground)
    report.looked()
    found = list(_enforcing(ground, gates))
    if found:
        report.holds("; ".join(found[:3]))
        return
    lacks = [
        (name, why)
        for kind, name in (
            (VALIDATING, "validatingwebhookconfigurations"),
            (BINDINGS, "validatingadmissionpolicybindings"),
            ("Namespace", "namespaces"),
        )
        if (why := ground.lacks(kind))
    ]
    for name, why in lacks:
        report.unseen(name, why, f"add {name} to the dump")
    if lacks:
        return
    audits = [item for item in gates.engine_policies if item not in gates.enforcing]
    but = f": {len(audits)} policies are there, and all of them only report" if audits else ""
    says = f"nothing refuses anything on admission{but}"
    report.violated(
        Found(
            object=ObjectRef(kind="Cluster", name=ground.cluster.name),
            scope=ground.cluster,
            says=says,
            fields=(
                seen(f"namespaces[].metadata.labels[{ENFORCE}]", None),
                seen("ValidatingAdmissionPolicyBinding", None),
            ),
            fix=Fix(
                says="Begin with Pod Security levels on namespaces; then let a policy engine or "
                "ValidatingAdmissionPolicies refuse what they do not see.",
                command=f"kubectl label namespace NAME {ENFORCE}=baseline {_PREFIX}warn=restricted",
            ),
            evidence=(Evidence(says=says, grade=Grade.WRITTEN),),
        )
    )


def _enforcing(ground: Ground, gates: Gates) -> Iterator[str]:
    if ground.provider in _OPENSHIFT:
        yield _SCC
    if any(pool.model == "autopilot" for pool in ground.inventory.pools):
        yield _AUTOPILOT
    levels = [name for name in ground.view.namespaces if ground.view.guards.level(name) in LEVELS[1:]]
    if users := [name for name in levels if name not in ground.systems]:
        yield f"{len(users)} namespaces enforce a Pod Security level"
    for policy, _ in gates.denying:
        yield f"ValidatingAdmissionPolicy {policy.metadata.name} denies"
    if gates.enforcing:
        yield f"{len(gates.enforcing)} policies of engines refuse what violates them"
    for hook in gates.hooks:
        engine = hook.component is not None and hook.component.kind == "policy_engine"
        own = engine and hook.component is not None and hook.component.name in {"kyverno", "gatekeeper", "kubewarden"}
        if hook.item.kind.startswith("Validating") and gates.decides(hook) and not own:
            yield f"webhook {hook.webhook.name} is asked"


def _levels(ground: Ground, report: Report) -> None:
    if ground.provider in _OPENSHIFT:
        report.not_applicable(_SCC)
        return
    report.unseen("namespaces", ground.lacks("Namespace"), _NAMESPACES)
    inside = _by_namespace(ground)
    for item in ground.snapshot.objects.get("Namespace", ()):
        name = item.metadata.name
        if name in ground.systems:
            continue
        report.looked()
        level = item.labels.get(ENFORCE)
        if level in LEVELS[1:]:
            continue
        if level is None and not ground.view.is_managed:
            report.unseen(
                name, "whether the API server sets a level by default was not seen", "read its AdmissionConfiguration"
            )
            continue
        report.violated(_level_found(ground, name, level, inside.get(name, [])))


def _by_namespace(ground: Ground) -> dict[str, list[PodSeen]]:
    found: dict[str, list[PodSeen]] = {}
    for pod in ground.pods:
        found.setdefault(pod.running.namespace, []).append(pod)
    return found


def _level_found(ground: Ground, name: str, level: str | None, pods: list[PodSeen]) -> Found:
    fitting = next((one for one in reversed(LEVELS[1:]) if not any(_violates(pod, one) for pod in pods)), "")
    wanted = fitting or LEVELS[1]
    refused = list(dict.fromkeys(pod.running.what for pod in pods if _violates(pod, wanted)))
    says = f"Namespace {name}: " + (f"enforces the level {level}" if level else "enforces no Pod Security level")
    gates = Gates(ground)
    refuses = gates.denying or gates.enforcing
    engine = ground.view.guards.may_stop("CREATE", "", "pods", name) if refuses else ""
    if engine:
        says += f" ({engine})"
    advice = (
        f"Its pods fit {wanted}: enforce that."
        if fitting
        else (
            f"First mend {', '.join(refused[:3])}{' and others' if len(refused) > 3 else ''}, or move them to a "
            "namespace of their own: they would be refused when they are made anew."
        )
    )
    labels = {ENFORCE: wanted, f"{_PREFIX}warn": RESTRICTED}
    stated = " ".join(f"{key}={value}" for key, value in labels.items())
    return Found(
        object=ObjectRef(kind="Namespace", name=name),
        scope=ground.namespace(name),
        says=says,
        fields=(seen(f"metadata.labels[{ENFORCE}]", level),),
        fix=Fix(
            says=advice,
            patch=as_yaml({"metadata": {"labels": labels}}),
            command=f"kubectl label namespace {name} {stated} --overwrite",
        ),
        severity=Severity.LOW if engine else None,
        evidence=(Evidence(says=says, grade=Grade.WRITTEN),),
    )


def _violates(pod: PodSeen, level: str) -> bool:
    return next(breaches(Shape(pod.spec, pod.annotations), level, LATEST), None) is not None


def _warned(ground: Ground, report: Report) -> None:
    report.unseen("namespaces", ground.lacks("Namespace"), _NAMESPACES)
    unseen_workloads(ground, report)
    stricter: dict[str, tuple[str, str, int]] = {}
    for item in ground.snapshot.objects.get("Namespace", ()):
        report.looked()
        enforced = _rank(item.labels.get(ENFORCE))
        for way in ("warn", "audit"):
            level = item.labels.get(f"{_PREFIX}{way}", "")
            if _rank(level) > max(enforced, _rank(stricter.get(item.metadata.name, ("", "", 0))[0])):
                stricter[item.metadata.name] = (
                    level,
                    way,
                    _version(ground, item.labels.get(f"{_PREFIX}{way}-version", "")),
                )
    if not stricter:
        report.holds("no namespace warns of more than it enforces")
    hits: dict[str, tuple[Hit, list[Breach]]] = {}
    for pod in ground.pods:
        if pod.running.namespace not in stricter:
            continue
        report.looked()
        level, _, version = stricter[pod.running.namespace]
        hit, told = hits.setdefault(pod.running.scope, (Hit(pod.running), []))
        for one in breaches(Shape(pod.spec, pod.annotations), level, version):
            told.append(one)
            _keep(hit, pod, one)
    for hit, told in hits.values():
        if told:
            level, way, _ = stricter[hit.running.namespace]
            controls = list(dict.fromkeys(one.control for one in told))
            verb = "warns of" if way == "warn" else "records in the audit trail"
            says = f"violates {level}, which its namespace {verb}: {', '.join(controls)}"
            report.violated(of_workload(ground, hit.running, says, tuple(hit.fields), _standard(hit, controls)))


def _rank(level: str | None) -> int:
    return LEVELS.index(level) if level in LEVELS else 0


def _version(ground: Ground, said: str) -> int:
    """Minor version of a level: as it says, else that of the cluster."""
    if said.startswith("v1.") and said[3:].isdigit():
        return int(said[3:])
    return ground.minor if ground.minor is not None else LATEST


def _keep(hit: Hit, pod: PodSeen, one: Breach) -> None:
    place, _, field = one.path.partition(".")
    box = pod.boxes.get(place)
    if box is not None:
        hit.add(box, (FieldSeen(path=f"{box.path}.{field}", value=seen("", one.value).value),))
    else:
        hit.fields[seen(in_manifest(pod, one.path), one.value)] = None
        hit.pods.append(pod)


_MENDABLE: Final = frozenset(
    {"allowPrivilegeEscalation", "runAsNonRoot", "seccompProfile_restricted", "capabilities_restricted", "privileged"}
)


def _standard(hit: Hit, controls: list[str]) -> Fix:
    """Give the security context that the level asks for; what takes more than that is only said."""
    rest = [name for name in controls if name not in _MENDABLE]
    says = "Meet the level, then let the namespace enforce it."
    if rest:
        return Fix(says=f"{says} These need a change of what it does: {', '.join(rest)}.")

    def sets(box: Box) -> Body:
        security = without_escalation(box)["securityContext"]
        own = box.container.security_context
        if own is not None and own.run_as_non_root is not None:
            security["runAsNonRoot"] = True
        if own is not None and own.seccomp_profile is not None:
            security["seccompProfile"] = {"type": "RuntimeDefault"}
        added = (own.capabilities.add or []) if own and own.capabilities else []
        kept = [name for name in added if name == "NET_BIND_SERVICE"]
        security["capabilities"] = {"drop": ["ALL"], **({"add": kept or None} if added else {})}
        return {"securityContext": security}

    pod = {"securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}}
    return mended(hit, says, {**pod, **of_containers(hit.boxes.values(), sets)})


LEVEL_CHECKS = (
    Check("DM-ADM-001", _none),
    Check("DM-ADM-002", _levels),
    Check("DM-ADM-003", _warned),
)
